//! A basket that waited, against the prices of now.
use jiff::Timestamp;

use super::{Basket, BasketLine, listed_price};
use crate::domain::catalogue::{Catalogue, Outlet};
use crate::domain::money::Money;

/// A line whose price on the list is another one than when it was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repriced {
    /// The position of the line.
    pub line: usize,
    /// The drug as sold.
    pub drug: String,
    /// The unit.
    pub unit: String,
    /// What the list said for one when it was added.
    pub shown: Money,
    /// What it says now.
    pub listed: Money,
}

impl Basket {
    /// The lines whose list price is another one at the outlet now. A line that is no longer sold keeps its price here:
    /// the store refuses it, with the reason.
    pub fn repriced(&self, catalogue: &Catalogue, outlet: &Outlet, at: Timestamp) -> Vec<Repriced> {
        if self.refund_of.is_some() {
            // What comes back does so at the price of then.
            return Vec::new();
        }
        let line = |(position, line): (usize, &BasketLine)| {
            let drug = catalogue.drug(line.drug.id)?;
            let pack = drug.pack_named(Some(line.unit()))?;
            let listed = listed_price(drug, pack, outlet, at).ok()?;
            (listed != line.list_price).then(|| Repriced {
                line: position,
                drug: line.drug.label(),
                unit: line.unit().to_owned(),
                shown: line.list_price,
                listed,
            })
        };
        self.lines.iter().enumerate().filter_map(line).collect()
    }

    /// Takes the list's prices of now, or keeps those that were shown; either way the sale is held against the list of now.
    /// A price that a person set stays.
    pub fn settle_prices(&mut self, catalogue: &Catalogue, outlet: &Outlet, at: Timestamp, take_new: bool) {
        for changed in self.repriced(catalogue, outlet, at) {
            if let Some(line) = self.lines.get_mut(changed.line) {
                if take_new && line.unit_price == line.list_price {
                    line.unit_price = changed.listed;
                }
                line.list_price = changed.listed;
            }
        }
    }
}
