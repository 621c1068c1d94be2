//! The drawer opened without a sale: asked what for, noted, and only then opened.
use super::command::Command;
use super::effect::{Effect, Effects};
use super::message::RequestId;
use super::model::{Model, Over};
use super::text::Line;
use crate::domain::audit::Happening;

/// What is asked before the drawer is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawer {
    /// What for, as it is typed.
    pub reason: Line,
}

/// Asks what for.
pub(super) fn open(model: &mut Model) {
    if model.outlet.is_none() {
        return model.refuse(model.no_outlet());
    }
    model.over = Some(Over::Drawer(Drawer::default()));
}

/// A key for the question.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    let Some(Over::Drawer(drawer)) = &mut model.over else {
        return Effects::none();
    };
    match command {
        Command::Edit(edit) => {
            drawer.reason.edit(edit);
        }
        Command::Accept | Command::Confirm => return opened(model),
        Command::Back => {
            model.over = None;
            model.mention("the drawer stays shut");
        }
        _ => {}
    }
    Effects::none()
}

/// Enter: with a reason it is opened, without one it is not.
fn opened(model: &mut Model) -> Effects {
    let Some(Over::Drawer(drawer)) = &model.over else {
        return Effects::none();
    };
    let happening = Happening::drawer_opened(drawer.reason.text());
    if matches!(&happening, Happening::DrawerOpened { reason } if reason.is_empty()) {
        model.refuse("what for? a word will do; Esc leaves it shut");
        return Effects::none();
    }
    model.over = None;
    let Some(noted) = model.noted_now(happening) else {
        model.refuse(model.no_outlet());
        return Effects::none();
    };
    let (request, noted) = (model.request(), Box::new(noted));
    Effect::OpenDrawer { request, noted }.into()
}

/// It was noted and opened, or why not. Every answer is told: each is of a key of its own.
pub(super) fn answered(model: &mut Model, _: RequestId, answer: Result<(), String>) {
    match answer {
        Ok(()) if model.settings.has_drawer => model.say("the drawer is open; it is noted"),
        Ok(()) => model.say("noted; open the drawer by its key"),
        Err(why) => model.refuse(why),
    }
}
