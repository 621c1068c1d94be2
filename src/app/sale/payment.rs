//! The money: the entry line again, with what is due as its ghost.
use std::sync::Arc;

use super::{WaitingSale, Word, beforehand};
use crate::app::command::{Command, Edit};
use crate::app::effect::{Effect, Effects, Stock};
use crate::app::model::Model;
use crate::app::question::About;
use crate::app::settings::OversellRule;
use crate::app::text::Line;
use crate::domain::basket::{Basket, BasketFault, PaymentFault, Tendered, Terms, settle};
use crate::domain::catalogue::Tender;
use crate::domain::money::{Currency, Money};
use crate::domain::sale::SaleFlag;

/// Digits that came in one read and are at least this many are a code, not money.
const CODE_LENGTH: usize = 6;

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
}

/// What is still due.
pub fn due(model: &Model) -> Money {
    balance(model).max(Money::ZERO)
}

/// What the tenders taken so far give back.
pub fn change(model: &Model) -> Money {
    (-balance(model)).max(Money::ZERO)
}

/// The total without what was handed over.
fn balance(model: &Model) -> Money {
    let handed: Money = model.sale.taken.iter().map(|taken| taken.amount).sum();
    total(model) - handed
}

/// Whether the tenders taken so far are more than the basket costs by now, and not by change.
pub(super) fn is_overpaid(model: &Model) -> bool {
    let settled = settle(total(model), &model.sale.taken, model.currency().places);
    !matches!(settled, Ok(_) | Err(PaymentFault::Due { .. }))
}

fn total(model: &Model) -> Money {
    let places = model.currency().places;
    let basket = model.sale.basket.as_ref();
    basket.map_or(Money::ZERO, |basket| basket.total(places))
}

/// Opens the payment, if the basket can be sold as it is.
pub(super) fn open(model: &mut Model) -> Effects {
    if let Err(why) = ready(model) {
        model.refuse(why);
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
    model.sale.last = None;
    model.sale.payment = Some(Payment::by(tender));
    beforehand::ask(model)
}

fn ready(model: &mut Model) -> Result<(), String> {
    if !model.sale.entry.is_empty() {
        return Err(String::from("Enter takes what is typed, Esc drops it; then the money"));
    }
    if let Some(fault) = &model.disk {
        return Err(format!(
            "nothing can be sold, take no money: the till's disk failed: {fault}"
        ));
    }
    let places = model.currency().places;
    match &model.sale.basket {
        None => return Err(BasketFault::Empty.to_string()),
        Some(basket) => basket.check(places).map_err(|fault| fault.to_string())?,
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

/// What was handed over, in words: "Cash 500.00 and M-Pesa 110.00".
pub(super) fn given(taken: &[Tendered], places: u32) -> String {
    let given = |taken: &Tendered| format!("{} {}", taken.tender.name, taken.amount.grouped(places));
    taken.iter().map(given).collect::<Vec<_>>().join(" and ")
}

fn first_tender(model: &Model) -> Option<Arc<Tender>> {
    model.shelf.catalogue().tenders().into_iter().next()
}

/// Characters for the payment: an amount, a reference, or the letter of a tender.
pub(super) fn insert(model: &mut Model, text: &str, at_once: bool) -> Effects {
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
        return model.refuse(format!(
            "“{letter}” is no tender here: digits, or one of the letters below"
        ));
    };
    let Some(payment) = &mut model.sale.payment else { return };
    payment.tender = tender;
    payment.picked = true;
    if !payment.tender.reference_pattern.is_empty() {
        begin_reference(model);
    }
}

/// What was typed, or all that is due.
fn amount_typed(model: &Model, payment: &Payment) -> Result<Money, String> {
    match payment.entry.text() {
        "" => Ok(due(model)),
        text => text.parse::<Money>().map_err(|fault| fault.to_string()),
    }
}

fn begin_reference(model: &mut Model) {
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

/// A key in the payment.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    let Some(payment) = &mut model.sale.payment else {
        return Effects::none();
    };
    match command {
        Command::Accept | Command::Confirm | Command::Pay => return enter(model, false),
        Command::Edit(Edit::Backspace) if payment.entry.is_empty() => last_tender_out(model),
        Command::Edit(edit) => {
            payment.entry.edit(edit);
            return beforehand::ask_reference(model);
        }
        Command::Yes => beforehand::reply(model, true),
        Command::No => beforehand::reply(model, false),
        Command::Back if !payment.entry.is_empty() => payment.entry.clear(),
        Command::Back if payment.amount.is_some() => back_to_cash(model),
        Command::Back => model.sale.payment = None,
        Command::CancelBasket => model.ask(About::CancelBasket),
        _ => {}
    }
    Effects::none()
}

fn back_to_cash(model: &mut Model) {
    let cash = first_tender(model);
    model.sale.payment = cash.map(Payment::by);
}

fn last_tender_out(model: &mut Model) {
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

/// Enter: what was typed is taken. If that settles it, the sale is made.
fn enter(model: &mut Model, sure: bool) -> Effects {
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
        return finish(model);
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
    let taken = model.sale.taken.iter().map(|taken| taken.amount).sum::<Money>();
    let with_it = [model.sale.taken.as_slice(), std::slice::from_ref(&tendered)].concat();
    if let Err(fault) = settle(taken + due.min(amount), &with_it, places) {
        return refuse_typed(model, fault.to_string());
    }
    if !sure && is_far_above(amount, due, model.currency()) {
        let change = (amount - due).grouped(places);
        let tendered = amount.grouped(places);
        model.ask(About::LargeTender { tendered, change });
        return Effects::none();
    }
    model.sale.taken.push(tendered);
    if amount < due {
        back_to_cash(model);
        return Effects::none();
    }
    finish(model)
}

/// What was typed stays to be read and mended; what is typed anew takes its place.
fn refuse_typed(model: &mut Model, why: String) -> Effects {
    if let Some(payment) = &mut model.sale.payment {
        payment.entry.spend();
    }
    model.refuse(why);
    Effects::none()
}

/// Whether Enter would take the exact amount of a basket that was put aside: there amount or tender have to be said.
pub fn is_unsaid(model: &Model) -> bool {
    let sale = &model.sale;
    let recalled = sale.basket.as_ref().is_some_and(Basket::is_recalled);
    let bare = sale
        .payment
        .as_ref()
        .is_some_and(|payment| payment.is_bare() && !payment.picked);
    recalled && bare && sale.taken.is_empty() && !due(model).is_zero()
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

/// Makes the sale, and readies the screen for the next customer.
fn finish(model: &mut Model) -> Effects {
    if model.sale.waiting.is_some() {
        model.sale.payment = first_tender(model).map(Payment::by);
        model.mention("the sale before is still on its way: Enter again in a moment");
        return Effects::none();
    }
    let (Some(basket), Some(outlet), Some(employee)) = (&model.sale.basket, &model.outlet, &model.seller) else {
        return Effects::none();
    };
    let terms = Terms {
        outlet: Arc::clone(outlet),
        employee: Arc::clone(employee),
        at: model.now,
    };
    match basket.agree(&model.sale.taken, &terms, model.shelf.catalogue()) {
        Ok((agreed, mut flags)) => {
            let holds = model.sale.word == Word::Held;
            if holds {
                flags.push(SaleFlag::ShortStock);
            }
            let basket = basket.clone();
            let taken = std::mem::take(&mut model.sale.taken);
            let waiting = WaitingSale {
                request: model.request(),
                basket,
                taken,
                agreed,
                flags,
            };
            let stock = match model.settings.oversell {
                OversellRule::Allow => Stock::Held,
                OversellRule::Ask if holds => Stock::Held,
                OversellRule::Ask | OversellRule::Refuse => Stock::Checked,
            };
            model.sale.next_customer();
            sell(model, waiting, stock)
        }
        Err(fault) => {
            // The tender that did not fit is typed again.
            model.sale.taken.pop();
            model.refuse(fault.to_string());
            Effects::none()
        }
    }
}

/// Sends a sale on its way.
pub(super) fn sell(model: &mut Model, waiting: WaitingSale, stock: Stock) -> Effects {
    let effect = Effect::Sell {
        request: waiting.request,
        agreed: Box::new(waiting.agreed.clone()),
        flags: waiting.flags.clone(),
        stock,
    };
    model.sale.waiting = Some(waiting);
    effect.into()
}
