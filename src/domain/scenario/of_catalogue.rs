//! The chain of a catalogue: its outlets, staff, prescribers and goods, with simulated tills in it.
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use thiserror::Error;

use super::dice::Dice;
use super::week::Week;
use super::world::{Clerk, Counter, Place, Prescriber, Tender, Ware, World};
use crate::domain::audit::Goods;
use crate::domain::basket::reference_of;
use crate::domain::catalogue::{Catalogue, Drug, Outlet};
use crate::domain::money::Money;
use crate::domain::sale::TillId;

/// Which tills stand where.
#[derive(Debug, Clone)]
pub struct Stands {
    /// How many tills.
    pub tills: usize,
    /// The number of the first.
    pub first: usize,
    /// In how many outlets; none: in all.
    pub outlets: Option<usize>,
    /// In this one alone.
    pub only: Option<Arc<Outlet>>,
}

/// What a catalogue lacks for a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("there is no {0} in the store: rxtill import {0}s FILE.csv, or --sample for the sample pharmacy")]
pub struct Lacking(&'static str);

impl World {
    /// Of a catalogue, as it is at that moment. Who works where, and what sells well, is by chance from `seed`.
    ///
    /// # Errors
    /// When there is no outlet, nobody to sell, or nothing to be sold.
    pub fn of(catalogue: &Catalogue, stands: &Stands, seed: u64, at: Timestamp) -> Result<Self, Lacking> {
        let mut dice = Dice::new(seed ^ 0x00C0_FFEE);
        let active = catalogue.outlets().into_iter().filter(|outlet| outlet.active);
        let mut outlets: Vec<Arc<Outlet>> = match &stands.only {
            Some(outlet) => vec![Arc::clone(outlet)],
            None => active.collect(),
        };
        outlets.truncate(stands.outlets.unwrap_or(usize::MAX).min(stands.tills.max(1)));
        let first = outlets.first().ok_or(Lacking("outlet"))?.clone();
        let staff = catalogue.employees().into_iter().filter(|row| row.active);
        let clerks: Vec<Clerk> = staff
            .map(|row| Clerk {
                id: row.id,
                party: (&*row).into(),
            })
            .collect();
        if clerks.is_empty() {
            return Err(Lacking("employee"));
        }
        let mut drugs: Vec<&Arc<Drug>> = catalogue.drugs().filter(|drug| drug.active).collect();
        drugs.sort_by_key(|drug| drug.id);
        let mut wares: Vec<Ware> = drugs
            .into_iter()
            .filter_map(|drug| ware(drug, catalogue, &first, at))
            .collect();
        if wares.is_empty() {
            return Err(Lacking("drug"));
        }
        let mut ranks: Vec<u32> = (1..=u32::try_from(wares.len()).unwrap_or(u32::MAX)).collect();
        dice.shuffle(&mut ranks);
        for (ware, rank) in wares.iter_mut().zip(ranks) {
            ware.weight = 1.0 / f64::from(rank);
        }
        let prescribers = catalogue.doctors().into_iter();
        let doctors = prescribers
            .filter(|row| row.active && row.merged_into.is_none())
            .map(|row| Prescriber {
                id: row.id,
                party: (&*row).into(),
                region: row.region.clone(),
                weight: dice.factor(0.8).clamp(0.1, 8.0),
            })
            .collect();
        let mut world = Self {
            outlets: Vec::new(),
            tills: Vec::new(),
            clerks,
            doctors,
            wares,
            tenders: tenders(catalogue),
            no_doctor: 1,
        };
        for (number, outlet) in outlets.iter().enumerate() {
            world.stand(outlet, (number, outlets.len()), stands);
        }
        Ok(world)
    }

    fn stand(&mut self, outlet: &Outlet, (number, of): (usize, usize), stands: &Stands) {
        let begins = self.tills.len();
        for till in (number..stands.tills).step_by(of) {
            let id = format!("SIM{:03}", stands.first + till);
            self.tills.push(Counter {
                id: id.parse().unwrap_or_else(|_| TillId::default()),
                outlet: number,
            });
        }
        let mut clerks: Vec<usize> = (0..self.clerks.len()).filter(|clerk| clerk % of == number).collect();
        if clerks.is_empty() {
            clerks.push(number % self.clerks.len());
        }
        self.outlets.push(Place {
            id: outlet.id,
            party: outlet.party(),
            zone: outlet.zone(),
            // A steady scenario does not ask when an outlet is open.
            week: Week {
                working: (8, 20),
                saturday: Some((8, 20)),
                sunday: Some((8, 20)),
            },
            currency: outlet.currency.clone(),
            coin: outlet.smallest_coin,
            size: 1.0,
            tills: begins..self.tills.len(),
            clerks,
        });
    }
}

/// Cash first; of the others those whose references can be made up.
fn tenders(catalogue: &Catalogue) -> Vec<Tender> {
    let mut rows = catalogue.tenders();
    rows.retain(|row| reference_of(row, Some("A1B2C3D4E5")).is_ok());
    rows.sort_by_key(|row| (!row.gives_change, row.id));
    let tender = |row: &Arc<crate::domain::catalogue::Tender>| Tender {
        party: crate::domain::sale::Party {
            id: row.uuid,
            name: row.name.clone(),
        },
        reference: !row.reference_pattern.is_empty(),
    };
    rows.iter().map(tender).collect()
}

/// A drug in the pack that is offered first; a controlled one in its base unit. None: it has no price or tax there.
fn ware(drug: &Drug, catalogue: &Catalogue, outlet: &Outlet, at: Timestamp) -> Option<Ware> {
    let place = if drug.controlled_limit.is_some() {
        0
    } else {
        drug.first_offered()
    };
    let pack = drug.packs.get(place)?;
    let day = at.to_zoned(outlet.zone()).date();
    let price = pack.price(outlet.id, day).filter(|price| *price > Money::ZERO)?;
    let counted =
        pack.factor.decimal() == Decimal::ONE && ["tab", "caps", "capsule", "tablet"].contains(&&*drug.base_unit);
    let mut ware = Ware {
        id: drug.id,
        goods: Goods::of(drug),
        unit: pack.name.clone(),
        factor: pack.factor,
        price,
        tax_code: drug.tax_code.clone(),
        tax_rate: catalogue.tax(&drug.tax_code, day)?.rate,
        usual: if counted { 10 } else { 1 },
        limit: drug.controlled_limit,
        prescription_only: drug.prescription_only,
        weight: 1.0,
    };
    if let Some(most) = ware.most() {
        if most == 0 {
            return None;
        }
        ware.usual = most.div_ceil(3);
    }
    Some(ware)
}
