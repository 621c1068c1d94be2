//! A pack of a drug: made, changed, taken off sale. Its row keeps its number, for the sales that name it.
use super::super::save::Stop;
use super::{Ended, refused};
use crate::domain::dimension::RowChange;
use crate::domain::money::Quantity;
use crate::domain::name::fold;
use crate::domain::wares::{PACK, PackRow};
use crate::params;
use crate::store::engine::{Row, Transaction};
use crate::store::error::EngineError;

pub(super) const SELECT: &str = "SELECT p.id, p.name, p.base_units, p.code, p.offer_first, p.active FROM drug_pack p WHERE p.drug_id = ? ORDER BY p.id";

/// A row of [`SELECT`].
pub(super) fn read(row: &Row) -> Result<PackRow, EngineError> {
    Ok(PackRow {
        id: row.get(0)?,
        name: row.get(1)?,
        units: Quantity::new(row.get(2)?),
        code: row.get(3)?,
        offer_first: row.get(4)?,
        active: row.get(5)?,
    })
}

/// Writes the pack; what the history tells of it, none where nothing is another.
pub(super) async fn put(
    tx: &mut dyn Transaction,
    drug: i64,
    opened: Option<&PackRow>,
    wanted: &PackRow,
) -> Result<Option<RowChange>, Ended> {
    let packs: Result<Vec<_>, _> = tx.query(SELECT, params![drug]).await?.iter().map(read).collect();
    let packs = packs?;
    let mut wanted = wanted.clone();
    if !wanted.active {
        // Its code may be another pack's from now on.
        wanted.code = None;
    }
    if wanted.units <= Quantity::ZERO {
        return Err(refused(&PACK, "units", "a quantity is above zero").into());
    }
    let key = fold(&wanted.name);
    let named = packs.iter().find(|pack| fold(&pack.name) == key);
    match (opened, named) {
        // Asked for twice, because the first answer was lost.
        (None, Some(there)) if same(there, &wanted) => return Ok(None),
        (None, Some(there)) => return Err(Ended::Clash(there.clone())),
        (Some(_), Some(there)) if there.id != wanted.id => {
            return Err(refused(&PACK, "name", format!("this drug has a pack “{}” already", there.name)).into());
        }
        _ => {}
    }
    refuse_code(tx, drug, &wanted).await?;
    let row = params![
        &wanted.name,
        &key,
        wanted.units.decimal(),
        wanted.code.clone(),
        wanted.code.as_deref().map(fold),
        wanted.offer_first,
        wanted.active
    ];
    let told = match opened {
        None => {
            one_first(tx, drug, 0, &wanted).await?;
            let insert =
                "INSERT INTO drug_pack (name, name_key, base_units, code, code_key, offer_first, active, drug_id)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
            tx.execute(insert, [row, params![drug]].concat()).await?;
            RowChange::beside("Pack", None, Some(wanted.words()))
        }
        Some(opened) => {
            let Some(there) = packs.iter().find(|pack| pack.id == opened.id) else {
                return Err(refused(&PACK, "name", "this pack is not in the database any more").into());
            };
            if same(there, &wanted) {
                return Ok(None);
            }
            if there != opened {
                return Err(Ended::Clash(there.clone()));
            }
            one_first(tx, drug, opened.id, &wanted).await?;
            let update = "UPDATE drug_pack SET name = ?, name_key = ?, base_units = ?, code = ?, code_key = ?,
                 offer_first = ?, active = ? WHERE id = ?";
            tx.execute(update, [row, params![opened.id]].concat()).await?;
            RowChange::beside("Pack", Some(there.words()), Some(wanted.words()))
        }
    };
    Ok(Some(told))
}

fn same(there: &PackRow, wanted: &PackRow) -> bool {
    let id = there.id;
    *there == PackRow { id, ..wanted.clone() }
}

/// Only one pack is offered first.
async fn one_first(tx: &mut dyn Transaction, drug: i64, pack: i64, wanted: &PackRow) -> Result<(), EngineError> {
    if wanted.offer_first {
        let update = "UPDATE drug_pack SET offer_first = 0 WHERE drug_id = ? AND id <> ? AND offer_first = 1";
        tx.execute(update, params![drug, pack]).await?;
    }
    Ok(())
}

/// A code is one thing: no drug's, and no other pack's.
async fn refuse_code(tx: &mut dyn Transaction, drug: i64, wanted: &PackRow) -> Result<(), Stop> {
    let Some(code) = &wanted.code else { return Ok(()) };
    let key = fold(code);
    let sql = "SELECT name FROM dim_drug WHERE code_key = ?
         UNION ALL SELECT d.name FROM drug_pack p JOIN dim_drug d ON d.id = p.drug_id
         WHERE p.code_key = ? AND NOT (p.drug_id = ? AND p.id = ?)";
    let taken = tx.query(sql, params![&key, &key, drug, wanted.id]).await?;
    match taken.first() {
        None => Ok(()),
        Some(row) => {
            let bearer: String = row.get(0)?;
            let words = format!("code {code} means “{bearer}” already: a code is one thing");
            Err(refused(&PACK, "code", words))
        }
    }
}
