//! A till without a terminal: keys in, effects and the whole screen out.
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rxtill::app::model::Recovering;
use rxtill::app::role::Holder;
use rxtill::app::settings::OversellRule;
use rxtill::app::{Effect, Message, Model, Moment, Settings, Shelf, update};
use rxtill::domain::catalogue::CatalogueChanges;
use rxtill::domain::sale::TillId;
use rxtill::keymap::{Key, Keymap};
use rxtill::ui::places::Places;
use rxtill::ui::{Look, Theme, view};
use uuid::Uuid;

use super::walls::Walls;

/// A till and what it wants done.
pub struct Till {
    pub model: Model,
    pub keymap: Keymap,
    /// What was wanted since the last look.
    pub effects: Vec<Effect>,
    /// How long passes from one message to the next.
    pub pause: SignedDuration,
    /// Whether the screen is drawn after each message, as it is while nothing else waits.
    pub drawing: bool,
    walls: Walls,
    ids: u128,
}

impl Till {
    /// A till of a chain that knows this catalogue.
    pub fn knowing(changes: CatalogueChanges) -> Self {
        Self::reopened(Recovering::default(), changes)
    }

    /// A till on its own files at its first start: there is nothing yet.
    pub fn first() -> Self {
        let mut new = Self::knowing(CatalogueChanges::default());
        let now = new.model.now;
        let settings = Settings {
            has_server: false,
            ..new.model.settings.clone()
        };
        new.model = Model::new(settings, now, Recovering::default());
        new.learn(CatalogueChanges::default());
        new
    }

    /// A viewer beside the open till, which knows this catalogue.
    pub fn beside(holder: Holder, changes: CatalogueChanges) -> Self {
        let mut viewer = Self::reopened(Recovering::default(), CatalogueChanges::default());
        let (settings, now) = (viewer.model.settings.clone(), viewer.model.now);
        viewer.model = Model::viewer(settings, holder, now, None);
        viewer.learn(changes);
        viewer
    }

    /// A supervisor's own screen, which knows this catalogue.
    pub fn watching(name: Option<&str>, changes: CatalogueChanges) -> Self {
        let mut watch = Self::reopened(Recovering::default(), CatalogueChanges::default());
        let (settings, now) = (watch.model.settings.clone(), watch.model.now);
        watch.model = Model::supervisor(settings, name.map(str::to_owned), now);
        watch.learn(changes);
        watch
    }

    /// The same, with what was left when it was closed.
    pub fn reopened(left: Recovering, changes: CatalogueChanges) -> Self {
        let settings = Settings {
            till: TillId::default(),
            outlet: None,
            oversell: OversellRule::Ask,
            bell: true,
            alert_sound: false,
            has_server: true,
            mouse: true,
            has_drawer: false,
        };
        let now: Timestamp = "2026-03-02T06:42:00Z".parse().unwrap();
        let mut new = Self {
            model: Model::new(settings, now, left),
            keymap: Keymap::default(),
            effects: Vec::new(),
            pause: SignedDuration::from_secs(1),
            drawing: true,
            walls: Walls::default(),
            ids: 0,
        };
        new.learn(changes);
        new
    }

    /// The catalogue changed.
    pub fn learn(&mut self, changes: CatalogueChanges) {
        let mut rows = Shelf::clone(&self.model.shelf);
        rows.apply(changes);
        self.tell(Message::CatalogueChanged(Arc::new(rows)));
    }

    /// Something happened, a while after what happened before; then the screen is drawn.
    pub fn tell(&mut self, message: Message) {
        let now = self.model.now + self.pause;
        self.tell_at(now, message);
        if self.drawing && self.model.awaits_sight() {
            self.tell_at(now, Message::Drawn);
        }
    }

    fn tell_at(&mut self, now: Timestamp, message: Message) {
        self.ids += 1;
        let fresh_id = Uuid::from_u128(self.ids);
        let moment = Moment { now, fresh_id };
        let before = self.walls.before(&self.model, &message);
        let told = message.clone();
        let wanted: Vec<_> = update(&mut self.model, message, moment).into_iter().collect();
        self.walls.check(&before, &told, &self.model, &wanted);
        self.effects.extend(wanted);
    }

    /// A scan.
    pub fn scan(&mut self, code: &str) {
        self.tell(Message::Scanned {
            text: code.into(),
            was_shown: false,
            repeated: false,
        });
    }

    /// Keys one after the other, by name: "F4 Down Enter".
    pub fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let key: Key = key.parse().unwrap();
            if let Some(message) = self.keymap.read(self.model.layer(), key) {
                self.tell(message);
            }
        }
    }

    /// Characters, each as a key of its own.
    pub fn write(&mut self, text: &str) {
        for c in text.chars() {
            let key = Key::plain(rxtill::keymap::KeyCode::Char(c));
            if let Some(message) = self.keymap.read(self.model.layer(), key) {
                self.tell(message);
            }
        }
    }

    /// A click on the first cell of these words, as they stand on a screen of 80x24.
    pub fn click(&mut self, words: &str) {
        let (at, places) = self.find(words);
        self.click_on(at, &places);
    }

    /// A click in this column and row of a screen of 80x24.
    pub fn click_at(&mut self, at: (u16, u16)) {
        let places = Places::default();
        self.drawn_with(&places, Theme::default(), 80, 24);
        self.click_on(at, &places);
    }

    fn click_on(&mut self, at: (u16, u16), places: &Places) {
        let place = places.clicked(at);
        for message in place.map_or_else(Vec::new, |place| place.click(self.model.layer(), &self.keymap)) {
            self.tell(message);
        }
    }

    /// A notch of the wheel over these words.
    pub fn turn(&mut self, words: &str, down: bool) {
        let (at, places) = self.find(words);
        for message in places.turned(at).map_or_else(Vec::new, |place| place.turn(down)) {
            self.tell(message);
        }
    }

    fn find(&self, words: &str) -> ((u16, u16), Places) {
        let places = Places::default();
        let buffer = self.drawn_with(&places, Theme::default(), 80, 24);
        let text = text_of(&buffer);
        let found = text.lines().enumerate().find_map(|(y, line)| {
            let before = &line[..line.find(words)?];
            Some((unicode_width::UnicodeWidthStr::width(before), y))
        });
        let (x, y) = found.unwrap_or_else(|| panic!("there is no “{words}”:\n{text}"));
        ((u16::try_from(x).unwrap(), u16::try_from(y).unwrap()), places)
    }

    /// What is wanted since the last look.
    pub fn wanted(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The whole screen.
    pub fn screen(&self, wide: u16, high: u16) -> String {
        self.screen_in(Theme::default(), wide, high)
    }

    /// The whole screen in another theme.
    pub fn screen_in(&self, theme: Theme, wide: u16, high: u16) -> String {
        text_of(&self.drawn_in(theme, wide, high))
    }

    /// The whole screen cell by cell.
    pub fn drawn_in(&self, theme: Theme, wide: u16, high: u16) -> Buffer {
        self.drawn_with(&Places::default(), theme, wide, high)
    }

    fn drawn_with(&self, places: &Places, theme: Theme, wide: u16, high: u16) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(wide, high)).unwrap();
        let look = Look {
            model: &self.model,
            keymap: &self.keymap,
            theme,
            places,
        };
        terminal.draw(|frame| view(frame, look)).unwrap();
        terminal.backend().buffer().clone()
    }
}

/// What a drawn screen reads.
pub fn text_of(buffer: &Buffer) -> String {
    let Rect { width, height, .. } = buffer.area;
    let mut text = String::new();
    for y in 0..height {
        let mut x = 0;
        let mut line = String::new();
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol).max(1)).unwrap();
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
