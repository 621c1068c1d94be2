//! The thresholds of the rules: data of the configuration (`[alerts]`), with the defaults of docs/alerts.md.
use std::collections::BTreeSet;

use super::RuleName;

/// A number that somebody may change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Its key in `[alerts]`.
    pub name: &'static str,
    /// Where nobody says otherwise.
    pub default: f64,
    /// The least that makes sense.
    pub least: f64,
    /// The most that makes sense.
    pub most: f64,
}

/// The struct, its defaults and the table of its names from one list, so that no threshold is in one and not in another.
macro_rules! thresholds {
    ($($(#[doc = $doc:literal])+ $name:ident = $default:literal from $least:literal to $most:literal;)+) => {
        /// What each rule needs to speak up.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Thresholds {
            /// Rules that are not asked.
            pub off: BTreeSet<RuleName>,
            $($(#[doc = $doc])+ pub $name: f64,)+
        }

        impl Default for Thresholds {
            fn default() -> Self {
                Self { off: BTreeSet::new(), $($name: $default,)+ }
            }
        }

        impl Thresholds {
            /// Every number, in the order of docs/alerts.md.
            pub const ALL: &'static [Threshold] = &[
                $(Threshold { name: stringify!($name), default: $default, least: $least, most: $most },)+
            ];

            /// The place of the number of that name.
            fn place(&mut self, name: &str) -> Option<&mut f64> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)+
                    _ => None,
                }
            }
        }
    };
}

thresholds! {
    /// Nobody is scored with fewer sales than this.
    least_transactions = 30.0 from 1.0 to 100_000.0;
    /// With fewer scored peers than this, the usual rates of docs/alerts.md stand in for them.
    least_peers = 5.0 from 2.0 to 1000.0;
    /// Days after which what was learnt counts half.
    half_life_days = 7.0 from 1.0 to 365.0;
    /// The same finding about the same person is told again after so many days, or when it has doubled.
    again_days = 7.0 from 1.0 to 365.0;
    /// Modified z-score of cancelled baskets per sale.
    cancelled_baskets_score = 5.0 from 1.0 to 100.0;
    /// Cancelled baskets, at least.
    cancelled_baskets_least = 4.0 from 1.0 to 1000.0;
    /// Modified z-score of baskets with lines taken out per sale.
    removed_lines_score = 5.0 from 1.0 to 100.0;
    /// Such baskets, at least.
    removed_lines_least = 4.0 from 1.0 to 1000.0;
    /// Seconds that a line was in sight before it was taken out; sooner is a slip.
    removed_lines_seconds = 3.0 from 0.0 to 3600.0;
    /// Modified z-score of sales with a changed price per sale.
    price_overrides_score = 5.0 from 1.0 to 100.0;
    /// Sales with a changed price, at least.
    price_overrides_least = 4.0 from 1.0 to 1000.0;
    /// Modified z-score of the mean discount.
    discounts_score = 5.0 from 1.0 to 100.0;
    /// Discounted sales, at least.
    discounts_least = 4.0 from 1.0 to 1000.0;
    /// Modified z-score of returns without a receipt per sale.
    returns_without_receipt_score = 4.5 from 1.0 to 100.0;
    /// Such returns, at least.
    returns_without_receipt_least = 2.0 from 1.0 to 1000.0;
    /// Modified z-score of returns of own sales per sale.
    returns_of_own_sales_score = 5.0 from 1.0 to 100.0;
    /// Such returns, at least.
    returns_of_own_sales_least = 3.0 from 1.0 to 1000.0;
    /// Modified z-score of returns soon after the sale per sale.
    returns_soon_after_sale_score = 4.5 from 1.0 to 100.0;
    /// Such returns, at least.
    returns_soon_after_sale_least = 2.0 from 1.0 to 1000.0;
    /// Minutes after a sale within which its return is soon.
    returns_soon_after_sale_minutes = 30.0 from 1.0 to 1440.0;
    /// Modified z-score of openings of the drawer without a sale per sale.
    drawer_without_sale_score = 5.0 from 1.0 to 100.0;
    /// Such openings, at least.
    drawer_without_sale_least = 3.0 from 1.0 to 1000.0;
    /// Minutes before opening and after closing in which a sale is ordinary.
    outside_opening_hours_minutes = 30.0 from 0.0 to 720.0;
    /// Minutes in which sales of one controlled drug by one employee are seen as one.
    split_sales_minutes = 120.0 from 1.0 to 1440.0;
    /// Such sales, at least.
    split_sales_least = 3.0 from 2.0 to 100.0;
    /// Together they are more than so many times what one sale may hold.
    split_sales_limits = 1.2 from 1.0 to 100.0;
    /// Score of their number beside chance.
    split_sales_score = 4.0 from 1.0 to 100.0;
    /// Modified z-score of units of controlled drugs per sale of an employee.
    controlled_by_employee_score = 4.5 from 1.0 to 100.0;
    /// Modified z-score of units of controlled drugs per prescription of a prescriber.
    controlled_by_prescriber_score = 4.5 from 1.0 to 100.0;
    /// Modified z-score of units of controlled drugs per sale of an outlet.
    controlled_by_outlet_score = 5.0 from 1.0 to 100.0;
    /// Sales of controlled drugs, at least.
    controlled_least = 5.0 from 1.0 to 1000.0;
    /// Minutes within which nobody travels from one region to another.
    prescriber_far_apart_minutes = 30.0 from 1.0 to 1440.0;
    /// A region with this part of a prescriber's prescriptions, or more, is one of their own.
    prescriber_far_apart_usual = 0.1 from 0.0 to 1.0;
    /// Modified z-score of a prescriber's prescriptions of a day.
    prescriber_prolific_score = 5.0 from 1.0 to 100.0;
    /// Prescriptions of a day, at least.
    prescriber_prolific_least = 10.0 from 1.0 to 1000.0;
    /// Modified z-score of the logarithm of a quantity among the latest of its drug.
    unusual_quantity_score = 3.5 from 1.0 to 100.0;
    /// So many times the usual quantity, at least.
    unusual_quantity_times = 5.0 from 1.5 to 1000.0;
    /// Modified z-score of the logarithm of a price among the latest of its drug.
    unusual_price_score = 6.0 from 1.0 to 100.0;
    /// So many times the usual price, or that part of it, at least.
    unusual_price_times = 1.5 from 1.05 to 1000.0;
    /// Seconds between two equal baskets at one till.
    same_basket_twice_seconds = 60.0 from 1.0 to 3600.0;
    /// Two equal baskets are chance where one basket in so many, or more, is such a one.
    same_basket_twice_rarity = 100.0 from 1.0 to 1_000_000.0;
    /// Sales that were to be expected in the time without any.
    outlet_silent_score = 12.0 from 1.0 to 1000.0;
    /// Minutes without a sale, at least.
    outlet_silent_minutes = 20.0 from 1.0 to 1440.0;
    /// Minutes without a sign of life of any till.
    outlet_cut_off_minutes = 5.0 from 2.0 to 1440.0;
    /// Minutes that a number may be late before it is missing.
    receipt_missing_minutes = 10.0 from 1.0 to 10_080.0;
    /// Modified z-score of the share of round amounts.
    round_numbers_score = 4.5 from 1.0 to 100.0;
    /// Round amounts, at least.
    round_numbers_least = 10.0 from 1.0 to 1000.0;
    /// Modified z-score of the share of sales paid in cash, to either side.
    cash_share_score = 4.0 from 1.0 to 100.0;
    /// Minutes that a clock may be off.
    clock_off_minutes = 5.0 from 1.0 to 1440.0;
    /// Hours from one walk over the chains to the next while somebody watches; 0: none.
    facts_altered_hours = 6.0 from 0.0 to 168.0;
}

impl Thresholds {
    /// Whether a rule is asked.
    pub fn is_on(&self, rule: RuleName) -> bool {
        !self.off.contains(&rule)
    }

    /// Changes the number of that name.
    ///
    /// # Errors
    /// In words for the person who wrote it, when there is no such number or it makes no sense.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), String> {
        let known = Self::ALL.iter().find(|threshold| threshold.name == name);
        match (known, self.place(name)) {
            (Some(known), Some(place)) if (known.least..=known.most).contains(&value) => *place = value,
            (Some(known), _) => return Err(format!("{value} is not from {} to {}", known.least, known.most)),
            (None, _) => return Err(String::from("there is no such number")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_can_be_changed_within_its_bounds_and_not_beyond() {
        for Threshold {
            name,
            default,
            least,
            most,
        } in Thresholds::ALL
        {
            let mut changed = Thresholds::default();
            assert_eq!(changed.place(name).copied(), Some(*default), "{name}");
            assert!(least <= default && default <= most, "{name}");
            changed.set(name, *most).unwrap();
            assert_eq!(changed.place(name).copied(), Some(*most), "{name}");
            for beyond in [most * 2.0, least - 1.0, f64::NAN, f64::INFINITY] {
                assert!(changed.set(name, beyond).is_err(), "{name} {beyond}");
            }
        }
        assert!(Thresholds::default().set("colour", 1.0).is_err());
    }
}
