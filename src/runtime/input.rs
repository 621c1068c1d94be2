//! From the terminal's events to keys, text and scans.
//!
//! A scanner types. What it typed is known by its prefix where one is configured; else by its shape, its speed and the
//! key that ends it (COUNTER 2.2). Until that key comes nobody knows, and no key may wait for it: characters are told at
//! once, and a scan takes back what was shown of it ([`Message::RunBegan`]). Only what cannot be taken back waits, for as
//! long as a scanner takes for a key: a character that is a command, and a code that came in one read.
//!
//! * [`stroke`]: what the terminal reports, as what it is for a scanner. [`run`]: characters that may be a scan.
mod run;
mod stroke;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::Event;
use tokio::time::Instant;

use self::run::Run;
pub use self::stroke::name_of;
use self::stroke::{Stroke, key_of, strokes};
use crate::app::{Layer, Message, Model};
use crate::domain::scan::SHORTEST;
use crate::keymap::{Key, KeyCode, Keymap};

/// A scanner needs no longer for a key.
pub const KEY: Duration = Duration::from_millis(35);
/// An Enter so soon after another is the same press, bouncing.
const ENTER_BOUNCE: Duration = Duration::from_millis(80);
/// An equal scan that begins so soon after the end of another is the same label, read twice.
const SCAN_BOUNCE: Duration = Duration::from_millis(150);

/// The clock's grain, as far as it matters here.
const JUST_IN_TIME: Duration = Duration::from_millis(1);

/// What a scanner is set up to send around a code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scanner {
    /// Before it: what begins with this is a scan, whatever its shape. Empty: nothing.
    pub prefix: String,
    /// Behind it.
    pub suffix: Suffix,
}

/// The key by which a scanner ends a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Suffix {
    /// Any of those below.
    #[default]
    Any,
    /// Enter: CR, or CR and LF.
    Enter,
    /// LF alone.
    LineFeed,
    /// Tab.
    Tab,
    /// None: the code ends when no key follows.
    Nothing,
}

impl Suffix {
    /// Whether `key` is it.
    fn is(self, key: Key) -> bool {
        let ends = |suffix: Self| matches!(self, Self::Any) || self == suffix;
        match key.code {
            KeyCode::Enter => ends(Self::Enter),
            KeyCode::Tab => ends(Self::Tab),
            _ => key == LINE_FEED && ends(Self::LineFeed),
        }
    }
}

/// How LF reads in raw mode.
const LINE_FEED: Key = Key::ctrl('j');

/// What was read as a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Its text, without prefix and suffix.
    pub text: String,
    /// Whether its prefix or its speed says so. If not, it came in one read, and may have been typed by somebody who was
    /// faster than the line: it is a scan if it is known ([`Model::takes_for_scan`]).
    pub is_sure: bool,
    /// Whether it is the scan before, read twice.
    pub repeated: bool,
    /// How long a key took, at most; none where no two were read apart.
    pub slowest: Option<Duration>,
    /// The key that ended it.
    pub suffix: Option<Key>,
    run: Run,
}

/// What came from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// What follows is told as keys, and may turn out to be a scan.
    RunBegan,
    /// Text that came at once.
    Text(String),
    /// A scan.
    Scan(Box<Scanned>),
    /// The mouse was clicked, in this column and row.
    Clicked(u16, u16),
    /// Its wheel was turned, there, by a notch.
    Turned {
        /// Column and row.
        at: (u16, u16),
        /// Whether down.
        down: bool,
    },
    /// The terminal has another size.
    Resized,
}

/// When events were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// When; where they waited for the till, when it last looked and found none.
    pub at: Instant,
    /// Whether the till waited for them, so that `at` is when they came.
    pub is_timed: bool,
}

/// A stroke, and when it came.
#[derive(Debug, Clone)]
struct Arrived {
    stroke: Stroke,
    at: Instant,
    /// Whether it is known when it came: not, where others came with it.
    is_timed: bool,
    /// Whether it is of a code that came in one read.
    at_once: bool,
}

/// Tells scans from typing. Holds no clock: every time is given.
#[derive(Debug, Default)]
pub struct Reader {
    scanner: Scanner,
    /// What was not looked at yet.
    strokes: VecDeque<Arrived>,
    /// What was decided and not told yet.
    told: VecDeque<Input>,
    run: Run,
    /// Keys that were pressed amid a scan: they come after it.
    amid: Vec<Key>,
    /// When Enter came last, if nothing came after it.
    entered: Option<Instant>,
    /// The last scan, and when it ended.
    last: Option<(String, Instant)>,
}

impl Reader {
    /// A reader for scanners that are set up so.
    pub fn new(scanner: Scanner) -> Self {
        Self {
            scanner,
            ..Self::default()
        }
    }

    /// These events came in one read.
    pub fn arrived(&mut self, events: impl IntoIterator<Item = Event>, read: Read) {
        let strokes = strokes(events, &self.scanner.prefix);
        let mut at_once = vec![false; strokes.len()];
        let mut first = 0;
        while first < strokes.len() {
            let text: String = strokes[first..].iter().map_while(Stroke::character).collect();
            let length = text.chars().count();
            if let Some(code) = run::code_in(&text) {
                at_once[first + code..first + length].fill(true);
            }
            first += length.max(1);
        }
        let arrived = strokes.into_iter().zip(at_once).enumerate();
        self.strokes.extend(arrived.map(|(place, (stroke, at_once))| Arrived {
            stroke,
            at: read.at,
            is_timed: read.is_timed && place == 0,
            at_once,
        }));
    }

    /// When it is to be told that no key came, if that matters.
    pub fn due(&self) -> Option<Instant> {
        let ends_by_itself = self.scanner.suffix == Suffix::Nothing && self.run.is_code();
        let waits = self.run.waits() || ends_by_itself || !self.amid.is_empty();
        // A key that comes just in time is in time.
        self.run
            .ended()
            .filter(|_| waits)
            .map(|ended| ended + KEY + JUST_IN_TIME)
    }

    /// No key came until now.
    pub fn lapsed(&mut self, now: Instant) {
        if self.due().is_some_and(|due| now >= due) {
            self.end_run();
        }
    }

    /// What came next, where the model is now; none until something comes.
    pub fn next_input(&mut self, keymap: &Keymap, model: &Model) -> Option<Input> {
        self.next(|key| acts(keymap, model, key))
    }

    /// What it means where the model is now. A scan that is none after all is told again, as it came.
    pub fn meaning(&mut self, input: Input, keymap: &Keymap, model: &Model) -> Option<Message> {
        match input {
            Input::Key(key) => keymap.read(model.layer(), key),
            Input::RunBegan => Some(Message::RunBegan),
            Input::Text(text) => Some(Message::Pasted(text)),
            Input::Scan(scan) if scan.is_sure || model.takes_for_scan(&scan.text) => {
                self.took(&scan);
                Some(Message::Scanned {
                    text: scan.text,
                    was_shown: scan.run.was_told(),
                    repeated: scan.repeated,
                })
            }
            Input::Scan(scan) => {
                self.give_back(&scan);
                None
            }
            Input::Clicked(..) | Input::Turned { .. } | Input::Resized => None,
        }
    }

    /// What came next. `acts`: whether a character does more where the screen is now than stand in a line of text.
    pub fn next(&mut self, acts: impl Fn(Key) -> bool) -> Option<Input> {
        loop {
            if let Some(input) = self.told.pop_front() {
                return Some(input);
            }
            let arrived = self.strokes.pop_front()?;
            self.take(arrived, &acts);
        }
    }

    fn take(&mut self, arrived: Arrived, acts: &impl Fn(Key) -> bool) {
        let Arrived { at, is_timed, .. } = arrived;
        if self.run.is_apart(at) {
            return self.end_run_before(arrived);
        }
        match arrived.stroke {
            Stroke::Char(c) if self.run.breaks_at(c, &self.scanner.prefix) => {
                if is_timed && self.run.is_fast() {
                    return self.amid.push(key_of(c));
                }
                self.end_run_before(arrived);
            }
            Stroke::Char(c) => self.character(c, &arrived, acts),
            Stroke::Separator(_) if self.run.is_empty() => {}
            Stroke::Separator(c) => self.run.push(c, at, is_timed, arrived.at_once),
            Stroke::Key(key) if matches!(key.code, KeyCode::Enter | KeyCode::Tab) || key == LINE_FEED => {
                self.suffix(key, &arrived);
            }
            Stroke::Key(key) if is_timed && self.run.is_fast() => self.amid.push(key),
            Stroke::Key(key) => {
                self.end_run();
                self.entered = None;
                self.told.push_back(Input::Key(key));
            }
            Stroke::Pasted(text) => {
                self.end_run();
                self.entered = None;
                self.told.push_back(Input::Text(text));
            }
            Stroke::Pointed(input) => {
                self.end_run();
                self.entered = None;
                self.told.push_back(input);
            }
            Stroke::Resized => self.told.push_back(Input::Resized),
        }
    }

    /// A character: into the run, told at once unless it has to wait.
    fn character(&mut self, c: char, arrived: &Arrived, acts: &impl Fn(Key) -> bool) {
        self.entered = None;
        let prefix = &self.scanner.prefix;
        if self.run.is_empty() && !run::may_begin(c, prefix) {
            return self.told.push_back(Input::Key(key_of(c)));
        }
        let waits = arrived.at_once || self.run.waits();
        self.run.push(c, arrived.at, arrived.is_timed, arrived.at_once);
        let waits = waits || self.run.is_prefixed(prefix) || acts(key_of(c));
        if waits && !self.run.is_held_down() {
            return;
        }
        let told = waiting(&self.run);
        if self.run.tell() {
            self.told.push_back(Input::RunBegan);
        }
        self.told.extend(told);
    }

    /// A key that may end a scan.
    fn suffix(&mut self, key: Key, arrived: &Arrived) {
        let at = arrived.at;
        let is_prefixed = self.run.text_after(&self.scanner.prefix).is_some();
        if (is_prefixed || self.run.is_code()) && self.scanner.suffix.is(key) {
            self.run.reached(at, arrived.is_timed);
            self.entered = (key.code == KeyCode::Enter).then_some(at);
            return self.scan(Some(key));
        }
        self.end_run();
        if key == LINE_FEED {
            // Behind a CR, or by itself: it runs nothing.
            return;
        }
        let is_enter = key.code == KeyCode::Enter;
        let bounces = self
            .entered
            .is_some_and(|entered| at.duration_since(entered) < ENTER_BOUNCE);
        self.entered = is_enter.then_some(at);
        if !(is_enter && bounces) {
            self.told.push_back(Input::Key(key));
        }
    }

    /// The run is a scan.
    fn scan(&mut self, suffix: Option<Key>) {
        let run = std::mem::take(&mut self.run);
        let prefixed = run.text_after(&self.scanner.prefix);
        let text = prefixed.unwrap_or(run.text()).to_owned();
        let repeated = match (&self.last, run.began()) {
            (Some((last, ended)), Some(began)) => *last == text && began.duration_since(*ended) < SCAN_BOUNCE,
            _ => false,
        };
        self.told.push_back(Input::Scan(Box::new(Scanned {
            is_sure: prefixed.is_some() || run.is_timed(),
            slowest: run.slowest(),
            text,
            repeated,
            suffix,
            run,
        })));
        self.tell_amid();
    }

    /// It was a scan.
    pub(super) fn took(&mut self, scan: &Scanned) {
        self.last = scan.run.ended().map(|ended| (scan.text.clone(), ended));
    }

    /// It was none: what it was made of is told as it came.
    fn give_back(&mut self, scan: &Scanned) {
        let mut told = waiting(&scan.run);
        told.extend(scan.suffix.filter(|key| *key != LINE_FEED).map(Input::Key));
        for input in told.into_iter().rev() {
            self.told.push_front(input);
        }
    }

    /// Ends the run before what arrived, which is looked at again once all of it was told.
    fn end_run_before(&mut self, arrived: Arrived) {
        self.end_run();
        self.strokes.push_front(arrived);
    }

    fn end_run(&mut self) {
        if self.scanner.suffix == Suffix::Nothing && self.run.is_code() {
            return self.scan(None);
        }
        let run = std::mem::take(&mut self.run);
        self.told.extend(waiting(&run));
        self.tell_amid();
    }

    fn tell_amid(&mut self) {
        self.told.extend(self.amid.drain(..).map(Input::Key));
    }
}

/// What of a run was not told yet: text, if it came at once and looks like a code; else keys.
fn waiting(run: &Run) -> Vec<Input> {
    let (text, at_once) = run.waiting();
    let text: String = text.chars().filter(|c| !run::is_separator(*c)).collect();
    if at_once && text.chars().count() >= SHORTEST {
        return vec![Input::Text(text)];
    }
    text.chars().map(|c| Input::Key(key_of(c))).collect()
}

/// Whether a key does more than stand in a line of text, so that it cannot be taken back.
fn acts(keymap: &Keymap, model: &Model, key: Key) -> bool {
    let layer = model.layer();
    // Help goes with any character.
    layer == Layer::Help || !matches!(keymap.read(layer, key), Some(Message::Typed(_)) | None)
}
