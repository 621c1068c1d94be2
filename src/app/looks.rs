//! Goods that were looked up, at their prices, and not sold: counted, and told now and then as one event.
use jiff::{SignedDuration, Timestamp};

use super::model::{Model, Over};
use super::sale::Found;
use crate::domain::audit::Happening;
use crate::domain::basket::Basket;
use crate::domain::sale::Agreed;

/// Told no sooner after the first of them, unless another one sells or the till is closed.
const TOLD_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Whoever lets go sooner has read no price: a slip of the hand, or words typed anew.
const LEAST: SignedDuration = SignedDuration::from_secs(1);

/// How often that was, since it was told.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks {
    /// The one that lasts.
    lasting: Option<Look>,
    count: u32,
    /// When the first began, and when the last ended.
    span: Option<(Timestamp, Timestamp)>,
}

/// Goods are in front.
#[derive(Debug, Clone)]
struct Look {
    since: Timestamp,
    /// The basket then: as long as it is the same, nothing was sold of them.
    basket: Option<Basket>,
    /// It was noted that somebody asked for them: that is no look at a price.
    is_asked_for: bool,
}

/// At the end of an update: whether a look began or ended with it, and whether it is time to tell.
pub(super) fn count(model: &mut Model) {
    if model.holder().is_some() {
        return;
    }
    let (now, looking) = (model.now, is_looking(model));
    match &mut model.looks.lasting {
        None if looking => {
            model.looks.lasting = Some(Look {
                since: now,
                basket: model.sale.basket.clone(),
                is_asked_for: false,
            });
        }
        Some(look) if looking => {
            let asked = |noted: &crate::domain::audit::Noted| matches!(noted.happening, Happening::AskedFor { .. });
            look.is_asked_for |= model.noted.iter().any(asked);
        }
        Some(_) => {
            // While something else is typed on, what was found on the way was not what was meant.
            let is_let_go = model.sale.entry.is_empty();
            if let Some(look) = model.looks.lasting.take()
                && is_let_go
                && look.basket == model.sale.basket
                && !look.is_asked_for
                && now.duration_since(look.since) >= LEAST
            {
                model.looks.add(look.since, now);
            }
        }
        None => {}
    }
    let is_due = |(first, _): (Timestamp, Timestamp)| now.duration_since(first) >= TOLD_AFTER;
    if model.looks.span.is_some_and(is_due) {
        tell(model);
    }
}

/// Tells of those that were counted: of whoever sells now.
pub(super) fn tell(model: &mut Model) {
    let Looks { count, span, .. } = &mut model.looks;
    if let Some((from, until)) = span.take() {
        let (looks, from, until) = (std::mem::take(count), Agreed::cut(from), Agreed::cut(until));
        model.note(Happening::PriceChecked { looks, from, until });
    }
}

impl Looks {
    fn add(&mut self, since: Timestamp, until: Timestamp) {
        self.count = self.count.saturating_add(1);
        let first = self.span.map_or(since, |(first, _)| first);
        self.span = Some((first, until));
    }
}

/// Whether goods that are not in the basket are in front, with their prices.
fn is_looking(model: &Model) -> bool {
    let sale = &model.sale;
    if let Some(Over::Card(card)) = &model.over {
        return card.line.is_none();
    }
    // The name of what was scanned is looked for to sell it.
    let elsewhere = sale.payment.is_some() || sale.returning.is_some() || sale.adding.is_some();
    let has_hits = matches!(&sale.found, Found::Drugs(list) if list.matches > 0);
    has_hits && !elsewhere && sale.settling.is_none()
}
