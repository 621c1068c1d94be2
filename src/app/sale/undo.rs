//! The last changes of the basket, to be taken back one by one.
use jiff::Timestamp;

use super::Sale;
use crate::app::audit;
use crate::app::model::Model;
use crate::domain::basket::{Basket, BasketLine};

/// More are not kept: a mistake is seen soon or not at all.
const MOST: usize = 20;

/// A change of the basket.
#[derive(Debug, Clone)]
pub struct Change {
    /// The basket before it.
    before: Option<Basket>,
    /// What it was, in words.
    what: String,
    /// When it was made.
    at: Timestamp,
}

impl Sale {
    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The basket was changed, and was this `before`.
    pub(super) fn changed(&mut self, at: Timestamp, before: Option<Basket>, what: String) {
        if self.changes.len() == MOST {
            self.changes.remove(0);
        }
        self.changes.push(Change { before, what, at });
        // Rows may stand elsewhere now.
        self.settling = None;
        self.scanned_row = None;
    }

    /// When the goods of a line came into the basket; none: longer ago than changes are kept.
    pub(super) fn came_at(&self, line: &BasketLine) -> Option<Timestamp> {
        let had = |basket: &Basket| basket.lines.iter().any(|other| other.drug.id == line.drug.id);
        let was_without = |change: &&Change| !change.before.as_ref().is_some_and(had);
        self.changes.iter().rev().find(was_without).map(|change| change.at)
    }
}

/// The basket in front is let go, and can be had again: a word that was typed without a look may have said yes to that. Not
/// so where money was taken for it, which went back to the customer. That it was cancelled stays noted; the sale of the
/// same id tells that it came back.
pub(super) fn let_go(model: &mut Model) {
    let sale = &mut model.sale;
    let may_come_back = sale.taken.is_empty() && sale.returning.is_none();
    let basket = sale.basket.take().filter(|_| may_come_back);
    sale.next_customer();
    if basket.is_some() {
        sale.changed(model.now, basket, String::from("basket cancelled"));
    }
}

/// Takes the last change back.
pub(super) fn undo(model: &mut Model) {
    let Some(change) = model.sale.changes.pop() else {
        return model.mention("nothing to undo");
    };
    let undone = std::mem::replace(&mut model.sale.basket, change.before);
    if let Some(undone) = undone {
        let left = model.sale.basket.clone();
        audit::undone(model, &undone, left.as_ref(), change.at);
    }
    model.sale.selected = None;
    model.sale.settling = None;
    model.sale.scanned_row = None;
    model.say(format!("undone: {}", change.what));
}
