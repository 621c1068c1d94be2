//! F4 to F7: the rows of a dimension, and one of them being changed. Which fields there are, its spec says.
pub mod aside;
pub mod form;
pub mod goods;
pub mod known;
pub mod list;
pub mod listing;
pub mod prescriber;
mod saving;
mod scanned;
mod twin;

use uuid::Uuid;

pub use self::aside::Aside;
pub(super) use self::aside::history_read;
pub use self::form::{Clash, Form, FormState};
pub(super) use self::goods::read as goods_read;
use self::list::{List, PAGE};
use self::saving::{ask_to_retire, clash_update, save};
pub(super) use self::saving::{retire, saved, saver};
pub(super) use self::scanned::{Before, fill_code, restore};
use super::command::{Command, Edit};
use super::effect::{Effect, Effects};
use super::layer::Layer;
use super::message::{Moment, RequestId};
use super::model::{Model, Screen};
use super::question::{About, too_soon};
use super::role::Holder;
use crate::domain::dimension::{Author, Dimension, FieldChange, FieldFault, Record};

/// What a character in a list was probably meant for.
const TO_LOOK: &str = "to look for a row, press / first";

/// The screen of one dimension.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    /// Its rows.
    pub list: List,
    /// The row that is looked at or changed.
    pub form: Option<Form>,
    /// What lies over both.
    pub aside: Option<Aside>,
}

impl Desk {
    /// The form that takes the keys: the one over the goods, else the row's.
    pub fn front(&self) -> Option<&Form> {
        match &self.aside {
            Some(Aside::Goods(goods)) => goods.entry.as_ref().map(|(_, form)| form.as_ref()),
            Some(Aside::History(_)) => None,
            None => self.form.as_ref(),
        }
    }

    fn front_mut(&mut self) -> Option<&mut Form> {
        match &mut self.aside {
            Some(Aside::Goods(goods)) => goods.entry.as_mut().map(|(_, form)| form.as_mut()),
            Some(Aside::History(_)) => None,
            None => self.form.as_mut(),
        }
    }

    fn forms(&self) -> impl Iterator<Item = &Form> {
        let over = match &self.aside {
            Some(Aside::Goods(goods)) => goods.entry.as_ref().map(|(_, form)| form.as_ref()),
            _ => None,
        };
        self.form.iter().chain(over)
    }
}

/// The screens of all dimensions. Each keeps its list and its form while another is in front.
#[derive(Debug, Clone, Default)]
pub struct Desks([Desk; 4]);

impl Desks {
    /// The screen of a dimension.
    pub fn of(&self, dimension: Dimension) -> &Desk {
        &self.0[position(dimension)]
    }

    fn of_mut(&mut self, dimension: Dimension) -> &mut Desk {
        &mut self.0[position(dimension)]
    }

    /// Whether a row of a dimension was changed and not saved.
    pub fn is_unsaved(&self, dimension: Dimension) -> bool {
        self.of(dimension).forms().any(Form::is_changed)
    }

    /// The rows that were changed and not saved.
    pub fn unsaved(&self) -> impl Iterator<Item = &Form> {
        self.0.iter().flat_map(Desk::forms).filter(|form| form.is_changed())
    }
}

fn position(dimension: Dimension) -> usize {
    match dimension {
        Dimension::Drug => 0,
        Dimension::Doctor => 1,
        Dimension::Employee => 2,
        Dimension::Outlet => 3,
    }
}

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
        Layer::Clash => clash_update(model, dimension, command),
        Layer::Form => form_update(model, dimension, command),
        Layer::Goods => goods::update(model, command, moment),
        Layer::History => {
            aside::history_update(model, dimension, command);
            Effects::none()
        }
        _ => list_update(model, dimension, command, moment),
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
        None if filtering => {
            desk.list.filter.insert(text);
            refilter(model);
        }
        None if at_once => model.ignore_scan("goods are scanned on the sale screen"),
        None => model.mention(TO_LOOK),
    }
}

/// Other words: the first row that has them is highlighted.
fn refilter(model: &mut Model) {
    refresh(model);
    if let Screen::Dimension(dimension) = model.screen {
        model.desks.of_mut(dimension).list.to_first();
    }
}

const PAGE_STEP: isize = PAGE.cast_signed();

fn list_update(model: &mut Model, dimension: Dimension, command: Command, moment: Moment) -> Effects {
    let list = &mut model.desks.of_mut(dimension).list;
    match command {
        Command::Up => list.step(-1),
        Command::Down => list.step(1),
        Command::PageUp => list.step(-PAGE_STEP),
        Command::PageDown => list.step(PAGE_STEP),
        Command::First => list.to_first(),
        Command::Last => list.to_last(),
        Command::Filter => list.filtering = true,
        Command::Edit(Edit::Backspace) if list.filter.is_empty() => list.filtering = false,
        Command::Edit(edit) if list.filtering && list.filter.edit(edit) => refilter(model),
        Command::Shown => {
            list.shown = list.shown.next();
            refilter(model);
        }
        Command::Back if !list.filter.is_empty() => {
            list.filter.clear();
            refresh(model);
        }
        Command::Back if list.filtering => list.filtering = false,
        Command::Back if !model.dismiss_alert() => model.screen = Screen::Sale,
        Command::New => {
            // The row's lasting id; the save is named after it, as it is this row's first.
            let places = model.currency().places;
            let form = Form::new(dimension, moment.fresh_id, moment.fresh_id, places);
            model.desks.of_mut(dimension).form = Some(form);
        }
        Command::Unconfirmed if dimension == Dimension::Doctor => prescriber::list_unconfirmed(model),
        Command::ConfirmDoctor if dimension == Dimension::Doctor => prescriber::ask_to_confirm(model),
        Command::MergeDoctor if dimension == Dimension::Doctor => prescriber::choose_survivor(model),
        Command::Unconfirmed | Command::ConfirmDoctor | Command::MergeDoctor => model.mention(TO_LOOK),
        Command::Accept | Command::Confirm => return open(model, dimension, false, moment),
        Command::Retire => return open(model, dimension, true, moment),
        Command::Goods if dimension == Dimension::Drug => return goods::open(model),
        Command::RowHistory => return aside::open_history(model, dimension),
        _ => {}
    }
    Effects::none()
}

/// Opens the highlighted row, and asks the store for it.
fn open(model: &mut Model, dimension: Dimension, retiring: bool, moment: Moment) -> Effects {
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
pub(super) fn read(model: &mut Model, dimension: Dimension, request: RequestId, answer: RowRead) {
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
            if form.retiring {
                ask_to_retire(model, dimension);
            }
        }
        RowRead::Gone => form.state = FormState::LookOnly(format!("this {one} is not in the database")),
        RowRead::Away(why) => form.state = FormState::LookOnly(format!("the database is away, so look only: {why}")),
    }
}

fn form_update(model: &mut Model, dimension: Dimension, command: Command) -> Effects {
    let now = model.now;
    let Some(form) = model.form(dimension) else {
        return Effects::none();
    };
    let left = form.at;
    match command {
        Command::Accept if let Some(twin) = &form.twin => {
            if too_soon(Some(twin.since), now) {
                model.too_soon();
            } else {
                let (id, words) = (twin.id, twin.words.clone());
                model.ask(About::Twin { dimension, id, words });
            }
            return Effects::none();
        }
        Command::Up | Command::Previous => form.step(-1),
        Command::Down | Command::Next | Command::Accept => form.step(1),
        Command::PageUp => form.go(0),
        Command::PageDown => form.go(form.spec().fields.len() - 1),
        Command::Goods if dimension == Dimension::Drug => return goods::open(model),
        Command::RowHistory => return aside::open_history(model, dimension),
        Command::Edit(_) if !form.is_open() => {}
        Command::Edit(Edit::Left) if form.turn(-1) => {}
        Command::Edit(Edit::Right) if form.turn(1) => {}
        Command::Edit(edit) if form.may_type() => {
            form.twin = None;
            form.line.edit(edit);
        }
        Command::Back => back(model, dimension),
        Command::Retire => ask_to_retire(model, dimension),
        Command::Confirm => return save(model, dimension),
        _ => {}
    }
    if let Some(form) = model.form(dimension)
        && form.at != left
    {
        twin::pass(form);
        twin::look(model, dimension);
    }
    Effects::none()
}

/// It is that row: what was typed goes, and the row is opened.
pub(super) fn open_twin(model: &mut Model, dimension: Dimension, id: i64) -> Effects {
    let Some(save_id) = model.desks.of(dimension).form.as_ref().map(|form| form.save_id) else {
        return Effects::none();
    };
    open_row(model, dimension, id, false, save_id)
}

fn back(model: &mut Model, dimension: Dimension) {
    let Some(form) = model.form(dimension) else { return };
    if matches!(form.state, FormState::Saving(_)) {
        model.mention("it is being saved");
    } else if form.is_changed() {
        model.ask(About::LoseChanges(dimension));
    } else {
        close(model, dimension);
    }
}

/// What somebody else changed, where it is in front.
pub(super) fn clash_in_front(model: &Model) -> Option<&Clash> {
    let Screen::Dimension(dimension) = model.screen else {
        return None;
    };
    model.desks.of(dimension).front()?.clash.as_ref()
}

/// It was drawn.
pub(super) fn clash_seen(model: &mut Model) {
    let Screen::Dimension(dimension) = model.screen else {
        return;
    };
    let now = model.now;
    if let Some(clash) = model.form(dimension).and_then(|form| form.clash.as_mut()) {
        clash.seen_at.get_or_insert(now);
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
