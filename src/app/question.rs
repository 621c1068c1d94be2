//! Questions: yes with one key, and no harm done by any other.
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::command::Command;
use super::effect::{Effect, Effects};
use super::model::{Model, Over, Screen};
use super::queue::Mending;
use super::sale::Lesson;
use super::{dimension, looks, queue, sale};
use crate::domain::basket::Doubt;
use crate::domain::dimension::Dimension;
use crate::domain::money::Quantity;
use crate::domain::sale::SaleRecord;

/// A key read sooner after the question was seen was meant for what lay there before.
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
    /// Whether a prescriber is who they say.
    ConfirmDoctor(i64),
    /// Whether two prescribers are one.
    MergeDoctor {
        /// The row that leads to the other from then on.
        merged: i64,
        /// The other.
        survivor: i64,
    },
    /// Whether the new row is one that is there already, which is opened in its place.
    Twin {
        /// Of which dimension.
        dimension: Dimension,
        /// The row that is there.
        id: i64,
        /// What it is.
        words: String,
    },
    /// Whether so much was handed over.
    LargeTender {
        /// How much.
        tendered: String,
        /// What would be given out.
        change: String,
    },
    /// Whether a recalled basket takes the prices of now.
    NewPrices {
        /// What changed.
        what: String,
    },
    /// Whether a code that was scanned, and found by name, is that pack's from now on.
    Teach(Box<Lesson>),
    /// Whether a line is meant that holds far more than is usual.
    UnusualQuantity {
        /// What is doubted.
        doubt: Doubt,
        /// The usual, in base units.
        usual: Quantity,
        /// The drug.
        drug: String,
        /// How much of it is sold.
        sells: String,
        /// How much usually is.
        usually: String,
    },
    /// Whether the same is meant that was sold just now.
    SameBasket {
        /// What is doubted.
        doubt: Doubt,
        /// The receipt of that sale; none while it is on its way.
        receipt: Option<String>,
        /// How long ago.
        seconds: i64,
    },
    /// Whether a parked sale is recorded at the rows that were chosen.
    MapSale(Box<Mending>),
    /// Whether a parked sale is never recorded.
    StrikeSale {
        /// The sale.
        sale: Arc<SaleRecord>,
        /// Why.
        why: String,
    },
    /// Whether the clerk holds what the book does not have.
    ShortStock {
        /// What the book says.
        why: String,
    },
}

impl About {
    /// Whether it is about the basket in front.
    pub(super) fn is_of_basket(&self) -> bool {
        matches!(
            self,
            Self::CancelBasket
                | Self::LargeTender { .. }
                | Self::NewPrices { .. }
                | Self::UnusualQuantity { .. }
                | Self::SameBasket { .. }
        )
    }

    /// What of the basket is doubted.
    pub(super) fn doubt(&self) -> Option<&Doubt> {
        match self {
            Self::UnusualQuantity { doubt, .. } | Self::SameBasket { doubt, .. } => Some(doubt),
            _ => None,
        }
    }
}

/// A question in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub about: About,
    /// When it was first on the screen; none: nobody has seen it yet.
    pub seen_at: Option<Timestamp>,
}

impl Question {
    /// Whether it is beside the sale: the next item is scanned under it, and answers nothing.
    pub fn is_aside(&self) -> bool {
        matches!(self.about, About::Teach(_))
    }
}

/// Something else came on the screen with the question: a key read right after was meant for that.
pub(super) fn unseen(model: &mut Model) {
    if let Some(Over::Question(question)) = &mut model.over {
        question.seen_at = None;
    }
}

/// A character that answers nothing: a word is being typed by somebody who does not look, and the next character is of it.
pub(super) fn typed(model: &mut Model) {
    model.mention("the question in front comes first: yes or no");
    let now = model.now;
    if let Some(Over::Question(Question {
        seen_at: Some(seen_at), ..
    })) = &mut model.over
    {
        *seen_at = now;
    }
}

/// Whether a key read now was meant for what lay there before something was seen. What was seen by a clock that has been set
/// back since then was seen.
pub(super) fn too_soon(seen_at: Option<Timestamp>, now: Timestamp) -> bool {
    seen_at.is_none_or(|seen_at| now.duration_since(seen_at).abs() < TOO_SOON)
}

impl Model {
    /// Whether something is in front that a key must not answer before it was seen, and that was not drawn yet.
    pub fn awaits_sight(&self) -> bool {
        match &self.over {
            Some(Over::Question(question)) => question.seen_at.is_none(),
            Some(_) => false,
            None if self.screen == Screen::Sale => sale::beforehand::awaits_sight(self),
            None => dimension::clash_in_front(self).is_some_and(|clash| clash.seen_at.is_none()),
        }
    }

    /// A key came too soon to be an answer. It is said, so that nobody waits for what it did not do.
    pub(super) fn too_soon(&mut self) {
        self.mention("that key came before this could be read: answer again");
    }
}

/// The screen was drawn as it stands.
pub(super) fn drawn(model: &mut Model) {
    if !model.awaits_sight() {
        return;
    }
    let now = model.now;
    match &mut model.over {
        Some(Over::Question(question)) => question.seen_at = Some(now),
        _ if model.screen == Screen::Sale => sale::beforehand::seen(model),
        _ => dimension::clash_seen(model),
    }
}

/// A key for the question in front.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    let Some(Over::Question(question)) = model.over.clone() else {
        return Effects::none();
    };
    match command {
        Command::Yes | Command::No | Command::Back if too_soon(question.seen_at, model.now) => {
            model.too_soon();
            Effects::none()
        }
        Command::Yes => {
            model.over = None;
            yes(model, &question.about)
        }
        Command::No | Command::Back => {
            model.over = None;
            match question.about {
                About::ShortStock { why } => sale::answer::let_go(model, &why),
                About::NewPrices { .. } => return sale::hold::settle_prices(model, false),
                About::UnusualQuantity { .. } | About::SameBasket { .. } => sale::doubt::unsure(model, &question.about),
                _ => {}
            }
            Effects::none()
        }
        _ => {
            model.mention("the question in front comes first: yes or no");
            Effects::none()
        }
    }
}

fn yes(model: &mut Model, about: &About) -> Effects {
    match about {
        About::Quit => {
            looks::tell(model);
            return Effect::Quit.into();
        }
        About::CancelBasket => sale::cancel(model),
        About::LoseChanges(dimension) => dimension::close(model, *dimension),
        About::ConfirmDoctor(id) => return dimension::prescriber::settle(model, *id, None),
        About::MergeDoctor { merged, survivor } => {
            return dimension::prescriber::settle(model, *merged, Some(*survivor));
        }
        About::Retire(dimension) => return dimension::retire(model, *dimension),
        About::Twin { dimension, id, .. } => return dimension::open_twin(model, *dimension, *id),
        About::Teach(lesson) => return sale::teach::teach(model, lesson),
        About::LargeTender { .. } => return sale::payment::enter_surely(model),
        About::NewPrices { .. } => return sale::hold::settle_prices(model, true),
        About::UnusualQuantity { .. } | About::SameBasket { .. } => return sale::doubt::sure(model, about),
        About::MapSale(mending) => return queue::map_it(model, mending),
        About::StrikeSale { sale, why } => return queue::strike_it(model, sale, why),
        About::ShortStock { .. } => return sale::answer::hold(model),
    }
    Effects::none()
}
