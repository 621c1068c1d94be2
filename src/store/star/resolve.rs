//! From what a sale names, by lasting ids, to the rows of this store.
use std::collections::HashMap;

use uuid::Uuid;

use super::{marks, prescriber};
use crate::domain::event::RowIds;
use crate::domain::mending::{self, Named};
use crate::domain::money::Quantity;
use crate::domain::sale::Agreed;
use crate::params;
use crate::store::engine::{Transaction, Value};
use crate::store::error::{Refusal, StoreError};

/// A row of a dimension as a sale finds it.
#[derive(Debug, Clone, Copy)]
struct Found {
    id: i64,
    active: bool,
}

/// The rows that a sale's facts point at.
#[derive(Debug)]
pub(super) struct Rows {
    /// For facts and events.
    pub ids: RowIds,
    /// A tender each payment.
    pub tenders: Vec<i64>,
    /// Whether a reference of the tender of each payment may be used once only.
    pub used_once: Vec<bool>,
    /// Whether the drug of each line is controlled.
    pub controlled: Vec<bool>,
}

/// What is missing or not active, in the words of the counter.
#[derive(Debug)]
struct Gap {
    what: &'static str,
    name: String,
}

/// The rows of the store that a sale names.
struct Known {
    /// By kind and lasting id.
    found: HashMap<(&'static str, Uuid), Found>,
    /// Drugs that are controlled, tenders whose references are used once.
    marked: HashMap<Uuid, bool>,
}

/// The letters by which the kinds of rows are told apart in the one question.
const OUTLET: &str = "o";
const EMPLOYEE: &str = "e";
const DOCTOR: &str = "d";
const DRUG: &str = "g";
const TENDER: &str = "t";

/// The "none" row of `dim_doctor` has the nil UUID.
fn doctor_of(sale: &Agreed) -> Uuid {
    sale.doctor.as_ref().map_or(Uuid::nil(), |doctor| doctor.id)
}

/// Looks up every row that `sale` names, in one question.
async fn known(tx: &mut dyn Transaction, sale: &Agreed) -> Result<Known, StoreError> {
    let sql = format!(
        "SELECT 'o', id, active, uuid, 0 FROM dim_outlet WHERE uuid = ?
         UNION ALL SELECT 'e', id, active, uuid, 0 FROM dim_employee WHERE uuid = ?
         UNION ALL SELECT 'd', id, active, uuid, CASE WHEN merged_into IS NULL THEN 0 ELSE 1 END FROM dim_doctor WHERE uuid = ?
         UNION ALL SELECT 'g', id, active, uuid, CASE WHEN controlled_limit IS NULL THEN 0 ELSE 1 END
           FROM dim_drug WHERE uuid IN ({})
         UNION ALL SELECT 't', id, active, uuid, reference_unique FROM dim_tender WHERE uuid IN ({})",
        marks(sale.lines.len()),
        // IN () is no SQL: a sale without a payment asks for a tender that there is not.
        marks(sale.payments.len().max(1)),
    );
    let mut params = params![sale.outlet.id, sale.employee.id, doctor_of(sale)];
    params.extend(sale.lines.iter().map(|line| Value::from(line.drug)));
    params.extend(sale.payments.iter().map(|payment| Value::from(payment.tender)));
    if sale.payments.is_empty() {
        params.push(Value::from(Uuid::nil()));
    }
    let mut known = Known {
        found: HashMap::new(),
        marked: HashMap::new(),
    };
    for row in tx.query(&sql, params).await? {
        let (letter, uuid): (String, Uuid) = (row.get(0)?, row.get(3)?);
        let kinds = [OUTLET, EMPLOYEE, DOCTOR, DRUG, TENDER];
        let Some(kind) = kinds.into_iter().find(|kind| *kind == letter) else {
            continue;
        };
        let (mut id, mut active): (i64, bool) = (row.get(1)?, row.get(2)?);
        let has_more = row.get::<i64>(4)? != 0;
        if kind == DOCTOR && has_more {
            (id, active) = prescriber::recorded_at(tx, id).await?;
        }
        known.found.insert((kind, uuid), Found { id, active });
        known.marked.insert(uuid, has_more);
    }
    Ok(known)
}

/// The rows of everything that `sale` names.
///
/// # Errors
/// While a clerk waits (`attended`) a row that is missing or inactive refuses the sale; afterwards only a missing one
/// is in the way, for good. What is no longer sold, or prescribed by nobody, still comes back.
pub(super) async fn rows(tx: &mut dyn Transaction, sale: &Agreed, attended: bool) -> Result<Rows, StoreError> {
    let known = known(tx, sale).await?;
    let look = |kind: &'static str, id: Uuid, what: &'static str, name: &str| -> Result<i64, StoreError> {
        let gap = || Gap {
            what,
            name: name.to_owned(),
        };
        match known.found.get(&(kind, id)) {
            Some(row) if row.active || !attended => Ok(row.id),
            Some(row) if sale.refund_of.is_some() && matches!(kind, DRUG | DOCTOR) => Ok(row.id),
            Some(_) => Err(gap().inactive()),
            None => Err(gap().missing(attended)),
        }
    };
    let ids = RowIds {
        outlet: look(OUTLET, sale.outlet.id, "outlet", &sale.outlet.name)?,
        employee: look(EMPLOYEE, sale.employee.id, "employee", &sale.employee.name)?,
        doctor: look(
            DOCTOR,
            doctor_of(sale),
            "doctor",
            sale.doctor.as_ref().map_or("none", |doctor| &doctor.name),
        )?,
        drugs: sale
            .lines
            .iter()
            .map(|line| look(DRUG, line.drug, "drug", &line.name))
            .collect::<Result<_, _>>()?,
    };
    let tenders = sale
        .payments
        .iter()
        .map(|paid| look(TENDER, paid.tender, "tender", &paid.name))
        .collect::<Result<_, _>>()?;
    let is_marked = |id: &Uuid| known.marked.get(id).copied().unwrap_or(false);
    let controlled = sale.lines.iter().map(|line| is_marked(&line.drug)).collect();
    let used_once = sale.payments.iter().map(|paid| is_marked(&paid.tender)).collect();
    Ok(Rows {
        ids,
        tenders,
        used_once,
        controlled,
    })
}

/// What `sale` names and the store does not know, in the order of the sale.
pub(super) async fn gaps(tx: &mut dyn Transaction, sale: &Agreed) -> Result<Vec<mending::Gap>, StoreError> {
    let known = known(tx, sale).await?;
    let lines = (1..)
        .zip(&sale.lines)
        .map(|(at, line)| (Named::Line(at), DRUG, line.drug));
    let payments = (1..).zip(&sale.payments);
    let payments = payments.map(|(at, paid)| (Named::Payment(at), TENDER, paid.tender));
    let gaps = [
        (Named::Outlet, OUTLET, sale.outlet.id),
        (Named::Employee, EMPLOYEE, sale.employee.id),
        (Named::Doctor, DOCTOR, doctor_of(sale)),
    ];
    let gaps = gaps.into_iter().chain(lines).chain(payments);
    let unknown = gaps.filter(|(_, kind, id)| !known.found.contains_key(&(*kind, *id)));
    let gap = |(named, ..): (Named, _, _)| mending::Gap {
        named,
        name: named.name_in(sale).unwrap_or("none").to_owned(),
    };
    Ok(unknown.map(gap).collect())
}

impl Gap {
    fn inactive(self) -> StoreError {
        StoreError::Rejected(Refusal::Inactive {
            what: self.what,
            name: self.name,
        })
    }

    fn missing(self, attended: bool) -> StoreError {
        let refusal = Refusal::Unknown {
            what: self.what,
            name: self.name,
        };
        if attended {
            StoreError::Rejected(refusal)
        } else {
            StoreError::Permanent(refusal.to_string())
        }
    }
}

/// Why a sale that is to be recorded gives back more than can come back, if it does.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn too_much_back(
    tx: &mut dyn Transaction,
    sale: &Agreed,
    rows: &Rows,
) -> Result<Option<Refusal>, StoreError> {
    match check_refund(tx, sale, rows, true).await {
        Ok(()) => Ok(None),
        Err(StoreError::Rejected(why)) => Ok(Some(why)),
        Err(error) => Err(error),
    }
}

/// What comes back must have been sold, and not have come back before. Where the sale is to be
/// recorded (`to_record`), returns of one sale wait for each other at the head of the till that sold: two tills do not give
/// back the same goods at once. Two that wait in a ring are told so by the database, and one of them is tried again.
///
/// # Errors
/// With the drug and how many of it may still come back.
pub(super) async fn check_refund(
    tx: &mut dyn Transaction,
    sale: &Agreed,
    rows: &Rows,
    to_record: bool,
) -> Result<(), StoreError> {
    let Some(original) = sale.refund_of else { return Ok(()) };
    if to_record {
        let wait = "UPDATE till_head SET receipt_no = receipt_no WHERE till_id = ? AND series = ?";
        let sold_at = "SELECT till_id, series FROM sale WHERE sale_id = ?";
        if let Some(row) = tx.query(sold_at, params![original]).await?.first() {
            let (till, series): (String, i64) = (row.get(0)?, row.get(1)?);
            tx.execute(wait, params![till, series]).await?;
        }
    }
    let sql = "SELECT drug_id, SUM(quantity_sold), SUM(CASE WHEN sale_id = ? AND kind <> 'sale' THEN 1 ELSE 0 END)
         FROM fact_sale WHERE sale_id = ? OR refund_of = ? GROUP BY drug_id";
    let mut left: HashMap<i64, Quantity> = HashMap::new();
    for row in tx.query(sql, params![original, original, original]).await? {
        if row.get::<i64>(2)? > 0 {
            let words = "what this gives back is no sale: it came back itself".to_owned();
            return Err(StoreError::Rejected(Refusal::Other(words)));
        }
        left.insert(row.get(0)?, Quantity::new(row.get(1)?));
    }
    if left.is_empty() {
        let words = "the sale that this gives back is not in the database".to_owned();
        return Err(StoreError::Rejected(Refusal::Other(words)));
    }
    for (line, drug) in sale.lines.iter().zip(&rows.ids.drugs) {
        // Quantities of a return are negative.
        let remains = left.entry(*drug).or_insert(Quantity::ZERO);
        let after = *remains + line.quantity();
        if after.is_negative() {
            let words = format!("{}: at most {remains} can come back of that sale", line.name);
            return Err(StoreError::Rejected(Refusal::Other(words)));
        }
        *remains = after;
    }
    Ok(())
}
