//! When an outlet is open, and how busy it is then.
use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

/// The opening hours of a week, in whole hours of the outlet's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// Monday to Friday: opens, closes.
    pub working: (u8, u8),
    /// Saturday; none: closed.
    pub saturday: Option<(u8, u8)>,
    /// Sunday; none: closed.
    pub sunday: Option<(u8, u8)>,
}

impl Week {
    /// The hours of a day; none: closed.
    pub fn on(&self, day: Date) -> Option<(u8, u8)> {
        match day.weekday() {
            Weekday::Saturday => self.saturday,
            Weekday::Sunday => self.sunday,
            _ => Some(self.working),
        }
    }

    /// From when to when it is open on a day.
    pub fn open(&self, day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let (opens, closes) = self.on(day)?;
        Some((moment(day, opens, zone)?, moment(day, closes, zone)?))
    }
}

/// The words of the catalogue: "Mo-Fr 08:00-20:00; Sa 09:00-14:00".
impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = |(opens, closes): (u8, u8)| format!("{opens:02}:00-{closes:02}:00");
        write!(f, "Mo-Fr {}", hours(self.working))?;
        for (name, day) in [("Sa", self.saturday), ("Su", self.sunday)] {
            if let Some(day) = day {
                write!(f, "; {name} {}", hours(day))?;
            }
        }
        Ok(())
    }
}

/// An hour of a day on that clock.
pub fn moment(day: Date, hour: u8, zone: &TimeZone) -> Option<Timestamp> {
    let time = Time::new(i8::try_from(hour).ok()?, 0, 0, 0).ok()?;
    let there = day.to_datetime(time).to_zoned(zone.clone()).ok()?;
    Some(there.timestamp())
}

/// How much of the week's trade a day has, 1 on average: people come on Mondays and before the weekend.
pub fn busy_day(day: Date) -> f64 {
    match day.weekday() {
        Weekday::Monday => 1.2,
        Weekday::Friday => 1.1,
        Weekday::Saturday => 0.9,
        Weekday::Sunday => 0.5,
        _ => 1.0,
    }
}

/// How busy an hour is: before work, around noon, and most of all after work.
pub fn busy_hour(hour: u8) -> f64 {
    match hour {
        0..=6 => 0.15,
        7 | 20 => 0.6,
        8 | 14 => 0.8,
        9 | 15 => 0.9,
        10 | 11 | 19 => 1.1,
        12 | 16 => 1.2,
        13 => 1.0,
        17 => 1.5,
        18 => 1.6,
        _ => 0.3,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_week_says_its_hours_as_the_catalogue_does_and_is_closed_where_it_says_nothing() {
        let week = Week {
            working: (8, 20),
            saturday: Some((9, 14)),
            sunday: None,
        };
        assert_eq!(week.to_string(), "Mo-Fr 08:00-20:00; Sa 09:00-14:00");
        let zone = TimeZone::get("Africa/Nairobi").unwrap();
        let (opens, closes) = week.open(date(2026, 3, 7), &zone).unwrap();
        assert_eq!(opens.to_string(), "2026-03-07T06:00:00Z");
        assert_eq!(closes.to_string(), "2026-03-07T11:00:00Z");
        assert_eq!(week.open(date(2026, 3, 8), &zone), None);
    }
}
