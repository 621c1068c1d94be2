//! The events that an alert may want to show later: those of rare kinds, the latest of them, whoever they are about.
use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::supervision::alert::MOST_EVIDENCE;
use crate::domain::supervision::{RuleName, StreamRow};

/// So many rows in all. One ring for everybody: looked through only when there is something to tell.
const MOST_ROWS: usize = 4_000;

/// Which rule keeps a row, and whom it is about.
pub(crate) type About = (RuleName, i64);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Evidence {
    rows: VecDeque<(About, StreamRow)>,
}

impl Evidence {
    pub fn keep(&mut self, about: About, row: StreamRow) {
        if self.rows.len() >= MOST_ROWS {
            self.rows.pop_front();
        }
        self.rows.push_back((about, row));
    }

    /// The latest about it that happened since then, oldest first.
    pub fn since(&self, about: About, since: Timestamp) -> Vec<StreamRow> {
        let about = self
            .rows
            .iter()
            .rev()
            .filter(|(of, row)| *of == about && row.at >= since);
        let mut rows: Vec<StreamRow> = about.take(MOST_EVIDENCE).map(|(_, row)| row.clone()).collect();
        rows.sort_by_key(|row| row.at);
        rows
    }
}
