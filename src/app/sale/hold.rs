//! F9: a basket waits under a ticket while somebody else is served, and is called back by it.
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Sale, payment};
use crate::app::effect::Effects;
use crate::app::model::{Model, Screen};
use crate::app::picker::{self, Choice};
use crate::app::question::About;
use crate::domain::basket::{Basket, Repriced, Tendered};
use crate::domain::catalogue::Tender;
use crate::domain::money::Money;

/// Tickets have two digits: they are called out over a counter.
const LAST_TICKET: u32 = 99;

/// A basket that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The number that the customer is told.
    pub ticket: u32,
    /// Since when it waits.
    pub since: Timestamp,
    /// What is in it.
    pub basket: Basket,
    /// What was handed over for it already.
    pub taken: Vec<Tendered>,
    /// What it waits for, if it is money that is on its way.
    pub awaited: Option<Awaited>,
}

/// Money that was asked for and whose reference has not come yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// By which tender.
    pub tender: Arc<Tender>,
    /// How much.
    pub amount: Money,
}

impl Sale {
    /// What the basket in front waits for: its reference is being typed, or will be when the payment opens.
    pub(super) fn awaits(&self) -> Option<Awaited> {
        match &self.payment {
            Some(payment) => payment.amount.map(|amount| Awaited {
                tender: Arc::clone(&payment.tender),
                amount,
            }),
            None => self.awaited.clone(),
        }
    }
}

impl Model {
    /// Puts a basket aside under its own ticket, or the next free one. Gives the ticket.
    pub(super) fn put_aside(&mut self, mut basket: Basket, taken: Vec<Tendered>, awaited: Option<Awaited>) -> u32 {
        let ticket = basket.ticket.take().unwrap_or_else(|| {
            self.sale.last_ticket = self.next_ticket();
            self.sale.last_ticket
        });
        self.sale.held.push(Held {
            ticket,
            since: self.now,
            basket,
            taken,
            awaited,
        });
        ticket
    }

    /// The ticket under which the basket in front would wait.
    pub fn ticket_to_be(&self) -> u32 {
        let own = self.sale.basket.as_ref().and_then(|basket| basket.ticket);
        own.unwrap_or_else(|| self.next_ticket())
    }

    /// Numbers go round, so that one that was called a minute ago is not called again at once.
    fn next_ticket(&self) -> u32 {
        let sale = &self.sale;
        let in_use = |ticket: u32| sale.held.iter().any(|held| held.ticket == ticket);
        let after = |ticket: u32| ticket % LAST_TICKET + 1;
        let mut ticket = after(sale.last_ticket);
        // With every number out, one is given twice: its time tells the two apart.
        for _ in 0..LAST_TICKET {
            if !in_use(ticket) {
                break;
            }
            ticket = after(ticket);
        }
        ticket
    }
}

/// F9: what is in front waits; with nothing in front, one that waits is chosen.
pub(super) fn hold_or_recall(model: &mut Model) {
    if model.sale.returning.is_some() {
        return model.refuse("a return does not wait: finish it, or Esc leaves it");
    }
    if !model.sale.entry.is_empty() && model.sale.payment.is_none() {
        let then = if model.sale.basket.is_none() && !model.sale.held.is_empty() {
            "call one back"
        } else {
            "hold the basket"
        };
        return model.refuse(format!("Enter takes what is typed, Esc drops it; then {then}"));
    }
    model.screen = Screen::Sale;
    let awaited = model.sale.awaits();
    let begun = model.sale.basket.take().filter(|basket| !basket.is_untouched());
    match begun {
        Some(basket) => hold(model, basket, awaited),
        None if model.sale.held.is_empty() => model.mention("nothing is held: with a basket in front, this parks it"),
        None => {
            let oldest = model.sale.held.first().map(|held| held.basket.sale_id);
            picker::open(model, Choice::Held, oldest);
        }
    }
}

fn hold(model: &mut Model, basket: Basket, awaited: Option<Awaited>) {
    let taken = std::mem::take(&mut model.sale.taken);
    let waits = awaited.as_ref().map(|awaited| {
        let amount = awaited.amount.grouped(model.currency().places);
        format!(", waiting for {} {amount}", awaited.tender.name)
    });
    let ticket = model.put_aside(basket, taken, awaited);
    model.sale.next_customer();
    model.say(format!(
        "held as #{ticket}{}: the next customer, or the same key calls one back",
        waits.unwrap_or_default()
    ));
}

/// Puts the basket in front aside until the money that it waits for has come.
pub(super) fn wait_for(model: &mut Model, awaited: Awaited) {
    if let Some(basket) = model.sale.basket.take() {
        hold(model, basket, Some(awaited));
    }
}

/// Calls a basket back by its sale's id. Whatever is in front by now waits in its place.
pub(in crate::app) fn recall(model: &mut Model, sale_id: Uuid) -> Effects {
    let Some(at) = model.sale.held.iter().position(|held| held.basket.sale_id == sale_id) else {
        return Effects::none();
    };
    let Held {
        ticket,
        mut basket,
        taken,
        awaited,
        ..
    } = model.sale.held.remove(at);
    let in_front_awaits = model.sale.awaits();
    let in_front = model.sale.basket.take().filter(|basket| !basket.is_untouched());
    if let Some(in_front) = in_front {
        let its = std::mem::take(&mut model.sale.taken);
        model.put_aside(in_front, its, in_front_awaits);
    }
    basket.ticket = Some(ticket);
    model.sale.next_customer();
    model.sale.basket = Some(basket);
    model.sale.taken = taken;
    model.sale.awaited = awaited;
    model.screen = Screen::Sale;
    model.say(format!("#{ticket} is back: look it through with the customer"));
    ask_new_prices(model);
    go_on_waiting(model)
}

/// A basket that waits for money comes back to its payment, once nothing else is asked.
fn go_on_waiting(model: &mut Model) -> Effects {
    if model.sale.awaited.is_none() || model.over.is_some() {
        return Effects::none();
    }
    payment::open(model)
}

/// Where the list has changed while the basket in front was away, that is told and chosen.
pub(super) fn ask_new_prices(model: &mut Model) {
    let changed = prices_that_differ(model);
    if !changed.is_empty() {
        let places = model.currency().places;
        let say = |line: &Repriced| {
            let (was, is) = (line.shown.exact(places), line.listed.exact(places));
            format!("{} was {was} a {}, is {is}", line.drug, line.unit)
        };
        let what = changed.iter().map(say).collect::<Vec<_>>().join("; ");
        model.ask(About::NewPrices { what });
    }
}

fn prices_that_differ(model: &Model) -> Vec<Repriced> {
    match (&model.sale.basket, &model.outlet) {
        (Some(basket), Some(outlet)) => basket.repriced(model.shelf.catalogue(), outlet, model.now),
        _ => Vec::new(),
    }
}

/// The prices of a recalled basket: the list's of now, or those that it showed, which the sale then says.
pub(in crate::app) fn settle_prices(model: &mut Model, take_new: bool) -> Effects {
    let Some(outlet) = model.outlet.clone() else {
        return Effects::none();
    };
    let (now, catalogue) = (model.now, model.shelf.catalogue());
    if let Some(basket) = &mut model.sale.basket {
        basket.settle_prices(catalogue, &outlet, now, take_new);
    }
    model.mention(if take_new {
        "at the prices of now"
    } else {
        "at the prices that were shown before"
    });
    if take_new && payment::is_overpaid(model) {
        model.alert("more was handed over for this basket than it costs now: give the rest back");
    }
    model.ask_what_is_missing();
    go_on_waiting(model)
}
