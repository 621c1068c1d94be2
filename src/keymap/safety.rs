//! Keys that arrive whole, and yet must not mean a command: somebody types them there, or a scanner does.
use super::{Binding, KeyCode};
use crate::app::Layer;
use crate::app::command::Command;

/// Why this binding would do harm, if it would.
pub(super) fn harm(binding: &Binding) -> Option<&'static str> {
    let Binding { layer, key, command } = *binding;
    if key.code == KeyCode::Esc && command != Command::Back {
        return Some("Esc is one step back everywhere");
    }
    if does_harm(command) {
        match key.code {
            KeyCode::Enter | KeyCode::Tab => return Some("every scan ends with that key, and no scan may do this"),
            KeyCode::Char(c) if !key.ctrl && c.is_ascii_digit() => {
                return Some("a scanner types it, and no scan may do this");
            }
            _ => {}
        }
    }
    let typed = key.typed()?;
    // Amounts are typed there, and letters answer.
    if layer == Layer::PaymentAsked && typed.is_alphabetic() {
        return None;
    }
    let in_front = |front: &&Layer| front.stack().contains(&layer) && front.stack().contains(&Layer::Editing);
    let mut fronts = Layer::ALL.iter().filter(in_front);
    if fronts.any(|front| !front.stack().contains(&Layer::Bare)) {
        return Some("where text is typed, it is typed: only keys that type nothing are for commands there");
    }
    // `]` begins what scanners send of a symbology.
    let begins_text = typed.is_alphanumeric() || typed == ' ' || typed == ']';
    let is_typed_at = Layer::ALL.iter().any(|front| in_front(&front));
    (is_typed_at && begins_text).then_some("a name or a code may begin with it")
}

/// What cannot be taken back with a key, or answers for somebody.
fn does_harm(command: Command) -> bool {
    matches!(
        command,
        Command::Yes
            | Command::Quit
            | Command::Retire
            | Command::CancelBasket
            | Command::KeepMine
            | Command::KeepTheirs
            | Command::LoadSample
            | Command::TakeOut
    )
}
