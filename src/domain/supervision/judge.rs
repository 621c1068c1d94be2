//! The judge: shows each event to every rule once, and keeps what they learn.
use std::collections::HashMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::rules::clock::Clocks;
use super::rules::closed::Closed;
use super::rules::evidence::Evidence;
use super::rules::gather::{Gathering, Whole};
use super::rules::habits::{Habit, Habits, Sold};
use super::rules::returns::Returns;
use super::rules::scene::{Desk, Scene};
use super::rules::told::Told;
use super::rules::twice::Twice;
use super::rules::usual::Usual;
use super::{Alert, Known, Thresholds};
use crate::domain::audit::{AuditEvent, Happening, Removal};
use crate::domain::event::{SaleEvent, StreamEvent};
use crate::domain::hours::OpeningHours;
use crate::domain::money::Money;
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
    learnt: Learnt,
}

/// What is kept through a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Learnt {
    version: u32,
    gathering: Gathering,
    habits: Habits,
    returns: Returns,
    closed: Closed,
    usual: Usual,
    twice: Twice,
    clocks: Clocks,
    told: Told,
    evidence: Evidence,
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
        self.known = known;
    }

    /// An event that was not seen before, in the order of the stream.
    pub fn see(&mut self, event: &StreamEvent, received_at: Timestamp) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let when = match event {
            StreamEvent::Sale(sale) => (sale.sold_at, sale.date_sold),
            StreamEvent::Audit(audit) => (audit.at, audit.date),
            StreamEvent::Heartbeat(beat) => (beat.at, self.known.zone(beat.outlet_id).to_datetime(beat.at).date()),
            // It has no time, nor a number to count it by: nothing to judge.
            StreamEvent::Older(_) => return alerts,
        };
        let scene = Scene::new(event, when, received_at, (&self.thresholds, &self.known, &self.hours));
        let learnt = &mut self.learnt;
        let mut desk = Desk {
            told: &mut learnt.told,
            evidence: &mut learnt.evidence,
            alerts: &mut alerts,
        };
        learnt.clocks.see(&scene, &mut desk);
        match event {
            StreamEvent::Sale(line) => {
                let chance = match line.kind {
                    SaleKind::Sale => learnt.usual.see(&scene, &mut desk, line),
                    SaleKind::Return | SaleKind::Void => 1.0,
                };
                if let Some(whole) = learnt.gathering.see(line, chance) {
                    let habits = learnt.returns.see(&scene, line);
                    learnt.habits.sold(&scene, &mut desk, &sold(line, &whole, habits));
                    learnt.closed.see(&scene, &mut desk, line);
                    learnt.twice.see(&scene, &mut desk, line, &whole);
                }
            }
            StreamEvent::Audit(audit) => noted(&mut learnt.habits, &scene, &mut desk, audit),
            StreamEvent::Heartbeat(_) | StreamEvent::Older(_) => {}
        }
        alerts
    }

    /// An event whose number was seen with other content.
    pub fn differs(&mut self, _event: &StreamEvent, _received_at: Timestamp) -> Vec<Alert> {
        Vec::new()
    }

    /// Time went by: what can only be told from nothing having come. Called about once a second while the stream is read
    /// to its end, and not while older records are being read.
    pub fn tick(&mut self, _now: Timestamp) -> Vec<Alert> {
        Vec::new()
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

fn sold(sale: &SaleEvent, whole: &Whole, habits: [Option<Habit>; 3]) -> Sold {
    let is_sale = sale.kind == SaleKind::Sale;
    Sold {
        employee: sale.emp_id,
        is_round: is_sale && is_round(whole.total),
        cash: whole.cash.filter(|_| is_sale),
        discount: if is_sale { whole.discount() } else { 0.0 },
        habits,
    }
}

/// Round as people make up amounts: hundreds, and more of a hundred than one digit says.
fn is_round(total: Money) -> bool {
    let hundred = Decimal::ONE_HUNDRED;
    total.decimal() >= hundred && (total.decimal() % hundred).is_zero()
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
