//! What a text in the entry line means.

/// More digits than this before `*` are a code, not a quantity.
const MOST_DIGITS: usize = 4;

/// A text of the entry line, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed<'a> {
    /// Nothing.
    Nothing,
    /// `*3`: the quantity of the selected line, or the last.
    Quantity(&'a str),
    /// `=12.50`: its price for one.
    Price(&'a str),
    /// `%10`: so many per cent off it.
    Percent(&'a str),
    /// `3*` and perhaps words or a code: that many of the next item.
    Times {
        /// How many.
        times: &'a str,
        /// Of what; empty: of whatever comes next.
        words: &'a str,
    },
    /// `6161100230018*`: that is no quantity.
    CodeBeforeStar,
    /// `@` and perhaps words: a prescriber.
    Prescriber(&'a str),
    /// Words or a code.
    Words(&'a str),
}

impl<'a> Typed<'a> {
    /// Takes a text apart.
    pub fn of(text: &'a str) -> Self {
        let text = text.trim_start();
        if text.trim_end().is_empty() {
            return Self::Nothing;
        }
        if let Some(words) = text.strip_prefix('@') {
            return Self::Prescriber(words.trim());
        }
        if let Some(quantity) = text.strip_prefix('*') {
            return Self::Quantity(quantity.trim());
        }
        if let Some(price) = text.strip_prefix('=') {
            return Self::Price(price.trim());
        }
        if let Some(percent) = text.strip_prefix('%') {
            return Self::Percent(percent.trim());
        }
        match text.split_once('*') {
            Some((times, words)) if is_number(times) => {
                if times.bytes().filter(u8::is_ascii_digit).count() > MOST_DIGITS {
                    Self::CodeBeforeStar
                } else {
                    let words = words.trim();
                    Self::Times { times, words }
                }
            }
            _ => Self::Words(text.trim_end()),
        }
    }

    /// Whether it changes a line that is in the basket.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Quantity(_) | Self::Price(_) | Self::Percent(_))
    }

    /// The words or code to look for, where goods are meant.
    pub fn words(self) -> Option<&'a str> {
        match self {
            Self::Words(words) | Self::Times { words, .. } if !words.is_empty() => Some(words),
            _ => None,
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Whether a text is a number and nothing else, or fewer by a number: a code, never a quantity.
pub fn is_bare_number(text: &str) -> bool {
    is_number(text.strip_prefix('-').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_as_it_is_meant() {
        for (text, typed) in [
            ("  ", Typed::Nothing),
            ("*3", Typed::Quantity("3")),
            ("=12.50", Typed::Price("12.50")),
            ("% 10", Typed::Percent("10")),
            ("3*", Typed::Times { times: "3", words: "" }),
            (
                "10*amox",
                Typed::Times {
                    times: "10",
                    words: "amox",
                },
            ),
            (
                "2.5*syrup",
                Typed::Times {
                    times: "2.5",
                    words: "syrup",
                },
            ),
            ("6161100230018*", Typed::CodeBeforeStar),
            ("@mwa", Typed::Prescriber("mwa")),
            ("amox 500", Typed::Words("amox 500")),
            ("5% dextrose*", Typed::Words("5% dextrose*")),
        ] {
            assert_eq!(Typed::of(text), typed, "{text}");
        }
    }
}
