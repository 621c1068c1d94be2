//! The fields of a pack, a price, a delivery and a count, and what is wrong with them beside their drug.
use std::str::FromStr as _;

use jiff::civil::Date;
use uuid::Uuid;

use super::{Goods, GoodsChange, PackRow, PriceRow};
use crate::domain::catalogue::{Catalogue, is_measured};
use crate::domain::dimension::{Dimension, DimensionSpec, FieldFault, FieldKind, FieldSpec, Record};
use crate::domain::money::{Money, Quantity};
use crate::domain::name::fold;

const fn beside(
    title: &'static str,
    one: &'static str,
    table: &'static str,
    fields: &'static [FieldSpec],
) -> DimensionSpec {
    DimensionSpec {
        dimension: Dimension::Drug,
        title,
        one,
        table,
        fields,
    }
}

/// A unit in which a drug is sold.
pub static PACK: DimensionSpec = beside(
    "Packs",
    "pack",
    "drug_pack",
    &[
        FieldSpec::new("name", "Pack", FieldKind::Text(40), "such as strip 10 or box 100").needed(),
        FieldSpec::new("units", "Units in it", FieldKind::Quantity, "base units in one pack").needed(),
        FieldSpec::new(
            "code",
            "Code on it",
            FieldKind::Code(32),
            "the bar code on the pack; a scan of it sells one pack",
        ),
        FieldSpec::new(
            "offer_first",
            "Offered first",
            FieldKind::YesNo,
            "yes: a sale begins with this pack, and no longer with another",
        )
        .starts_as("no"),
        FieldSpec::new(
            "sold",
            "Sold",
            FieldKind::YesNo,
            "no: nothing new is sold in it, past sales keep it, its code is free",
        )
        .starts_as("yes"),
    ],
);

/// What a pack costs from a day on.
pub static PRICE: DimensionSpec = beside(
    "Prices",
    "price",
    "price",
    &[
        FieldSpec::new("name", "Pack", FieldKind::Shown, "the pack that it is for"),
        FieldSpec::new(
            "amount",
            "Price",
            FieldKind::Money,
            "for one pack, tax included, as 12.50",
        )
        .needed(),
        FieldSpec::new(
            "valid_from",
            "From",
            FieldKind::Date,
            "today, or a day ahead, as 2026-12-01: until then the price of before stands",
        )
        .needed(),
        FieldSpec::new(
            "outlet",
            "Outlet",
            FieldKind::Text(50),
            "an outlet's name, for its own price; empty: every outlet",
        ),
        FieldSpec::new(
            "list",
            "Price list",
            FieldKind::Text(40),
            "such as staff; empty: for everybody",
        ),
    ],
);

/// Goods that arrived.
pub static BATCH: DimensionSpec = beside(
    "Goods in",
    "delivery",
    "stock_movement",
    &[
        FieldSpec::new("name", "Drug", FieldKind::Shown, "what was delivered"),
        FieldSpec::new(
            "quantity",
            "Delivered",
            FieldKind::Quantity,
            "base units, added to what remains here",
        )
        .needed(),
        FieldSpec::new(
            "batch",
            "Batch",
            FieldKind::Code(40),
            "the number on the box; needed for an expiry or a cost",
        ),
        FieldSpec::new(
            "expiry",
            "Expires",
            FieldKind::Date,
            "the last day on which it is sold, as 2027-03-31",
        ),
        FieldSpec::new(
            "cost",
            "Cost of one",
            FieldKind::Money,
            "what a base unit of this batch cost, as 8.20",
        ),
    ],
);

/// What was found on the shelf.
pub static COUNT: DimensionSpec = beside(
    "Count",
    "count",
    "stock_movement",
    &[
        FieldSpec::new("name", "Drug", FieldKind::Shown, "what was counted"),
        FieldSpec::new(
            "book",
            "By the book",
            FieldKind::Shown,
            "base units, when this form was opened",
        ),
        FieldSpec::new(
            "found",
            "Found",
            FieldKind::Count,
            "base units on the shelf, 0 for none",
        )
        .needed(),
        FieldSpec::new(
            "reason",
            "Reason",
            FieldKind::Text(120),
            "why book and shelf differ, such as broken, expired or miscounted",
        )
        .needed(),
    ],
);

/// What a form of this module is checked against, beside its own fields.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The drug's goods.
    pub goods: &'a Goods,
    /// Today at this outlet.
    pub today: Date,
    /// Outlets, and who bears which code.
    pub catalogue: &'a Catalogue,
}

impl Around<'_> {
    /// What bears a code already, other than this pack.
    fn bearer(&self, code: &str, pack: i64) -> Option<String> {
        let (drug, at) = self.catalogue.by_code(code)?;
        let bearing = drug.packs.get(at)?;
        let own = drug.id == self.goods.drug && bearing.id == pack && fold(&drug.code) != fold(code);
        (!own).then(|| format!("“{}” ({})", drug.label(), bearing.name))
    }

    fn outlet(&self, name: &str) -> Option<(i64, String)> {
        let outlets = self.catalogue.outlets();
        let found = outlets.iter().find(|outlet| fold(&outlet.name) == fold(name))?;
        Some((found.id, found.name.clone()))
    }
}

fn fault(spec: &DimensionSpec, field: &str, words: impl Into<String>) -> FieldFault {
    FieldFault {
        position: spec.position(field).unwrap_or(0),
        fault: words.into(),
    }
}

impl PackRow {
    /// As a form shows it.
    pub fn record(&self) -> Record {
        let yes_no = |yes: bool| if yes { "yes" } else { "no" };
        let mut record = PACK.blank(Uuid::nil());
        record.id = Some(self.id);
        record.set(&PACK, "name", self.name.as_str());
        record.set(&PACK, "units", self.units.to_string());
        record.set(&PACK, "code", self.code.clone().unwrap_or_default());
        record.set(&PACK, "offer_first", yes_no(self.offer_first));
        record.set(&PACK, "sold", yes_no(self.active));
        record
    }

    /// As a checked form wants it.
    pub fn of(record: &Record) -> Self {
        let value = |name: &str| record.value(&PACK, name);
        Self {
            id: record.id.unwrap_or(0),
            name: value("name").to_owned(),
            units: value("units").parse().unwrap_or(Quantity::ONE),
            code: Some(value("code").to_owned()).filter(|code| !code.is_empty()),
            offer_first: value("offer_first") == "yes",
            active: value("sold") == "yes",
        }
    }

    /// In words, for the history of its drug.
    pub fn words(&self) -> String {
        let code = self
            .code
            .as_ref()
            .map_or(String::new(), |code| format!(", code {code}"));
        let first = if self.offer_first { ", offered first" } else { "" };
        let sold = if self.active { "" } else { ", not sold" };
        format!("{} with {} units{code}{first}{sold}", self.name, self.units)
    }
}

/// The pack that a checked form wants.
///
/// # Errors
/// What is wrong with it beside its drug: a name or a code that another has, half a tablet, the base unit itself.
pub fn pack(opened: Option<&PackRow>, record: &Record, around: Around<'_>) -> Result<GoodsChange, Vec<FieldFault>> {
    let goods = around.goods;
    let wanted = PackRow::of(record);
    let mut faults = Vec::new();
    let key = fold(&wanted.name);
    if let Some(other) = goods
        .packs
        .iter()
        .find(|pack| pack.id != wanted.id && fold(&pack.name) == key)
    {
        let off = if other.active {
            ""
        } else {
            ", not sold now: open it and set Sold to yes"
        };
        faults.push(fault(
            &PACK,
            "name",
            format!("there is a pack “{}” already{off}", other.name),
        ));
    }
    let is_base = opened.is_some_and(|opened| fold(&opened.name) == fold(&goods.base_unit));
    if is_base && opened.is_some_and(|opened| fold(&opened.name) != key) {
        faults.push(fault(
            &PACK,
            "name",
            "the base unit is called so in the drug's own form",
        ));
    }
    if is_base && wanted.units != Quantity::ONE {
        faults.push(fault(&PACK, "units", "the base unit is one of itself"));
    }
    if is_base && wanted.code.is_some() {
        faults.push(fault(
            &PACK,
            "code",
            "the base unit's code is the drug's own: change it in the drug's form",
        ));
    }
    if is_base && !wanted.active {
        faults.push(fault(
            &PACK,
            "sold",
            "the base unit is always sold: deactivate the drug instead",
        ));
    }
    if !is_measured(&goods.base_unit) && !wanted.units.is_whole() {
        faults.push(fault(&PACK, "units", format!("a {} is counted whole", goods.base_unit)));
    }
    if !wanted.active && wanted.offer_first {
        faults.push(fault(&PACK, "offer_first", "what is not sold is not offered first"));
    }
    if let Some(code) = wanted.code.as_deref().filter(|_| wanted.active)
        && let Some(bearer) = around.bearer(code, wanted.id)
    {
        faults.push(fault(
            &PACK,
            "code",
            format!("code {code} means {bearer} already: a code is one thing"),
        ));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(GoodsChange::Pack {
        opened: opened.cloned(),
        wanted,
    })
}

/// The price that a checked form wants for a pack.
///
/// # Errors
/// What is wrong with it: a day that has passed, an outlet that is none.
pub fn price(pack: i64, record: &Record, around: Around<'_>) -> Result<GoodsChange, Vec<FieldFault>> {
    let value = |name: &str| record.value(&PRICE, name);
    let mut faults = Vec::new();
    let from = Date::from_str(value("valid_from")).unwrap_or(around.today);
    if from < around.today {
        let words = format!("what was charged stays: today ({}) or later", around.today);
        faults.push(fault(&PRICE, "valid_from", words));
    }
    let (outlet, outlet_name) = match value("outlet") {
        "" => (0, String::new()),
        name => around.outlet(name).unwrap_or_else(|| {
            faults.push(fault(
                &PRICE,
                "outlet",
                format!("there is no outlet “{name}”: as on F7, or empty"),
            ));
            (0, String::new())
        }),
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    let wanted = PriceRow {
        pack,
        outlet,
        outlet_name,
        list: value("list").to_owned(),
        valid_from: from,
        amount: value("amount").parse().unwrap_or(Money::ZERO),
    };
    let same =
        |row: &&PriceRow| (row.pack, row.outlet, &row.list, row.valid_from) == (pack, outlet, &wanted.list, from);
    let opened = around.goods.prices.iter().find(same).map(|row| row.amount);
    Ok(GoodsChange::Price { opened, wanted })
}

/// The delivery that a checked form tells of.
///
/// # Errors
/// What is wrong with it: half a tablet, an expiry of no batch, goods that expired.
pub fn delivery(record: &Record, around: Around<'_>) -> Result<GoodsChange, Vec<FieldFault>> {
    let value = |name: &str| record.value(&BATCH, name);
    let quantity = value("quantity").parse().unwrap_or(Quantity::ZERO);
    let expiry = Date::from_str(value("expiry")).ok();
    let cost: Option<Money> = value("cost").parse().ok();
    let batch = value("batch").to_owned();
    let mut faults = whole(&BATCH, "quantity", quantity, around.goods);
    if batch.is_empty() && (expiry.is_some() || cost.is_some()) {
        faults.push(fault(
            &BATCH,
            "batch",
            "give the batch's number: expiry and cost are the batch's",
        ));
    }
    if expiry.is_some_and(|expiry| expiry < around.today) {
        faults.push(fault(&BATCH, "expiry", "it has expired: send it back, it is not sold"));
    }
    let known = around
        .goods
        .batches
        .iter()
        .find(|known| fold(&known.batch) == fold(&batch) && !batch.is_empty());
    if let Some(known) = known
        && expiry.is_some()
        && known.expiry != expiry
    {
        let by_book = known
            .expiry
            .map_or_else(|| "without a day".to_owned(), |day| day.to_string());
        faults.push(fault(
            &BATCH,
            "expiry",
            format!("batch {} expires {by_book} by the book: look again", known.batch),
        ));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(GoodsChange::Supply {
        quantity,
        batch: known.map_or(batch, |known| known.batch.clone()),
        expiry,
        cost,
    })
}

/// The count that a checked form tells of.
///
/// # Errors
/// What is wrong with it: half a tablet, or nothing that differs.
pub fn count(record: &Record, around: Around<'_>) -> Result<GoodsChange, Vec<FieldFault>> {
    let value = |name: &str| record.value(&COUNT, name);
    let found = value("found").parse().unwrap_or(Quantity::ZERO);
    let book: Option<Quantity> = value("book").parse().ok();
    let mut faults = whole(&COUNT, "found", found, around.goods);
    if book == Some(found) {
        faults.push(fault(&COUNT, "found", "that is what the book says: nothing to correct"));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(GoodsChange::Count {
        found,
        book: book.unwrap_or(Quantity::ZERO),
        reason: value("reason").to_owned(),
    })
}

fn whole(spec: &DimensionSpec, field: &str, quantity: Quantity, goods: &Goods) -> Vec<FieldFault> {
    if is_measured(&goods.base_unit) || quantity.is_whole() {
        return Vec::new();
    }
    vec![fault(spec, field, format!("a {} is counted whole", goods.base_unit))]
}
