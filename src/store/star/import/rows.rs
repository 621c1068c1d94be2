//! What a batch's rows of a file make of the rows that are there.
use std::collections::HashMap;

use uuid::Uuid;

use super::drug::Goods;
use crate::domain::clock::Clock;
use crate::domain::dimension::{Dimension, DimensionSpec, Record};
use crate::domain::import::ImportRow;
use crate::store::engine::Row;
use crate::store::error::EngineError;
use crate::store::star::dimension::columns::{own_fields, shown};

/// Rows that are there, by natural key.
pub(super) type Stored = HashMap<String, Record>;

/// A row of the dimension that the batch is about.
pub(super) struct Target<'a> {
    /// Its number; 0 until a new one was put in.
    pub id: i64,
    /// As it is there; none: it is new.
    pub stored: Option<Record>,
    /// As the file wants it.
    pub wanted: Record,
    /// The rows of the file that were taken.
    pub rows: Vec<&'a ImportRow>,
}

impl Target<'_> {
    /// Whether the row is there and differs from what the file wants.
    pub fn differs(&self) -> bool {
        self.stored
            .as_ref()
            .is_some_and(|stored| stored.values != self.wanted.values)
    }
}

/// The SELECT that [`read`] reads, up to its condition.
pub(super) fn select(spec: &'static DimensionSpec) -> String {
    let names: Vec<_> = own_fields(spec).map(|(_, field)| field.name).collect();
    format!(
        "SELECT id, uuid, version, active, {} FROM {}",
        names.join(", "),
        spec.table
    )
}

/// Rows of [`select`]; fields that are kept in other tables are empty.
pub(super) fn read(spec: &'static DimensionSpec, rows: &[Row]) -> Result<Stored, EngineError> {
    let mut stored = Stored::with_capacity(rows.len());
    for row in rows {
        let mut record = Record {
            id: Some(row.get(0)?),
            uuid: row.get(1)?,
            version: row.get(2)?,
            active: row.get(3)?,
            values: vec![String::new(); spec.fields.len()],
            withheld: None,
        };
        for ((position, field), at) in own_fields(spec).zip(4..) {
            record.values[position] = shown(field.kind, row, at)?;
        }
        stored.insert(spec.natural_key(&record), record);
    }
    Ok(stored)
}

/// Puts the file's rows over what is there, in the file's order, each checked as a form would check it.
pub(super) fn merge<'a>(
    spec: &'static DimensionSpec,
    keyed: &[(String, &'a ImportRow)],
    mut stored: Stored,
    mut goods: Option<&mut Goods>,
    clock: &dyn Clock,
) -> (Vec<Target<'a>>, Vec<(u64, String)>) {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(keyed.len());
    let mut targets: Vec<Target<'a>> = Vec::with_capacity(keyed.len());
    let mut refused = Vec::new();
    for (key, row) in keyed {
        let at = places.get(key.as_str()).copied();
        let before = at.map_or_else(
            || stored.get(key).cloned().unwrap_or_else(|| spec.blank(Uuid::nil())),
            |at| targets[at].wanted.clone(),
        );
        let known = before.id.is_some() || at.is_some();
        let checked = check(spec, row, &before, known).and_then(|mut record| {
            if let Some(goods) = goods.as_deref_mut() {
                goods.check(row, &mut record)?;
            }
            Ok(record)
        });
        let mut wanted = match checked {
            Ok(wanted) => wanted,
            Err(fault) => {
                refused.push((row.line, fault));
                continue;
            }
        };
        clear_beside(spec, &mut wanted);
        if let Some(at) = at {
            targets[at].wanted = wanted;
            targets[at].rows.push(row);
            continue;
        }
        let stored = stored.remove(key);
        if stored.is_none() {
            wanted.uuid = clock.new_id();
        }
        places.insert(key, targets.len());
        targets.push(Target {
            id: wanted.id.unwrap_or(0),
            stored,
            wanted,
            rows: vec![row],
        });
    }
    (targets, refused)
}

fn check(spec: &DimensionSpec, row: &ImportRow, before: &Record, known: bool) -> Result<Record, String> {
    let mut record = row.over(before);
    if spec.dimension == Dimension::Drug {
        // Nothing is opened by the form's check; a row of a known drug may leave its price as it is.
        record.set(spec, "quantity_supplied", "");
        if known && row.value("price").is_none() {
            record.set(spec, "price", "0");
        }
    }
    spec.check(&record).map_err(|faults| {
        let words = faults.into_iter().map(|fault| {
            let field = spec.fields.get(fault.position).map_or("", |field| field.name);
            format!("{field}: {}", fault.fault)
        });
        words.collect::<Vec<_>>().join("; ")
    })
}

/// Leaves only what the dimension's own table holds, so that two records can be compared.
fn clear_beside(spec: &'static DimensionSpec, record: &mut Record) {
    let own: Vec<_> = own_fields(spec).map(|(at, _)| at).collect();
    for (at, value) in record.values.iter_mut().enumerate() {
        if !own.contains(&at) {
            value.clear();
        }
    }
}
