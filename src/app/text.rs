//! A line of text being typed.
use tui_input::{Input, InputRequest};

use super::command::Edit;
use crate::domain::name::printable;

/// More characters than anybody types; what a paste brings beyond is dropped.
const LONGEST: usize = 200;

/// The text, where its cursor is, and whether the next character begins anew.
#[derive(Debug, Clone, Default)]
pub struct Line {
    input: Input,
    spent: bool,
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        (self.text(), self.cursor(), self.spent) == (other.text(), other.cursor(), other.spent)
    }
}

impl Eq for Line {}

impl Line {
    /// A line with `text` in it, the cursor behind it.
    pub fn of(text: &str) -> Self {
        Self {
            input: Input::new(text.to_owned()),
            spent: false,
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.input.value().is_empty()
    }

    /// How many cells the cursor stands from the left.
    pub fn cursor(&self) -> usize {
        self.input.visual_cursor()
    }

    /// Whether the cursor stands behind the last character.
    pub fn is_at_end(&self) -> bool {
        self.input.cursor() == self.input.value().chars().count()
    }

    /// The text came to nothing but stays to be read: the next character replaces it.
    pub fn spend(&mut self) {
        self.spent = true;
    }

    /// Whether the next character replaces it.
    pub fn is_spent(&self) -> bool {
        self.spent
    }

    /// Empties it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts text in at the cursor. Nothing in it steers a terminal.
    pub fn insert(&mut self, text: &str) {
        if std::mem::take(&mut self.spent) {
            self.input.reset();
        }
        let room = LONGEST.saturating_sub(self.input.value().chars().count());
        for c in printable(text).chars().take(room) {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Changes it. Gives whether the text is another one now.
    pub fn edit(&mut self, edit: Edit) -> bool {
        self.spent = false;
        let request = match edit {
            Edit::Backspace => InputRequest::DeletePrevChar,
            Edit::Delete => InputRequest::DeleteNextChar,
            Edit::DeleteWord => InputRequest::DeletePrevWord,
            Edit::Left => InputRequest::GoToPrevChar,
            Edit::Right => InputRequest::GoToNextChar,
            Edit::Home => InputRequest::GoToStart,
            Edit::End => InputRequest::GoToEnd,
        };
        self.input.handle(request).is_some_and(|changed| changed.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_to_nothing_is_replaced_by_the_next_character() {
        let mut line = Line::of("6161100230018");
        line.spend();
        line.insert("a");
        line.insert("b");
        assert_eq!(line.text(), "ab");
    }

    #[test]
    fn a_paste_is_cut_and_brings_no_escape() {
        let mut line = Line::default();
        line.insert(&format!("\u{1b}[2J{}", "x".repeat(1000)));
        assert_eq!(line.text().chars().count(), LONGEST);
        assert!(line.text().starts_with("·[2J"));
    }
}
