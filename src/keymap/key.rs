//! Keys as people write them: `F10`, `Ctrl+S`, `+`, `Space`.
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What a key is, apart from Ctrl.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyCode {
    /// A character, as it arrives: with Shift applied.
    Char(char),
    /// F1 to F12.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Tab with Shift.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// A key, with or without Ctrl. Nothing is bound to Alt: Esc and a character read together look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What it is.
    pub code: KeyCode,
    /// Whether Ctrl was held.
    pub ctrl: bool,
}

/// Why a text is no key, or none that can be bound.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// Not a key's name.
    #[error("“{0}” is no key: write it as F10, Ctrl+S, +, Space or PageUp")]
    Unknown(String),
    /// With Alt.
    #[error("“{0}”: no key with Alt can be bound, as Esc and a scan right after it arrive as the same")]
    Alt(String),
    /// Ctrl with a letter that something between keyboard and till keeps for itself.
    #[error("“{0}” is never bound: {1}")]
    Kept(String, &'static str),
}

/// Names of keys that are no single character.
const NAMES: [(&str, KeyCode); 15] = [
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift+Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
    ("Space", KeyCode::Char(' ')),
];

/// Keys with Ctrl that never reach a till whole, and why.
const KEPT: [(char, &str); 9] = [
    ('a', "screen takes it, and tmux where it is set up so"),
    ('b', "tmux takes it"),
    ('p', "Docker takes it on an attached terminal"),
    ('c', "it is Esc, as a copy reflex must not close the till"),
    ('h', "it arrives as Backspace"),
    ('i', "it arrives as Tab"),
    ('j', "scanners send it after a code"),
    ('m', "it arrives as Enter"),
    ('[', "it arrives as Esc"),
];

impl Key {
    /// A key without Ctrl.
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false }
    }

    /// A character with Ctrl.
    pub const fn ctrl(c: char) -> Self {
        Self {
            code: KeyCode::Char(c),
            ctrl: true,
        }
    }

    /// A key that a configuration may bind.
    ///
    /// # Errors
    /// When it is none, or one that never arrives whole.
    pub fn bindable(text: &str) -> Result<Self, KeyFault> {
        let key: Self = text.parse()?;
        let kept = KEPT.iter().find(|(c, _)| key == Self::ctrl(*c));
        match (kept, key) {
            (Some((_, reason)), _) => Err(KeyFault::Kept(text.to_owned(), reason)),
            (
                None,
                Key {
                    code: KeyCode::Char(c),
                    ctrl: true,
                },
            ) if !c.is_ascii_alphabetic() => Err(KeyFault::Kept(
                text.to_owned(),
                "scanners send such codes between the parts of a label",
            )),
            _ => Ok(key),
        }
    }

    /// The character that it types, if it does.
    pub fn typed(self) -> Option<char> {
        match self {
            Self {
                code: KeyCode::Char(c),
                ctrl: false,
            } if !c.is_control() => Some(c),
            _ => None,
        }
    }
}

impl FromStr for Key {
    type Err = KeyFault;
    fn from_str(text: &str) -> Result<Self, KeyFault> {
        let unknown = || KeyFault::Unknown(text.to_owned());
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("alt+") || lower.starts_with("meta+") {
            return Err(KeyFault::Alt(text.to_owned()));
        }
        if let Some((_, code)) = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Ok(Self::plain(*code));
        }
        if let Some(rest) = lower.strip_prefix("ctrl+") {
            return single(rest)
                .map(|c| Self::ctrl(c.to_ascii_lowercase()))
                .ok_or_else(unknown);
        }
        let number = text.strip_prefix(['F', 'f']).and_then(|number| number.parse().ok());
        if let Some(number @ 1..=12) = number {
            return Ok(Self::plain(KeyCode::F(number)));
        }
        single(text).map(|c| Self::plain(KeyCode::Char(c))).ok_or_else(unknown)
    }
}

/// The only character of a text.
fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let only = chars.next().filter(|c| !c.is_control() && !c.is_whitespace())?;
    chars.next().is_none().then_some(only)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = NAMES.iter().find(|(_, code)| *code == self.code);
        match (self.code, named) {
            (KeyCode::Up, _) => f.write_str("↑"),
            (KeyCode::Down, _) => f.write_str("↓"),
            (KeyCode::Left, _) => f.write_str("←"),
            (KeyCode::Right, _) => f.write_str("→"),
            (_, Some((name, _))) => f.write_str(name),
            (KeyCode::F(number), None) => write!(f, "F{number}"),
            (KeyCode::Char(c), None) if self.ctrl => write!(f, "Ctrl+{}", c.to_ascii_uppercase()),
            (KeyCode::Char(c), None) => write!(f, "{c}"),
            (_, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_people_write_them() {
        for (text, key) in [
            ("F10", Key::plain(KeyCode::F(10))),
            ("ctrl+S", Key::ctrl('s')),
            ("+", Key::plain(KeyCode::Char('+'))),
            ("space", Key::plain(KeyCode::Char(' '))),
            ("F", Key::plain(KeyCode::Char('F'))),
            ("Shift+Tab", Key::plain(KeyCode::BackTab)),
        ] {
            assert_eq!(Key::bindable(text), Ok(key), "{text}");
        }
    }

    #[test]
    fn keys_that_never_arrive_whole_are_refused_with_the_reason() {
        for text in [
            "Alt+x", "Ctrl+A", "ctrl+b", "Ctrl+P", "Ctrl+J", "Ctrl+5", "Ctrl+]", "F13", "Hyper", "",
        ] {
            assert!(Key::bindable(text).is_err(), "{text}");
        }
        assert!(Key::bindable("Ctrl+B").unwrap_err().to_string().contains("tmux"));
    }
}
