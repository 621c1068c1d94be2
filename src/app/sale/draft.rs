//! What is kept on disk of the counter, so that a killed till comes back with its baskets.
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::hold::{self, Awaited};
use crate::app::model::Model;
use crate::domain::basket::{Basket, BasketLine, BatchBy, Discount, Tendered, Unresolved};
use crate::domain::batch::Batch;
use crate::domain::catalogue::{Catalogue, Drug};
use crate::domain::money::{Money, Quantity};

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The outlet in which the till stands.
    pub outlet: Option<Uuid>,
    /// Who sold last.
    pub seller: Option<Uuid>,
    /// The last ticket that was given out.
    #[serde(default)]
    pub last_ticket: u32,
    /// The baskets: what was being keyed first, then what was held, then what was on its way.
    pub baskets: Vec<DraftBasket>,
    /// The returns that were begun, or on their way.
    #[serde(default)]
    pub returns: Vec<DraftReturn>,
}

/// A return. What was chosen of it is not kept: others may take goods of that receipt back meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftReturn {
    /// The id under which it is recorded.
    pub sale_id: Uuid,
    /// The receipt that was brought.
    pub receipt: String,
}

/// A basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftBasket {
    /// Its id.
    pub sale_id: Uuid,
    /// Its ticket, if it is held or was called back.
    #[serde(default)]
    pub ticket: Option<u32>,
    /// Since when it is held; none for what was being keyed or on its way.
    #[serde(default)]
    pub held_since: Option<Timestamp>,
    /// What was handed over for it already.
    #[serde(default)]
    pub taken: Vec<DraftTender>,
    /// What it waits for, without a reference.
    #[serde(default)]
    pub awaited: Option<DraftTender>,
    /// Who prescribed.
    pub doctor: Option<Uuid>,
    /// Its lines.
    pub lines: Vec<DraftLine>,
    /// Its scanned codes that nothing bears.
    #[serde(default)]
    pub unresolved: Vec<DraftUnresolved>,
}

/// A scanned code that nothing bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftUnresolved {
    /// The code.
    pub code: String,
    /// How many were scanned.
    pub quantity: Quantity,
    /// What the label said of the goods.
    pub batch: Batch,
}

/// What was handed over by one tender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftTender {
    /// Which tender.
    pub tender: Uuid,
    /// Its name, should it be gone.
    pub name: String,
    /// How much.
    pub amount: Money,
    /// Its reference, where it has one.
    pub reference: Option<String>,
}

/// A line of a basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftLine {
    /// The drug.
    pub drug: Uuid,
    /// Its name, should it be gone.
    pub name: String,
    /// The unit.
    pub unit: String,
    /// How many of it.
    pub quantity: Quantity,
    /// For one.
    pub unit_price: Money,
    /// What the list said for one.
    pub list_price: Money,
    /// Taken off the line.
    pub discount: Money,
    /// So many per cent of it, in place of an amount.
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub percent_off: Option<Decimal>,
    /// Which batch it is of.
    #[serde(default)]
    pub batch: Batch,
    /// Who says so.
    #[serde(default)]
    pub batch_by: BatchBy,
}

impl Draft {
    /// Of the model as it is.
    pub fn of(model: &Model) -> Self {
        let sale = &model.sale;
        let front = sale.basket.iter().filter(|basket| basket.refund_of.is_none());
        let front = front.map(|basket| DraftBasket {
            awaited: sale.awaits().as_ref().map(DraftTender::awaited),
            ..DraftBasket::of(basket, &sale.taken)
        });
        let held = sale.held.iter().map(|held| DraftBasket {
            ticket: Some(held.ticket),
            held_since: Some(held.since),
            awaited: held.awaited.as_ref().map(DraftTender::awaited),
            ..DraftBasket::of(&held.basket, &held.taken)
        });
        let on_its_way = sale.waiting.as_ref().and_then(|waiting| waiting.returning.as_deref());
        let returns = sale.returning.iter().chain(on_its_way).map(|returning| DraftReturn {
            sale_id: returning.sale_id,
            receipt: returning.receipt.clone(),
        });
        let waiting = sale.waiting.iter().filter(|waiting| waiting.returning.is_none());
        let waiting = waiting.map(|waiting| DraftBasket::of(&waiting.basket, &waiting.taken));
        Self {
            last_ticket: sale.last_ticket,
            outlet: model.outlet.as_ref().map(|outlet| outlet.uuid).or(model.last_outlet),
            seller: model.seller.as_ref().map(|seller| seller.uuid).or(model.last_seller),
            baskets: front.chain(held).chain(waiting).collect(),
            returns: returns.collect(),
        }
    }
}

impl DraftBasket {
    fn of(basket: &Basket, taken: &[Tendered]) -> Self {
        let line = |line: &BasketLine| {
            let (discount, percent_off) = match line.discount {
                Discount::Amount(amount) => (amount, None),
                Discount::Percent(percent) => (Money::ZERO, Some(percent)),
            };
            DraftLine {
                drug: line.drug.uuid,
                name: line.drug.label(),
                unit: line.unit().to_owned(),
                quantity: line.quantity,
                unit_price: line.unit_price,
                list_price: line.list_price,
                discount,
                percent_off,
                batch: line.batch.clone(),
                batch_by: line.batch_by,
            }
        };
        let unresolved = |row: &Unresolved| DraftUnresolved {
            code: row.code.clone(),
            quantity: row.quantity,
            batch: row.batch.clone(),
        };
        Self {
            sale_id: basket.sale_id,
            ticket: basket.ticket,
            held_since: None,
            taken: taken.iter().map(DraftTender::of).collect(),
            awaited: None,
            doctor: basket.doctor.as_ref().map(|doctor| doctor.uuid),
            lines: basket.lines.iter().map(line).collect(),
            unresolved: basket.unresolved.iter().map(unresolved).collect(),
        }
    }

    /// The basket, its tenders and what it waits for again, and the names of what is gone from the catalogue.
    fn back(&self, catalogue: &Catalogue) -> (Basket, Vec<Tendered>, Option<Awaited>, Vec<String>) {
        let mut basket = Basket::new(self.sale_id);
        basket.ticket = self.ticket;
        basket.doctor = catalogue
            .doctors()
            .into_iter()
            .find(|doctor| Some(doctor.uuid) == self.doctor);
        basket.unresolved = self.unresolved.iter().map(DraftUnresolved::back).collect();
        let mut gone = Vec::new();
        for line in &self.lines {
            let drug = catalogue.drugs().find(|drug| drug.uuid == line.drug);
            let pack = drug.and_then(|drug| drug.pack_named(Some(&line.unit)));
            match drug.zip(pack) {
                Some((drug, pack)) => basket.lines.push(line.back(drug, pack)),
                None => gone.push(line.name.clone()),
            }
        }
        let mut taken = Vec::new();
        for kept in &self.taken {
            match kept.back(catalogue) {
                Some(tendered) => taken.push(tendered),
                None => gone.push(format!("{} {}", kept.name, kept.amount)),
            }
        }
        // A tender that is gone is awaited no longer: no money of it was taken.
        let awaited = self.awaited.as_ref().and_then(|kept| kept.back(catalogue));
        let awaited = awaited.map(|Tendered { tender, amount, .. }| Awaited { tender, amount });
        (basket, taken, awaited, gone)
    }
}

impl DraftTender {
    fn of(taken: &Tendered) -> Self {
        Self {
            tender: taken.tender.uuid,
            name: taken.tender.name.clone(),
            amount: taken.amount,
            reference: taken.reference.clone(),
        }
    }

    fn awaited(awaited: &Awaited) -> Self {
        Self {
            tender: awaited.tender.uuid,
            name: awaited.tender.name.clone(),
            amount: awaited.amount,
            reference: None,
        }
    }

    fn back(&self, catalogue: &Catalogue) -> Option<Tendered> {
        let mut tenders = catalogue.tenders().into_iter();
        tenders
            .find(|tender| tender.uuid == self.tender)
            .map(|tender| Tendered {
                tender,
                amount: self.amount,
                reference: self.reference.clone(),
            })
    }
}

impl DraftUnresolved {
    fn back(&self) -> Unresolved {
        Unresolved {
            code: self.code.clone(),
            quantity: self.quantity,
            batch: self.batch.clone(),
        }
    }
}

impl DraftLine {
    fn back(&self, drug: &Arc<Drug>, pack: usize) -> BasketLine {
        BasketLine {
            drug: Arc::clone(drug),
            pack,
            quantity: self.quantity,
            unit_price: self.unit_price,
            list_price: self.list_price,
            discount: self
                .percent_off
                .map_or(Discount::Amount(self.discount), Discount::Percent),
            batch: self.batch.clone(),
            batch_by: self.batch_by,
            tax_of_then: None,
        }
    }
}

/// Puts back what was on the counter when the till ended; a basket that was `sold` meanwhile stays sold. What was on its
/// way and never sold comes to the front, or waits under a ticket where something else is there.
pub(in crate::app) fn recover(model: &mut Model, draft: &Draft, sold: Option<Uuid>) {
    model.last_seller = draft.seller;
    model.sale.last_ticket = draft.last_ticket;
    let mut gone = Vec::new();
    let mut lines = 0;
    for kept in draft.baskets.iter().filter(|kept| Some(kept.sale_id) != sold) {
        let (mut basket, taken, awaited, missing) = kept.back(model.shelf.catalogue());
        gone.extend(missing);
        if basket.is_untouched() {
            continue;
        }
        lines += basket.rows();
        if kept.held_since.is_some() || model.sale.basket.is_some() {
            model.put_aside(basket, taken, awaited);
            if let (Some(since), Some(held)) = (kept.held_since, model.sale.held.last_mut()) {
                held.since = since;
            }
        } else {
            basket.restored = true;
            model.sale.basket = Some(basket);
            model.sale.taken = taken;
            model.sale.awaited = awaited;
        }
    }
    for begun in draft.returns.iter().filter(|begun| Some(begun.sale_id) != sold) {
        let receipt = &begun.receipt;
        model.alert(format!(
            "the return of {receipt} was begun, and nothing of it is recorded: scan it again"
        ));
    }
    if !gone.is_empty() {
        model.alert(format!(
            "no longer in the catalogue, and not taken over: {}",
            gone.join(", ")
        ));
    }
    let held = model.sale.held.len();
    if lines > 0 {
        let front = if model.sale.basket.is_some() {
            "the basket of before is back"
        } else {
            "the baskets of before are kept"
        };
        let held = if held > 0 {
            format!(", {held} held")
        } else {
            String::new()
        };
        model.mention(format!("{front}{held}: nothing of it was sold"));
    }
    hold::ask_new_prices(model);
}
