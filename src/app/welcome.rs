//! The first start: nothing is set up, and nothing need be installed.
use super::command::Command;
use super::dimension;
use super::effect::{Effect, Effects};
use super::message::RequestId;
use super::model::{Model, Screen};
use crate::domain::dimension::Dimension;

/// A key for the welcome.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    match command {
        Command::Accept | Command::Confirm | Command::LoadSample => return load(model),
        Command::StartEmpty => {
            model.started_empty = true;
            model.screen = Screen::Dimension(Dimension::Outlet);
            dimension::refresh(model);
            model.mention("empty: add your outlet here, then Staff, then Drugs");
        }
        _ => {}
    }
    Effects::none()
}

/// Loads the sample pharmacy, where there is nothing yet.
pub(super) fn load(model: &mut Model) -> Effects {
    if model.loading_sample.is_some() {
        return Effects::none();
    }
    if model.settings.has_server || !model.shelf.catalogue().is_bare() {
        model.refuse("the sample pharmacy goes into an empty till only");
        return Effects::none();
    }
    let request = model.request();
    model.loading_sample = Some(request);
    Effect::LoadSample { request }.into()
}

/// The sample pharmacy is there, or why not.
pub(super) fn loaded(model: &mut Model, request: RequestId, fault: Option<String>) {
    if model.loading_sample.take_if(|loading| *loading == request).is_none() {
        return;
    }
    match fault {
        Some(fault) => model.refuse(format!("the sample pharmacy could not be loaded: {fault}")),
        None => model.say("the sample pharmacy is here: type a drug's name"),
    }
}
