//! What is seen before it is read: sparklines, bars, short amounts and how much more or less than a week ago.
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::domain::money::Money;
use crate::ui::cells;

const SPARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const SPARKS_ASCII: [char; 8] = ['.', ':', '-', '=', '+', '*', '#', '@'];
const BARS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A column for each value, as high as it is beside the highest; blank where nothing was.
pub fn sparkline(values: &[u64], ascii: bool) -> String {
    let highest = values.iter().copied().max().unwrap_or(0).max(1);
    let levels = if ascii { SPARKS_ASCII } else { SPARKS };
    let column = |value: &u64| match value {
        0 => ' ',
        value => {
            let level = (u128::from(*value) * 8).div_ceil(u128::from(highest)) - 1;
            levels[usize::try_from(level).unwrap_or(7).min(7)]
        }
    };
    values.iter().map(column).collect()
}

/// How many of `steps` a value has beside the largest; none below zero.
pub fn steps(value: Money, largest: Money, steps: usize) -> usize {
    if value <= Money::ZERO || largest <= Money::ZERO {
        return 0;
    }
    let part = value.decimal().checked_div(largest.decimal()).unwrap_or_default();
    let part = part * Decimal::from(steps);
    part.round().to_usize().unwrap_or(0).min(steps)
}

/// A bar in at most so many cells, as long as the value is beside the largest.
pub fn bar(value: Money, largest: Money, most: usize, ascii: bool) -> String {
    if ascii {
        return "#".repeat(steps(value, largest, most));
    }
    let eighths = steps(value, largest, most * 8);
    format!("{}{}", "█".repeat(eighths / 8), BARS[eighths % 8])
}

/// An amount in so many cells, without what comes behind the point; where it is too long, in thousands or millions.
pub fn short(amount: Money, room: usize) -> String {
    let whole = amount.grouped(0);
    if cells::width(&whole) <= room {
        return whole;
    }
    let of = |unit: u32| Money::new(amount.decimal() / Decimal::from(unit)).grouped(0);
    let thousands = format!("{}k", of(1_000));
    if cells::width(&thousands) <= room {
        return thousands;
    }
    format!("{}M", of(1_000_000))
}

/// By how many per cent it is more (+) or less (-) than before; none where there was nothing before.
pub fn change(now: Money, before: Money) -> Option<String> {
    if before <= Money::ZERO {
        return None;
    }
    let part = (now.decimal() - before.decimal()).checked_div(before.decimal())?;
    let percent = (part * Decimal::ONE_HUNDRED).round().to_i64()?;
    Some(match percent {
        1_000.. => String::from("+999%"),
        percent => format!("{percent:+}%"),
    })
}

/// What part of all it is, in per cent.
pub fn share(part: Money, all: Money) -> String {
    if all <= Money::ZERO {
        return String::from("–");
    }
    let percent = part.decimal().checked_div(all.decimal()).unwrap_or_default() * Decimal::ONE_HUNDRED;
    format!("{}%", percent.round())
}

/// The first row to show of a list in so many lines, with `at` in sight; each row has its own number of lines.
pub fn first_row(at: usize, room: usize, lines_of: impl Fn(usize) -> usize) -> usize {
    let mut used = 0;
    let fits = (0..=at).rev().take_while(|row| {
        used += lines_of(*row);
        used <= room
    });
    fits.last().unwrap_or(at)
}

/// A number with thousands apart.
pub fn count(number: u64) -> String {
    Money::new(Decimal::from(number)).grouped(0)
}

/// "1 sale", "2 sales".
pub fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn a_sparkline_is_blank_where_nothing_was_and_highest_where_most_was() {
        assert_eq!(sparkline(&[0, 1, 4, 8], false), " ▁▄█");
        assert_eq!(sparkline(&[0, 0], false), "  ");
        assert_eq!(sparkline(&[1, u64::MAX], true), ".@");
    }

    #[test]
    fn a_bar_is_as_long_as_its_part_and_a_loss_has_none() {
        assert_eq!(bar(money("50"), money("100"), 4, false), "██");
        assert_eq!(bar(money("40"), money("100"), 4, false), "█▋");
        assert_eq!(bar(money("-5"), money("100"), 4, false), "");
        assert_eq!(bar(money("5"), money("0"), 4, true), "");
        assert_eq!(bar(money("100"), money("100"), 4, true), "####");
    }

    #[test]
    fn amounts_that_are_too_long_are_said_in_thousands_or_millions() {
        assert_eq!(short(money("1284310.55"), 11), "1,284,311");
        assert_eq!(short(money("1284310.55"), 8), "1,284k");
        assert_eq!(short(money("1284310000"), 5), "1,284M");
    }

    #[test]
    fn changes_are_said_against_what_was_before() {
        assert_eq!(change(money("106"), money("100")).as_deref(), Some("+6%"));
        assert_eq!(change(money("42"), money("100")).as_deref(), Some("-58%"));
        assert_eq!(change(money("42"), money("0")), None);
        assert_eq!(change(money("4200"), money("1")).as_deref(), Some("+999%"));
        assert_eq!(share(money("1"), money("3")), "33%");
    }

    #[test]
    fn the_highlighted_row_is_in_sight_whatever_the_rows_before_it_take() {
        assert_eq!(first_row(5, 10, |_| 1), 0);
        assert_eq!(first_row(12, 10, |_| 1), 3);
        assert_eq!(first_row(5, 4, |_| 2), 4);
        assert_eq!(first_row(5, 1, |_| 2), 5);
        assert_eq!(first_row(0, 0, |_| 1), 0);
    }
}
