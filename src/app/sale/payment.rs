//! The money: the entry line again, with what is due as its ghost.
//!
//! * `opening`: whether the basket can be paid.
//! * `tenders`: what is keyed: an amount, a letter, a reference; and the way back.
//! * `taking`: Enter takes what was keyed.
//! * `finishing`: all is paid: the sale is made.
mod finishing;
mod opening;
mod taking;
mod tenders;

use std::sync::Arc;

pub(super) use self::finishing::sell;
pub(super) use self::opening::open;
pub(in crate::app) use self::taking::enter_surely;
pub use self::taking::is_unsaid;
pub(super) use self::tenders::insert;
pub use self::tenders::{WAITS, may_wait_for};
use super::{beforehand, returning};
use crate::app::audit;
use crate::app::command::{Command, Edit};
use crate::app::effect::Effects;
use crate::app::model::Model;
use crate::app::question::About;
use crate::app::text::Line;
use crate::domain::basket::{CashRule, PaymentFault, Reckoning, Tendered, reckon, reference_of, settle};
use crate::domain::catalogue::Tender;
use crate::domain::money::Money;

/// The payment in front.
#[derive(Debug, Clone)]
pub struct Payment {
    /// What is being typed: the amount, or the reference.
    pub entry: Line,
    /// By which tender.
    pub tender: Arc<Tender>,
    /// Whether the tender was picked by its key.
    pub picked: bool,
    /// The amount, while its reference is being typed.
    pub amount: Option<Money>,
}

impl Payment {
    fn by(tender: Arc<Tender>) -> Self {
        Self {
            entry: Line::default(),
            tender,
            picked: false,
            amount: None,
        }
    }

    /// Whether nothing is typed and characters are keys.
    pub fn is_bare(&self) -> bool {
        self.entry.is_empty() && self.amount.is_none()
    }

    /// Whether what was typed and `text` behind it are a reference of the tender.
    pub(in crate::app) fn may_end_reference(&self, text: &str) -> bool {
        let reference = format!("{}{text}", self.entry.text());
        reference_of(&self.tender, Some(&reference)).is_ok()
    }
}

/// What is still due, to the cent.
pub fn due(model: &Model) -> Money {
    stands(model, &model.sale.taken).0
}

/// What is still due by this tender: of cash, what there are coins for.
pub fn due_by(model: &Model, tender: &Tender) -> Money {
    cash_rule(model).exact_by(tender, due(model))
}

/// What the tenders taken so far give back.
pub fn change(model: &Model) -> Money {
    stands(model, &model.sale.taken).1
}

/// What would be due, and given back, once the payment in front had paid this too.
pub fn with(model: &Model, payment: &Payment, amount: Money) -> (Money, Money) {
    let tendered = Tendered {
        tender: Arc::clone(&payment.tender),
        amount,
        reference: None,
    };
    stands(model, &[model.sale.taken.as_slice(), &[tendered]].concat())
}

/// What is due and what is given back behind these tenders. Where they cannot be, as they are more than the basket costs
/// by now, all that is over.
fn stands(model: &Model, tendered: &[Tendered]) -> (Money, Money) {
    let total = total(model);
    if let Ok(Reckoning { due, change, .. }) = reckon(total, tendered, &cash_rule(model)) {
        return (due, change);
    }
    let handed: Money = tendered.iter().map(|one| one.amount).sum();
    ((total - handed).max(Money::ZERO), (handed - total).max(Money::ZERO))
}

fn cash_rule(model: &Model) -> CashRule {
    match &model.outlet {
        Some(outlet) => CashRule::of(outlet, model.shelf.catalogue()),
        None => CashRule::exact(model.currency().places),
    }
}

/// Whether the tenders taken so far are more than the basket costs by now, and not by change.
pub(super) fn is_overpaid(model: &Model) -> bool {
    let settled = settle(total(model), &model.sale.taken, &cash_rule(model));
    !matches!(settled, Ok(_) | Err(PaymentFault::Due { .. }))
}

fn total(model: &Model) -> Money {
    let places = model.currency().places;
    let basket = model.sale.basket.as_ref();
    basket.map_or(Money::ZERO, |basket| basket.total(places))
}

/// What was handed over, in words: "Cash 500.00 and M-Pesa 110.00".
pub(super) fn given(taken: &[Tendered], places: u32) -> String {
    let given = |taken: &Tendered| format!("{} {}", taken.tender.name, taken.amount.grouped(places));
    taken.iter().map(given).collect::<Vec<_>>().join(" and ")
}

/// The one in front at first: what comes back is paid out as it was paid in.
fn first_tender(model: &Model) -> Option<Arc<Tender>> {
    if let Some(tender) = returning::pays_by(model) {
        return Some(tender);
    }
    model.shelf.catalogue().tenders().into_iter().next()
}

/// A key in the payment.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    let Some(payment) = &mut model.sale.payment else {
        return Effects::none();
    };
    match command {
        Command::Accept | Command::Confirm | Command::Pay => return taking::enter(model, false),
        Command::Edit(Edit::Backspace) if payment.entry.is_empty() => tenders::last_tender_out(model),
        Command::Edit(edit) => {
            payment.entry.edit(edit);
            return beforehand::ask_reference(model);
        }
        Command::Yes => beforehand::reply(model, true),
        Command::No => beforehand::reply(model, false),
        Command::Back if !payment.entry.is_empty() => payment.entry.clear(),
        Command::Back if payment.amount.is_some() => tenders::back_to_cash(model),
        Command::Back => {
            audit::payment_cancelled(model);
            model.sale.payment = None;
        }
        Command::Wait => tenders::wait(model),
        Command::CancelBasket => model.ask(About::CancelBasket),
        _ => {}
    }
    Effects::none()
}
