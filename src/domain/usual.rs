//! What a line of a drug usually holds, so that a quantity far from it is asked about before it is paid: 100 keyed for 10.
//!
//! Of the last lines alone, and by ranks: a slip among them moves neither the median nor the height above which hardly any
//! line is, and a habit that changes is the usual soon.
use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::money::Quantity;

/// So many of a drug's last lines are looked at.
pub const LOOKED_AT: usize = 200;
/// Nothing is usual of fewer.
const LEAST: usize = 30;
/// Of a hundred lines, so many may be higher than what is high.
const ABOVE: usize = 2;
/// So many times the median is far.
const TIMES_MEDIAN: u32 = 5;

/// The usual of drugs, by their lasting ids.
pub type Usuals = HashMap<Uuid, Usual>;

/// What lines of a drug usually hold, in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usual {
    /// Half of the lines hold at most so much.
    pub median: Quantity,
    /// All but two in a hundred hold at most so much.
    pub high: Quantity,
}

impl Usual {
    /// Of what the drug's last lines held; none of so few that nothing is usual.
    pub fn of(mut lines: Vec<Quantity>) -> Option<Self> {
        if lines.len() < LEAST {
            return None;
        }
        lines.sort_unstable();
        let last = lines.len() - 1;
        let at = |rank: usize| lines.get(rank).copied();
        Some(Self {
            median: at(last / 2)?,
            high: at(last - lines.len() * ABOVE / 100)?,
        })
    }

    /// Whether so much in one line is so far above the usual that it may be a slip: five times the median, and half as much
    /// again as what is high.
    pub fn is_far(&self, quantity: Quantity) -> bool {
        let quantity = quantity.decimal();
        quantity >= self.median.decimal() * Decimal::from(TIMES_MEDIAN)
            && quantity * Decimal::TWO > self.high.decimal() * Decimal::from(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(of: &[(usize, u32)]) -> Vec<Quantity> {
        let repeated = of.iter().flat_map(|(times, units)| std::iter::repeat_n(*units, *times));
        repeated.map(|units| Quantity::new(units.into())).collect()
    }

    fn is_far(of: &[(usize, u32)], quantity: &str) -> bool {
        Usual::of(lines(of)).unwrap().is_far(quantity.parse().unwrap())
    }

    #[test]
    fn a_hundred_for_ten_is_far_and_what_some_buy_is_not() {
        let tablets = [(60, 10), (30, 20), (10, 30)];
        assert!(is_far(&tablets, "100"));
        assert!(is_far(&tablets, "50"), "five times the median, and above 45");
        assert!(!is_far(&tablets, "49"), "not five times the median");
        assert!(!is_far(&tablets, "10") && !is_far(&tablets, "0.5"));
        let some_buy_a_box = [(90, 10), (10, 100)];
        assert!(!is_far(&some_buy_a_box, "100"));
        assert!(!is_far(&some_buy_a_box, "150"));
        assert!(is_far(&some_buy_a_box, "151"));
    }

    #[test]
    fn two_slips_in_a_hundred_lines_do_not_hide_the_next() {
        assert!(is_far(&[(98, 10), (2, 1000)], "100"));
        assert!(!is_far(&[(97, 10), (3, 1000)], "100"), "that is no slip any more");
    }

    #[test]
    fn of_few_lines_nothing_is_usual() {
        assert_eq!(Usual::of(Vec::new()), None);
        assert_eq!(Usual::of(lines(&[(29, 10)])), None);
        let usual = Usual::of(lines(&[(30, 10)])).unwrap();
        assert_eq!(
            (usual.median, usual.high),
            (Quantity::new(10.into()), Quantity::new(10.into()))
        );
    }
}
