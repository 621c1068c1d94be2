//! `rxtill report`: what was sold, by day, outlet, employee, drug or prescriber. It works beside an open till.
mod table;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde::Serialize;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::till;
use crate::domain::clock::Clock as _;
use crate::domain::money::{Currency, Money, Quantity};
use crate::domain::name::fold;
use crate::domain::report::{ReportBy, ReportOf, Sums};
use crate::runtime::open::Who;
use crate::store::star::Store;

/// What was sold, by day, outlet, employee, drug or doctor
///
/// A sale counts for its outlet's own business day. Returns are taken off quantity and revenue, in the day on which they came
/// back. Of a sale with two drugs each drug's row counts it, the total counts it once.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What each row is of
    #[arg(value_enum)]
    by: By,
    /// The business day, as 2026-03-02 [default: today, on the clock of this till's outlet]
    #[arg(long, value_name = "DAY", conflicts_with_all = ["from", "until"])]
    date: Option<Date>,
    /// The first day of several
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// The last one, included [default: today]
    #[arg(long, value_name = "DAY", requires = "from")]
    until: Option<Date>,
    /// Only this outlet, by its name or id
    #[arg(long, value_name = "OUTLET")]
    outlet: Option<String>,
    /// Only sales in this currency, as KES
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// Simulated tills (SIM…) too
    #[arg(long)]
    simulated: bool,
    /// Print CSV, with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Day,
    Outlet,
    Employee,
    Drug,
    Doctor,
}

impl From<By> for ReportBy {
    fn from(by: By) -> Self {
        match by {
            By::Day => Self::Day,
            By::Outlet => Self::Outlet,
            By::Employee => Self::Employee,
            By::Drug => Self::Drug,
            By::Doctor => Self::Doctor,
        }
    }
}

/// A report as it is printed: money with its currency's places.
#[derive(Debug, Serialize)]
struct Printed {
    from: Date,
    until: Date,
    currency: Option<String>,
    rows: Vec<PrintedRow>,
    total: PrintedSums,
}

#[derive(Debug, Serialize)]
struct PrintedRow {
    key: String,
    id: Option<i64>,
    #[serde(flatten)]
    sums: PrintedSums,
}

#[derive(Debug, Serialize)]
struct PrintedSums {
    sales: u64,
    returns: u64,
    quantity: Quantity,
    revenue: String,
    #[serde(skip)]
    grouped: String,
}

impl PrintedSums {
    fn of(sums: Sums, places: u32) -> Self {
        let Sums {
            sales,
            returns,
            quantity,
            revenue,
        } = sums;
        Self {
            sales,
            returns,
            quantity,
            revenue: revenue.exact(places),
            grouped: Money::grouped(revenue, places),
        }
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Outcome, Failure> {
    let (from, until) = days(context, &arguments).await?;
    let store = context.store(Who::Auditor).await?;
    let outlet = match &arguments.outlet {
        Some(named) => Some(outlet(context, &store, named).await?),
        None => None,
    };
    let of = ReportOf {
        from,
        until,
        outlet,
        currency: arguments.currency.map(|code| code.to_uppercase()),
        simulated: arguments.simulated,
    };
    let report = store.report(arguments.by.into(), &of).await.map_err(Failure::failed)?;
    let places = report.currency.as_deref().map_or(2, |code| Currency::of(code).places);
    let row = |row: crate::domain::report::ReportRow| PrintedRow {
        key: row.key,
        id: row.id,
        sums: PrintedSums::of(row.sums, places),
    };
    let printed = Printed {
        from,
        until,
        currency: report.currency,
        rows: report.rows.into_iter().map(row).collect(),
        total: PrintedSums::of(report.total, places),
    };
    if arguments.csv {
        let csv = table::csv(&printed).map_err(Failure::failed)?;
        context.output.lines(csv).await?;
    } else {
        context.output.answer(&printed, table::words(&printed))?;
    }
    Ok(Outcome::Fine)
}

async fn days(context: &Context, arguments: &Arguments) -> Result<(Date, Date), Failure> {
    if let Some(day) = arguments.date {
        return Ok((day, day));
    }
    let today = match arguments.until {
        Some(until) => until,
        None => context.clock.now().to_zoned(till::zone(context).await).date(),
    };
    let from = arguments.from.unwrap_or(today);
    if from > today {
        return Err(Failure::usage(format!(
            "--from {from} is after {today}: turn them round"
        )));
    }
    Ok((from, today))
}

/// The row of the outlet that is named.
async fn outlet(context: &Context, store: &Store, named: &str) -> Result<i64, Failure> {
    let (catalogue, _) = context.catalogue(store).await?;
    let outlets = catalogue.outlets();
    let is_it = |name: &str, id: i64| fold(name) == fold(named) || id.to_string() == named;
    outlets
        .iter()
        .find(|outlet| is_it(&outlet.name, outlet.id))
        .map(|outlet| outlet.id)
        .ok_or_else(|| {
            let known: Vec<_> = outlets.iter().map(|outlet| outlet.name.as_str()).collect();
            Failure::failed(format!("no outlet is called {named}; there are: {}", known.join(", ")))
        })
}
