//! What is known of currencies, as data: `data/currencies.csv` has their places (ISO 4217) and their largest notes.
use super::money::{Currency, Money};

/// `code,places,largest_note`, a currency a line; one that is not in it has two places and a note that nobody knows.
const TABLE: &str = include_str!("../../data/currencies.csv");

impl Currency {
    /// The currency that ISO 4217 calls `code`, with its places there.
    pub fn of(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            places: row(code).map_or(2, |row| row.places),
        }
    }

    /// Its largest note, where that is known.
    pub fn largest_note(&self) -> Option<Money> {
        row(&self.code)?.largest_note.parse().ok()
    }
}

struct Row {
    places: u32,
    largest_note: &'static str,
}

/// A line is looked up when a basket is paid or a stream is read, of about fifty: no map is worth its memory.
fn row(code: &str) -> Option<Row> {
    TABLE.lines().find_map(|line| {
        let mut fields = line.split(',');
        (fields.next()? == code).then_some(())?;
        Some(Row {
            places: fields.next()?.parse().ok()?,
            largest_note: fields.next()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_has_a_code_its_places_and_a_note_that_can_be_paid_in_them() {
        let mut before = "";
        for line in TABLE.lines().skip(1) {
            let code = line.split(',').next().unwrap();
            assert!(code.len() == 3 && code > before, "{line}");
            let currency = Currency::of(code);
            let note = currency.largest_note().unwrap_or_else(|| panic!("{line}"));
            assert!(note > Money::ZERO && note.fits(currency.places), "{line}");
            before = code;
        }
    }

    #[test]
    fn a_currency_that_is_not_in_the_table_has_two_places_and_no_largest_note() {
        let unknown = Currency::of("XTS");
        assert_eq!((unknown.places, unknown.largest_note()), (2, None));
        assert_eq!(Currency::of("JPY").places, 0);
        assert_eq!(Currency::of("KES").largest_note(), "1000".parse().ok());
    }
}
