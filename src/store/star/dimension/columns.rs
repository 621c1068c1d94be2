//! From the fields of a dimension to the columns of its table, and back.
use std::str::FromStr as _;

use rust_decimal::Decimal;

use crate::domain::dimension::{Dimension, DimensionSpec, FieldKind, FieldSpec, Record};
use crate::domain::money::{Currency, Quantity};
use crate::domain::name::{fold, fold_phone};
use crate::store::engine::{Row, Value};
use crate::store::error::EngineError;

/// Fields that are kept beside the dimension's own table: pay, packs, prices, stock.
const BESIDE: [&str; 9] = [
    "salary",
    "price",
    "pack_name",
    "pack_units",
    "pack_price",
    "pack_code",
    "quantity_supplied",
    "stock_supplied",
    "stock_remaining",
];

/// The fields that are columns of the dimension's own table, with their positions.
pub fn own_fields(spec: &'static DimensionSpec) -> impl Iterator<Item = (usize, &'static FieldSpec)> {
    spec.fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !BESIDE.contains(&field.name))
}

/// Everything that a checked record puts into its own table, column by column: fields, their folded keys, and what an
/// outlet's currency brings along. Without id, uuid, active, version and who changed it when.
pub fn columns(spec: &'static DimensionSpec, record: &Record) -> Vec<(&'static str, Value)> {
    let value = |name: &str| record.value(spec, name);
    let mut columns: Vec<_> = own_fields(spec)
        .map(|(at, field)| (field.name, kept(field.kind, &record.values[at])))
        .collect();
    let name_key = ("name_key", Value::from(fold(value("name"))));
    let phone_key = |of: &str| ("phone_key", Value::from(fold_phone(value(of))));
    match spec.dimension {
        Dimension::Drug => columns.extend([("code_key", Value::from(spec.natural_key(record))), name_key]),
        Dimension::Employee => columns.extend([name_key, phone_key("phone_number")]),
        Dimension::Doctor => columns.extend([
            ("natural_key", Value::from(spec.natural_key(record))),
            name_key,
            phone_key("phone_number"),
        ]),
        Dimension::Outlet => {
            let currency = Currency::of(value("currency"));
            columns.extend([
                name_key,
                ("currency_decimals", Value::from(currency.places)),
                ("smallest_coin", Value::from(currency.smallest_coin().decimal())),
            ]);
        }
    }
    columns
}

/// The columns of [`columns`] by which two rows are the same row.
pub fn natural_columns(dimension: Dimension) -> &'static [&'static str] {
    match dimension {
        Dimension::Drug => &["code_key"],
        Dimension::Doctor => &["natural_key"],
        Dimension::Employee => &["name_key", "phone_key"],
        Dimension::Outlet => &["name_key"],
    }
}

/// A field's text as its column keeps it. The text was checked by its spec.
fn kept(kind: FieldKind, text: &str) -> Value {
    match kind {
        FieldKind::YesNo => Value::from(text == "yes"),
        FieldKind::Money | FieldKind::Quantity => Value::from(Decimal::from_str(text).ok()),
        _ => Value::from(text),
    }
}

/// A column as its field shows it.
pub(in crate::store::star) fn shown(kind: FieldKind, row: &Row, index: usize) -> Result<String, EngineError> {
    Ok(match kind {
        FieldKind::YesNo if row.get(index)? => "yes".to_owned(),
        FieldKind::YesNo => "no".to_owned(),
        FieldKind::Money | FieldKind::Quantity => row
            .get::<Option<Decimal>>(index)?
            .map(|number| Quantity::new(number).to_string())
            .unwrap_or_default(),
        _ => row.get(index)?,
    })
}
