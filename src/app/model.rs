//! All that the screen shows. `update` changes it, `ui` reads it.
use jiff::Timestamp;

use super::layer::Layer;
use super::message::RequestId;
use super::palette::Palette;
use super::question::Question;
use super::sale::Sale;
use super::status::Status;
use crate::domain::dimension::Dimension;
use crate::domain::sale::TillId;

/// Which screen is in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Screen {
    /// F2.
    #[default]
    Sale,
    /// F3.
    Live,
    /// F4 to F7.
    Dimension(Dimension),
}

/// What lies over the screen and takes its keys.
#[derive(Debug, Clone)]
pub enum Over {
    /// Which keys do what here.
    Help(Layer),
    /// Every command.
    Palette(Palette),
    /// A question.
    Question(Question),
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// Something to know.
    Plain,
    /// It did not go, and why.
    Bad,
}

/// A line that says what just happened. It never takes the keyboard, and goes with the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The words.
    pub text: String,
}

/// All that the screen shows.
#[derive(Debug, Clone)]
pub struct Model {
    /// Which till this is.
    pub till: TillId,
    /// When the last message was read.
    pub now: Timestamp,
    /// The screen in front.
    pub screen: Screen,
    /// What lies over it.
    pub over: Option<Over>,
    /// What just happened.
    pub notice: Option<Notice>,
    /// Database, stream and queue.
    pub status: Status,
    /// The sale screen.
    pub sale: Sale,
    /// The number of the last request.
    requests: u64,
}

impl Model {
    /// A till that was just opened.
    pub fn new(till: TillId, now: Timestamp) -> Self {
        Self {
            till,
            now,
            screen: Screen::default(),
            over: None,
            notice: None,
            status: Status::default(),
            sale: Sale::default(),
            requests: 0,
        }
    }

    /// The layer of keys in front.
    pub fn layer(&self) -> Layer {
        match (&self.over, self.screen) {
            (Some(Over::Help(_)), _) => Layer::Always,
            (Some(Over::Palette(_)), _) => Layer::Palette,
            (Some(Over::Question(_)), _) => Layer::Question,
            (None, _) => self.screen_layer(),
        }
    }

    /// The layer of keys of the screen, whatever lies over it.
    pub fn screen_layer(&self) -> Layer {
        match self.screen {
            Screen::Sale => self.sale.layer(),
            Screen::Live => Layer::Live,
            Screen::Dimension(_) => Layer::Table,
        }
    }

    /// The number of a new request.
    pub fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }

    /// Says what went well.
    pub fn say(&mut self, text: impl Into<String>) {
        self.tell(Tone::Good, text);
    }

    /// Says something to know.
    pub fn mention(&mut self, text: impl Into<String>) {
        self.tell(Tone::Plain, text);
    }

    /// Says what did not go, and why.
    pub fn refuse(&mut self, text: impl Into<String>) {
        self.tell(Tone::Bad, text);
    }

    fn tell(&mut self, tone: Tone, text: impl Into<String>) {
        self.notice = Some(Notice {
            tone,
            text: text.into(),
        });
    }

    /// Puts a question in front.
    pub fn ask(&mut self, about: super::question::About) {
        self.over = Some(Over::Question(Question {
            about,
            asked_at: self.now,
        }));
    }
}
