//! Running totals of `rxtill tail --totals`: by outlet and drug, over what was read.
use std::collections::HashMap;

use serde::Serialize;

use crate::domain::event::{SaleEvent, StreamEvent};
use crate::domain::money::{Currency, Money, Quantity};
use crate::stream::live::{LiveRecord, Seen};

/// So many pairs of outlet and drug are kept. Names from outside take no memory beyond that.
const MOST_PAIRS: usize = 500_000;

/// What an outlet has sold of a drug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Total {
    /// Base units.
    pub quantity: Quantity,
    /// With the currency's places.
    pub revenue: String,
}

/// What a line tells of the totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Standing {
    /// Nobody asked.
    NotAsked,
    /// The record does not count: it cannot be read, has no price (the older tracker's), or its number was counted
    /// before. Null in JSON.
    NotCounted,
    /// Where the record's outlet and drug stand with it.
    At(Total),
}

impl Standing {
    /// Whether the line tells nothing of them.
    pub fn is_not_asked(&self) -> bool {
        *self == Self::NotAsked
    }
}

#[derive(Debug, Default)]
struct Sum {
    quantity: Quantity,
    revenue: Money,
}

/// Sums by outlet, drug and currency.
#[derive(Debug, Default)]
pub(super) struct Totals {
    sums: HashMap<(i64, i64, [u8; 3]), Sum>,
}

impl Totals {
    /// Counts a record, and says where its outlet and drug stand then.
    pub fn count(&mut self, record: &LiveRecord) -> Standing {
        let counted = match (&record.event, record.seen) {
            (Ok(StreamEvent::Sale(sale)), Seen::New | Seen::Jump { .. } | Seen::Late | Seen::Untracked) => {
                self.add(sale)
            }
            _ => None,
        };
        counted.map_or(Standing::NotCounted, Standing::At)
    }

    fn add(&mut self, sale: &SaleEvent) -> Option<Total> {
        let revenue = sale.total().ok()?;
        let pair = (sale.outlet_id, sale.drug_id, sale.currency.as_bytes().try_into().ok()?);
        if self.sums.len() >= MOST_PAIRS && !self.sums.contains_key(&pair) {
            return None;
        }
        let sum = self.sums.entry(pair).or_default();
        sum.quantity += sale.quantity_sold;
        sum.revenue += revenue;
        Some(Total {
            quantity: sum.quantity,
            revenue: sum.revenue.exact(Currency::of(&sale.currency).places),
        })
    }
}
