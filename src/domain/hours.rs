//! Opening hours as people write them: "Mo-Fr 08:00-20:00; Sa 09:00-14:00", "08:00-20:00", "24/7".
use jiff::civil::{DateTime, Time, Weekday};

const MINUTES_OF_DAY: u16 = 24 * 60;
const MINUTES_OF_WEEK: u16 = 7 * MINUTES_OF_DAY;
/// Longer texts are no opening hours.
const LONGEST: usize = 500;

/// When an outlet is open in a week, on its own clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningHours {
    /// From and to, in minutes since Monday 00:00; disjoint, in order, `to` not included. What is open over the end of Sunday
    /// is two of them.
    open: Vec<(u16, u16)>,
}

impl OpeningHours {
    /// Of a text; none where it says nothing that can be relied on, for a rule that guesses accuses people of nothing.
    ///
    /// Days are English (Mo, Mon or Monday), by range or list; a later part about a day replaces an earlier one; "off" or
    /// "closed" takes days out; parts about public holidays (PH) and school holidays (SH) are passed over.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase().replace(['–', '—'], "-");
        if text.is_empty() || text.len() > LONGEST {
            return None;
        }
        let mut week: [Vec<(u16, u16)>; 7] = Default::default();
        for part in text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
            if part.starts_with("ph") || part.starts_with("sh") {
                continue;
            }
            let (days, hours) = read_part(part)?;
            for day in days {
                week[usize::from(day)].clone_from(&hours);
            }
        }
        let starts = (0..7).map(|day| day * MINUTES_OF_DAY);
        let spans = starts
            .zip(week)
            .flat_map(|(start, hours)| hours.into_iter().map(move |(from, to)| (start + from, start + to)));
        let open = merged(spans.collect());
        (!open.is_empty()).then_some(Self { open })
    }

    /// Whether it is open at that moment of its clock, or within so many minutes before or after it.
    pub fn is_open(&self, local: DateTime, grace: u16) -> bool {
        let now = i32::from(minute_of_week(local));
        let week = i32::from(MINUTES_OF_WEEK);
        let grace = i32::from(grace);
        self.open.iter().any(|(from, to)| {
            let (from, to) = (i32::from(*from) - grace, i32::from(*to) + grace);
            [now - week, now, now + week].iter().any(|now| (from..to).contains(now))
        })
    }

    /// When it opens next on the day of that moment; none where it does not.
    pub fn opens_later(&self, local: DateTime) -> Option<Time> {
        let now = minute_of_week(local);
        let midnight = now - now % MINUTES_OF_DAY;
        let later = self.open.iter().map(|(from, _)| *from);
        let next = later
            .filter(|from| *from > now && from - midnight < MINUTES_OF_DAY)
            .min()?;
        let minutes = i8::try_from((next - midnight) % 60).ok()?;
        Time::new(i8::try_from((next - midnight) / 60).ok()?, minutes, 0, 0).ok()
    }

    /// For how many minutes it has been open at that moment; none where it is closed.
    pub fn open_for(&self, local: DateTime) -> Option<u32> {
        let now = minute_of_week(local);
        let (from, _) = self.open.iter().find(|(from, to)| (*from..*to).contains(&now))?;
        // What began on Sunday goes on from Monday 00:00.
        let before = match self.open.last() {
            Some((last, MINUTES_OF_WEEK)) if *from == 0 && *last != 0 => MINUTES_OF_WEEK - last,
            _ => 0,
        };
        Some(u32::from(now - from) + u32::from(before))
    }
}

/// Minutes since Monday 00:00.
fn minute_of_week(local: DateTime) -> u16 {
    let day = u16::from(local.weekday().to_monday_zero_offset().unsigned_abs());
    let hour = u16::from(local.hour().unsigned_abs());
    day * MINUTES_OF_DAY + hour * 60 + u16::from(local.minute().unsigned_abs())
}

/// Disjoint and in order, with what lies past Sunday's end at Monday's begin.
fn merged(spans: Vec<(u16, u16)>) -> Vec<(u16, u16)> {
    let mut cut = Vec::with_capacity(spans.len() + 1);
    for (from, to) in spans {
        cut.push((from, to.min(MINUTES_OF_WEEK)));
        if to > MINUTES_OF_WEEK {
            cut.push((0, to - MINUTES_OF_WEEK));
        }
    }
    cut.sort_unstable();
    let mut merged: Vec<(u16, u16)> = Vec::with_capacity(cut.len());
    for (from, to) in cut {
        match merged.last_mut() {
            Some((_, last)) if from <= *last => *last = (*last).max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// Days, Monday 0, and their hours in minutes of the day; `to` is past 24:00 where it is on the next day.
type Part = (Vec<u8>, Vec<(u16, u16)>);

fn read_part(part: &str) -> Option<Part> {
    let every_day = || (0..7).collect::<Vec<u8>>();
    if matches!(part, "24/7" | "always" | "24h" | "24 hours") {
        return Some((every_day(), vec![(0, MINUTES_OF_DAY)]));
    }
    // The days are what stands before the first digit or the word for closed.
    let words_end = part.find(|c: char| c.is_ascii_digit());
    let closed = ["closed", "off"].iter().find_map(|word| part.strip_suffix(word));
    let (days, hours) = match (closed, words_end) {
        (Some(days), _) => (days, Vec::new()),
        (None, Some(at)) => {
            let hours = part[at..].split(',').map(|span| read_span(span.trim()));
            (&part[..at], hours.collect::<Option<Vec<_>>>()?)
        }
        (None, None) => return None,
    };
    let days = days.trim().trim_end_matches(':').trim();
    if matches!(days, "" | "daily" | "every day") {
        return Some((every_day(), hours));
    }
    let mut named = Vec::new();
    for range in days.split(',').map(str::trim) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (read_day(first.trim())?, read_day(last.trim())?);
        let count = (last + 7 - first) % 7;
        named.extend((0..=count).map(|day| (first + day) % 7));
    }
    Some((named, hours))
}

fn read_span(span: &str) -> Option<(u16, u16)> {
    let (from, to) = span.split_once('-')?;
    let (from, to) = (read_time(from.trim())?, read_time(to.trim())?);
    match (from, to) {
        (MINUTES_OF_DAY, _) => None,
        (from, to) if from == to => None,
        (from, to) if from < to => Some((from, to)),
        (from, to) => Some((from, to + MINUTES_OF_DAY)),
    }
}

fn read_time(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once([':', '.', 'h']).unwrap_or((text, "00"));
    let is_number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !is_number(hour) || !is_number(minute) || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= MINUTES_OF_DAY).then_some(minutes)
}

fn read_day(text: &str) -> Option<u8> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let text = text.trim_end_matches('.');
    let day = DAYS
        .iter()
        .find(|(name, _)| text.len() >= 2 && name.starts_with(text))?;
    Some(day.1.to_monday_zero_offset().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// 2026-03-02 is a Monday.
    fn at(day: i8, hour: i8, minute: i8) -> DateTime {
        date(2026, 3, 2 + day).at(hour, minute, 0, 0)
    }

    #[test]
    fn hours_as_people_write_them_are_read() {
        let week = OpeningHours::read("Mo-Fr 08:00-20:00; Sa 09:00-14:00").unwrap();
        for (open, when) in [
            (true, at(0, 8, 0)),
            (true, at(4, 19, 59)),
            (false, at(4, 20, 0)),
            (false, at(0, 7, 59)),
            (true, at(5, 13, 0)),
            (false, at(5, 14, 0)),
            (false, at(6, 12, 0)),
        ] {
            assert_eq!(week.is_open(when, 0), open, "{when}");
        }
        assert!(week.is_open(at(0, 7, 40), 30) && week.is_open(at(4, 20, 29), 30));
        assert!(!week.is_open(at(0, 7, 20), 30));
        assert_eq!(OpeningHours::read("08:00-20:00"), OpeningHours::read("Daily 8-20"));
        assert_eq!(
            OpeningHours::read("Mo–Su 8:00 – 20:00"),
            OpeningHours::read("08.00-20.00")
        );
        assert!(OpeningHours::read("24/7").unwrap().is_open(at(6, 3, 0), 0));
        let lunch = OpeningHours::read("Mon, Wed 08:00-12:00, 13:00-17:00").unwrap();
        assert!(!lunch.is_open(at(0, 12, 30), 0) && lunch.is_open(at(2, 13, 0), 0) && !lunch.is_open(at(1, 9, 0), 0));
        let but = OpeningHours::read("08:00-20:00; Su off; PH 10:00-12:00").unwrap();
        assert!(but.is_open(at(5, 19, 0), 0) && !but.is_open(at(6, 10, 0), 0));
    }

    #[test]
    fn a_night_goes_on_over_midnight_and_over_the_weeks_end() {
        let night = OpeningHours::read("Sa-Su 20:00-02:00").unwrap();
        assert!(night.is_open(at(6, 1, 0), 0) && night.is_open(at(0, 1, 59), 0) && !night.is_open(at(0, 2, 0), 0));
        assert_eq!(night.open_for(at(6, 21, 0)), Some(60));
        assert_eq!(night.open_for(at(0, 1, 0)), Some(300));
        assert_eq!(night.open_for(at(0, 3, 0)), None);
        // Grace reaches over the end of the week as well.
        let monday = OpeningHours::read("Mo 00:00-06:00").unwrap();
        assert!(monday.is_open(at(6, 23, 45), 30) && !monday.is_open(at(6, 23, 15), 30));
    }

    #[test]
    fn what_cannot_be_relied_on_gives_no_rule() {
        for text in [
            "",
            "by appointment",
            "Mo-Fr",
            "25:00-26:00",
            "8-8",
            "Mo-Xx 08:00-20:00",
            "08:00",
            "Mo-Fr 08:00-20:00 and sometimes Sa",
            "closed",
            "PH off",
            "08:0-20:00",
        ] {
            assert_eq!(OpeningHours::read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_fatal(text in "\\PC{0,60}", moment in 0_i64..604_800) {
            if let Some(hours) = OpeningHours::read(&text) {
                let when = at(0, 0, 0) + jiff::Span::new().seconds(moment);
                prop_assert!(!hours.is_open(when, 0) || hours.is_open(when, 30));
                prop_assert_eq!(hours.open_for(when).is_some(), hours.is_open(when, 0));
            }
        }

        #[test]
        fn what_is_written_out_is_what_is_read(from in 0_u16..1440, length in 1_u16..1440, day in 0_usize..7, minute in 0_i64..10_080) {
            let names = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
            let to = (from + length) % 1440;
            prop_assume!(from != to);
            let text = format!("{} {:02}:{:02}-{:02}:{:02}", names[day], from / 60, from % 60, to / 60, to % 60);
            let hours = OpeningHours::read(&text).unwrap();
            let start = i64::try_from(day).unwrap() * 1440 + i64::from(from);
            let after = (minute - start).rem_euclid(10_080);
            let when = at(0, 0, 0) + jiff::Span::new().minutes(minute);
            prop_assert_eq!(hours.is_open(when, 0), after < i64::from(length), "{} {}", text, when);
        }
    }
}
