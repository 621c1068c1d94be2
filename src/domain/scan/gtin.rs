//! Global trade item numbers: GTIN-8, -12, -13 and -14 are one number with fewer or more leading zeros (GS1 General
//! Specifications, section 2.1 and 7.9).

/// The lengths of such numbers.
const LENGTHS: [usize; 4] = [8, 12, 13, 14];

/// The digit that makes a number of these digits whole: by weights 3, 1, 3… from the right.
pub(super) fn check_digit(digits: &str) -> u32 {
    let weighed = digits.bytes().rev().zip([3_u32, 1].into_iter().cycle());
    let sum: u32 = weighed.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    (10 - sum % 10) % 10
}

/// Whether a text of digits ends in its check digit.
pub(super) fn has_check_digit(text: &str) -> bool {
    match text.split_at_checked(text.len().wrapping_sub(1)) {
        Some((digits, last)) => text.bytes().all(|b| b.is_ascii_digit()) && last.parse() == Ok(check_digit(digits)),
        None => false,
    }
}

/// Whether a text is such a number: of one of its lengths, and with its check digit.
pub fn is_gtin(text: &str) -> bool {
    LENGTHS.contains(&text.len()) && has_check_digit(text)
}

/// The ways in which the same number is written, as given first; of a code that is none, the code alone.
///
/// Only leading zeros differ: a GTIN-14 that begins with 1 to 8 is another pack.
pub fn equivalents(code: &str) -> Vec<String> {
    let mut ways = vec![code.to_owned()];
    if is_gtin(code) {
        let number = code.trim_start_matches('0');
        let written = LENGTHS.into_iter().filter(|length| *length >= number.len());
        ways.extend(
            written
                .map(|length| format!("{number:0>length$}"))
                .filter(|way| way != code),
        );
    }
    ways
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_known_by_length_and_check_digit() {
        // The examples of the General Specifications, and a code of the sample pharmacy.
        for number in [
            "6161100012370",
            "9506000134352",
            "036000291452",
            "40170725",
            "10012345678902",
        ] {
            assert!(is_gtin(number), "{number}");
        }
        for number in ["6161100012371", "616110001237", "", "0", "AAAAAAAA", "４０１７０７２５"] {
            assert!(!is_gtin(number), "{number}");
        }
    }

    #[test]
    fn leading_zeros_do_not_make_another_number_and_another_indicator_does() {
        let mut ways = equivalents("036000291452");
        ways.sort();
        assert_eq!(ways, ["00036000291452", "0036000291452", "036000291452"]);
        assert!(equivalents("00000040170725").contains(&String::from("40170725")));
        assert!(!equivalents("16161100012377").contains(&String::from("6161100012370")));
        assert_eq!(equivalents("PANA500"), ["PANA500"]);
    }

    proptest! {
        #[test]
        fn every_way_of_writing_a_number_is_a_number_and_leads_to_the_same_ways(body in "[0-9]{7,13}") {
            let number = format!("{body}{}", check_digit(&body));
            if is_gtin(&number) {
                let sorted = |code: &str| {
                    let mut ways = equivalents(code);
                    ways.sort();
                    ways
                };
                for way in equivalents(&number) {
                    prop_assert!(is_gtin(&way));
                    prop_assert_eq!(sorted(&way), sorted(&number));
                }
            }
        }
    }
}
