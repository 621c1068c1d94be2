//! A batch of goods: what its label or the clerk says of it, and how much of it is left by the book.
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::money::Quantity;
use super::name::fold;

/// No batch's number is longer: what `stock_batch` holds.
pub const LONGEST_NUMBER: usize = 40;

/// What is known of the goods in hand, beside which goods they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Batch {
    /// What is printed on them: AI (10) of a label.
    pub number: Option<String>,
    /// The last day on which they may be sold: AI (17).
    pub expiry: Option<Date>,
}

impl Batch {
    /// Whether nothing is known of them.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// Whether they may no longer be sold on `day`.
    pub fn is_expired(&self, day: Date) -> bool {
        self.expiry.is_some_and(|expiry| expiry < day)
    }

    /// Whether it is the same batch, as far as it is known.
    pub fn is_same(&self, other: &Self) -> bool {
        let numbers = match (&self.number, &other.number) {
            (Some(one), Some(other)) => is_same_number(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        numbers && self.expiry == other.expiry
    }

    /// With the day on which it expires by the book, where the label has none.
    #[must_use]
    pub fn by_book(self, known: &[BatchLeft]) -> Self {
        let Some(number) = self.number.as_deref().filter(|_| self.expiry.is_none()) else {
            return self;
        };
        let expiry = known
            .iter()
            .find(|known| known.is(number))
            .and_then(|known| known.expiry);
        Self { expiry, ..self }
    }
}

/// As "batch L41B, expires 2028-03-31".
impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.number, self.expiry) {
            (Some(number), Some(expiry)) => write!(f, "batch {number}, expires {expiry}"),
            (Some(number), None) => write!(f, "batch {number}"),
            (None, Some(expiry)) => write!(f, "expires {expiry}"),
            (None, None) => Ok(()),
        }
    }
}

/// Whether two numbers are the same batch's (PATH 3.8).
pub fn is_same_number(one: &str, other: &str) -> bool {
    fold(one) == fold(other)
}

/// A batch that an outlet took in, and what remains of it there: the sum of its movements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchLeft {
    /// What is printed on it.
    pub number: String,
    /// Its last day; none where nobody wrote it down.
    pub expiry: Option<Date>,
    /// Base units, by the book.
    pub remaining: Quantity,
}

impl BatchLeft {
    /// Whether it has this number.
    pub fn is(&self, number: &str) -> bool {
        is_same_number(&self.number, number)
    }

    /// As it stands on a line.
    pub fn batch(&self) -> Batch {
        Batch {
            number: Some(self.number.clone()),
            expiry: self.expiry,
        }
    }

    /// Whether it may no longer be sold on `day`.
    pub fn is_expired(&self, day: Date) -> bool {
        self.expiry.is_some_and(|expiry| expiry < day)
    }
}

/// Puts the one that expires first before the others; those of which nobody knows the day come last.
pub fn sort(batches: &mut [BatchLeft]) {
    batches.sort_by_cached_key(|batch| (batch.expiry.is_none(), batch.expiry, fold(&batch.number)));
}

/// The batch to give out: of those that are not expired `today` and have `wanted` base units left, the one that expires
/// first.
pub fn first_out(batches: &[BatchLeft], wanted: Quantity, today: Date) -> Option<&BatchLeft> {
    let has = |batch: &&BatchLeft| !batch.is_expired(today) && batch.remaining >= wanted;
    let day = |batch: &&BatchLeft| (batch.expiry.is_none(), batch.expiry);
    batches.iter().filter(has).min_by_key(day)
}

/// The day on which the first of those that are still good expires; they are in order.
pub fn expires_first(batches: &[BatchLeft], today: Date) -> Option<Date> {
    let mut days = batches.iter().filter_map(|batch| batch.expiry);
    days.find(|day| *day >= today)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn left(number: &str, expiry: Option<Date>, remaining: i64) -> BatchLeft {
        BatchLeft {
            number: number.into(),
            expiry,
            remaining: Quantity::new(remaining.into()),
        }
    }

    #[test]
    fn what_expires_first_goes_out_first_unless_it_is_expired_or_too_little() {
        let today = date(2026, 3, 2);
        let batches = [
            left("later", Some(date(2027, 3, 31)), 100),
            left("gone", Some(date(2026, 3, 1)), 100),
            left("last day", Some(today), 4),
            left("unwritten", None, 500),
        ];
        let out = |wanted: i64| {
            let wanted = Quantity::new(wanted.into());
            first_out(&batches, wanted, today).map(|batch| batch.number.as_str())
        };
        assert_eq!(out(4), Some("last day"));
        assert_eq!(out(5), Some("later"));
        assert_eq!(out(101), Some("unwritten"));
        assert_eq!(out(501), None);
    }

    #[test]
    fn a_number_without_a_day_has_the_day_of_the_book() {
        let known = [left("L41B", Some(date(2028, 3, 31)), 0)];
        let of = |number: Option<&str>, expiry| {
            let number = number.map(str::to_owned);
            Batch { number, expiry }.by_book(&known).to_string()
        };
        assert_eq!(of(Some("l41b "), None), "batch l41b , expires 2028-03-31");
        assert_eq!(
            of(Some("L41B"), Some(date(2027, 1, 31))),
            "batch L41B, expires 2027-01-31"
        );
        assert_eq!(of(Some("L42"), None), "batch L42");
        assert_eq!(of(None, None), "");
    }

    proptest! {
        #[test]
        fn nothing_goes_out_that_is_expired_or_too_little_and_nothing_better_stays_behind(
            batches in prop::collection::vec((prop::option::of(0..20_i32), -5..20_i64), 0..8),
            wanted in 1..15_i64,
        ) {
            let today = date(2026, 3, 10);
            let day = |days: i32| date(2026, 3, 1) + jiff::SignedDuration::from_hours(24 * i64::from(days));
            let batches: Vec<_> = batches.iter().map(|(days, has)| left("b", days.map(day), *has)).collect();
            let wanted = Quantity::new(wanted.into());
            let may = |batch: &BatchLeft| batch.expiry.is_none_or(|day| day >= today) && batch.remaining >= wanted;
            match first_out(&batches, wanted, today) {
                Some(out) => {
                    prop_assert!(may(out));
                    for other in batches.iter().filter(|other| may(other)) {
                        prop_assert!(other.expiry.is_none() || out.expiry.is_some_and(|day| Some(day) <= other.expiry));
                    }
                }
                None => prop_assert!(!batches.iter().any(may)),
            }
        }
    }
}
