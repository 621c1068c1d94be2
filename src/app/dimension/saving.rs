//! From a form to the store, and what the store makes of it.
use uuid::Uuid;

use super::form::{Clash, Form, FormState};
use super::{close, goods};
use crate::app::audit::{self, Changed};
use crate::app::command::Command;
use crate::app::effect::{Effect, Effects};
use crate::app::message::RequestId;
use crate::app::model::{Model, Screen};
use crate::app::question::{About, too_soon};
use crate::domain::audit::{Correction, Goods, Happening};
use crate::domain::dimension::{Author, DRUG, Dimension, FieldChange, FieldFault, Record, RowChange};
use crate::domain::money::Quantity;

/// What is to be saved.
#[derive(Debug, Clone, PartialEq)]
pub struct RowSave {
    /// Of which dimension.
    pub dimension: Dimension,
    /// The row as it is wanted.
    pub wanted: Record,
    /// The row as the store gave it; none: a new row.
    pub opened: Option<Record>,
    /// Who saves.
    pub by: Author,
    /// The row of the outlet at which goods arrive and whose prices are meant; 0: none yet.
    pub outlet: i64,
    /// Names the save, however often it is tried.
    pub save_id: Uuid,
}

/// What became of saving a row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowSaved {
    /// It is in the store, under that number.
    Saved(i64),
    /// Fields are wrong or collide with other rows.
    Refused(Vec<FieldFault>),
    /// Somebody else saved it meanwhile.
    Conflict {
        /// As it is in the store now.
        current: Box<Record>,
        /// What they changed.
        changes: Vec<FieldChange>,
    },
    /// The store could not, now; in words that say whether it may be saved nevertheless.
    Failed(String),
}

/// Asks before a row is deactivated, or taken back.
pub(super) fn ask_to_retire(model: &mut Model, dimension: Dimension) {
    match model.form(dimension) {
        Some(form) if form.spec().table != dimension.spec().table => {
            model.mention("that is a row's key: here the fields say it");
        }
        Some(form) if form.is_open() && form.opened.is_some() => model.ask(About::Retire(dimension)),
        Some(form) if form.is_open() => model.mention("it is not saved yet: Esc lets it go"),
        _ => model.mention("it cannot be changed now"),
    }
}

/// Deactivates the row in the form, or takes it back, and saves.
pub(in crate::app) fn retire(model: &mut Model, dimension: Dimension) -> Effects {
    let Some(form) = model.form(dimension) else {
        return Effects::none();
    };
    form.record.active = !form.record.active;
    save(model, dimension)
}

/// Sends the row to the store, unless a fault is found before.
pub(super) fn save(model: &mut Model, dimension: Dimension) -> Effects {
    let (by, outlet) = (saver(model), model.outlet_id());
    let Some(form) = model.form(dimension) else {
        return Effects::none();
    };
    match &form.state {
        FormState::Open => {}
        FormState::Saving(_) => return Effects::none(),
        FormState::Reading(_) | FormState::LookOnly(_) => {
            model.refuse("nothing to save: the row was not read from the database");
            return Effects::none();
        }
    }
    if form.opened.is_some() && !form.is_changed() {
        model.mention("nothing was changed");
        close(model, dimension);
        return Effects::none();
    }
    let Some(wanted) = form.checked() else {
        let faults = form.faults.len();
        let words = if faults == 1 { "a field is" } else { "fields are" };
        model.refuse(format!("not saved: {words} not right yet"));
        return Effects::none();
    };
    let beside = goods::wanted(model, &wanted);
    let request = model.request();
    let Some(form) = model.form(dimension) else {
        return Effects::none();
    };
    if let Some(Err(faults)) = &beside {
        form.refused(faults);
        model.refuse("not saved: see the field");
        return Effects::none();
    }
    form.faults.clear();
    form.twin = None;
    form.record = wanted.clone();
    form.load();
    form.state = FormState::Saving(request);
    if let Some(Ok(save)) = beside {
        let save = Box::new(save);
        return Effect::SaveGoods { request, save }.into();
    }
    let (opened, save_id) = (form.opened.clone(), form.save_id);
    let save = RowSave {
        dimension,
        wanted,
        opened,
        by,
        outlet,
        save_id,
    };
    Effect::SaveRow {
        request,
        save: Box::new(save),
    }
    .into()
}

/// Who saves, as the store remembers it.
pub(in crate::app) fn saver(model: &Model) -> Author {
    let till = model.settings.till.to_string();
    let seller = model.seller.as_ref();
    Author {
        name: seller.map_or_else(|| format!("till {till}"), |seller| seller.name.clone()),
        employee: seller.map(|seller| seller.id),
        till: Some(till),
    }
}

/// The store answered a save.
pub(in crate::app) fn saved(model: &mut Model, dimension: Dimension, request: RequestId, answer: RowSaved) -> Effects {
    let is_entry = goods::is_entry(model, dimension);
    let correction = goods::correction(model).filter(|_| is_entry);
    let Some(form) = model
        .form(dimension)
        .filter(|form| form.state == FormState::Saving(request))
    else {
        return Effects::none();
    };
    form.state = FormState::Open;
    let active_before = form.opened.as_ref().map(|opened| opened.active);
    let (one, name, active) = (form.spec().one, form.name().to_owned(), form.record.active);
    let changes = RowChange::between(form.spec(), form.opened.as_ref(), &form.record);
    let (row, is_new) = (form.record.uuid, form.opened.is_none());
    let supplied = supplied(form);
    match answer {
        RowSaved::Saved(_) if is_entry => {
            match (correction, goods::drug_of_entry(model)) {
                (Some(correction), _) => model.note(correction),
                (None, Some((row, name))) => {
                    audit::dimension_changed(model, dimension, row, &name, Changed::of(one));
                }
                (None, None) => {}
            }
            model.say(format!("{one} {name} saved"));
            return goods::saved(model);
        }
        RowSaved::Saved(id) => {
            let done = match (active_before, active) {
                (Some(true), false) => "deactivated",
                (Some(false), true) => "active again",
                _ => "saved",
            };
            let fields = changes.into_iter().map(|change| change.field).collect();
            audit::dimension_changed(model, dimension, row, &name, Changed { fields, is_new });
            if let Some(supplied) = supplied {
                model.note(supplied);
            }
            close(model, dimension);
            model.desks.of_mut(dimension).list.highlight(id);
            model.say(format!("{one} {name} {done}"));
        }
        RowSaved::Refused(faults) => {
            undo_retire(form, active_before);
            form.refused(&faults);
            model.refuse("not saved: see the field");
        }
        RowSaved::Conflict { current, changes } => {
            let current = *current;
            form.clash = Some(Clash {
                current,
                changes,
                seen_at: None,
            });
            model.refuse("not saved: somebody else changed it meanwhile");
        }
        RowSaved::Failed(why) => {
            undo_retire(form, active_before);
            model.refuse(why);
        }
    }
    Effects::none()
}

/// The goods that arrived with the drug in a form, where any did.
fn supplied(form: &Form) -> Option<Happening> {
    let value = |field: &str| form.record.value(&DRUG, field);
    let came: Quantity = (form.dimension == Dimension::Drug && form.spec().table == DRUG.table)
        .then(|| value("quantity_supplied").parse().ok())
        .flatten()
        .filter(|came: &Quantity| !came.is_zero())?;
    let before: Option<Quantity> = value("stock_remaining").parse().ok();
    Some(Happening::StockCorrected {
        drug: Goods {
            id: form.record.uuid,
            code: value("code").to_owned(),
            name: form.name().to_owned(),
        },
        before,
        after: before.unwrap_or(Quantity::ZERO) + came,
        how: Correction::Delivery,
        reason: None,
    })
}

/// Deactivating that did not go is not left behind for the next save.
fn undo_retire(form: &mut Form, before: Option<bool>) {
    form.record.active = before.unwrap_or(form.record.active);
}

/// A key for what somebody else changed.
pub(super) fn clash_update(model: &mut Model, dimension: Dimension, command: Command) -> Effects {
    let mine = match command {
        Command::KeepMine => true,
        Command::KeepTheirs => false,
        Command::Back => {
            if let Some(form) = model.form(dimension) {
                form.clash = None;
                let before = form.opened.as_ref().map(|opened| opened.active);
                undo_retire(form, before);
            }
            return Effects::none();
        }
        _ => return Effects::none(),
    };
    let now = model.now;
    let Some(form) = model.form(dimension) else {
        return Effects::none();
    };
    if form.clash.as_ref().is_some_and(|clash| too_soon(clash.seen_at, now)) {
        model.too_soon();
        return Effects::none();
    }
    form.settle(mine);
    save(model, dimension)
}

/// What somebody else changed, where it is in front.
pub(in crate::app) fn clash_in_front(model: &Model) -> Option<&Clash> {
    let Screen::Dimension(dimension) = model.screen else {
        return None;
    };
    model.desks.of(dimension).front()?.clash.as_ref()
}

/// It was drawn.
pub(in crate::app) fn clash_seen(model: &mut Model) {
    let Screen::Dimension(dimension) = model.screen else {
        return;
    };
    let now = model.now;
    if let Some(clash) = model.form(dimension).and_then(|form| form.clash.as_mut()) {
        clash.seen_at.get_or_insert(now);
    }
}
