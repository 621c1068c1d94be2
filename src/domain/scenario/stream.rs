//! A scenario as a reader of the topics meets it: events with their numbers, later than they happened, with heartbeats between
//! them. What goes wrong on the way goes wrong here.
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::Scenario;
use super::act::{Act, Doing, Label, Sold, noted};
use super::dice::Dice;
use super::plan::{Incident, Pace, seconds_of};
use super::world::{Place, World};
use crate::domain::audit::{AuditEvent, AuditIds, AuditPlace, AuditRecord, Happening};
use crate::domain::chain::Hash;
use crate::domain::event::{EventTopic, RowIds, SCHEMA, SaleEvent, StreamEvent};
use crate::domain::heartbeat::Heartbeat;
use crate::domain::sale::{ChainPlace, SaleRecord};
use crate::domain::supervision::RuleName;

/// How often a till says that it is there.
const BEAT: SignedDuration = SignedDuration::from_mins(1);
/// A till is switched on so long before its outlet opens, and off so long after it closed.
const ON: SignedDuration = SignedDuration::from_mins(20);

/// An event, when a reader has it.
#[derive(Debug, Clone)]
pub struct Streamed {
    /// When it comes.
    pub received_at: Timestamp,
    /// By which topic.
    pub topic: EventTopic,
    /// What it is.
    pub event: StreamEvent,
    /// None: an ordinary one.
    pub label: Option<Label>,
}

impl Streamed {
    /// The record's key.
    pub fn key(&self) -> String {
        match &self.event {
            StreamEvent::Sale(event) => event.key(),
            StreamEvent::Audit(event) => event.key(),
            StreamEvent::Heartbeat(event) => event.key(),
            StreamEvent::Older(_) => String::new(),
        }
    }
}

/// The events of a scenario in the order in which they are received; each till's own come in the order of their numbers.
#[derive(Debug)]
pub struct Stream {
    scenario: Scenario,
    world: Arc<World>,
    incidents: Arc<[Incident]>,
    dice: Dice,
    has_days: bool,
    tills: Vec<Till>,
    /// For each outlet: when it has its tills on, and until when that is known.
    on: Vec<(Option<(Timestamp, Timestamp)>, Timestamp)>,
    on_the_way: BinaryHeap<Reverse<OnTheWay>>,
    sent: u64,
    next_act: Option<Act>,
    next_beat: Timestamp,
}

/// How a till stands.
#[derive(Debug)]
struct Till {
    number: u64,
    sale_seq: u64,
    audit_seq: u64,
    hash: Hash,
    last: Timestamp,
    session: Uuid,
}

/// In the order of arrival; what was sent first, first.
#[derive(Debug)]
struct OnTheWay(Timestamp, u64, Streamed);

impl PartialEq for OnTheWay {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}

impl Eq for OnTheWay {}

impl PartialOrd for OnTheWay {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OnTheWay {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

impl Stream {
    /// Of a scenario that nobody has taken anything from yet.
    pub fn new(mut scenario: Scenario) -> Self {
        let world = Arc::clone(scenario.world());
        let start = scenario.start();
        let mut dice = scenario.dice.fork();
        let mut ids = scenario.ids.fork();
        let till = |_| Till {
            number: 0,
            sale_seq: 0,
            audit_seq: 0,
            hash: Hash::GENESIS,
            last: Timestamp::UNIX_EPOCH,
            session: ids.id(start),
        };
        Self {
            incidents: Arc::clone(scenario.incidents()),
            tills: (0..world.tills.len()).map(till).collect(),
            on: vec![(None, Timestamp::MIN); world.outlets.len()],
            world,
            dice: dice.fork(),
            has_days: matches!(scenario.setting.pace, Pace::Calendar { .. }),
            on_the_way: BinaryHeap::new(),
            sent: 0,
            next_act: scenario.next(),
            next_beat: start,
            scenario,
        }
    }

    /// Who and what there is.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The frauds and mistakes in it.
    pub fn incidents(&self) -> &Arc<[Incident]> {
        &self.incidents
    }

    fn send(&mut self, received_at: Timestamp, topic: EventTopic, event: StreamEvent, label: Option<Label>) {
        self.sent += 1;
        let streamed = Streamed {
            received_at,
            topic,
            event,
            label,
        };
        self.on_the_way
            .push(Reverse(OnTheWay(received_at, self.sent, streamed)));
    }

    /// The incident of that kind in which a till is at that moment.
    fn suffers(&self, rule: RuleName, till: usize, at: Timestamp) -> Option<&Incident> {
        let outlet = self.world.tills[till].outlet;
        self.incidents.iter().find(|of| {
            let here = of.till.map_or(of.outlet == Some(outlet), |of| of == till);
            of.label.rule == rule && here && (of.from..of.until).contains(&at)
        })
    }

    /// When what happens at a till is received: at once, but for a till without a network.
    fn arrival(&mut self, till: usize, at: Timestamp) -> Timestamp {
        let cut_off = self.suffers(RuleName::OutletCutOff, till, at).map(|of| of.until);
        let mut wait = self.dice.between(0.05, 1.5);
        if self.dice.chance(0.001) {
            wait = self.dice.between(60.0, 600.0);
        }
        let arrives = cut_off.unwrap_or(at).max(at) + seconds_of(wait);
        let last = &mut self.tills[till].last;
        *last = arrives.max(*last);
        *last
    }

    fn publish(&mut self, act: &Act) {
        let received_at = self.arrival(act.till, act.at);
        let clock = self.suffers(RuleName::ClockOff, act.till, act.at);
        let (off, wrong) = clock.map_or((SignedDuration::ZERO, None), |of| (of.off, Some(of.label)));
        let label = act.label.or(wrong);
        match &act.doing {
            Doing::Sale(sold) => self.publish_sale(act, sold, act.at + off, received_at, label),
            Doing::Note(happening) => self.publish_note(act, happening, act.at + off, received_at, label),
        }
    }

    fn publish_sale(&mut self, act: &Act, sold: &Sold, at: Timestamp, received_at: Timestamp, label: Option<Label>) {
        let agreed = sold.agreed(&self.world, act.till, act.clerk, at);
        let counter = &self.world.tills[act.till];
        let till = &mut self.tills[act.till];
        let place = ChainPlace {
            till: counter.id.clone(),
            series: 1,
            number: till.number + 1,
            first_seq: till.sale_seq + 1,
            prev_hash: till.hash,
        };
        let ids = RowIds {
            outlet: self.world.outlets[counter.outlet].id,
            employee: self.world.clerks[act.clerk].id,
            doctor: self.world.doctor_row(sold.doctor),
            drugs: sold.lines.iter().map(|line| self.world.wares[line.ware].id).collect(),
        };
        // Documents made of these types can be written.
        let Ok(record) = SaleRecord::make(agreed, place, Vec::new()) else {
            return;
        };
        till.number += 1;
        till.hash = record.hash;
        let events = SaleEvent::of(&record, &ids);
        till.sale_seq += events.len() as u64;
        let deed = act.label.map(|label| label.rule);
        if deed == Some(RuleName::ReceiptMissing) {
            return;
        }
        if deed == Some(RuleName::EventAltered)
            && let Some(first) = events.first()
        {
            let mut altered = first.clone();
            altered.line_total = String::from("1.00");
            let later = received_at + seconds_of(self.dice.between(60.0, 3_600.0));
            self.send(later, EventTopic::Sales, StreamEvent::Sale(Box::new(altered)), label);
        }
        for event in events {
            self.send(
                received_at,
                EventTopic::Sales,
                StreamEvent::Sale(Box::new(event)),
                label,
            );
        }
    }

    fn publish_note(
        &mut self,
        act: &Act,
        happening: &Happening,
        at: Timestamp,
        received_at: Timestamp,
        label: Option<Label>,
    ) {
        let counter = &self.world.tills[act.till];
        let till = &mut self.tills[act.till];
        till.audit_seq += 1;
        let place = AuditPlace {
            till: counter.id.clone(),
            series: 1,
            seq: till.audit_seq,
        };
        let event_id = self.scenario.ids.id(at);
        let record = AuditRecord::new(event_id, place, noted(happening, &self.world, act.till, act.clerk, at));
        let ids = AuditIds {
            outlet: self.world.outlets[counter.outlet].id,
            employee: Some(self.world.clerks[act.clerk].id),
        };
        let event = StreamEvent::Audit(Box::new(AuditEvent::of(&record, ids)));
        self.send(received_at, EventTopic::Audit, event, label);
    }

    fn is_on(&mut self, outlet: usize, at: Timestamp) -> bool {
        if !self.has_days {
            return true;
        }
        let place = &self.world.outlets[outlet];
        if at >= self.on[outlet].1 {
            self.on[outlet] = day_of(place, at);
        }
        self.on[outlet].0.is_some_and(|(on, off)| (on..off).contains(&at))
    }

    /// Each till that is on says that it is there.
    fn beat(&mut self) {
        let at = self.next_beat;
        for till in 0..self.tills.len() {
            let outlet = self.world.tills[till].outlet;
            // Spread over the minute: tills are not switched on together.
            let at = at + BEAT * i32::try_from(till % 60).unwrap_or(0) / 60;
            if !self.is_on(outlet, at) || self.suffers(RuleName::OutletCutOff, till, at).is_some() {
                continue;
            }
            let clock = self.suffers(RuleName::ClockOff, till, at);
            let (off, label) = clock.map_or((SignedDuration::ZERO, None), |of| (of.off, Some(of.label)));
            let clerk = self.scenario.rota.clerk_at(&self.world, till, at);
            let place = &self.world.outlets[outlet];
            let beat = Heartbeat {
                schema: SCHEMA,
                kind: String::from(Heartbeat::KIND),
                at: at + off,
                outlet_id: place.id,
                pharmacy_name: place.party.name.clone(),
                pharmacy_region: place.party.region.clone(),
                till_id: self.world.tills[till].id.to_string(),
                employee: Some(self.world.clerks[clerk].party.name.clone()),
                session: self.tills[till].session,
                version: String::from(env!("CARGO_PKG_VERSION")),
                unsent: 0,
                oldest_s: None,
                parked: 0,
                printer: None,
                clock_skew_ms: i64::try_from(off.as_millis()).ok(),
            };
            let received_at = at + seconds_of(self.dice.between(0.05, 0.5));
            let event = StreamEvent::Heartbeat(Box::new(beat));
            self.send(received_at, EventTopic::Audit, event, label);
        }
        self.next_beat += BEAT;
    }
}

/// When an outlet has its tills on, on the day of that moment, and when that day is over.
fn day_of(place: &Place, at: Timestamp) -> (Option<(Timestamp, Timestamp)>, Timestamp) {
    let there = at.to_zoned(place.zone.clone());
    let tomorrow = there.date().tomorrow().ok();
    let over = tomorrow.and_then(|day| super::week::moment(day, 0, &place.zone));
    let open = place.week.open(there.date(), &place.zone);
    (
        open.map(|(opens, closes)| (opens - ON, closes + ON)),
        over.unwrap_or(Timestamp::MAX),
    )
}

impl Iterator for Stream {
    type Item = Streamed;

    fn next(&mut self) -> Option<Streamed> {
        loop {
            // Nothing that is still to be made can be received before that.
            let sure = self.next_act.as_ref().map(|act| act.at.min(self.next_beat));
            if let Some(Reverse(first)) = self.on_the_way.peek()
                && sure.is_none_or(|sure| first.0 <= sure)
            {
                return self.on_the_way.pop().map(|Reverse(OnTheWay(_, _, streamed))| streamed);
            }
            let act = self.next_act.take()?;
            if self.next_beat <= act.at {
                self.next_act = Some(act);
                self.beat();
            } else {
                self.publish(&act);
                self.next_act = self.scenario.next();
            }
        }
    }
}
