//! How bad alerts are, who they are about, and why each is one, in plain words.
use crate::domain::supervision::{Alert, RuleName, Severity};
use crate::ui::theme::Sign;

/// The sign of how bad it is.
pub fn sign(severity: Severity) -> Sign {
    match severity {
        Severity::Note => Sign::Idle,
        Severity::Warn => Sign::Warn,
        Severity::Bad => Sign::Bad,
    }
}

/// What to do about it.
pub fn what_to_do(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "to know of",
        Severity::Warn => "to look at",
        Severity::Bad => "to act on",
    }
}

/// Why somebody should look, and what else it may be.
pub fn why(rule: RuleName) -> &'static str {
    match rule {
        RuleName::CancelledBaskets => {
            "Goods that were shown and paid for may have left without a sale. It may be a training, or a slow tender."
        }
        RuleName::RemovedLines => {
            "A line taken out after the customer saw it may be sold beside the till. It may be a customer who thinks again."
        }
        RuleName::PriceOverrides => {
            "Prices were given by hand far more often than peers do. There may be a price that is wrong."
        }
        RuleName::Discounts => "More was let off than peers do. There may be an offer that others do not know of.",
        RuleName::ReturnsWithoutReceipt => "Money was paid out for goods that nobody can tie to a sale.",
        RuleName::ReturnsOfOwnSales => "Who takes back what they sold themselves can take the money alone.",
        RuleName::ReturnsSoonAfterSale => "Given back right after it was sold, with the customer hardly gone.",
        RuleName::DrawerWithoutSale => "The drawer was opened without a sale. It may be change for a customer.",
        RuleName::OutsideOpeningHours => {
            "Sold while the outlet is closed. The opening hours may be wrong in the catalogue."
        }
        RuleName::SplitSales => {
            "The same controlled drug in small sales, one after the other, passes under the limit of one."
        }
        RuleName::ControlledByEmployee => "More of a controlled drug went over this counter than over those of peers.",
        RuleName::ControlledByPrescriber => "More of a controlled drug was prescribed than peers prescribe.",
        RuleName::ControlledByOutlet => "More of a controlled drug was sold here than at outlets like it.",
        RuleName::PrescriberFarApart => {
            "One prescriber in two places, in less time than anybody travels: the name may be used by others."
        }
        RuleName::PrescriberProlific => "Far more prescriptions than before: the name may be used by others.",
        RuleName::UnusualQuantity => "A quantity far from this drug's usual: 100 keyed for 10, perhaps.",
        RuleName::UnusualPrice => "A price far from this drug's usual: the wrong pack, or a slip, perhaps.",
        RuleName::SameBasketTwice => "The same basket twice within a minute: it may have been paid once.",
        RuleName::OutletSilent => {
            "Its tills are there, and nothing is sold: perhaps nobody serves, or sales are made without them."
        }
        RuleName::OutletCutOff => "No sign of its tills. They sell on without a link; their figures come later.",
        RuleName::ReceiptMissing => "A number is missing in a till's series, and no event of it came.",
        RuleName::RoundNumbers => "More round amounts than peers have: figures that are made up are round.",
        RuleName::CashShare => "The share of cash drifts away from that of peers.",
        RuleName::TillAlerted => "A till found something about its own sales that somebody must look at.",
        RuleName::ClockOff => "A till's clock is far off: its sales bear wrong times.",
        RuleName::EventAltered => "The same event came twice, with other content: somebody or something changed it.",
        RuleName::FactsAltered => "Rows of the database are not what the tills sealed in their chains.",
    }
}

/// Who or what it is about: "Otieno Ouma · Uhuru Corner · T03".
pub fn subject(alert: &Alert) -> String {
    let subject = &alert.subject;
    let named = [&subject.employee, &subject.doctor, &subject.drug, &subject.outlet];
    let mut parts: Vec<_> = named.into_iter().flatten().map(|(_, name)| name.as_str()).collect();
    parts.extend(subject.till.as_deref());
    if parts.is_empty() {
        return String::from(alert.rule.title());
    }
    parts.join(" · ")
}
