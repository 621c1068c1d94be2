//! What happens in a scenario, and what of it is no accident.
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::world::World;
use crate::domain::audit::{Happening, Noted};
use crate::domain::money::{Money, Quantity};
use crate::domain::sale::{Agreed, LineTax, SaleKind, SaleLine, SalePayment};
use crate::domain::supervision::RuleName;

/// That an act is part of a fraud or a mistake: what a supervisor should find, and nobody's program is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label {
    /// The rule that should speak up.
    pub rule: RuleName,
    /// The number of the incident.
    pub incident: u32,
}

/// Something that happens at a till.
#[derive(Debug, Clone)]
pub struct Act {
    /// When.
    pub at: Timestamp,
    /// At which till, as a place in [`World::tills`].
    pub till: usize,
    /// By whom, as a place in [`World::clerks`].
    pub clerk: usize,
    /// What.
    pub doing: Doing,
    /// None: an ordinary one.
    pub label: Option<Label>,
}

/// What is done.
#[derive(Debug, Clone)]
pub enum Doing {
    /// Goods go out or come back.
    Sale(Box<Sold>),
    /// Something beside the sales.
    Note(Box<Happening>),
}

/// A sale or a return.
#[derive(Debug, Clone, PartialEq)]
pub struct Sold {
    /// Its id.
    pub sale_id: Uuid,
    /// What it does.
    pub kind: SaleKind,
    /// Who prescribed, as a place in [`World::doctors`].
    pub doctor: Option<usize>,
    /// The sale that it gives back; none in a return: nobody had a receipt.
    pub refund_of: Option<Uuid>,
    /// What goes out, or comes back.
    pub lines: Vec<SoldLine>,
    /// How it is paid, or paid out.
    pub payments: Vec<Paid>,
}

/// A line; quantities and amounts are positive in a return too.
#[derive(Debug, Clone, PartialEq)]
pub struct SoldLine {
    /// What, as a place in [`World::wares`].
    pub ware: usize,
    /// How many of its unit.
    pub quantity: u32,
    /// For one.
    pub price: Money,
    /// Taken off the line.
    pub discount: Money,
}

/// A payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Paid {
    /// By what, as a place in [`World::tenders`].
    pub tender: usize,
    /// How much.
    pub amount: Money,
    /// Its reference, where it has one.
    pub reference: Option<String>,
}

impl SoldLine {
    /// How many, as a quantity.
    pub fn units(&self) -> Quantity {
        Quantity::new(Decimal::from(self.quantity))
    }

    /// What it would cost without the discount.
    pub fn gross(&self, places: u32) -> Money {
        self.price.times(self.units(), places)
    }

    /// What it costs.
    pub fn total(&self, places: u32) -> Money {
        self.gross(places) - self.discount
    }
}

impl Sold {
    /// What it costs, or what is paid out.
    pub fn total(&self, places: u32) -> Money {
        self.lines.iter().map(|line| line.total(places)).sum()
    }

    /// As a till would have it agreed at the counter at that moment.
    pub fn agreed(&self, world: &World, till: usize, clerk: usize, at: Timestamp) -> Agreed {
        let place = &world.outlets[world.tills[till].outlet];
        let places = place.currency.places;
        let gives_back = self.kind != SaleKind::Sale;
        let signed = |money: Money| if gives_back { -money } else { money };
        let sold_at = Agreed::cut(at);
        Agreed {
            sale_id: self.sale_id,
            kind: self.kind,
            sold_at,
            sold_local: sold_at.to_zoned(place.zone.clone()).datetime(),
            currency: place.currency.clone(),
            employee: world.clerks[clerk].party.clone(),
            outlet: place.party.clone(),
            doctor: self.doctor.map(|doctor| world.doctors[doctor].party.clone()),
            refund_of: self.refund_of,
            lines: self
                .lines
                .iter()
                .map(|line| {
                    let ware = &world.wares[line.ware];
                    let total = line.total(places);
                    SaleLine {
                        drug: ware.goods.id,
                        code: ware.goods.code.clone(),
                        name: ware.goods.name.clone(),
                        unit: ware.unit.clone(),
                        unit_qty: if gives_back { -line.units() } else { line.units() },
                        unit_factor: ware.factor,
                        unit_price: line.price,
                        discount: signed(line.discount),
                        tax: LineTax {
                            code: ware.tax_code.clone(),
                            rate: ware.tax_rate,
                            amount: signed(total.tax_within(ware.tax_rate, places)),
                        },
                        total: signed(total),
                        batch: None,
                    }
                })
                .collect(),
            payments: self
                .payments
                .iter()
                .map(|paid| {
                    let tender = &world.tenders[paid.tender].party;
                    SalePayment {
                        tender: tender.id,
                        name: tender.name.clone(),
                        amount: signed(paid.amount),
                        tendered: signed(paid.amount),
                        change: Money::ZERO,
                        reference: paid.reference.clone(),
                    }
                })
                .collect(),
            total: signed(self.total(places)),
        }
    }
}

/// As a till would note it at that moment.
pub fn noted(happening: &Happening, world: &World, till: usize, clerk: usize, at: Timestamp) -> Noted {
    let place = &world.outlets[world.tills[till].outlet];
    Noted {
        at,
        local: at.to_zoned(place.zone.clone()).datetime(),
        outlet: place.party.clone(),
        currency: place.currency.code.clone(),
        employee: Some(world.clerks[clerk].party.clone()),
        happening: happening.clone(),
    }
}
