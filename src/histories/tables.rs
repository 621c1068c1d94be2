//! What the stand-in of the database keeps, and its transactions: each whole or not at all.
use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use tokio::time::Instant;
use uuid::Uuid;

use super::notes::Notes;
use crate::domain::chain::Hash;
use crate::domain::event::{RowIds, SaleEvent};
use crate::domain::money::Quantity;
use crate::domain::mutant::{self, Mutant};
use crate::domain::sale::{Agreed, SaleRecord, TillId};
use crate::store::error::{Refusal, StoreError};
use crate::store::fixture;
use crate::store::ports::totals::{Checkpoint, ReaderLease};
use crate::store::ports::{Head, Lease, OutboxRow, Oversell, Recorded, Resolution, StoredSale};

/// The topic of sales.
pub(super) const SALES: &str = "sales";
/// So many of one line cannot be held before the drug's row is mended.
pub(super) const UNFIT: i64 = 77;
/// What there is of the counted drug at first, in each outlet.
pub(super) const AT_FIRST: i64 = 40;

/// What an attempt is to record.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Facts(Oversell),
    Parked(String),
    Apart(Box<StoredSale>),
}

/// A receipt's place: till, series, number.
pub(super) type Place = (TillId, u32, u64);

/// A row of `sale`, with what stands beside it.
#[derive(Debug, Clone)]
pub(super) struct SaleRow {
    pub(super) record: SaleRecord,
    pub(super) parked: Option<String>,
    pub(super) resolved: Option<Resolution>,
    /// Its id is another sale's: it has one of its own.
    pub(super) apart: bool,
    /// It has facts.
    pub(super) facts: bool,
}

impl SaleRow {
    /// It waits for somebody.
    fn waits(&self) -> bool {
        self.parked.is_some() && self.resolved.is_none()
    }
}

/// A row of the outbox.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) row: OutboxRow,
    /// When it was made, as a moment of the history, and by the database's clock.
    pub(super) moment: u64,
    pub(super) made: Instant,
    pub(super) aside: bool,
    /// By whom it is being sent, until when: only where relays share rows out.
    pub(super) locked: Option<(usize, Instant)>,
}

/// The tables. A copy is a backup.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    pub(super) heads: BTreeMap<(TillId, u32), Head>,
    pub(super) sales: BTreeMap<Place, SaleRow>,
    /// By the id of the row.
    pub(super) ids: BTreeMap<Uuid, Place>,
    /// Of the counted drug, by outlet and sale, what was taken.
    pub(super) movements: BTreeMap<(i64, Uuid, u32), i64>,
    pub(super) stock: BTreeMap<i64, i64>,
    /// In the order in which they were made.
    pub(super) outbox: Vec<Event>,
    pub(super) leases: BTreeMap<TillId, (Lease, Instant)>,
    pub(super) readers: BTreeMap<i32, (ReaderLease, Instant, Option<Checkpoint>)>,
    /// What happened beside the sales.
    pub(super) notes: Notes,
    /// The drug whose row was not fit for a sale is fit now.
    pub(super) mended: bool,
}

/// What is left to be done in transactions that a rule forbids.
#[derive(Debug, Default)]
pub(super) struct Leftover {
    pub(super) events: Vec<OutboxRow>,
    pub(super) stock: Vec<(i64, i64)>,
}

/// The number of an outlet's row, which is the key of its events.
pub(super) fn outlet_row(agreed: &Agreed) -> i64 {
    if agreed.outlet.id == fixture::outlet(1).id {
        1
    } else {
        2
    }
}

/// A line's quantity: these sales sell whole tablets.
fn whole(quantity: Quantity) -> i64 {
    quantity.decimal().to_i64().unwrap()
}

impl Tables {
    pub(super) fn new() -> Self {
        Self {
            stock: [(1, AT_FIRST), (2, AT_FIRST)].into(),
            ..Self::default()
        }
    }

    /// What would come of an attempt: nothing is changed.
    fn check(&self, record: &SaleRecord, content: &Content) -> Result<Option<Recorded>, StoreError> {
        let document = &record.document;
        let place = (document.till.clone(), document.series, document.number);
        let head = self.heads.get(&(document.till.clone(), document.series));
        let moves = head.is_some_and(|head| {
            (head.number + 1 == document.number && head.hash == record.prev_hash) || mutant::is(Mutant::HeadNotCompared)
        });
        let there = self.sales.get(&place).filter(|there| there.record.hash == record.hash);
        if !moves {
            return match there {
                Some(there) => Ok(Some(Recorded {
                    repeated: true,
                    ..recorded(there.waits())
                })),
                None => Err(StoreError::ChainConflict(format!(
                    "{}: another chain",
                    record.receipt()
                ))),
            };
        }
        let duplicate = |what: &str| Err(StoreError::Permanent(format!("duplicate key: {what}")));
        let id = match content {
            Content::Apart(_) => record.apart_id(),
            _ => record.sale_id(),
        };
        if let Content::Facts(oversell) = content {
            self.check_rows(&document.sale, *oversell)?;
        }
        if self.ids.contains_key(&id) {
            return duplicate("sale.sale_id");
        }
        if self.sales.contains_key(&place) {
            return duplicate("sale.receipt_no");
        }
        // Stock comes last, as in the store.
        if let Content::Facts(Oversell::Refuse) = content {
            self.check_stock(&document.sale)?;
        }
        Ok(None)
    }

    fn check_rows(&self, sale: &Agreed, oversell: Oversell) -> Result<(), StoreError> {
        if self.mended || sale.lines.iter().all(|line| whole(line.quantity()) != UNFIT) {
            return Ok(());
        }
        let words = "drug “Aspirin 300 mg” is not in the database".to_owned();
        Err(if oversell == Oversell::Record {
            StoreError::Permanent(words)
        } else {
            StoreError::Rejected(Refusal::Other(words))
        })
    }

    fn check_stock(&self, sale: &Agreed) -> Result<(), StoreError> {
        let wanted: i64 = counted(sale).map(|(_, count)| count).sum();
        if wanted > 0 && wanted > self.stock[&outlet_row(sale)] {
            return Err(StoreError::Rejected(Refusal::Other("too little".to_owned())));
        }
        Ok(())
    }

    /// One attempt, as the store does it; what a broken rule leaves for a second transaction beside it.
    pub(super) fn attempt(
        &mut self,
        record: &SaleRecord,
        content: &Content,
        moment: u64,
    ) -> Result<(Recorded, Leftover), StoreError> {
        if let Some(there) = self.check(record, content)? {
            return Ok((there, Leftover::default()));
        }
        let document = &record.document;
        let mut row = SaleRow {
            record: record.clone(),
            parked: None,
            resolved: None,
            apart: false,
            facts: false,
        };
        let mut id = record.sale_id();
        let mut below_zero = Vec::new();
        let mut leftover = Leftover::default();
        let mut events = Vec::new();
        match content {
            Content::Parked(reason) => row.parked = Some(reason.clone()),
            Content::Apart(other) => {
                id = record.apart_id();
                row.apart = true;
                let there = other.record.printed();
                if other.record.document.sale.same_agreement(&document.sale) {
                    let reason = format!("the same sale as {there}");
                    row.parked = Some(reason.clone());
                    row.resolved = Some(Resolution::Struck(reason));
                } else {
                    row.parked = Some(format!("another sale has its id: {there}"));
                }
            }
            Content::Facts(_) => {
                row.facts = true;
                (events, leftover) = self.facts(record);
                let remaining = self.stock[&outlet_row(&document.sale)];
                if remaining < 0 {
                    below_zero.push(("Amoxil 500 mg".to_owned(), Quantity::new(Decimal::from(remaining))));
                }
            }
        }
        if let Some(head) = self.heads.get_mut(&(document.till.clone(), document.series)) {
            head.number = document.number;
            head.hash = record.hash;
            head.sale_id = Some(record.sale_id());
        }
        let place = (document.till.clone(), document.series, document.number);
        self.ids.insert(id, place.clone());
        let waits = row.waits();
        self.sales.insert(place, row);
        self.publish(events, moment);
        Ok((
            Recorded {
                below_zero,
                ..recorded(waits)
            },
            leftover,
        ))
    }

    /// Whether an attempt would go through now; then what it said of stock no longer matters.
    pub(super) fn would_take(&self, record: &SaleRecord, content: &Content) -> bool {
        self.check(record, content).is_ok()
    }

    fn facts(&mut self, record: &SaleRecord) -> (Vec<OutboxRow>, Leftover) {
        let sale = &record.document.sale;
        let outlet = outlet_row(sale);
        let mut leftover = Leftover::default();
        for (line, count) in counted(sale) {
            self.movements.insert((outlet, sale.sale_id, line), -count);
            leftover.stock.push((outlet, -count));
        }
        let events = events_of(record);
        if mutant::is(Mutant::EventsApart) {
            leftover.events = events;
            self.change_stock(std::mem::take(&mut leftover.stock));
            return (Vec::new(), leftover);
        }
        if !mutant::is(Mutant::StockApart) {
            self.change_stock(std::mem::take(&mut leftover.stock));
        }
        (events, leftover)
    }

    pub(super) fn change_stock(&mut self, changes: Vec<(i64, i64)>) {
        for (outlet, change) in changes {
            *self.stock.entry(outlet).or_default() += change;
        }
    }

    pub(super) fn publish(&mut self, events: Vec<OutboxRow>, moment: u64) {
        let made = Instant::now();
        self.outbox.extend(events.into_iter().map(|row| Event {
            row,
            moment,
            made,
            aside: false,
            locked: None,
        }));
    }

    /// Records after all what waits, or strikes it; how many.
    pub(super) fn settle_parked(&mut self, strike: bool, moment: u64) -> u64 {
        self.mended |= !strike;
        let waiting: Vec<Place> = self
            .sales
            .iter()
            .filter(|(_, row)| row.waits() && !row.apart)
            .map(|(place, _)| place.clone())
            .collect();
        for place in &waiting {
            let record = self.sales[place].record.clone();
            let events = if strike { Vec::new() } else { self.facts(&record).0 };
            if let Some(row) = self.sales.get_mut(place) {
                row.facts = !strike;
                row.resolved = Some(if strike {
                    Resolution::Struck("nobody knows what it was".to_owned())
                } else {
                    Resolution::Mended
                });
            }
            self.publish(events, moment);
        }
        waiting.len() as u64
    }

    pub(super) fn open_series(&mut self, till: &TillId, installation: Uuid) -> Head {
        let newest = self.heads_of(till).pop();
        let (series, hash) = match newest {
            Some(head) if head.installation == installation && head.number == 0 => return head,
            Some(head) => (head.series + 1, head.hash),
            None => (1, Hash::GENESIS),
        };
        let head = Head {
            series,
            number: 0,
            hash,
            sale_id: None,
            installation,
        };
        self.heads.insert((till.clone(), series), head.clone());
        head
    }

    pub(super) fn heads_of(&self, till: &TillId) -> Vec<Head> {
        let own = self.heads.iter().filter(|((of, _), _)| of == till);
        own.map(|(_, head)| head.clone()).collect()
    }

    /// The sale of that id.
    pub(super) fn find(&self, sale_id: Uuid) -> Option<StoredSale> {
        let row = &self.sales[self.ids.get(&sale_id)?];
        let parked = match &row.resolved {
            None => row.parked.clone(),
            Some(Resolution::Struck(why)) => Some(why.clone()),
            Some(Resolution::Mended) => None,
        };
        Some(StoredSale {
            record: row.record.clone(),
            parked,
        })
    }

    /// Events that nobody has published, and which are not set aside.
    pub(super) fn unmarked(&self) -> impl Iterator<Item = &Event> {
        self.outbox.iter().filter(|event| !event.row.marked && !event.aside)
    }

    /// Rows that were made before then are deleted, once they are published.
    pub(super) fn purge(&mut self, before: Instant) {
        let anyhow = mutant::is(Mutant::PurgeOfUnmarked);
        self.outbox
            .retain(|event| event.made >= before || !(event.row.marked || anyhow));
    }
}

/// The lines of the drug that is counted, and how much of it.
fn counted(sale: &Agreed) -> impl Iterator<Item = (u32, i64)> + '_ {
    let drug = fixture::counted();
    let lines = (1_u32..).zip(&sale.lines).filter(move |(_, line)| line.drug == drug);
    lines.map(|(number, line)| (number, whole(line.quantity())))
}

/// A sale's events, as rows of the outbox.
pub(super) fn events_of(record: &SaleRecord) -> Vec<OutboxRow> {
    let sale = &record.document.sale;
    let drug = |id: Uuid| if id == fixture::counted() { 14 } else { 13 };
    let ids = RowIds {
        outlet: outlet_row(sale),
        employee: 2,
        doctor: 1,
        drugs: sale.lines.iter().map(|line| drug(line.drug)).collect(),
    };
    let events = SaleEvent::of(record, &ids);
    events
        .into_iter()
        .map(|event| OutboxRow {
            id: event.event_id,
            topic: SALES.to_owned(),
            key: event.key(),
            payload: serde_json::to_string(&event).unwrap(),
            till: record.document.till.clone(),
            series: event.series,
            seq: event.seq,
            marked: false,
        })
        .collect()
}

fn recorded(parked: bool) -> Recorded {
    Recorded {
        repeated: false,
        parked,
        below_zero: Vec::new(),
        used_before: Vec::new(),
        too_much_back: None,
    }
}
