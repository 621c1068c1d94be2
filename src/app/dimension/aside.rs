//! What lies over the list and the form of a dimension: what stands beside a drug, or the history of a row.
use super::goods::GoodsDesk;
use super::refresh;
use crate::app::command::Command;
use crate::app::effect::{Effect, Effects};
use crate::app::message::RequestId;
use crate::app::model::Model;
use crate::domain::dimension::{Dimension, History};
use uuid::Uuid;

/// How many lines a page key steps over.
pub(super) const PAGE: isize = 10;

/// What lies over list and form.
#[derive(Debug, Clone)]
pub enum Aside {
    /// Packs, prices and stock of a drug.
    Goods(Box<GoodsDesk>),
    /// Who changed a row, what and when.
    History(HistoryDesk),
}

/// What the store was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read<T> {
    /// It has not answered.
    Asked(RequestId),
    /// Here it is.
    Here(T),
    /// It did not give it, and why.
    Away(String),
}

/// The history of a row.
#[derive(Debug, Clone)]
pub struct HistoryDesk {
    /// What the row is called.
    pub name: String,
    /// What the store knows.
    pub read: Read<History>,
    /// The line under the cursor.
    pub at: usize,
}

/// Moves a cursor over so many lines, if the command is a move.
pub(in crate::app) fn moved(at: usize, lines: usize, command: Command) -> Option<usize> {
    let last = lines.saturating_sub(1);
    Some(match command {
        Command::Up => at.saturating_sub(1),
        Command::Down => (at + 1).min(last),
        Command::PageUp => at.saturating_add_signed(-PAGE),
        Command::PageDown => at.saturating_add_signed(PAGE).min(last),
        Command::First => 0,
        Command::Last => last,
        _ => return None,
    })
}

/// The row that the form shows, else the highlighted one: its number, lasting id and name.
pub(super) fn row_in_front(model: &Model, dimension: Dimension) -> Option<(i64, Uuid, String)> {
    let desk = model.desks.of(dimension);
    let record = match &desk.form {
        Some(form) => form.record.clone(),
        None => super::known::known(model, dimension, desk.list.highlighted()?)?,
    };
    let name = record.value(dimension.spec(), "name").to_owned();
    Some((record.id?, record.uuid, name))
}

/// Opens the history of the row in front.
pub(super) fn open_history(model: &mut Model, dimension: Dimension) -> Effects {
    let Some((_, row, name)) = row_in_front(model, dimension) else {
        model.mention("it is not saved yet: it has no history");
        return Effects::none();
    };
    let request = model.request();
    let desk = HistoryDesk {
        name,
        read: Read::Asked(request),
        at: 0,
    };
    model.desks.of_mut(dimension).aside = Some(Aside::History(desk));
    Effect::ReadHistory {
        request,
        dimension,
        row,
    }
    .into()
}

/// The store gave a history, or did not.
pub(in crate::app) fn history_read(
    model: &mut Model,
    dimension: Dimension,
    request: RequestId,
    answer: Result<History, String>,
) {
    if let Some(Aside::History(desk)) = &mut model.desks.of_mut(dimension).aside
        && desk.read == Read::Asked(request)
    {
        desk.read = answer.map_or_else(Read::Away, Read::Here);
    }
}

/// A key for a history.
pub(super) fn history_update(model: &mut Model, dimension: Dimension, command: Command) {
    let Some(Aside::History(desk)) = &mut model.desks.of_mut(dimension).aside else {
        return;
    };
    let lines = match &desk.read {
        Read::Here(history) => history.lines.len(),
        Read::Asked(_) | Read::Away(_) => 0,
    };
    if let Some(at) = moved(desk.at, lines, command) {
        desk.at = at;
    } else if command == Command::Back {
        close(model, dimension);
    }
}

/// Back to the list or the form.
pub(super) fn close(model: &mut Model, dimension: Dimension) {
    model.desks.of_mut(dimension).aside = None;
    refresh(model);
}
