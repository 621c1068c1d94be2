//! Whether the basket can be paid.
use super::{Payment, due, first_tender, given, is_overpaid};
use crate::app::effect::Effects;
use crate::app::model::Model;
use crate::app::sale::{Awaited, beforehand, doubt};
use crate::domain::basket::BasketFault;

/// Opens the payment, if the basket can be sold as it is and nobody has to be asked whether it is meant.
pub(in crate::app::sale) fn open(model: &mut Model) -> Effects {
    if let Err(why) = ready(model) {
        model.refuse(why);
        return Effects::none();
    }
    if doubt::asks(model) {
        return Effects::none();
    }
    let Some(tender) = first_tender(model) else {
        model.refuse("no tender is set up: rxtill init brings cash");
        return Effects::none();
    };
    if is_overpaid(model) {
        let given = given(&model.sale.taken, model.currency().places);
        model.sale.taken.clear();
        model.mention(format!(
            "the total is another one now, {given} was given: key the tenders again"
        ));
    }
    model.sale.selected = None;
    if let Some(last) = model.sale.last.take() {
        model.sale.before = Some(last);
    }
    model.sale.payment = Some(Payment::by(tender));
    if let Some(awaited) = model.sale.awaited.take() {
        go_on_waiting(model, awaited);
    }
    beforehand::ask(model)
}

/// The payment opens where it was left: the reference of that money is asked for.
fn go_on_waiting(model: &mut Model, awaited: Awaited) {
    let Awaited { tender, amount } = awaited;
    if amount > due(model) {
        let (name, amount) = (&tender.name, amount.grouped(model.currency().places));
        return model.mention(format!(
            "the total is another one now, {name} {amount} was awaited: key the tenders again"
        ));
    }
    model.sale.payment = Some(Payment {
        picked: true,
        amount: Some(amount),
        ..Payment::by(tender)
    });
}

fn ready(model: &mut Model) -> Result<(), String> {
    if !model.sale.entry.is_empty() {
        return Err(String::from("Enter takes what is typed, Esc drops it; then the money"));
    }
    if let Some(fault) = &model.disk {
        return Err(format!("nothing can be sold, take no money: {fault}"));
    }
    let places = model.currency().places;
    match &model.sale.basket {
        None => return Err(BasketFault::Empty.to_string()),
        Some(basket) => basket.check(places, model.today()).map_err(|fault| fault.to_string())?,
    }
    if model.outlet.is_none() {
        return Err(model.no_outlet().to_owned());
    }
    if model.seller.is_none() {
        return Err(model
            .ask_who_sells()
            .err()
            .unwrap_or("choose who sells first, then pay")
            .to_owned());
    }
    Ok(())
}
