//! What becomes of each event, once both sides were heard about its place.
use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil};
use uuid::Uuid;

use super::{Fingerprint, Named, Period, Place, TillKey, Told};
use crate::domain::event::SaleEvent;

/// An event of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Where it stands.
    pub place: Place,
    /// Its id.
    pub event_id: Uuid,
    /// The sale.
    pub sale_id: Uuid,
    /// Its line in the sale.
    pub line_no: u32,
    /// The number of its receipt.
    pub number: u64,
    /// When it was sold.
    pub sold_at: Timestamp,
    /// On which day by the outlet's clock.
    pub date_sold: civil::Date,
    /// The outlet's row: as text the record's key.
    pub outlet: i64,
    /// The ways to tell it: with its payments, and as tills published it before there were any in it. None where the sale
    /// was altered so that no event can be made of it.
    pub values: Vec<Fingerprint>,
}

impl Own {
    /// Of the event that the rows of receipt `number` give.
    pub fn of(event: &SaleEvent, number: u64) -> Self {
        let mut values: Vec<Fingerprint> = Fingerprint::of(event).into_iter().collect();
        if !event.payments.is_empty() {
            values.extend(Fingerprint::of(&event.without_payments()));
        }
        Self {
            place: Place {
                till: TillKey::of(&event.till_id),
                series: event.series,
                seq: event.seq,
            },
            event_id: event.event_id,
            sale_id: event.sale_id,
            line_no: event.line_no,
            number,
            sold_at: event.sold_at,
            date_sold: event.date_sold,
            outlet: event.outlet_id,
            values,
        }
    }

    fn named(&self) -> Named {
        Named {
            place: self.place,
            event_id: self.event_id,
            number: self.number,
            line_no: self.line_no,
            sale_id: self.sale_id,
        }
    }
}

/// How an event stands in the outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InOutbox {
    /// When its acknowledgement was noted.
    pub marked_at: Option<Timestamp>,
    /// No broker will ever take it.
    pub set_aside: bool,
}

/// What the topic has at the place of one of the store's events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// So many records.
    records: u64,
    /// One of them is the event.
    is_there: bool,
    /// One of them is another one.
    is_told_otherwise: bool,
}

/// What was found of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The brokers acknowledged it, and the topic does not have it.
    Missing(Named),
    /// The topic has it, and the store does not.
    Extra(Named),
    /// The topic has another one in its place.
    Different(Named),
}

/// How many there are of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that the store's rows give.
    pub database: u64,
    /// Events in the topic, each counted once.
    pub topic: u64,
    /// Further records of the same events.
    pub repeated: u64,
    /// Events that no broker has acknowledged yet.
    pub waiting: u64,
    /// Events that the brokers may have deleted by age.
    pub expired: u64,
    /// Events that no broker will ever take.
    pub set_aside: u64,
    /// Lines of sales that are parked: they have no events yet.
    pub parked: u64,
}

/// Judges event by event. The borders were taken before the topic's end was, and the store is read after the topic: so
/// whatever is acknowledged and before the borders is in the topic, and whatever is in the topic is in the store.
#[derive(Debug)]
pub struct Comparison {
    period: Period,
    /// The last receipt of each till and series.
    heads: BTreeMap<(TillKey, u32), u64>,
    /// The store's clock at that moment.
    until: Timestamp,
    /// The first offset of each partition that was not deleted.
    first: BTreeMap<i32, i64>,
    /// Partitions in which an event of the present till and series was seen.
    seen: BTreeSet<i32>,
    series: Option<(TillKey, u32)>,
    /// The place of the last event that the store does not have.
    extra: Option<Place>,
    counts: Counts,
}

impl Comparison {
    /// About the sales of `period`, up to those last receipts at that moment of the store's clock, with a topic whose
    /// partitions begin at those offsets.
    pub fn new(
        period: Period,
        (heads, until): (BTreeMap<(TillKey, u32), u64>, Timestamp),
        first: BTreeMap<i32, i64>,
    ) -> Self {
        Self {
            period,
            heads,
            until,
            first,
            seen: BTreeSet::new(),
            series: None,
            extra: None,
            counts: Counts::default(),
        }
    }

    /// So far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// A record of the topic at the place of `own`.
    pub fn told(&mut self, own: &Own, told: &Told, standing: &mut Standing) {
        standing.records += 1;
        if own.values.contains(&told.values) {
            standing.is_there = true;
            self.enter(own.place);
            self.seen.insert(told.partition);
        } else {
            standing.is_told_otherwise = true;
        }
    }

    /// A record of the topic at a place where the store has nothing.
    pub fn extra(&mut self, told: &Told) -> Option<Finding> {
        if !self.period.has_told(told) {
            return None;
        }
        if self.extra.replace(told.place) == Some(told.place) {
            self.counts.repeated += 1;
            return None;
        }
        self.counts.topic += 1;
        Some(Finding::Extra(told.into()))
    }

    /// All of the topic's records at the place of `own` were told. Whether the outbox has to be asked about it: then
    /// [`Self::absent`] is next.
    pub fn heard(&mut self, own: &Own, standing: Standing) -> (bool, Option<Finding>) {
        self.enter(own.place);
        if !self.counts_here(own) {
            return (false, None);
        }
        self.counts.database += 1;
        if standing.records == 0 {
            return (true, None);
        }
        self.counts.topic += 1;
        self.counts.repeated += standing.records - 1;
        let differs = standing.is_told_otherwise || !standing.is_there;
        (false, differs.then(|| Finding::Different(own.named())))
    }

    /// The topic has nothing at the place of `own`, which belongs in that partition; so it stands in the outbox, where
    /// what was published long ago is purged.
    pub fn absent(&mut self, own: &Own, may_be_deleted: bool, outbox: Option<InOutbox>) -> Option<Finding> {
        match outbox {
            Some(InOutbox { set_aside: true, .. }) => self.counts.set_aside += 1,
            Some(InOutbox { marked_at: None, .. }) => self.counts.waiting += 1,
            // Acknowledged since: perhaps after the end that was read.
            Some(InOutbox {
                marked_at: Some(at), ..
            }) if at > self.until => self.counts.waiting += 1,
            _ if may_be_deleted => self.counts.expired += 1,
            _ => return Some(Finding::Missing(own.named())),
        }
        None
    }

    /// Whether the brokers may have deleted what belongs in `partition` here: they do so from the front, so what comes
    /// after something of the same till that is still there was not.
    pub fn may_be_deleted(&self, partition: i32) -> bool {
        let is_cut = self.first.get(&partition).is_none_or(|first| *first > 0);
        is_cut && !self.seen.contains(&partition)
    }

    /// A sale without events yet, with so many lines.
    pub fn parked(&mut self, sale: Option<(Timestamp, civil::Date)>, lines: u64) {
        let in_period = sale.is_none_or(|(at, day)| self.period.has_sale(at, day));
        if in_period {
            self.counts.parked += lines;
        }
    }

    /// Whether an event is to be counted: of the period, and not sold since.
    fn counts_here(&self, own: &Own) -> bool {
        let head = self.heads.get(&(own.place.till, own.place.series));
        head.is_some_and(|head| own.number <= *head) && self.period.has_own(own)
    }

    fn enter(&mut self, place: Place) {
        let series = Some((place.till, place.series));
        if self.series != series {
            self.series = series;
            self.seen.clear();
        }
    }
}
