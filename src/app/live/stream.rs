//! The events as they come: the latest of those that the filter takes, in bounded memory, and held where somebody looks.
use std::collections::VecDeque;
use std::sync::Arc;

use super::pane::Pane;
use crate::domain::supervision::{LiveFilter, StreamRow};

/// So many rows are kept; older ones go.
pub const MOST_ROWS: usize = 2_000;

/// Which events are shown, and why those.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// What comes bears it; rows of another number are of a filter before.
    pub number: u64,
    /// Which rows.
    pub wanted: LiveFilter,
    /// In words, as typed or as chosen.
    pub words: String,
    /// The pane from which somebody came here, and goes back to.
    pub behind: Option<Pane>,
}

/// The list of events.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// Which of them.
    pub filter: Filter,
    /// Whether those of before are still being looked for.
    pub is_asked: bool,
    /// How many of before the filter takes, where not all of them are here.
    pub found: Option<u64>,
    /// So many of this filter were never here: too many came at once.
    pub skipped: u64,
    /// The highlighted one, from the newest that is shown.
    pub at: usize,
    rows: VecDeque<Arc<StreamRow>>,
    came: u64,
    held: Option<Held>,
}

/// The rows as they were when somebody wanted to look at them: a flood would take them away in a second.
#[derive(Debug, Clone)]
struct Held {
    rows: VecDeque<Arc<StreamRow>>,
    came: u64,
}

impl Stream {
    /// How many are shown.
    pub fn len(&self) -> usize {
        self.kept().len()
    }

    /// Whether none is shown.
    pub fn is_empty(&self) -> bool {
        self.kept().is_empty()
    }

    /// Those that are shown, newest first.
    pub fn shown(&self) -> impl ExactSizeIterator<Item = &Arc<StreamRow>> {
        self.kept().iter().rev()
    }

    /// The highlighted one.
    pub fn highlighted(&self) -> Option<&Arc<StreamRow>> {
        self.shown().nth(self.at)
    }

    /// How many came since the list is held; none: it goes on.
    pub fn newer(&self) -> Option<u64> {
        self.held.as_ref().map(|held| self.came - held.came)
    }

    fn kept(&self) -> &VecDeque<Arc<StreamRow>> {
        self.held.as_ref().map_or(&self.rows, |held| &held.rows)
    }

    /// Rows came, oldest first, and so many before them that are not shown.
    pub(super) fn push(&mut self, rows: Vec<Arc<StreamRow>>, skipped: u64) {
        self.skipped += skipped;
        self.came += skipped + rows.len() as u64;
        let beyond = rows.len().saturating_sub(MOST_ROWS);
        self.rows.extend(rows.into_iter().skip(beyond));
        let too_many = self.rows.len().saturating_sub(MOST_ROWS);
        self.rows.drain(..too_many);
    }

    /// The rows of before that the filter takes, in place of what is shown. Where nobody asked for others, somebody comes
    /// back to what they looked at, and it stays.
    pub(super) fn found(&mut self, rows: Vec<Arc<StreamRow>>, of: u64) {
        let (looked_at, at) = (self.held.take().filter(|_| !self.is_asked), self.at);
        self.forget();
        self.is_asked = false;
        self.found = Some(of).filter(|of| *of > rows.len() as u64);
        self.push(rows, 0);
        if let Some(held) = looked_at {
            let newest = held.rows.back();
            let newer = self.rows.iter().rev().take_while(|row| Some(*row) != newest);
            self.came = newer.count() as u64;
            self.held = Some(Held { came: 0, ..held });
            self.at = at;
        }
    }

    /// Nothing is listed; which rows are wanted stays.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
        self.held = None;
        self.found = None;
        (self.at, self.came, self.skipped) = (0, 0, 0);
    }

    /// The list stays as it is, whatever comes.
    pub(super) fn hold(&mut self) {
        if self.held.is_none() {
            self.held = Some(Held {
                rows: self.rows.clone(),
                came: self.came,
            });
        }
    }

    /// It goes on, at the newest.
    pub(super) fn go_on(&mut self) {
        self.held = None;
        self.at = 0;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::supervision::RowKind;

    fn rows(from: usize, count: usize) -> Vec<Arc<StreamRow>> {
        let row = |n: usize| StreamRow::note(Timestamp::UNIX_EPOCH, RowKind::Note, &n.to_string());
        (from..from + count).map(|n| Arc::new(row(n))).collect()
    }

    #[test]
    fn the_latest_rows_are_kept_and_what_is_held_stays_while_all_others_go() {
        let mut stream = Stream::default();
        stream.push(rows(0, 5), 0);
        stream.hold();
        for second in 0..100 {
            stream.push(rows(5 + second * 1_000, 1_000), 7);
        }
        assert_eq!(stream.len(), 5);
        assert_eq!(stream.newer(), Some(100_700));
        assert_eq!(stream.highlighted().unwrap().what, "4");
        stream.go_on();
        assert_eq!((stream.len(), stream.newer(), stream.skipped), (MOST_ROWS, None, 700));
        assert_eq!(stream.highlighted().unwrap().what, "100004");
        stream.push(rows(0, 3 * MOST_ROWS), 0);
        assert_eq!(stream.len(), MOST_ROWS);
        assert_eq!(stream.highlighted().unwrap().what, (3 * MOST_ROWS - 1).to_string());
    }

    #[test]
    fn what_is_found_takes_the_place_of_what_was_shown_and_not_of_what_is_looked_at() {
        let mut stream = Stream::default();
        stream.push(rows(0, 5), 2);
        stream.is_asked = true;
        stream.found(rows(10, 3), 40);
        assert_eq!((stream.len(), stream.newer(), stream.found), (3, None, Some(40)));
        stream.push(rows(20, 2), 0);
        stream.hold();
        stream.at = 3;
        let before = stream.highlighted().cloned();
        stream.found([rows(12, 1), rows(20, 6)].concat(), 7);
        assert_eq!((stream.len(), stream.newer(), stream.found), (5, Some(4), None));
        assert_eq!(stream.highlighted().cloned(), before);
        stream.go_on();
        assert_eq!(stream.len(), 7);
    }
}
