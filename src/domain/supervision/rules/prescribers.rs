//! Prescribers: two places at once, and suddenly very many.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use super::peers;
use super::scene::{Desk, Scene, lasting};
use super::told::Finding;
use crate::domain::event::SaleEvent;
use crate::domain::name::printable;
use crate::domain::supervision::{RuleName, StreamRow, Subject};

/// Regions of a prescriber that are remembered.
const MOST_REGIONS: usize = 4;
/// Days of which no two are alike: so much of its own mean a day's number differs by.
const DAY_TO_DAY: f64 = 0.25;
/// Days that must be known before one of them is too many.
const KNOWN_DAYS: f64 = 2.0;

/// The latest prescription in a region.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sighting {
    region: String,
    at: Timestamp,
    /// Of all prescriptions, how many; older ones count less.
    weight: f64,
    row: StreamRow,
}

/// What is known of a prescriber's days.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Days {
    day: i32,
    today: f64,
    /// Prescriptions of the days before, and how many days; older ones count less.
    past: f64,
    counted: f64,
}

/// What is known of all prescribers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Prescribers {
    days: Bounded<i64, Days, 20_000>,
    sightings: Bounded<i64, Vec<Sighting>, 5_000>,
}

impl Prescribers {
    pub fn sold(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, sale: &SaleEvent) {
        if sale.doctor.is_none() {
            return;
        }
        if scene.is_on(RuleName::PrescriberFarApart) {
            self.far_apart(scene, desk, sale);
        }
        if scene.is_on(RuleName::PrescriberProlific) {
            self.prolific(scene, desk, sale);
        }
    }

    fn far_apart(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, sale: &SaleEvent) {
        let rule = RuleName::PrescriberFarApart;
        let window = SignedDuration::from_secs_f64(scene.thresholds.prescriber_far_apart_minutes * 60.0);
        let seen = self.sightings.entry(sale.doc_id);
        let all: f64 = seen.iter().map(|sighting| sighting.weight).sum();
        let here = seen.iter().find(|sighting| sighting.region == sale.pharmacy_region);
        // Where a prescriber is known, patients bring prescriptions without anybody travelling.
        let share_here = here.map_or(0.0, |sighting| sighting.weight) / all.max(1.0);
        let usual = scene.thresholds.prescriber_far_apart_usual;
        let elsewhere = seen.iter().find(|sighting| {
            sighting.region != sale.pharmacy_region
                && scene.at.duration_since(sighting.at).abs() <= window
                && (share_here < usual || sighting.weight / all.max(1.0) < usual)
        });
        let row = scene.row();
        if let Some(elsewhere) = elsewhere {
            let apart = scene.at.duration_since(elsewhere.at).abs();
            let key = format!("{}|{}", sale.doc_id, scene.day);
            let (there, here) = (printable(&elsewhere.region), printable(&sale.pharmacy_region));
            desk.tell(Finding {
                rule,
                key,
                size: 1.0,
                severity: rule.severity(),
                at: scene.at,
                subject: Subject {
                    doctor: scene.subject().doctor,
                    ..Subject::default()
                },
                headline: format!("prescriptions in {there} and {here} within {}", lasting(apart)),
                figures: vec![
                    format!(
                        "nobody travels there within {} min",
                        scene.thresholds.prescriber_far_apart_minutes
                    ),
                    format!(
                        "of this prescriber's prescriptions {:.0}% are in {here}",
                        share_here * 100.0
                    ),
                ],
                evidence: vec![elsewhere.row.clone(), row.clone()],
            });
        }
        for sighting in seen.iter_mut() {
            sighting.weight *= 0.99;
        }
        if let Some(here) = seen.iter_mut().find(|sighting| sighting.region == sale.pharmacy_region) {
            here.weight += 1.0;
            if scene.at >= here.at {
                (here.at, here.row) = (scene.at, row);
            }
        } else {
            if seen.len() >= MOST_REGIONS {
                seen.sort_by(|a, b| b.weight.total_cmp(&a.weight));
                seen.pop();
            }
            seen.push(Sighting {
                region: sale.pharmacy_region.clone(),
                at: scene.at,
                weight: 1.0,
                row,
            });
        }
    }

    fn prolific(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, sale: &SaleEvent) {
        let rule = RuleName::PrescriberProlific;
        let thresholds = scene.thresholds;
        let days = self.days.entry(sale.doc_id);
        if days.day == 0 {
            days.day = scene.day;
        }
        if scene.day > days.day {
            let gone = f64::from(scene.day.saturating_sub(days.day));
            let kept = 0.5_f64.powf(gone / thresholds.half_life_days);
            days.past = (days.past + days.today) * kept;
            days.counted = (days.counted + gone) * kept;
            (days.today, days.day) = (0.0, scene.day);
        }
        if scene.day < days.day {
            days.past += 1.0;
            return;
        }
        days.today += 1.0;
        if days.counted < KNOWN_DAYS * 0.8 || days.today < thresholds.prescriber_prolific_least {
            return;
        }
        let usual = days.past / days.counted;
        let score = peers::score(days.today, 1.0, usual, usual * DAY_TO_DAY, 1.0);
        let about = (rule, sale.doc_id);
        if score > thresholds.prescriber_prolific_score / 2.0 {
            desk.evidence.keep(about, scene.row());
        }
        let key = format!("{}|{}", sale.doc_id, scene.day);
        if score < thresholds.prescriber_prolific_score || !desk.told.is_news(rule, &key, days.today) {
            return;
        }
        let rows = desk.evidence.since(about, scene.at - SignedDuration::from_hours(20));
        desk.tell(Finding {
            rule,
            key,
            size: days.today,
            severity: rule.severity(),
            at: scene.at,
            subject: Subject {
                doctor: scene.subject().doctor,
                ..Subject::default()
            },
            headline: format!("{} prescriptions today, usual are {usual:.1} a day", days.today),
            figures: vec![
                format!(
                    "own mean of the days before {usual:.1}, so much of it is chance: {:.0}%",
                    DAY_TO_DAY * 100.0
                ),
                format!("score {score:.1}, told from {}", thresholds.prescriber_prolific_score),
            ],
            evidence: rows,
        });
    }
}
