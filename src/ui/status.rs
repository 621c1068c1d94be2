//! One line that is always true: database, stream, what is unsent and how old the oldest is.
use jiff::{SignedDuration, Timestamp};
use ratatui::text::{Line, Span};

use super::Look;
use super::theme::Sign;
use crate::app::role::Holder;
use crate::app::status::{Database, Stream};

/// The status line.
pub fn line(look: Look<'_>) -> Line<'_> {
    let status = &look.model.status;
    let now = look.model.now;
    let mut parts: Vec<(Sign, String)> = Vec::new();
    if let Some(holder) = look.model.holder() {
        parts.push((Sign::Warn, viewer(holder)));
    }
    parts.push(match status.database {
        Database::Slow => (Sign::Warn, "db slow".into()),
        Database::Own => (Sign::Good, "db own file".into()),
        Database::Up => (Sign::Good, "db".into()),
        Database::Away { since } => (Sign::Bad, format!("db away {}", age(since, now))),
    });
    if let Some(series) = status.taken {
        parts.push((
            Sign::Bad,
            format!("another machine is this till (series {series}): nothing is sold here"),
        ));
    }
    parts.push(match (status.stream, status.waiting) {
        (Stream::Own, _) => (Sign::Idle, "stream own".into()),
        (Stream::Up, 0) => (Sign::Good, "stream".into()),
        (Stream::Up, waiting) => (Sign::Warn, format!("stream: {waiting} waiting")),
        (Stream::Away { since }, waiting) => (Sign::Bad, format!("stream away {}: {waiting} waiting", age(since, now))),
        (Stream::Changing, waiting) => (Sign::Warn, format!("stream changes broker: {waiting} waiting")),
        (Stream::Elsewhere, 0) => (Sign::Idle, "stream sent elsewhere".into()),
        (Stream::Elsewhere, waiting) => (Sign::Idle, format!("stream elsewhere: {waiting} waiting")),
        (Stream::Unknown { since: None }, _) => (Sign::Idle, "stream …".into()),
        (Stream::Unknown { since: Some(since) }, _) => (Sign::Warn, format!("stream unknown {}", age(since, now))),
        (Stream::Debezium, _) => (Sign::Idle, "stream: by Debezium".into()),
        (Stream::Kept, waiting) => (Sign::Idle, format!("stream: {waiting} kept")),
    });
    parts.push(match (status.unsent, status.oldest) {
        (0, _) => (Sign::Good, "unsent 0".into()),
        (unsent, None) => (Sign::Warn, format!("unsent {unsent}")),
        (unsent, Some(oldest)) => (Sign::Warn, format!("unsent {unsent}, oldest {}", age(oldest, now))),
    });
    if status.set_aside > 0 {
        parts.push((Sign::Bad, format!("{} events no broker takes", status.set_aside)));
    }
    if status.parked > 0 {
        parts.push((Sign::Bad, format!("parked {}", status.parked)));
    }
    if let Some(at) = status.catalogue_at {
        parts.push((Sign::Idle, format!("catalogue {}", age(at, now))));
    }
    let mut spans = vec![Span::raw(" ")];
    for (sign, words) in parts {
        let shape = look.theme.sign(sign);
        let shape = if sign == Sign::Idle {
            String::new()
        } else {
            format!(" {shape}")
        };
        spans.push(Span::styled(format!("{words}{shape}"), look.theme.style(sign)));
        spans.push(Span::raw("   "));
    }
    Line::from(spans)
}

/// Beside whom this is a viewer; short, as what is unsent must be seen too.
fn viewer(holder: &Holder) -> String {
    match (holder.is_open, holder.pid) {
        (true, Some(pid)) => format!("viewer of {}, pid {pid}", holder.till),
        (true, None) => format!("viewer of {}", holder.till),
        (false, _) => format!("viewer, {} closed", holder.till),
    }
}

/// How long ago, in the largest unit that says enough: "3 s", "12 min", "2 h 05", "3 d".
pub fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).max(SignedDuration::ZERO).as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {:02}", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_the_unit_that_says_enough() {
        let age = |seconds| age(Timestamp::UNIX_EPOCH, Timestamp::from_second(seconds).unwrap());
        assert_eq!(
            [age(-5), age(59), age(61), age(7_500), age(200_000)],
            ["0 s", "59 s", "1 min", "2 h 05", "2 d"]
        );
    }
}
