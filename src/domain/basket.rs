//! A basket from the first item to the agreement: the rules of the counter, for the screen and `rxtill sell` alike.
mod batch;
mod change;
mod doubt;
mod fault;
mod given_back;
mod line;
mod payment;
mod reference;
mod reprice;
mod unresolved;

use std::sync::Arc;

pub use doubt::{Contents, Doubt};
pub use fault::BasketFault;
pub use given_back::Original;
use jiff::Timestamp;
use jiff::civil::Date;
pub use line::{BasketLine, BatchBy, Discount};
pub use payment::{CashRule, PaymentFault, Reckoning, Settlement, Tendered, reckon, settle};
pub use reference::{ReferenceUse, expected, reference_of};
pub use reprice::Repriced;
pub use unresolved::Unresolved;
use uuid::Uuid;

use super::batch::Batch;
use super::catalogue::{Catalogue, Doctor, Drug, Employee, Outlet};
use super::money::{Money, NumberError, Quantity};
use super::sale::{Agreed, LineTax, MAX_LINES, SaleFlag, SaleKind, SaleLine};

/// No line holds this many of a unit: a code typed as a quantity is seen here.
const MOST_OF_A_UNIT: i64 = 1_000_000;

/// Where, by whom and when a basket becomes a sale.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The till's outlet.
    pub outlet: Arc<Outlet>,
    /// Who sells.
    pub employee: Arc<Employee>,
    /// Now.
    pub at: Timestamp,
}

/// What a customer wants, or brings back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// Minted when the basket was opened.
    pub sale_id: Uuid,
    /// The ticket under which it was held; none where it never was.
    pub ticket: Option<u32>,
    /// Whether it was kept over a restart of the till.
    pub restored: bool,
    /// The sale that it gives back; the lines name what comes back, with positive quantities.
    pub refund_of: Option<Uuid>,
    /// The lines, oldest first.
    pub lines: Vec<BasketLine>,
    /// Scanned codes that nothing bears: each is found by name or taken out before the money.
    pub unresolved: Vec<Unresolved>,
    /// Who prescribed.
    pub doctor: Option<Arc<Doctor>>,
    /// What looked like a slip, and is meant.
    pub sure_of: Vec<Doubt>,
}

impl Basket {
    /// An empty basket.
    pub fn new(sale_id: Uuid) -> Self {
        Self {
            sale_id,
            ticket: None,
            restored: false,
            refund_of: None,
            lines: Vec::new(),
            unresolved: Vec::new(),
            doctor: None,
            sure_of: Vec::new(),
        }
    }

    /// Whether there is nothing in it to lose.
    pub fn is_untouched(&self) -> bool {
        self.rows() == 0 && self.doctor.is_none()
    }

    /// Whether it was away, held or kept over a restart: whoever is in front of it now has perhaps not read it, so that
    /// nothing of it is paid by Enter alone.
    pub fn is_recalled(&self) -> bool {
        self.ticket.is_some() || self.restored
    }

    /// Adds so many of a pack at the list's price; more of what is there already goes to the same line. Gives the line.
    ///
    /// # Errors
    /// When the rules of goods forbid it; the basket is then as it was.
    pub fn add(
        &mut self,
        drug: &Arc<Drug>,
        pack: usize,
        quantity: Quantity,
        outlet: &Outlet,
        at: Timestamp,
    ) -> Result<usize, BasketFault> {
        self.add_of(drug, pack, quantity, Batch::default(), outlet, at)
    }

    /// The same of goods of which it is known what batch they are: those of another one go to another line.
    ///
    /// # Errors
    /// As [`Basket::add`].
    pub fn add_of(
        &mut self,
        drug: &Arc<Drug>,
        pack: usize,
        quantity: Quantity,
        batch: Batch,
        outlet: &Outlet,
        at: Timestamp,
    ) -> Result<usize, BasketFault> {
        if !drug.active {
            return Err(BasketFault::Inactive { drug: drug.label() });
        }
        if self.refund_of.is_none() {
            batch::not_expired(drug, &batch, at.to_zoned(outlet.zone()).date())?;
        }
        let price = listed_price(drug, pack, outlet, at)?;
        let same = |line: &BasketLine| {
            line.drug.id == drug.id
                && line.pack == pack
                && line.unit_price == price
                && line.discount == Discount::NONE
                && line.batch.is_same(&batch)
        };
        if let Some(at) = self.lines.iter().position(same) {
            let sum = self.lines[at].quantity + quantity;
            check_quantity(drug, pack, quantity)?;
            check_quantity(drug, pack, sum)?;
            self.lines[at].quantity = sum;
            return Ok(at);
        }
        if self.rows() >= MAX_LINES {
            return Err(BasketFault::TooManyLines);
        }
        check_quantity(drug, pack, quantity)?;
        self.lines.push(BasketLine {
            drug: Arc::clone(drug),
            pack,
            quantity,
            unit_price: price,
            list_price: price,
            discount: Discount::NONE,
            batch,
            batch_by: BatchBy::Goods,
            tax_of_then: None,
        });
        Ok(self.lines.len() - 1)
    }

    /// The sum of its lines.
    pub fn total(&self, places: u32) -> Money {
        self.lines.iter().map(|line| line.total(places)).sum()
    }

    /// The tax in its total on that day; none where a drug has a tax code that is not known.
    pub fn tax_in(&self, catalogue: &Catalogue, day: Date, places: u32) -> Option<Money> {
        let tax = |line: &BasketLine| {
            let (_, rate) = line.tax(catalogue, day)?;
            Some(line.total(places).tax_within(rate, places))
        };
        self.lines.iter().map(tax).sum()
    }

    /// The first drug that wants a prescriber, where there is none.
    pub fn prescriber_wanted(&self) -> Option<&Drug> {
        let wants =
            |line: &&BasketLine| line.drug.prescription_only && self.doctor.is_none() && self.refund_of.is_none();
        self.lines.iter().find(wants).map(|line| &*line.drug)
    }

    /// Whether the goods can be sold as they are on a day of the outlet's, before any money is keyed.
    ///
    /// # Errors
    /// With the first reason why not.
    pub fn check(&self, places: u32, today: Date) -> Result<(), BasketFault> {
        if let Some(unresolved) = self.unresolved.first() {
            return Err(BasketFault::Unresolved {
                code: unresolved.code.clone(),
            });
        }
        if self.lines.is_empty() {
            return Err(BasketFault::Empty);
        }
        if let Some(drug) = self.prescriber_wanted() {
            return Err(BasketFault::PrescriberWanted { drug: drug.label() });
        }
        for line in &self.lines {
            check_quantity(&line.drug, line.pack, line.quantity)?;
            // It may have been good when it was put in: a held basket can be paid another day.
            if self.refund_of.is_none() {
                batch::not_expired(&line.drug, &line.batch, today)?;
            }
            let (gross, discount) = (line.gross(places), line.discount(places));
            if discount.is_negative() || discount > gross || !discount.fits(places) {
                return Err(BasketFault::Discount {
                    most: gross.fixed(places),
                });
            }
            self.check_limit(&line.drug)?;
        }
        Ok(())
    }

    /// How much of a drug is in it, in base units.
    pub fn base_units_of(&self, drug: i64) -> Quantity {
        let of_drug = self.lines.iter().filter(|line| line.drug.id == drug);
        of_drug.map(BasketLine::base_units).sum()
    }

    /// How many base units of each drug it holds, in the order of its lines.
    pub fn wanted(&self) -> Vec<(&Arc<Drug>, Quantity)> {
        let mut wanted: Vec<(&Arc<Drug>, Quantity)> = Vec::new();
        for line in &self.lines {
            if !wanted.iter().any(|(drug, _)| drug.id == line.drug.id) {
                wanted.push((&line.drug, self.base_units_of(line.drug.id)));
            }
        }
        wanted
    }

    fn check_limit(&self, drug: &Drug) -> Result<(), BasketFault> {
        let Some(limit) = drug.controlled_limit.filter(|_| self.refund_of.is_none()) else {
            return Ok(());
        };
        let wanted = self.base_units_of(drug.id);
        if wanted > limit {
            return Err(BasketFault::OverLimit {
                drug: drug.label(),
                limit,
                wanted,
                unit: drug.base_unit.clone(),
            });
        }
        Ok(())
    }

    /// The agreement that goes to the journal, with what the till noticed; `paid` must settle the total.
    ///
    /// # Errors
    /// With the first reason why this cannot be sold so.
    pub fn agree(
        &self,
        paid: &[Tendered],
        terms: &Terms,
        catalogue: &Catalogue,
    ) -> Result<(Agreed, Vec<SaleFlag>), BasketFault> {
        let places = terms.outlet.currency.places;
        let offered = self.offer(terms, catalogue)?;
        let paid_out = offered.kind == SaleKind::Return;
        let rule = CashRule::of(&terms.outlet, catalogue);
        let payments = settle(self.total(places), paid, &rule)?.into_payments(paid_out);
        let flags = if self.lines.iter().any(|line| line.unit_price != line.list_price) {
            vec![SaleFlag::PriceDiffers]
        } else {
            vec![]
        };
        Ok((Agreed { payments, ..offered }, flags))
    }

    /// The same without payments: what can be asked about before there are any.
    ///
    /// # Errors
    /// With the first reason why this cannot be sold.
    pub fn offer(&self, terms: &Terms, catalogue: &Catalogue) -> Result<Agreed, BasketFault> {
        let currency = &terms.outlet.currency;
        let sold_at = Agreed::cut(terms.at);
        let sold_local = sold_at.to_zoned(terms.outlet.zone()).datetime();
        self.check(currency.places, sold_local.date())?;
        let kind = if self.refund_of.is_some() {
            SaleKind::Return
        } else {
            SaleKind::Sale
        };
        let give_back = kind == SaleKind::Return;
        let total = self.total(currency.places);
        let mut lines = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let (code, rate) = line
                .tax(catalogue, sold_local.date())
                .ok_or_else(|| BasketFault::NoTax {
                    drug: line.drug.label(),
                    code: line.drug.tax_code.clone(),
                })?;
            let line_total = line.total(currency.places);
            let tax = line_total.tax_within(rate, currency.places);
            let signed = |money: Money| if give_back { -money } else { money };
            lines.push(SaleLine {
                drug: line.drug.uuid,
                code: line.drug.code.clone(),
                name: line.drug.label(),
                unit: line.unit().to_owned(),
                unit_qty: if give_back { -line.quantity } else { line.quantity },
                unit_factor: line.factor(),
                unit_price: line.unit_price,
                discount: signed(line.discount(currency.places)),
                tax: LineTax {
                    code: code.to_owned(),
                    rate,
                    amount: signed(tax),
                },
                total: signed(line_total),
                batch: (!line.batch.is_unknown()).then(|| line.batch.clone()),
            });
        }
        Ok(Agreed {
            sale_id: self.sale_id,
            kind,
            sold_at,
            sold_local,
            currency: currency.clone(),
            employee: (&*terms.employee).into(),
            outlet: terms.outlet.party(),
            doctor: self.doctor.as_deref().map(Into::into),
            refund_of: self.refund_of,
            lines,
            payments: Vec::new(),
            total: if give_back { -total } else { total },
        })
    }
}

/// What the list says for one of a pack, at the outlet on its own day.
fn listed_price(drug: &Drug, pack: usize, outlet: &Outlet, at: Timestamp) -> Result<Money, BasketFault> {
    let bought = drug.packs.get(pack).ok_or_else(|| BasketFault::NoSuchUnit {
        drug: drug.label(),
        unit: String::from("unit"),
    })?;
    let today = at.to_zoned(outlet.zone()).date();
    bought.price(outlet.id, today).ok_or_else(|| BasketFault::NoPrice {
        drug: drug.label(),
        unit: bought.name.clone(),
    })
}

fn check_quantity(drug: &Drug, pack: usize, quantity: Quantity) -> Result<(), BasketFault> {
    if quantity <= Quantity::ZERO {
        return Err(BasketFault::NotAboveZero { quantity });
    }
    if quantity.decimal() >= MOST_OF_A_UNIT.into() {
        return Err(BasketFault::TooMany {
            quantity: quantity.to_string(),
        });
    }
    let bought = drug.packs.get(pack);
    if !quantity.is_whole() && (pack != 0 || !drug.divisible()) {
        let unit = bought.map_or_else(|| drug.base_unit.clone(), |pack| pack.name.clone());
        return Err(BasketFault::NotWhole {
            quantity,
            unit,
            drug: drug.label(),
        });
    }
    let factor = bought.map_or(Quantity::ONE, |pack| pack.factor);
    quantity.in_base_units(factor).map(drop).map_err(|error| match error {
        NumberError::TooFine(quantity) | NumberError::TooLarge(quantity) | NumberError::NotANumber(quantity) => {
            BasketFault::TooMany { quantity }
        }
    })
}

#[cfg(test)]
mod tests;
