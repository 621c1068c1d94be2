//! Units of controlled drugs: by one employee, for one prescriber, at one outlet, beside their peers; and in small sales, one
//! after the other.
//!
//! A unit of one drug is not one of another: they are measured in what one sale may hold of each.
use jiff::{SignedDuration, Timestamp};
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bounded::Bounded;
use super::peers;
use super::rates::{Excess, Measure, NO_GROUP, Rates, Scope};
use super::scene::{Desk, Scene, lasting};
use super::told::Finding;
use crate::domain::event::SaleEvent;
use crate::domain::name::printable;
use crate::domain::supervision::{RuleName, Subject, Thresholds};

/// Sales of one drug by one employee that are remembered.
const MOST_SALES: usize = 12;
/// Lines that an employee sells in a minute, at most: of these some are of the drug by chance.
const LINES_A_MINUTE: f64 = 0.5;

/// Who is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Employees,
    Prescribers,
    Outlets,
}

impl Group {
    const ALL: [Self; 3] = [Self::Employees, Self::Prescribers, Self::Outlets];

    fn rule(self) -> RuleName {
        match self {
            Self::Employees => RuleName::ControlledByEmployee,
            Self::Prescribers => RuleName::ControlledByPrescriber,
            Self::Outlets => RuleName::ControlledByOutlet,
        }
    }

    fn measure(self, thresholds: &Thresholds) -> Measure {
        let (limit, prior) = match self {
            Self::Employees => (thresholds.controlled_by_employee_score, (0.02, 0.02)),
            Self::Prescribers => (thresholds.controlled_by_prescriber_score, (0.05, 0.05)),
            Self::Outlets => (thresholds.controlled_by_outlet_score, (0.02, 0.01)),
        };
        Measure {
            at: 0,
            limit,
            least: thresholds.controlled_least,
            is_share: false,
            is_two_sided: false,
            prior,
            size: 0.5,
        }
    }

    /// The subject's row; none where there is nobody.
    fn who(self, sale: &SaleEvent) -> Option<i64> {
        match self {
            Self::Employees => Some(sale.emp_id),
            Self::Prescribers => sale.doctor.as_ref().map(|_| sale.doc_id),
            Self::Outlets => Some(sale.outlet_id),
        }
    }

    fn subject(self, all: Subject) -> Subject {
        match self {
            Self::Employees => Subject {
                outlet: all.outlet,
                employee: all.employee,
                ..Subject::default()
            },
            Self::Prescribers => Subject {
                doctor: all.doctor,
                ..Subject::default()
            },
            Self::Outlets => Subject {
                outlet: all.outlet,
                ..Subject::default()
            },
        }
    }
}

/// A sale of a controlled drug.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Dose {
    sale: Uuid,
    at: Timestamp,
    /// Of what one sale may hold.
    part: f64,
}

/// What is known of sales of controlled drugs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Controlled {
    employees: Rates<1, 10_000>,
    prescribers: Rates<1, 20_000>,
    outlets: Rates<1, 5_000>,
    /// By employee and drug: only pairs that sold lately are kept.
    doses: Bounded<(i64, i64), Vec<Dose>, 20_000>,
}

impl Controlled {
    /// A sale as a whole, of whatever.
    pub fn sold(&mut self, scene: &Scene<'_>, sale: &SaleEvent) {
        for group in Group::ALL {
            if let Some(who) = group.who(sale) {
                let counts = match group {
                    Group::Employees => self.employees.of((who, NO_GROUP), scene.day, scene.thresholds),
                    Group::Prescribers => self.prescribers.of((who, NO_GROUP), scene.day, scene.thresholds),
                    Group::Outlets => self.outlets.of((who, NO_GROUP), scene.day, scene.thresholds),
                };
                counts.occasions.0[0] += 1.0;
            }
        }
    }

    /// A sold line; `share`: the part of all lines that are of its drug.
    pub fn line(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, line: &SaleEvent, share: f64) {
        let limit = scene.known.controlled_limit(line.drug_id);
        let limit = limit
            .and_then(|limit| limit.decimal().to_f64())
            .filter(|limit| *limit > 0.0);
        let (Some(limit), Some(units)) = (limit, line.quantity_sold.decimal().to_f64()) else {
            return;
        };
        let part = units / limit;
        for group in Group::ALL {
            let rule = group.rule();
            let Some(who) = group.who(line).filter(|_| scene.is_on(rule)) else {
                continue;
            };
            let measure = group.measure(scene.thresholds);
            let excess = match group {
                Group::Employees => counted(&mut self.employees, scene, who, part, &measure),
                Group::Prescribers => counted(&mut self.prescribers, scene, who, part, &measure),
                Group::Outlets => counted(&mut self.outlets, scene, who, part, &measure),
            };
            desk.evidence.keep((rule, who), scene.row());
            if let Some(excess) = excess {
                let finding = beyond(scene, desk, group, who, &excess);
                desk.tell(finding);
            }
        }
        if scene.is_on(RuleName::SplitSales) {
            self.split(scene, desk, line, part, share);
        }
    }

    /// Small sales of one drug, one after the other.
    fn split(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, line: &SaleEvent, part: f64, share: f64) {
        let rule = RuleName::SplitSales;
        let thresholds = scene.thresholds;
        let window = SignedDuration::from_secs_f64(thresholds.split_sales_minutes * 60.0);
        let doses = self.doses.entry((line.emp_id, line.drug_id));
        doses.retain(|dose| scene.at.duration_since(dose.at).abs() <= window && dose.sale != line.sale_id);
        if doses.len() >= MOST_SALES {
            doses.remove(0);
        }
        doses.push(Dose {
            sale: line.sale_id,
            at: scene.at,
            part,
        });
        let all: f64 = doses.iter().map(|dose| dose.part).sum();
        #[expect(clippy::cast_precision_loss, reason = "a dozen")]
        let times = doses.len() as f64;
        let expected = share * LINES_A_MINUTE * thresholds.split_sales_minutes;
        let score = peers::score(times, 1.0, expected, 0.0, 1.0);
        let is_small = doses.iter().all(|dose| dose.part <= 1.0);
        if times < thresholds.split_sales_least || all <= thresholds.split_sales_limits || !is_small {
            return;
        }
        if score < thresholds.split_sales_score {
            return;
        }
        let first = doses.iter().map(|dose| dose.at).min().unwrap_or(scene.at);
        let last = doses.iter().map(|dose| dose.at).max().unwrap_or(scene.at);
        let sales: Vec<Uuid> = doses.iter().map(|dose| dose.sale).collect();
        let about = (RuleName::ControlledByEmployee, line.emp_id);
        let mut rows = desk.evidence.since(about, first);
        rows.retain(|row| row.drug_id == Some(line.drug_id) && row.sale_id.is_some_and(|sale| sales.contains(&sale)));
        if rows.is_empty() {
            rows.push(scene.row());
        }
        desk.tell(Finding {
            rule,
            key: format!("{}|{}|{}", line.emp_id, line.drug_id, scene.day),
            size: times,
            severity: rule.severity(),
            at: scene.at,
            subject: Subject {
                doctor: None,
                till: None,
                ..scene.subject()
            },
            headline: format!(
                "{times} sales of {} in {}, together {all:.1} times what one may hold",
                printable(&line.drug),
                lasting(last.duration_since(first))
            ),
            figures: vec![
                format!(
                    "by chance {expected:.1} sales in {} min",
                    thresholds.split_sales_minutes
                ),
                format!("score {score:.1}, told from {}", thresholds.split_sales_score),
            ],
            evidence: rows,
        });
    }
}

fn counted<const MOST: usize>(
    rates: &mut Rates<1, MOST>,
    scene: &Scene<'_>,
    who: i64,
    part: f64,
    measure: &Measure,
) -> Option<Excess> {
    rates.of((who, NO_GROUP), scene.day, scene.thresholds).add(0, part);
    rates.sized(0, part);
    rates.excess(who, scene.day, measure, scene.thresholds)
}

fn beyond(scene: &Scene<'_>, desk: &Desk<'_>, group: Group, who: i64, excess: &Excess) -> Finding {
    let rule = group.rule();
    let (since, key, when) = match excess.scope {
        Scope::Day => (
            scene.at - SignedDuration::from_hours(20),
            format!("{who}|{}", scene.day),
            "today",
        ),
        Scope::Lately => (Timestamp::MIN, format!("{who}|{}", scene.day), "lately"),
    };
    let (per, peers) = match group {
        Group::Prescribers => ("prescriptions", "prescribers"),
        Group::Employees => ("sales", "employees"),
        Group::Outlets => ("sales", "outlets"),
    };
    let norm = &excess.norm;
    let hundred = |rate: f64| rate * 100.0;
    Finding {
        rule,
        key,
        size: excess.sum,
        severity: rule.severity(),
        at: scene.at,
        subject: group.subject(scene.subject()),
        headline: format!(
            "{:.0} sales of controlled drugs in {:.0} {per} {when}, {:.1} limits where {:.1} are usual",
            excess.times,
            excess.occasions,
            excess.sum,
            excess.occasions * norm.rate
        ),
        figures: vec![
            format!(
                "own: {:.1} limits for 100 {per}; a limit is what one sale of that drug may hold",
                hundred(excess.sum / excess.occasions.max(1.0))
            ),
            if norm.peers == 0 {
                format!("too few {peers} to compare with: usual is {:.1}", hundred(norm.rate))
            } else {
                format!(
                    "{} {peers}: median {:.1}, deviation (1.4826 × MAD) {:.1}",
                    norm.peers,
                    hundred(norm.median),
                    hundred(norm.sigma)
                )
            },
            format!(
                "score {:.1}, told from {}",
                excess.score,
                group.measure(scene.thresholds).limit
            ),
        ],
        evidence: desk.evidence.since((rule, who), since),
    }
}
