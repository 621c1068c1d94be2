//! Clocks that are off: ahead of the brokers', away from the database's, or set back between two events.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use super::scene::{Desk, Scene, lasting};
use super::told::Finding;
use crate::domain::event::StreamEvent;
use crate::domain::supervision::{RuleName, Subject};

const RULE: RuleName = RuleName::ClockOff;

/// For so long a clock that was off is not believed.
const DISTRUSTED: SignedDuration = SignedDuration::from_hours(6);

/// An event's place among those of its till: which topic's, series, number.
type Place = (u64, Timestamp);

/// The latest number of each till, and its time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Clocks {
    sales: Bounded<(String, u32), Place, 10_000>,
    audit: Bounded<(String, u32), Place, 10_000>,
    /// When a till's clock was last found to be off.
    off: Bounded<String, Timestamp, 1_000>,
}

/// How a clock is off.
struct Off {
    by: SignedDuration,
    how: &'static str,
}

impl Clocks {
    /// Whether a till's clock was off lately: what happens by a wrong clock happens at a wrong time.
    pub fn is_off(&self, till: &str, now: Timestamp) -> bool {
        let off = self.off.get(till);
        off.is_some_and(|at| now.duration_since(*at) < DISTRUSTED)
    }

    pub fn see(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>) {
        if !scene.is_on(RULE) {
            return;
        }
        let limit = SignedDuration::from_secs_f64(scene.thresholds.clock_off_minutes * 60.0);
        let (till, at, off) = match scene.event {
            StreamEvent::Sale(sale) => {
                let key = (sale.till_id.clone(), sale.series);
                (
                    &sale.till_id,
                    sale.sold_at,
                    set_back(&mut self.sales, key, (sale.seq, sale.sold_at)),
                )
            }
            StreamEvent::Audit(audit) => {
                let key = (audit.till_id.clone(), audit.series);
                (
                    &audit.till_id,
                    audit.at,
                    set_back(&mut self.audit, key, (audit.seq, audit.at)),
                )
            }
            StreamEvent::Heartbeat(beat) => {
                // Heartbeats do not wait anywhere: one that seems late is from a slow clock.
                let late = Off {
                    by: scene.received_at.duration_since(beat.at),
                    how: "behind the brokers'",
                };
                let skew = beat.clock_skew_ms.map(|skew| Off {
                    by: SignedDuration::from_millis(skew).abs(),
                    how: "away from the database's",
                });
                let worse = skew.filter(|skew| skew.by > late.by).unwrap_or(late);
                (&beat.till_id, beat.at, Some(worse))
            }
            StreamEvent::Older(_) => return,
        };
        let ahead = Off {
            by: at.duration_since(scene.received_at),
            how: "ahead of the brokers'",
        };
        let worst = off.filter(|off| off.by > ahead.by).unwrap_or(ahead);
        if worst.by <= limit {
            return;
        }
        self.off.insert(till.clone(), scene.received_at);
        let minutes = worst.by.as_secs_f64() / 60.0;
        let subject = Subject {
            drug: None,
            doctor: None,
            employee: None,
            ..scene.subject()
        };
        // By the day of whoever received it: a clock that is off has no days.
        let day = scene.received_at.as_second() / 86_400;
        desk.told
            .tell(Finding {
                rule: RULE,
                key: format!("{till}|{day}"),
                // A clock a day off is not told again for being a year off.
                size: minutes.min(1_440.0),
                severity: RULE.severity(),
                at: scene.received_at,
                subject,
                headline: format!(
                    "clock of {} is {} {}",
                    crate::domain::name::printable(till),
                    lasting(worst.by),
                    worst.how
                ),
                figures: vec![
                    format!("the till says {at}, received {}", scene.received_at),
                    format!("told from {} min", scene.thresholds.clock_off_minutes),
                ],
                evidence: vec![scene.row()],
            })
            .into_iter()
            .for_each(|alert| desk.alerts.push(alert));
    }
}

/// Whether a later number has an earlier time: then the clock was set back, or had been ahead.
fn set_back(latest: &mut Bounded<(String, u32), Place, 10_000>, key: (String, u32), (seq, at): Place) -> Option<Off> {
    match latest.get_mut(&key) {
        None => {
            latest.insert(key, (seq, at));
            None
        }
        Some((before, _)) if seq <= *before => None,
        Some(place) => {
            let back = place.1.duration_since(at);
            *place = (seq, at);
            Some(Off {
                by: back,
                how: "back from where it was before",
            })
        }
    }
}
