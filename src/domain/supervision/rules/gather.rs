//! Lines become sales: an event is of one line, and most rules are about whole baskets.
use std::hash::{DefaultHasher, Hash, Hasher};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bounded::Bounded;
use crate::domain::event::SaleEvent;
use crate::domain::money::Money;

/// What is gathered of a sale.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Whole {
    /// Lines that came.
    lines: u32,
    /// What they cost: a sum may be larger than any amount is.
    pub total: Decimal,
    /// What they would have cost without discounts.
    pub before: Decimal,
    /// The same for the same lines in whatever order.
    pub digest: u64,
    /// How likely it is that another basket is the same: the product over its lines.
    pub chance: f64,
    /// Whether most of the money was cash; none: the event does not say.
    pub cash: Option<bool>,
}

impl Whole {
    /// The part of the price that was taken off.
    pub fn discount(&self) -> f64 {
        let (before, total) = (number(self.before), number(self.total));
        if before > 0.0 {
            ((before - total) / before).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    fn add(&mut self, line: &SaleEvent, chance: f64) {
        let total = line.total().unwrap_or(Money::ZERO);
        let discount = line.discount.parse().unwrap_or(Money::ZERO);
        self.chance = if self.lines == 0 { chance } else { self.chance * chance };
        self.lines += 1;
        self.total = self.total.saturating_add(total.decimal());
        self.before = self.before.saturating_add((total + discount).decimal());
        let mut hasher = DefaultHasher::new();
        (line.drug_id, line.quantity_sold, total).hash(&mut hasher);
        self.digest = self.digest.wrapping_add(hasher.finish());
        self.cash = self.cash.or_else(|| paid_in_cash(line));
    }
}

/// Whether most of what was paid was cash; none: the event does not say. A tender is cash by its name: the stream has no
/// other word for it, and the sample pharmacy's is called so.
fn paid_in_cash(line: &SaleEvent) -> Option<bool> {
    let most = line
        .payments
        .iter()
        .max_by_key(|paid| paid.money().unwrap_or(Money::ZERO))?;
    Some(most.tender.eq_ignore_ascii_case("cash"))
}

/// As a float, for statistics only.
fn number(amount: Decimal) -> f64 {
    amount.to_f64().unwrap_or_default()
}

/// Sales of which lines are still to come.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Gathering {
    parts: Bounded<Uuid, Whole, 4_096>,
}

impl Gathering {
    /// The whole sale, once its last line has come, in whatever order. `chance`: how likely such a line is.
    pub fn see(&mut self, line: &SaleEvent, chance: f64) -> Option<Whole> {
        if line.lines <= 1 {
            let mut whole = Whole::default();
            whole.add(line, chance);
            return Some(whole);
        }
        let part = self.parts.entry(line.sale_id);
        part.add(line, chance);
        if part.lines < line.lines {
            return None;
        }
        self.parts.remove(&line.sale_id)
    }
}
