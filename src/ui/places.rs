//! Where a click means something: noted by whatever draws there, so that a click always means what is seen, and does
//! what a key does.
use std::cell::{Cell, RefCell};

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Look, cells};
use crate::app::command::Command;
use crate::app::{Layer, Message};
use crate::keymap::{Key, Keymap};

/// What a click means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// It presses this key.
    Press(Key),
    /// The highlight comes here by so many rows up (negative) or down; where it is here, the row is taken, if it can be.
    Row {
        /// How far the row is from the highlight.
        steps: isize,
        /// What a click on the highlighted row does.
        here: Option<Command>,
    },
    /// Nothing, but the wheel moves up and down.
    Scroll,
    /// Nothing: it lies over what can be clicked.
    Cover,
}

/// What can be clicked somewhere, as it was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    area: Rect,
    target: Target,
    /// What can be read there: another row in the same place is another place.
    text: String,
}

/// The places of one picture. A later one lies over an earlier one.
#[derive(Debug, Default)]
pub struct Places {
    all: RefCell<Vec<Place>>,
    outdated: Cell<bool>,
}

impl Places {
    /// Begins another picture.
    pub(super) fn clear(&self) {
        self.all.borrow_mut().clear();
        self.outdated.set(false);
    }

    /// Something happened since the picture was drawn.
    pub fn outdate(&self) {
        self.outdated.set(true);
    }

    /// Whether something happened since the picture was drawn.
    pub fn are_outdated(&self) -> bool {
        self.outdated.get()
    }

    /// Something that can be clicked was drawn there.
    pub(super) fn add(&self, area: Rect, target: Target) {
        if !area.is_empty() {
            let text = String::new();
            self.all.borrow_mut().push(Place { area, target, text });
        }
    }

    /// A row of a list was drawn there. Down from no highlight leads to the first row.
    pub(super) fn add_row(&self, area: Rect, position: usize, highlighted: Option<usize>, here: Option<Command>) {
        let from = highlighted.map_or(-1, usize::cast_signed);
        let steps = position.cast_signed() - from;
        self.add(area, Target::Row { steps, here });
    }

    /// The picture is whole.
    pub(super) fn read(&self, buffer: &Buffer) {
        for place in &mut *self.all.borrow_mut() {
            if matches!(place.target, Target::Press(_) | Target::Row { .. }) {
                let seen = place.area.intersection(buffer.area).positions();
                place.text = seen.map(|at| buffer[at].symbol()).collect();
            }
        }
    }

    /// What a click in this column and row is on.
    pub fn clicked(&self, at: (u16, u16)) -> Option<Place> {
        self.find(at, |target| target != Target::Scroll)
    }

    /// What the wheel turns there.
    pub fn turned(&self, at: (u16, u16)) -> Option<Place> {
        self.find(at, |target| matches!(target, Target::Scroll | Target::Cover))
    }

    fn find(&self, (x, y): (u16, u16), wanted: impl Fn(Target) -> bool) -> Option<Place> {
        let places = self.all.borrow();
        let here = places
            .iter()
            .rev()
            .filter(|place| place.area.contains(Position { x, y }));
        here.into_iter().find(|place| wanted(place.target)).cloned()
    }
}

impl Place {
    /// What a click on it means, in the layer in front.
    pub fn click(&self, layer: Layer, keymap: &Keymap) -> Vec<Message> {
        match self.target {
            Target::Press(key) => keymap.read(layer, key).into_iter().collect(),
            Target::Row { steps: 0, here } => here.map(Message::Asked).into_iter().collect(),
            Target::Row { steps, .. } => {
                let step = if steps < 0 { Command::Up } else { Command::Down };
                vec![Message::Asked(step); steps.unsigned_abs()]
            }
            Target::Scroll | Target::Cover => Vec::new(),
        }
    }

    /// What a notch of the wheel on it means.
    pub fn turn(&self, down: bool) -> Vec<Message> {
        let step = if down { Command::Down } else { Command::Up };
        vec![Message::Asked(step); usize::from(self.target == Target::Scroll)]
    }
}

/// A line of pieces, some of which can be clicked.
pub struct Pieces {
    spans: Vec<Span<'static>>,
    targets: Vec<Option<Target>>,
}

impl Pieces {
    /// A line that begins so.
    pub fn new(begins: &'static str) -> Self {
        Self {
            spans: vec![Span::raw(begins)],
            targets: vec![None],
        }
    }

    /// Goes on with a piece.
    pub fn push(&mut self, text: impl Into<String>, style: Style, target: Option<Target>) {
        self.spans.push(Span::styled(text.into(), style));
        self.targets.push(target);
    }

    /// Goes on with all of another one.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.spans.extend(other.spans);
        self.targets.extend(other.targets);
        self
    }

    /// How many cells it has.
    pub fn wide(&self) -> u16 {
        let wide: usize = self.spans.iter().map(|span| cells::width(&span.content)).sum();
        u16::try_from(wide).unwrap_or(u16::MAX)
    }

    /// Draws it, and notes where it can be clicked.
    pub fn render(self, frame: &mut Frame<'_>, area: Rect, look: Look<'_>) {
        let mut x = area.x;
        for (span, target) in self.spans.iter().zip(self.targets) {
            let wide = u16::try_from(cells::width(&span.content)).unwrap_or(u16::MAX);
            if let Some(target) = target {
                let piece = Rect { x, width: wide, ..area };
                look.places.add(piece.intersection(area), target);
            }
            x = x.saturating_add(wide);
        }
        frame.render_widget(Line::from(self.spans), area);
    }
}
