//! What is asked about a basket before its money: a quantity far from the drug's usual, and the same as was sold just now. A
//! slip is seen here while the goods are still on the counter.
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::payment;
use crate::app::audit;
use crate::app::effect::Effects;
use crate::app::model::Model;
use crate::app::question::About;
use crate::domain::basket::{BasketLine, Contents, Doubt};

/// The same so soon after may be the same customer's, keyed twice.
const SOON: SignedDuration = SignedDuration::from_secs(60);

/// The sale before: its id, its receipt where it has one, when, and what it held.
type Before<'a> = (Uuid, Option<&'a str>, Timestamp, Contents);

/// Asks about the basket in front, if there is something to ask.
pub(super) fn asks(model: &mut Model) -> bool {
    let about = about_quantity(model).or_else(|| about_same(model));
    let is_asked = about.is_some();
    if let Some(about) = about {
        model.ask(about);
    }
    is_asked
}

fn about_quantity(model: &Model) -> Option<About> {
    let basket = model.sale.basket.as_ref().filter(|basket| basket.refund_of.is_none())?;
    let (at, doubt, usual) = basket.far_from_usual(|drug| model.usual_of(drug.uuid))?;
    let line = basket.lines.get(at)?;
    let base = &line.drug.base_unit;
    Some(About::UnusualQuantity {
        doubt,
        usual: usual.median,
        drug: line.drug.label(),
        sells: sells(line),
        usually: format!("{} {base}", usual.median),
    })
}

/// "100 tab", or "3 box 100 (300 tab)".
fn sells(line: &BasketLine) -> String {
    let (quantity, unit, base) = (line.quantity, line.unit(), &line.drug.base_unit);
    if unit == base {
        return format!("{quantity} {unit}");
    }
    format!("{quantity} {unit} ({} {base})", line.base_units())
}

fn about_same(model: &Model) -> Option<About> {
    let basket = model.sale.basket.as_ref().filter(|basket| basket.refund_of.is_none())?;
    let (sale, receipt, at, contents) = before(model)?;
    let ago = model.now.duration_since(at);
    let is_soon = !ago.is_negative() && ago <= SOON;
    if !is_soon || !basket.is_same_as(sale, &contents) {
        return None;
    }
    Some(About::SameBasket {
        doubt: Doubt::SameAs(sale),
        receipt: receipt.map(str::to_owned),
        seconds: ago.as_secs(),
    })
}

/// The sale before this one: on its way, or made.
fn before(model: &Model) -> Option<Before<'_>> {
    let sale = &model.sale;
    if let Some(waiting) = &sale.waiting {
        let agreed = &waiting.agreed;
        return Some((agreed.sale_id, None, agreed.sold_at, agreed.contents()));
    }
    let last = sale.last.as_ref().or(sale.before.as_ref())?;
    Some((
        last.sale_id,
        Some(last.receipt.as_str()),
        last.at,
        last.contents.clone(),
    ))
}

/// Yes: it is meant, and the payment opens. Nobody asks about that again.
pub(in crate::app) fn sure(model: &mut Model, about: &About) -> Effects {
    audit::doubt_answered(model, about, true);
    let doubt = about.doubt();
    if let (Some(basket), Some(doubt)) = (&mut model.sale.basket, doubt) {
        basket.sure_of.push(doubt.clone());
    }
    payment::open(model)
}

/// No: the line is there to be changed, or the basket to be let go.
pub(in crate::app) fn unsure(model: &mut Model, about: &About) {
    audit::doubt_answered(model, about, false);
    if let About::UnusualQuantity {
        doubt: Doubt::Quantity { drug, quantity },
        ..
    } = about
    {
        let basket = model.sale.basket.as_ref();
        let is_it = |line: &BasketLine| line.drug.id == *drug && line.base_units() == *quantity;
        model.sale.selected = basket.and_then(|basket| basket.lines.iter().position(is_it));
        model.mention("nothing is paid yet: Enter changes how many");
    } else {
        model.mention("nothing is paid yet: Esc lets this basket go");
    }
}
