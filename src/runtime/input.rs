//! From the terminal's events to keys and text.
use crossterm::event::{
    Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::keymap::{Key, KeyCode};

/// What came from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// Text that came at once.
    Text(String),
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

/// As many characters has a code at least. Fewer of them that were read together were typed: over a slow link, or while
/// the till was busy.
const SHORTEST_CODE: usize = 6;

/// Reads what arrived together. What was pasted is text, and so are characters in a row that look like a code: keys of
/// one read have no timing, so their shape alone tells a scan. A key with Alt is Esc and then the key, which is how the
/// two arrive when they are read together.
pub fn read(events: impl IntoIterator<Item = Event>) -> Vec<Input> {
    let mut inputs = Vec::new();
    let mut run = String::new();
    for event in events {
        match event {
            Event::Paste(text) => {
                end_run(&mut run, &mut inputs);
                inputs.push(Input::Text(text));
            }
            Event::Resize(..) => inputs.push(Input::Resized),
            Event::Mouse(event) => {
                end_run(&mut run, &mut inputs);
                inputs.extend(mouse(event));
            }
            Event::Key(event) if event.kind != KeyEventKind::Release => {
                if event.modifiers.contains(KeyModifiers::ALT) {
                    end_run(&mut run, &mut inputs);
                    inputs.push(Input::Key(Key::plain(KeyCode::Esc)));
                }
                let Some(key) = key(event) else { continue };
                if let Some(c) = key.typed() {
                    run.push(c);
                } else {
                    end_run(&mut run, &mut inputs);
                    inputs.push(Input::Key(key));
                }
            }
            _ => {}
        }
    }
    end_run(&mut run, &mut inputs);
    inputs
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

fn end_run(run: &mut String, inputs: &mut Vec<Input>) {
    if is_code(run) {
        inputs.push(Input::Text(std::mem::take(run)));
    } else {
        let keys = run.chars().map(|c| Input::Key(Key::plain(KeyCode::Char(c))));
        inputs.extend(keys);
        run.clear();
    }
}

/// Whether it has the shape of a code: long enough, no space, and no sign first but `]`, as of a symbology, or `+` before
/// a letter, as on the labels of medical devices.
fn is_code(run: &str) -> bool {
    let mut chars = run.chars();
    let begins = match (chars.next(), chars.next()) {
        (Some('+'), Some(next)) => next.is_ascii_alphabetic(),
        (Some(first), _) => first == ']' || first.is_alphanumeric(),
        (None, _) => false,
    };
    begins && run.chars().count() >= SHORTEST_CODE && !run.contains(' ')
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

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: Code, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    fn chars(text: &str) -> Vec<Event> {
        text.chars().map(|c| press(Code::Char(c), KeyModifiers::NONE)).collect()
    }

    #[test]
    fn a_code_of_one_read_is_text_and_the_keys_after_it_are_keys() {
        let mut events = chars("6161100012370");
        events.push(press(Code::Enter, KeyModifiers::NONE));
        events.extend(chars("+"));
        events.push(press(Code::Enter, KeyModifiers::NONE));
        let enter = Input::Key(Key::plain(KeyCode::Enter));
        let expected = [
            Input::Text("6161100012370".into()),
            enter.clone(),
            Input::Key(Key::plain(KeyCode::Char('+'))),
            enter,
        ];
        assert_eq!(read(events), expected);
    }

    #[test]
    fn what_was_typed_while_the_till_was_busy_is_keys_and_no_scan() {
        for typed in ["+500", "+12500", "*12", "-", "@mwabili", "y", "amox 500", "nt"] {
            let keys: Vec<_> = typed
                .chars()
                .map(|c| Input::Key(Key::plain(KeyCode::Char(c))))
                .collect();
            assert_eq!(read(chars(typed)), keys, "{typed}");
        }
        for scanned in ["6161100012370", "]C1011234", "+A123BJC5D6E71", "PANA500"] {
            assert_eq!(read(chars(scanned)), [Input::Text(scanned.into())]);
        }
    }

    #[test]
    fn esc_and_a_character_read_together_are_esc_then_the_character() {
        let mut events = vec![press(Code::Char('6'), KeyModifiers::ALT)];
        events.extend(chars("161100230018"));
        let expected = [
            Input::Key(Key::plain(KeyCode::Esc)),
            Input::Text("6161100230018".into()),
        ];
        assert_eq!(read(events), expected);
    }

    #[test]
    fn line_feed_and_group_separator_of_a_scanner_are_no_text() {
        // As crossterm reports 0x0A and 0x1D in raw mode.
        let events = [
            press(Code::Char('j'), KeyModifiers::CONTROL),
            press(Code::Char('5'), KeyModifiers::CONTROL),
        ];
        assert_eq!(read(events), [Input::Key(Key::ctrl('j')), Input::Key(Key::ctrl('5'))]);
    }
}
