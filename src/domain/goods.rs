//! What the store knows of a drug's goods beyond the catalogue: a hint, true when it was read.
use std::collections::HashMap;

use jiff::Timestamp;

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

/// Something of the drugs at an outlet, as it was when it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct AtOutlet<T> {
    /// The row of the outlet.
    pub outlet: i64,
    /// When.
    pub read_at: Timestamp,
    /// What, by the row of the drug.
    pub by_drug: HashMap<i64, T>,
}

/// What remains by the book, in base units. A drug that is not in it is not counted there.
pub type OutletStock = AtOutlet<Quantity>;

/// The batches of which some is left, the one that expires first before the others.
pub type OutletBatches = AtOutlet<Vec<BatchLeft>>;

impl<T> Default for AtOutlet<T> {
    fn default() -> Self {
        Self {
            outlet: 0,
            read_at: Timestamp::default(),
            by_drug: HashMap::new(),
        }
    }
}
