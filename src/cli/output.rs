//! Standard output for people or programs, and complaints to standard error.
use std::fmt;
use std::io::{self, Write as _};

use serde::Serialize;

use super::outcome::Failure;
use crate::domain::name::printable;

/// Where a verb prints to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    /// JSON instead of words.
    pub json: bool,
}

/// Whether anybody still reads standard output. `rxtill … | head -1` closes it, and is no failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    There,
    Gone,
}

impl Output {
    /// One answer: as JSON on one line, or in words. What was done is done, whether or not somebody reads it.
    pub fn answer(self, json: &impl Serialize, words: impl fmt::Display) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = if self.json {
            serde_json::to_writer(&mut out, json)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out))
        } else {
            writeln!(out, "{words}")
        };
        reader(written.and_then(|()| out.flush())).map(drop)
    }

    /// Many lines, each with its end. A reader that pauses (a pager) holds up this call and nothing else.
    pub async fn lines(self, text: String) -> Result<Reader, Failure> {
        let write = move || {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        };
        let written = tokio::task::spawn_blocking(write).await.map_err(Failure::failed)?;
        reader(written)
    }
}

fn reader(written: io::Result<()>) -> Result<Reader, Failure> {
    match written {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Failure::failed(format!("standard output: {error}"))),
    }
}

/// Ready when nobody reads standard output any more, also while there is nothing to write. Never where that cannot be
/// seen: a file, a terminal.
#[cfg(unix)]
pub(super) async fn reader_gone() {
    use std::os::fd::AsFd as _;
    use tokio::io::Interest;
    use tokio::net::unix::pipe;

    // A copy, only to be watched: unchecked, so that it stays a blocking one for whoever else writes to it.
    let watched = io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .and_then(pipe::Sender::from_owned_fd_unchecked);
    if let Ok(out) = watched
        && out.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// Never: only a write tells.
#[cfg(not(unix))]
pub(super) async fn reader_gone() {
    std::future::pending::<()>().await;
}

/// Tells how things stand, beside the answer.
pub(super) fn note(words: &str) {
    // They may quote what came from outside: a file, a server.
    let lines: Vec<String> = words.lines().map(printable).collect();
    // With standard error closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "rxtill: {}", lines.join("\n"));
}

/// Tells why a verb failed.
pub(super) fn complain(failure: &Failure) {
    // The exit code says it too.
    note(&failure.to_string());
}
