//! The habits that are compared, and how each is called.
use crate::domain::supervision::rules::rates::Measure;
use crate::domain::supervision::{RuleName, Thresholds};

/// Something that one employee does more often than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    CancelledBaskets,
    RemovedLines,
    PriceOverrides,
    Discounts,
    ReturnsWithoutReceipt,
    ReturnsOfOwnSales,
    ReturnsSoonAfterSale,
    DrawerWithoutSale,
    RoundNumbers,
    CashShare,
}

/// How many there are.
pub(crate) const HABITS: usize = 10;

impl Habit {
    pub fn rule(self) -> RuleName {
        match self {
            Self::CancelledBaskets => RuleName::CancelledBaskets,
            Self::RemovedLines => RuleName::RemovedLines,
            Self::PriceOverrides => RuleName::PriceOverrides,
            Self::Discounts => RuleName::Discounts,
            Self::ReturnsWithoutReceipt => RuleName::ReturnsWithoutReceipt,
            Self::ReturnsOfOwnSales => RuleName::ReturnsOfOwnSales,
            Self::ReturnsSoonAfterSale => RuleName::ReturnsSoonAfterSale,
            Self::DrawerWithoutSale => RuleName::DrawerWithoutSale,
            Self::RoundNumbers => RuleName::RoundNumbers,
            Self::CashShare => RuleName::CashShare,
        }
    }

    /// How it is measured.
    pub fn measure(self, thresholds: &Thresholds) -> Measure {
        let t = thresholds;
        let (limit, least) = match self {
            Self::CancelledBaskets => (t.cancelled_baskets_score, t.cancelled_baskets_least),
            Self::RemovedLines => (t.removed_lines_score, t.removed_lines_least),
            Self::PriceOverrides => (t.price_overrides_score, t.price_overrides_least),
            Self::Discounts => (t.discounts_score, t.discounts_least),
            Self::ReturnsWithoutReceipt => (t.returns_without_receipt_score, t.returns_without_receipt_least),
            Self::ReturnsOfOwnSales => (t.returns_of_own_sales_score, t.returns_of_own_sales_least),
            Self::ReturnsSoonAfterSale => (t.returns_soon_after_sale_score, t.returns_soon_after_sale_least),
            Self::DrawerWithoutSale => (t.drawer_without_sale_score, t.drawer_without_sale_least),
            Self::RoundNumbers => (t.round_numbers_score, t.round_numbers_least),
            // A share can drift down as well, to no sale at all in cash.
            Self::CashShare => (t.cash_share_score, 0.0),
        };
        Measure {
            at: self as usize,
            limit,
            least,
            is_share: self.is_share(),
            is_two_sided: self == Self::CashShare,
            prior: self.prior(),
            size: if self == Self::Discounts { 0.1 } else { 1.0 },
        }
    }

    /// Rate and deviation where there are too few peers to compare with (docs/alerts.md).
    fn prior(self) -> (f64, f64) {
        match self {
            Self::CancelledBaskets | Self::RemovedLines => (0.05, 0.03),
            Self::PriceOverrides | Self::DrawerWithoutSale => (0.02, 0.015),
            Self::Discounts | Self::ReturnsWithoutReceipt | Self::ReturnsOfOwnSales | Self::ReturnsSoonAfterSale => {
                (0.01, 0.01)
            }
            Self::RoundNumbers => (0.2, 0.08),
            Self::CashShare => (0.5, 0.15),
        }
    }

    /// Whether it is a part of all sales, so that more than all cannot be.
    pub fn is_share(self) -> bool {
        matches!(self, Self::RoundNumbers | Self::CashShare)
    }

    /// What was counted, of one and of several.
    pub fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::CancelledBaskets => ("cancelled basket", "cancelled baskets"),
            Self::RemovedLines => ("basket with lines taken out", "baskets with lines taken out"),
            Self::PriceOverrides => ("sale with a changed price", "sales with a changed price"),
            Self::Discounts => ("sale with a discount", "sales with a discount"),
            Self::ReturnsWithoutReceipt => ("return without a receipt", "returns without a receipt"),
            Self::ReturnsOfOwnSales => ("return of an own sale", "returns of own sales"),
            Self::ReturnsSoonAfterSale => ("return soon after the sale", "returns soon after the sale"),
            Self::DrawerWithoutSale => ("drawer opened without a sale", "openings of the drawer without a sale"),
            Self::RoundNumbers => ("round amount", "round amounts"),
            Self::CashShare => ("sale in cash", "sales in cash"),
        }
    }
}
