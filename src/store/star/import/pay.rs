//! Salaries of an employees' file (PATH 3.10): written by the office's login.
use std::collections::HashMap;

use super::rows::Target;
use crate::domain::money::Money;
use crate::params;
use crate::store::engine::{Transaction, Value};
use crate::store::error::EngineError;
use crate::store::star::bulk::{self, Overwriting};

/// Writes the salaries that differ; gives the employees whose did.
pub(super) async fn put(
    tx: &mut dyn Transaction,
    overwriting: Overwriting,
    targets: &[Target<'_>],
) -> Result<Vec<i64>, EngineError> {
    let given: Vec<(i64, Money)> = targets
        .iter()
        .filter_map(|target| {
            let salary = target.rows.iter().rev().find_map(|row| row.value("salary"))?;
            Some((target.id, salary.parse().ok()?))
        })
        .collect();
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let ids = given.iter().map(|(id, _)| Value::from(*id)).collect();
    let select = "SELECT employee_id, salary, version FROM employee_pay";
    let mut paid = HashMap::new();
    for row in bulk::select_in(tx, select, "employee_id", ids).await? {
        let salary: Option<rust_decimal::Decimal> = row.get(1)?;
        paid.insert(row.get::<i64>(0)?, (salary.map(Money::new), row.get::<i64>(2)?));
    }
    let mut changed = Vec::new();
    let mut rows = Vec::new();
    for (id, salary) in given {
        let (before, version) = paid.get(&id).copied().unwrap_or_default();
        if before != Some(salary) {
            rows.push(params![id, salary.decimal(), version + 1]);
            changed.push(id);
        }
    }
    let columns = ["employee_id", "salary", "version"];
    overwriting
        .put(tx, "employee_pay", columns[0], &columns, &columns[1..], rows)
        .await?;
    Ok(changed)
}
