//! What a word is: the one reading that catalogue text and typed text share.
use crate::domain::name::fold;

/// Appends the words of `folded` text to `text`, each led by one space: `"500mg tab"` becomes `" 500 mg tab"`.
///
/// A word is a run of digits (with a decimal point inside) or of letters, so `500mg`, `500 mg` and `500-mg` read alike,
/// and so do `.5` and `0.5`. The words of a shorter text are always prefixes of those of a longer one that begins with
/// it: a key more never widens what is found.
pub(super) fn push_words(text: &mut String, folded: &str) {
    let mut before = Class::Gap;
    let mut chars = folded.chars().peekable();
    while let Some(c) = chars.next() {
        let is_point = c == '.' && chars.peek().is_some_and(char::is_ascii_digit);
        let class = if is_point { Class::Digit } else { Class::of(c) };
        if class != Class::Gap {
            if class != before {
                text.push(' ');
                if is_point {
                    text.push('0');
                }
            }
            text.push(c);
        }
        before = class;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Gap,
    Digit,
    Letter,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            '0'..='9' => Self::Digit,
            'a'..='z' | 'A'..='Z' => Self::Letter,
            '\u{2000}'..='\u{206f}' => Self::Gap,
            // Marks, signs and pictures outside ASCII stay in their word: what was typed is what is looked for.
            c if c.is_ascii() || c.is_whitespace() || c.is_control() => Self::Gap,
            _ => Self::Letter,
        }
    }
}

/// What was typed, read once for a whole search.
pub(super) struct Query {
    /// The text as codes are compared.
    pub folded: String,
    /// Every word in the typed order, each led by a space.
    pub phrase: String,
    /// What is looked for apart, each as its words led by a space: what stands between typed spaces, and a unit apart from
    /// its number (`20/120mg` is `" 20 120"` and `" mg"`), for in `500/125 mg` the unit of 500 stands further on.
    /// Distinct, the longest first, since that one is in the fewest rows.
    pub terms: Vec<String>,
}

impl Query {
    pub fn read(typed: &str) -> Self {
        let folded = fold(typed);
        let mut phrase = String::with_capacity(folded.len() + 1);
        push_words(&mut phrase, &folded);
        let mut terms = Vec::new();
        for between in folded.split(' ') {
            let mut words = String::with_capacity(between.len() + 1);
            push_words(&mut words, between);
            split_units(&words, &mut terms);
        }
        terms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        terms.dedup();
        Self { folded, phrase, terms }
    }
}

/// Adds `words` to `terms`, split where letters follow a number.
fn split_units(words: &str, terms: &mut Vec<String>) {
    let mut before = Class::Gap;
    for word in words.split_ascii_whitespace() {
        let class = word.chars().next().map_or(Class::Gap, Class::of);
        match terms.last_mut() {
            Some(term) if before == class || before == Class::Letter => {
                term.push(' ');
                term.push_str(word);
            }
            _ => terms.push(format!(" {word}")),
        }
        before = class;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> String {
        let mut words = String::new();
        push_words(&mut words, &fold(text));
        words
    }

    #[test]
    fn a_strength_reads_alike_however_it_is_spaced() {
        for spelling in ["500mg", "500 mg", "500-MG", " 500 / mg;", "５００ｍｇ"] {
            assert_eq!(words(spelling), " 500 mg");
        }
        assert_eq!(words("20/120mg"), " 20 120 mg");
        assert_eq!(words("12.5 mg"), " 12.5 mg");
        assert_eq!(words(".5%"), words("0.5 %"));
        assert_eq!(words("Vit. B12."), " vit b 12");
        assert_eq!(words("+ - ."), "");
    }

    #[test]
    fn a_unit_is_looked_for_apart_from_its_number() {
        assert_eq!(Query::read("20/120MG co-amox").terms, [" co amox", " 20 120", " mg"]);
        assert_eq!(Query::read("b12 500mg mg").terms, [" b 12", " 500", " mg"]);
    }

    proptest! {
        #[test]
        fn a_key_more_only_lengthens_the_words(text in "[a-z0-9. /%-]{0,24}") {
            for end in 0..text.len() {
                let (shorter, longer) = (words(&text[..end]), words(&text));
                prop_assert!(longer.starts_with(&shorter), "{shorter:?} {longer:?}");
            }
        }

        #[test]
        fn any_text_is_read_without_doubled_or_trailing_spaces(text in any::<String>()) {
            let words = words(&text);
            prop_assert!(!words.contains("  ") && !words.ends_with(' ') && !words.contains('\n'));
        }
    }
}
