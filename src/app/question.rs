//! Questions: yes with one key, and no harm done by any other.
use jiff::{SignedDuration, Timestamp};

use super::command::Command;
use super::effect::{Effect, Effects};
use super::model::{Model, Over};
use super::{dimension, sale};
use crate::domain::dimension::Dimension;

/// A key read sooner after the question came up was meant for what lay there before.
const TOO_SOON: SignedDuration = SignedDuration::from_millis(250);

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Whether to close the till.
    Quit,
    /// Whether to let the basket go.
    CancelBasket,
    /// Whether to let go what was typed into a form.
    LoseChanges(Dimension),
    /// Whether to deactivate the row in a form, or to make it active again.
    Retire(Dimension),
    /// Whether so much was handed over.
    LargeTender {
        /// How much.
        tendered: String,
        /// What would be given out.
        change: String,
    },
    /// Whether the clerk holds what the book does not have.
    ShortStock {
        /// What the book says.
        why: String,
    },
}

/// A question in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub about: About,
    /// When it came up.
    pub asked_at: Timestamp,
}

/// Whether a key read now was meant for what lay there before something came up.
pub(super) fn too_soon(came_up: Timestamp, now: Timestamp) -> bool {
    now.duration_since(came_up) < TOO_SOON
}

/// A key for the question in front.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    let Some(Over::Question(question)) = model.over.clone() else {
        return Effects::none();
    };
    let too_soon = too_soon(question.asked_at, model.now);
    match command {
        Command::Yes if too_soon => Effects::none(),
        Command::Yes => {
            model.over = None;
            yes(model, &question.about)
        }
        Command::No | Command::Back => {
            model.over = None;
            if let About::ShortStock { why } = question.about {
                sale::answer::let_go(model, &why);
            }
            Effects::none()
        }
        _ => Effects::none(),
    }
}

fn yes(model: &mut Model, about: &About) -> Effects {
    match about {
        About::Quit => return Effect::Quit.into(),
        About::CancelBasket => sale::cancel(model),
        About::LoseChanges(dimension) => dimension::close(model, *dimension),
        About::Retire(dimension) => return dimension::retire(model, *dimension),
        About::LargeTender { .. } => return sale::payment::enter_surely(model),
        About::ShortStock { .. } => return sale::answer::hold(model),
    }
    Effects::none()
}
