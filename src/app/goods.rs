//! What remains here and elsewhere of the goods in sight, asked for while one looks: nothing waits for the answer.
use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::effect::{Effect, Effects};
use super::message::RequestId;
use super::model::{Model, Over, Screen};
use super::sale::Found;
use super::stock;
use crate::domain::goods::DrugGoods;

/// Drugs in one question: more rows than these are seldom in sight.
const AT_ONCE: usize = 16;
/// What is older is asked for again while it is in sight.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// After a failure nothing is asked for so long.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);
/// More drugs are not kept: those that are in sight are asked for again.
const MOST: usize = 4_000;

/// What was read of goods so far.
#[derive(Debug, Clone, Default)]
pub struct Goods {
    /// The row of the outlet as seen from which.
    outlet: i64,
    known: HashMap<i64, Arc<Known>>,
    asked: Option<RequestId>,
    /// Not before.
    next: Option<Timestamp>,
}

/// What was read of a drug.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// When.
    pub at: Timestamp,
    /// What.
    pub goods: DrugGoods,
}

impl Model {
    /// What is known of a drug's goods beyond the catalogue.
    pub fn goods_of(&self, drug: i64) -> Option<&Known> {
        self.goods.known.get(&drug).map(Arc::as_ref)
    }

    /// Whether an answer about goods is still out.
    pub fn asks_for_goods(&self) -> bool {
        self.goods.asked.is_some()
    }
}

/// The clock was set back: nothing that was read is newer than now, and nothing is waited for.
pub(super) fn set_back(model: &mut Model) {
    model.goods.known.clear();
    model.goods.next = None;
}

/// Asks about what is in sight and not known, or not lately; one question at a time.
pub(super) fn ask(model: &mut Model) -> Effects {
    let waits = model.goods.next.is_some_and(|next| model.now < next);
    if waits || model.goods.asked.is_some() || model.screen != Screen::Sale || model.holder().is_some() {
        return Effects::none();
    }
    let Some(outlet) = model.outlet.as_ref().map(|outlet| outlet.id) else {
        return Effects::none();
    };
    if model.goods.outlet != outlet {
        // The till stands elsewhere: what is here and what is elsewhere is another thing.
        model.goods = Goods {
            outlet,
            ..Goods::default()
        };
    }
    let now = model.now;
    let is_fresh = |drug: &i64| {
        model
            .goods_of(*drug)
            .is_some_and(|known| now.duration_since(known.at) < FRESH)
    };
    let drugs: Vec<i64> = in_sight(model)
        .into_iter()
        .filter(|drug| !is_fresh(drug))
        .take(AT_ONCE)
        .collect();
    if drugs.is_empty() {
        return Effects::none();
    }
    let request = model.request();
    model.goods.asked = Some(request);
    Effect::ReadGoods { request, outlet, drugs }.into()
}

fn in_sight(model: &Model) -> Vec<i64> {
    match (&model.over, &model.sale.found) {
        (Some(Over::Card(card)), _) => vec![card.drug.id],
        (None, Found::Drugs(list)) => list.rows.iter().take(AT_ONCE).map(|(id, _)| *id).collect(),
        _ => Vec::new(),
    }
}

/// The answer came; none: the store did not answer.
pub(super) fn read(model: &mut Model, request: RequestId, answer: Option<HashMap<i64, DrugGoods>>) {
    if model.goods.asked != Some(request) {
        return;
    }
    let now = model.now;
    let goods = &mut model.goods;
    goods.asked = None;
    let Some(answer) = answer else {
        goods.next = Some(now + PATIENCE);
        return;
    };
    goods.next = None;
    let outlet = goods.outlet;
    stock::goods_read(model, outlet, &answer);
    let goods = &mut model.goods;
    if goods.known.len() + answer.len() > MOST {
        goods.known.clear();
    }
    let known = answer
        .into_iter()
        .map(|(drug, goods)| (drug, Arc::new(Known { at: now, goods })));
    goods.known.extend(known);
}
