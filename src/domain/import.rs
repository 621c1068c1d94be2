//! What an import file says, row by row: which column feeds which field, how each cell is checked, which rows repeat.
//!
//! A cell that is empty, or a field without a column, says nothing: an existing row keeps what it has there.
mod columns;
mod seen;

use std::str::FromStr as _;

use uuid::Uuid;

pub use self::columns::{ColumnFault, Columns};
pub use self::seen::FileSeen;
use super::dimension::{Dimension, FieldKind, FieldSpec, Record};
use super::money::Quantity;
use super::name::{fold, tidy};

/// Fields that a drug's row has in a file and not on the form: where its stock and its prices belong.
static DRUG_PLACES: [FieldSpec; 4] = [
    place(
        "outlet",
        FieldKind::Text(50),
        "the outlet of quantity_supplied, by name or id",
    ),
    place(
        "price_outlet",
        FieldKind::Text(50),
        "the outlet of the prices; empty: all",
    ),
    place(
        "price_list",
        FieldKind::Code(20),
        "the list of the prices; empty: every list",
    ),
    place(
        "valid_from",
        FieldKind::Date,
        "the first day of the prices; empty: today",
    ),
];

const fn place(name: &'static str, kind: FieldKind, help: &'static str) -> FieldSpec {
    FieldSpec {
        name,
        label: name,
        kind,
        required: false,
        initial: "",
        help,
        list_width: 0,
    }
}

/// The fields that an import of `dimension` reads, in their order.
pub fn fields(dimension: Dimension) -> impl Iterator<Item = &'static FieldSpec> {
    let spec = dimension
        .spec()
        .fields
        .iter()
        .filter(|field| field.kind != FieldKind::Shown);
    let places: &'static [FieldSpec] = match dimension {
        Dimension::Drug => &DRUG_PLACES,
        _ => &[],
    };
    spec.chain(places)
}

/// Fields that a file must feed: what the natural key needs, and name and price of a drug. Of a doctor's two keys the
/// rows decide.
fn needed(dimension: Dimension) -> &'static [&'static str] {
    match dimension {
        Dimension::Drug => &["code", "name", "price"],
        Dimension::Doctor | Dimension::Outlet => &["name"],
        Dimension::Employee => &["name", "phone_number"],
    }
}

/// A row of a file, each cell that says something checked by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// The dimension.
    pub dimension: Dimension,
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// A value for each of [`fields`], in the form in which it is kept; none where the file says nothing.
    values: Vec<Option<String>>,
}

impl ImportRow {
    /// Checks the cells, which are in the order of [`fields`].
    ///
    /// # Errors
    /// The first fault, with the field's name.
    pub fn check<'a>(
        dimension: Dimension,
        line: u64,
        cells: impl IntoIterator<Item = Option<&'a str>>,
    ) -> Result<Self, String> {
        let mut values = Vec::new();
        for (field, cell) in fields(dimension).zip(cells) {
            values.push(match cell {
                Some(cell) => kept(field, cell).map_err(|fault| format!("{}: {fault}", field.name))?,
                None => None,
            });
        }
        let row = Self {
            dimension,
            line,
            values,
        };
        if row.value("quantity_supplied").is_some() && row.value("outlet").is_none() {
            return Err("quantity_supplied: stock lies in an outlet: name it in a column outlet".to_owned());
        }
        Ok(row)
    }

    /// What the row says of the field called `name`.
    pub fn value(&self, name: &str) -> Option<&str> {
        let at = fields(self.dimension).position(|field| field.name == name)?;
        self.values.get(at)?.as_deref()
    }

    /// What the row says, over what is there: `base` with every field that the row gives.
    #[must_use]
    pub fn over(&self, base: &Record) -> Record {
        let mut record = base.clone();
        for (field, value) in fields(self.dimension).zip(&self.values) {
            if let Some(value) = value {
                record.set(self.dimension.spec(), field.name, value);
            }
        }
        record
    }

    /// The key of the row of the dimension that this row is about.
    pub fn natural_key(&self) -> String {
        let spec = self.dimension.spec();
        spec.natural_key(&self.over(&spec.blank(Uuid::nil())))
    }

    /// By what this row repeats another of its file: the natural key, and for a drug the pack, outlet and prices too.
    fn repeats_by(&self, natural_key: &str) -> String {
        let parts = ["pack_name", "outlet", "price_outlet", "price_list", "valid_from"];
        let mut key = natural_key.to_owned();
        for part in parts {
            key.push('\u{1f}');
            key.push_str(&fold(self.value(part).unwrap_or_default()));
        }
        key
    }
}

/// A cell as it is kept; none for an empty one. An opening stock may be nothing, unlike a quantity on a form.
fn kept(field: &FieldSpec, cell: &str) -> Result<Option<String>, String> {
    if tidy(cell).is_empty() {
        return Ok(None);
    }
    if field.name == "quantity_supplied" && Quantity::from_str(cell).is_ok_and(Quantity::is_zero) {
        return Ok(Some("0".to_owned()));
    }
    field.check(cell).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drug(cells: &[(&str, &str)]) -> Result<ImportRow, String> {
        let cells = fields(Dimension::Drug).map(|field| {
            cells
                .iter()
                .find(|(name, _)| *name == field.name)
                .map(|(_, cell)| *cell)
        });
        ImportRow::check(Dimension::Drug, 2, cells)
    }

    #[test]
    fn a_cell_is_kept_as_a_form_would_keep_it() {
        let row = drug(&[
            ("code", " 0001 "),
            ("prescription_only", "RX"),
            ("price", "12.50"),
            ("form", ""),
        ])
        .unwrap();
        assert_eq!(row.value("code"), Some("0001"));
        assert_eq!(row.value("prescription_only"), Some("yes"));
        assert_eq!(row.value("price"), Some("12.5"));
        assert_eq!(row.value("form"), None);
        assert_eq!(row.value("strength"), None);
    }

    #[test]
    fn a_fault_names_its_field() {
        let fault = drug(&[("price", "12,50")]).unwrap_err();
        assert!(fault.starts_with("price: “12,50”"), "{fault}");
    }

    #[test]
    fn opening_stock_needs_an_outlet_and_may_be_nothing() {
        assert!(drug(&[("quantity_supplied", "10")]).is_err());
        let row = drug(&[("quantity_supplied", "0.00"), ("outlet", "Mirema meds")]).unwrap();
        assert_eq!(row.value("quantity_supplied"), Some("0"));
        assert!(drug(&[("quantity_supplied", "-1"), ("outlet", "Mirema meds")]).is_err());
    }
}
