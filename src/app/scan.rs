//! A scan goes where scans go from what is in front: into the basket, into a field that holds a code, or nowhere. It is
//! never text, money or an answer (COUNTER 2.3).
use super::dimension;
use super::drawer::Drawer;
use super::effect::{Effect, Effects};
use super::live::{self, Noting};
use super::message::Moment;
use super::model::{Model, Over, Screen};
use super::palette::Palette;
use super::picker::{Choice, Picker};
use super::queue::Striking;
use super::sale::{self, Before};
use super::text::Line;
use super::{past, question};
use crate::domain::dimension::Dimension;
use crate::domain::scan::Label;

/// What was typed, and what it had found, before keys that may be a scan: the scan takes them back.
#[derive(Debug, Clone)]
pub(super) enum Typing {
    /// Nothing takes text.
    Nowhere,
    /// On the sale screen.
    Sale(Box<Before>),
    /// On the screen of a dimension.
    Desk(Dimension, dimension::Before),
    /// Words or a day for the list of receipts.
    Past(Option<Line>),
    /// Words for the events of the live screen.
    Live(Option<Line>),
    /// A note on an alert.
    Note(Noting),
    /// In the list of commands.
    Palette(Palette),
    /// In a list to choose from.
    Picker(Picker),
    /// What the drawer is opened for.
    Drawer(Drawer),
    /// Why a parked sale is struck.
    Strike(Striking),
}

impl Typing {
    /// What is typed now.
    pub fn of(model: &Model) -> Self {
        match (&model.over, model.screen) {
            (Some(Over::Palette(palette)), _) => Self::Palette(palette.clone()),
            (Some(Over::Picker(picker)), _) => Self::Picker(picker.clone()),
            (Some(Over::Drawer(drawer)), _) => Self::Drawer(drawer.clone()),
            (Some(Over::Note(noting)), _) => Self::Note(noting.clone()),
            (Some(Over::Strike(striking)), _) => Self::Strike(striking.clone()),
            (Some(Over::Help(_) | Over::Question(_)), _) | (_, Screen::Queue) => Self::Nowhere,
            (_, Screen::Live) => Self::Live(model.live.typing.clone()),
            // Who types over a card goes on in the entry line.
            (Some(Over::Card(_)) | None, Screen::Sale) => Self::Sale(Box::new(Before::of(&model.sale))),
            (_, Screen::Past) => Self::Past(model.past.typing.as_ref().map(|(_, line)| line.clone())),
            (_, Screen::Dimension(dimension)) => {
                Self::Desk(dimension, dimension::Before::of(model.desks.of(dimension)))
            }
        }
    }

    /// Puts it back, if the same still takes text.
    fn restore(self, model: &mut Model) {
        match (self, &mut model.over) {
            (Self::Sale(before), _) => before.restore(model),
            (Self::Desk(dimension, before), _) => dimension::restore(model, dimension, before),
            (Self::Past(before), _) => past::restore(model, before),
            (Self::Live(before), _) => live::restore(model, before),
            (Self::Note(before), Some(Over::Note(noting))) if noting.alert.id == before.alert.id => *noting = before,
            (Self::Palette(before), Some(Over::Palette(palette))) => *palette = before,
            (Self::Picker(before), Some(Over::Picker(picker))) if picker.choice == before.choice => *picker = before,
            (Self::Drawer(before), Some(Over::Drawer(drawer))) => *drawer = before,
            (Self::Strike(before), Some(Over::Strike(striking))) => *striking = before,
            (
                Self::Nowhere | Self::Palette(_) | Self::Picker(_) | Self::Drawer(_) | Self::Note(_) | Self::Strike(_),
                _,
            ) => {}
        }
    }
}

impl Model {
    /// Whether a text that came in one read is a scan: its shape or the catalogue says so, or nothing else is that long
    /// where it came.
    pub fn takes_for_scan(&self, text: &str) -> bool {
        let label = Label::read(text, self.today());
        label.is_certain || self.shelf.bearer(&label.code).is_some() || self.is_too_long(text)
    }

    /// Whether a text with the length of a code is nothing that somebody types here: digits are no quantity and no
    /// command, and whatever is an amount is shorter.
    fn is_too_long(&self, text: &str) -> bool {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match (&self.over, self.screen) {
            // Rows are looked for by their phone numbers too.
            (Some(Over::Picker(picker)), _) => digits && picker.choice == Choice::Held,
            (None, Screen::Dimension(dimension)) => digits && dimension::is_figure_in_front(self, dimension),
            // Drugs are looked for by their codes too.
            (None, Screen::Past) => digits && self.past.typing.is_none(),
            // Amounts and receipts are looked for.
            (None, Screen::Live) => digits && self.live.typing.is_none(),
            (Some(_), _) | (None, Screen::Queue) => digits,
            (None, Screen::Sale) => match &self.sale.payment {
                Some(payment) => payment.amount.is_none() || (digits && !payment.may_end_reference(text)),
                None => digits && self.sale.adding.is_none(),
            },
        }
    }

    /// A scan came where none is taken.
    fn refuse_scan(&mut self, why: &str) -> Effects {
        self.refuse(format!("scan ignored: {why}"));
        Effect::Ring.into()
    }
}

/// What was typed since the run began was a scan's beginning.
pub(super) fn take_back(model: &mut Model) {
    if let Some(before) = model.before_run.take() {
        before.restore(model);
    }
}

/// A scan came.
pub(super) fn scanned(model: &mut Model, text: &str, repeated: bool, moment: Moment) -> Effects {
    if matches!(model.over, Some(Over::Card(_))) {
        // A card is to look at: what is scanned is sold.
        model.over = None;
    }
    match (&model.over, model.screen) {
        (Some(Over::Question(question)), Screen::Sale) if question.is_aside() => {
            let effects = sale::scan::scanned(model, text, repeated, moment);
            question::unseen(model);
            effects
        }
        (Some(Over::Question(_)), _) => model.refuse_scan("answer the question in front first, by a key"),
        (Some(_), _) => model.refuse_scan("close what is in front first"),
        (None, Screen::Sale) => {
            if let Some(why) = model.holder().map(super::role::Holder::why_not) {
                model.refuse_scan(&why)
            } else if model.is_first_start() {
                model.refuse_scan("nothing is set up yet")
            } else if model.sale.payment.is_some() {
                model.refuse_scan("it is no money; Esc goes back to the basket")
            } else if model.sale.adding.is_some() {
                model.refuse_scan("a prescriber is being added; Esc leaves that")
            } else {
                sale::scan::scanned(model, text, repeated, moment)
            }
        }
        (None, Screen::Live | Screen::Queue) if model.is_till() => model.refuse_scan("F2 sells goods"),
        (None, Screen::Live | Screen::Queue) => model.refuse_scan("nothing is sold here"),
        (None, Screen::Past) => {
            let label = Label::read(text, model.today());
            let found = past::scanned(model, &label);
            found.unwrap_or_else(|| model.refuse_scan("it is no receipt's number; F2 sells goods"))
        }
        (None, Screen::Dimension(dimension)) => {
            let label = Label::read(text, model.today());
            if dimension::fill_code(model, dimension, &label.code) {
                return Effects::none();
            }
            model.refuse_scan("no field for a code is in front; F2 sells goods")
        }
    }
}
