//! The catalogue search: a key at a time over a hundred thousand drugs, complete, ranked, and in one order.
//!
//! All words of all rows lie in one text, each led by a space, each row and field led by a line break. So "a word of
//! this row begins with `amox`" is "the row contains `␠amox`", which [`memchr`] answers for the whole catalogue at the
//! speed of memory. A pass over the text finds the rows of the longest typed word; the others are looked for in those
//! rows alone. Nothing is looked up in an index that could be stale or cut short: what matches is found.
//!
//! A changed row is written anew at the end and its old words are passed over; when half of the text is dead, the living
//! rows are copied together.
mod best;
mod passes;
mod strength;
#[cfg(test)]
mod tests;
mod typo;
mod words;

use std::collections::HashMap;

use super::name::fold;
use typo::Vocabulary;
use words::{Query, push_words};

/// With fewer hits than this, mistyped words are looked at too.
const FEW: usize = 4;

/// What the search knows of a drug.
#[derive(Debug, Clone)]
pub struct SearchRow<'a> {
    /// The caller's name for the row; unique.
    pub key: u32,
    /// The drug's own code.
    pub code: &'a str,
    /// The code of each pack, in the caller's order; empty for a pack without one.
    pub pack_codes: Vec<&'a str>,
    /// The name on the box.
    pub name: &'a str,
    /// What is in it.
    pub generic_name: &'a str,
    /// How much is in a unit.
    pub strength: &'a str,
}

/// How a row was found, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// The query is the row's code or that of one of its packs.
    ExactCode,
    /// Name and strength begin with the whole query.
    NamePrefix,
    /// As [`Rank::WordPrefix`], and the name begins with one of the typed words.
    NameWord,
    /// Every typed word is the beginning of a word of name, generic name, strength or code.
    WordPrefix,
    /// Every typed word stands somewhere in the row, some only inside a word.
    Contained,
    /// Found by correcting what was typed.
    Nearest,
}

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The caller's name for the row.
    pub key: u32,
    /// How it was found.
    pub rank: Rank,
}

/// What a search found, each part best first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// Rows of which every typed word is a prefix ([`Rank::WordPrefix`] or better): one may be highlighted by itself.
    pub matches: Vec<Hit>,
    /// How many rows match, those included that the limit cut off.
    pub total: usize,
    /// Guesses ([`Rank::Contained`] or [`Rank::Nearest`]) in the room that the matches left: never taken unasked.
    pub nearest: Vec<Hit>,
}

/// What bears a scanned code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeHit {
    /// The caller's name for the row.
    pub key: u32,
    /// The place in [`SearchRow::pack_codes`]; none if the code is the drug's own.
    pub pack: Option<usize>,
}

/// The searchable catalogue.
#[derive(Debug, Clone, Default)]
pub struct SearchIndex {
    /// Every row's words: `\n name strength\n generic\n code\n pack code…`.
    text: String,
    /// The rows, tiling the text.
    rows: Vec<Row>,
    /// Where the row of a key is in `rows`.
    slots: HashMap<u32, usize>,
    /// Who bears a folded code: slot and pack. Some dead rows are still in it.
    codes: HashMap<Box<str>, Vec<(usize, Option<usize>)>>,
    vocabulary: Vocabulary,
    /// Bytes of `text` that belong to dead rows.
    dead: usize,
}

/// Where a row's words are.
#[derive(Debug, Clone)]
struct Row {
    key: u32,
    name_chars: u32,
    /// Where its words begin in the text.
    start: usize,
    /// The ends of its parts, counted from there.
    name_end: usize,
    strength_end: usize,
    generic_end: usize,
    end: usize,
    live: bool,
}

impl SearchIndex {
    /// An index of these rows; of two with one key the later counts.
    pub fn new<'a>(rows: impl IntoIterator<Item = SearchRow<'a>>) -> Self {
        let mut index = Self::default();
        for row in rows {
            index.put(&row);
        }
        index
    }

    /// How many rows can be found.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds a row, or puts it in the place of the one with its key.
    pub fn put(&mut self, row: &SearchRow<'_>) {
        self.remove(row.key);
        let slot = self.rows.len();
        let start = self.text.len();
        self.text.push('\n');
        push_words(&mut self.text, &fold(row.name));
        let name_end = self.text.len() - start;
        push_words(&mut self.text, &fold(row.strength));
        let strength_end = self.text.len() - start;
        self.text.push('\n');
        push_words(&mut self.text, &fold(row.generic_name));
        let generic_end = self.text.len() - start;
        self.put_code(slot, None, row.code);
        for (pack, code) in row.pack_codes.iter().enumerate() {
            self.put_code(slot, Some(pack), code);
        }
        let words = &self.text[start..];
        self.vocabulary.learn(&words[..generic_end]);
        self.slots.insert(row.key, slot);
        self.rows.push(Row {
            key: row.key,
            name_chars: u32::try_from(words[..name_end].chars().count()).unwrap_or(u32::MAX),
            start,
            name_end,
            strength_end,
            generic_end,
            end: words.len(),
            live: true,
        });
    }

    fn put_code(&mut self, slot: usize, pack: Option<usize>, code: &str) {
        let code = fold(code);
        if code.is_empty() {
            return;
        }
        self.text.push('\n');
        push_words(&mut self.text, &code);
        let bearers = self.codes.entry(code.into_boxed_str()).or_default();
        // Those of rows that died meanwhile go; the row that is being put has no slot yet.
        bearers.retain(|&(slot, _)| self.rows.get(slot).is_none_or(|row| row.live));
        bearers.push((slot, pack));
    }

    /// Takes a row out, as when a drug is deactivated; nothing happens if there is none with that key.
    pub fn remove(&mut self, key: u32) {
        let Some(slot) = self.slots.remove(&key) else {
            return;
        };
        self.rows[slot].live = false;
        self.dead += self.words_of(slot).len();
        if self.dead > self.text.len() / 2 {
            self.compact();
        }
    }

    /// Copies the living rows together.
    fn compact(&mut self) {
        let text = std::mem::take(&mut self.text);
        let rows = std::mem::take(&mut self.rows);
        self.vocabulary = Vocabulary::default();
        self.dead = 0;
        let mut moved = vec![None; rows.len()];
        for (slot, row) in rows.into_iter().enumerate().filter(|(_, row)| row.live) {
            let words = &text[row.start..row.start + row.end];
            let start = self.text.len();
            self.text.push_str(words);
            self.vocabulary.learn(&words[..row.generic_end]);
            self.slots.insert(row.key, self.rows.len());
            moved[slot] = Some(self.rows.len());
            self.rows.push(Row { start, ..row });
        }
        self.codes.retain(|_, bearers| {
            bearers.retain_mut(|(slot, _)| match moved[*slot] {
                Some(now) => {
                    *slot = now;
                    true
                }
                None => false,
            });
            !bearers.is_empty()
        });
    }

    /// The one pack or drug that bears exactly this code (letter case, width and outer spaces aside).
    ///
    /// None where nothing bears it, and where two do: a scan never guesses. A drug's own code on one of its packs means
    /// the pack.
    pub fn exact_code(&self, code: &str) -> Option<CodeHit> {
        let mut found: Option<CodeHit> = None;
        for (slot, pack) in self.bearers(&fold(code)) {
            let key = self.rows[slot].key;
            found = match found {
                None => Some(CodeHit { key, pack }),
                Some(own) if own.key == key && own.pack.is_none() => Some(CodeHit { key, pack }),
                Some(_) => return None,
            };
        }
        found
    }

    /// Whether several rows bear exactly this code, so that it means none of them.
    pub fn is_shared(&self, code: &str) -> bool {
        self.exact_code(code).is_none() && self.bearers(&fold(code)).next().is_some()
    }

    fn bearers(&self, folded: &str) -> impl Iterator<Item = (usize, Option<usize>)> {
        let bearers = self.codes.get(folded).map_or(&[][..], Vec::as_slice);
        bearers.iter().copied().filter(|&(slot, _)| self.rows[slot].live)
    }

    /// The rows that match what was typed, at most `limit` in all; nothing for a query without a word or code.
    ///
    /// The order is total: by [`Rank`], corrections by the slips they suppose, then the shorter name, the name, the
    /// strength (5 mg before 10 mg before 1 g), the key. `limit` is what a screen shows: a search costs up to six passes
    /// over the text, mostly one or two, and a heap of that size.
    pub fn search(&self, typed: &str, limit: usize) -> Hits {
        let query = Query::read(typed);
        let (matches, total) = self.matches(&query, limit);
        let mut hits = Hits {
            matches,
            total,
            nearest: Vec::new(),
        };
        let room = limit - hits.matches.len();
        if room > 0 {
            hits.nearest = self.contained(&query, room);
        }
        let found = hits.matches.len() + hits.nearest.len();
        if found < FEW.min(limit) {
            let guesses = self.corrected(&query, limit - found, &hits.nearest);
            hits.nearest.extend(guesses);
        }
        hits
    }

    fn words_of(&self, slot: usize) -> &str {
        let row = &self.rows[slot];
        &self.text[row.start..row.start + row.end]
    }
}
