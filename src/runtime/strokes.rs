//! What comes from the terminal, read on a thread of its own.
//!
//! crossterm's reader does not come back from a terminal that has hung up: it reads nothing, again and again, and never says so.
//! On the screen's own task it would keep the till from hearing that it is to end, and so hold the journal's lock for ever.
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event};
use crossterm::terminal;
use futures_util::Stream;
use tokio::sync::mpsc;

/// Events that wait for a screen that is busy: a long paste is one, a scan some twenty.
const MOST_WAITING: usize = 4_096;
/// How often it is looked whether the terminal is still there.
const LOOK: Duration = Duration::from_secs(1);

/// The terminal's events; an error is the end of the terminal.
#[derive(Debug)]
pub(super) struct Strokes(mpsc::Receiver<io::Result<Event>>);

impl Strokes {
    /// Begins to read. The threads go with the process: a terminal has one reader.
    pub fn read() -> Self {
        let (strokes, waiting) = mpsc::channel(MOST_WAITING);
        let watching = strokes.clone();
        thread::spawn(move || {
            loop {
                let stroke = event::read();
                let is_over = stroke.is_err();
                if strokes.blocking_send(stroke).is_err() || is_over {
                    return;
                }
            }
        });
        thread::spawn(move || {
            while !watching.is_closed() {
                thread::sleep(LOOK);
                // Of a terminal that has hung up the system says nothing any more, not even its size.
                if let Err(error) = terminal::window_size() {
                    let gone = io::Error::new(error.kind(), format!("the terminal is gone: {error}"));
                    // Nobody waits: the screen has ended.
                    let _ = watching.blocking_send(Err(gone));
                    return;
                }
            }
        });
        Self(waiting)
    }
}

impl Stream for Strokes {
    type Item = io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
