//! What each key and a test scan arrive as: for whoever sets up a keyboard, a terminal or a scanner.
use std::future::Future;
use std::io;

use crossterm::event::Event;
use futures_util::StreamExt as _;
use tokio::time::{Instant, sleep_until};

use super::input::{Input, Read, Reader, Scanned, Scanner, name_of};
use super::shell::ready_now;
use super::strokes::Strokes;
use super::terminal::Raw;
use crate::domain::name::printable;
use crate::domain::scan::GROUP_SEPARATOR;
use crate::keymap::{Key, KeyCode};

/// Tells what arrives, a line a time to `say`, until Ctrl+C, two Esc, or `stop`. The terminal is given back after it.
///
/// # Errors
/// When there is no terminal, or `say` fails.
pub async fn watch(
    scanner: Scanner,
    stop: impl Future<Output = ()>,
    mut say: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let _raw = Raw::enter()?;
    let mut stop = std::pin::pin!(stop);
    let mut events = Strokes::read();
    let mut reader = Reader::new(scanner);
    let mut before: Option<Instant> = None;
    let mut escaped = false;
    loop {
        let due = reader.due();
        tokio::select! {
            () = &mut stop => return Ok(()),
            () = async { if let Some(due) = due { sleep_until(due).await } else { std::future::pending().await } } => {
                reader.lapsed(Instant::now());
            }
            event = events.next() => {
                let Some(first) = event else { return Ok(()) };
                let at = Instant::now();
                let mut together = vec![first?];
                while let Some(Some(event)) = ready_now(&mut events).await {
                    together.push(event?);
                }
                let names: Vec<_> = together.iter().filter_map(name_of).collect();
                if !names.is_empty() {
                    let after = before.map(|before| format!(", {} ms after", at.duration_since(before).as_millis()));
                    say(&format!("{}  ({} read together{})", names.join(" "), names.len(), after.unwrap_or_default()))?;
                    before = Some(at);
                }
                let esc = together.iter().filter(|event| is(event, Key::plain(KeyCode::Esc))).count();
                if together.iter().any(|event| is(event, Key::ctrl('c'))) || esc + usize::from(escaped) >= 2 {
                    return Ok(());
                }
                escaped = esc == together.len();
                reader.arrived(together, Read { at, is_timed: true });
            }
        }
        while let Some(input) = reader.next(|_| false) {
            match input {
                Input::Scan(scan) => {
                    say(&told(&scan))?;
                    reader.took(&scan);
                }
                Input::Text(text) => say(&format!(
                    "  = text at once, with no key of a scanner behind it: {}",
                    printable(&text)
                ))?,
                _ => {}
            }
        }
    }
}

fn is(event: &Event, key: Key) -> bool {
    name_of(event).is_some_and(|name| name == key.to_string())
}

/// A scan in words.
fn told(scan: &Scanned) -> String {
    let text = printable(&scan.text.replace(GROUP_SEPARATOR, "<GS>"));
    let by = if scan.is_sure {
        "a scan"
    } else {
        "a scan if the catalogue has it, as it came in one read"
    };
    let speed = scan
        .slowest
        .map(|slowest| format!(", {} ms a key at most", slowest.as_millis()));
    let end = scan.suffix.map(|key| format!(", ended by {key}"));
    let repeated = if scan.repeated {
        ", a repeat that is ignored"
    } else {
        ""
    };
    format!(
        "  = {by}: {text} ({} characters{}{}{repeated})",
        scan.text.chars().count(),
        speed.unwrap_or_default(),
        end.unwrap_or_default(),
    )
}
