//! What the live screen shows, made whole now and then: plain figures, sorted as they are read.
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::alert::{RuleName, Severity};
use crate::domain::money::{Money, Quantity};

/// Five-minute steps of the last hour.
pub const SPARKS: usize = 12;

/// An amount in a currency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Amount {
    /// ISO 4217.
    pub currency: String,
    /// Its places after the point.
    pub places: u32,
    /// How much.
    pub sum: Money,
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overview {
    /// When it was made; none: nothing was read yet.
    pub at: Option<Timestamp>,
    /// The head line.
    pub head: Head,
    /// The outlets, worst first: those with an open alert, then by revenue.
    pub outlets: Vec<OutletLine>,
    /// Today by hour of the outlets' clocks, 24 of them; in the head's first currency.
    pub hours: Vec<HourLine>,
    /// Today's payments by tender, largest first; in the head's first currency. Empty where events do not say.
    pub tenders: Vec<(String, Money)>,
    /// What happened beside the sales today.
    pub beside: Beside,
    /// Today by drug, most revenue first, at most [`MOST_LINES`].
    pub drugs: Vec<TotalLine>,
    /// Today by employee, likewise.
    pub employees: Vec<TotalLine>,
    /// Today by prescriber, likewise.
    pub doctors: Vec<TotalLine>,
    /// Today by region, likewise.
    pub regions: Vec<TotalLine>,
    /// The days that are kept, newest first.
    pub days: Vec<DayLine>,
    /// What the stream held.
    pub counts: Counts,
}

/// So many lines of a table are shown.
pub const MOST_LINES: usize = 200;

/// Today in a line. An outlet's today is that of its own clock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// What came in less what went out, the currency with the most sales first; never empty once something was sold.
    pub revenue: Vec<Amount>,
    /// Sales, without returns.
    pub sales: u64,
    /// Lines sold.
    pub items: u64,
    /// The same day a week ago by this time of the day, where that day was read: revenue in the first currency, sales.
    pub week_ago: Option<(Money, u64)>,
    /// Outlets from which something came today: a sale, an event or a heartbeat.
    pub reporting: usize,
    /// Outlets that the catalogue knows as active, or that are in the stream.
    pub outlets: usize,
    /// Events received in the last minute.
    pub per_minute: u64,
    /// How long after they happened the latest events were received, in milliseconds.
    pub lag_ms: Option<u64>,
}

/// How an outlet stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutletState {
    /// Nothing to say.
    Well,
    /// Closed at this hour, or not open yet.
    Closed {
        /// When it opens next today, where it does, on its own clock ("10:00").
        opens: Option<String>,
    },
    /// No sale in its opening hours for longer than usual; its tills are there.
    Silent {
        /// Since when.
        since: Timestamp,
    },
    /// No sign of life of any of its tills.
    CutOff {
        /// Since when.
        since: Timestamp,
    },
    /// An alert about it is open.
    Alert {
        /// Which rule.
        rule: RuleName,
        /// How bad.
        severity: Severity,
    },
}

/// An outlet today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutletLine {
    /// Its row.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// Whether the catalogue knows it.
    pub is_known: bool,
    /// Today's revenue.
    pub revenue: Amount,
    /// Today's sales.
    pub sales: u64,
    /// Its revenue of the same day a week ago by this time of the day, where that day was read.
    pub week_ago: Option<Money>,
    /// Sales in five-minute steps of the last hour, oldest first.
    pub last_hour: [u64; SPARKS],
    /// Its last sale.
    pub last_sale: Option<Timestamp>,
    /// How it stands.
    pub state: OutletState,
    /// Sales that its tills have not uploaded, as their last heartbeats say.
    pub unsent: u64,
    /// Alerts about it that nobody has acknowledged.
    pub alerts: usize,
}

/// An hour of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HourLine {
    /// 0 to 23.
    pub hour: u8,
    /// Revenue in it today.
    pub today: Money,
    /// In the same hour a week ago.
    pub week_ago: Option<Money>,
    /// Sales in it today.
    pub sales: u64,
}

/// A line of a table of totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalLine {
    /// The row of the dimension; 0 for a region.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// Base units, returns taken off.
    pub quantity: Quantity,
    /// What came in less what went out.
    pub revenue: Amount,
    /// Sales in which it has part.
    pub sales: u64,
    /// At how many outlets.
    pub outlets: usize,
}

/// A day of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayLine {
    /// The outlets' own date.
    pub date: Date,
    /// In the head's first currency.
    pub revenue: Money,
    /// Sales.
    pub sales: u64,
}

/// What happened beside the sales today. Amounts in the head's first currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Beside {
    /// Lines that came back.
    pub returns: u64,
    /// For how much; negative.
    #[serde(deserialize_with = "Money::read_sum")]
    pub returned: Money,
    /// Baskets let go.
    pub cancelled: u64,
    /// Lines taken out.
    pub removed: u64,
    /// Prices and discounts given by hand.
    pub overrides: u64,
    /// By how much less; negative.
    #[serde(deserialize_with = "Money::read_sum")]
    pub overridden: Money,
    /// The drawer opened without a sale.
    pub drawer: u64,
    /// Sales refused.
    pub refused: u64,
}

impl Beside {
    /// Nothing happened.
    pub const NONE: Self = Self {
        returns: 0,
        returned: Money::ZERO,
        cancelled: 0,
        removed: 0,
        overrides: 0,
        overridden: Money::ZERO,
        drawer: 0,
        refused: 0,
    };
}

/// What the stream held since it is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Records of both topics.
    pub records: u64,
    /// Repeats, which count once.
    pub repeats: u64,
    /// Records that nobody can read.
    pub unreadable: u64,
    /// Events that have not come yet, though later ones of their till have.
    pub missing: u64,
    /// Records with a number that was seen with other content.
    pub differs: u64,
    /// Events of the older tracker: no price, no number.
    pub older: u64,
    /// Sale events of a day so far off that they are in no total of a day here.
    pub far_off: u64,
    /// Rows that were not shown because too many came at once; totals count them.
    pub skipped: u64,
}
