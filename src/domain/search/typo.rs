//! Mistyped words: what the catalogue has that is one or two slips away.
use std::collections::HashMap;

/// The longest word that is looked at for slips, in characters; drug names are shorter.
const LONGEST: usize = 32;
/// How many corrections of a word are tried: each costs a pass over the catalogue.
const CORRECTIONS: usize = 3;

/// The words of names and generic names. Strengths and codes are not corrected: a near number is another drug.
#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary {
    words: HashMap<Box<str>, Known>,
}

#[derive(Debug, Clone)]
struct Known {
    /// The set of its letters, by which most words are passed over without a look at them.
    letters: u32,
    /// How often it was learned.
    times: usize,
}

/// What a typed term may have meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meant {
    /// The likeliest first; none if some word begins with the term as it stands, or if it is not to be corrected.
    pub corrections: Vec<Correction>,
    /// About how many rows these lead to: which of several terms to look for first.
    pub rows: usize,
}

/// A beginning of a word in the catalogue that may have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Correction {
    /// Letters wrong, missing, too many, or swapped with their neighbour.
    pub slips: u8,
    /// What was meant, led by a space.
    pub term: String,
}

impl Vocabulary {
    /// Adds the words of `text`, as [`super::words::push_words`] wrote them.
    pub fn learn(&mut self, text: &str) {
        for word in text.split_ascii_whitespace().filter(|word| is_word(word)) {
            if let Some(known) = self.words.get_mut(word) {
                known.times += 1;
            } else {
                let letters = letters(word);
                self.words.insert(word.into(), Known { letters, times: 1 });
            }
        }
    }

    /// What a typed term, led by its space, may have meant.
    pub fn meant_by(&self, term: &str) -> Meant {
        let word = term.trim_start();
        let typed: Vec<char> = word.chars().take(LONGEST + 1).collect();
        let most = match typed.len() {
            4..=6 => 1,
            7..=LONGEST => 2,
            // Three letters are near to half of everything.
            _ => return Meant::as_typed(usize::MAX),
        };
        if !is_word(word) {
            return Meant::as_typed(usize::MAX);
        }
        let wanted = letters(word);
        let mut found: Vec<(u8, &str, usize)> = self
            .words
            .iter()
            // Each slip takes at most one letter out of the set.
            .filter(|(_, known)| (wanted & !known.letters).count_ones() <= u32::from(most))
            .filter_map(|(word, known)| {
                let (slips, meant) = nearest_beginning(&typed, word, most)?;
                Some((slips, meant, known.times))
            })
            .collect();
        let as_typed: usize = found
            .iter()
            .map(|&(slips, _, times)| if slips == 0 { times } else { 0 })
            .sum();
        if as_typed > 0 {
            return Meant::as_typed(as_typed);
        }
        // A slip in the first letter is the rarest, so what shares it comes first.
        found.sort_unstable_by_key(|&(slips, meant, _)| {
            let length = meant.chars().count();
            let begins_alike = meant.chars().next() == typed.first().copied();
            (slips, !begins_alike, length.abs_diff(typed.len()), meant)
        });
        let mut meant = Meant::as_typed(0);
        for (slips, beginning, times) in found {
            let told = meant
                .corrections
                .iter()
                .any(|c| beginning.starts_with(c.term.trim_start()));
            if !told {
                if meant.corrections.len() == CORRECTIONS {
                    break;
                }
                let term = format!(" {beginning}");
                meant.corrections.push(Correction { slips, term });
            }
            meant.rows += times;
        }
        meant
    }
}

impl Meant {
    fn as_typed(rows: usize) -> Self {
        Self {
            corrections: Vec::new(),
            rows,
        }
    }
}

fn is_word(word: &str) -> bool {
    word.len() > 2 && word.chars().all(|c| !c.is_ascii_digit() && c != ' ')
}

/// The set of letters: a bit for each of a–z, the rest of the world in six more.
fn letters(word: &str) -> u32 {
    word.chars().fold(0, |set, c| {
        set | match c {
            'a'..='z' => 1 << (u32::from(c) - u32::from('a')),
            c => 1 << (26 + u32::from(c) % 6),
        }
    })
}

/// The beginning of `word` with the fewest slips from `typed`, and how many: optimal string alignment (insertion,
/// deletion, substitution, swap of neighbours), stopped as soon as there are more than `most`.
fn nearest_beginning<'w>(typed: &[char], word: &'w str, most: u8) -> Option<(u8, &'w str)> {
    let count = typed.len();
    // Three rows of the table; row r, column c: the slips between the word's first r letters and the typed first c.
    let mut older = [0u8; LONGEST + 1];
    let mut last: [u8; LONGEST + 1] = std::array::from_fn(|column| u8::try_from(column).unwrap_or(u8::MAX));
    let mut best: Option<(u8, &str)> = None;
    let mut previous = None;
    for (row, (at, letter)) in (1u8..).zip(word.char_indices()) {
        let mut current = [row; LONGEST + 1];
        for column in 1..=count {
            let mut slips = (last[column] + 1)
                .min(current[column - 1] + 1)
                .min(last[column - 1] + u8::from(typed[column - 1] != letter));
            if column > 1 && previous == Some(typed[column - 1]) && typed[column - 2] == letter {
                slips = slips.min(older[column - 2] + 1);
            }
            current[column] = slips;
        }
        let slips = current[count];
        // Of equal ones the longer beginning: it says more about what was meant.
        if slips <= most && best.is_none_or(|(fewest, _)| slips <= fewest) {
            best = Some((slips, &word[..at + letter.len_utf8()]));
        }
        if current[..=count].iter().all(|&slips| slips > most) {
            break;
        }
        (older, last, previous) = (last, current, Some(letter));
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        vocabulary.learn(" amoxicillin 500 mg\n ampicillin paracetamol panadol ibuprofen");
        vocabulary
    }

    fn meant(typed: &str) -> Vec<String> {
        let meant = vocabulary().meant_by(&format!(" {typed}"));
        meant
            .corrections
            .into_iter()
            .map(|c| c.term.trim_start().to_owned())
            .collect()
    }

    #[test]
    fn one_or_two_slips_are_understood() {
        for (typed, word) in [
            ("paracetomol", "paracetamol"),
            ("paracetmol", "paracetamol"),
            ("parracetamol", "paracetamol"),
            ("praacetamol", "paracetamol"),
            ("amoxycilin", "amoxicillin"),
            ("ibuprofin", "ibuprofen"),
            ("oanadol", "panadol"),
        ] {
            assert_eq!(meant(typed).first().map(String::as_str), Some(word), "{typed}");
        }
    }

    #[test]
    fn a_slip_in_the_beginning_of_a_word_is_understood_while_it_is_typed() {
        assert_eq!(meant("amxo"), ["amox"]);
    }

    #[test]
    fn short_words_numbers_and_right_words_are_left_alone() {
        for typed in ["amo", "5000", "500 mg", "amoxicillin", "zzzzzz"] {
            assert_eq!(meant(typed), [""; 0], "{typed}");
        }
        assert_eq!(meant(&"a".repeat(100_000)), [""; 0]);
    }
}
