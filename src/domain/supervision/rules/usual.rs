//! A quantity or a price far from what is usual of that drug.
use std::hash::{DefaultHasher, Hash, Hasher};

use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use super::latest::{Latest, STEPS};
use super::scene::{Desk, Scene};
use super::told::Finding;
use crate::domain::event::SaleEvent;
use crate::domain::supervision::RuleName;

/// Where all are the same, this much still is no difference: a quarter of a doubling.
const LEAST_SIGMA: f64 = 4.0;
/// A drug with fewer sales than this is measured by the quantities of all drugs in its unit.
const OWN: usize = 3;
/// A price list does not vary as people do: so few sales say what the price is.
const PRICES: usize = 2;
/// After so many lines all counts are halved.
const HALVED_AT: u32 = 1_000_000;

/// What is known of a drug's sales in one currency.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Ware {
    lines: u32,
    quantities: Latest,
    prices: Latest,
}

/// What is usual of each drug, and of each unit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Usual {
    wares: Bounded<(i64, String), Ware, 100_000>,
    units: Bounded<u64, Latest, 500>,
    lines: u32,
}

/// A sold line in figures.
struct Figures {
    quantity: i16,
    price: Option<i16>,
    unit: u64,
}

impl Usual {
    /// Judges a sold line and learns from it.
    pub fn see(&mut self, scene: &Scene<'_>, desk: &mut Desk<'_>, line: &SaleEvent) -> Likely {
        let Some(figures) = figures_of(line) else {
            return Likely { drug: 1.0, line: 1.0 };
        };
        let key = (line.drug_id, line.currency.clone());
        if self.lines >= HALVED_AT {
            self.lines /= 2;
            self.wares.values_mut().for_each(|ware| ware.lines /= 2);
        }
        self.lines += 1;
        let unit = self.units.entry(figures.unit);
        let ware = self.wares.entry(key);
        if scene.is_on(RuleName::UnusualQuantity) {
            desk.alerts
                .extend(unusual_quantity(scene, line, ware, unit, &figures).and_then(|f| desk.told.tell(f)));
        }
        if scene.is_on(RuleName::UnusualPrice) {
            desk.alerts
                .extend(unusual_price(scene, line, ware, &figures).and_then(|f| desk.told.tell(f)));
        }
        ware.lines += 1;
        ware.quantities.push(figures.quantity);
        unit.push(figures.quantity);
        if let Some(price) = figures.price {
            ware.prices.push(price);
        }
        let alike = ware.quantities.count(|code| code == figures.quantity);
        let alike = in_float(alike) / in_float(ware.quantities.len()).max(1.0);
        let drug = f64::from(ware.lines) / f64::from(self.lines);
        Likely {
            drug,
            line: drug * alike,
        }
    }
}

/// How likely a line is.
pub(crate) struct Likely {
    /// To be of its drug.
    pub drug: f64,
    /// To be of its drug and quantity.
    pub line: f64,
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen")]
fn in_float(count: usize) -> f64 {
    count as f64
}

fn figures_of(line: &SaleEvent) -> Option<Figures> {
    let quantity = Latest::code(line.quantity_sold.decimal().to_f64()?)?;
    let price: Option<f64> = line.unit_price.parse().ok();
    let factor = line.unit_factor.decimal().to_f64().filter(|factor| *factor > 0.0);
    let mut hasher = DefaultHasher::new();
    (&line.unit, line.unit_factor).hash(&mut hasher);
    Some(Figures {
        quantity,
        price: price
            .zip(factor)
            .and_then(|(price, factor)| Latest::code(price / factor)),
        unit: hasher.finish(),
    })
}

fn unusual_quantity(
    scene: &Scene<'_>,
    line: &SaleEvent,
    ware: &Ware,
    unit: &Latest,
    figures: &Figures,
) -> Option<Finding> {
    let thresholds = scene.thresholds;
    let code = figures.quantity;
    // Twice half as much is a precedent. It is also the common case, and ends here.
    let half = code - STEPS_OF_HALF;
    if ware.quantities.count(|before| before >= half) >= 2 {
        return None;
    }
    let own = ware.quantities.usual().filter(|_| ware.quantities.len() >= OWN);
    let of_unit = unit
        .usual()
        .filter(|_| in_float(unit.len()) >= thresholds.least_transactions);
    let few = in_float(ware.quantities.len()) < thresholds.least_transactions;
    let times = thresholds.unusual_quantity_times;
    // What is usual of other drugs in the unit says less: twice as much is wanted.
    let (median, sigma, times) = match (own, of_unit) {
        (Some((median, sigma)), Some((_, of_unit))) if few => (median, sigma.max(of_unit), times),
        (Some((median, sigma)), _) if !few => (median, sigma, times),
        (_, Some((median, sigma))) if few => (median, sigma, 2.0 * times),
        _ => return None,
    };
    let above = f64::from(code) - median;
    let score = above / sigma.max(LEAST_SIGMA);
    if above < times.log2() * STEPS || score < thresholds.unusual_quantity_score {
        return None;
    }
    let usual = Latest::value(median).round().max(1.0);
    let rule = RuleName::UnusualQuantity;
    let whose = if own.is_some() {
        "of this drug"
    } else {
        "of drugs in this unit"
    };
    Some(Finding {
        rule,
        key: line.event_id.to_string(),
        size: 1.0,
        severity: rule.severity(),
        at: scene.at,
        subject: scene.subject(),
        headline: format!(
            "{} {} of {}, usual is {usual}",
            line.quantity_sold,
            crate::domain::name::printable(&line.unit),
            crate::domain::name::printable(&line.drug)
        ),
        figures: vec![
            format!("{:.0} times the usual quantity {whose}", (above / STEPS).exp2()),
            format!(
                "latest sales: median {usual}, of {}",
                if own.is_some() {
                    ware.quantities.len()
                } else {
                    unit.len()
                }
            ),
            format!("score {score:.1}, told from {}", thresholds.unusual_quantity_score),
        ],
        evidence: vec![scene.row()],
    })
}

#[expect(clippy::cast_possible_truncation, reason = "16")]
const STEPS_OF_HALF: i16 = STEPS as i16;

fn unusual_price(scene: &Scene<'_>, line: &SaleEvent, ware: &Ware, figures: &Figures) -> Option<Finding> {
    let thresholds = scene.thresholds;
    let code = figures.price?;
    if ware.prices.len() < PRICES {
        return None;
    }
    let far = thresholds.unusual_price_times.log2() * STEPS;
    // Whoever has paid nearly that before: the common case ends here.
    let near = |before: i16| f64::from((code - before).abs()) < far;
    if ware.prices.count(near) >= 2 {
        return None;
    }
    let (median, sigma) = ware.prices.usual()?;
    let apart = f64::from(code) - median;
    let score = apart.abs() / sigma.max(1.0);
    if apart.abs() < far || score < thresholds.unusual_price_score {
        return None;
    }
    let rule = RuleName::UnusualPrice;
    let times = (apart.abs() / STEPS).exp2();
    let (compared, sign) = if apart > 0.0 { ("above", "") } else { ("below", "1/") };
    Some(Finding {
        rule,
        key: line.event_id.to_string(),
        size: 1.0,
        severity: rule.severity(),
        at: scene.at,
        subject: scene.subject(),
        headline: format!(
            "{} at {} {} a {}, far {compared} its usual price",
            crate::domain::name::printable(&line.drug),
            crate::domain::name::printable(&line.unit_price),
            crate::domain::name::printable(&line.currency),
            crate::domain::name::printable(&line.unit)
        ),
        figures: vec![
            format!(
                "{sign}{times:.1} of the median price of its latest {} sales",
                ware.prices.len()
            ),
            format!("usual for one base unit: {:.2}", Latest::value(median)),
            format!("score {score:.1}, told from {}", thresholds.unusual_price_score),
        ],
        evidence: vec![scene.row()],
    })
}
