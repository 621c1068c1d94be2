//! What is keyed: an amount, the letter of a tender, a reference; and the way back.
use std::sync::Arc;

use super::{Payment, due, due_by, first_tender};
use crate::app::effect::Effects;
use crate::app::model::Model;
use crate::app::sale::{beforehand, hold};
use crate::domain::catalogue::Tender;
use crate::domain::money::Money;

/// Digits that came in one read and are at least this many are a code, not money.
const CODE_LENGTH: usize = 6;

/// The letter that holds the basket until the money has come, unless it is a tender's.
pub const WAITS: char = 'w';

/// Characters for the payment: an amount, a reference, or the letter of a tender.
pub(in crate::app::sale) fn insert(model: &mut Model, text: &str, at_once: bool) -> Effects {
    let Some(payment) = &mut model.sale.payment else {
        return Effects::none();
    };
    if payment.amount.is_some() {
        payment.entry.insert(text.trim());
        return beforehand::ask_reference(model);
    }
    let is_amount = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if is_amount && (!at_once || text.len() < CODE_LENGTH) {
        payment.entry.insert(text);
    } else if at_once {
        model.ignore_scan("it is no money; Esc goes back to the basket");
    } else {
        pick_tender(model, text);
    }
    Effects::none()
}

/// A letter: that tender takes the amount typed, or all that is due.
fn pick_tender(model: &mut Model, letter: &str) {
    let tenders = model.shelf.catalogue().tenders();
    let picked = |tender: &Arc<Tender>| tender.entry_key.to_string().eq_ignore_ascii_case(letter);
    let Some(tender) = tenders.into_iter().find(picked) else {
        if WAITS.to_string().eq_ignore_ascii_case(letter) && may_wait_for(model).is_some() {
            return wait(model);
        }
        return model.refuse(format!(
            "“{letter}” is no tender here: digits, or a letter of those listed"
        ));
    };
    let Some(payment) = &mut model.sale.payment else { return };
    payment.tender = tender;
    payment.picked = true;
    if !payment.tender.reference_pattern.is_empty() {
        begin_reference(model);
    }
}

/// The tender whose money may come later than the next customer: the first that wants a reference.
pub fn may_wait_for(model: &Model) -> Option<Arc<Tender>> {
    let payment = model.sale.payment.as_ref()?;
    let paid_out = model.sale.basket.as_ref()?.refund_of.is_some();
    if payment.amount.is_some() || paid_out || due(model).is_zero() {
        return None;
    }
    let mut tenders = model.shelf.catalogue().tenders().into_iter();
    tenders.find(|tender| !tender.reference_pattern.is_empty())
}

/// The basket waits for that tender's money, what was typed or all that is due, while the next customer is served.
pub(super) fn wait(model: &mut Model) {
    let Some(tender) = may_wait_for(model) else {
        return model.refuse("nothing here is paid with a reference that one could wait for");
    };
    let Some(payment) = &mut model.sale.payment else { return };
    payment.tender = tender;
    payment.picked = true;
    begin_reference(model);
    if let Some(awaited) = model.sale.awaits() {
        hold::wait_for(model, awaited);
    }
}

/// What was typed, or all that is due.
pub(super) fn amount_typed(model: &Model, payment: &Payment) -> Result<Money, String> {
    match payment.entry.text() {
        "" => Ok(due_by(model, &payment.tender)),
        text => text.parse::<Money>().map_err(|fault| fault.to_string()),
    }
}

pub(super) fn begin_reference(model: &mut Model) {
    let Some(payment) = &model.sale.payment else { return };
    match amount_typed(model, payment) {
        Ok(amount) => {
            let most = due(model);
            if amount > most || amount <= Money::ZERO {
                let name = payment.tender.name.clone();
                let most = most.fixed(model.currency().places);
                return model.refuse(format!("{name} gives no change: at most {most}"));
            }
            if let Some(payment) = &mut model.sale.payment {
                payment.amount = Some(amount);
                payment.entry.clear();
            }
        }
        Err(why) => model.refuse(why),
    }
}

pub(super) fn back_to_cash(model: &mut Model) {
    let cash = first_tender(model);
    model.sale.payment = cash.map(Payment::by);
}

pub(super) fn last_tender_out(model: &mut Model) {
    if model
        .sale
        .payment
        .as_ref()
        .is_some_and(|payment| payment.amount.is_some())
    {
        return back_to_cash(model);
    }
    match model.sale.taken.pop() {
        Some(taken) => {
            let amount = taken.amount.fixed(model.currency().places);
            model.mention(format!("taken out: {} {amount}", taken.tender.name));
        }
        None => back_to_cash(model),
    }
}
