//! Sums of fact rows for a report. Every sale has a line 1, so counting those counts sales without sorting them. An index has
//! all that is read here (`sql/*/0007_report_index.sql`).
use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use thiserror::Error;

use super::{Store, counted, marks};
use crate::domain::money::{Money, Quantity};
use crate::domain::report::{Currencies, Report, ReportBy, ReportOf, ReportRow, Sums};
use crate::params;
use crate::store::engine::{Row, Value};
use crate::store::error::{EngineError, StoreError};

/// So many names are asked for at once.
const NAMES: usize = 500;

/// How many sales, and how many returns, have their first line among these rows.
pub(super) const FIRST_LINES: &str = "SUM(CASE WHEN f.line_no = 1 AND f.kind = 'sale' THEN 1 ELSE 0 END),
        SUM(CASE WHEN f.line_no = 1 AND f.kind <> 'sale' THEN 1 ELSE 0 END)";

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It would add up several currencies.
    #[error(transparent)]
    Currencies(#[from] Currencies),
}

impl From<EngineError> for ReportError {
    fn from(error: EngineError) -> Self {
        Self::Store(error.into())
    }
}

/// A row of the answer.
struct Group {
    key: Key,
    currency: String,
    sums: Sums,
    /// Sales and returns that have this group's first line: over all groups each counts once.
    first_lines: (u64, u64),
}

/// What a group is of.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Day(Date),
    Row(i64),
}

impl Store {
    /// The report of the sales `of` that span, by day, outlet, employee, drug or prescriber.
    ///
    /// # Errors
    /// When the store cannot be read, or the sales are in several currencies and none was chosen.
    pub async fn report(&self, by: ReportBy, of: &ReportOf) -> Result<Report, ReportError> {
        let groups = self.groups(by, of).await?;
        let currencies: BTreeSet<_> = groups.iter().map(|group| group.currency.clone()).collect();
        if currencies.len() > 1 {
            return Err(Currencies(currencies).into());
        }
        let mut total = Sums::default();
        for group in &groups {
            let (sales, returns) = group.first_lines;
            total += Sums {
                sales,
                returns,
                ..group.sums
            };
        }
        let rows = self.named(by, groups).await?;
        Ok(Report::new(by, rows, total, currencies.into_iter().next()))
    }

    async fn groups(&self, by: ReportBy, of: &ReportOf) -> Result<Vec<Group>, ReportError> {
        let Statements { sums, repeats } = Statements::of(by, of);
        let rows = self.engine.query(&sums.0, sums.1).await?;
        let groups: Result<Vec<_>, EngineError> = rows.iter().map(|row| group(by, row)).collect();
        let mut groups = groups?;
        let Some((sql, params)) = repeats else {
            return Ok(groups);
        };
        let mut repeated: HashMap<(Key, String), (u64, u64)> = HashMap::new();
        for row in self.engine.query(&sql, params).await? {
            let group = (Key::Row(row.get(0)?), row.get(1)?);
            repeated.insert(group, (counted(row.get(2)?), counted(row.get(3)?)));
        }
        for group in &mut groups {
            let of = (group.key, group.currency.clone());
            let (sales, returns) = repeated.get(&of).copied().unwrap_or_default();
            group.sums.sales = group.sums.sales.saturating_sub(sales);
            group.sums.returns = group.sums.returns.saturating_sub(returns);
        }
        Ok(groups)
    }

    /// The groups under their names of now; what was sold for a prescriber who was merged is the survivor's.
    async fn named(&self, by: ReportBy, groups: Vec<Group>) -> Result<Vec<ReportRow>, ReportError> {
        let ids: Vec<i64> = groups
            .iter()
            .filter_map(|group| match group.key {
                Key::Row(id) => Some(id),
                Key::Day(_) => None,
            })
            .collect();
        let names = match by {
            ReportBy::Day => Names::default(),
            ReportBy::Outlet => self.names("SELECT id, name FROM dim_outlet", &ids).await?,
            ReportBy::Employee => self.names("SELECT id, name FROM dim_employee", &ids).await?,
            ReportBy::Drug => self.names("SELECT id, name, strength FROM dim_drug", &ids).await?,
            ReportBy::Doctor => self.doctors().await?,
        };
        let mut sums: HashMap<Key, Sums> = HashMap::with_capacity(groups.len());
        for group in groups {
            let key = match group.key {
                Key::Row(id) => Key::Row(names.survivor(id)),
                day @ Key::Day(_) => day,
            };
            *sums.entry(key).or_default() += group.sums;
        }
        let row = |(key, sums): (Key, Sums)| match key {
            Key::Day(day) => ReportRow {
                key: day.to_string(),
                id: None,
                sums,
            },
            Key::Row(id) => ReportRow {
                key: names.of(id),
                id: Some(id),
                sums,
            },
        };
        Ok(sums.into_iter().map(row).collect())
    }

    async fn names(&self, select: &str, ids: &[i64]) -> Result<Names, EngineError> {
        let mut names = Names::default();
        for ids in ids.chunks(NAMES) {
            let sql = format!("{select} WHERE id IN ({})", marks(ids.len()));
            let params = ids.iter().copied().map(Value::Int).collect();
            for row in self.engine.query(&sql, params).await? {
                let (name, strength): (String, Option<String>) = (row.get(1)?, row.get(2)?);
                let name = match strength {
                    Some(strength) if !strength.is_empty() && !name.contains(&strength) => {
                        format!("{name} {strength}")
                    }
                    _ => name,
                };
                names.called.insert(row.get(0)?, name);
            }
        }
        Ok(names)
    }

    async fn doctors(&self) -> Result<Names, EngineError> {
        let mut names = Names::default();
        let sql = "SELECT id, name, merged_into FROM dim_doctor";
        for row in self.engine.query(sql, params![]).await? {
            let id = row.get(0)?;
            names.called.insert(id, row.get(1)?);
            if let Some(survivor) = row.get(2)? {
                names.merged.insert(id, survivor);
            }
        }
        Ok(names)
    }
}

/// What rows are called, and into which they were merged.
#[derive(Default)]
struct Names {
    called: HashMap<i64, String>,
    merged: HashMap<i64, i64>,
}

impl Names {
    fn of(&self, id: i64) -> String {
        self.called.get(&id).cloned().unwrap_or_else(|| format!("row {id}"))
    }

    /// The end of the pointers from `id` on. A ring, which nobody can make, ends where it closes.
    fn survivor(&self, id: i64) -> i64 {
        let mut at = id;
        for _ in 0..=self.merged.len() {
            match self.merged.get(&at) {
                Some(next) => at = *next,
                None => break,
            }
        }
        at
    }
}

/// What a report asks the store; public for whoever wants to see the database's plan for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Statements {
    /// The sums of each group.
    pub sums: (String, Vec<Value>),
    /// By drug: how many lines of each are of a sale that had a line of it before. A drug may be in any line of a sale, or
    /// in two; counting distinct sales by drug would sort all lines, while this follows the index in its order.
    pub repeats: Option<(String, Vec<Value>)>,
}

impl Statements {
    /// Of that report.
    pub fn of(by: ReportBy, of: &ReportOf) -> Self {
        let column = match by {
            ReportBy::Day => "date_sold",
            ReportBy::Outlet => "outlet_id",
            ReportBy::Employee => "employee_id",
            ReportBy::Drug => "drug_id",
            ReportBy::Doctor => "doctor_id",
        };
        // All lines of a sale have its day, outlet, employee and prescriber. By drug, lines are counted.
        let times = if by == ReportBy::Drug {
            "SUM(CASE WHEN f.kind = 'sale' THEN 1 ELSE 0 END), SUM(CASE WHEN f.kind <> 'sale' THEN 1 ELSE 0 END)"
        } else {
            FIRST_LINES
        };
        let (wanted, params) = wanted(of);
        let sums = format!(
            "SELECT f.{column}, f.currency, SUM(f.quantity_sold), SUM(f.line_total), {FIRST_LINES}, {times}
             FROM fact_sale f {wanted} GROUP BY f.{column}, f.currency"
        );
        let repeats = format!(
            "SELECT r.drug_id, r.currency, SUM(CASE WHEN r.kind = 'sale' THEN r.more ELSE 0 END),
               SUM(CASE WHEN r.kind <> 'sale' THEN r.more ELSE 0 END)
             FROM (SELECT f.drug_id, MIN(f.currency) AS currency, MIN(f.kind) AS kind, COUNT(*) - 1 AS more
               FROM fact_sale f {wanted} GROUP BY f.date_sold, f.outlet_id, f.sale_id, f.drug_id HAVING COUNT(*) > 1) r
             GROUP BY r.drug_id, r.currency"
        );
        Self {
            sums: (sums, params.clone()),
            repeats: (by == ReportBy::Drug).then_some((repeats, params)),
        }
    }
}

/// Which rows a report is of.
fn wanted(of: &ReportOf) -> (String, Vec<Value>) {
    let mut sql = String::from("WHERE f.date_sold BETWEEN ? AND ?");
    let mut params = params![of.from, of.until];
    if let Some(outlet) = of.outlet {
        sql.push_str(" AND f.outlet_id = ?");
        params.push(Value::Int(outlet));
    }
    if let Some(currency) = &of.currency {
        sql.push_str(" AND f.currency = ?");
        params.push(Value::from(currency));
    }
    if !of.simulated {
        sql.push_str(" AND f.till_id NOT LIKE 'SIM%'");
    }
    (sql, params)
}

/// Quantity, revenue, and first lines, from that field of a row on.
pub(super) fn sums(row: &Row, at: usize) -> Result<Sums, EngineError> {
    Ok(Sums {
        quantity: Quantity::new(row.get(at)?),
        revenue: Money::new(row.get(at + 1)?),
        sales: counted(row.get(at + 2)?),
        returns: counted(row.get(at + 3)?),
    })
}

fn group(by: ReportBy, row: &Row) -> Result<Group, EngineError> {
    let key = if by == ReportBy::Day {
        Key::Day(row.get(0)?)
    } else {
        Key::Row(row.get(0)?)
    };
    let first = sums(row, 2)?;
    Ok(Group {
        key,
        currency: row.get(1)?,
        sums: Sums {
            sales: counted(row.get(6)?),
            returns: counted(row.get(7)?),
            ..first
        },
        first_lines: (first.sales, first.returns),
    })
}
