//! `*3`, `=12.50`, `%10`: how many of a line of the basket, for how much each, and what is taken off.
use super::counter::{refuse_number, refuse_text};
use crate::app::model::Model;
use crate::domain::basket::{Basket, BasketFault};
use crate::domain::money::{Money, Quantity};

/// No price or quantity has more digits before its point: a code typed as one is seen here.
const MOST_DIGITS: usize = 7;

/// What has no name has no price.
const UNKNOWN_GOODS: &str = "what it is comes first: Esc, then Enter on its line";

/// Whether a code was typed where a number was wanted.
fn looks_like_a_code(text: &str) -> bool {
    text.bytes().take_while(u8::is_ascii_digit).count() > MOST_DIGITS
}

/// How many of it.
pub(super) fn quantity(model: &mut Model, text: &str) {
    match text.parse() {
        _ if text.is_empty() => model.mention("how many? the number, then Enter"),
        _ if looks_like_a_code(text) => refuse_text(model, "that looks like a code, not like a quantity"),
        Ok(quantity) if quantity == Quantity::ZERO => {
            refuse_text(
                model,
                "quantity 0: it must be above zero; Esc, then - takes the line out",
            );
        }
        Ok(quantity) => {
            let known = model.sale.current_line().map(|line| model.batches_of_line(line));
            let (known, today) = (known.unwrap_or_default(), model.today());
            change(model, &format!("quantity {quantity}"), |basket, line| {
                if let Some(at) = basket.unresolved_at(line) {
                    return basket.set_unresolved(at, quantity);
                }
                basket.set_quantity(line, quantity)?;
                basket.offer_again(line, &known, today);
                Ok(())
            });
        }
        Err(fault) => refuse_number(model, &fault),
    }
}

/// The price of one of its unit.
pub(super) fn price(model: &mut Model, text: &str) {
    let currency = model.currency().clone();
    match text.parse::<Money>() {
        _ if model.sale.unresolved_here().is_some() => refuse_text(model, UNKNOWN_GOODS),
        _ if text.is_empty() => model.mention("for how much each? the price, then Enter"),
        _ if looks_like_a_code(text) => refuse_text(model, "that looks like a code, not like a price"),
        Ok(price) => change(
            model,
            &format!("price {}", price.exact(currency.places)),
            |basket, line| basket.set_price(line, price, &currency),
        ),
        Err(fault) => refuse_number(model, &fault),
    }
}

/// So many per cent off it. A sign of per cent behind the number changes nothing.
pub(super) fn percent_off(model: &mut Model, text: &str) {
    match text.trim_end_matches('%').trim_end().parse::<Quantity>() {
        _ if model.sale.unresolved_here().is_some() => refuse_text(model, UNKNOWN_GOODS),
        _ if text.is_empty() => model.mention("how many per cent off? the number, then Enter; 0 for none"),
        Ok(percent) => change(model, &format!("{percent} % off"), |basket, line| {
            basket.set_percent_off(line, percent.decimal())
        }),
        Err(fault) => refuse_number(model, &fault),
    }
}

/// Changes the line that keys are for; what was typed stays to be mended where a rule forbids it.
fn change(model: &mut Model, what: &str, change: impl FnOnce(&mut Basket, usize) -> Result<(), BasketFault>) {
    let (Some(line), Some(basket)) = (model.sale.current_line(), &mut model.sale.basket) else {
        return refuse_text(model, "no line to change: type a name or scan first");
    };
    let before = Some(basket.clone());
    match change(basket, line) {
        Ok(()) => {
            let sale = &mut model.sale;
            sale.changed(model.now, before, format!("{what} on line {}", line + 1));
            sale.clear_entry();
            sale.selected = None;
        }
        Err(fault) => refuse_text(model, &fault.to_string()),
    }
}
