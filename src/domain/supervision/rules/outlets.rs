//! Outlets of which nothing comes in their opening hours: silent where their tills give signs of life, cut off where not.
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil};
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use super::scene::{Desk, Scene, lasting};
use super::told::Finding;
use crate::domain::hours::OpeningHours;
use crate::domain::name::printable;
use crate::domain::supervision::{Known, KnownOutlet, RuleName, StreamRow, Subject, Thresholds};

/// Hours of a working day, of Saturday, of Sunday.
const SLOTS: usize = 3 * 24;
/// What an hour of before counts beside the next one of its kind.
const KEPT: f64 = 0.8;
/// Hours of a kind that must be known before one without sales is strange.
const KNOWN_HOURS: f64 = 0.9;
/// Of a day whose kind was not seen before, so much of a working day's sales are expected.
const UNKNOWN_DAY: f64 = 0.5;
/// Hours that are gone through at once where nothing came; longer ago is another time.
const MOST_HOURS: i64 = 24 * 14;

/// One kind of hour: how many were there, and sales in them; older ones count less.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Slot {
    hours: f64,
    sales: f64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Shop {
    name: String,
    last_sale: Option<Timestamp>,
    last_beat: Option<Timestamp>,
    /// The hour that sales are counted in, on the outlet's clock.
    hour: Option<(civil::DateTime, f64)>,
    slots: Vec<Slot>,
}

/// All outlets.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outlets {
    shops: Bounded<i64, Shop, 5_000>,
}

/// When an outlet is watched: as far as its hours can be relied on.
pub(crate) struct Watched<'a> {
    pub known: &'a Known,
    pub hours: &'a std::collections::HashMap<i64, OpeningHours>,
}

impl Outlets {
    /// A sign of life.
    pub fn beat(&mut self, scene: &Scene<'_>, outlet: i64, name: &str) {
        let shop = self.shops.entry(outlet);
        shop.is_called(name);
        // By when it came: a clock that is off is another rule's.
        shop.last_beat = shop.last_beat.max(Some(scene.received_at));
    }

    /// A whole sale or return.
    pub fn sold(&mut self, scene: &Scene<'_>, outlet: i64, name: &str) {
        let local = scene.local(outlet);
        let shop = self.shops.entry(outlet);
        shop.is_called(name);
        // By when it came: what a till without a network kept back is news all the same, and a wrong clock is another rule's.
        shop.last_sale = shop.last_sale.max(Some(scene.received_at));
        if let Some(hour) = local.and_then(hour_of) {
            shop.count(hour);
        }
    }

    /// Time went by.
    pub fn tick(&self, now: Timestamp, watched: &Watched<'_>, thresholds: &Thresholds, desk: &mut Desk<'_>) {
        for (id, shop) in self.shops.iter() {
            // Nothing is strange where nobody says when it is open.
            let Some((outlet, hours)) = watched.known.outlets.get(id).zip(watched.hours.get(id)) else {
                continue;
            };
            let local = outlet.zone.to_datetime(now);
            let Some(open_for) = hours.open_for(local).filter(|_| outlet.active) else {
                continue;
            };
            let opened = now - SignedDuration::from_mins(i64::from(open_for));
            if !Self::cut_off(now, opened, *id, shop, thresholds, desk) {
                shop.silent(now, opened, (*id, outlet), thresholds, desk);
            }
        }
    }

    /// Whether there is no sign of life.
    fn cut_off(
        now: Timestamp,
        opened: Timestamp,
        id: i64,
        shop: &Shop,
        thresholds: &Thresholds,
        desk: &mut Desk<'_>,
    ) -> bool {
        let rule = RuleName::OutletCutOff;
        let Some(last) = shop.last_beat else { return false };
        let limit = SignedDuration::from_secs_f64(thresholds.outlet_cut_off_minutes * 60.0);
        let gone = now.duration_since(last.max(opened));
        if gone < limit {
            return false;
        }
        if thresholds.is_on(rule) {
            let about = now.duration_since(last);
            desk.tell(Finding {
                rule,
                key: format!("{id}|{last}"),
                size: 1.0,
                severity: rule.severity(),
                at: now,
                subject: shop.subject(id),
                headline: format!("no sign of life of any till for {}", lasting(about)),
                figures: vec![
                    format!("the last heartbeat came at {last}"),
                    format!("told from {} min in opening hours", thresholds.outlet_cut_off_minutes),
                ],
                evidence: vec![shop.row(id, last, "last heartbeat")],
            });
        }
        true
    }
}

impl Shop {
    fn is_called(&mut self, name: &str) {
        if self.name != name {
            self.name = printable(name);
        }
    }

    fn subject(&self, id: i64) -> Subject {
        Subject {
            outlet: Some((id, self.name.clone())),
            ..Subject::default()
        }
    }

    /// The last that was seen, as a row.
    fn row(&self, id: i64, at: Timestamp, words: &str) -> StreamRow {
        StreamRow {
            outlet_id: Some(id),
            outlet: self.name.clone(),
            ..StreamRow::note(at, crate::domain::supervision::RowKind::Note, words)
        }
    }

    /// Counts a sale in its hour; what came late is in an hour that is over.
    fn count(&mut self, hour: civil::DateTime) {
        self.slots.resize(SLOTS, Slot::default());
        let Some((current, sales)) = self.hour else {
            self.hour = Some((hour, 1.0));
            return;
        };
        if hour <= current {
            let sales = if hour == current { sales + 1.0 } else { sales };
            self.hour = Some((current, sales));
            return;
        }
        let gone = current.duration_until(hour).as_hours().min(MOST_HOURS);
        let mut at = current;
        for passed in 0..gone {
            let slot = &mut self.slots[slot_of(at)];
            slot.hours = slot.hours * KEPT + 1.0;
            slot.sales = slot.sales * KEPT + if passed == 0 { sales } else { 0.0 };
            at = at.saturating_add(1.hour());
        }
        self.hour = Some((hour, 1.0));
    }

    /// Sales that were to be expected between two moments; hours that are not known well count as none.
    fn expected(&self, from: civil::DateTime, until: civil::DateTime) -> f64 {
        let mut expected = 0.0;
        let mut at = from;
        for _ in 0..MOST_HOURS {
            if at >= until {
                break;
            }
            let Some(hour) = hour_of(at) else { break };
            let next = hour.saturating_add(1.hour()).min(until);
            let part = at.duration_until(next).as_secs_f64() / 3600.0;
            expected += part * self.a_hour(slot_of(at));
            at = next;
        }
        expected
    }

    /// Sales in such an hour, rather too few than too many. A Saturday or Sunday that was never seen is half a working day.
    fn a_hour(&self, slot: usize) -> f64 {
        let (of, part) = match self.slots.get(slot) {
            Some(known) if known.hours >= KNOWN_HOURS => (*known, 1.0),
            Some(_) => (self.slots[slot % 24], UNKNOWN_DAY),
            None => return 0.0,
        };
        if of.hours < KNOWN_HOURS {
            return 0.0;
        }
        let at_least = (of.sales - of.sales.sqrt()).max(0.0);
        part * at_least / of.hours
    }

    fn silent(
        &self,
        now: Timestamp,
        opened: Timestamp,
        (id, outlet): (i64, &KnownOutlet),
        thresholds: &Thresholds,
        desk: &mut Desk<'_>,
    ) {
        let rule = RuleName::OutletSilent;
        let Some(last) = self.last_sale.filter(|_| thresholds.is_on(rule)) else {
            return;
        };
        let since = last.max(opened);
        let gone = now.duration_since(since);
        if gone.as_secs_f64() < thresholds.outlet_silent_minutes * 60.0 {
            return;
        }
        let expected = self.expected(outlet.zone.to_datetime(since), outlet.zone.to_datetime(now));
        if expected < thresholds.outlet_silent_score {
            return;
        }
        let link = if self.last_beat.is_some() {
            "its tills give signs of life"
        } else {
            "its tills have never given signs of life"
        };
        desk.tell(Finding {
            rule,
            key: format!("{id}|{last}|{}", outlet.zone.to_datetime(now).date()),
            size: 1.0,
            severity: rule.severity(),
            at: now,
            subject: self.subject(id),
            headline: format!("no sale for {}, {expected:.0} were to be expected", lasting(gone)),
            figures: vec![
                format!("the last sale came at {last}; {link}"),
                format!("told from {} expected sales", thresholds.outlet_silent_score),
            ],
            evidence: vec![self.row(id, last, "last sale")],
        });
    }
}

fn hour_of(local: civil::DateTime) -> Option<civil::DateTime> {
    local.with().minute(0).second(0).subsec_nanosecond(0).build().ok()
}

fn slot_of(hour: civil::DateTime) -> usize {
    let of_week = match hour.weekday() {
        civil::Weekday::Saturday => 1,
        civil::Weekday::Sunday => 2,
        _ => 0,
    };
    of_week * 24 + usize::from(hour.hour().unsigned_abs())
}
