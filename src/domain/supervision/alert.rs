//! An alert: what was found, in plain words, with the figures and the events behind it (docs/alerts.md).
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::row::StreamRow;

/// So many of the events behind an alert are kept with it.
pub const MOST_EVIDENCE: usize = 50;

/// How bad it is. A sign and a colour each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To know of.
    Note,
    /// ▲ To look at.
    Warn,
    /// ✕ To act on.
    Bad,
}

/// The rules, by their stable names: those of docs/alerts.md, of the configuration, and of what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleName {
    /// One employee lets go of more baskets than their peers.
    CancelledBaskets,
    /// One employee takes more lines out of baskets than their peers.
    RemovedLines,
    /// One employee changes more prices than their peers.
    PriceOverrides,
    /// One employee gives more discount than their peers.
    Discounts,
    /// Goods came back without a receipt.
    ReturnsWithoutReceipt,
    /// One employee takes back what they sold themselves.
    ReturnsOfOwnSales,
    /// Goods came back right after they were sold.
    ReturnsSoonAfterSale,
    /// The drawer was opened without a sale more often than elsewhere.
    DrawerWithoutSale,
    /// Sold while the outlet is closed.
    OutsideOpeningHours,
    /// One employee sells the same controlled drug again and again in small quantities.
    SplitSales,
    /// More of a controlled drug by one employee than by their peers.
    ControlledByEmployee,
    /// More of a controlled drug for one prescriber than for their peers.
    ControlledByPrescriber,
    /// More of a controlled drug at one outlet than at its peers.
    ControlledByOutlet,
    /// One prescriber in places that nobody travels between in that time.
    PrescriberFarApart,
    /// A prescriber with far more prescriptions than before.
    PrescriberProlific,
    /// A quantity far from that drug's usual.
    UnusualQuantity,
    /// A price far from that drug's usual.
    UnusualPrice,
    /// The same basket twice within a minute.
    SameBasketTwice,
    /// An outlet that sells nothing in its opening hours though its tills are there.
    OutletSilent,
    /// No sign of life of an outlet's tills.
    OutletCutOff,
    /// Numbers of a till that never came.
    ReceiptMissing,
    /// More round amounts than their peers.
    RoundNumbers,
    /// The share of cash of one employee drifts away from their peers'.
    CashShare,
    /// A till's clock is far off.
    ClockOff,
    /// An event was sent again with other content.
    EventAltered,
    /// Rows of the database disagree with the chain (`rxtill verify`).
    FactsAltered,
}

/// Who or what an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Subject {
    /// Row of `dim_outlet` and its name.
    pub outlet: Option<(i64, String)>,
    /// Row of `dim_employee` and their name.
    pub employee: Option<(i64, String)>,
    /// Row of `dim_doctor` and their name.
    pub doctor: Option<(i64, String)>,
    /// Row of `dim_drug` and its name.
    pub drug: Option<(i64, String)>,
    /// The till.
    pub till: Option<String>,
}

/// Something that a supervisor is told of. All text in it is safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// UUIDv5 of rule, subject and period: whoever finds the same thing, and whenever, has the same id.
    pub id: Uuid,
    /// The rule that found it.
    pub rule: RuleName,
    /// How bad it is.
    pub severity: Severity,
    /// The moment of the event by which it was found.
    pub at: Timestamp,
    /// Who or what it is about.
    pub subject: Subject,
    /// What was found, in one line of plain words: "6 cancelled baskets in 40 min, peers 0–1".
    pub headline: String,
    /// The figures behind it and the peers compared, a line each.
    pub figures: Vec<String>,
    /// The very events, oldest first, at most [`MOST_EVIDENCE`].
    pub evidence: Vec<StreamRow>,
}
