//! The receipt in front: all of it, its way, and the receipts that it leads to.
use super::page::PastReceipt;
use crate::app::command::Command;
use crate::app::dimension::aside::{Read, moved};
use crate::app::effect::{Effect, Effects};
use crate::app::message::RequestId;
use crate::app::model::{Model, Screen};
use crate::app::sale::returning;
use crate::domain::sale::Receipt;

/// A receipt that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    /// Its number in its till's chain.
    pub receipt: Receipt,
    /// What is known of it.
    pub read: Read<Box<PastReceipt>>,
    /// The entry under the cursor.
    pub at: usize,
    /// The receipts from which it was reached, and where the cursor stood.
    behind: Vec<(Receipt, usize)>,
}

impl Front {
    /// What was read of it.
    pub fn here(&self) -> Option<&PastReceipt> {
        match &self.read {
            Read::Here(receipt) => Some(receipt),
            Read::Asked(_) | Read::Away(_) => None,
        }
    }
}

/// Puts a receipt in front, and asks for it.
pub(super) fn open(model: &mut Model, receipt: Receipt) -> Effects {
    put(model, receipt, 0, Vec::new())
}

/// Puts a receipt in front that was found on another screen: one step back from it leads there.
pub(in crate::app) fn open_from(model: &mut Model, receipt: Receipt, screen: Screen) -> Effects {
    model.screen = Screen::Past;
    model.past.typing = None;
    model.past.back_to = Some(screen);
    open(model, receipt)
}

fn put(model: &mut Model, receipt: Receipt, at: usize, behind: Vec<(Receipt, usize)>) -> Effects {
    let request = model.request();
    model.past.front = Some(Front {
        receipt: receipt.clone(),
        read: Read::Asked(request),
        at,
        behind,
    });
    Effect::ReadReceipt { request, receipt }.into()
}

/// Asks again for the receipt in front: something happened to it, perhaps.
pub(super) fn again(model: &mut Model) -> Effects {
    match model.past.front.take() {
        Some(front) => put(model, front.receipt, front.at, front.behind),
        None => Effects::none(),
    }
}

/// What is known of a receipt, or why nothing.
pub(in crate::app) fn read(model: &mut Model, request: RequestId, answer: Result<Box<PastReceipt>, String>) {
    if let Some(front) = &mut model.past.front
        && front.read == Read::Asked(request)
    {
        front.read = answer.map_or_else(Read::Away, Read::Here);
        let last = front.here().map_or(0, |receipt| receipt.entries().len() - 1);
        front.at = front.at.min(last);
    }
}

/// A key for it.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    let Some(front) = &mut model.past.front else {
        return Effects::none();
    };
    let entries = front.here().map(PastReceipt::entries).unwrap_or_default();
    if let Some(at) = moved(front.at, entries.len(), command) {
        front.at = at;
        return Effects::none();
    }
    match command {
        Command::Accept | Command::Confirm => {
            let here = entries.get(front.at);
            let leads_to = here.and_then(|entry| front.here()?.leads_to(*entry));
            let Some(row) = leads_to.map(|row| row.receipt.clone()) else {
                model.mention("Enter goes to the receipt of a return, or of what it gives back");
                return Effects::none();
            };
            let mut behind = std::mem::take(&mut front.behind);
            behind.push((front.receipt.clone(), front.at));
            put(model, row, 0, behind)
        }
        Command::Back => {
            if let Some((receipt, at)) = front.behind.pop() {
                let behind = std::mem::take(&mut front.behind);
                return put(model, receipt, at, behind);
            }
            model.past.front = None;
            if let Some(screen) = model.past.back_to.take() {
                model.screen = screen;
            }
            Effects::none()
        }
        _ => Effects::none(),
    }
}

impl Model {
    /// The receipt in front of which goods may come back.
    pub(in crate::app) fn returnable(&self) -> Option<&Receipt> {
        let front = self.past.front.as_ref().filter(|_| self.screen == Screen::Past)?;
        front.here().filter(|receipt| receipt.is_returnable())?;
        Some(&front.receipt)
    }
}

/// Takes goods of the receipt in front back: on the sale screen, where that may be now.
pub(in crate::app) fn give_back(model: &mut Model) -> Effects {
    let Some(receipt) = model.returnable().cloned() else {
        let is_read = model.past.front.as_ref().is_some_and(|front| front.here().is_some());
        model.refuse(if is_read {
            "nothing of this receipt comes back: it is no sale that was recorded"
        } else {
            "this receipt is not read yet"
        });
        return Effects::none();
    };
    if model.sale.adding.is_some() {
        model.refuse("a prescriber is being added on the sale screen: that comes first");
        return Effects::none();
    }
    let effects = returning::open(model, receipt);
    if model.sale.looking.is_some() {
        model.screen = Screen::Sale;
    }
    effects
}
