//! The passes over the text, each for one kind of hit.
use memchr::memmem::Finder;

use super::best::{Best, Candidate};
use super::words::Query;
use super::{Hit, Rank, SearchIndex};

/// The shortest term that is looked for inside words, in bytes without its leading space.
const SHORTEST_INSIDE: usize = 2;
/// With more typed terms than this, it is a pasted text, not a slip of the finger.
const MOST_CORRECTED: usize = 8;

impl SearchIndex {
    /// The rows of which every term is a prefix: the best `limit`, and how many there are.
    pub(super) fn matches(&self, query: &Query, limit: usize) -> (Vec<Hit>, usize) {
        // In the order of slots, as they were put.
        let mut exact: Vec<usize> = self.bearers(&query.folded).map(|(slot, _)| slot).collect();
        exact.dedup();
        let mut best = Best::new(limit);
        let mut total = 0;
        if let Some((longest, others)) = query.terms.split_first() {
            let others: Vec<Finder> = others.iter().map(Finder::new).collect();
            self.each_with(&Finder::new(longest), |slot| {
                let words = self.words_of(slot);
                if !others.iter().all(|term| term.find(words.as_bytes()).is_some()) {
                    return;
                }
                let rank = if exact.binary_search(&slot).is_ok() {
                    Rank::ExactCode
                } else if words[1..].starts_with(&query.phrase) {
                    Rank::NamePrefix
                } else if query.terms.iter().any(|term| words[1..].starts_with(term)) {
                    Rank::NameWord
                } else {
                    Rank::WordPrefix
                };
                total += 1;
                best.offer(self.candidate(slot, rank, 0));
            });
        } else {
            // A code of signs alone has no words, but is still a code.
            for &slot in &exact {
                total += 1;
                best.offer(self.candidate(slot, Rank::ExactCode, 0));
            }
        }
        (best.into_hits(), total)
    }

    /// The best rows that hold every term somewhere, and are no match.
    pub(super) fn contained(&self, query: &Query, limit: usize) -> Vec<Hit> {
        let Some((longest, others)) = query.terms.split_first() else {
            return Vec::new();
        };
        if longest.len() - 1 < SHORTEST_INSIDE {
            return Vec::new();
        }
        let others: Vec<Finder> = others.iter().map(|term| Finder::new(&term[1..])).collect();
        let mut best = Best::new(limit);
        self.each_with(&Finder::new(&longest[1..]), |slot| {
            let words = self.words_of(slot);
            if others.iter().all(|term| term.find(words.as_bytes()).is_some())
                && !query.terms.iter().all(|term| words.contains(term.as_str()))
            {
                best.offer(self.candidate(slot, Rank::Contained, 0));
            }
        });
        best.into_hits()
    }

    /// The best rows of which every term is a prefix once mistyped ones are corrected; none of `known`.
    pub(super) fn corrected(&self, query: &Query, limit: usize, known: &[Hit]) -> Vec<Hit> {
        if query.terms.len() > MOST_CORRECTED {
            return Vec::new();
        }
        let meant: Vec<Meaning> = query.terms.iter().map(|term| self.meaning(term)).collect();
        if meant.iter().all(|meaning| meaning.ways.len() == 1) {
            return Vec::new();
        }
        let Some(rarest) = meant.iter().min_by_key(|meaning| meaning.rows) else {
            return Vec::new();
        };
        let mut best = Best::new(limit);
        for (tried, way) in rarest.ways.iter().enumerate() {
            self.each_with(&way.term, |slot| {
                let words = self.words_of(slot);
                let (mut slips, mut is_named_so) = (0, false);
                for meaning in &meant {
                    let Some(way) = meaning.ways.iter().find(|way| way.leads_to(words)) else {
                        return;
                    };
                    slips += way.slips;
                    is_named_so |= words.as_bytes()[1..].starts_with(way.term.needle());
                }
                // Every row once: by the first way that leads to it, and not if it stands there already.
                let key = self.rows[slot].key;
                let is_known = slips == 0
                    || rarest.ways[..tried].iter().any(|way| way.leads_to(words))
                    || known.iter().any(|hit| hit.key == key);
                if !is_known {
                    let doubt = 2 * slips + u8::from(!is_named_so);
                    best.offer(self.candidate(slot, Rank::Nearest, doubt));
                }
            });
        }
        best.into_hits()
    }

    /// What a typed term may mean: itself, then its corrections.
    fn meaning(&self, term: &str) -> Meaning {
        let way = |slips, term: &str| Way {
            slips,
            term: Finder::new(term).into_owned(),
        };
        let meant = self.vocabulary.meant_by(term);
        let corrections = meant.corrections.iter().map(|c| way(c.slips, &c.term));
        Meaning {
            ways: std::iter::once(way(0, term)).chain(corrections).collect(),
            rows: meant.rows,
        }
    }

    /// Calls `visit` with the slot of every living row that holds the term, in the order of slots: a pass over the text.
    fn each_with(&self, term: &Finder<'_>, mut visit: impl FnMut(usize)) {
        let text = self.text.as_bytes();
        let (mut at, mut slot) = (0, 0);
        while let Some(found) = term.find(&text[at..]) {
            slot = self.slot_at(slot, at + found);
            if self.rows[slot].live {
                visit(slot);
            }
            at = self.rows[slot].start + self.rows[slot].end;
            slot += 1;
        }
    }

    /// The slot of the row at a place in the text, at or after slot `from`; hits lie near each other, so it gallops.
    fn slot_at(&self, from: usize, place: usize) -> usize {
        let (mut low, mut step) = (from, 1);
        while self.rows.get(low + step).is_some_and(|row| row.start <= place) {
            low += step;
            step *= 2;
        }
        let high = (low + step).min(self.rows.len());
        low + self.rows[low + 1..high].partition_point(|row| row.start <= place)
    }

    fn candidate(&self, slot: usize, rank: Rank, doubt: u8) -> Candidate<'_> {
        let row = &self.rows[slot];
        let words = self.words_of(slot);
        Candidate {
            rank,
            doubt,
            name_chars: row.name_chars,
            name: &words[..row.name_end],
            strength: &words[row.name_end..row.strength_end],
            key: row.key,
        }
    }
}

/// What a typed term may mean.
struct Meaning {
    /// Fewest slips first.
    ways: Vec<Way>,
    /// About how many rows they lead to.
    rows: usize,
}

/// One way to read a typed term.
struct Way {
    slips: u8,
    term: Finder<'static>,
}

impl Way {
    fn leads_to(&self, words: &str) -> bool {
        self.term.find(words.as_bytes()).is_some()
    }
}
