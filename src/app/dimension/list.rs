//! The rows of a dimension by name, and which of them is highlighted.
use super::listing::{Listing, Shown};
use crate::app::text::Line;

/// A screenful, about: how many rows a terminal shows is the view's business.
pub const PAGE: usize = 14;

/// The list of a dimension.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// What was typed to filter it.
    pub filter: Line,
    /// Whether the filter is being typed.
    pub filtering: bool,
    /// Whether active rows, inactive ones or both are listed.
    pub shown: Shown,
    found: Vec<i64>,
    at: usize,
}

impl List {
    /// The ids of the rows that are listed, by name.
    pub fn found(&self) -> &[i64] {
        &self.found
    }

    /// The position of the highlighted row.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The highlighted row.
    pub fn highlighted(&self) -> Option<i64> {
        self.found.get(self.at).copied()
    }

    /// Looks again: rows or words are others now. The same row stays highlighted, wherever it stands.
    pub fn refresh(&mut self, rows: &Listing) {
        let before = self.highlighted();
        self.found = rows.found(self.filter.text(), self.shown);
        if let Some(before) = before {
            self.highlight(before);
        }
        self.at = self.at.min(self.found.len().saturating_sub(1));
    }

    /// Highlights a row, if it is listed.
    pub fn highlight(&mut self, id: i64) {
        if let Some(at) = self.found.iter().position(|row| *row == id) {
            self.at = at;
        }
    }

    /// Highlights the first row.
    pub fn to_first(&mut self) {
        self.at = 0;
    }

    /// Highlights the last row.
    pub fn to_last(&mut self) {
        self.at = self.found.len().saturating_sub(1);
    }

    /// So many rows down, or up.
    pub fn step(&mut self, rows: isize) {
        self.at = self
            .at
            .saturating_add_signed(rows)
            .min(self.found.len().saturating_sub(1));
    }
}
