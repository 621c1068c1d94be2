//! Enter: what was keyed is taken, if it pays.
use std::sync::Arc;

use super::tenders::{amount_typed, back_to_cash, begin_reference};
use super::{cash_rule, due, finishing, total};
use crate::app::effect::Effects;
use crate::app::model::Model;
use crate::app::question::About;
use crate::app::sale::beforehand;
use crate::domain::basket::{Basket, Tendered, reckon};
use crate::domain::money::{Currency, Money};

/// Enter: what was typed is taken. If that settles it, the sale is made.
pub(super) fn enter(model: &mut Model, sure: bool) -> Effects {
    let Some(payment) = model.sale.payment.clone() else {
        return Effects::none();
    };
    if let Some(why) = beforehand::in_the_way(model) {
        model.refuse(why);
        return Effects::none();
    }
    let places = model.currency().places;
    let due = due(model);
    if due.is_zero() && payment.is_bare() {
        return finishing::finish(model);
    }
    if due.is_zero() {
        model.refuse("nothing is due: Backspace on the empty line takes the last tender out");
        return Effects::none();
    }
    if is_unsaid(model) {
        model.refuse("this basket was put aside: key the amount, or the letter of a tender");
        return Effects::none();
    }
    let needs_reference = !payment.tender.reference_pattern.is_empty();
    if needs_reference && payment.amount.is_none() {
        begin_reference(model);
        return Effects::none();
    }
    let amount = match payment.amount {
        Some(amount) => Ok(amount),
        None => amount_typed(model, &payment),
    };
    let amount = match amount {
        Ok(amount) => amount,
        Err(why) => {
            model.refuse(why);
            return Effects::none();
        }
    };
    if let Some(why) = beforehand::why_not(model, &payment.tender, payment.entry.text()) {
        return refuse_typed(model, why);
    }
    let reference = payment.amount.map(|_| payment.entry.text().to_owned());
    let tendered = Tendered {
        tender: Arc::clone(&payment.tender),
        amount,
        reference,
    };
    // What it pays is checked, with what was taken: the rest may come by another tender.
    let with_it = [model.sale.taken.as_slice(), std::slice::from_ref(&tendered)].concat();
    let reckoning = match reckon(total(model), &with_it, &cash_rule(model)) {
        Ok(reckoning) => reckoning,
        Err(fault) => return refuse_typed(model, fault.to_string()),
    };
    if model.sale.returning.is_some() && !reckoning.change.is_zero() {
        return refuse_typed(model, format!("at most {} is given back", due.grouped(places)));
    }
    if !sure && is_far_above(amount, due, model.currency()) {
        let change = reckoning.change.grouped(places);
        let tendered = amount.grouped(places);
        model.ask(About::LargeTender { tendered, change });
        return Effects::none();
    }
    model.sale.taken.push(tendered);
    if !reckoning.due.is_zero() {
        back_to_cash(model);
        return Effects::none();
    }
    finishing::finish(model)
}

/// What was typed stays to be read and mended; what is typed anew takes its place.
fn refuse_typed(model: &mut Model, why: String) -> Effects {
    if let Some(payment) = &mut model.sale.payment
        && payment.amount.is_none()
    {
        // An amount is keyed anew; of a reference mostly a letter is wrong or missing, so what is typed goes on from it.
        payment.entry.spend();
    }
    model.refuse(why);
    Effects::none()
}

/// Whether Enter would take the exact amount of a basket that was put aside, or the rest of it: there amount or tender
/// have to be said.
pub fn is_unsaid(model: &Model) -> bool {
    let sale = &model.sale;
    let recalled = sale.basket.as_ref().is_some_and(Basket::is_recalled);
    let bare = sale
        .payment
        .as_ref()
        .is_some_and(|payment| payment.is_bare() && !payment.picked);
    recalled && bare && !due(model).is_zero()
}

/// The tender is large, and was meant.
pub(in crate::app) fn enter_surely(model: &mut Model) -> Effects {
    enter(model, true)
}

/// `1000` typed as `10000` gives out 9,000: nobody hands over a note more than what is due needs.
fn is_far_above(amount: Money, due: Money, currency: &Currency) -> bool {
    match currency.largest_note() {
        Some(note) => amount > due + note,
        None => amount.decimal() > due.decimal() * rust_decimal::Decimal::TEN,
    }
}
