//! Of which batch a line is: what expires first goes out first, unless the goods themselves say otherwise.
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Basket, BasketFault, BatchBy};
use crate::domain::batch::{Batch, BatchLeft, first_out};
use crate::domain::catalogue::{Drug, Outlet};
use crate::domain::money::Quantity;

impl Basket {
    /// Adds so many of a pack of which nobody said the batch: of those `known` here it is the one that expires first of
    /// what has enough left, less what is in the basket already; none where none has. Gives the line.
    ///
    /// # Errors
    /// As [`Basket::add_of`].
    pub fn add_first_out(
        &mut self,
        drug: &Arc<Drug>,
        pack: usize,
        quantity: Quantity,
        known: &[BatchLeft],
        outlet: &Outlet,
        at: Timestamp,
    ) -> Result<usize, BasketFault> {
        let factor = drug.packs.get(pack).map_or(Quantity::ONE, |pack| pack.factor);
        let wanted = Quantity::new(quantity.decimal() * factor.decimal());
        let today = at.to_zoned(outlet.zone()).date();
        let batch = self.first_out(drug.id, wanted, known, today, None);
        let before = self.lines.len();
        let line = self.add_of(drug, pack, quantity, batch, outlet, at)?;
        if let Some(new) = self.lines.get_mut(line).filter(|_| line >= before) {
            new.batch_by = BatchBy::Offer;
        }
        Ok(line)
    }

    /// Looks again for the batch of a line whose quantity or unit is another one now; what the goods or the clerk said
    /// stays, and so does what was offered where nothing is known here.
    pub fn offer_again(&mut self, line: usize, known: &[BatchLeft], today: Date) {
        let Some(at) = self.lines.get(line).filter(|at| at.batch_by == BatchBy::Offer) else {
            return;
        };
        if known.is_empty() {
            return;
        }
        let batch = self.first_out(at.drug.id, at.base_units(), known, today, Some(line));
        if let Some(line) = self.lines.get_mut(line) {
            line.batch = batch;
        }
    }

    /// Sells a line of another batch, as the clerk chose.
    ///
    /// # Errors
    /// When it is expired; the basket is then as it was.
    pub fn set_batch(&mut self, line: usize, batch: Batch, today: Date) -> Result<(), BasketFault> {
        let is_refund = self.refund_of.is_some();
        let Some(line) = self.lines.get_mut(line) else {
            return Ok(());
        };
        if !is_refund {
            not_expired(&line.drug, &batch, today)?;
        }
        line.batch = batch;
        line.batch_by = BatchBy::Goods;
        Ok(())
    }

    /// What comes back is of the batch of then: nothing is offered for it.
    fn first_out(&self, drug: i64, wanted: Quantity, known: &[BatchLeft], today: Date, but: Option<usize>) -> Batch {
        if self.refund_of.is_some() {
            return Batch::default();
        }
        let left = |known: &BatchLeft| BatchLeft {
            remaining: known.remaining - self.base_units_of_batch(drug, known, but),
            ..known.clone()
        };
        let known: Vec<_> = known.iter().map(left).collect();
        first_out(&known, wanted, today).map_or_else(Batch::default, BatchLeft::batch)
    }

    /// How much of a batch is in it, `but` for one line.
    fn base_units_of_batch(&self, drug: i64, batch: &BatchLeft, but: Option<usize>) -> Quantity {
        let lines = self.lines.iter().enumerate();
        lines
            .filter(|(position, line)| Some(*position) != but && line.drug.id == drug)
            .filter(|(_, line)| line.batch.number.as_deref().is_some_and(|number| batch.is(number)))
            .map(|(_, line)| line.base_units())
            .sum()
    }
}

/// Whether a batch may be sold on that day.
pub(super) fn not_expired(drug: &Drug, batch: &Batch, today: Date) -> Result<(), BasketFault> {
    if batch.is_expired(today) {
        return Err(BasketFault::Expired {
            drug: drug.label(),
            batch: batch.clone(),
        });
    }
    Ok(())
}
