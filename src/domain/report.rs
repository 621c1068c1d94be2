//! What a sales report says: sums of fact rows by day, outlet, employee, drug or prescriber, exact.
use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;
use thiserror::Error;

use super::money::{Money, Quantity};

/// What a report is by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportBy {
    /// The outlets' business days.
    Day,
    /// Where it was sold.
    Outlet,
    /// Who sold.
    Employee,
    /// What was sold.
    Drug,
    /// Who prescribed; sales without a prescriber are one row.
    Doctor,
}

/// Which sales a report is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOf {
    /// The first business day; each is its outlet's own.
    pub from: Date,
    /// The last one, included.
    pub until: Date,
    /// Only of this outlet, by its row.
    pub outlet: Option<i64>,
    /// Only in this currency.
    pub currency: Option<String>,
    /// Whether simulated tills (`SIM…`) are in it.
    pub simulated: bool,
}

/// Sums over some fact rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Sales, without returns and voids.
    pub sales: u64,
    /// Returns and voids.
    pub returns: u64,
    /// Base units that were sold, less those that came back.
    pub quantity: Quantity,
    /// Their line totals, less what was paid back.
    pub revenue: Money,
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.sales += other.sales;
        self.returns += other.returns;
        self.quantity = self.quantity + other.quantity;
        self.revenue += other.revenue;
    }
}

/// A row of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// The day, or the row's name as it is called now.
    pub key: String,
    /// The row of the dimension; none for a day.
    pub id: Option<i64>,
    /// Its sums. Of a sale with two drugs, each drug's row counts it.
    pub sums: Sums,
}

/// A report in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Days in their order; else by revenue, the highest first.
    pub rows: Vec<ReportRow>,
    /// Over all rows; each sale counts once.
    pub total: Sums,
    /// The currency's code; none where nothing was sold.
    pub currency: Option<String>,
}

/// Sums of several currencies were asked for as one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct Currencies(pub BTreeSet<String>);

impl fmt::Display for Currencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<_> = self.0.iter().map(String::as_str).collect();
        write!(
            f,
            "there are sales in {}, which do not add up: say which with --currency, or one --outlet",
            codes.join(" and ")
        )
    }
}

impl Report {
    /// Of rows in the order of `by`, and their sums.
    pub fn new(by: ReportBy, mut rows: Vec<ReportRow>, total: Sums, currency: Option<String>) -> Self {
        match by {
            ReportBy::Day => rows.sort_by(|a, b| a.key.cmp(&b.key)),
            ReportBy::Outlet | ReportBy::Employee | ReportBy::Drug | ReportBy::Doctor => {
                rows.sort_by(|a, b| {
                    let by_revenue = b.sums.revenue.cmp(&a.sums.revenue);
                    by_revenue.then_with(|| a.key.cmp(&b.key)).then_with(|| a.id.cmp(&b.id))
                });
            }
        }
        Self { rows, total, currency }
    }
}
