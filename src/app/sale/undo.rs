//! The last changes of the basket, to be taken back one by one.
use super::Sale;
use crate::app::model::Model;
use crate::domain::basket::Basket;

/// More are not kept: a mistake is seen soon or not at all.
const MOST: usize = 20;

/// A change of the basket.
#[derive(Debug, Clone)]
pub struct Change {
    /// The basket before it.
    before: Option<Basket>,
    /// What it was, in words.
    what: String,
}

impl Sale {
    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The basket was changed, and was this `before`.
    pub(super) fn changed(&mut self, before: Option<Basket>, what: String) {
        if self.changes.len() == MOST {
            self.changes.remove(0);
        }
        self.changes.push(Change { before, what });
        // Rows may stand elsewhere now.
        self.settling = None;
        self.scanned_row = None;
    }
}

/// Takes the last change back.
pub(super) fn undo(model: &mut Model) {
    let Some(change) = model.sale.changes.pop() else {
        return model.mention("nothing to undo");
    };
    model.sale.basket = change.before;
    model.sale.selected = None;
    model.sale.settling = None;
    model.sale.scanned_row = None;
    model.say(format!("undone: {}", change.what));
}
