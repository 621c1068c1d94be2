//! A row of the live list.
use jiff::Timestamp;

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRow {
    /// Rows are numbered as they come.
    pub number: u64,
    /// When it was sold, or received where it does not say.
    pub at: Timestamp,
    /// What it says. Safe to show.
    pub what: LiveWhat,
}

/// What a row says. Nothing in it steers a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveWhat {
    /// A sold line.
    Sale {
        /// The outlet.
        outlet: String,
        /// Who sold.
        employee: String,
        /// What.
        drug: String,
        /// How much: "2 strip".
        quantity: String,
        /// For how much, with the currency's places.
        total: String,
        /// Whether it was given back.
        back: bool,
        /// Whether its number was seen with other content.
        differs: bool,
    },
    /// A line of the older tracker.
    Older {
        /// The outlet.
        outlet: String,
        /// The row of the drug, and how much.
        what: String,
    },
    /// Nothing that this program reads.
    Unreadable {
        /// Where it is.
        place: String,
        /// Why.
        reason: String,
    },
    /// Records are missing, or read again.
    Note(String),
}
