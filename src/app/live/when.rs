//! From when the stream is followed: now, this morning, its first record, or a time that somebody types.
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use uuid::Uuid;

use super::{LiveFrom, follow};
use crate::app::effect::Effects;
use crate::app::model::Model;
use crate::app::picker::Candidate;
use crate::domain::past::day_typed;

/// What can be chosen, with its row in the list.
const KNOWN: [(u128, LiveFrom, &str, &str); 3] = [
    (1, LiveFrom::Now, "now", "what comes from now on"),
    (2, LiveFrom::Today, "today", "since midnight"),
    (
        3,
        LiveFrom::Beginning,
        "beginning",
        "all that is kept, which may take a while",
    ),
];

/// The rows to choose from.
pub(in crate::app) fn candidates() -> Vec<Candidate> {
    let row = |(id, _, name, beside): (u128, LiveFrom, &str, &str)| Candidate {
        uuid: Uuid::from_u128(id),
        name: name.to_owned(),
        beside: beside.to_owned(),
    };
    KNOWN.map(row).into()
}

/// The row of a time that was typed, where it is one.
pub(in crate::app) fn typed(model: &Model, text: &str) -> Option<Candidate> {
    let at = moment_typed(text, model.now, &model.zone())?;
    let words = at.to_zoned(model.zone()).strftime("%a %Y-%m-%d %H:%M").to_string();
    Some(Candidate {
        uuid: Uuid::nil(),
        name: words,
        beside: String::from("from that time on"),
    })
}

/// One of the rows was chosen.
pub(in crate::app) fn chosen(model: &mut Model, row: Uuid, text: &str) -> Effects {
    let known = KNOWN.iter().find(|(id, ..)| Uuid::from_u128(*id) == row);
    let from = match known {
        Some((_, from, ..)) => Some(*from),
        None => moment_typed(text, model.now, &model.zone()).map(LiveFrom::At),
    };
    let scope = model.live.scope;
    from.map_or_else(Effects::none, |from| follow(model, from, scope))
}

/// The moment that was typed, on the clock of `zone`: "09:30" is the last time that it was half past nine, a day alone is
/// its midnight, and both together are that time of that day.
fn moment_typed(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone());
    let moment = |date: jiff::civil::Date, time: Time| {
        let zoned = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
        Some(zoned.timestamp())
    };
    let (head, last) = match text.trim().rsplit_once([' ', 'T', 't']) {
        Some((head, last)) => (Some(head), last),
        None => (None, text.trim()),
    };
    let Some(time) = time_typed(last) else {
        return moment(day_typed(text, today.date())?, Time::midnight());
    };
    if let Some(day) = head {
        return moment(day_typed(day, today.date())?, time);
    }
    let at = moment(today.date(), time)?;
    if at <= now {
        return Some(at);
    }
    moment(today.date().checked_sub(Span::new().days(1)).ok()?, time)
}

/// "09:30", "9:30", "09:30:15".
fn time_typed(text: &str) -> Option<Time> {
    let parts: Vec<i8> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match *parts.as_slice() {
        [hour, minute] => Time::new(hour, minute, 0, 0).ok(),
        [hour, minute, second] => Time::new(hour, minute, second, 0).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_last_of_it_a_day_its_midnight_and_both_are_both() {
        let zone = TimeZone::get("Africa/Nairobi").unwrap();
        let now: Timestamp = "2026-03-02T06:42:00Z".parse().unwrap();
        let typed = |text| moment_typed(text, now, &zone).map(|at| at.to_string());
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(typed("09:30"), is("2026-03-02T06:30:00Z"));
        assert_eq!(typed("9:30:15"), is("2026-03-02T06:30:15Z"));
        assert_eq!(typed("22:00"), is("2026-03-01T19:00:00Z"));
        assert_eq!(typed("2026-03-01 14:00"), is("2026-03-01T11:00:00Z"));
        assert_eq!(typed("2026-03-01T14:00"), is("2026-03-01T11:00:00Z"));
        assert_eq!(typed("yesterday 8:05"), is("2026-03-01T05:05:00Z"));
        assert_eq!(typed("1/3"), is("2026-02-28T21:00:00Z"));
        for no_time in ["", "25:00", "09:60", "soon", "2026-02-30 10:00", "1:2:3:4", "a:b"] {
            assert_eq!(typed(no_time), None, "{no_time}");
        }
    }
}
