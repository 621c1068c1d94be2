//! What is known of currencies, as data: `data/currencies.csv` has their places (ISO 4217), their largest notes, and the
//! smallest coins that are in use.
use super::money::{Currency, Money};

/// `code,places,largest_note,smallest_coin`, a currency a line; one that is not in it has two places, a note that nobody
/// knows, and coins for every amount.
const TABLE: &str = include_str!("../../data/currencies.csv");

impl Currency {
    /// The currency that ISO 4217 calls `code`, with its places there.
    pub fn of(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            places: row(code).map_or(2, |row| row.places),
        }
    }

    /// The smallest coin in use: cash pays multiples of it. The least amount, where there are coins for every amount.
    pub fn smallest_coin(&self) -> Money {
        let coin = row(&self.code).and_then(|row| row.smallest_coin.parse().ok());
        coin.unwrap_or_else(|| self.least())
    }

    /// Its largest note, where that is known.
    pub fn largest_note(&self) -> Option<Money> {
        row(&self.code)?.largest_note.parse().ok()
    }
}

struct Row {
    places: u32,
    largest_note: &'static str,
    smallest_coin: &'static str,
}

/// A line is looked up when a basket is paid or a stream is read, of about fifty: no map is worth its memory.
fn row(code: &str) -> Option<Row> {
    TABLE.lines().find_map(|line| {
        let mut fields = line.split(',');
        (fields.next()? == code).then_some(())?;
        Some(Row {
            places: fields.next()?.parse().ok()?,
            largest_note: fields.next()?,
            smallest_coin: fields.next()?,
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
            let coin = currency.smallest_coin();
            assert!(coin >= currency.least() && note.to_nearest(coin) == note, "{line}");
            before = code;
        }
    }

    #[test]
    fn a_currency_that_is_not_in_the_table_has_two_places_and_no_largest_note() {
        let unknown = Currency::of("XTS");
        assert_eq!((unknown.places, unknown.largest_note()), (2, None));
        assert_eq!(unknown.smallest_coin(), unknown.least());
        assert_eq!(Currency::of("JPY").places, 0);
        assert_eq!(Currency::of("KES").largest_note(), "1000".parse().ok());
    }
}
