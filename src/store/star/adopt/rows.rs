//! Tax codes, and the rows of the dimensions with what belongs to them: pay, packs, prices, and who changed them.
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::carry::{Columns, Ids, Kind, insert, insert_all, names};
use super::columns::{DOCTORS, DRUGS, EMPLOYEES, HISTORY, OUTLETS, PACKS, PAY, PRICES, TAX_CODES, TENDERS};
use super::plan::{Fate, Plan, Planned, TABLES, Table};
use super::{AdoptError, Adopted};
use crate::params;
use crate::store::engine::{Engine, Row, Transaction, Value};
use crate::store::error::EngineError;
use crate::store::star::dimension::next_change;
use crate::store::star::{finish, marks};

/// Rows of one transaction: no till waits long for the change number.
const AT_ONCE: usize = 100;

fn columns(kind: Kind) -> Columns {
    match kind {
        Kind::Outlet => OUTLETS,
        Kind::Employee => EMPLOYEES,
        Kind::Doctor => DOCTORS,
        Kind::Tender => TENDERS,
        Kind::Drug => DRUGS,
    }
}

/// Puts in what is new; gives the store's rows of all.
pub(super) async fn bring(
    (file, to): (&dyn Engine, &dyn Engine),
    plan: &Plan,
    adopted: &mut Adopted,
) -> Result<Ids, AdoptError> {
    tax_codes(file, to).await?;
    let mut ids = Ids::default();
    for row in &plan.rows {
        if let Fate::There(id) | Fate::Twin(id) = row.fate {
            ids.rows.insert((row.kind, row.id), id);
        }
    }
    adopted.twins = plan.twins();
    for table in &TABLES {
        let mut new: Vec<&Planned> = plan
            .rows
            .iter()
            .filter(|row| row.kind == table.kind && is_new(row))
            .collect();
        adopted.rows += new.len() as u64;
        while !new.is_empty() {
            // Prescribers who were merged wait for whomever they were merged into.
            let mut left = Vec::new();
            for some in new.chunks(AT_ONCE) {
                let done = some_rows((file, to), table, some, &mut ids).await?;
                left.extend(some.iter().copied().filter(|row| !done.contains(&row.id)));
            }
            if left.len() == new.len() {
                let reason = "prescribers of the file are merged in a circle".to_owned();
                return Err(AdoptError::Refused(reason));
            }
            new = left;
        }
    }
    history((file, to), plan, &ids).await?;
    Ok(ids)
}

fn is_new(row: &Planned) -> bool {
    matches!(row.fate, Fate::New { .. })
}

async fn tax_codes(file: &dyn Engine, to: &dyn Engine) -> Result<(), AdoptError> {
    let known = to.query("SELECT code, valid_from FROM tax_code", params![]).await?;
    let known: HashSet<(String, jiff::civil::Date)> = known
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect::<Result<_, EngineError>>()?;
    let mut rows = Vec::new();
    for row in file
        .query(&format!("SELECT {} FROM tax_code", names("", TAX_CODES)), params![])
        .await?
    {
        if !known.contains(&(row.get(0)?, row.get(3)?)) {
            rows.push(Ids::default().row(&row, 0, TAX_CODES)?);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut tx = to.begin().await?;
    let done = async {
        let n = next_change(&mut *tx).await?;
        for row in &mut rows {
            row.push(n.into());
        }
        insert(
            &mut *tx,
            ("tax_code", &format!("{}, changed_n", names("", TAX_CODES))),
            rows,
        )
        .await
    };
    let done = done.await;
    Ok(finish(tx, done).await?)
}

/// Puts some rows of one dimension in, and notes their numbers. Which of them could be: one who was merged waits for
/// whomever they were merged into.
async fn some_rows(
    (file, to): (&dyn Engine, &dyn Engine),
    table: &Table,
    some: &[&Planned],
    ids: &mut Ids,
) -> Result<HashSet<i64>, AdoptError> {
    let columns = columns(table.kind);
    let wanted: HashMap<i64, &Planned> = some.iter().map(|row| (row.id, *row)).collect();
    let sql = format!(
        "SELECT id, {} FROM {} WHERE id IN ({}) ORDER BY id",
        names("", columns),
        table.name,
        marks(some.len())
    );
    let rows = file.query(&sql, some.iter().map(|row| row.id.into()).collect()).await?;
    let mut own_number = Vec::new();
    let mut new_number = Vec::new();
    let mut uuids: HashMap<Uuid, i64> = HashMap::new();
    for row in &rows {
        let id: i64 = row.get(0)?;
        let Some(Planned {
            uuid,
            fate: Fate::New { keeps_id, merged_into },
            ..
        }) = wanted.get(&id)
        else {
            continue;
        };
        let waits = |row: &Row| -> Result<bool, EngineError> {
            let into: Option<i64> = if table.kind == Kind::Doctor { row.get(2)? } else { None };
            Ok(into.is_some_and(|into| !ids.rows.contains_key(&(Kind::Doctor, into))))
        };
        if merged_into.is_none() && waits(row)? {
            continue;
        }
        let mut values = match merged_into {
            None => ids.row(row, 1, columns)?,
            Some(survivor) => {
                let mut values = vec![Value::from(format!("merged:{uuid}")), Value::from(*survivor)];
                values.extend(ids.row(row, 3, &columns[2..])?);
                values
            }
        };
        uuids.insert(*uuid, id);
        if *keeps_id {
            values.insert(0, id.into());
            own_number.push(values);
        } else {
            new_number.push(values);
        }
    }
    let mut tx = to.begin().await?;
    let done = put((file, &mut *tx), table, ([own_number, new_number], &uuids), ids).await;
    finish(tx, done).await?;
    Ok(uuids.into_values().collect())
}

/// In one transaction: the rows, and what belongs to them. Notes their numbers there.
async fn put(
    (file, tx): (&dyn Engine, &mut dyn Transaction),
    table: &Table,
    ([own_number, new_number], uuids): ([Vec<Vec<Value>>; 2], &HashMap<Uuid, i64>),
    ids: &mut Ids,
) -> Result<(), EngineError> {
    if uuids.is_empty() {
        return Ok(());
    }
    let n = next_change(tx).await?;
    let names = names("", columns(table.kind));
    for (first, mut rows) in [("id, ", own_number), ("", new_number)] {
        for row in &mut rows {
            row.push(n.into());
        }
        insert(tx, (table.name, &format!("{first}{names}, changed_n")), rows).await?;
    }
    let ask = format!(
        "SELECT uuid, id FROM {} WHERE uuid IN ({})",
        table.name,
        marks(uuids.len())
    );
    let mut there = HashMap::new();
    for row in tx
        .query(&ask, uuids.keys().map(|uuid| Value::from(*uuid)).collect())
        .await?
    {
        if let Some(file_id) = uuids.get(&row.get::<Uuid>(0)?) {
            let id: i64 = row.get(1)?;
            there.insert(*file_id, id);
            ids.rows.insert((table.kind, *file_id), id);
        }
    }
    match table.kind {
        Kind::Employee => pay((file, tx), &there, ids).await,
        Kind::Drug => packs((file, tx), &there, ids).await,
        _ => Ok(()),
    }
}

async fn pay(
    (file, tx): (&dyn Engine, &mut dyn Transaction),
    there: &HashMap<i64, i64>,
    ids: &Ids,
) -> Result<(), EngineError> {
    let rows = beside(file, ("employee_pay", "employee_id"), PAY, there).await?;
    let rows = rows.iter().map(|row| ids.row(row, 1, PAY)).collect::<Result<_, _>>()?;
    insert_all(tx, ("employee_pay", PAY), rows).await
}

async fn packs(
    (file, tx): (&dyn Engine, &mut dyn Transaction),
    there: &HashMap<i64, i64>,
    ids: &Ids,
) -> Result<(), EngineError> {
    let packs = beside(file, ("drug_pack", "drug_id"), PACKS, there).await?;
    if packs.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(packs.len());
    for pack in &packs {
        let mut values = ids.row(pack, 1, PACKS)?;
        // A code is one pack's in the whole company; whoever has it keeps it.
        if let Some(code) = pack.get::<Option<String>>(2)? {
            let taken = tx
                .query("SELECT 1 FROM drug_pack WHERE code_key = ?", params![code])
                .await?;
            if !taken.is_empty() {
                values[0] = Value::Null;
                values[1] = Value::Null;
            }
        }
        rows.push(values);
    }
    insert_all(tx, ("drug_pack", PACKS), rows).await?;
    // The packs' numbers there, by drug and name.
    let sql = format!(
        "SELECT id, drug_id, name_key FROM drug_pack WHERE drug_id IN ({})",
        marks(there.len())
    );
    let mut numbers: HashMap<(i64, String), i64> = HashMap::new();
    for row in tx
        .query(&sql, there.values().map(|id| Value::from(*id)).collect())
        .await?
    {
        numbers.insert((row.get(1)?, row.get(2)?), row.get(0)?);
    }
    let mut by_pack = HashMap::new();
    for pack in &packs {
        let drug = ids.of(Kind::Drug, pack.get(3)?)?;
        if let Some(number) = numbers.get(&(drug, pack.get(5)?)) {
            by_pack.insert(pack.get::<i64>(0)?, *number);
        }
    }
    let mut prices = Vec::new();
    for price in beside(file, ("price", "pack_id"), PRICES, &by_pack).await? {
        let mut values = ids.row(&price, 1, PRICES)?;
        values.push(by_pack.get(&price.get(0)?).copied().into());
        prices.push(values);
    }
    insert(tx, ("price", &format!("{}, pack_id", names("", PRICES))), prices).await
}

/// Rows of a table that belong to these; their own number first, or that of what they belong to.
async fn beside(
    file: &dyn Engine,
    (table, belongs_to): (&str, &str),
    columns: Columns,
    there: &HashMap<i64, i64>,
) -> Result<Vec<Row>, EngineError> {
    let first = if table == "drug_pack" { "id" } else { belongs_to };
    let mut rows = Vec::new();
    let owners: Vec<Value> = there.keys().map(|id| Value::from(*id)).collect();
    for some in owners.chunks(500) {
        let sql = format!(
            "SELECT {first}, {} FROM {table} WHERE {belongs_to} IN ({}) ORDER BY {first}",
            names("", columns),
            marks(some.len())
        );
        rows.extend(file.query(&sql, some.to_vec()).await?);
    }
    Ok(rows)
}

/// Who changed the rows. A row's history is there from its first line on, or not at all.
async fn history((file, to): (&dyn Engine, &dyn Engine), plan: &Plan, ids: &Ids) -> Result<(), AdoptError> {
    let brought = plan.rows.iter().filter(|row| !matches!(row.fate, Fate::Twin(_)));
    let uuids: Vec<Value> = brought.map(|row| row.uuid.into()).collect();
    for some in uuids.chunks(AT_ONCE) {
        let order = format!("WHERE row_uuid IN ({}) ORDER BY id", marks(some.len()));
        let rows = file
            .query(
                &format!("SELECT {} FROM row_history {order}", names("", HISTORY)),
                some.to_vec(),
            )
            .await?;
        if rows.is_empty() {
            continue;
        }
        let known = to
            .query(
                &format!("SELECT row_uuid, field, changed_at FROM row_history {order}"),
                some.to_vec(),
            )
            .await?;
        let mut first_lines = HashSet::new();
        for row in &known {
            first_lines.insert((row.get::<Uuid>(0)?, row.get::<String>(1)?, row.get::<Timestamp>(2)?));
        }
        let mut is_known: HashMap<Uuid, bool> = HashMap::new();
        let mut new = Vec::new();
        for row in &rows {
            let (uuid, field, at): (Uuid, String, Timestamp) = (row.get(1)?, row.get(2)?, row.get(8)?);
            if !*is_known
                .entry(uuid)
                .or_insert_with(|| first_lines.contains(&(uuid, field, at)))
            {
                new.push(ids.row(row, 0, HISTORY)?);
            }
        }
        let mut tx = to.begin().await?;
        let done = insert_all(&mut *tx, ("row_history", HISTORY), new).await;
        finish(tx, done).await?;
    }
    Ok(())
}
