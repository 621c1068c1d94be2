//! Scans at the counter: the pack that bears the code, or a row that has to be settled before the money.
use std::sync::Arc;

use super::found::Found;
use super::payment::Payment;
use super::typed::Typed;
use super::{Adding, Sale, batch, receipt, returning};
use crate::app::effect::{Effect, Effects};
use crate::app::message::Moment;
use crate::app::model::Model;
use crate::app::shelf::Bearer;
use crate::app::text::Line;
use crate::domain::basket::{Basket, Unresolved};
use crate::domain::batch::Batch;
use crate::domain::catalogue::Drug;
use crate::domain::money::Quantity;
use crate::domain::scan::Label;

/// What was typed on the sale screen before keys that turned out to be a scan.
#[derive(Debug, Clone)]
pub(in crate::app) struct Before {
    entry: Line,
    found: Found,
    selected: Option<usize>,
    payment: Option<Payment>,
    adding: Option<Adding>,
    returning: Option<Line>,
}

impl Before {
    /// What is typed now.
    pub fn of(sale: &Sale) -> Self {
        Self {
            entry: sale.entry.clone(),
            found: sale.found.clone(),
            selected: sale.selected,
            payment: sale.payment.clone(),
            adding: sale.adding.clone(),
            returning: sale.returning.as_ref().map(|returning| returning.entry.clone()),
        }
    }

    /// Puts it back. Where the payment was closed or opened meanwhile, only the text there is: nothing is.
    pub fn restore(self, model: &mut Model) {
        let sale = &mut model.sale;
        if let Some(returning) = &mut sale.returning {
            returning.entry = self.returning.unwrap_or_default();
        }
        if self.payment.is_some() != sale.payment.is_some() || self.adding.is_some() != sale.adding.is_some() {
            return sale.clear_entry();
        }
        sale.adding = self.adding;
        model.sale.found = Found::of(self.entry.text(), &model.shelf, &self.found, true);
        model.sale.entry = self.entry;
        model.sale.selected = self.selected;
        model.sale.payment = self.payment;
    }
}

/// What is told on a row of the basket until the next key: what the last scan did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowNote {
    /// The row.
    pub row: usize,
    /// What.
    pub told: Told,
}

/// What a scan did to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The scan made it, or added to it: the row flashes.
    Added,
    /// The same label was read twice, and counted once.
    RepeatIgnored,
}

/// A scan, with nothing over the basket.
pub(in crate::app) fn scanned(model: &mut Model, text: &str, repeated: bool, moment: Moment) -> Effects {
    let mut label = Label::read(text, model.today());
    if let Some(Bearer::Pack(drug, _)) = model.shelf.bearer(&label.code) {
        // A label may name a batch without its day.
        label.batch = label.batch.by_book(model.batches_of(drug.id));
    }
    if repeated && let Some(row) = model.sale.scanned_row {
        return repeat(model, row);
    }
    if model.sale.returning.is_some() {
        return returning::scanned(model, &label, repeated);
    }
    if let Some(receipt) = receipt::receipt_in(model, &label.code) {
        model.sale.scanned_row = None;
        return returning::open(model, receipt);
    }
    if label.batch.is_expired(model.today()) {
        let goods = match model.shelf.bearer(&label.code) {
            Some(Bearer::Pack(drug, _) | Bearer::Inactive(drug)) => drug.label(),
            Some(Bearer::Several) | None => label.code,
        };
        return refuse(model, &format!("expired, and not added: {goods}, {}", label.batch));
    }
    let (times, dropped) = times(model);
    model.sale.clear_entry();
    model.sale.settling = None;
    let times = match times {
        Ok(times) => times,
        Err(why) => return refuse(model, &why),
    };
    let effects = match model.shelf.bearer(&label.code) {
        Some(Bearer::Pack(drug, pack)) => add(model, &drug, pack, times, &label.batch, moment),
        Some(Bearer::Inactive(drug)) => refuse(model, &format!("{} is no longer sold", drug.label())),
        Some(Bearer::Several) => {
            let why = format!("several drugs have {}", label.code);
            unresolved(model, &label, times, &why, moment)
        }
        None => {
            let why = format!("no drug has {}", label.code);
            unresolved(model, &label, times, &why, moment)
        }
    };
    if let Some(dropped) = dropped {
        model.mention_also(&format!("“{dropped}” was typed before the scan, and is dropped"));
    }
    effects
}

/// How many the next item is: `3*` in the entry line, or taken before; and what was typed to no purpose.
fn times(model: &Model) -> (Result<Quantity, String>, Option<String>) {
    let text = model.sale.entry.text();
    match Typed::of(text) {
        Typed::Times { times, words: "" } => (times.parse().map_err(|fault| format!("{fault}")), None),
        Typed::Nothing => (Ok(model.sale.takes.unwrap_or(Quantity::ONE)), None),
        _ => (Ok(model.sale.takes.unwrap_or(Quantity::ONE)), Some(text.to_owned())),
    }
}

fn add(model: &mut Model, drug: &Arc<Drug>, pack: usize, times: Quantity, named: &Batch, moment: Moment) -> Effects {
    let Some(outlet) = model.outlet.clone() else {
        return refuse(model, model.no_outlet());
    };
    let known = model.batches_of(drug.id).to_vec();
    let unit = drug.packs.get(pack).map_or("", |pack| pack.name.as_str());
    let what = format!("{times} {unit} {} added", drug.label());
    change(model, &what, moment, |basket| {
        batch::add(basket, (drug, pack), times, named, &known, (&outlet, moment.now))
    })
}

fn unresolved(model: &mut Model, label: &Label, times: Quantity, why: &str, moment: Moment) -> Effects {
    let what = format!("{} added", label.code);
    let changed = change(model, &what, moment, |basket| {
        basket.add_unresolved(&label.code, times, label.batch.clone())
    });
    if let Some(row) = model.sale.scanned_row {
        model.sale.selected = Some(row);
        model.refuse(format!("{why}. On line {}: Enter find by name · Del take out", row + 1));
    }
    changed.and(Effect::Ring)
}

/// Adds to the basket, and remembers on which row.
fn change<F: std::fmt::Display>(
    model: &mut Model,
    what: &str,
    moment: Moment,
    add: impl FnOnce(&mut Basket) -> Result<usize, F>,
) -> Effects {
    let before = model.sale.basket.clone();
    let sale = &mut model.sale;
    match add(sale.basket_or_new(moment.fresh_id)) {
        Ok(row) => {
            sale.changed(moment.now, before, what.to_owned());
            sale.takes = None;
            sale.selected = None;
            sale.scanned_row = Some(row);
            sale.note = Some(RowNote { row, told: Told::Added });
            Effects::none()
        }
        Err(fault) => {
            sale.basket = before;
            refuse(model, &fault.to_string())
        }
    }
}

/// The same label was read twice: it is said on its row, to which `*` then goes.
fn repeat(model: &mut Model, row: usize) -> Effects {
    let sale = &mut model.sale;
    if row >= sale.line_count() {
        return Effects::none();
    }
    sale.note = Some(RowNote {
        row,
        told: Told::RepeatIgnored,
    });
    if row + 1 < sale.line_count() {
        sale.selected = Some(row);
    }
    Effects::none()
}

/// Nothing was taken, and the next scan is no repeat of one that was.
fn refuse(model: &mut Model, why: &str) -> Effects {
    model.sale.scanned_row = None;
    model.refuse(why);
    Effect::Ring.into()
}

/// Begins to look by name for what an unresolved row is.
pub(super) fn settle(model: &mut Model, at: usize) {
    let code = model.sale.basket.as_ref().and_then(|basket| basket.unresolved.get(at));
    let Some(code) = code.map(|row| row.code.clone()) else {
        return;
    };
    model.sale.settling = Some(at);
    model.mention(format!("what is {code}? Type its name, Enter takes it, Esc leaves it"));
}

/// Takes an unresolved row out.
pub(super) fn take_out(model: &mut Model, at: usize) {
    let before = model.sale.basket.clone();
    let Some(basket) = &mut model.sale.basket else { return };
    let gone = basket.unresolved.remove(at);
    if basket.is_untouched() {
        model.sale.basket = None;
    }
    model.sale.selected = None;
    model.mention(format!("taken out: {}", gone.code));
    model
        .sale
        .changed(model.now, before, format!("{} taken out", gone.code));
}

impl Sale {
    /// The row that is being looked for by name.
    pub fn settled(&self) -> Option<Unresolved> {
        self.basket.as_ref()?.unresolved.get(self.settling?).cloned()
    }

    /// It was found: the drug has its place.
    pub(super) fn settle(&mut self) {
        if let (Some(at), Some(basket)) = (self.settling.take(), &mut self.basket)
            && at < basket.unresolved.len()
        {
            basket.unresolved.remove(at);
        }
    }

    /// The place among the unresolved of the row that keys are for, if it is one of them.
    pub fn unresolved_here(&self) -> Option<usize> {
        self.basket.as_ref()?.unresolved_at(self.current_line()?)
    }
}
