//! Which key means which command, by layer, as data: hints, help and the list of commands come from the same table.
mod defaults;
pub mod key;
mod safety;

use thiserror::Error;

pub use self::key::{Key, KeyCode, KeyFault};
use crate::app::command::{Called, Command};
use crate::app::{Layer, Message};

/// A key that means a command where a layer is in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// Where.
    pub layer: Layer,
    /// The key.
    pub key: Key,
    /// The command.
    pub command: Command,
}

/// Why bindings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeymapFault {
    /// No command is called so.
    #[error("no command is called “{0}”: the till lists them under `:`")]
    NoSuchCommand(String),
    /// A command without any key and none in the list of commands cannot be reached.
    #[error("{command} needs a key")]
    NoKey {
        /// The command's name.
        command: &'static str,
    },
    /// Not a key, or never bound.
    #[error("{command}: {fault}")]
    Key {
        /// The command's name.
        command: &'static str,
        /// Why not.
        fault: KeyFault,
    },
    /// A key that people or scanners type where the command would be meant.
    #[error("{command}: {key} cannot mean this: {reason}")]
    Harmful {
        /// The command's name.
        command: &'static str,
        /// The key.
        key: String,
        /// Why not.
        reason: &'static str,
    },
    /// One key for two commands that can be meant at the same time.
    #[error("{key} stands for both {first} and {second}")]
    Twice {
        /// The key.
        key: String,
        /// A command.
        first: &'static str,
        /// Another.
        second: &'static str,
    },
}

impl KeymapFault {
    /// Whether it is about this command's keys.
    pub fn is_about(&self, name: &str) -> bool {
        match self {
            Self::NoSuchCommand(command) => command == name,
            Self::NoKey { command } | Self::Key { command, .. } | Self::Harmful { command, .. } => *command == name,
            Self::Twice { first, second, .. } => *first == name || *second == name,
        }
    }
}

/// All bindings.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self {
            bindings: defaults::bindings(),
        }
    }
}

impl Keymap {
    /// The default bindings, with those of `changes` (a command's name and its keys) in place of the command's own.
    ///
    /// # Errors
    /// When a command or key is unknown, or two commands would share a key.
    pub fn with<'a>(changes: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>) -> Result<Self, KeymapFault> {
        let mut keymap = Self::default();
        for (name, keys) in changes {
            keymap.rebind(name, &keys)?;
        }
        keymap.check()?;
        Ok(keymap)
    }

    fn rebind(&mut self, name: &str, keys: &[&str]) -> Result<(), KeymapFault> {
        let command = Command::named(name).ok_or_else(|| KeymapFault::NoSuchCommand(name.to_owned()))?;
        let called = command.called();
        if keys.is_empty() && !command.is_listed() {
            return Err(KeymapFault::NoKey { command: called.name });
        }
        let fault = |fault| KeymapFault::Key {
            command: called.name,
            fault,
        };
        let keys = keys
            .iter()
            .map(|key| Key::bindable(key))
            .collect::<Result<Vec<_>, _>>()
            .map_err(fault)?;
        let mut layers: Vec<Layer> = self.of(command).map(|binding| binding.layer).collect();
        layers.sort_unstable();
        layers.dedup();
        if layers.is_empty() {
            layers.push(Layer::Everywhere);
        }
        let (own, others) = std::mem::take(&mut self.bindings)
            .into_iter()
            .partition(|binding| binding.command == command);
        self.bindings = others;
        for key in keys {
            for layer in &layers {
                let binding = Binding {
                    layer: *layer,
                    key,
                    command,
                };
                self.bindings.push(safe(binding, &own)?);
            }
        }
        Ok(())
    }

    /// Whether no key stands for two commands in layers that can be in front together.
    fn check(&self) -> Result<(), KeymapFault> {
        for layer in Layer::ALL {
            let stack = layer.stack();
            let seen: Vec<_> = self
                .bindings
                .iter()
                .filter(|binding| stack.contains(&binding.layer))
                .collect();
            for (at, one) in seen.iter().enumerate() {
                let other = seen[..at]
                    .iter()
                    .find(|other| other.key == one.key && other.command != one.command);
                if let Some(other) = other {
                    return Err(KeymapFault::Twice {
                        key: one.key.to_string(),
                        first: other.command.called().name,
                        second: one.command.called().name,
                    });
                }
            }
        }
        Ok(())
    }

    /// What a key means where `layer` is in front: a command, or its character.
    pub fn read(&self, layer: Layer, key: Key) -> Option<Message> {
        let bound = |layer: &Layer| {
            let found = self
                .bindings
                .iter()
                .find(|binding| binding.layer == *layer && binding.key == key);
            found.map(|binding| binding.command)
        };
        let command = layer.stack().iter().find_map(bound);
        command.map(Message::Asked).or_else(|| key.typed().map(Message::Typed))
    }

    fn of(&self, command: Command) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| binding.command == command)
    }

    /// The keys of a command where `layer` is in front, as shown in the list of commands: "? F1".
    pub fn keys_in(&self, layer: Layer, command: Command) -> String {
        let stack = layer.stack();
        let mut keys: Vec<String> = Vec::new();
        for binding in self.of(command).filter(|binding| stack.contains(&binding.layer)) {
            let key = binding.key.to_string();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.join(" ")
    }

    /// The first key of a command where `layer` is in front.
    pub fn key_in(&self, layer: Layer, command: Command) -> Option<Key> {
        let stack = layer.stack();
        self.of(command)
            .find(|binding| stack.contains(&binding.layer))
            .map(|binding| binding.key)
    }

    /// What the keys mean where `layer` is in front, nearest layer first and changes of text last: a command and its
    /// keys there.
    pub fn help(&self, layer: Layer) -> Vec<(String, Called)> {
        let mut rows: Vec<(String, Called)> = Vec::new();
        for layer in layer.stack() {
            for binding in self.bindings.iter().filter(|binding| binding.layer == *layer) {
                let called = binding.command.called();
                match rows.iter_mut().find(|(_, known)| *known == called) {
                    Some((keys, _)) => *keys = format!("{keys} {}", binding.key),
                    None => rows.push((binding.key.to_string(), called)),
                }
            }
        }
        rows.sort_by_key(|(_, called)| matches!(called.command, Command::Edit(_)));
        rows
    }
}

/// The binding, if it does no harm; the program's own may be said again.
fn safe(binding: Binding, own: &[Binding]) -> Result<Binding, KeymapFault> {
    match safety::harm(&binding).filter(|_| !own.contains(&binding)) {
        None => Ok(binding),
        Some(reason) => Err(KeymapFault::Harmful {
            command: binding.command.called().name,
            key: binding.key.to_string(),
            reason,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_bindings_are_bindable_and_unique() {
        assert_eq!(Keymap::default().check(), Ok(()));
        for binding in Keymap::default().bindings {
            let kept = [Key::ctrl('c')].contains(&binding.key);
            assert!(kept || Key::bindable(&spelled(binding.key)).is_ok(), "{}", binding.key);
        }
    }

    fn spelled(key: Key) -> String {
        match key.code {
            KeyCode::Up => "Up".into(),
            KeyCode::Down => "Down".into(),
            KeyCode::Left => "Left".into(),
            KeyCode::Right => "Right".into(),
            _ => key.to_string(),
        }
    }

    #[test]
    fn a_changed_key_takes_the_place_of_the_commands_own() {
        let keymap = Keymap::with([("pay", vec!["#", "Ctrl+T"])]).unwrap();
        let read = |key: &str| keymap.read(Layer::SaleBare, key.parse().unwrap());
        assert_eq!(read("#"), Some(Message::Asked(Command::Pay)));
        assert_eq!(read("+"), Some(Message::Typed('+')));
        assert_eq!(keymap.keys_in(Layer::SaleBare, Command::Pay), "# Ctrl+T");
    }

    #[test]
    fn two_commands_on_one_key_are_refused_by_name() {
        let fault = Keymap::with([("pay", vec!["Ctrl+Q"])]).unwrap_err();
        assert!(
            fault.to_string().contains("pay") && fault.to_string().contains("quit"),
            "{fault}"
        );
        assert!(matches!(
            Keymap::with([("sell", vec!["x"])]),
            Err(KeymapFault::NoSuchCommand(_))
        ));
        assert!(matches!(
            Keymap::with([("yes", vec![])]),
            Err(KeymapFault::NoKey { .. })
        ));
        assert!(matches!(
            Keymap::with([("pay", vec!["Alt+p"])]),
            Err(KeymapFault::Key { .. })
        ));
    }

    #[test]
    fn keys_that_somebody_types_where_the_command_would_be_meant_are_refused() {
        for (command, key, why) in [
            // Where words, codes and names are typed.
            ("undo", "u", "where text is typed"),
            ("undo", "-", "where text is typed"),
            ("sale", "s", "where text is typed"),
            ("help", "h", "where text is typed"),
            ("quit", "q", "where text is typed"),
            ("confirm", "Space", "where text is typed"),
            ("seller", "#", "where text is typed"),
            // What a word or a code begins with, where the line is empty.
            ("pay", "p", "may begin with it"),
            ("pay", "7", "may begin with it"),
            ("pay", "]", "may begin with it"),
            ("prescriber", "Space", "may begin with it"),
            ("commands", "c", "may begin with it"),
            // What scanners send, for what does harm.
            ("yes", "Enter", "no scan may do this"),
            ("yes", "Tab", "no scan may do this"),
            ("yes", "1", "no scan may do this"),
            ("deactivate", "Enter", "no scan may do this"),
            ("keep-mine", "Enter", "no scan may do this"),
            ("load-sample", "Tab", "no scan may do this"),
            ("cancel-basket", "Enter", "no scan may do this"),
            ("pay", "Esc", "Esc is one step back"),
        ] {
            let fault = Keymap::with([(command, vec![key])]).unwrap_err();
            assert!(fault.to_string().contains(why), "{command} = {key}: {fault}");
            assert!(fault.is_about(command));
        }
    }

    #[test]
    fn safe_keys_and_the_program_s_own_are_bound() {
        for (command, keys) in [
            ("pay", vec!["+", "F11", "#"]),
            ("undo", vec!["Ctrl+K"]),
            ("yes", vec!["j", "Ctrl+Y"]),
            ("pause", vec!["Space", "p"]),
            ("filter", vec!["f"]),
            ("load-sample", vec!["Enter"]),
            ("quit", vec!["F11"]),
        ] {
            let bound = Keymap::with([(command, keys.clone())]);
            assert!(bound.is_ok(), "{command} = {keys:?}: {bound:?}");
        }
    }

    #[test]
    fn no_question_is_answered_by_enter() {
        let enter = Key::plain(KeyCode::Enter);
        let read = Keymap::default().read(Layer::Question, enter);
        assert_ne!(read, Some(Message::Asked(Command::Yes)));
    }
}
