//! Salaries, kept apart from everything that a till reads (PATH 3.10).
use rust_decimal::Decimal;

use super::super::Store;
use super::save::Stop;
use super::{Save, fault};
use crate::domain::dimension::{EMPLOYEE, Record};
use crate::domain::money::Money;
use crate::params;
use crate::store::engine::{Transaction, Value};
use crate::store::error::{EngineError, StoreError};

impl Store {
    /// Fills the salary in, where this database user may read it.
    pub(super) async fn read_pay(&self, employee: &mut Record, id: i64) -> Result<(), StoreError> {
        let sql = "SELECT salary FROM employee_pay WHERE employee_id = ?";
        match self.engine.query(sql, params![id]).await {
            Ok(rows) => {
                let salary = rows.first().map(|row| row.get::<Option<Decimal>>(0)).transpose()?;
                if let Some(salary) = salary.flatten() {
                    employee.set(&EMPLOYEE, "salary", Money::new(salary).to_string());
                }
                Ok(())
            }
            // The till's database user may not read pay: a save leaves it alone.
            Err(EngineError::Denied(_)) => {
                employee.withheld = EMPLOYEE.position("salary");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Writes the salary if the form changed it: a user who could not read it, and left it empty, changes nothing.
pub(super) async fn write(tx: &mut dyn Transaction, save: &Save<'_>, wanted: &Record, id: i64) -> Result<(), Stop> {
    let salary = wanted.value(&EMPLOYEE, "salary");
    let before = save.opened.map_or("", |opened| opened.value(&EMPLOYEE, "salary"));
    if salary == before {
        return Ok(());
    }
    let amount = Value::from(salary.parse::<Money>().ok().map(Money::decimal));
    let denied = |error| match error {
        EngineError::Denied(_) => Stop::Refused(vec![fault(
            &EMPLOYEE,
            "salary",
            "only the office may change pay: this database user may not".to_owned(),
        )]),
        error => Stop::Engine(error),
    };
    let update = "UPDATE employee_pay SET salary = ?, version = version + 1 WHERE employee_id = ?";
    let found = tx.execute(update, params![amount.clone(), id]).await.map_err(denied)?;
    if found == 0 {
        let insert = "INSERT INTO employee_pay (employee_id, salary) VALUES (?, ?)";
        tx.execute(insert, params![id, amount]).await.map_err(denied)?;
    }
    Ok(())
}
