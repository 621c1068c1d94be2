//! The packs of a drugs' file. A pack keeps its row: the base unit's when it is renamed, another's by its name.
use std::collections::HashMap;

use super::Batch;
use super::rows::Target;
use crate::domain::dimension::DRUG;
use crate::domain::money::Quantity;
use crate::domain::name::fold;
use crate::params;
use crate::store::engine::{Row, Value};
use crate::store::error::EngineError;
use crate::store::star::bulk;

/// Rows of `drug_pack` by drug and folded name.
pub(super) type PackIds = HashMap<(i64, String), i64>;

/// A pack, as it is or as the file wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pack {
    name: String,
    units: Quantity,
    code: Option<String>,
    active: bool,
}

const COLUMNS: [&str; 7] = [
    "drug_id",
    "name",
    "name_key",
    "base_units",
    "code",
    "code_key",
    "active",
];
const SELECT: &str = "SELECT id, drug_id, name, name_key, base_units, code, active FROM drug_pack";

/// Writes the packs that are new or differ, and notes their drugs in `touched`.
pub(super) async fn put(
    batch: &mut Batch<'_>,
    targets: &[Target<'_>],
    touched: &mut Vec<i64>,
) -> Result<PackIds, EngineError> {
    let stored = targets.iter().filter(|target| target.stored.is_some());
    let keys = stored.map(|target| Value::from(target.id)).collect();
    let mut ids = PackIds::new();
    let mut packs: HashMap<i64, Pack> = HashMap::new();
    for row in bulk::select_in(&mut *batch.tx, SELECT, "drug_id", keys).await? {
        let (id, drug, key, pack) = read(&row)?;
        ids.insert((drug, key), id);
        packs.insert(id, pack);
    }
    let (mut new, mut drugs_with_new, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for target in targets {
        rename_base(target, &mut ids);
        for (key, mut pack) in wanted(target) {
            match ids.get(&(target.id, key.clone())) {
                None => {
                    new.push(pack.row(target.id, &key));
                    drugs_with_new.push(Value::from(target.id));
                }
                Some(id) => {
                    let before = packs.get(id);
                    // A row that names no code for its pack leaves the code that the pack has.
                    pack.code = pack.code.or_else(|| before?.code.clone());
                    if before != Some(&pack) {
                        let mut row = params![*id];
                        row.extend(pack.row(target.id, &key));
                        changed.push(row);
                        touched.push(target.id);
                    }
                }
            }
        }
    }
    let mut columns = vec!["id"];
    columns.extend(COLUMNS);
    let overwriting = batch.overwriting;
    overwriting
        .put(&mut *batch.tx, "drug_pack", "id", &columns, &columns[2..], changed)
        .await?;
    bulk::insert(&mut *batch.tx, "drug_pack", &COLUMNS, new).await?;
    drugs_with_new.dedup();
    for row in bulk::select_in(&mut *batch.tx, SELECT, "drug_id", drugs_with_new).await? {
        let (id, drug, key, _) = read(&row)?;
        if ids.insert((drug, key), id).is_none() {
            touched.push(drug);
        }
    }
    Ok(ids)
}

/// The base unit first, then the packs of the drug's rows, each once, a later row over an earlier.
fn wanted(target: &Target<'_>) -> Vec<(String, Pack)> {
    let base = target.wanted.value(&DRUG, "base_unit");
    let mut packs = vec![(
        fold(base),
        Pack {
            name: base.to_owned(),
            units: Quantity::ONE,
            code: None,
            active: true,
        },
    )];
    for row in &target.rows {
        let (Some(name), Some(units)) = (row.value("pack_name"), row.value("pack_units")) else {
            continue;
        };
        let key = fold(name);
        let pack = Pack {
            name: name.to_owned(),
            units: units.parse().unwrap_or(Quantity::ONE),
            code: row.value("pack_code").map(str::to_owned),
            active: true,
        };
        match packs.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => {
                let code = pack.code.clone().or_else(|| known.code.take());
                *known = Pack { code, ..pack };
            }
            None => packs.push((key, pack)),
        }
    }
    packs
}

/// Where the file calls the base unit something else, the base unit's pack answers to the new name.
fn rename_base(target: &Target<'_>, ids: &mut PackIds) {
    let Some(stored) = &target.stored else { return };
    let before = fold(stored.value(&DRUG, "base_unit"));
    let now = fold(target.wanted.value(&DRUG, "base_unit"));
    if before != now
        && !ids.contains_key(&(target.id, now.clone()))
        && let Some(pack) = ids.remove(&(target.id, before))
    {
        ids.insert((target.id, now), pack);
    }
}

impl Pack {
    fn row(&self, drug: i64, key: &str) -> Vec<Value> {
        let code = self.code.as_deref();
        params![
            drug,
            &self.name,
            key,
            self.units.decimal(),
            code,
            code.map(fold),
            self.active
        ]
    }
}

fn read(row: &Row) -> Result<(i64, i64, String, Pack), EngineError> {
    let pack = Pack {
        name: row.get(2)?,
        units: Quantity::new(row.get(4)?),
        code: row.get(5)?,
        active: row.get(6)?,
    };
    Ok((row.get(0)?, row.get(1)?, row.get(3)?, pack))
}
