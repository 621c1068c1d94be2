//! F2: one entry line from the first item to the payment.
//!
//! * `typed`: what a text in the line means. `found`: what it finds.
//! * `counter`: what keys do to basket and entry line. `change`: to a line that is in the basket. `undo`: the last of it,
//!   taken back.
//! * `adding`: a prescriber whom nobody knows yet.
//! * `payment`: the money. `answer`: what became of the sale. `last`: the line that stays.
//! * `scan`: what a scan does. `teach`: a code that was found by name becomes the pack's own.
//! * `doubt`: what is asked before the money. `beforehand`: what is asked while it is keyed.
//! * `returning`: a receipt that is brought back. `receipt`: its number, as it is asked for and typed.
//! * `hold`: baskets that wait under a ticket.
//! * `draft`: what is kept on disk of all this, in case the till is killed.
pub mod adding;
pub mod answer;
mod batch;
pub mod beforehand;
mod change;
mod counter;
pub(super) mod doubt;
pub mod draft;
pub mod found;
pub mod hold;
pub mod last;
pub mod payment;
pub(super) mod receipt;
pub mod returning;
pub(super) mod scan;
pub(super) mod teach;
pub mod typed;
mod undo;

use uuid::Uuid;

pub use self::adding::Adding;
pub use self::answer::{Outcome, Refusal, SaleAnswer};
pub(super) use self::batch::set as set_batch;
pub use self::beforehand::{AskedReference, Objections, ReferenceWord, Shortage, Word};
pub(super) use self::counter::{set_pack, take};
pub use self::draft::Draft;
pub use self::found::Found;
pub use self::hold::{Awaited, Held};
pub use self::last::{LastSale, LastState};
pub use self::payment::Payment;
pub use self::returning::{Looking, ReceiptAnswer, Returning};
pub(super) use self::scan::Before;
pub use self::scan::{RowNote, Told};
pub use self::teach::Lesson;
use super::audit;
use super::command::Command;
use super::effect::Effects;
use super::layer::Layer;
use super::message::{Moment, RequestId};
use super::model::Model;
use super::text::Line;
use crate::domain::basket::{Basket, Tendered};
use crate::domain::money::Quantity;
use crate::domain::sale::{Agreed, SaleFlag};

/// The sale screen.
#[derive(Debug, Clone, Default)]
pub struct Sale {
    /// What is being typed.
    pub entry: Line,
    /// So many of the next item.
    pub takes: Option<Quantity>,
    /// What the text finds.
    pub found: Found,
    /// The basket; none before the first item.
    pub basket: Option<Basket>,
    /// The basket's line that keys are for; the last one where none is selected.
    pub selected: Option<usize>,
    /// Tenders taken so far. They stay when the payment is left for the basket.
    pub taken: Vec<Tendered>,
    /// Money that was asked for before the basket was put aside: the payment opens with it.
    pub awaited: Option<Awaited>,
    /// The payment, while it is in front.
    pub payment: Option<Payment>,
    /// A prescriber who is being added, while that is in front.
    pub adding: Option<Adding>,
    /// A receipt that is being looked for.
    pub looking: Option<Looking>,
    /// A receipt of which something comes back, while that is in front.
    pub returning: Option<Returning>,
    /// What is known of the basket before the money.
    pub word: Word,
    /// The references that were typed for the basket.
    pub references: Vec<AskedReference>,
    /// The sale whose answer is out.
    pub waiting: Option<WaitingSale>,
    /// Baskets that wait under a ticket, the longest first.
    pub held: Vec<Held>,
    /// The last ticket that was given out; 0 before the first.
    pub last_ticket: u32,
    /// The last sale.
    pub last: Option<LastSale>,
    /// The same, once a payment has opened after it.
    pub(super) before: Option<LastSale>,
    /// The place among the unresolved of the row that is being looked for by name.
    pub settling: Option<usize>,
    /// Codes that are being taught.
    pub(super) lessons: Vec<(RequestId, Lesson)>,
    /// What is told on a row until the next key.
    pub note: Option<RowNote>,
    /// The row that the last scan made or added to, if it did.
    pub(super) scanned_row: Option<usize>,
    /// What was done to the basket, the last last.
    pub(super) changes: Vec<undo::Change>,
}

/// A sale that was agreed, until it is known what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingSale {
    /// What was asked for.
    pub request: RequestId,
    /// The basket, to be put back if it is refused.
    pub basket: Basket,
    /// Its tenders, likewise.
    pub taken: Vec<Tendered>,
    /// The return that it is, likewise.
    pub returning: Option<Box<Returning>>,
    /// What was agreed.
    pub agreed: Agreed,
    /// What the till noticed.
    pub flags: Vec<SaleFlag>,
    /// Of what the store has too little, while the clerk is to be asked whether they hold it.
    pub short: Option<String>,
}

impl Sale {
    /// The layer of keys of this screen.
    pub fn layer(&self) -> Layer {
        match &self.payment {
            // While a reference is typed, its letters are letters.
            Some(payment) if payment.amount.is_none() && matches!(self.word, Word::Short { .. }) => Layer::PaymentAsked,
            Some(payment) if payment.is_bare() => Layer::PaymentBare,
            Some(_) => Layer::Payment,
            None if self.returning.is_some() => Layer::Returning,
            None if self.adding.is_some() => Layer::Adding,
            None if self.entry.is_empty() => Layer::SaleBare,
            None => Layer::Sale,
        }
    }

    /// The basket, opened with this id if there is none.
    fn basket_or_new(&mut self, fresh_id: Uuid) -> &mut Basket {
        self.basket.get_or_insert_with(|| Basket::new(fresh_id))
    }

    /// How many rows the basket has: lines, and what is unresolved.
    pub fn line_count(&self) -> usize {
        self.basket.as_ref().map_or(0, Basket::rows)
    }

    /// The line that keys are for.
    pub fn current_line(&self) -> Option<usize> {
        let last = self.line_count().checked_sub(1)?;
        Some(self.selected.unwrap_or(last).min(last))
    }

    /// Ends what was typed, what it found, and what was to be added as it found nothing.
    pub(super) fn clear_entry(&mut self) {
        self.adding = None;
        self.entry.clear();
        self.found = Found::Nothing;
    }

    /// Lets the basket go, with its tenders. None that is held comes back by itself: keys that are under way would land
    /// in it.
    fn next_customer(&mut self) {
        self.basket = None;
        self.taken.clear();
        self.awaited = None;
        self.payment = None;
        self.looking = None;
        self.returning = None;
        self.word = Word::None;
        self.references.clear();
        self.selected = None;
        self.takes = None;
        self.settling = None;
        self.note = None;
        self.scanned_row = None;
        self.changes.clear();
        self.clear_entry();
    }
}

/// Characters for whichever line is in front. Those of `at_once` came in one read.
pub(super) fn insert(model: &mut Model, text: &str, at_once: bool) -> Effects {
    if model.sale.payment.is_some() {
        return payment::insert(model, text, at_once);
    }
    if model.sale.returning.is_some() {
        returning::insert(model, text);
        return Effects::none();
    }
    if model.sale.adding.is_some() {
        adding::insert(model, text);
        return Effects::none();
    }
    counter::insert(model, text);
    Effects::none()
}

/// A key for this screen.
pub(super) fn update(model: &mut Model, command: Command, moment: Moment) -> Effects {
    if command == Command::Hold {
        hold::hold_or_recall(model);
        return Effects::none();
    }
    if model.sale.payment.is_some() {
        let effects = payment::update(model, command);
        returning::back_in_front(model);
        return effects;
    }
    if model.sale.returning.is_some() {
        let effects = returning::update(model, command);
        returning::back_in_front(model);
        return effects;
    }
    if model.sale.adding.is_some() {
        return adding::update(model, command, moment);
    }
    counter::update(model, command, moment)
}

/// The catalogue changed: the same words may find something else now. What was highlighted stays so, or nothing is.
pub(super) fn refresh(model: &mut Model) {
    let before = std::mem::take(&mut model.sale.found);
    let had = match &before {
        Found::Drugs(list) => list.highlighted,
        Found::Doctors(list) => list.highlighted,
        Found::Nothing => None,
    };
    model.sale.found = Found::of(model.sale.entry.text(), &model.shelf, &before, true);
    let has = match &model.sale.found {
        Found::Drugs(list) => list.highlighted,
        Found::Doctors(list) => list.highlighted,
        Found::Nothing => None,
    };
    if had.is_some() && has.is_none() {
        model.mention("the list changed, and what was highlighted is gone: choose again");
    }
}

/// The sale of that receipt waits in the queue: the line about the last sale says so, if it is that one's.
pub(super) fn parked(model: &mut Model, receipt: Option<&str>) {
    if let Some(last) = model
        .sale
        .last
        .as_mut()
        .filter(|last| Some(last.receipt.as_str()) == receipt)
    {
        last.state = LastState::Parked(String::from("it is in the queue"));
    }
}

/// Lets the basket go, as was asked and answered.
pub(super) fn cancel(model: &mut Model) {
    let words = match &model.sale.returning {
        Some(returning) => format!("{} is left: nothing of it came back", returning.receipt),
        None => String::from("basket cancelled"),
    };
    audit::basket_cancelled(model);
    undo::let_go(model);
    model.mention(words);
}
