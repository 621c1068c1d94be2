//! Numbers of a till that never came: its events are numbered without a hole, so a hole that stays is a missing receipt.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use super::scene::{Desk, Scene, lasting};
use super::told::Finding;
use crate::domain::audit::Happening;
use crate::domain::event::{EventTopic, StreamEvent};
use crate::domain::name::printable;
use crate::domain::sale::MAX_LINES;
use crate::domain::supervision::{RuleName, StreamRow, Subject, Thresholds};

const RULE: RuleName = RuleName::ReceiptMissing;
/// Holes of one till that are waited for.
const MOST_HOLES: usize = 8;

/// A till's series in a topic: each has numbers of its own.
type Series = (String, u32, bool);

/// Numbers that have not come.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Hole {
    first: u64,
    last: u64,
    /// When the number behind it came.
    since: Timestamp,
    /// The event behind it, and whose it is.
    row: StreamRow,
    subject: Subject,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Till {
    highest: u64,
    holes: Vec<Hole>,
}

/// The numbers of all tills.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Numbers {
    tills: Bounded<Series, Till, 10_000>,
    /// Those with holes.
    waiting: Vec<Series>,
    /// When they were last looked at.
    looked_at: Timestamp,
}

impl Numbers {
    pub fn see(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>) {
        let (series, seq) = match scene.event {
            StreamEvent::Sale(sale) => ((sale.till_id.clone(), sale.series, false), sale.seq),
            StreamEvent::Audit(audit) => ((audit.till_id.clone(), audit.series, true), audit.seq),
            StreamEvent::Heartbeat(_) | StreamEvent::Older(_) => return,
        };
        if !scene.is_on(RULE) {
            return;
        }
        self.note(scene, series, seq);
        // The numbers of a sale that was struck never come: its till says so in their place.
        if let StreamEvent::Audit(audit) = scene.event
            && let Happening::SaleStruck {
                series,
                first_seq,
                lines,
                ..
            } = audit.happening
        {
            let count = u64::from(lines).min(MAX_LINES as u64);
            for seq in first_seq..first_seq.saturating_add(count) {
                self.note(scene, (audit.till_id.clone(), series, false), seq);
            }
        }
        if scene.received_at.duration_since(self.looked_at).as_secs() >= 10 {
            self.look(scene.received_at, scene.thresholds, desk);
        }
    }

    /// A number of a series came.
    fn note(&mut self, scene: &Scene<'_>, series: Series, seq: u64) {
        let is_new = self.tills.get(&series).is_none();
        let till = self.tills.entry(series.clone());
        if is_new {
            // Whoever begins to look in the middle misses nothing.
            till.highest = seq;
        } else if seq <= till.highest {
            fill(&mut till.holes, seq);
        } else {
            if seq > till.highest + 1 && till.holes.len() < MOST_HOLES {
                till.holes.push(Hole {
                    first: till.highest + 1,
                    last: seq - 1,
                    since: scene.received_at,
                    row: scene.row(),
                    subject: Subject {
                        employee: None,
                        doctor: None,
                        drug: None,
                        ..scene.subject()
                    },
                });
                if !self.waiting.contains(&series) {
                    self.waiting.push(series);
                }
            }
            till.highest = seq;
        }
    }

    /// Tells of holes that have been there for long enough.
    pub fn look(&mut self, now: Timestamp, thresholds: &Thresholds, desk: &mut Desk<'_>) {
        self.looked_at = now;
        let wait = SignedDuration::from_secs_f64(thresholds.receipt_missing_minutes * 60.0);
        let tills = &mut self.tills;
        self.waiting.retain(|series| {
            let Some(till) = tills.get_mut(series) else {
                return false;
            };
            till.holes.retain(|hole| {
                let is_due = now.duration_since(hole.since) >= wait;
                if is_due {
                    desk.tell(finding(series, hole, now));
                }
                !is_due
            });
            !till.holes.is_empty()
        });
    }
}

/// Takes a number out of the holes.
fn fill(holes: &mut Vec<Hole>, seq: u64) {
    let Some(at) = holes.iter().position(|hole| (hole.first..=hole.last).contains(&seq)) else {
        return;
    };
    let hole = holes.remove(at);
    let rest = |first: u64, last: u64| Hole {
        first,
        last,
        ..hole.clone()
    };
    if hole.first < seq {
        holes.push(rest(hole.first, seq - 1));
    }
    if seq < hole.last {
        holes.push(rest(seq + 1, hole.last));
    }
}

fn finding((till, series, is_audit): &Series, hole: &Hole, now: Timestamp) -> Finding {
    let till = printable(till);
    let what = if *is_audit { "audit events" } else { "sale events" };
    let count = hole.last - hole.first + 1;
    let numbers = if count == 1 {
        format!("number {} is", hole.first)
    } else {
        format!("numbers {} to {} are", hole.first, hole.last)
    };
    Finding {
        rule: RULE,
        key: format!("{till}|{series}|{what}|{}", hole.first),
        size: 1.0,
        severity: RULE.severity(),
        at: now,
        subject: hole.subject.clone(),
        headline: format!("{what} of {till}: {numbers} missing"),
        figures: vec![
            format!("{count} of series {series}, before what came at {}", hole.since),
            format!("waited {} for them", lasting(now.duration_since(hole.since))),
        ],
        evidence: vec![hole.row.clone()],
    }
}

/// A number that came again with other content.
pub(crate) fn differs(scene: &Scene<'_>, desk: &mut Desk<'_>) {
    let rule = RuleName::EventAltered;
    let (till, series, seq, topic, id) = match scene.event {
        StreamEvent::Sale(sale) => (&sale.till_id, sale.series, sale.seq, EventTopic::Sales, sale.event_id),
        StreamEvent::Audit(audit) => (
            &audit.till_id,
            audit.series,
            audit.seq,
            EventTopic::Audit,
            audit.event_id,
        ),
        StreamEvent::Heartbeat(_) | StreamEvent::Older(_) => return,
    };
    if !scene.is_on(rule) {
        return;
    }
    let mut row = scene.row();
    row.differs = true;
    desk.tell(Finding {
        rule,
        key: format!("{till}|{series}|{seq}|{topic:?}"),
        size: 1.0,
        severity: rule.severity(),
        at: scene.received_at,
        subject: Subject {
            employee: None,
            doctor: None,
            drug: None,
            ..scene.subject()
        },
        headline: format!("number {seq} of {} came again with other content", printable(till)),
        figures: vec![
            format!("series {series}, event {id}"),
            String::from("what came first is what counts; verify says what the database has"),
        ],
        evidence: vec![row],
    });
}
