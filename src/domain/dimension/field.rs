//! How the value of a field is checked and kept.
use std::str::FromStr as _;

use jiff::{civil::Date, tz::TimeZone};

use crate::domain::money::{Money, Quantity};
use crate::domain::name::{fold_phone, tidy};

/// A field of a dimension.
#[derive(Debug)]
pub struct FieldSpec {
    /// Its name in imports and, mostly, its column.
    pub name: &'static str,
    /// Its name on screen.
    pub label: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it may be left empty.
    pub required: bool,
    /// What it starts as in a new row.
    pub initial: &'static str,
    /// One line for the person at the form: what it is for, and how it is written.
    pub help: &'static str,
    /// How many cells it has in the list; 0: not in the list.
    pub list_width: u16,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Words, at most so many characters.
    Text(usize),
    /// A code without inner spaces, at most so many characters.
    Code(usize),
    /// A phone number: 7 to 15 digits, optionally after `+`, spaces and dashes as typed.
    Phone,
    /// An e-mail address.
    Email,
    /// An amount, not negative.
    Money,
    /// A quantity above zero.
    Quantity,
    /// A quantity, or zero.
    Count,
    /// One of these.
    Choice(&'static [&'static str]),
    /// yes or no.
    YesNo,
    /// An IANA time zone.
    TimeZone,
    /// An ISO 4217 code.
    Currency,
    /// A date, YYYY-MM-DD.
    Date,
    /// Shown, never typed: the store fills it in.
    Shown,
}

/// The words that mean yes or no, in imports and forms alike; `rx` and `otc` as in drug directories.
fn yes_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "rx" => Some(true),
        "no" | "n" | "false" | "0" | "otc" => Some(false),
        _ => None,
    }
}

impl FieldSpec {
    /// A field that may be left empty, and is in no list.
    pub(in crate::domain) const fn new(
        name: &'static str,
        label: &'static str,
        kind: FieldKind,
        help: &'static str,
    ) -> Self {
        Self {
            name,
            label,
            kind,
            required: false,
            initial: "",
            help,
            list_width: 0,
        }
    }

    /// The same, never empty.
    pub(in crate::domain) const fn needed(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, which starts as this.
    pub(in crate::domain) const fn starts_as(mut self, initial: &'static str) -> Self {
        self.initial = initial;
        self
    }

    /// The same, in so many cells of the list.
    pub(in crate::domain) const fn listed(mut self, width: u16) -> Self {
        self.list_width = width;
        self
    }

    /// The value as it is kept, or what is wrong with it, in words that say what to do.
    ///
    /// # Errors
    /// The words.
    pub fn check(&self, value: &str) -> Result<String, String> {
        let value = tidy(value);
        if value.is_empty() {
            return if self.required {
                Err(format!("{} is needed", self.label))
            } else {
                Ok(value)
            };
        }
        if let Some(c) = value.chars().find(|c| c.is_control()) {
            return Err(format!(
                "{} has a control character (U+{:04X})",
                self.label,
                u32::from(c)
            ));
        }
        self.kind.check(value)
    }
}

impl FieldKind {
    fn check(self, value: String) -> Result<String, String> {
        match self {
            Self::Code(longest) if value.contains(' ') => {
                Err(format!("a code has no spaces, and at most {longest} characters"))
            }
            Self::Text(longest) | Self::Code(longest) => within(value, longest),
            Self::Phone => phone(value),
            Self::Email => email(value),
            Self::Money => match Money::from_str(&value) {
                Ok(amount) if amount.is_negative() => Err("an amount cannot be negative".to_owned()),
                Ok(amount) => Ok(amount.to_string()),
                Err(e) => Err(e.to_string()),
            },
            Self::Quantity => match Quantity::from_str(&value) {
                Ok(quantity) if quantity <= Quantity::ZERO => Err("a quantity is above zero".to_owned()),
                Ok(quantity) => Ok(quantity.to_string()),
                Err(e) => Err(e.to_string()),
            },
            Self::Count => match Quantity::from_str(&value) {
                Ok(quantity) if quantity.is_negative() => Err("zero or more".to_owned()),
                Ok(quantity) => Ok(quantity.to_string()),
                Err(e) => Err(e.to_string()),
            },
            Self::Choice(choices) => choices
                .iter()
                .find(|choice| choice.eq_ignore_ascii_case(&value))
                .map(|choice| (*choice).to_owned())
                .ok_or_else(|| format!("one of: {}", choices.join(", "))),
            Self::YesNo => match yes_no(&value) {
                Some(true) => Ok("yes".to_owned()),
                Some(false) => Ok("no".to_owned()),
                None => Err("yes or no".to_owned()),
            },
            Self::TimeZone => TimeZone::get(&value)
                .ok()
                .and_then(|zone| zone.iana_name().map(str::to_owned))
                .ok_or_else(|| format!("“{value}” is no time zone: write it as Africa/Nairobi")),
            Self::Currency if value.len() == 3 && value.bytes().all(|b| b.is_ascii_alphabetic()) => {
                Ok(value.to_ascii_uppercase())
            }
            Self::Currency => Err("the three letters of ISO 4217, such as KES".to_owned()),
            Self::Date => Date::from_str(&value)
                .map(|date| date.to_string())
                .map_err(|_| "a date as 2026-01-31".to_owned()),
            Self::Shown => Ok(value),
        }
    }
}

fn within(value: String, longest: usize) -> Result<String, String> {
    let length = value.chars().count();
    if length > longest {
        Err(format!("{length} characters, and at most {longest} fit"))
    } else {
        Ok(value)
    }
}

fn phone(value: String) -> Result<String, String> {
    let well_formed = value
        .chars()
        .enumerate()
        .all(|(i, c)| c.is_ascii_digit() || " -()".contains(c) || (c == '+' && i == 0));
    let digits = fold_phone(&value).trim_start_matches('+').len();
    if well_formed && (7..=15).contains(&digits) && value.len() <= 20 {
        Ok(value)
    } else {
        Err("a phone number has 7 to 15 digits, as +254 712 345 678".to_owned())
    }
}

fn email(value: String) -> Result<String, String> {
    let well_formed = value.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.contains('@') && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    });
    if well_formed && !value.contains(' ') {
        within(value, 120)
    } else {
        Err("an address such as asha@example.org".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_in_the_form_that_is_kept() {
        assert_eq!(FieldKind::YesNo.check("RX".into()), Ok("yes".into()));
        assert_eq!(FieldKind::Money.check("12.50".into()), Ok("12.5".into()));
        assert_eq!(
            FieldKind::Choice(&["cashier", "manager"]).check("Manager".into()),
            Ok("manager".into())
        );
        assert_eq!(
            FieldKind::TimeZone.check("africa/nairobi".into()),
            Ok("Africa/Nairobi".into())
        );
        assert_eq!(FieldKind::Currency.check("kes".into()), Ok("KES".into()));
        assert_eq!(FieldKind::Date.check("2026-01-31".into()), Ok("2026-01-31".into()));
    }

    #[test]
    fn a_wrong_value_is_told_how_it_is_written() {
        for (kind, bad) in [
            (FieldKind::Phone, "12345"),
            (FieldKind::Phone, "07+12345678"),
            (FieldKind::Phone, "1234567890123456"),
            (FieldKind::Email, "asha@@example.org"),
            (FieldKind::Email, "asha"),
            (FieldKind::Money, "-1"),
            (FieldKind::Money, "1,000"),
            (FieldKind::Quantity, "0"),
            (FieldKind::Quantity, "-7"),
            (FieldKind::TimeZone, "Nairobi"),
            (FieldKind::Currency, "KESH"),
            (FieldKind::Date, "31/01/2026"),
            (FieldKind::Code(8), "a b"),
            (FieldKind::Text(3), "abcd"),
        ] {
            assert!(kind.check(bad.to_owned()).is_err(), "{kind:?} {bad}");
        }
    }
}
