//! What remains here by the book, and of which batches: read now and then, kept on the till's disk where the store is
//! elsewhere, and always a hint, since other tills sell too.
use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::effect::{Effect, Effects};
use super::model::Model;
use super::role::Role;
use crate::domain::basket::Basket;
use crate::domain::batch::BatchLeft;
use crate::domain::goods::{DrugGoods, OutletBatches, OutletStock};
use crate::domain::money::Quantity;

/// What is older than this says of when it is.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// How often stock is read: one row a drug.
const EVERY: SignedDuration = SignedDuration::from_secs(15);
/// How often batches are: sums over all that ever moved of them. Between, what is sold here is taken off, and goods in
/// sight are read by themselves.
const BATCHES_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// When what is to be read again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    stock: Timestamp,
    batches: Timestamp,
    /// The outlet whose batches were asked for last.
    batches_of: i64,
}

impl Due {
    /// At once.
    pub fn at(now: Timestamp) -> Self {
        Self {
            stock: now,
            batches: now,
            batches_of: 0,
        }
    }
}

/// What remains of a drug at this outlet by the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockHere {
    /// Base units.
    pub remaining: Quantity,
    /// When it was read, if that is so long ago that it has to be said.
    pub old: Option<Timestamp>,
}

impl StockHere {
    /// Whether the book has none, or less.
    pub fn is_none_left(self) -> bool {
        self.remaining.is_zero() || self.remaining.is_negative()
    }
}

impl Model {
    /// A moment on the outlet's clock, as one says it.
    pub fn local_time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone()).strftime("%H:%M").to_string()
    }

    /// The age of a figure in words: "at 09:12", or "on 22 Nov at 09:12" where that was another day.
    pub fn figure_of(&self, at: Timestamp) -> String {
        let (then, now) = (at.to_zoned(self.zone()), self.now.to_zoned(self.zone()));
        let words = if then.date() == now.date() {
            "at %H:%M"
        } else {
            "on %-d %b at %H:%M"
        };
        then.strftime(words).to_string()
    }

    /// What remains of a drug here; none where it is not counted, or was not read yet.
    pub fn stock_here(&self, drug: i64) -> Option<StockHere> {
        let outlet = self.outlet.as_ref()?;
        let stock = self.stock.as_ref().filter(|stock| stock.outlet == outlet.id)?;
        let remaining = *stock.by_drug.get(&drug)?;
        let old = Some(stock.read_at).filter(|at| self.now.duration_since(*at) > FRESH);
        Some(StockHere { remaining, old })
    }

    /// The batches of a drug of which some is left here, the one that expires first before the others.
    pub fn batches_of(&self, drug: i64) -> &[BatchLeft] {
        let here = |batches: &&Arc<OutletBatches>| Some(batches.outlet) == self.outlet.as_ref().map(|outlet| outlet.id);
        let batches = self.batches.as_ref().filter(here);
        batches
            .and_then(|batches| batches.by_drug.get(&drug))
            .map_or(&[], Vec::as_slice)
    }
}

/// Asks for what is due.
pub(super) fn ask(model: &mut Model) -> Effects {
    // A supervisor's screen shows no goods.
    let outlet = model
        .outlet
        .as_ref()
        .filter(|_| !matches!(model.role, Role::Supervisor { .. }));
    let Some(outlet) = outlet.map(|outlet| outlet.id) else {
        return Effects::none();
    };
    let (now, due) = (model.now, &mut model.stock_due);
    let mut effects = Effects::none();
    if now >= due.stock {
        due.stock = now + EVERY;
        effects = effects.and(Effect::ReadStock { outlet });
    }
    if now >= due.batches || due.batches_of != outlet {
        (due.batches, due.batches_of) = (now + BATCHES_EVERY, outlet);
        effects = effects.and(Effect::ReadBatches { outlet });
    }
    effects
}

/// A sale was answered: it took something away.
pub(super) fn soon(model: &mut Model) {
    model.stock_due.stock = model.now;
}

/// The clock was set back: what was read by a later one is as of now.
pub(super) fn set_back(model: &mut Model) {
    all_soon(model);
    let now = model.now;
    let stock = model.stock.as_mut().map(|stock| &mut Arc::make_mut(stock).read_at);
    let batches = model.batches.as_mut();
    let batches = batches.map(|batches| &mut Arc::make_mut(batches).read_at);
    for read_at in stock.into_iter().chain(batches) {
        *read_at = now.min(*read_at);
    }
}

/// Goods may have come, or the store is there again: everything is another thing.
pub(super) fn all_soon(model: &mut Model) {
    soon(model);
    model.stock_due.batches = model.now;
}

/// The stock was read; what the disk kept comes in the same way, and is never newer.
pub(super) fn read(model: &mut Model, stock: Arc<OutletStock>) {
    let newer = |known: &Arc<OutletStock>| known.outlet == stock.outlet && known.read_at > stock.read_at;
    if !model.stock.as_ref().is_some_and(newer) {
        model.stock = Some(stock);
    }
}

/// The batches were read, likewise.
pub(super) fn batches_read(model: &mut Model, batches: Arc<OutletBatches>) {
    let newer = |known: &Arc<OutletBatches>| known.outlet == batches.outlet && known.read_at > batches.read_at;
    if !model.batches.as_ref().is_some_and(newer) {
        model.batches = Some(batches);
    }
}

/// The goods in sight were read at this outlet: of these drugs that is newer than what is known of all.
pub(super) fn goods_read(model: &mut Model, outlet: i64, goods: &HashMap<i64, DrugGoods>) {
    let known = model.batches.take().filter(|batches| batches.outlet == outlet);
    let mut batches = known.unwrap_or_else(|| {
        Arc::new(OutletBatches {
            outlet,
            ..OutletBatches::default()
        })
    });
    let by_drug = &mut Arc::make_mut(&mut batches).by_drug;
    for (drug, goods) in goods {
        by_drug.insert(*drug, goods.batches.clone());
    }
    model.batches = Some(batches);
}

/// Sold here while the store does not answer: its last figures say less now.
pub(super) fn lower(model: &mut Model, sold: &Basket) {
    let Some(stock) = model.stock.as_mut().filter(|_| sold.refund_of.is_none()) else {
        return;
    };
    let stock = Arc::make_mut(stock);
    for (drug, wanted) in sold.wanted() {
        if let Some(remaining) = stock.by_drug.get_mut(&drug.id) {
            *remaining = *remaining - wanted;
        }
    }
}

/// Sold here: less is left of these batches, however long it takes until they are read again.
pub(super) fn lower_batches(model: &mut Model, sold: &Basket) {
    let Some(batches) = model.batches.as_mut().filter(|_| sold.refund_of.is_none()) else {
        return;
    };
    let batches = Arc::make_mut(batches);
    for line in &sold.lines {
        let number = line.batch.number.as_deref();
        let known = batches.by_drug.get_mut(&line.drug.id).zip(number);
        let known = known.and_then(|(known, number)| known.iter_mut().find(|known| known.is(number)));
        if let Some(known) = known {
            known.remaining = known.remaining - line.base_units();
        }
    }
}
