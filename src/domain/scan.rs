//! What a scanner read, taken apart: the code of the goods, and what a GS1 label says of expiry, batch and serial number.
mod gs1;
mod gtin;

use jiff::civil::Date;

pub use self::gtin::{equivalents, is_gtin};
use super::batch::Batch;

/// Between two elements of a GS1 label: ASCII 29, as scanners send the symbol's FNC1.
pub const GROUP_SEPARATOR: char = '\u{1d}';

/// The shortest text that is taken for a code (COUNTER 2.2).
pub const SHORTEST: usize = 6;

/// A label, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// The code of the goods: the GTIN of a GS1 label, else all that was read.
    pub code: String,
    /// What it says of the goods in hand.
    pub batch: Batch,
    /// The serial number: AI (21).
    pub serial: Option<String>,
    /// Whether the text says by itself that it is a label: a GTIN with its check digit, a GS1 label, a symbology's name.
    pub is_certain: bool,
}

impl Label {
    /// Takes apart what a scanner read, on the day `today`, by which the century of an expiry is known.
    ///
    /// Nothing is guessed: a text of which any part is no GS1 element is a code as a whole.
    pub fn read(text: &str, today: Date) -> Self {
        let (symbology, data) = symbology(text.trim_matches(['\r', '\n', '\t', ' ']));
        // Some scanners send the FNC1 that says "GS1" as a separator of its own.
        let data = data.trim_start_matches(GROUP_SEPARATOR);
        if let Some(elements) = gs1::read(data, today) {
            return Self {
                code: elements.gtin,
                batch: Batch {
                    number: elements.batch,
                    expiry: elements.expiry,
                },
                serial: elements.serial,
                is_certain: true,
            };
        }
        Self {
            code: data.trim_end_matches(GROUP_SEPARATOR).to_owned(),
            is_certain: symbology.is_some() || is_gtin(data),
            ..Self::default()
        }
    }
}

/// The AIM symbology identifier (ISO/IEC 15424: `]`, a letter, a digit or letter), and what follows it.
fn symbology(text: &str) -> (Option<&str>, &str) {
    let is_one = |prefix: &str| {
        matches!(prefix.as_bytes(), [b']', letter, modifier]
            if letter.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric())
    };
    match text.split_at_checked(3) {
        Some((prefix, rest)) if is_one(prefix) && !rest.is_empty() => (Some(prefix), rest),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 3, 2);

    fn read(text: &str) -> Label {
        Label::read(text, TODAY)
    }

    #[test]
    fn a_gs1_label_gives_code_expiry_batch_and_serial() {
        // The order of fields and the separators vary by maker.
        for text in [
            "01061611000123701728033110L41B\u{1d}21SN77",
            "]d201061611000123701728033110L41B\u{1d}21SN77",
            "\u{1d}010616110001237021SN77\u{1d}10L41B\u{1d}17280331",
            "]C1010616110001237010L41B\u{1d}1728033121SN77",
        ] {
            let label = read(text);
            assert_eq!(label.code, "06161100012370", "{text:?}");
            assert_eq!(label.batch.to_string(), "batch L41B, expires 2028-03-31", "{text:?}");
            assert_eq!(label.serial.as_deref(), Some("SN77"), "{text:?}");
            assert!(label.is_certain);
        }
    }

    #[test]
    fn elements_that_a_till_does_not_need_are_passed_over() {
        // Production date, variant, a reimbursement number, a price: of settled length or ended by a separator.
        let label = read("0106161100012370112601012001710987\u{1d}172803003922150\u{1d}10A");
        assert_eq!(label.batch.to_string(), "batch A, expires 2028-03-31");
    }

    #[test]
    fn what_is_no_gs1_label_throughout_is_a_code_as_it_was_read() {
        for text in [
            "6161100012370",
            "PANA500",
            "T01-000123",
            "0106161100012371",
            "01061611000123701728133",
        ] {
            let label = read(text);
            assert!(label.code == text && label.batch.is_unknown(), "{label:?}");
        }
        assert_eq!(read("]E06161100012370").code, "6161100012370");
        assert_eq!(read("]").code, "]");
        assert_eq!(read("]C1").code, "]C1");
        assert_eq!(read("+A123BJC5D6E71").code, "+A123BJC5D6E71");
        assert!(!read("amoxicillin").is_certain && !read("6161100012371").is_certain);
        assert!(read("6161100012370").is_certain && read("]A0PANA500").is_certain);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_fault(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn any_text_of_digits_and_separators_is_read_without_a_fault(text in "(\\][a-zA-Z][0-9])?[0-9\u{1d}]{0,60}") {
            let label = read(&text);
            prop_assert!(!label.code.ends_with(GROUP_SEPARATOR));
        }

        #[test]
        fn a_label_is_read_as_it_was_written(
            body in "[0-9]{13}",
            days in 0..3650_i32,
            batch in "[!-~]{1,20}",
            serial in "[!-~]{1,20}",
            aim in prop_oneof!["", "\\]d2", "\\]C1"],
        ) {
            let gtin = format!("{body}{}", gtin::check_digit(&body));
            let expiry = TODAY + jiff::SignedDuration::from_hours(24 * i64::from(days));
            let text = format!("{aim}01{gtin}17{}10{batch}\u{1d}21{serial}", expiry.strftime("%y%m%d"));
            let expected = Label {
                code: gtin,
                batch: Batch {
                    number: Some(batch),
                    expiry: Some(expiry),
                },
                serial: Some(serial),
                is_certain: true,
            };
            prop_assert_eq!(read(&text), expected);
        }
    }
}
