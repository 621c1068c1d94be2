//! Packs, prices and stock of a drug: looked at, and changed one thing at a time in the one form.
use uuid::Uuid;

use super::aside::{Aside, Read, close, moved, row_in_front};
use super::form::Form;
use super::saving::saver;
use crate::app::command::Command;
use crate::app::effect::{Effect, Effects};
use crate::app::message::{Moment, RequestId};
use crate::app::model::Model;
use crate::app::role::Holder;
use crate::domain::audit::{self, Correction, Happening};
use crate::domain::dimension::{Dimension, FieldFault, Record};
use crate::domain::money::Quantity;
use crate::domain::wares::{self, Around, BATCH, COUNT, Goods, GoodsChange, GoodsSave, PACK, PRICE, PackRow, PriceRow};

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    /// In what it is sold.
    #[default]
    Packs,
    /// What it costs, where, from when.
    Prices,
    /// What is left, and what moved it.
    Stock,
}

impl Page {
    /// All, in their order.
    pub const ALL: [Self; 3] = [Self::Packs, Self::Prices, Self::Stock];

    fn turned(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|page| *page == self).unwrap_or(0);
        let all = Self::ALL.len().cast_signed();
        Self::ALL[(at.cast_signed() + by).rem_euclid(all).unsigned_abs()]
    }
}

/// What a form over the goods is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A pack.
    Pack,
    /// The price of the pack in that row.
    Price(i64),
    /// Goods that arrived.
    Delivery,
    /// What is on the shelf.
    Count,
}

/// What stands beside a drug.
#[derive(Debug, Clone)]
pub struct GoodsDesk {
    /// Row of the drug.
    pub drug: i64,
    /// What it is called.
    pub name: String,
    /// What the store knows.
    pub read: Read<Goods>,
    /// The answer that brings it up to date, while what was read before is shown.
    refreshing: Option<RequestId>,
    /// What is looked at.
    pub page: Page,
    /// The line under the cursor.
    pub at: usize,
    /// What is being changed.
    pub entry: Option<(Entry, Box<Form>)>,
}

/// A line of the prices: a pack that is sold, and a price of it; none: it has none yet.
pub fn price_lines(goods: &Goods) -> Vec<(&PackRow, Option<&PriceRow>)> {
    let mut lines = Vec::new();
    for pack in goods.packs.iter().filter(|pack| pack.active) {
        let before = lines.len();
        let prices = goods.prices.iter().filter(|price| price.pack == pack.id);
        lines.extend(prices.map(|price| (pack, Some(price))));
        if lines.len() == before {
            lines.push((pack, None));
        }
    }
    lines
}

impl GoodsDesk {
    /// What the store gave.
    pub fn goods(&self) -> Option<&Goods> {
        match &self.read {
            Read::Here(goods) => Some(goods),
            Read::Asked(_) | Read::Away(_) => None,
        }
    }

    fn lines(&self) -> usize {
        let Some(goods) = self.goods() else { return 0 };
        match self.page {
            Page::Packs => goods.packs.len(),
            Page::Prices => price_lines(goods).len(),
            Page::Stock => goods.stock.len() + goods.batches.len() + goods.movements.len(),
        }
    }
}

/// The goods in front, of the screen of drugs.
fn desk(model: &mut Model) -> Option<&mut GoodsDesk> {
    match &mut model.desks.of_mut(Dimension::Drug).aside {
        Some(Aside::Goods(desk)) => Some(desk),
        _ => None,
    }
}

/// Opens what stands beside the drug in front.
pub(super) fn open(model: &mut Model) -> Effects {
    if model.desks.is_unsaved(Dimension::Drug) {
        model.refuse("save the drug first, or let the changes go: its packs may be among them");
        return Effects::none();
    }
    let Some((drug, _, name)) = row_in_front(model, Dimension::Drug) else {
        model.mention("it is not saved yet: save the drug first");
        return Effects::none();
    };
    let request = model.request();
    let desk = GoodsDesk {
        drug,
        name,
        read: Read::Asked(request),
        refreshing: None,
        page: Page::default(),
        at: 0,
        entry: None,
    };
    model.desks.of_mut(Dimension::Drug).aside = Some(Aside::Goods(Box::new(desk)));
    let outlet = model.outlet_id();
    Effect::ReadBeside { request, drug, outlet }.into()
}

/// Asks the store again for what is shown.
fn read_again(model: &mut Model) -> Effects {
    let (request, outlet) = (model.request(), model.outlet_id());
    let Some(desk) = desk(model) else {
        return Effects::none();
    };
    desk.refreshing = Some(request);
    let drug = desk.drug;
    Effect::ReadBeside { request, drug, outlet }.into()
}

/// The store gave the goods, or did not.
pub(in crate::app) fn read(model: &mut Model, request: RequestId, answer: Result<Goods, String>) {
    let Some(desk) = desk(model) else { return };
    if desk.refreshing != Some(request) && desk.read != Read::Asked(request) {
        return;
    }
    desk.refreshing = None;
    match answer {
        Ok(goods) => desk.read = Read::Here(goods),
        Err(why) => desk.read = Read::Away(why),
    }
    desk.at = desk.at.min(desk.lines().saturating_sub(1));
}

/// A key for the goods, while no form lies over them.
pub(super) fn update(model: &mut Model, command: Command, moment: Moment) -> Effects {
    let Some(desk) = desk(model) else {
        return Effects::none();
    };
    if let Some(at) = moved(desk.at, desk.lines(), command) {
        desk.at = at;
        return Effects::none();
    }
    match command {
        Command::Next | Command::Previous => {
            let by = if command == Command::Next { 1 } else { -1 };
            (desk.page, desk.at) = (desk.page.turned(by), 0);
        }
        Command::Accept | Command::New | Command::Count => enter(model, command, moment.fresh_id),
        Command::Back => close(model, Dimension::Drug),
        _ => {}
    }
    Effects::none()
}

/// Opens a form over the line under the cursor, or for something new.
fn enter(model: &mut Model, command: Command, save_id: Uuid) {
    if let Some(why_not) = model.holder().map(Holder::why_not) {
        model.refuse(why_not);
        return;
    }
    let places = model.currency().places;
    let (today, outlet) = (model.today().to_string(), model.outlet_id());
    let Some(desk) = desk(model) else { return };
    let Some(goods) = desk.goods() else {
        model.mention("nothing was read from the database yet");
        return;
    };
    let named = |spec: &'static crate::domain::dimension::DimensionSpec, name: &str| {
        let mut record = spec.blank(save_id);
        record.set(spec, "name", name);
        record
    };
    let (entry, spec, record) = match (command, desk.page) {
        (Command::Count, _) => {
            let mut record = named(&COUNT, &desk.name);
            let book = goods.here(outlet).map(|row| row.remaining.to_string());
            record.set(&COUNT, "book", book.unwrap_or_else(|| "not counted yet".to_owned()));
            (Entry::Count, &COUNT, record)
        }
        (Command::New, Page::Packs) => (Entry::Pack, &PACK, PACK.blank(save_id)),
        (_, Page::Packs) => match goods.packs.get(desk.at) {
            Some(pack) => (Entry::Pack, &PACK, pack.record()),
            None => return,
        },
        (_, Page::Prices) => match price_lines(goods).get(desk.at) {
            Some((pack, price)) => {
                let mut record = named(&PRICE, &pack.name);
                let ahead = price
                    .map(|price| price.valid_from.to_string())
                    .filter(|from| *from > today);
                record.set(
                    &PRICE,
                    "valid_from",
                    ahead.filter(|_| command != Command::New).unwrap_or(today),
                );
                if let Some(price) = price {
                    record.set(&PRICE, "amount", price.amount.to_string());
                    record.set(&PRICE, "outlet", price.outlet_name.as_str());
                    record.set(&PRICE, "list", price.list.as_str());
                }
                (Entry::Price(pack.id), &PRICE, record)
            }
            None => return,
        },
        (Command::New, Page::Stock) => (Entry::Delivery, &BATCH, named(&BATCH, &desk.name)),
        (_, Page::Stock) => return,
    };
    let is_there = entry == Entry::Pack && record.id.is_some();
    let form = Form::beside(spec, record, is_there, save_id, places);
    desk.entry = Some((entry, Box::new(form)));
}

/// What the form over the goods wants, once its fields are right; its own faults otherwise. None: no such form.
pub(super) fn wanted(model: &Model, record: &Record) -> Option<Result<GoodsSave, Vec<FieldFault>>> {
    let Some(Aside::Goods(desk)) = &model.desks.of(Dimension::Drug).aside else {
        return None;
    };
    let (entry, form) = desk.entry.as_ref()?;
    let around = Around {
        goods: desk.goods()?,
        today: model.today(),
        catalogue: model.shelf.catalogue(),
    };
    let change: Result<GoodsChange, _> = match entry {
        Entry::Pack => wares::pack(form.opened.as_ref().map(PackRow::of).as_ref(), record, around),
        Entry::Price(pack) => wares::price(*pack, record, around),
        Entry::Delivery => wares::delivery(record, around),
        Entry::Count => wares::count(record, around),
    };
    Some(change.map(|change| GoodsSave {
        drug: desk.drug,
        outlet: model.outlet_id(),
        by: saver(model),
        save_id: form.save_id,
        change,
    }))
}

/// The form over the goods ends well: what is shown is read again.
pub(super) fn saved(model: &mut Model) -> Effects {
    if let Some(desk) = desk(model) {
        desk.entry = None;
    }
    read_again(model)
}

/// The drug whose goods are in front: its lasting id, and what it is called.
pub(super) fn drug_of_entry(model: &Model) -> Option<(Uuid, String)> {
    let Some(Aside::Goods(desk)) = &model.desks.of(Dimension::Drug).aside else {
        return None;
    };
    let drug = model.shelf.catalogue().drug(desk.drug)?;
    Some((drug.uuid, desk.name.clone()))
}

/// What the form over the goods does to the stock, where it is a count or a delivery.
pub(super) fn correction(model: &Model) -> Option<Happening> {
    let Some(Aside::Goods(desk)) = &model.desks.of(Dimension::Drug).aside else {
        return None;
    };
    let (_, form) = desk.entry.as_ref()?;
    let book = desk.goods()?.here(model.outlet_id()).map(|row| row.remaining);
    let (before, after, how, reason) = match wanted(model, &form.record)?.ok()?.change {
        GoodsChange::Supply { quantity, .. } => (
            book,
            book.unwrap_or(Quantity::ZERO) + quantity,
            Correction::Delivery,
            None,
        ),
        // What was sold since the count began is not in it.
        GoodsChange::Count { found, reason, .. } => {
            let begun = form.record.value(&COUNT, "book").parse().ok();
            (begun, found, Correction::Count, Some(reason))
        }
        GoodsChange::Pack { .. } | GoodsChange::Price { .. } => return None,
    };
    let drug = audit::Goods::of(model.shelf.catalogue().drug(desk.drug)?);
    Some(Happening::StockCorrected {
        drug,
        before,
        after,
        how,
        reason: reason.filter(|reason| !reason.is_empty()),
    })
}

/// Whether such an answer is for a form over the goods.
pub(super) fn is_entry(model: &Model, dimension: Dimension) -> bool {
    let desk = model.desks.of(dimension);
    matches!(&desk.aside, Some(Aside::Goods(goods)) if goods.entry.is_some())
}
