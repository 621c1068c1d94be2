//! Questions: yes with one key, and no harm done by any other.
use jiff::{SignedDuration, Timestamp};

use super::command::Command;
use super::effect::{Effect, Effects};
use super::model::{Model, Over};
use super::sale;

/// A key read sooner after the question came up was meant for what lay there before.
const TOO_SOON: SignedDuration = SignedDuration::from_millis(250);

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Whether to close the till.
    Quit,
    /// Whether to let the basket go.
    CancelBasket,
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
        About::LargeTender { .. } => return sale::payment::enter_surely(model),
        About::ShortStock { .. } => return sale::answer::hold(model),
    }
    Effects::none()
}
