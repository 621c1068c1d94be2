//! Questions: yes with one key, and no harm done by any other.
use jiff::{SignedDuration, Timestamp};

use super::command::Command;
use super::effect::{Effect, Effects};
use super::model::{Model, Over};

/// A key read sooner after the question came up was meant for what lay there before.
const TOO_SOON: SignedDuration = SignedDuration::from_millis(250);

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Whether to close the till.
    Quit,
}

/// A question in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub about: About,
    /// When it came up.
    pub asked_at: Timestamp,
}

/// A key for the question in front.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    let Some(Over::Question(question)) = model.over.clone() else {
        return Effects::none();
    };
    let too_soon = model.now.duration_since(question.asked_at) < TOO_SOON;
    match command {
        Command::Yes if too_soon => Effects::none(),
        Command::Yes => {
            model.over = None;
            yes(model, &question.about)
        }
        Command::No | Command::Back => {
            model.over = None;
            Effects::none()
        }
        _ => Effects::none(),
    }
}

fn yes(_: &mut Model, about: &About) -> Effects {
    match about {
        About::Quit => Effect::Quit.into(),
    }
}
