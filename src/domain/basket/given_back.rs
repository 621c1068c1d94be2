//! What comes back of a sale: how much of it still may, and at what price, discount and tax.
use std::sync::Arc;

use uuid::Uuid;

use super::{Basket, BasketFault, BasketLine, BatchBy, Discount};
use crate::domain::batch::{Batch, is_same_number};
use crate::domain::catalogue::{Catalogue, Drug, Pack, is_measured};
use crate::domain::money::{Money, Quantity};
use crate::domain::name::fold;
use crate::domain::sale::{Agreed, SaleLine};

/// Quantities have four places, and so has what is left of one.
const PLACES: u32 = 4;

/// A sale of which something comes back, with what came back of it before.
///
/// A part of a line costs its part of what the line cost: price, discount and tax are those of the sale. It is reckoned
/// from all that came back so far, so that parts never sum up to more than was paid, and all of them to just that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    sale: Agreed,
    /// By line.
    before: Vec<Before>,
}

/// What came back of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Before {
    /// Base units.
    quantity: Quantity,
    /// What was given back for them.
    money: Money,
}

impl Original {
    /// A sale, and the returns that refer to it.
    pub fn new(sale: Agreed, returns: &[Agreed]) -> Self {
        let mut original = Self {
            before: vec![Before::default(); sale.lines.len()],
            sale,
        };
        for line in returns.iter().flat_map(|sale| &sale.lines) {
            original.came_back_as(line);
        }
        original
    }

    /// The sale.
    pub fn sale(&self) -> &Agreed {
        &self.sale
    }

    /// Counts a line of a return: to the line that was sold by this unit, then to any other of the same drug. What is
    /// more than all of them is not counted.
    fn came_back_as(&mut self, line: &SaleLine) {
        let (all, paid) = (line.quantity().abs(), line.total.abs());
        let mut rest = all;
        let mut rest_paid = paid;
        let same_drug = (0..self.sale.lines.len()).filter(|at| self.sale.lines[*at].drug == line.drug);
        let mut places: Vec<usize> = same_drug.collect();
        places.sort_by_key(|at| {
            let sold = &self.sale.lines[*at];
            (
                sold.unit_factor != line.unit_factor,
                !is_of_batch(sold, line.batch_number()),
                sold.unit_price != line.unit_price,
            )
        });
        for at in places {
            let taken = rest.min(self.base_left(at));
            if taken <= Quantity::ZERO {
                continue;
            }
            rest = rest - taken;
            let money = if rest.is_zero() {
                rest_paid
            } else {
                Money::new(paid.decimal() * taken.decimal() / all.decimal()).rounded(PLACES)
            };
            rest_paid = rest_paid - money;
            self.before[at].quantity += taken;
            self.before[at].money += money;
        }
    }

    /// Base units of a line that may still come back.
    fn base_left(&self, at: usize) -> Quantity {
        match (self.sale.lines.get(at), self.before.get(at)) {
            (Some(sold), Some(before)) => sold.quantity() - before.quantity,
            _ => Quantity::ZERO,
        }
    }

    /// How much of a line may still come back, in the unit by which it was sold: whole ones, where the unit is counted.
    pub fn left(&self, at: usize) -> Quantity {
        let Some(sold) = self.sale.lines.get(at).filter(|sold| !sold.unit_factor.is_zero()) else {
            return Quantity::ZERO;
        };
        let left = self.base_left(at).decimal() / sold.unit_factor.decimal();
        Quantity::new(if self.is_divided(at) {
            left.trunc_with_scale(PLACES)
        } else {
            left.floor()
        })
    }

    /// Whether a part of a line's unit makes sense.
    pub fn is_divided(&self, at: usize) -> bool {
        let sold = self.sale.lines.get(at);
        sold.is_some_and(|sold| sold.unit_factor == Quantity::ONE && is_measured(&sold.unit))
    }

    /// How much of a line came back before, in the unit by which it was sold.
    pub fn came_back(&self, at: usize) -> Quantity {
        match (self.sale.lines.get(at), self.before.get(at)) {
            (Some(sold), Some(before)) if !sold.unit_factor.is_zero() => {
                Quantity::new((before.quantity.decimal() / sold.unit_factor.decimal()).round_dp(PLACES))
            }
            _ => Quantity::ZERO,
        }
    }

    /// Whether nothing of it is left to come back.
    pub fn is_all_back(&self) -> bool {
        (0..self.sale.lines.len()).all(|at| self.left(at).is_zero())
    }

    /// The line of the sale that so much of a drug, by the unit of this factor, comes back of: of the batch that is named;
    /// where several are or none is, one that has as much left.
    pub fn line_of(&self, drug: Uuid, factor: Quantity, quantity: Quantity, batch: &Batch) -> Option<usize> {
        let lines = self.sale.lines.iter().enumerate();
        let of_it = lines.filter(|(_, sold)| sold.drug == drug && sold.unit_factor == factor);
        let worse = |(at, sold): &(usize, &SaleLine)| {
            let of_another = batch.number.is_some() && !is_of_batch(sold, batch.number.as_deref());
            (of_another, self.left(*at) < quantity)
        };
        of_it.min_by_key(worse).map(|(at, _)| at)
    }

    /// What so much of a line costs, rounded to the currency's `places`: its part of what was paid for all of it, less
    /// what was given back before, and never more than so many cost without a discount.
    pub fn cost(&self, at: usize, quantity: Quantity, places: u32) -> Money {
        let (Some(sold), Some(before)) = (self.sale.lines.get(at), self.before.get(at)) else {
            return Money::ZERO;
        };
        let all = sold.quantity().decimal();
        if all.is_zero() {
            return Money::ZERO;
        }
        let back = before.quantity.decimal() + quantity.decimal() * sold.unit_factor.decimal();
        let paid = Money::new(sold.total.decimal() * back / all).rounded(places);
        let gross = sold.unit_price.times(quantity, places);
        (paid - before.money).rounded(places).max(Money::ZERO).min(gross)
    }

    /// So much of a line comes back: gives it as a line of the return, and counts it.
    ///
    /// `drug` is the line's, as the catalogue has it now; `places` are those of the currency.
    pub fn take(&mut self, at: usize, drug: &Arc<Drug>, quantity: Quantity, places: u32) -> Option<BasketLine> {
        let costs = self.cost(at, quantity, places);
        let sold = self.sale.lines.get(at)?;
        let before = self.before.get_mut(at)?;
        before.quantity += Quantity::new(quantity.decimal() * sold.unit_factor.decimal());
        before.money += costs;
        let (drug, pack) = by_unit_of_then(drug, sold);
        Some(BasketLine {
            drug,
            pack,
            quantity,
            unit_price: sold.unit_price,
            list_price: sold.unit_price,
            discount: Discount::Amount(sold.unit_price.times(quantity, places) - costs),
            batch: sold.batch.clone().unwrap_or_default(),
            batch_by: BatchBy::Goods,
            tax_of_then: Some((sold.tax.code.clone(), sold.tax.rate)),
        })
    }

    /// The basket of a return: so much of each line, in the order of the sale.
    ///
    /// # Errors
    /// When the catalogue does not have a drug of it.
    pub fn basket(
        &self,
        sale_id: Uuid,
        chosen: &[Quantity],
        catalogue: &Catalogue,
        places: u32,
    ) -> Result<Basket, BasketFault> {
        let mut rest = self.clone();
        let mut basket = Basket::new(sale_id);
        basket.refund_of = Some(self.sale.sale_id);
        let prescriber = self.sale.doctor.as_ref();
        basket.doctor = catalogue
            .doctors()
            .into_iter()
            .find(|row| prescriber.is_some_and(|doctor| doctor.id == row.uuid));
        for (at, quantity) in chosen.iter().enumerate().filter(|(_, quantity)| !quantity.is_zero()) {
            let Some(sold) = self.sale.lines.get(at) else { continue };
            let drug = catalogue.drugs().find(|drug| drug.uuid == sold.drug);
            let drug = drug.ok_or_else(|| BasketFault::NotInCatalogue {
                drug: sold.name.clone(),
            })?;
            basket.lines.extend(rest.take(at, drug, *quantity, places));
        }
        Ok(basket)
    }
}

/// Whether a line that was sold is of the batch of that number; none: of none.
fn is_of_batch(sold: &SaleLine, number: Option<&str>) -> bool {
    match (sold.batch_number(), number) {
        (Some(sold), Some(number)) => is_same_number(sold, number),
        (sold, number) => sold.is_none() && number.is_none(),
    }
}

/// The drug with the unit by which it was sold, which it has perhaps no more.
fn by_unit_of_then(drug: &Arc<Drug>, sold: &SaleLine) -> (Arc<Drug>, usize) {
    let same = |pack: &Pack| pack.factor == sold.unit_factor;
    let named = |pack: &&Pack| same(pack) && fold(&pack.name) == fold(&sold.unit);
    let known = drug
        .packs
        .iter()
        .position(|pack| named(&pack))
        .or_else(|| drug.packs.iter().position(same));
    if let Some(pack) = known {
        return (Arc::clone(drug), pack);
    }
    let mut with_it = Drug::clone(drug);
    with_it.packs.push(Pack {
        id: 0,
        name: sold.unit.clone(),
        factor: sold.unit_factor,
        code: None,
        offer_first: false,
        prices: Vec::new(),
    });
    let pack = with_it.packs.len() - 1;
    (Arc::new(with_it), pack)
}

#[cfg(test)]
mod tests;
