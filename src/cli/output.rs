//! Standard output for people or programs, and complaints to standard error.
use std::fmt;
use std::io::{self, Write as _};

use serde::Serialize;

use super::outcome::Failure;

/// Where a verb prints to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    /// JSON instead of words.
    pub json: bool,
}

impl Output {
    /// One answer: as JSON on one line, or in words.
    pub fn answer(self, json: &impl Serialize, words: impl fmt::Display) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = if self.json {
            serde_json::to_writer(&mut out, json)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out))
        } else {
            writeln!(out, "{words}")
        };
        written.and_then(|()| out.flush()).map_err(Failure::failed)
    }
}

/// Tells why a verb failed.
pub(super) fn complain(failure: &Failure) {
    // With standard error closed there is nobody to tell; the exit code says it too.
    let _ = writeln!(io::stderr(), "rxtill: {failure}");
}
