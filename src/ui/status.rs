//! One line that is always true: database, stream, what is unsent and how old the oldest is.
use ratatui::text::{Line, Span};

use super::theme::Sign;
use super::{Look, cells};
use crate::app::clock::lasting;
use crate::app::command::Command;
use crate::app::live::LiveState;
use crate::app::role::{Holder, Role};
use crate::app::status::{Database, Stream, age};
use crate::app::{Layer, Screen};
use crate::domain::link_fault::LinkFault;

/// Between two parts.
const GAP: &str = "   ";

/// A part of the line.
struct Part {
    sign: Sign,
    words: String,
    /// For a line without room for the words; empty: left out.
    short: String,
}

impl Part {
    fn new(sign: Sign, words: impl Into<String>, short: impl Into<String>) -> Self {
        Self {
            sign,
            words: words.into(),
            short: short.into(),
        }
    }

    /// The words, with the shape of the sign.
    fn text(&self, look: Look<'_>) -> String {
        let shape = look.theme.sign(self.sign);
        match self.sign {
            Sign::Idle => self.words.clone(),
            _ => format!("{} {shape}", self.words),
        }
    }
}

/// The status line in so many cells. Where they are too few, the last parts are said shorter first: database, stream and
/// what is unsent are always there.
pub fn line(look: Look<'_>, room: usize) -> Line<'_> {
    let mut parts = parts(look);
    let wide = |parts: &[Part]| -> usize {
        parts
            .iter()
            .map(|part| cells::width(&part.text(look)) + GAP.len())
            .sum()
    };
    let mut at = parts.len();
    // The line begins with one space, and needs no gap at its end.
    while wide(&parts) + 1 > room + GAP.len() && at > 0 {
        at -= 1;
        let short = std::mem::take(&mut parts[at].short);
        if short.is_empty() {
            parts.remove(at);
        } else {
            parts[at].words = short;
        }
    }
    let mut spans = vec![Span::raw(" ")];
    for part in parts {
        spans.push(Span::styled(part.text(look), look.theme.style(part.sign)));
        spans.push(Span::raw(GAP));
    }
    Line::from(spans)
}

fn parts(look: Look<'_>) -> Vec<Part> {
    let status = &look.model.status;
    let now = look.model.now;
    let mut parts = Vec::new();
    if let Some(holder) = look.model.holder() {
        parts.push(Part::new(Sign::Warn, viewer(holder), "viewer"));
    }
    if let Role::Supervisor { .. } = look.model.role {
        parts.push(database(look));
        parts.push(followed(look));
        return parts;
    }
    if look.model.disk.is_some() {
        parts.push(Part::new(Sign::Bad, "disk failed", "disk failed"));
    }
    if let Some(fault) = look.model.clock {
        let words = format!("clock {} {}", lasting(fault), fault.how.words());
        parts.push(Part::new(Sign::Warn, words, "clock off"));
    }
    parts.push(database(look));
    if let Some(series) = status.taken {
        let words = format!("another machine is this till (series {series}): nothing is sold here");
        parts.push(Part::new(Sign::Bad, words, "till taken over"));
    }
    parts.push(stream(look));
    let unsent = format!("unsent {}", status.unsent);
    parts.push(match (status.unsent, status.oldest) {
        (0, _) => Part::new(Sign::Good, unsent.clone(), unsent),
        (_, None) => Part::new(Sign::Warn, unsent.clone(), unsent),
        (_, Some(oldest)) => Part::new(Sign::Warn, format!("{unsent}, oldest {}", age(oldest, now)), unsent),
    });
    for (count, what) in [(status.doctors, "doctor"), (status.events, "event")] {
        let short = match count {
            0 => continue,
            1 => format!("1 {what}"),
            more => format!("{more} {what}s"),
        };
        parts.push(Part::new(Sign::Warn, format!("{short} unsent"), short));
    }
    if status.set_aside > 0 {
        let words = format!("{} events no broker takes", status.set_aside);
        parts.push(Part::new(Sign::Bad, words, format!("{} set aside", status.set_aside)));
    }
    if status.parked > 0 {
        let words = format!("parked {}", status.parked);
        parts.push(Part::new(Sign::Bad, words.clone(), words));
    }
    if let Some(at) = status.catalogue_at {
        parts.push(Part::new(Sign::Idle, format!("catalogue {}", age(at, now)), ""));
    }
    let shows = look.keymap.key_in(Layer::Everywhere, Command::ShowQueue);
    if let Some(key) = shows.filter(|_| status.unsent + status.parked > 0 && look.model.screen != Screen::Queue) {
        parts.push(Part::new(Sign::Idle, format!("{key} shows them"), ""));
    }
    parts
}

fn database(look: Look<'_>) -> Part {
    match look.model.status.database {
        Database::Slow => Part::new(Sign::Warn, "db slow", "db slow"),
        Database::Own => Part::new(Sign::Good, "db own file", "db own"),
        Database::Up => Part::new(Sign::Good, "db", "db"),
        Database::Away { since } => {
            let (words, short) = because(look.model.status.database_fault);
            let words = format!("db away {}{words}", age(since, look.model.now));
            Part::new(Sign::Bad, words, format!("db away{short}"))
        }
    }
}

/// Why, where somebody can mend it: in words, and in fewer.
fn because(fault: Option<LinkFault>) -> (String, String) {
    fault.map_or_else(Default::default, |fault| {
        (format!(", {}", fault.words()), format!(", {}", fault.short()))
    })
}

/// The stream as it is followed here: where nothing is sold, nothing waits for it.
fn followed(look: Look<'_>) -> Part {
    let now = look.model.now;
    match &look.model.live.state {
        None | Some(LiveState::Connecting { .. }) => Part::new(Sign::Idle, "stream …", "stream …"),
        Some(LiveState::Live) => Part::new(Sign::Good, "stream", "stream"),
        Some(LiveState::CatchingUp { behind }) => {
            let words = format!("stream {behind} behind");
            Part::new(Sign::Warn, words, "stream behind")
        }
        Some(LiveState::TopicMissing { since, .. }) => {
            let words = format!("stream has no topic {}", age(*since, now));
            Part::new(Sign::Bad, words, "no topic")
        }
        Some(LiveState::Reconnecting { since, reason }) => {
            let (words, short) = because(LinkFault::told_in(reason));
            let words = format!("stream away {}{words}", age(*since, now));
            Part::new(Sign::Bad, words, format!("stream away{short}"))
        }
    }
}

/// The stream of this till's events, and what waits for it. With nothing to send, the relay asks the broker only now and
/// then; whoever reads the stream notices at once that it fell silent.
fn stream(look: Look<'_>) -> Part {
    let (status, now) = (&look.model.status, look.model.now);
    let waiting = status.waiting;
    let waits = format!("{waiting} waiting");
    let short = |word: &str| match waiting {
        0 => format!("stream {word}"),
        _ => format!("stream {word} {waiting}"),
    };
    match status.stream {
        Stream::Up if let Some(LiveState::Reconnecting { since, .. }) = &look.model.live.state => {
            let words = format!("stream silent {}: {waits}", age(*since, now));
            Part::new(Sign::Warn, words, short("silent"))
        }
        Stream::Own => Part::new(Sign::Idle, "stream own", "stream own"),
        Stream::Up if waiting == 0 => Part::new(Sign::Good, "stream", "stream"),
        Stream::Up => Part::new(Sign::Warn, format!("stream: {waits}"), format!("stream {waiting}")),
        Stream::Away { since } => {
            let (why, in_short) = because(status.stream_fault);
            let words = format!("stream away {}{why}: {waits}", age(since, now));
            Part::new(Sign::Bad, words, short(&format!("away{in_short}")))
        }
        Stream::Changing => {
            let (why, in_short) = because(status.stream_fault);
            Part::new(
                Sign::Warn,
                format!("stream changes broker{why}: {waits}"),
                short(&format!("changes broker{in_short}")),
            )
        }
        Stream::Elsewhere if waiting == 0 => Part::new(Sign::Idle, "stream sent elsewhere", "stream elsewhere"),
        Stream::Elsewhere => Part::new(Sign::Idle, format!("stream elsewhere: {waits}"), short("elsewhere")),
        Stream::Unknown { since: None } => Part::new(Sign::Idle, "stream …", "stream …"),
        Stream::Unknown { since: Some(since) } => Part::new(
            Sign::Warn,
            format!("stream unknown {}", age(since, now)),
            "stream unknown",
        ),
        Stream::Debezium => Part::new(Sign::Idle, "stream: by Debezium", "by Debezium"),
        Stream::Kept => Part::new(Sign::Idle, format!("stream: {waiting} kept"), format!("{waiting} kept")),
    }
}

/// Beside whom this is a viewer; short, as what is unsent must be seen too.
fn viewer(holder: &Holder) -> String {
    match (holder.is_open, holder.pid) {
        (true, Some(pid)) => format!("viewer of {}, pid {pid}", holder.till),
        (true, None) => format!("viewer of {}", holder.till),
        (false, _) => format!("viewer, {} closed", holder.till),
    }
}
