//! Keys for the form of a row.
use super::form::FormState;
use super::saving::{ask_to_retire, save};
use super::{aside, close, goods, twin};
use crate::app::command::{Command, Edit};
use crate::app::effect::Effects;
use crate::app::model::Model;
use crate::app::question::{About, too_soon};
use crate::domain::dimension::Dimension;

/// A key for the form.
pub(super) fn update(model: &mut Model, dimension: Dimension, command: Command) -> Effects {
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

/// One step back, which asks before it loses work.
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
