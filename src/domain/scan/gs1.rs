//! GS1 element strings: application identifiers and their values, one after the other (GS1 General Specifications,
//! sections 3 and 7.8).
use jiff::civil::Date;

use super::GROUP_SEPARATOR;
use super::gtin::has_check_digit;

/// What a till needs of a label.
#[derive(Debug, Default)]
pub(super) struct Elements {
    pub gtin: String,
    pub expiry: Option<Date>,
    pub batch: Option<String>,
    pub serial: Option<String>,
}

/// Batch and serial number have at most so many characters.
const LONGEST: usize = 20;

/// The first two digits of identifiers whose element has a settled length and needs no separator, and that length with
/// the identifier (the table of predefined lengths, which never changes).
const SETTLED: [(&str, usize); 22] = [
    ("00", 20),
    ("01", 16),
    ("02", 16),
    ("03", 16),
    ("04", 18),
    ("11", 8),
    ("12", 8),
    ("13", 8),
    ("14", 8),
    ("15", 8),
    ("16", 8),
    ("17", 8),
    ("18", 8),
    ("19", 8),
    ("20", 4),
    ("31", 10),
    ("32", 10),
    ("33", 10),
    ("34", 10),
    ("35", 10),
    ("36", 10),
    ("41", 16),
];

/// Reads a whole label that names goods by (01); none where any part of it is not as the standard wants it.
pub(super) fn read(data: &str, today: Date) -> Option<Elements> {
    if !data.starts_with("01") || !data.is_ascii() {
        return None;
    }
    let mut elements = Elements::default();
    let mut rest = data;
    while !rest.is_empty() {
        let (element, after) = next(rest)?;
        take(&mut elements, element, today)?;
        rest = after;
    }
    Some(elements)
}

/// The first element, and what follows it and its separator.
fn next(text: &str) -> Option<(&str, &str)> {
    let identifier = text.get(..2)?;
    if !identifier.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let settled = SETTLED.iter().find(|(first, _)| *first == identifier);
    let end = match settled {
        Some((_, length)) => *length,
        None => text.find(GROUP_SEPARATOR).unwrap_or(text.len()),
    };
    let (element, after) = text.split_at_checked(end)?;
    Some((element, after.strip_prefix(GROUP_SEPARATOR).unwrap_or(after)))
}

fn take(elements: &mut Elements, element: &str, today: Date) -> Option<()> {
    let (identifier, value) = element.split_at_checked(2)?;
    if value.is_empty() || value.contains(GROUP_SEPARATOR) {
        return None;
    }
    match identifier {
        "01" if elements.gtin.is_empty() && has_check_digit(value) => value.clone_into(&mut elements.gtin),
        "17" if elements.expiry.is_none() => elements.expiry = Some(date(value, today)?),
        "10" if elements.batch.is_none() && value.len() <= LONGEST => elements.batch = Some(value.to_owned()),
        "21" if elements.serial.is_none() && value.len() <= LONGEST => elements.serial = Some(value.to_owned()),
        "01" | "17" | "10" | "21" => return None,
        _ => {}
    }
    Some(())
}

/// `YYMMDD`; day 00 is the month's last. The year is the one with these two digits from 49 years ago to 50 years ahead
/// (General Specifications, section 7.12).
fn date(value: &str, today: Date) -> Option<Date> {
    if value.len() != 6 || !value.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| value.get(at..at + 2)?.parse::<i8>().ok();
    let (year, month, day) = (i16::from(two(0)?), two(2)?, two(4)?);
    let century = today.year() - today.year().rem_euclid(100);
    let ahead = year - today.year().rem_euclid(100);
    let century = match ahead {
        51..=99 => century - 100,
        -99..=-50 => century + 100,
        _ => century,
    };
    match day {
        0 => Some(Date::new(century + year, month, 1).ok()?.last_of_month()),
        day => Date::new(century + year, month, day).ok(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;

    use super::*;

    #[test]
    fn day_00_is_the_end_of_the_month_and_the_century_is_the_nearest() {
        let today = day(2026, 3, 2);
        for (text, expected) in [
            ("280200", Some(day(2028, 2, 29))),
            ("270200", Some(day(2027, 2, 28))),
            ("261231", Some(day(2026, 12, 31))),
            ("760101", Some(day(2076, 1, 1))),
            ("770101", Some(day(1977, 1, 1))),
            ("990630", Some(day(1999, 6, 30))),
            ("261301", None),
            ("260230", None),
            ("26013", None),
        ] {
            assert_eq!(date(text, today), expected, "{text}");
        }
        // Late in a century what begins with few is of the next one.
        assert_eq!(date("000131", day(2088, 1, 1)), Some(day(2100, 1, 31)));
    }
}
