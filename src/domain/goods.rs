//! What the store knows of a drug's goods beyond the catalogue: a hint, true when it was read.
use jiff::civil::Date;

use super::money::Quantity;

/// A batch that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// What is printed on it.
    pub batch: String,
    /// Its last day; none where nobody wrote it down.
    pub expiry: Option<Date>,
}

/// The goods of one drug.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DrugGoods {
    /// Batches taken in here, the one that expires first before the others. How much of which is left, no book says: a sale
    /// names no batch.
    pub batches: Vec<Batch>,
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
