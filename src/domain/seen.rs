//! What a reader has seen of each till's numbered events: intervals, exact in bounded memory (PATH 5.2).
use std::collections::BTreeMap;

/// A till's events of one series have at most this many holes; a reader that would keep more says so.
const MOST_INTERVALS: usize = 1_024;

/// What an event's number tells a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// The next in order, or the first that this reader saw of the till.
    Next,
    /// Ahead: so many before it have not come.
    Jump {
        /// How many numbers are skipped.
        missing: u64,
    },
    /// It fills a hole.
    Late,
    /// Seen before: to be dropped.
    Repeat,
    /// There are too many holes to keep another: counted, but a repeat of it would be too.
    Overflow,
}

/// The numbers seen of one till and series, as disjoint, non-adjacent, inclusive intervals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenSeqs {
    /// First number of an interval to its last.
    intervals: BTreeMap<u64, u64>,
}

impl SeenSeqs {
    /// From intervals kept before, as `(first, last)`.
    pub fn from_intervals(intervals: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut seen = Self::default();
        for (first, last) in intervals {
            if first <= last {
                seen.insert(first, last);
            }
        }
        seen
    }

    /// The intervals, in order.
    pub fn intervals(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.intervals.iter().map(|(first, last)| (*first, *last))
    }

    /// How many numbers between the first and the last seen have not come.
    pub fn missing(&self) -> u64 {
        let firsts = self.intervals.keys().skip(1);
        firsts
            .zip(self.intervals.values())
            .map(|(next, last)| next - last - 1)
            .sum()
    }

    /// Whether `seq` was seen.
    pub fn contains(&self, seq: u64) -> bool {
        let before = self.intervals.range(..=seq).next_back();
        before.is_some_and(|(_, last)| seq <= *last)
    }

    /// Notes `seq` and says what it is.
    pub fn note(&mut self, seq: u64) -> Sighting {
        if self.contains(seq) {
            return Sighting::Repeat;
        }
        let before = self.intervals.range(..=seq).next_back().map(|(_, last)| *last);
        let highest = self.intervals.last_key_value().map(|(_, last)| *last);
        let follows = before.is_some_and(|last| last.checked_add(1) == Some(seq));
        let leads = seq
            .checked_add(1)
            .is_some_and(|next| self.intervals.contains_key(&next));
        let adjacent = follows || leads;
        if !adjacent && self.intervals.len() >= MOST_INTERVALS {
            return Sighting::Overflow;
        }
        self.insert(seq, seq);
        match highest {
            None => Sighting::Next,
            Some(highest) if seq < highest => Sighting::Late,
            Some(highest) if seq == highest + 1 => Sighting::Next,
            Some(highest) => Sighting::Jump {
                missing: seq - highest - 1,
            },
        }
    }

    fn insert(&mut self, mut first: u64, mut last: u64) {
        while let Some((f, l)) = self
            .intervals
            .range(..=last.saturating_add(1))
            .next_back()
            .map(|(f, l)| (*f, *l))
        {
            if l.saturating_add(1) < first {
                break;
            }
            self.intervals.remove(&f);
            first = first.min(f);
            last = last.max(l);
        }
        self.intervals.insert(first, last);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_jump_shows_what_is_missing_and_a_late_one_fills_it() {
        let mut seen = SeenSeqs::default();
        assert_eq!(seen.note(5), Sighting::Next);
        assert_eq!(seen.note(6), Sighting::Next);
        assert_eq!(seen.note(19), Sighting::Jump { missing: 12 });
        assert_eq!(seen.note(6), Sighting::Repeat);
        assert_eq!(seen.note(7), Sighting::Late);
        assert_eq!(seen.missing(), 11);
    }

    #[test]
    fn the_greatest_number_there_is_is_a_number() {
        let mut seen = SeenSeqs::default();
        seen.note(1);
        let missing = u64::MAX - 2;
        assert_eq!(seen.note(u64::MAX), Sighting::Jump { missing });
        assert_eq!(seen.note(u64::MAX), Sighting::Repeat);
        assert_eq!(seen.note(u64::MAX - 1), Sighting::Late);
        assert_eq!(seen.note(2), Sighting::Late);
        assert_eq!(seen.intervals().collect::<Vec<_>>(), [(1, 2), (u64::MAX - 1, u64::MAX)]);
        assert_eq!(seen.missing(), missing - 2);
    }

    #[test]
    fn too_many_holes_are_told_and_memory_stays_bounded() {
        let mut seen = SeenSeqs::default();
        for k in 0..MOST_INTERVALS as u64 {
            assert_ne!(seen.note(k * 2), Sighting::Overflow);
        }
        assert_eq!(seen.note(1_000_000), Sighting::Overflow);
        assert_eq!(seen.note(1), Sighting::Late);
        assert_eq!(seen.intervals().count(), MOST_INTERVALS - 1);
    }

    proptest! {
        #[test]
        fn each_number_counts_exactly_once_in_any_order(seqs in prop::collection::vec(1_u64..300, 0..400)) {
            let mut seen = SeenSeqs::default();
            let mut set = BTreeSet::new();
            for seq in seqs {
                let sighting = seen.note(seq);
                prop_assert_eq!(sighting == Sighting::Repeat, !set.insert(seq));
            }
            let from_intervals: BTreeSet<u64> = seen.intervals().flat_map(|(a, b)| a..=b).collect();
            prop_assert_eq!(&from_intervals, &set);
            let ends: Vec<_> = seen.intervals().collect();
            prop_assert!(ends.windows(2).all(|w| w[0].1 + 1 < w[1].0));
            prop_assert_eq!(SeenSeqs::from_intervals(seen.intervals()), seen);
        }
    }
}
