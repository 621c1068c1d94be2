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
    /// A row that is to be highlighted as soon as it is listed.
    wanted: Option<i64>,
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
        if let Some(at) = before.and_then(|before| self.position(before)) {
            self.at = at;
        }
        if let Some(wanted) = self.wanted {
            self.highlight(wanted);
        }
        self.at = self.at.min(self.found.len().saturating_sub(1));
    }

    fn position(&self, id: i64) -> Option<usize> {
        self.found.iter().position(|row| *row == id)
    }

    /// Highlights a row: now, or as soon as it is listed, if nothing else is chosen before.
    pub fn highlight(&mut self, id: i64) {
        let at = self.position(id);
        self.at = at.unwrap_or(self.at);
        self.wanted = at.is_none().then_some(id);
    }

    /// Highlights the first row.
    pub fn to_first(&mut self) {
        self.wanted = None;
        self.at = 0;
    }

    /// Highlights the last row.
    pub fn to_last(&mut self) {
        self.wanted = None;
        self.at = self.found.len().saturating_sub(1);
    }

    /// So many rows down, or up.
    pub fn step(&mut self, rows: isize) {
        self.wanted = None;
        self.at = self
            .at
            .saturating_add_signed(rows)
            .min(self.found.len().saturating_sub(1));
    }
}
