//! What is noted for those who judge later: audit events, given to the runtime at the end of the update in which they happened.
use jiff::Timestamp;
use uuid::Uuid;

use super::dimension::saver;
use super::effect::{Effect, Effects};
use super::model::{Model, Over};
use super::question::About;
use super::sale::typed::Typed;
use crate::domain::audit::{Goods, Happening, LONGEST_TEXT, Noted, Questioned, Removal};
use crate::domain::basket::{Basket, BasketLine, Doubt, ReferenceUse};
use crate::domain::dimension::{Dimension, PAY};
use crate::domain::money::{Money, Quantity};
use crate::domain::sale::{Agreed, OutletParty, Party};

impl Model {
    /// Notes what happened, here and now. Where no outlet is known nothing is sold, and nothing noted.
    pub(super) fn note(&mut self, happening: Happening) {
        let noted = self.noted_now(happening);
        self.noted.extend(noted);
    }

    /// What happened, with here and now.
    pub(super) fn noted_now(&self, happening: Happening) -> Option<Noted> {
        let outlet = self.outlet.as_ref().filter(|_| self.is_till())?;
        Some(Noted {
            at: self.now,
            local: self.now.to_zoned(outlet.zone()).datetime(),
            outlet: OutletParty {
                id: outlet.uuid,
                name: outlet.name.clone(),
                region: outlet.region.clone(),
            },
            currency: self.currency().code.clone(),
            employee: self.seller.as_ref().map(|seller| Party {
                id: seller.uuid,
                name: seller.name.clone(),
            }),
            happening,
        })
    }
}

/// What was noted during an update.
pub(super) fn tell(model: &mut Model) -> Effects {
    match std::mem::take(&mut model.noted) {
        noted if noted.is_empty() => Effects::none(),
        noted => Effect::Note(noted).into(),
    }
}

/// Whether there is something of which it can be said that a customer asked for it.
pub(super) fn may_ask_for(model: &Model) -> bool {
    model.card_at_hand().is_some() || words(model).is_some()
}

/// The words that were typed for goods, and how many were said.
fn words(model: &Model) -> Option<(String, Option<Quantity>)> {
    if model.sale.payment.is_some() || model.sale.adding.is_some() {
        return None;
    }
    let typed = Typed::of(model.sale.entry.text());
    let words = typed.words()?.to_owned();
    match typed {
        Typed::Times { times, .. } => Some((words, times.parse().ok())),
        _ => Some((words, None)),
    }
}

/// Somebody asked for what is in front and did not get it: noted once a press. No basket is opened for that.
pub(super) fn asked_for(model: &mut Model) {
    if model.outlet.is_none() {
        return model.refuse(model.no_outlet());
    }
    let said = words(model);
    let quantity = said.as_ref().and_then(|(_, quantity)| *quantity);
    let drug = match &model.over {
        Some(Over::Card(card)) => Some(card.drug.clone()),
        _ => model.card_at_hand().map(|(drug, ..)| drug),
    };
    let (what, happening) = match (drug, said) {
        (Some(drug), _) => {
            let happening = Happening::AskedFor {
                drug: Some(Goods::of(&drug)),
                words: None,
                quantity,
                stock: model.stock_here(drug.id).map(|stock| stock.remaining),
            };
            (drug.label(), happening)
        }
        (None, Some((words, _))) => (format!("“{words}”"), Happening::asked_for_words(&words, quantity)),
        (None, None) => return model.mention("asked for what? type it, or highlight it"),
    };
    model.note(happening);
    model.sale.entry.spend();
    model.say(format!("noted: {} asked for {what}", quantity.unwrap_or(Quantity::ONE)));
}

/// A basket was let go, and the payment with it if that was open.
pub(super) fn basket_cancelled(model: &mut Model) {
    payment_cancelled(model);
    let places = model.currency().places;
    let payment_open = model.sale.payment.is_some();
    let Some(basket) = model.sale.basket.as_ref().filter(|basket| basket.rows() > 0) else {
        return;
    };
    let happening = Happening::BasketCancelled {
        sale_id: basket.sale_id,
        lines: u32::try_from(basket.rows()).unwrap_or(u32::MAX),
        value: basket.total(places),
        payment_open,
    };
    model.note(happening);
}

/// The payment in front is left.
pub(super) fn payment_cancelled(model: &mut Model) {
    let places = model.currency().places;
    let (Some(_), Some(basket)) = (&model.sale.payment, &model.sale.basket) else {
        return;
    };
    let happening = Happening::PaymentCancelled {
        sale_id: basket.sale_id,
        total: basket.total(places),
        handed_over: model.sale.taken.iter().map(|taken| taken.amount).sum::<Money>(),
    };
    model.note(happening);
}

/// A line was taken out of the basket of that sale, into which it came at that time.
pub(super) fn line_taken_out(model: &mut Model, sale_id: Uuid, line: &BasketLine, came_at: Option<Timestamp>) {
    let gone = Gone {
        sale_id,
        drug: Goods::of(&line.drug),
        unit: line.unit().to_owned(),
        quantity: line.quantity,
        value: line.total(model.currency().places),
    };
    removed(model, gone, Removal::TakenOut, came_at);
}

/// The last change was taken back: what is in `before`, and no longer in `after`, left the basket. The change was made at
/// that time. Told in base units: another pack of the same is no removal.
pub(super) fn undone(model: &mut Model, before: &Basket, after: Option<&Basket>, changed_at: Timestamp) {
    let places = model.currency().places;
    let costs = |basket: &Basket, drug: i64| -> Money {
        let of_drug = basket.lines.iter().filter(|line| line.drug.id == drug);
        of_drug.map(|line| line.total(places)).sum()
    };
    for (drug, had) in before.wanted() {
        let left = after.map_or(Quantity::ZERO, |after| after.base_units_of(drug.id));
        if had <= left {
            continue;
        }
        let value = costs(before, drug.id) - after.map_or(Money::ZERO, |after| costs(after, drug.id));
        let unit = drug.base_unit.clone();
        let left_basket = Gone {
            sale_id: before.sale_id,
            drug: Goods::of(drug),
            unit,
            quantity: had - left,
            value,
        };
        removed(model, left_basket, Removal::Undone, Some(changed_at));
    }
}

/// What left a basket.
struct Gone {
    sale_id: Uuid,
    drug: Goods,
    unit: String,
    quantity: Quantity,
    value: Money,
}

fn removed(model: &mut Model, gone: Gone, how: Removal, came_at: Option<Timestamp>) {
    let seconds = |at: Timestamp| u64::try_from(model.now.duration_since(at).as_secs()).unwrap_or(0);
    let shown_s = came_at.map(seconds);
    let Gone {
        sale_id,
        drug,
        unit,
        quantity,
        value,
    } = gone;
    model.note(Happening::LineRemoved {
        sale_id,
        drug,
        unit,
        quantity,
        value,
        how,
        shown_s,
    });
}

/// A sale was recorded: what was sold at another price than the list's, and what was taken off. Only here, since a sale
/// that is refused is agreed again.
pub(super) fn sold(model: &mut Model, basket: &Basket) {
    let places = model.currency().places;
    for line in &basket.lines {
        let (sale_id, drug) = (basket.sale_id, Goods::of(&line.drug));
        if line.is_overridden() {
            model.note(Happening::PriceOverride {
                sale_id,
                drug: drug.clone(),
                unit: line.unit().to_owned(),
                quantity: line.quantity,
                before: line.list_price,
                after: line.unit_price,
                reason: None,
            });
        }
        if !line.discount(places).is_zero() {
            model.note(Happening::DiscountOverride {
                sale_id,
                drug,
                before: line.gross(places),
                after: line.total(places),
                reason: None,
            });
        }
    }
}

/// A row of a dimension was saved here: which of its fields, `by` whom. A change of pay is not told at all.
pub(super) fn dimension_changed(model: &mut Model, dimension: Dimension, row: Uuid, name: &str, changed: Changed) {
    let fields: Vec<_> = changed.fields.into_iter().filter(|field| field != PAY).collect();
    if fields.is_empty() && !changed.is_new {
        return;
    }
    let by = saver(model).name;
    model.note(Happening::DimensionChanged {
        dimension: dimension.spec().one.to_owned(),
        row,
        name: name.to_owned(),
        is_new: changed.is_new,
        fields,
        by,
    });
}

/// What of a row was saved.
pub(super) struct Changed {
    pub fields: Vec<String>,
    pub is_new: bool,
}

impl Changed {
    /// One field of a row that was there.
    pub fn of(field: &str) -> Self {
        Self {
            fields: vec![field.to_owned()],
            is_new: false,
        }
    }
}

/// Somebody else sells from now on.
pub(super) fn seller_changed(model: &mut Model, before: Option<&str>, after: &str) {
    if before != Some(after) {
        model.note(Happening::SellerChanged {
            before: before.map(str::to_owned),
            after: after.to_owned(),
        });
    }
}

/// A sale was refused when it was to be recorded.
pub(super) fn sale_refused(model: &mut Model, agreed: &Agreed, why: &str) {
    model.note(Happening::SaleRefused {
        sale_id: agreed.sale_id,
        total: agreed.total,
        reason: why.chars().take(LONGEST_TEXT).collect(),
    });
}

/// A reference was given for the basket in front that was used before.
pub(super) fn reference_repeated(model: &mut Model, tender: Uuid, used: &ReferenceUse) {
    let Some(sale_id) = model.sale.basket.as_ref().map(|basket| basket.sale_id) else {
        return;
    };
    let tenders = model.shelf.catalogue().tenders();
    let named = tenders.iter().find(|known| known.uuid == tender);
    model.note(Happening::ReferenceRepeated {
        sale_id,
        tender: named.map_or_else(String::new, |tender| tender.name.clone()),
        receipt: used.receipt.clone(),
        outlet: used.outlet.clone(),
        date: used.date,
    });
}

/// The clerk was asked whether something about the basket in front is meant.
pub(super) fn doubt_answered(model: &mut Model, about: &About, answer: bool) {
    let Some(basket) = &model.sale.basket else { return };
    let sale_id = basket.sale_id;
    let happening = match about {
        About::UnusualQuantity {
            doubt: Doubt::Quantity { drug, quantity },
            usual,
            ..
        } => Happening::QuestionAnswered {
            sale_id,
            question: Questioned::Quantity,
            drug: basket
                .lines
                .iter()
                .find(|line| line.drug.id == *drug)
                .map(|line| Goods::of(&line.drug)),
            quantity: Some(*quantity),
            usual: Some(*usual),
            receipt: None,
            answer,
        },
        About::SameBasket { receipt, .. } => Happening::QuestionAnswered {
            sale_id,
            question: Questioned::SameBasket,
            drug: None,
            quantity: None,
            usual: None,
            receipt: receipt.clone(),
            answer,
        },
        _ => return,
    };
    model.note(happening);
}
