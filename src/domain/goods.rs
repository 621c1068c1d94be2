//! What the store knows of a drug's goods beyond the catalogue: a hint, true when it was read.
use jiff::civil::Date;

use super::batch::BatchLeft;
use super::money::Quantity;

/// The goods of one drug.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DrugGoods {
    /// Batches of which some is left here by the book, the one that expires first before the others.
    pub batches: Vec<BatchLeft>,
    /// Other outlets that have some by the book, in base units, the most first.
    pub elsewhere: Vec<(i64, Quantity)>,
}

impl DrugGoods {
    /// The day on which the first of those that are still good expires.
    pub fn expires_first(&self, today: Date) -> Option<Date> {
        self.batches
            .iter()
            .filter_map(|batch| batch.expiry)
            .find(|day| *day >= today)
    }
}
