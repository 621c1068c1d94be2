//! F4 to F7: the rows of a dimension, and one of them being changed. Which fields there are, its spec says.
//!
//! * `desk`: what is on the screen. `list`, `listing`: its rows. `form`: the row being changed. `known`: a row as the
//!   till's own catalogue has it.
//! * `browsing`, `editing`: what keys do to list and form. `scanned`: what a scan does.
//! * `opening`: from the list to a row. `saving`: back to the store, and what it makes of it. `twin`: is it there already?
//! * `aside`, `goods`: the history of a row, and what stands beside a drug. `prescriber`: confirmed, or merged.
pub mod aside;
mod browsing;
mod desk;
mod editing;
pub mod form;
pub mod goods;
pub mod known;
pub mod list;
pub mod listing;
mod opening;
pub mod prescriber;
mod saving;
mod scanned;
mod twin;

pub use self::aside::Aside;
pub(super) use self::aside::history_read;
use self::browsing::refilter;
pub use self::desk::{Desk, Desks};
pub use self::form::{Clash, Form, FormState};
pub(super) use self::goods::read as goods_read;
pub use self::opening::RowRead;
pub(super) use self::opening::{open_twin, read};
pub use self::saving::{RowSave, RowSaved};
pub(super) use self::saving::{clash_in_front, clash_seen, retire, saved, saver};
pub(super) use self::scanned::{Before, fill_code, is_figure_in_front, restore};
use super::command::Command;
use super::effect::Effects;
use super::layer::Layer;
use super::message::Moment;
use super::model::{Model, Screen};
use crate::domain::dimension::Dimension;

impl Model {
    /// The layer of keys of a dimension's screen.
    pub(super) fn desk_layer(&self, dimension: Dimension) -> Layer {
        let desk = self.desks.of(dimension);
        match (desk.front(), &desk.aside) {
            (Some(form), _) if form.clash.is_some() => Layer::Clash,
            (Some(_), _) => Layer::Form,
            (None, Some(Aside::Goods(_))) => Layer::Goods,
            (None, Some(Aside::History(_))) => Layer::History,
            (None, None) if desk.list.filtering => Layer::TableFilter,
            (None, None) if dimension == Dimension::Doctor => Layer::TableOfDoctors,
            (None, None) => Layer::Table,
        }
    }

    /// The row of the outlet in which the till stands; 0: none yet.
    pub fn outlet_id(&self) -> i64 {
        self.outlet.as_ref().map_or(0, |outlet| outlet.id)
    }

    fn form(&mut self, dimension: Dimension) -> Option<&mut Form> {
        self.desks.of_mut(dimension).front_mut()
    }
}

/// The screen comes to the front, or the catalogue is another one.
pub(super) fn refresh(model: &mut Model) {
    if let Screen::Dimension(dimension) = model.screen {
        let rows = model.shelf.listing(dimension);
        model.desks.of_mut(dimension).list.refresh(rows);
    }
}

/// A key for the screen.
pub(super) fn update(model: &mut Model, dimension: Dimension, command: Command, moment: Moment) -> Effects {
    match model.desk_layer(dimension) {
        Layer::Clash => saving::clash_update(model, dimension, command),
        Layer::Form => editing::update(model, dimension, command),
        Layer::Goods => goods::update(model, command, moment),
        Layer::History => {
            aside::history_update(model, dimension, command);
            Effects::none()
        }
        _ => browsing::update(model, dimension, command, moment),
    }
}

/// Text for the screen. What came `at_once` is a scan or a paste.
pub(super) fn insert(model: &mut Model, dimension: Dimension, text: &str, at_once: bool) {
    let desk = model.desks.of_mut(dimension);
    if desk.aside.is_some() && desk.front().is_none() {
        if at_once {
            model.ignore_scan("goods are scanned on the sale screen");
        }
        return;
    }
    let filtering = desk.list.filtering;
    match desk.front_mut() {
        Some(form) if form.clash.is_some() => {}
        Some(form) if form.is_open() && form.is_withheld(form.at) => {
            model.refuse("pay is the office's: this account may neither see nor change it");
        }
        Some(form) if form.is_open() => {
            form.twin = None;
            form.insert(text);
        }
        Some(_) => model.mention("it cannot be changed now"),
        None if at_once && !filtering => model.ignore_scan("goods are scanned on the sale screen"),
        // Who types a name looks for it.
        None => {
            desk.list.filtering = true;
            desk.list.filter.insert(text);
            refilter(model);
        }
    }
}

/// Lets the form go, with what was typed.
pub(super) fn close(model: &mut Model, dimension: Dimension) {
    let desk = model.desks.of_mut(dimension);
    match &mut desk.aside {
        Some(Aside::Goods(goods)) => goods.entry = None,
        _ => desk.form = None,
    }
    refresh(model);
}
