//! All is paid: the sale is made, and goes on its way.
use std::sync::Arc;

use super::{Payment, first_tender};
use crate::app::effect::{Effect, Effects, Stock};
use crate::app::model::Model;
use crate::app::sale::{WaitingSale, Word};
use crate::app::settings::OversellRule;
use crate::domain::basket::Terms;
use crate::domain::sale::SaleFlag;

/// Makes the sale, and readies the screen for the next customer.
pub(super) fn finish(model: &mut Model) -> Effects {
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
            if model.clock.is_some() {
                flags.push(SaleFlag::ClockSuspect);
            }
            let basket = basket.clone();
            let taken = std::mem::take(&mut model.sale.taken);
            let waiting = WaitingSale {
                request: model.request(),
                basket,
                taken,
                returning: model.sale.returning.take().map(Box::new),
                agreed,
                flags,
                short: None,
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
pub(in crate::app::sale) fn sell(model: &mut Model, waiting: WaitingSale, stock: Stock) -> Effects {
    let effect = Effect::Sell {
        request: waiting.request,
        agreed: Box::new(waiting.agreed.clone()),
        flags: waiting.flags.clone(),
        stock,
    };
    model.sale.waiting = Some(waiting);
    effect.into()
}
