//! Sales by the day and by the hour of the outlets' clocks, as History draws them.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use jiff::civil::Date;

use super::report::Sums;

/// So many days are in a chart.
pub const DAYS: usize = 30;
/// Hours of a day.
pub const HOURS: usize = 24;

/// Sums of the receipts that are looked at, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesChart {
    /// The last of its days.
    pub until: Date,
    /// In which currency.
    pub currency: String,
    /// Currencies in which there were sales too, which are not in it: they do not add up.
    pub others: BTreeSet<String>,
    hours: BTreeMap<(Date, usize), Sums>,
}

impl SalesChart {
    /// The day with which a chart begins that ends with `until`.
    pub fn first_day(until: Date) -> Date {
        let span = Span::new().days(i64::try_from(DAYS - 1).unwrap_or(0));
        until.checked_sub(span).unwrap_or(until)
    }

    /// Nothing was sold yet in the days up to `until`.
    pub fn new(until: Date, currency: String) -> Self {
        Self {
            until,
            currency,
            others: BTreeSet::new(),
            hours: BTreeMap::new(),
        }
    }

    /// Takes in what was sold in an hour.
    pub fn add(&mut self, day: Date, hour: usize, currency: &str, sums: Sums) {
        if currency == self.currency {
            *self.hours.entry((day, hour)).or_default() += sums;
        } else {
            self.others.insert(currency.to_owned());
        }
    }

    /// Each of its days, the oldest first.
    pub fn days(&self) -> Vec<(Date, Sums)> {
        let first = Self::first_day(self.until);
        let days = first.series(Span::new().days(1)).take_while(|day| *day <= self.until);
        days.map(|day| (day, self.hours(day).into_iter().fold(Sums::default(), sum)))
            .collect()
    }

    /// The hours of a day, from midnight on.
    pub fn hours(&self, day: Date) -> Vec<Sums> {
        let hour = |hour| self.hours.get(&(day, hour)).copied().unwrap_or_default();
        (0..HOURS).map(hour).collect()
    }

    /// Over all its days.
    pub fn total(&self) -> Sums {
        self.hours.values().copied().fold(Sums::default(), sum)
    }
}

fn sum(mut all: Sums, one: Sums) -> Sums {
    all += one;
    all
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn hours_add_up_to_days_and_another_currency_is_named_and_left_out() {
        let (until, first) = (date(2026, 3, 2), date(2026, 2, 1));
        assert_eq!(SalesChart::first_day(until), first);
        let mut chart = SalesChart::new(until, "KES".into());
        let of = |sales, revenue: &str| Sums {
            sales,
            revenue: revenue.parse().unwrap(),
            ..Sums::default()
        };
        chart.add(first, 0, "KES", of(1, "0.10"));
        chart.add(until, 9, "KES", of(2, "10.10"));
        chart.add(until, 9, "KES", of(1, "0.20"));
        chart.add(until, 23, "KES", of(0, "-3"));
        chart.add(until, 9, "UGX", of(7, "70000"));
        let days = chart.days();
        assert_eq!((days.len(), days[0]), (DAYS, (first, of(1, "0.10"))));
        assert_eq!(days[DAYS - 1], (until, of(3, "7.30")));
        assert_eq!(days[1].1, Sums::default());
        assert_eq!(chart.hours(until)[9], of(3, "10.30"));
        assert_eq!(chart.total(), of(4, "7.40"));
        assert_eq!(chart.others.into_iter().collect::<Vec<_>>(), ["UGX"]);
    }
}
