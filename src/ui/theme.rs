//! Colours and signs. Colour only repeats what a word and a shape say; the palette is the terminal's own sixteen.
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::app::model::Tone;

/// How things look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Whether colours are used; reversed and bold are not colours.
    pub colour: bool,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            colour: true,
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

    /// A colour, or none.
    fn coloured(self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// The style of a sign and its word.
    pub fn style(self, sign: Sign) -> Style {
        match sign {
            Sign::Good => self.coloured(Color::Green),
            Sign::Warn => self.coloured(Color::Yellow),
            Sign::Bad => self.coloured(Color::Red).add_modifier(Modifier::BOLD),
            Sign::Idle | Sign::Here => Style::new(),
        }
    }

    /// What says little.
    pub fn faint(self) -> Style {
        self.coloured(Color::DarkGray)
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
            Tone::Bad => Sign::Bad,
        }
    }
}

/// Signs in our own words, and what stands for them where only ASCII is drawn: of one cell, as they are.
const IN_ASCII: [(&str, &str); 13] = [
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
    ("“", "\""),
    ("”", "\""),
];

/// Puts ASCII in the place of our own signs, wherever words brought them. Names stay as people wrote them.
pub fn in_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if let Some((_, plain)) = IN_ASCII.iter().find(|(sign, _)| *sign == cell.symbol()) {
            cell.set_symbol(plain);
        }
    }
}
