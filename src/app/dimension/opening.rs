//! From the list to a row: what the catalogue knows of it is shown at once, the store is asked for it as it is.
use uuid::Uuid;

use super::form::{Form, FormState};
use super::known;
use super::saving::ask_to_retire;
use crate::app::effect::{Effect, Effects};
use crate::app::message::{Moment, RequestId};
use crate::app::model::{Model, Screen};
use crate::app::role::Holder;
use crate::domain::dimension::{Dimension, Record};

/// What became of reading a row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowRead {
    /// As it is in the store.
    Row(Box<Record>),
    /// The store has no such row.
    Gone,
    /// The store did not answer: why.
    Away(String),
}

/// Opens the highlighted row, and asks the store for it.
pub(super) fn open(model: &mut Model, dimension: Dimension, retiring: bool, moment: Moment) -> Effects {
    let Some(id) = model.desks.of(dimension).list.highlighted() else {
        return Effects::none();
    };
    open_row(model, dimension, id, retiring, moment.fresh_id)
}

/// Opens a row, and asks the store for it.
fn open_row(model: &mut Model, dimension: Dimension, id: i64, retiring: bool, save_id: Uuid) -> Effects {
    let Some(known) = known::known(model, dimension, id) else {
        return Effects::none();
    };
    let request = model.request();
    let places = model.currency().places;
    let mut form = Form::reading(dimension, request, known, save_id, places);
    form.retiring = retiring;
    if id < 0 {
        let why = "added at this till, and not in the database yet: it can be changed once it is";
        form.state = FormState::LookOnly(String::from(why));
    }
    let desk = model.desks.of_mut(dimension);
    desk.list.filtering = false;
    desk.form = Some(form);
    if id < 0 {
        return Effects::none();
    }
    let outlet = model.outlet_id();
    Effect::ReadRow {
        request,
        dimension,
        id,
        outlet,
    }
    .into()
}

/// Why a row is not changed any more: it leads to another.
fn why_fixed(model: &Model, dimension: Dimension, id: i64) -> Option<String> {
    if dimension != Dimension::Doctor {
        return None;
    }
    let catalogue = model.shelf.catalogue();
    let survivor = catalogue.doctor(catalogue.doctor(id)?.merged_into?)?;
    Some(format!("merged into {}: change that row", survivor.name))
}

/// The store gave the row, or did not.
pub(in crate::app) fn read(model: &mut Model, dimension: Dimension, request: RequestId, answer: RowRead) {
    let viewer = model.holder().map(Holder::why_not).or_else(|| {
        let RowRead::Row(row) = &answer else { return None };
        why_fixed(model, dimension, row.id?)
    });
    let Some(form) = model
        .form(dimension)
        .filter(|form| form.state == FormState::Reading(request))
    else {
        return;
    };
    let one = form.spec().one;
    match answer {
        RowRead::Row(row) if let Some(why_not) = viewer => form.looked_at(*row, why_not),
        RowRead::Row(row) => {
            form.opened(*row);
            // Whoever has gone on to something else is not asked there.
            let is_wanted = std::mem::take(&mut form.retiring);
            if is_wanted && model.over.is_none() && model.screen == Screen::Dimension(dimension) {
                ask_to_retire(model, dimension);
            }
        }
        RowRead::Gone => form.state = FormState::LookOnly(format!("this {one} is not in the database")),
        RowRead::Away(why) => form.state = FormState::LookOnly(format!("the database is away, so look only: {why}")),
    }
}

/// It is that row: what was typed goes, and the row is opened.
pub(in crate::app) fn open_twin(model: &mut Model, dimension: Dimension, id: i64) -> Effects {
    let Some(save_id) = model.desks.of(dimension).form.as_ref().map(|form| form.save_id) else {
        return Effects::none();
    };
    open_row(model, dimension, id, false, save_id)
}
