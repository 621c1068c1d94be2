//! What is kept on disk of the counter, so that a killed till comes back with its baskets.
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::model::Model;
use crate::domain::basket::{Basket, BasketLine};
use crate::domain::catalogue::{Catalogue, Drug};
use crate::domain::money::{Money, Quantity};

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The outlet in which the till stands.
    pub outlet: Option<Uuid>,
    /// Who sold last.
    pub seller: Option<Uuid>,
    /// The baskets: what was being keyed first, then what was held, then what was on its way.
    pub baskets: Vec<DraftBasket>,
}

/// A basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftBasket {
    /// Its id.
    pub sale_id: Uuid,
    /// The sale that it gives back.
    pub refund_of: Option<Uuid>,
    /// Who prescribed.
    pub doctor: Option<Uuid>,
    /// Its lines.
    pub lines: Vec<DraftLine>,
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
}

impl Draft {
    /// Of the model as it is.
    pub fn of(model: &Model) -> Self {
        let sale = &model.sale;
        let waiting = sale.waiting.as_ref().map(|waiting| &waiting.basket);
        Self {
            outlet: model.outlet.as_ref().map(|outlet| outlet.uuid).or(model.last_outlet),
            seller: model.seller.as_ref().map(|seller| seller.uuid).or(model.last_seller),
            baskets: sale
                .basket
                .iter()
                .chain(&sale.held)
                .chain(waiting)
                .map(DraftBasket::of)
                .collect(),
        }
    }
}

impl DraftBasket {
    fn of(basket: &Basket) -> Self {
        let line = |line: &BasketLine| DraftLine {
            drug: line.drug.uuid,
            name: line.drug.label(),
            unit: line.unit().to_owned(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            list_price: line.list_price,
            discount: line.discount,
        };
        Self {
            sale_id: basket.sale_id,
            refund_of: basket.refund_of,
            doctor: basket.doctor.as_ref().map(|doctor| doctor.uuid),
            lines: basket.lines.iter().map(line).collect(),
        }
    }

    /// The basket again, and the names of what is gone from the catalogue.
    fn back(&self, catalogue: &Catalogue) -> (Basket, Vec<String>) {
        let mut basket = Basket::new(self.sale_id);
        basket.refund_of = self.refund_of;
        basket.doctor = catalogue
            .doctors()
            .into_iter()
            .find(|doctor| Some(doctor.uuid) == self.doctor);
        let mut gone = Vec::new();
        for line in &self.lines {
            let drug = catalogue.drugs().find(|drug| drug.uuid == line.drug);
            let pack = drug.and_then(|drug| drug.pack_named(Some(&line.unit)));
            match drug.zip(pack) {
                Some((drug, pack)) => basket.lines.push(line.back(drug, pack)),
                None => gone.push(line.name.clone()),
            }
        }
        (basket, gone)
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
            discount: self.discount,
        }
    }
}

/// Puts back what was on the counter when the till ended; a basket that was `sold` meanwhile stays sold.
pub(in crate::app) fn recover(model: &mut Model, draft: &Draft, sold: Option<Uuid>) {
    model.last_seller = draft.seller;
    let mut gone = Vec::new();
    let mut baskets = Vec::new();
    for basket in draft.baskets.iter().filter(|basket| Some(basket.sale_id) != sold) {
        let (basket, missing) = basket.back(model.shelf.catalogue());
        gone.extend(missing);
        if !basket.lines.is_empty() || basket.doctor.is_some() {
            baskets.push(basket);
        }
    }
    let count: usize = baskets.iter().map(|basket| basket.lines.len()).sum();
    let mut baskets = baskets.into_iter();
    model.sale.basket = baskets.next();
    model.sale.held = baskets.collect();
    if !gone.is_empty() {
        model.alert(format!(
            "no longer in the catalogue, and not in the basket: {}",
            gone.join(", ")
        ));
    }
    if count > 0 {
        model.mention("the basket of before is back: nothing of it was sold");
    }
}
