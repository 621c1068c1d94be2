//! Keys for the list of a dimension.
use super::form::Form;
use super::list::PAGE;
use super::{aside, goods, opening, prescriber, refresh};
use crate::app::command::{Command, Edit};
use crate::app::effect::Effects;
use crate::app::message::Moment;
use crate::app::model::{Model, Screen};
use crate::domain::dimension::Dimension;

const PAGE_STEP: isize = PAGE.cast_signed();

/// Other words: the first row that has them is highlighted.
pub(super) fn refilter(model: &mut Model) {
    refresh(model);
    if let Screen::Dimension(dimension) = model.screen {
        model.desks.of_mut(dimension).list.to_first();
    }
}

/// A key for the list.
pub(super) fn update(model: &mut Model, dimension: Dimension, command: Command, moment: Moment) -> Effects {
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
        Command::Accept | Command::Confirm => return opening::open(model, dimension, false, moment),
        Command::Retire => return opening::open(model, dimension, true, moment),
        Command::Goods if dimension == Dimension::Drug => return goods::open(model),
        Command::RowHistory => return aside::open_history(model, dimension),
        _ => {}
    }
    Effects::none()
}
