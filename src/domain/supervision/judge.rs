//! The judge: shows each event to every rule once, and keeps what they learn.
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::rules::clock::Clocks;
use super::rules::closed::Closed;
use super::rules::controlled::Controlled;
use super::rules::evidence::Evidence;
use super::rules::gather::{Gathering, Whole};
use super::rules::habits::{Habit, Habits, Sold};
use super::rules::numbers::{self, Numbers};
use super::rules::outlets::{Outlets, Watched};
use super::rules::prescribers::Prescribers;
use super::rules::returns::Returns;
use super::rules::scene::{Desk, Scene};
use super::rules::told::{Finding, Told};
use super::rules::told_by_till;
use super::rules::twice::Twice;
use super::rules::usual::Usual;
use super::{Alert, Known, RuleName, Subject, Thresholds};
use crate::domain::audit::{AuditEvent, Happening, Removal};
use crate::domain::event::{SaleEvent, StreamEvent};
use crate::domain::hours::OpeningHours;
use crate::domain::money::{Currency, Money};
use crate::domain::name::printable;
use crate::domain::sale::SaleKind;

/// What is kept is of this version; of another, it is begun anew.
const VERSION: u32 = 1;

/// All rules at work. Memory is bounded whatever comes.
#[derive(Debug, Default)]
pub struct Judge {
    thresholds: Thresholds,
    known: Known,
    /// Of the outlets whose text can be relied on.
    hours: HashMap<i64, OpeningHours>,
    /// What round amounts are multiples of, by outlet.
    steps: HashMap<i64, Money>,
    learnt: Learnt,
}

/// What is kept through a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Learnt {
    version: u32,
    rules: Rules,
    told: Told,
    evidence: Evidence,
}

/// What each rule knows.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Rules {
    gathering: Gathering,
    habits: Habits,
    returns: Returns,
    closed: Closed,
    usual: Usual,
    twice: Twice,
    clocks: Clocks,
    numbers: Numbers,
    controlled: Controlled,
    prescribers: Prescribers,
    outlets: Outlets,
}

impl Learnt {
    /// The rules, and where they say what they found.
    fn desk<'a>(&'a mut self, alerts: &'a mut Vec<Alert>) -> (&'a mut Rules, Desk<'a>) {
        let desk = Desk {
            told: &mut self.told,
            evidence: &mut self.evidence,
            alerts,
        };
        (&mut self.rules, desk)
    }
}

impl Rules {
    /// A line; with its last one, the sale.
    fn sold(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, line: &SaleEvent, steps: &HashMap<i64, Money>) {
        let mut chance = 1.0;
        if line.kind == SaleKind::Sale {
            let likely = self.usual.see(scene, desk, line);
            self.controlled.line(scene, desk, line, likely.drug);
            chance = likely.line;
        }
        let Some(whole) = self.gathering.see(line, chance) else {
            return;
        };
        let habits = self.returns.see(scene, line);
        self.habits.sold(scene, desk, &sold(line, &whole, habits, steps));
        if !self.clocks.is_off(&line.till_id, scene.received_at) {
            self.closed.see(scene, desk, line);
        }
        self.outlets.sold(scene, line.outlet_id, &line.pharmacy_name);
        if line.kind == SaleKind::Sale {
            self.controlled.sold(scene, line);
            self.prescribers.sold(scene, desk, line);
            self.twice.see(scene, desk, line, &whole);
        }
    }
}

impl Judge {
    /// With those thresholds, and nothing learnt yet.
    pub fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            learnt: Learnt {
                version: VERSION,
                ..Learnt::default()
            },
            ..Self::default()
        }
    }

    /// The catalogue changed.
    pub fn learn(&mut self, known: Known) {
        let outlets = known.outlets.iter();
        self.hours = outlets
            .filter_map(|(id, outlet)| Some((*id, OpeningHours::read(&outlet.opening_hours)?)))
            .collect();
        let outlets = known.outlets.iter();
        self.steps = outlets
            .map(|(id, outlet)| (*id, round_step(&outlet.currency)))
            .collect();
        self.known = known;
    }

    /// An event that was not seen before, in the order of the stream.
    pub fn see(&mut self, event: &StreamEvent, received_at: Timestamp) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let Some(when) = self.time_of(event) else {
            return alerts;
        };
        let scene = Scene::new(event, when, received_at, (&self.thresholds, &self.known, &self.hours));
        let (rules, mut desk) = self.learnt.desk(&mut alerts);
        rules.clocks.see(&scene, &mut desk);
        rules.numbers.see(&scene, &mut desk);
        match event {
            StreamEvent::Sale(line) => rules.sold(&scene, &mut desk, line, &self.steps),
            StreamEvent::Audit(audit) => {
                told_by_till::see(&scene, &mut desk, audit);
                noted(&mut rules.habits, &scene, &mut desk, audit);
            }
            StreamEvent::Heartbeat(beat) => rules.outlets.beat(&scene, beat.outlet_id, &beat.pharmacy_name),
            StreamEvent::Older(_) => {}
        }
        alerts
    }

    /// An event whose number was seen with other content.
    pub fn differs(&mut self, event: &StreamEvent, received_at: Timestamp) -> Vec<Alert> {
        let mut alerts = Vec::new();
        if let Some(when) = self.time_of(event) {
            let scene = Scene::new(event, when, received_at, (&self.thresholds, &self.known, &self.hours));
            numbers::differs(&scene, &mut self.learnt.desk(&mut alerts).1);
        }
        alerts
    }

    /// Rows of the database disagree with their chain: what `rxtill verify` found of a till.
    pub fn altered(&mut self, till: &str, outlet: Option<(i64, String)>, words: &str, now: Timestamp) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let rule = RuleName::FactsAltered;
        if self.thresholds.is_on(rule) {
            let (till, words) = (printable(till), printable(words));
            self.learnt.desk(&mut alerts).1.tell(Finding {
                rule,
                key: format!("{till}|{words}"),
                size: 1.0,
                severity: rule.severity(),
                at: now,
                subject: Subject {
                    outlet,
                    till: Some(till.clone()),
                    ..Subject::default()
                },
                headline: format!("rows of {till} were altered: {words}"),
                figures: vec![String::from("the chain of its sales says otherwise (rxtill verify)")],
                evidence: Vec::new(),
            });
        }
        alerts
    }

    /// Time went by: what can only be told from nothing having come. Called about once a second while the stream is read
    /// to its end, and not while older records are being read.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let (rules, mut desk) = self.learnt.desk(&mut alerts);
        let watched = Watched {
            known: &self.known,
            hours: &self.hours,
        };
        rules.numbers.look(now, &self.thresholds, &mut desk);
        rules.outlets.tick(now, &watched, &self.thresholds, &mut desk);
        alerts
    }

    /// When it happened, and on which day at the outlet. None of what has no time to judge it by.
    fn time_of(&self, event: &StreamEvent) -> Option<(Timestamp, Date)> {
        match event {
            StreamEvent::Sale(sale) => Some((sale.sold_at, sale.date_sold)),
            StreamEvent::Audit(audit) => Some((audit.at, audit.date)),
            StreamEvent::Heartbeat(beat) => {
                Some((beat.at, self.known.zone(beat.outlet_id).to_datetime(beat.at).date()))
            }
            StreamEvent::Older(_) => None,
        }
    }

    /// What was learnt, to be given to [`Judge::restored`] after a restart.
    pub fn learnt(&self) -> Vec<u8> {
        // Maps with keys of any kind are written as lists, so nothing in it can fail to be JSON.
        serde_json::to_vec(&self.learnt).unwrap_or_default()
    }

    /// With what was learnt before.
    ///
    /// # Errors
    /// When the bytes are not those of a judge of this version; begin anew then.
    pub fn restored(thresholds: Thresholds, learnt: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let version: Version = serde_json::from_slice(learnt).map_err(|e| e.to_string())?;
        if version.version != VERSION {
            return Err(format!("what was learnt is of version {}", version.version));
        }
        let learnt = serde_json::from_slice(learnt).map_err(|e| e.to_string())?;
        Ok(Self {
            thresholds,
            learnt,
            ..Self::default()
        })
    }
}

fn sold(sale: &SaleEvent, whole: &Whole, habits: [Option<Habit>; 3], steps: &HashMap<i64, Money>) -> Sold {
    let is_sale = sale.kind == SaleKind::Sale;
    let step = steps.get(&sale.outlet_id).copied();
    Sold {
        employee: sale.emp_id,
        outlet: sale.outlet_id,
        is_round: is_sale && is_round(whole.total, step.unwrap_or_else(|| round_step(&sale.currency))),
        cash: whole.cash.filter(|_| is_sale),
        discount: if is_sale { whole.discount() } else { 0.0 },
        habits,
    }
}

/// Amounts that people make up are multiples of it: a twentieth of the largest note (50 of 1,000).
fn round_step(currency: &str) -> Money {
    let note = Currency::of(currency).largest_note().map(Money::decimal);
    Money::new(note.unwrap_or(Decimal::ONE_HUNDRED) / Decimal::from(20))
}

fn is_round(total: Decimal, step: Money) -> bool {
    let step = step.decimal();
    total >= step && total.checked_rem(step).is_some_and(|rest| rest.is_zero())
}

fn noted(habits: &mut Habits, scene: &Scene<'_>, desk: &mut Desk<'_>, audit: &AuditEvent) {
    // What nobody did is nobody's habit.
    let Some(employee) = audit.emp_id else {
        return;
    };
    match &audit.happening {
        Happening::BasketCancelled { .. } => habits.done(scene, desk, employee, Habit::CancelledBaskets),
        Happening::LineRemoved {
            sale_id, how, shown_s, ..
        } => {
            #[expect(clippy::cast_precision_loss, reason = "seconds")]
            let was_shown = shown_s.is_none_or(|seconds| seconds as f64 >= scene.thresholds.removed_lines_seconds);
            if *how == Removal::TakenOut && was_shown {
                habits.thinned(scene, desk, employee, *sale_id);
            }
        }
        Happening::DrawerOpened { .. } => habits.done(scene, desk, employee, Habit::DrawerWithoutSale),
        Happening::PriceOverride { sale_id, .. } => habits.overridden(scene, desk, employee, *sale_id),
        _ => {}
    }
}
