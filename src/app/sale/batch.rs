//! Of which batch goods are that come into the basket: what the label or the clerk says, else what expires first.
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::model::Model;
use crate::domain::basket::{Basket, BasketFault};
use crate::domain::batch::{Batch, BatchLeft};
use crate::domain::catalogue::{Drug, Outlet};
use crate::domain::money::Quantity;

/// Adds to a basket, of the batch that is `named`, or of the one to give out first of those `known`. Gives the line.
pub(super) fn add(
    basket: &mut Basket,
    (drug, pack): (&Arc<Drug>, usize),
    quantity: Quantity,
    named: &Batch,
    known: &[BatchLeft],
    (outlet, at): (&Outlet, Timestamp),
) -> Result<usize, BasketFault> {
    if named.is_unknown() {
        return basket.add_first_out(drug, pack, quantity, known, outlet, at);
    }
    basket.add_of(drug, pack, quantity, named.clone().by_book(known), outlet, at)
}

/// Sells a line of the basket of another batch.
pub(in crate::app) fn set(model: &mut Model, line: usize, batch: Batch) {
    let today = model.today();
    let before = model.sale.basket.clone();
    let Some(basket) = &mut model.sale.basket else { return };
    match basket.set_batch(line, batch, today) {
        Ok(()) => model
            .sale
            .changed(model.now, before, format!("the batch of line {}", line + 1)),
        Err(fault) => model.refuse(fault.to_string()),
    }
}

impl Model {
    /// The batches of the drug of a line of the basket of which some is left here.
    pub(super) fn batches_of_line(&self, line: usize) -> Vec<BatchLeft> {
        let basket = self.sale.basket.as_ref();
        let line = basket.and_then(|basket| basket.lines.get(line));
        line.map_or_else(Vec::new, |line| self.batches_of(line.drug.id).to_vec())
    }
}
