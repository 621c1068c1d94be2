//! Equality of names, codes and phone numbers, decided here and nowhere else.
//!
//! Database collations differ between engines and versions, so both engines keep the folded form in a binary `*_key`
//! column (PATH 3.8), and a unique key over it refuses the second row.
use unicode_normalization::UnicodeNormalization as _;

/// The form by which two names are the same: NFKC, case-folded, trimmed, inner white space as single spaces.
pub fn fold(text: &str) -> String {
    let folded = if text.is_ascii() {
        // The same, and most of any catalogue: a tenth of the time.
        text.to_ascii_lowercase()
    } else {
        // Folding can bring back a sequence that NFKC composes (the Unicode standard's toNFKC_Casefold order).
        let folded = caseless::default_case_fold_str(&text.nfkc().collect::<String>());
        folded.nfkc().collect()
    };
    let mut key = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(word);
    }
    key
}

/// The text as it is kept and shown: trimmed, with inner white space as single spaces.
pub fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The form by which two phone numbers are the same: an optional leading `+`, then the digits alone.
pub fn fold_phone(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for c in text.nfkc() {
        if c.is_ascii_digit() || (c == '+' && key.is_empty()) {
            key.push(c);
        }
    }
    key
}

/// The text with every character that could steer a terminal replaced by `·`, for anything that came from outside.
///
/// Covers C0 and C1 controls, DEL, and the bidirectional and zero-width formats that reorder or hide text.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_unprintable(c) { '·' } else { c }).collect()
}

/// Whether the character could steer a terminal.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_width_and_spaces_do_not_make_another_outlet() {
        assert_eq!(fold("mirema MEDS "), fold("Mirema  meds"));
        assert_eq!(fold("Ｍｉｒｅｍａ\u{a0}Meds"), fold("Mirema meds"));
        assert_eq!(fold("STRASSE"), fold("Straße"));
        assert_ne!(fold("Mirema med"), fold("Mirema meds"));
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for name in ["ǅ", "ﬁ", "İ", "ΐ", "Å", "ᾳ"] {
            assert_eq!(fold(&fold(name)), fold(name));
        }
    }

    #[test]
    fn plain_ascii_folds_as_it_does_beside_other_letters() {
        for text in ["  Mirema\tMEDS ", "a\u{b}b\u{1c}c\u{7f}", "20/120 MG", ""] {
            assert_eq!(format!("{} é", fold(text)).trim_start(), fold(&format!("{text} É")));
        }
    }

    #[test]
    fn phone_numbers_are_compared_by_their_digits() {
        assert_eq!(fold_phone("+254 712-345 678"), fold_phone("+254712345678"));
        assert_ne!(fold_phone("0712345678"), fold_phone("+254712345678"));
    }

    #[test]
    fn nothing_from_outside_reaches_the_terminal_as_an_escape() {
        assert_eq!(printable("a\u{1b}[2Jb\u{9b}c\u{202e}d"), "a·[2Jb·c·d");
    }
}
