//! The first few of many rows, in the one order of hits.
use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::{Hit, Rank, strength};

/// A row that was found, with all that its place among the others depends on.
pub(super) struct Candidate<'a> {
    pub rank: Rank,
    /// What speaks against a guess: two for each slip, one if the name begins with nothing of what was meant.
    pub doubt: u8,
    pub name_chars: u32,
    pub name: &'a str,
    pub strength: &'a str,
    pub key: u32,
}

impl Ord for Candidate<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.rank, self.doubt, self.name_chars, self.name)
            .cmp(&(other.rank, other.doubt, other.name_chars, other.name))
            .then_with(|| strength::compare(self.strength, other.strength))
            .then_with(|| self.key.cmp(&other.key))
    }
}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate<'_> {}

/// Keeps the best `limit` of the candidates that are offered.
pub(super) struct Best<'a> {
    limit: usize,
    /// The worst that is kept stands on top.
    heap: BinaryHeap<Candidate<'a>>,
}

impl<'a> Best<'a> {
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            heap: BinaryHeap::new(),
        }
    }

    pub fn offer(&mut self, candidate: Candidate<'a>) {
        if self.heap.len() < self.limit {
            self.heap.push(candidate);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && candidate < *worst
        {
            *worst = candidate;
        }
    }

    /// What was kept, best first.
    pub fn into_hits(self) -> Vec<Hit> {
        self.heap
            .into_sorted_vec()
            .into_iter()
            .map(|Candidate { key, rank, .. }| Hit { key, rank })
            .collect()
    }
}
