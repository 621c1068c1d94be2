//! F2: one entry line from the first item to the payment.
use super::command::Command;
use super::effect::Effects;
use super::layer::Layer;
use super::model::Model;
use super::text::Line;

/// The sale screen.
#[derive(Debug, Clone, Default)]
pub struct Sale {
    /// What is being typed.
    pub entry: Line,
}

impl Sale {
    /// The layer of keys of this screen.
    pub fn layer(&self) -> Layer {
        if self.entry.is_empty() {
            Layer::SaleBare
        } else {
            Layer::Sale
        }
    }
}

/// Characters for the entry line.
pub(super) fn typed(model: &mut Model, text: &str) -> Effects {
    model.sale.entry.insert(text);
    Effects::none()
}

/// A key for this screen.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    match command {
        Command::Edit(edit) => {
            model.sale.entry.edit(edit);
        }
        Command::Back => model.sale.entry.clear(),
        _ => {}
    }
    Effects::none()
}
