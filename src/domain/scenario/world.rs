//! Who and what a scenario plays with: outlets, tills, staff, prescribers and goods, of a catalogue or made up.
use std::ops::Range;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::dice::sums;
use super::week::Week;
use crate::domain::audit::Goods;
use crate::domain::money::{Currency, Money, Quantity};
use crate::domain::sale::{OutletParty, Party, TillId};
use crate::domain::supervision::{Known, KnownDrug, KnownOutlet};

/// An outlet.
#[derive(Debug, Clone)]
pub struct Place {
    /// Row of `dim_outlet`.
    pub id: i64,
    /// As a sale names it.
    pub party: OutletParty,
    /// Of its clock.
    pub zone: TimeZone,
    /// When it is open.
    pub week: Week,
    /// What its prices are in.
    pub currency: Currency,
    /// Cash is paid in multiples of it.
    pub coin: Money,
    /// How much it sells, beside the others.
    pub size: f64,
    /// Its tills, as places in [`World::tills`].
    pub tills: Range<usize>,
    /// Its staff, as places in [`World::clerks`].
    pub clerks: Vec<usize>,
}

/// A till.
#[derive(Debug, Clone)]
pub struct Counter {
    /// Its id.
    pub id: TillId,
    /// Its outlet, as a place in [`World::outlets`].
    pub outlet: usize,
}

/// Somebody who sells.
#[derive(Debug, Clone)]
pub struct Clerk {
    /// Row of `dim_employee`.
    pub id: i64,
    /// As a sale names them.
    pub party: Party,
}

/// A prescriber.
#[derive(Debug, Clone)]
pub struct Prescriber {
    /// Row of `dim_doctor`.
    pub id: i64,
    /// As a sale names them.
    pub party: Party,
    /// Where the practice is.
    pub region: String,
    /// How much they prescribe, beside the others.
    pub weight: f64,
}

/// A drug in the unit in which it is mostly sold.
#[derive(Debug, Clone)]
pub struct Ware {
    /// Row of `dim_drug`.
    pub id: i64,
    /// Id, code, name and strength.
    pub goods: Goods,
    /// The unit.
    pub unit: String,
    /// Base units in one.
    pub factor: Quantity,
    /// The list's price of one.
    pub price: Money,
    /// The tax code.
    pub tax_code: String,
    /// Per cent.
    pub tax_rate: Decimal,
    /// Of that unit, in most sales.
    pub usual: u32,
    /// Base units that one sale may hold, where it is controlled.
    pub limit: Option<Quantity>,
    /// Whether a prescriber is wanted.
    pub prescription_only: bool,
    /// How much it is asked for, beside the others.
    pub weight: f64,
}

impl Ware {
    /// So many of the unit that one sale may hold, where it is controlled.
    pub fn most(&self) -> Option<u32> {
        let units = self.limit?.decimal().checked_div(self.factor.decimal())?.floor();
        u32::try_from(units.mantissa() / 10_i128.pow(units.scale())).ok()
    }
}

/// A way to pay.
#[derive(Debug, Clone)]
pub struct Tender {
    /// As a sale names it.
    pub party: Party,
    /// Whether a payment has a reference.
    pub reference: bool,
}

/// Everybody and everything.
#[derive(Debug, Clone)]
pub struct World {
    /// The outlets.
    pub outlets: Vec<Place>,
    /// The tills, outlet by outlet.
    pub tills: Vec<Counter>,
    /// The staff.
    pub clerks: Vec<Clerk>,
    /// The prescribers.
    pub doctors: Vec<Prescriber>,
    /// The goods.
    pub wares: Vec<Ware>,
    /// Ways to pay: cash first.
    pub tenders: Vec<Tender>,
    /// The row of `dim_doctor` that stands for none.
    pub no_doctor: i64,
}

/// What is drawn from again and again, made once.
#[derive(Debug, Clone)]
pub(super) struct Shelves {
    /// Running sums over all wares.
    pub wares: Vec<f64>,
    /// Controlled wares.
    pub controlled: Vec<usize>,
    /// Wares on prescription that are not controlled.
    pub prescribed: Vec<usize>,
    /// Running sums over all tills, by the size of their outlets.
    pub tills: Vec<f64>,
    /// For each outlet: prescribers of its region, and running sums over them.
    pub doctors: Vec<(Vec<usize>, Vec<f64>)>,
}

impl World {
    pub(super) fn shelves(&self) -> Shelves {
        let places = |keep: &dyn Fn(&Ware) -> bool| {
            let kept = self.wares.iter().enumerate().filter(|(_, ware)| keep(ware));
            kept.map(|(place, _)| place).collect::<Vec<_>>()
        };
        let near = |place: &Place| {
            let region = &place.party.region;
            let mut near: Vec<usize> = (0..self.doctors.len())
                .filter(|doctor| self.doctors[*doctor].region == *region)
                .collect();
            if near.is_empty() {
                near = (0..self.doctors.len()).collect();
            }
            let weights = sums(near.iter().map(|doctor| self.doctors[*doctor].weight));
            (near, weights)
        };
        let share = |till: &Counter| {
            let place = &self.outlets[till.outlet];
            let tills = u32::try_from(place.tills.len()).unwrap_or(1).max(1);
            place.size / f64::from(tills)
        };
        Shelves {
            wares: sums(self.wares.iter().map(|ware| ware.weight)),
            // A limit below two units can be neither split nor stretched.
            controlled: places(&|ware| ware.most().is_some_and(|most| most >= 2)),
            prescribed: places(&|ware| ware.prescription_only && ware.limit.is_none()),
            tills: sums(self.tills.iter().map(share)),
            doctors: self.outlets.iter().map(near).collect(),
        }
    }

    /// What a supervisor's catalogue would say of it.
    pub fn known(&self) -> Known {
        let outlet = |place: &Place| KnownOutlet {
            name: place.party.name.clone(),
            region: place.party.region.clone(),
            zone: place.zone.clone(),
            opening_hours: place.week.to_string(),
            currency: place.currency.code.clone(),
            places: place.currency.places,
            active: true,
        };
        let drug = |ware: &Ware| KnownDrug {
            name: ware.goods.name.clone(),
            controlled_limit: ware.limit,
            prescription_only: ware.prescription_only,
        };
        let looked_at = self
            .wares
            .iter()
            .filter(|ware| ware.limit.is_some() || ware.prescription_only);
        Known {
            outlets: self.outlets.iter().map(|place| (place.id, outlet(place))).collect(),
            drugs: looked_at.map(|ware| (ware.id, drug(ware))).collect(),
        }
    }

    /// The rows that a sale's facts would point at.
    pub(super) fn doctor_row(&self, doctor: Option<usize>) -> i64 {
        doctor.map_or(self.no_doctor, |doctor| self.doctors[doctor].id)
    }
}

/// An id that is the same in every run, for what is made up.
pub(super) fn made_up_id(kind: &str, number: usize) -> Uuid {
    Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        format!("rxtill:simulated:{kind}:{number}").as_bytes(),
    )
}
