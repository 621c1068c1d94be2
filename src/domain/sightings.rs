//! What a reader of the stream has seen of all tills, in bounded memory.
//!
//! It is the reader's own: only who takes a record in knows that it was taken in. A reader that goes on after a restart
//! keeps the numbers seen and its place in the topics in one transaction with what it has counted (PATH 5.5).
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::audit::AuditEvent;
use super::event::{EventTopic, OlderEvent, SaleEvent, StreamEvent};
use super::sale::MAX_LINES;
use super::seen::{SeenSeqs, Sighting};

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

impl Seen {
    /// Whether the record is to be counted: its number was not counted before, as far as anybody can tell.
    pub fn counts(self) -> bool {
        !matches!(self, Self::Repeat | Self::Differs)
    }
}

/// The next offset to be read, by topic and partition: with [`KeptSeries`], where a reader stands.
pub type Offsets = BTreeMap<(EventTopic, i32), i64>;

/// The numbers seen of one series of a till in one topic, to be kept over restarts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSeries {
    /// Which: a digest in hexadecimal. What is kept under it is replaced by what is kept later.
    pub source: String,
    /// First and last numbers, in order.
    pub intervals: Vec<(u64, u64)>,
}

/// A till's series in a topic, or a partition, as 16 bytes of a digest: names from outside take no memory.
type Source = [u8; 16];
/// A digest of an event's content.
type Content = [u8; 16];

/// The events seen by a reader.
///
/// By topic, till and series the numbers seen are kept as intervals, exactly. Beside them a window remembers the content of
/// the latest events: a repeat whose first occurrence has left it, as all have after a restart, counts as the same. Events
/// of the older tracker have no number: they are known again only by place and content within that window, and two equal
/// sales are two sales. Heartbeats have none either, and each is a new one.
#[derive(Debug, Default)]
pub struct Sightings {
    numbers: HashMap<Source, SeenSeqs>,
    /// Series of which numbers were noted since they were last kept.
    changed: HashSet<Source>,
    contents: HashMap<(Source, u64), Content>,
    order: VecDeque<(Source, u64)>,
}

impl Sightings {
    /// With what was kept before. What is no series as it was kept is left out.
    pub fn restored(kept: impl IntoIterator<Item = KeptSeries>) -> Self {
        let numbers = kept.into_iter().take(MOST_SOURCES).filter_map(|series| {
            let source = u128::from_str_radix(&series.source, 16).ok()?;
            Some((source.to_be_bytes(), SeenSeqs::from_intervals(series.intervals)))
        });
        Self {
            numbers: numbers.collect(),
            ..Self::default()
        }
    }

    /// All numbers seen.
    pub fn kept(&self) -> Vec<KeptSeries> {
        self.numbers.iter().map(kept).collect()
    }

    /// The series of which numbers were noted since this was last asked.
    pub fn take_changed(&mut self) -> Vec<KeptSeries> {
        let changed = std::mem::take(&mut self.changed);
        changed
            .iter()
            .filter_map(|source| self.numbers.get_key_value(source))
            .map(kept)
            .collect()
    }

    /// Notes an event read at `partition` and `offset`.
    pub fn note(&mut self, event: &StreamEvent, partition: i32, offset: i64) -> Seen {
        match event {
            StreamEvent::Sale(sale) => self.note_sale(sale),
            StreamEvent::Audit(audit) => self.note_audit(audit),
            StreamEvent::Older(older) => self.note_older(older, partition, offset),
            StreamEvent::Heartbeat(_) => Seen::New,
        }
    }

    fn note_sale(&mut self, sale: &SaleEvent) -> Seen {
        let source = digest(&[b"till", &sale.series.to_be_bytes(), sale.till_id.as_bytes()]);
        // The values, not the bytes: an event made again from its sale may order its fields otherwise. Made again by a newer
        // program it has the payments too, which the first one lacked.
        let said = sale.without_payments();
        let content = digest(&[&serde_json::to_vec(&*said).unwrap_or_default()]);
        self.note_number(source, sale.seq, content)
    }

    /// A till's audit events have numbers of their own, apart from those of its sales.
    fn note_audit(&mut self, audit: &AuditEvent) -> Seen {
        let source = digest(&[b"audit", &audit.series.to_be_bytes(), audit.till_id.as_bytes()]);
        let content = digest(&[&serde_json::to_vec(audit).unwrap_or_default()]);
        self.note_number(source, audit.seq, content)
    }

    /// A till says that these numbers of its sales never come, `count` of them from `first` on: the sale was struck (PATH 2.3).
    /// What each of them tells a reader, as if it had come; one that comes all the same differs from what was said.
    pub fn note_struck(&mut self, till: &str, series: u32, first: u64, count: u32) -> Vec<Seen> {
        let source = digest(&[b"till", &series.to_be_bytes(), till.as_bytes()]);
        let content = digest(&[b"struck"]);
        // A sale has no more lines: whoever says so cannot be believed, nor may take our time.
        let count = u64::from(count).min(MAX_LINES as u64);
        (first..first.saturating_add(count))
            .map(|seq| self.note_number(source, seq, content))
            .collect()
    }

    fn note_number(&mut self, source: Source, seq: u64, content: Content) -> Seen {
        if !self.numbers.contains_key(&source) && self.numbers.len() >= MOST_SOURCES {
            return Seen::Untracked;
        }
        let sighting = self.numbers.entry(source).or_default().note(seq);
        let key = (source, seq);
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
        self.changed.insert(source);
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

fn kept((source, seen): (&Source, &SeenSeqs)) -> KeptSeries {
    KeptSeries {
        source: format!("{:032x}", u128::from_be_bytes(*source)),
        intervals: seen.intervals().collect(),
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

    fn audit(till: &str, seq: u64, lines: u32) -> StreamEvent {
        let json = format!(
            r#"{{"schema":1,"event_id":"01900000-0000-7000-8000-000000000001","kind":"basket_cancelled",
            "details":{{"sale_id":"01900000-0000-7000-8000-0000000000aa","lines":{lines},"value":"10","payment_open":false}},
            "at":"2026-03-02T11:04:00Z","date":"2026-03-02","outlet_id":1,"pharmacy_name":"","pharmacy_region":"",
            "till_id":"{till}","emp_id":2,"employee":"John","currency":"KES","series":1,"seq":{seq}}}"#
        );
        StreamEvent::read_from(EventTopic::Audit, Some(json.as_bytes())).unwrap()
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
    fn audit_events_have_numbers_of_their_own() {
        let mut sightings = Sightings::default();
        assert_eq!(sightings.note(&sale("T01", 7, "5.00"), 0, 0), Seen::New);
        assert_eq!(
            sightings.note(&audit("T01", 1, 2), 0, 0),
            Seen::New,
            "its first, and no late sale"
        );
        assert_eq!(sightings.note(&audit("T01", 3, 2), 0, 1), Seen::Jump { missing: 1 });
        assert_eq!(sightings.note(&audit("T01", 2, 2), 0, 2), Seen::Late);
        assert_eq!(sightings.note(&audit("T01", 2, 2), 1, 9), Seen::Repeat);
        assert_eq!(sightings.note(&audit("T01", 2, 5), 0, 3), Seen::Differs);
        assert_eq!(sightings.note(&sale("T01", 8, "5.00"), 0, 1), Seen::New);
    }

    #[test]
    fn what_was_seen_is_kept_over_a_restart() {
        let mut sightings = Sightings::default();
        for seq in [1, 2, 5] {
            sightings.note(&sale("T01", seq, "5.00"), 0, 0);
        }
        sightings.note(&audit("T01", 1, 2), 0, 0);
        assert_eq!(sightings.take_changed().len(), 2);
        sightings.note(&sale("T02", 1, "5.00"), 0, 0);
        sightings.note(&sale("T02", 1, "5.00"), 0, 0);
        let changed = sightings.take_changed();
        assert_eq!(
            changed.iter().map(|series| &*series.intervals).collect::<Vec<_>>(),
            [[(1, 1)]]
        );
        assert_eq!(sightings.take_changed(), []);

        let words = serde_json::to_string(&sightings.kept()).unwrap();
        let damaged = KeptSeries {
            source: "T01".into(),
            intervals: vec![(9, 1)],
        };
        let kept: Vec<KeptSeries> = serde_json::from_str(&words).unwrap();
        let mut sightings = Sightings::restored(kept.into_iter().chain([damaged]));
        assert_eq!(sightings.kept().len(), 3);
        assert_eq!(sightings.note(&sale("T01", 2, "5.00"), 0, 0), Seen::Repeat);
        assert_eq!(sightings.note(&sale("T01", 3, "5.00"), 0, 0), Seen::Late);
        assert_eq!(sightings.note(&sale("T01", 6, "5.00"), 0, 0), Seen::New);
        assert_eq!(sightings.note(&audit("T01", 1, 2), 0, 0), Seen::Repeat);
        assert_eq!(sightings.note(&sale("T02", 1, "5.00"), 0, 0), Seen::Repeat);
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
