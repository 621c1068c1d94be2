//! Characters in a row that may be a scan: what they are, how fast they came, and what of them was shown.
use std::time::Duration;

use tokio::time::Instant;

use super::KEY;
use crate::domain::scan::{GROUP_SEPARATOR, SHORTEST};

/// More characters than any code has: a key that lies under a book.
const LONGEST: usize = 4096;
/// So many equal letters and nothing else are a key held down. Digits are not: codes begin with zeros.
const HELD_DOWN: usize = 3;
/// So many keys one on the other are a scanner's: fingers roll over two or three.
const NOBODY: usize = 4;
/// So many digits before `*` at most are a quantity.
const MOST_TIMES: usize = 5;

/// Whether it stands between the parts of a label and types nothing.
pub(super) fn is_separator(c: char) -> bool {
    c == GROUP_SEPARATOR
}

/// Whether a code can begin with it: no sign but `]`, as of a symbology, or `+`, as on the labels of medical devices.
pub(super) fn may_begin(c: char, prefix: &str) -> bool {
    c.is_alphanumeric() || matches!(c, ']' | '+') || prefix.starts_with(c)
}

/// Whether a text has the shape of a code: long enough, no space, and a beginning as of one.
fn is_code(text: &str) -> bool {
    let mut chars = text.chars();
    let begins = match (chars.next(), chars.next()) {
        (Some('+'), Some(next)) => next.is_ascii_alphabetic(),
        (Some(first), _) => first == ']' || first.is_alphanumeric(),
        (None, _) => false,
    };
    begins && text.chars().count() >= SHORTEST && !text.contains(' ')
}

/// Where in a text that came at once a code begins that goes to its end: behind `3*`, else at the start.
pub(super) fn code_in(text: &str) -> Option<usize> {
    let first = match text.split_once('*') {
        Some((times, _)) if is_times(times) => times.len() + 1,
        _ => 0,
    };
    is_code(text.get(first..)?).then_some(first)
}

fn is_times(text: &str) -> bool {
    (1..=MOST_TIMES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Characters in a row, none of them slower than a scanner's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Run {
    text: String,
    /// When its first and its last key came.
    times: Option<(Instant, Instant)>,
    /// So many bytes of it were told.
    told: usize,
    /// Of how many characters it is known when they came.
    timed: usize,
    /// How long a key took at most, where two were read apart.
    slowest: Option<Duration>,
    /// Whether a part of what waits came a key at a time.
    apart: bool,
}

impl Run {
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// What follows a prefix, if it begins with one and goes on.
    pub fn text_after(&self, prefix: &str) -> Option<&str> {
        let rest = self.text.strip_prefix(prefix).filter(|_| !prefix.is_empty())?;
        (!rest.is_empty()).then_some(rest)
    }

    /// Whether it begins with a prefix, or is the beginning of one.
    pub fn is_prefixed(&self, prefix: &str) -> bool {
        !prefix.is_empty() && (self.text.starts_with(prefix) || prefix.starts_with(&self.text))
    }

    /// Whether it may be a scan: the shape of a code, with a digit in it. Words without one are typed, however fast.
    pub fn is_code(&self) -> bool {
        is_code(&self.text) && self.text.contains(|c: char| c.is_ascii_digit())
    }

    /// Whether most of it was read a key at a time: no person types so fast.
    pub fn is_timed(&self) -> bool {
        self.timed * 2 > self.text.chars().count()
    }

    /// Whether no person types what is there of it: a key that comes now was not meant for the middle of it. Words have no
    /// digit and are typed, however fast: their spaces stay where they are.
    pub fn is_fast(&self) -> bool {
        let has_digit = self.text.contains(|c: char| c.is_ascii_digit());
        has_digit && self.is_timed() && self.text.chars().count() >= NOBODY
    }

    pub fn slowest(&self) -> Option<Duration> {
        self.slowest
    }

    pub fn began(&self) -> Option<Instant> {
        self.times.map(|(first, _)| first)
    }

    pub fn ended(&self) -> Option<Instant> {
        self.times.map(|(_, last)| last)
    }

    /// Whether what comes at `at` is too late to be of it.
    pub fn is_apart(&self, at: Instant) -> bool {
        self.ended().is_some_and(|last| at.duration_since(last) > KEY)
    }

    /// Whether it ends before `c`, by its shape.
    pub fn breaks_at(&self, c: char, prefix: &str) -> bool {
        let by_shape = c == ' ' || (c == '*' && is_times(&self.text)) || (self.text == "+" && !c.is_ascii_alphabetic());
        !self.is_empty() && (self.text.len() >= LONGEST || (by_shape && !self.is_prefixed(prefix)))
    }

    /// Whether it is one key, held down.
    pub fn is_held_down(&self) -> bool {
        let mut chars = self.text.chars();
        let first = chars.next().filter(|first| first.is_alphabetic());
        first.is_some_and(|first| self.text.chars().count() >= HELD_DOWN && chars.all(|c| c == first))
    }

    /// Adds a character, which waits.
    pub fn push(&mut self, c: char, at: Instant, is_timed: bool, at_once: bool) {
        self.reached(at, is_timed);
        self.timed += usize::from(is_timed);
        self.apart |= !at_once && !is_separator(c);
        self.text.push(c);
    }

    /// Its last key came at `at`.
    pub fn reached(&mut self, at: Instant, is_timed: bool) {
        if let Some(last) = self.ended().filter(|_| is_timed) {
            let took = at.duration_since(last);
            self.slowest = Some(self.slowest.map_or(took, |slowest| slowest.max(took)));
        }
        self.times = Some((self.began().unwrap_or(at), at));
    }

    /// Whether a part of it was not told.
    pub fn waits(&self) -> bool {
        self.told < self.text.len()
    }

    /// Whether a part of it was told.
    pub fn was_told(&self) -> bool {
        self.told > 0
    }

    /// What was not told, and whether it came at once.
    pub fn waiting(&self) -> (&str, bool) {
        (self.text.get(self.told..).unwrap_or_default(), !self.apart)
    }

    /// All of it was told. Gives whether this is the first of it that was.
    pub fn tell(&mut self) -> bool {
        self.apart = false;
        std::mem::replace(&mut self.told, self.text.len()) == 0
    }
}
