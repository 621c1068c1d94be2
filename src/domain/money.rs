//! Exact money and quantities: decimals of at most four places, one rounding rule, no floats.
use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Places after the point that are kept anywhere.
pub const MAX_PLACES: u32 = 4;
/// No amount and no quantity reaches this.
const CEILING: i64 = 1_000_000_000_000;

/// Why a text is no amount or quantity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NumberError {
    /// Not a plain decimal.
    #[error("“{0}” is not a number: write it as 12.50")]
    NotANumber(String),
    /// More places than are kept.
    #[error("“{0}” has more than {MAX_PLACES} places after the point")]
    TooFine(String),
    /// Out of range.
    #[error("“{0}” is too large")]
    TooLarge(String),
}

/// A plain decimal: an optional sign, digits, optionally a point and digits. No exponent, no grouping.
fn parse_plain(text: &str) -> Result<Decimal, NumberError> {
    let trimmed = text.trim();
    let unsigned = trimmed.strip_prefix('-').unwrap_or(trimmed);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(NumberError::NotANumber(text.to_owned()));
    }
    let value = Decimal::from_str(trimmed).map_err(|_| NumberError::TooLarge(text.to_owned()))?;
    if value.abs() >= Decimal::from(CEILING) {
        return Err(NumberError::TooLarge(text.to_owned()));
    }
    let value = value.normalize();
    if value.scale() > MAX_PLACES {
        return Err(NumberError::TooFine(text.to_owned()));
    }
    Ok(value)
}

/// The sum; beyond what a decimal holds, the end of its range. No till comes near: figures from outside may be as many and
/// as absurd as they like, and end no program.
fn added(a: Decimal, b: Decimal) -> Decimal {
    let end = if a.is_sign_negative() {
        Decimal::MIN
    } else {
        Decimal::MAX
    };
    a.checked_add(b).unwrap_or(end)
}

macro_rules! decimal_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(Decimal);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(Decimal::ZERO);

            /// From a decimal that is known to be in range, such as one read from a store.
            pub fn new(value: Decimal) -> Self {
                Self(value.normalize())
            }

            /// The decimal.
            pub fn decimal(self) -> Decimal {
                self.0
            }

            /// Whether it is nothing.
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            /// Whether it is below nothing.
            pub fn is_negative(self) -> bool {
                self.0.is_sign_negative() && !self.0.is_zero()
            }

            /// Reads back a sum that was written: one of invented figures may be larger than what is taken in from outside.
            ///
            /// # Errors
            /// When it is no decimal.
            pub fn read_sum<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map(Self).map_err(serde::de::Error::custom)
            }

            /// Without its sign.
            #[must_use]
            pub fn abs(self) -> Self {
                Self(self.0.abs())
            }
        }

        /// The shortest text: no trailing zeros, no exponent, never "-0".
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let shortest = self.0.normalize();
                f.pad(&if shortest.is_zero() { "0".to_owned() } else { shortest.to_string() })
            }
        }

        impl FromStr for $name {
            type Err = NumberError;
            fn from_str(text: &str) -> Result<Self, NumberError> {
                parse_plain(text).map(Self)
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(added(self.0, other.0))
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 = added(self.0, other.0);
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(added(self.0, -other.0))
            }
        }

        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
                items.fold(Self::ZERO, Add::add)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

decimal_newtype! {
    /// An amount of the outlet's currency.
    Money
}
decimal_newtype! {
    /// A quantity, of the unit that stands beside it.
    Quantity
}

impl Money {
    /// Rounded to the currency's `places` by the one rounding rule: half away from zero.
    #[must_use]
    pub fn rounded(self, places: u32) -> Self {
        Self::new(
            self.0
                .round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero),
        )
    }

    /// To the nearest multiple of a coin, by the same rule; of no coin, as it is.
    #[must_use]
    pub fn to_nearest(self, coin: Self) -> Self {
        match self.0.checked_div(coin.0) {
            Some(coins) => Self::new(Self::new(coins).rounded(0).0 * coin.0),
            None => self,
        }
    }

    /// Whether it has no more places than the currency.
    pub fn fits(self, places: u32) -> bool {
        self.0.normalize().scale() <= places
    }

    /// As shown and sent: exactly the currency's places, "12.50".
    pub fn fixed(self, places: u32) -> String {
        let rounded = self.rounded(places).0;
        format!("{rounded:.*}", places as usize)
    }

    /// As sent where nothing may be lost: at least the currency's places, more where a unit price has them.
    pub fn exact(self, places: u32) -> String {
        self.fixed(places.max(self.0.normalize().scale()))
    }

    /// As shown to people: the currency's places, thousands apart: "1,284,310.00".
    pub fn grouped(self, places: u32) -> String {
        let fixed = self.fixed(places);
        let (sign, digits) = fixed.strip_prefix('-').map_or(("", fixed.as_str()), |rest| ("-", rest));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
        let mut out = String::from(sign);
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        if let Some(fraction) = fraction {
            out.push('.');
            out.push_str(fraction);
        }
        out
    }

    /// The part of a price that contains tax at `rate` per cent which is the tax: `amount × rate ÷ (100 + rate)`, rounded.
    #[must_use]
    pub fn tax_within(self, rate: Decimal, places: u32) -> Self {
        if rate.is_zero() {
            return Self::ZERO;
        }
        Self(self.0 * rate / (Decimal::ONE_HUNDRED + rate)).rounded(places)
    }

    /// So many per cent of it, rounded to the currency's places.
    #[must_use]
    pub fn percent(self, percent: Decimal, places: u32) -> Self {
        Self(self.0 * percent / Decimal::ONE_HUNDRED).rounded(places)
    }

    /// This much for each of `quantity` units, rounded to the currency's places.
    #[must_use]
    pub fn times(self, quantity: Quantity, places: u32) -> Self {
        Self(self.0 * quantity.0).rounded(places)
    }
}

impl Quantity {
    /// One unit.
    pub const ONE: Self = Self(Decimal::ONE);

    /// Whether it counts whole things.
    pub fn is_whole(self) -> bool {
        self.0.is_integer()
    }

    /// This many packs of `factor` base units each, in base units.
    ///
    /// # Errors
    /// When that has more than four places or is out of range.
    pub fn in_base_units(self, factor: Self) -> Result<Self, NumberError> {
        let product = self
            .0
            .checked_mul(factor.0)
            .ok_or_else(|| NumberError::TooLarge(self.to_string()))?
            .normalize();
        if product.scale() > MAX_PLACES {
            return Err(NumberError::TooFine(product.to_string()));
        }
        if product.abs() >= Decimal::from(CEILING) {
            return Err(NumberError::TooLarge(product.to_string()));
        }
        Ok(Self(product))
    }
}

/// A currency, as the outlet gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Currency {
    /// ISO 4217 code, three letters.
    pub code: String,
    /// Places after the point.
    pub places: u32,
}

impl Currency {
    /// The least amount that can be written in it.
    pub fn least(&self) -> Money {
        Money::new(Decimal::new(1, self.places))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn a_price_of_12_50_is_not_kept_as_13() {
        assert_eq!(money("12.50").fixed(2), "12.50");
        assert_eq!(money("12.50").to_string(), "12.5");
    }

    #[test]
    fn half_is_rounded_away_from_zero() {
        assert_eq!(money("0.125").rounded(2), money("0.13"));
        assert_eq!(money("-0.125").rounded(2), money("-0.13"));
        assert_eq!(money("2.5").rounded(0), money("3"));
    }

    #[test]
    fn only_plain_decimals_are_numbers() {
        for bad in [
            "", " ", "-", ".", "1.", ".5", "1e5", "1,000", "+1", "NaN", "0x1", "1 0", "１",
        ] {
            assert!(bad.parse::<Money>().is_err(), "{bad}");
        }
        assert_eq!(
            "3000000000000".parse::<Quantity>(),
            Err(NumberError::TooLarge("3000000000000".into()))
        );
        assert!("0.00001".parse::<Money>().is_err());
        assert_eq!("0.10000000".parse::<Money>().unwrap().to_string(), "0.1");
        assert_eq!("-0.00".parse::<Money>().unwrap().to_string(), "0");
    }

    #[test]
    fn a_sum_beyond_all_decimals_stays_at_their_end() {
        let most = Money::new(Decimal::MAX);
        assert_eq!(most + money("1"), most);
        assert_eq!(-most - money("999999999999"), -most);
        let mut sum = most;
        sum += most;
        assert_eq!(sum, most);
        assert_eq!([most, most, -most].into_iter().sum::<Money>(), Money::ZERO);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(money("1284310").grouped(2), "1,284,310.00");
        assert_eq!(money("-1000").grouped(0), "-1,000");
        assert_eq!(money("999.5").grouped(2), "999.50");
    }

    #[test]
    fn tax_is_contained_in_the_price() {
        assert_eq!(money("116").tax_within(Decimal::from(16), 2), money("16"));
        assert_eq!(money("116").tax_within(Decimal::ZERO, 2), Money::ZERO);
    }
}
