//! What a feed has seen, in bounded memory.
use std::collections::{HashMap, VecDeque};

use sha2::{Digest as _, Sha256};

use crate::domain::event::{OlderEvent, SaleEvent, StreamEvent};
use crate::domain::seen::{SeenSeqs, Sighting};

/// So many tills' series are told apart; a topic with more is not one of ours.
const MOST_SOURCES: usize = 20_000;
/// Of so many of the latest events the content is remembered, to tell a repeat from a forgery. Some 7 MB.
const WINDOW: usize = 65_536;

/// Whether a record was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// No; and it is the next of its till, or has no number.
    New,
    /// No; but so many before it have not come yet.
    Jump {
        /// How many.
        missing: u64,
    },
    /// No; it fills a hole.
    Late,
    /// Yes, and nothing speaks against it being the same. To be dropped.
    Repeat,
    /// Its number was seen with other content: an alert.
    Differs,
    /// It cannot be told: there are too many tills, or too many holes.
    Untracked,
}

/// A till's series, or a partition, as 16 bytes of a digest: names from outside take no memory.
type Source = [u8; 16];
/// A digest of an event's content.
type Content = [u8; 16];

/// The events seen by a feed.
///
/// By till and series the numbers seen are kept as intervals, exactly. Beside them a window remembers the content of
/// the latest events: a repeat whose first occurrence has left it counts as the same. Events without a number (the
/// older tracker's) are known again only by place and content within that window: two equal sales are two sales.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    numbers: HashMap<Source, SeenSeqs>,
    contents: HashMap<(Source, u64), Content>,
    order: VecDeque<(Source, u64)>,
}

impl Sightings {
    /// Notes an event read at `partition` and `offset`.
    pub(super) fn note(&mut self, event: &StreamEvent, partition: i32, offset: i64) -> Seen {
        match event {
            StreamEvent::Sale(sale) => self.note_sale(sale),
            StreamEvent::Older(older) => self.note_older(older, partition, offset),
        }
    }

    fn note_sale(&mut self, sale: &SaleEvent) -> Seen {
        let series = sale.series.to_be_bytes();
        let source = digest(&[b"till", &series, sale.till_id.as_bytes()]);
        if !self.numbers.contains_key(&source) && self.numbers.len() >= MOST_SOURCES {
            return Seen::Untracked;
        }
        // The values, not the bytes: an event made again from its sale may order its fields otherwise.
        let content = digest(&[&serde_json::to_vec(sale).unwrap_or_default()]);
        let sighting = self.numbers.entry(source).or_default().note(sale.seq);
        let key = (source, sale.seq);
        match sighting {
            Sighting::Repeat => {
                return match self.contents.get(&key) {
                    Some(first) if *first != content => Seen::Differs,
                    _ => Seen::Repeat,
                };
            }
            Sighting::Overflow => return Seen::Untracked,
            Sighting::Next | Sighting::Jump { .. } | Sighting::Late => {}
        }
        self.remember(key, content);
        match sighting {
            Sighting::Jump { missing } => Seen::Jump { missing },
            Sighting::Late => Seen::Late,
            _ => Seen::New,
        }
    }

    fn note_older(&mut self, older: &OlderEvent, partition: i32, offset: i64) -> Seen {
        let key = (
            digest(&[b"partition", &partition.to_be_bytes()]),
            offset.cast_unsigned(),
        );
        let content = digest(&[format!("{older:?}").as_bytes()]);
        if self.contents.get(&key) == Some(&content) {
            return Seen::Repeat;
        }
        self.remember(key, content);
        Seen::New
    }

    fn remember(&mut self, key: (Source, u64), content: Content) {
        if self.contents.insert(key, content).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > WINDOW
            && let Some(oldest) = self.order.pop_front()
        {
            self.contents.remove(&oldest);
        }
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hasher.finalize()[..16]);
    short
}
