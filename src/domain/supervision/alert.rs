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

impl Severity {
    /// One step worse.
    #[must_use]
    pub fn raised(self) -> Self {
        match self {
            Self::Note => Self::Warn,
            Self::Warn | Self::Bad => Self::Bad,
        }
    }
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
    /// A till found something about its own sales.
    TillAlerted,
    /// An event was sent again with other content.
    EventAltered,
    /// Rows of the database disagree with the chain (`rxtill verify`).
    FactsAltered,
}

impl RuleName {
    /// Every rule, in the order of docs/alerts.md.
    pub const ALL: [Self; 27] = [
        Self::CancelledBaskets,
        Self::RemovedLines,
        Self::PriceOverrides,
        Self::Discounts,
        Self::ReturnsWithoutReceipt,
        Self::ReturnsOfOwnSales,
        Self::ReturnsSoonAfterSale,
        Self::DrawerWithoutSale,
        Self::OutsideOpeningHours,
        Self::SplitSales,
        Self::ControlledByEmployee,
        Self::ControlledByPrescriber,
        Self::ControlledByOutlet,
        Self::PrescriberFarApart,
        Self::PrescriberProlific,
        Self::UnusualQuantity,
        Self::UnusualPrice,
        Self::SameBasketTwice,
        Self::OutletSilent,
        Self::OutletCutOff,
        Self::ReceiptMissing,
        Self::RoundNumbers,
        Self::CashShare,
        Self::ClockOff,
        Self::TillAlerted,
        Self::EventAltered,
        Self::FactsAltered,
    ];

    /// Its stable name, as in the configuration and in what is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CancelledBaskets => "cancelled_baskets",
            Self::RemovedLines => "removed_lines",
            Self::PriceOverrides => "price_overrides",
            Self::Discounts => "discounts",
            Self::ReturnsWithoutReceipt => "returns_without_receipt",
            Self::ReturnsOfOwnSales => "returns_of_own_sales",
            Self::ReturnsSoonAfterSale => "returns_soon_after_sale",
            Self::DrawerWithoutSale => "drawer_without_sale",
            Self::OutsideOpeningHours => "outside_opening_hours",
            Self::SplitSales => "split_sales",
            Self::ControlledByEmployee => "controlled_by_employee",
            Self::ControlledByPrescriber => "controlled_by_prescriber",
            Self::ControlledByOutlet => "controlled_by_outlet",
            Self::PrescriberFarApart => "prescriber_far_apart",
            Self::PrescriberProlific => "prescriber_prolific",
            Self::UnusualQuantity => "unusual_quantity",
            Self::UnusualPrice => "unusual_price",
            Self::SameBasketTwice => "same_basket_twice",
            Self::OutletSilent => "outlet_silent",
            Self::OutletCutOff => "outlet_cut_off",
            Self::ReceiptMissing => "receipt_missing",
            Self::RoundNumbers => "round_numbers",
            Self::CashShare => "cash_share",
            Self::ClockOff => "clock_off",
            Self::TillAlerted => "till_alerted",
            Self::EventAltered => "event_altered",
            Self::FactsAltered => "facts_altered",
        }
    }

    /// What it looks for, in a few plain words.
    pub fn title(self) -> &'static str {
        match self {
            Self::CancelledBaskets => "cancelled baskets",
            Self::RemovedLines => "lines taken out of baskets",
            Self::PriceOverrides => "changed prices",
            Self::Discounts => "discounts",
            Self::ReturnsWithoutReceipt => "returns without a receipt",
            Self::ReturnsOfOwnSales => "returns of own sales",
            Self::ReturnsSoonAfterSale => "returns soon after the sale",
            Self::DrawerWithoutSale => "drawer opened without a sale",
            Self::OutsideOpeningHours => "sold while closed",
            Self::SplitSales => "a controlled drug in small sales",
            Self::ControlledByEmployee => "controlled drugs by one employee",
            Self::ControlledByPrescriber => "controlled drugs for one prescriber",
            Self::ControlledByOutlet => "controlled drugs at one outlet",
            Self::PrescriberFarApart => "a prescriber in two places at once",
            Self::PrescriberProlific => "a prescriber of very many",
            Self::UnusualQuantity => "unusual quantity",
            Self::UnusualPrice => "unusual price",
            Self::SameBasketTwice => "the same basket twice",
            Self::OutletSilent => "outlet sells nothing",
            Self::OutletCutOff => "outlet cut off",
            Self::ReceiptMissing => "receipt number missing",
            Self::RoundNumbers => "round amounts",
            Self::CashShare => "share of cash",
            Self::ClockOff => "clock off",
            Self::TillAlerted => "a till's own alert",
            Self::EventAltered => "event altered",
            Self::FactsAltered => "rows altered",
        }
    }

    /// The rule of that stable name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == name)
    }

    /// How bad what it finds is, as long as nothing says that it is worse.
    pub fn severity(self) -> Severity {
        match self {
            Self::RemovedLines
            | Self::PriceOverrides
            | Self::SameBasketTwice
            | Self::RoundNumbers
            | Self::CashShare => Severity::Note,
            Self::SplitSales
            | Self::ControlledByEmployee
            | Self::ControlledByPrescriber
            | Self::PrescriberFarApart
            | Self::ReceiptMissing
            | Self::EventAltered
            | Self::FactsAltered => Severity::Bad,
            Self::CancelledBaskets
            | Self::Discounts
            | Self::ReturnsWithoutReceipt
            | Self::ReturnsOfOwnSales
            | Self::ReturnsSoonAfterSale
            | Self::DrawerWithoutSale
            | Self::OutsideOpeningHours
            | Self::ControlledByOutlet
            | Self::PrescriberProlific
            | Self::UnusualQuantity
            | Self::UnusualPrice
            | Self::OutletSilent
            | Self::OutletCutOff
            | Self::ClockOff
            | Self::TillAlerted => Severity::Warn,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rules_name_is_the_one_that_is_kept() {
        for rule in RuleName::ALL {
            assert_eq!(serde_json::to_string(&rule).unwrap(), format!("\"{}\"", rule.as_str()));
            assert_eq!(RuleName::named(rule.as_str()), Some(rule));
        }
        assert_eq!(RuleName::named("cancelled"), None);
    }
}
