//! What happens at the tills beside their sales: what the stand-in of the database keeps of it, and whether all of it is there.
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::broker::Broker;
use super::check::{Found, Written, expect, in_order};
use super::reader::Number;
use super::tables::{Place, Tables};
use super::world::World;
use crate::domain::audit::{AuditEvent, AuditIds, AuditRecord};
use crate::domain::event::{EventTopic, StreamEvent};
use crate::domain::mutant::{self, Mutant};
use crate::domain::sale::TillId;
use crate::store::ports::{KeptEvent, OutboxRow};

/// The topic of audit events.
pub(super) const AUDIT: &str = "audit";

/// The table of audit events.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    placed: BTreeMap<Place, AuditRecord>,
    ids: BTreeMap<Uuid, Place>,
}

impl Notes {
    pub(super) fn has(&self, event_id: Uuid) -> bool {
        self.ids.contains_key(&event_id)
    }

    fn newest(&self, till: &TillId, series: u32) -> u64 {
        let own = (till.clone(), series, 0)..=(till.clone(), series, u64::MAX);
        self.placed.range(own).next_back().map_or(0, |((.., seq), _)| *seq)
    }
}

impl Tables {
    /// Takes an audit event in, with its row in the outbox.
    pub(super) fn keep_event(&mut self, record: &AuditRecord, moment: u64) -> KeptEvent {
        let place = (record.place.till.clone(), record.place.series, record.place.seq);
        let newest = self.notes.newest(&place.0, place.1);
        if let Some(known) = self.notes.ids.get(&record.event_id) {
            if *known == place || mutant::is(Mutant::KnownTakesANumber) {
                return KeptEvent::Known;
            }
            return KeptEvent::Elsewhere {
                there: (known.1, known.2),
                newest: (self.notes.newest(&known.0, known.1), newest),
            };
        }
        if self.notes.placed.contains_key(&place) {
            if mutant::is(Mutant::NumberTakenIsKnown) {
                return KeptEvent::Known;
            }
            return KeptEvent::NumberTaken { newest };
        }
        self.notes.ids.insert(record.event_id, place.clone());
        self.notes.placed.insert(place, record.clone());
        self.publish(vec![row_of(record)], moment);
        KeptEvent::Kept { after: newest }
    }

    /// The newest number of each of the till's series that has one.
    pub(super) fn newest_events(&self, till: &TillId) -> Vec<(u32, u64)> {
        let own = self.notes.placed.keys().filter(|(of, ..)| of == till);
        let newest: BTreeMap<u32, u64> = own.map(|(_, series, seq)| (*series, *seq)).collect();
        newest.into_iter().collect()
    }
}

/// An audit event, as a row of the outbox.
fn row_of(record: &AuditRecord) -> OutboxRow {
    let ids = AuditIds {
        outlet: 1,
        employee: Some(2),
    };
    let event = AuditEvent::of(record, ids);
    OutboxRow {
        id: event.event_id,
        topic: AUDIT.to_owned(),
        key: event.key(),
        payload: serde_json::to_string(&event).unwrap(),
        till: record.place.till.clone(),
        series: event.series,
        seq: event.seq,
        marked: false,
    }
}

/// Whatever was noted is in the store once, under numbers without a hole, and in the topic in their order; and nothing else is.
pub(super) fn all(world: &World, tables: &Tables, on_dead_disks: &BTreeSet<Uuid>) -> Found {
    let ledger = world.ledger();
    for event_id in &ledger.kept {
        let excused = ledger.lost_with_disk.contains(event_id) || on_dead_disks.contains(event_id);
        expect(tables.notes.has(*event_id) || excused, || {
            format!("{event_id} was noted, and is lost")
        })?;
    }
    let mut before: Option<&Place> = None;
    for (place, record) in &tables.notes.placed {
        let asked = ledger.noted.get(&record.event_id);
        expect(asked.is_some_and(|(_, noted)| *noted == record.noted), || {
            format!("nobody noted {}, or something else", record.event_id)
        })?;
        let first = before.is_none_or(|before| (&before.0, before.1) != (&place.0, place.1));
        let follows = if first {
            place.2 == 1
        } else {
            before.is_some_and(|before| before.2 + 1 == place.2)
        };
        expect(follows, || {
            format!("the number before the audit event {place:?} is missing")
        })?;
        before = Some(place);
    }
    drop(ledger);
    topic(tables, &world.broker)
}

fn topic(tables: &Tables, broker: &Broker) -> Found {
    let mut written: BTreeMap<Number, Written> = BTreeMap::new();
    let mut payloads: BTreeMap<Number, Vec<u8>> = BTreeMap::new();
    for (partition, log) in broker.audit().iter().enumerate() {
        for (at, (value, asked)) in log.values.iter().zip(&log.asked).enumerate() {
            let Ok(StreamEvent::Audit(event)) = StreamEvent::read_from(EventTopic::Audit, Some(value)) else {
                unreachable!("only audit events are written");
            };
            let number = (event.till_id, event.series, event.seq);
            let first = payloads.entry(number.clone()).or_insert_with(|| value.clone());
            expect(first == value, || format!("two audit events are {number:?}"))?;
            let place = (partition, at);
            written.entry(number).or_insert(Written { asked: *asked, place });
        }
    }
    for ((till, series, seq), record) in &tables.notes.placed {
        let number = (till.as_str().to_owned(), *series, *seq);
        let told = payloads.remove(&number);
        let same = told.is_some_and(|told| told == row_of(record).payload.into_bytes());
        expect(same, || {
            format!("the audit event {number:?} is not in the topic, or is another one")
        })?;
    }
    expect(payloads.is_empty(), || {
        format!("in the topic, and not in the store: {:?}", payloads.keys())
    })?;
    in_order(tables, AUDIT, written.iter())
}
