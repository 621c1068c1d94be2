//! The judge: shows each event to every rule once, and keeps what they learn.
use jiff::Timestamp;

use super::{Alert, Known, Thresholds};
use crate::domain::event::StreamEvent;

/// All rules at work. Memory is bounded whatever comes.
#[derive(Debug, Default)]
pub struct Judge {
    known: Known,
}

impl Judge {
    /// With those thresholds, and nothing learnt yet.
    pub fn new(_thresholds: Thresholds) -> Self {
        Self::default()
    }

    /// The catalogue changed.
    pub fn learn(&mut self, known: Known) {
        self.known = known;
    }

    /// An event that was not seen before, in the order of the stream.
    pub fn see(&mut self, _event: &StreamEvent, _received_at: Timestamp) -> Vec<Alert> {
        Vec::new()
    }

    /// An event whose number was seen with other content.
    pub fn differs(&mut self, _event: &StreamEvent, _received_at: Timestamp) -> Vec<Alert> {
        Vec::new()
    }

    /// Time went by: what can only be told from nothing having come. Called about once a second while the stream is read
    /// to its end, and not while older records are being read.
    pub fn tick(&mut self, _now: Timestamp) -> Vec<Alert> {
        Vec::new()
    }

    /// What was learnt, to be given to [`Judge::restored`] after a restart.
    pub fn learnt(&self) -> Vec<u8> {
        Vec::new()
    }

    /// With what was learnt before.
    ///
    /// # Errors
    /// When the bytes are not those of a judge of this version; begin anew then.
    pub fn restored(thresholds: Thresholds, _learnt: &[u8]) -> Result<Self, String> {
        Ok(Self::new(thresholds))
    }
}
