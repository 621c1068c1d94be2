//! The promises, looked at when all faults are over and everything is in its place.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use super::broker::Broker;
use super::machine::MachineClock;
use super::notes;
use super::reader::{Number, Reader};
use super::tables::{AT_FIRST, SALES, SaleRow, Tables, events_of, outlet_row};
use super::world::{Disaster, World};
use crate::domain::event::{SaleEvent, StreamEvent};
use crate::domain::money::{Money, Quantity};
use crate::domain::mutant::{self, Mutant};
use crate::domain::totals::{PairTotal, pair_of};
use crate::store::journal::Journal;

/// What is found of a promise: that it holds, or how it does not.
pub(super) type Found = Result<(), String>;

pub(super) fn expect(holds: bool, what: impl FnOnce() -> String) -> Found {
    if holds { Ok(()) } else { Err(what()) }
}

/// Every promise.
pub(super) async fn all(world: &World, reader: &Reader) -> Found {
    let (on_dead_disks, noted_there) = dead(world).await;
    let tables = world.database.tables().clone();
    let topic = Topic::read(&world.broker);
    sales(world, &tables, &on_dead_disks)?;
    refused(world, &tables, &topic)?;
    chains(&tables)?;
    stock(&tables)?;
    events(world, &tables, &topic)?;
    let written = topic.events.iter().map(|(number, told)| (number, &told.written));
    in_order(&tables, SALES, written)?;
    readers(world, reader, &topic)?;
    notes::all(world, &tables, &noted_there)?;
    totals(&world.broker)
}

/// Sales and audit events that wait on the disks of machines that never came back.
async fn dead(world: &World) -> (BTreeSet<Uuid>, BTreeSet<Uuid>) {
    let (mut sales, mut noted) = (BTreeSet::new(), BTreeSet::new());
    for folder in world.dead() {
        let journal = Journal::open(&folder, &"T01".parse().unwrap(), MachineClock::new(99)).await;
        let journal = journal.unwrap();
        let unsent = journal.unsent(10_000).await.unwrap();
        sales.extend(unsent.iter().map(crate::domain::sale::SaleRecord::sale_id));
        while let Some(event) = journal.next_unsent_event().await.unwrap() {
            noted.insert(event.event_id);
            journal.event_uploaded(event.event_id).await.unwrap();
        }
    }
    (sales, noted)
}

/// Whatever a clerk was promised is in the store once, or parked or struck in its place; and nothing else is.
fn sales(world: &World, tables: &Tables, on_dead_disks: &BTreeSet<Uuid>) -> Found {
    let ledger = world.ledger();
    let mut rows: BTreeMap<Uuid, Vec<&SaleRow>> = BTreeMap::new();
    for row in tables.sales.values() {
        rows.entry(row.record.sale_id()).or_default().push(row);
    }
    for (sale_id, rows) in &rows {
        let asked = ledger.asked.get(sale_id);
        let same =
            asked.is_some_and(|(_, agreed)| rows.iter().all(|row| row.record.document.sale.same_agreement(agreed)));
        expect(same, || format!("nobody asked for {sale_id}, or for another one"))?;
        let own = rows.iter().filter(|row| !row.apart).count();
        expect(own == 1, || format!("{sale_id} is in the store {own} times"))?;
    }
    for (sale_id, receipts) in &ledger.promised {
        if ledger.lost_with_disk.contains(sale_id) {
            continue;
        }
        let found = rows.get(sale_id);
        let excused = on_dead_disks.contains(sale_id);
        expect(found.is_some() || excused, || {
            format!("{sale_id} was promised as {receipts:?}, and is lost")
        })?;
        for receipt in receipts {
            let stands = found.is_some_and(|rows| rows.iter().any(|row| row.record.printed() == *receipt));
            expect(stands || excused || !ledger.forgot.is_empty(), || {
                format!("{sale_id} was promised as {receipt}, which is lost")
            })?;
        }
    }
    Ok(())
}

/// Whatever was refused is nowhere.
fn refused(world: &World, tables: &Tables, topic: &Topic) -> Found {
    let ledger = world.ledger();
    for sale_id in ledger.refused.difference(&ledger.shared) {
        // What a lost disk promised before is nobody's to refuse.
        if ledger.lost_with_disk.contains(sale_id) {
            continue;
        }
        let in_store = tables.sales.values().any(|row| row.record.sale_id() == *sale_id);
        let in_topic = topic.events.values().any(|told| told.event.sale_id == *sale_id);
        expect(!in_store && !in_topic, || {
            format!("{sale_id} was refused, and is there")
        })?;
    }
    Ok(())
}

/// In every series numbers without a gap, links without a break, event numbers without a hole, and the head at the end.
fn chains(tables: &Tables) -> Found {
    for ((till, series), head) in &tables.heads {
        let own = tables
            .sales
            .range((till.clone(), *series, 0)..=(till.clone(), *series, u64::MAX));
        let mut link = None;
        let mut next_seq = 1;
        let mut number = 0;
        for (place, row) in own {
            let record = &row.record;
            number += 1;
            let whole = place.2 == number
                && record.hash == record.prev_hash.then(&record.bytes)
                && link.is_none_or(|link| link == record.prev_hash)
                && record.document.first_seq == next_seq;
            expect(whole, || {
                format!("the chain of {till}-{series} breaks at number {number}")
            })?;
            link = Some(record.hash);
            next_seq = record.next_seq();
        }
        let ends = head.number == number && link.is_none_or(|link| link == head.hash);
        expect(ends, || {
            format!("{till}-{series} ends at {number}, its head is {}", head.number)
        })?;
    }
    for place in tables.sales.keys() {
        let known = tables.heads.contains_key(&(place.0.clone(), place.1));
        expect(known, || format!("{}-{} has no head", place.0, place.1))?;
    }
    Ok(())
}

/// Stock is what there was and its movements; and those are what the sales with facts took.
fn stock(tables: &Tables) -> Found {
    for (outlet, remaining) in &tables.stock {
        let moved = tables.movements.iter().filter(|((of, ..), _)| of == outlet);
        let sum = AT_FIRST + moved.map(|(_, count)| count).sum::<i64>();
        expect(*remaining == sum, || {
            format!("outlet {outlet} has {remaining}, by its movements {sum}")
        })?;
    }
    for (outlet, sale_id, _) in tables.movements.keys() {
        let row = tables.ids.get(sale_id).and_then(|place| tables.sales.get(place));
        let taken = row.is_some_and(|row| row.facts && outlet_row(&row.record.document.sale) == *outlet);
        expect(taken, || format!("{sale_id} took stock, and has no facts"))?;
    }
    Ok(())
}

/// An event of the topic.
struct Told {
    event: SaleEvent,
    value: Vec<u8>,
    /// Partition and offset of the first occurrence that is still there.
    kept: Option<(usize, i64)>,
    written: Written,
}

/// The topic of sales, as somebody finds it who reads all that was ever in it.
struct Topic {
    events: BTreeMap<Number, Told>,
}

impl Topic {
    fn read(broker: &Broker) -> Self {
        let mut events: BTreeMap<Number, Told> = BTreeMap::new();
        for (partition, log) in broker.sales().iter().enumerate() {
            for (at, (value, asked)) in log.values.iter().zip(&log.asked).enumerate() {
                let Ok(StreamEvent::Sale(event)) = StreamEvent::read(Some(value)) else {
                    unreachable!("only sales are written");
                };
                let number = (event.till_id.clone(), event.series, event.seq);
                let offset = i64::try_from(at).unwrap();
                let told = events.entry(number).or_insert_with(|| Told {
                    event: *event,
                    value: value.clone(),
                    kept: None,
                    written: Written {
                        asked: *asked,
                        place: (partition, at),
                    },
                });
                if offset >= log.first && told.kept.is_none() {
                    told.kept = Some((partition, offset));
                }
            }
        }
        Self { events }
    }
}

/// Every event of a sale with facts is in the topic as it is, and no other event is.
fn events(world: &World, tables: &Tables, topic: &Topic) -> Found {
    let mut wanted: BTreeMap<Number, Vec<u8>> = BTreeMap::new();
    let mut parked: BTreeSet<Number> = BTreeSet::new();
    for row in tables.sales.values() {
        for event in events_of(&row.record) {
            let number = (event.till.as_str().to_owned(), event.series, event.seq);
            if row.facts {
                wanted.insert(number, event.payload.into_bytes());
            } else {
                parked.insert(number);
            }
        }
    }
    for (number, value) in &wanted {
        let told = topic.events.get(number);
        expect(told.is_some_and(|told| told.value == *value), || {
            format!("the event {number:?} is not in the topic, or is another one")
        })?;
    }
    for number in topic.events.keys() {
        // A backup may be from before a parked sale was mended.
        let undone = world.disaster == Disaster::StoreBack && parked.contains(number);
        expect(wanted.contains_key(number) || undone, || {
            format!("the event {number:?} is in the topic, and not in the store")
        })?;
    }
    Ok(())
}

/// When and where an event was written first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    /// When it was asked to be written, as a moment of the history.
    pub(super) asked: u64,
    /// Which record of which partition it is.
    pub(super) place: (usize, usize),
}

/// An event of a topic comes before those of higher numbers, unless its row was made after they were sent.
pub(super) fn in_order<'a>(
    tables: &Tables,
    topic: &str,
    events: impl Iterator<Item = (&'a Number, &'a Written)>,
) -> Found {
    let mut made: BTreeMap<Number, u64> = BTreeMap::new();
    for event in tables.outbox.iter().filter(|event| event.row.topic == topic) {
        let row = &event.row;
        made.insert((row.till.as_str().to_owned(), row.series, row.seq), event.moment);
    }
    let mut before: Option<(&Number, &Written)> = None;
    for (number, written) in events {
        if let Some((earlier, first)) = before
            && (&earlier.0, earlier.1) == (&number.0, number.1)
            && written.place.0 == first.place.0
            && written.place.1 < first.place.1
        {
            let late = made.get(earlier).is_none_or(|made| *made > written.asked);
            expect(late, || format!("{topic}: {number:?} was published before {earlier:?}"))?;
        }
        before = Some((number, written));
    }
    Ok(())
}

/// A reader has counted each event once.
fn readers(world: &World, reader: &Reader, topic: &Topic) -> Found {
    let kept = reader.kept.lock().unwrap().clone();
    for (number, times) in &kept.counted {
        expect(*times == 1, || format!("a reader counted {number:?} {times} times"))?;
        expect(topic.events.contains_key(number), || {
            format!("a reader made {number:?} up")
        })?;
    }
    for (number, told) in &topic.events {
        let excused = told.kept.is_none() && world.disaster == Disaster::Retention;
        expect(kept.counted.contains_key(number) || excused, || {
            format!("a reader never counted {number:?}")
        })?;
    }
    Ok(())
}

/// The newest total of each pair is the sum of its events.
pub(super) fn totals(broker: &Arc<Broker>) -> Found {
    let mut truth: BTreeMap<String, (Quantity, Money)> = BTreeMap::new();
    for told in Topic::read(broker).events.into_values() {
        let (quantity, revenue) = (told.event.quantity_sold, told.event.total().unwrap());
        let pair = pair_of(&StreamEvent::Sale(Box::new(told.event))).unwrap();
        let sum = truth.entry(pair).or_default();
        *sum = add(*sum, (quantity, revenue));
    }
    let mut published: BTreeMap<String, (Quantity, Money)> = BTreeMap::new();
    for (pair, value) in broker.totals() {
        let total = PairTotal::read(value.as_bytes()).unwrap();
        let said = (total.quantity, total.revenue);
        let sum = published.entry(pair).or_default();
        *sum = if mutant::is(Mutant::TotalsAsIncrements) {
            add(*sum, said)
        } else {
            said
        };
    }
    expect(truth == published, || {
        format!("the totals are {published:?}, and should be {truth:?}")
    })
}

fn add(sum: (Quantity, Money), more: (Quantity, Money)) -> (Quantity, Money) {
    (
        Quantity::new(sum.0.decimal() + more.0.decimal()),
        Money::new(sum.1.decimal() + more.1.decimal()),
    )
}
