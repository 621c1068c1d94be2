//! Colours and signs. Colour only repeats what a word and a shape say; the palette is the terminal's own sixteen.
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::app::model::Tone;

/// The colours of the states, as far as there are any: nothing else is coloured. Data, so that a theme is a line here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colours {
    good: Option<Color>,
    warn: Option<Color>,
    bad: Option<Color>,
}

impl Colours {
    /// As on a traffic light.
    pub const USUAL: Self = Self::of(Color::Green, Color::Yellow, Color::Red);

    /// Chosen by measure: of all threes of the sixteen, blue, bright yellow and red are among those that stay farthest
    /// apart for every kind of colour blindness, on the palettes of xterm, VGA and Windows alike (the test below). Green
    /// and yellow, or green and red, do not.
    pub const COLOUR_BLIND: Self = Self::of(Color::LightBlue, Color::LightYellow, Color::Red);

    /// None.
    pub const NONE: Self = Self {
        good: None,
        warn: None,
        bad: None,
    };

    const fn of(good: Color, warn: Color, bad: Color) -> Self {
        Self {
            good: Some(good),
            warn: Some(warn),
            bad: Some(bad),
        }
    }
}

/// How things look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// The colours; reversed, bold and dim are none.
    pub colours: Colours,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            colours: Colours::USUAL,
            ascii: false,
        }
    }
}

/// A sign that stands beside a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// All is well.
    Good,
    /// Look at it.
    Warn,
    /// It did not go.
    Bad,
    /// Nothing to say.
    Idle,
    /// What is highlighted.
    Here,
}

impl Theme {
    /// The shape of a sign.
    pub fn sign(self, sign: Sign) -> &'static str {
        match (sign, self.ascii) {
            (Sign::Good, false) => "✓",
            (Sign::Good, true) => "ok",
            (Sign::Warn, false) => "▲",
            (Sign::Warn, true) => "!",
            (Sign::Bad, false) => "✕",
            (Sign::Bad, true) => "x",
            (Sign::Idle, false) => "·",
            (Sign::Idle, true) => "-",
            (Sign::Here, false) => "▶",
            (Sign::Here, true) => ">",
        }
    }

    /// The style of a sign and its word.
    pub fn style(self, sign: Sign) -> Style {
        let coloured = |colour: Option<Color>| colour.map_or(Style::new(), |colour| Style::new().fg(colour));
        match sign {
            Sign::Good => coloured(self.colours.good),
            Sign::Warn => coloured(self.colours.warn),
            Sign::Bad => coloured(self.colours.bad).add_modifier(Modifier::BOLD),
            Sign::Idle | Sign::Here => Style::new(),
        }
    }

    /// What says little. Dim, not grey: on some terminals the grey of the sixteen is the background's own colour.
    pub fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What says much.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What is highlighted.
    pub fn highlighted(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The sign of a tone.
    pub fn tone(self, tone: Tone) -> Sign {
        match tone {
            Tone::Good => Sign::Good,
            Tone::Plain => Sign::Idle,
            Tone::Warn => Sign::Warn,
            Tone::Bad => Sign::Bad,
        }
    }
}

/// Signs in our own words, and what stands for them where only ASCII is drawn: of one cell, as they are.
const IN_ASCII: [(&str, &str); 21] = [
    ("↑", "^"),
    ("↓", "v"),
    ("←", "<"),
    ("→", ">"),
    ("…", "~"),
    ("·", "-"),
    ("•", "*"),
    ("●", "*"),
    ("×", "x"),
    ("–", "-"),
    ("›", ">"),
    ("‹", "<"),
    ("“", "\""),
    ("”", "\""),
    ("’", "'"),
    ("─", "-"),
    ("┄", "-"),
    ("✓", "+"),
    ("▲", "!"),
    ("✕", "x"),
    ("▶", ">"),
];

/// Puts ASCII in the place of every other character: our own signs by the table, letters without their accents, and `?`
/// for the rest, as a terminal that is not UTF-8 would show two or three wrong characters for each of them.
pub fn in_ascii(buffer: &mut Buffer) {
    for cell in buffer.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
        let plain = IN_ASCII.iter().find(|(sign, _)| *sign == cell.symbol());
        match plain {
            Some((_, plain)) => cell.set_symbol(plain),
            None => cell.set_char(without_accent(cell.symbol())),
        };
    }
}

/// The letter below the accents; `?` where it is none of ASCII.
fn without_accent(symbol: &str) -> char {
    let mut parts = symbol.nfkd().filter(|c| !is_combining_mark(*c));
    match (parts.next(), parts.next()) {
        (Some(letter), None) if letter.is_ascii() => letter,
        _ => '?',
    }
}

#[cfg(test)]
mod tests;
