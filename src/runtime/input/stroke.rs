//! What the terminal reports, as what it is for a till: a character, a key, a separator of a label.
use crossterm::event::{
    Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use super::Input;
use crate::domain::scan::GROUP_SEPARATOR;
use crate::keymap::{Key, KeyCode};

/// What was struck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stroke {
    /// A character.
    Char(char),
    /// A separator between the parts of a label; it means nothing else.
    Separator(char),
    /// Another key.
    Key(Key),
    /// What the mouse did.
    Pointed(Input),
    /// Text that the terminal says was pasted.
    Pasted(String),
    /// The terminal has another size.
    Resized,
}

impl Stroke {
    /// The character, if it is one.
    pub fn character(&self) -> Option<char> {
        match self {
            Self::Char(c) | Self::Separator(c) => Some(*c),
            _ => None,
        }
    }
}

/// What was struck. Control characters of the scanner's `prefix` are characters.
///
/// A key with Alt is Esc and then the key, which is how the two arrive when they are read together.
pub(super) fn strokes(events: impl IntoIterator<Item = Event>, prefix: &str) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    for event in events {
        match event {
            Event::Paste(text) => strokes.push(Stroke::Pasted(text)),
            Event::Mouse(event) => strokes.extend(mouse(event).map(Stroke::Pointed)),
            Event::Resize(..) => strokes.push(Stroke::Resized),
            Event::Key(event) if event.kind != KeyEventKind::Release => {
                if event.modifiers.contains(KeyModifiers::ALT) {
                    strokes.push(Stroke::Key(Key::plain(KeyCode::Esc)));
                }
                strokes.extend(key(event).map(|key| stroke(key, prefix)));
            }
            _ => {}
        }
    }
    strokes
}

/// What a mouse did, as far as it means anything: the left button pressed, or the wheel turned.
fn mouse(event: MouseEvent) -> Option<Input> {
    let at = (event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Input::Clicked(at.0, at.1)),
        MouseEventKind::ScrollUp => Some(Input::Turned { at, down: false }),
        MouseEventKind::ScrollDown => Some(Input::Turned { at, down: true }),
        _ => None,
    }
}

fn stroke(key: Key, prefix: &str) -> Stroke {
    if let Some(c) = key.typed() {
        return Stroke::Char(c);
    }
    match control(key) {
        Some(c) if prefix.contains(c) => Stroke::Char(c),
        Some(GROUP_SEPARATOR) => Stroke::Separator(GROUP_SEPARATOR),
        _ => Stroke::Key(key),
    }
}

/// The control character that a terminal sends for a key with Ctrl.
fn control(key: Key) -> Option<char> {
    let KeyCode::Char(c) = key.code else { return None };
    let sent = match c {
        'a'..='z' => u32::from(c) - u32::from('a') + 1,
        // 0x1C to 0x1F are reported as the digits that send them on old terminals.
        '4'..='7' => u32::from(c) - u32::from('4') + 0x1c,
        ']' => 0x1d,
        _ => return None,
    };
    char::from_u32(sent).filter(|_| key.ctrl)
}

/// The key that types a character, or sends it.
pub(super) fn key_of(c: char) -> Key {
    match u32::from(c) {
        sent @ 1..=26 => char::from_u32(sent + u32::from('a') - 1).map_or(Key::plain(KeyCode::Char(c)), Key::ctrl),
        sent @ 0x1c..=0x1f => {
            char::from_u32(sent - 0x1c + u32::from('4')).map_or(Key::plain(KeyCode::Char(c)), Key::ctrl)
        }
        _ => Key::plain(KeyCode::Char(c)),
    }
}

/// What a key is called, as it arrived: with the control characters that scanners send by their own names.
pub fn name_of(event: &Event) -> Option<String> {
    let Event::Key(event) = event else { return None };
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let key = key(*event)?;
    let name = match control(key) {
        Some('\n') => String::from("LF"),
        Some(GROUP_SEPARATOR) => String::from("GS"),
        _ => key.to_string(),
    };
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    Some(if alt { format!("Esc {name}") } else { name })
}

fn key(event: KeyEvent) -> Option<Key> {
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let code = match event.code {
        Code::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
        Code::Char(c) => KeyCode::Char(c),
        Code::F(number) => KeyCode::F(number),
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        _ => return None,
    };
    // Ctrl means something with letters alone.
    let ctrl = ctrl && matches!(code, KeyCode::Char(_));
    Some(Key { code, ctrl })
}
