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
            StreamEvent::Audit(_) | StreamEvent::Heartbeat(_) => Seen::Untracked,
        }
    }

    fn note_sale(&mut self, sale: &SaleEvent) -> Seen {
        let series = sale.series.to_be_bytes();
        let source = digest(&[b"till", &series, sale.till_id.as_bytes()]);
        if !self.numbers.contains_key(&source) && self.numbers.len() >= MOST_SOURCES {
            return Seen::Untracked;
        }
        // The values, not the bytes: an event made again from its sale may order its fields otherwise. Made again by a newer
        // program it has the payments too, which the first one lacked.
        let said = sale.without_payments();
        let content = digest(&[&serde_json::to_vec(&*said).unwrap_or_default()]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventPayment;

    fn sale(till: &str, seq: u64, total: &str) -> StreamEvent {
        let json = format!(
            r#"{{"schema":1,"event_id":"4f5d2a4a-54a7-5f3c-9f0b-0a9a3e1f7c11","sale_id":"01900000-0000-7000-8000-000000000001",
            "line_no":1,"kind":"sale","emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"","pharmacy_region":"",
            "quantity_sold":1,"date_sold":"2024-06-20","sold_at":"2024-06-20T09:14:03.412Z","outlet_id":1,"till_id":"{till}",
            "employee":"","drug":"","doctor":null,"unit":"","unit_qty":"1","unit_factor":"1","unit_price":"1","discount":"0",
            "line_total":"{total}","currency":"KES","receipt":"","chain":"{}","series":1,"seq":{seq},"lines":1,"refund_of":null}}"#,
            "0".repeat(64),
        );
        StreamEvent::read(Some(json.as_bytes())).unwrap()
    }

    fn older() -> StreamEvent {
        let json = br#"{"emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"","pharmacy_region":"","quantity_sold":1,"date_sold":""}"#;
        StreamEvent::read(Some(json)).unwrap()
    }

    #[test]
    fn a_repeat_with_other_content_is_told_from_a_repeat() {
        let mut sightings = Sightings::default();
        assert_eq!(sightings.note(&sale("T01", 1, "5.00"), 0, 0), Seen::New);
        assert_eq!(
            sightings.note(&sale("T01", 1, "5.00"), 2, 9),
            Seen::Repeat,
            "wherever it comes from"
        );
        assert_eq!(sightings.note(&sale("T01", 1, "6.00"), 0, 1), Seen::Differs);
        assert_eq!(sightings.note(&sale("T02", 1, "6.00"), 0, 2), Seen::New);
        assert_eq!(sightings.note(&sale("T01", 4, "5.00"), 0, 3), Seen::Jump { missing: 2 });
        assert_eq!(sightings.note(&sale("T01", 3, "5.00"), 0, 4), Seen::Late);
    }

    #[test]
    fn a_sale_sent_again_with_the_payments_that_its_first_event_lacked_is_a_repeat() {
        let mut sightings = Sightings::default();
        let before = sale("T01", 1, "5.00");
        let StreamEvent::Sale(mut event) = before.clone() else {
            panic!()
        };
        event.payments = vec![EventPayment {
            tender: "Cash".to_owned(),
            amount: "5.00".to_owned(),
        }];
        assert_eq!(sightings.note(&before, 0, 0), Seen::New);
        assert_eq!(sightings.note(&StreamEvent::Sale(event.clone()), 0, 1), Seen::Repeat);
        event.line_total = "6.00".to_owned();
        assert_eq!(sightings.note(&StreamEvent::Sale(event), 0, 2), Seen::Differs);
    }

    #[test]
    fn a_repeat_from_long_ago_is_still_a_repeat() {
        let mut sightings = Sightings::default();
        let first = sale("T01", 1, "5.00");
        sightings.note(&first, 0, 0);
        for n in 0..=WINDOW as u64 {
            sightings.remember(([0; 16], n), [0; 16]);
        }
        assert_eq!(sightings.note(&first, 0, 1), Seen::Repeat);
        assert_eq!(sightings.contents.len(), WINDOW);
        assert_eq!(sightings.order.len(), WINDOW);
    }

    #[test]
    fn two_equal_sales_of_the_older_tracker_are_two_sales() {
        let mut sightings = Sightings::default();
        assert_eq!(sightings.note(&older(), 0, 0), Seen::New);
        assert_eq!(sightings.note(&older(), 0, 1), Seen::New);
        assert_eq!(
            sightings.note(&older(), 0, 1),
            Seen::Repeat,
            "read again at the same place"
        );
    }

    #[test]
    fn a_topic_full_of_invented_tills_takes_no_more_memory() {
        let mut sightings = Sightings::default();
        for n in 0..MOST_SOURCES as u64 {
            sightings
                .numbers
                .insert(digest(&[&n.to_be_bytes()]), SeenSeqs::default());
        }
        assert_eq!(sightings.note(&sale("T01", 1, "5.00"), 0, 0), Seen::Untracked);
        assert_eq!(sightings.numbers.len(), MOST_SOURCES);
    }
}
