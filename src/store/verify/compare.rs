//! A sale's bytes against the rows beside them, field by field.
use rust_decimal::Decimal;
use uuid::Uuid;

use super::rows::{Kept, Merged};
use crate::domain::batch::is_same_number;
use crate::domain::chain::Hash;
use crate::domain::event::{RowIds, SaleEvent, StreamEvent, event_id};
use crate::domain::mending::{Mapping, Named};
use crate::domain::sale::{SaleRecord, TillId};
use crate::store::engine::{FromValue, Row};
use crate::store::star::NO_BATCH;

/// The sale that the bytes are, if they give its hash.
pub(super) fn read(kept: &Kept) -> Result<SaleRecord, String> {
    let hash = |index: usize| -> Result<Hash, String> {
        let text: String = kept.sale.get(index).map_err(|e| e.to_string())?;
        text.parse().map_err(|_| "its hash is none".to_owned())
    };
    let (prev_hash, hash) = (hash(4)?, hash(5)?);
    let bytes: Vec<u8> = kept.sale.get(6).map_err(|e| e.to_string())?;
    if prev_hash.then(&bytes) != hash {
        return Err("its bytes do not give its hash: it was altered".to_owned());
    }
    SaleRecord::read(prev_hash, hash, bytes, Vec::new()).map_err(|e| e.to_string())
}

/// The columns of the sale itself.
pub(super) fn columns(kept: &Kept, sale: &SaleRecord, till: &TillId, series: u32) -> Result<(), String> {
    let document = &sale.document;
    let lines = document.sale.lines.len() as u64;
    all(
        "the sale's",
        &[
            ("till", document.till == *till),
            ("series", document.series == series),
            ("number", document.number == kept.number),
            ("sale_id", is(&kept.sale, 1, &sale.sale_id()) || is_apart(kept, sale)),
            ("first_seq", counts(&kept.sale, 2, document.first_seq)),
            ("line_count", counts(&kept.sale, 3, lines)),
        ],
    )
}

/// Whether it is set apart without facts, since another sale has its id.
fn is_apart(kept: &Kept, sale: &SaleRecord) -> bool {
    (kept.waits || kept.struck) && is(&kept.sale, 1, &sale.apart_id())
}

/// Fact rows, payments, and the events that the outbox still has.
pub(super) fn facts(kept: &Kept, sale: &SaleRecord) -> Result<(), String> {
    let agreed = &sale.document.sale;
    let (lines, rows) = (agreed.lines.len(), kept.facts.len());
    if lines != rows {
        return Err(format!("it has {lines} lines and {rows} fact rows"));
    }
    let (payments, rows) = (agreed.payments.len(), kept.payments.len());
    if payments != rows {
        return Err(format!("it has {payments} payments and {rows} payment rows"));
    }
    for (index, row) in kept.facts.iter().enumerate() {
        fact(row, index, sale, kept)?;
    }
    for (index, row) in kept.payments.iter().enumerate() {
        payment(row, index, sale, &kept.mapping)?;
    }
    events(kept, sale)
}

fn fact(row: &Row, index: usize, sale: &SaleRecord, kept: &Kept) -> Result<(), String> {
    let mapped = |named: Named, row: Uuid| kept.mapping.row(named, row);
    let (document, agreed) = (&sale.document, &sale.document.sale);
    let line = &agreed.lines[index];
    let line_no = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let doctor = agreed.doctor.as_ref().map_or(Uuid::nil(), |doctor| doctor.id);
    let doctor = mapped(Named::Doctor, doctor);
    all(
        &format!("line {line_no}: the fact row's"),
        &[
            ("line_no", counts(row, 1, line_no.into())),
            ("kind", is(row, 2, &agreed.kind.as_str().to_owned())),
            ("event_id", is(row, 3, &event_id(agreed.sale_id, line_no))),
            ("till_id", is(row, 4, &document.till.as_str().to_owned())),
            ("series", counts(row, 5, document.series.into())),
            ("receipt_no", counts(row, 6, document.number)),
            ("seq", counts(row, 7, document.first_seq + index as u64)),
            ("outlet", is(row, 8, &mapped(Named::Outlet, agreed.outlet.id))),
            ("employee", is(row, 9, &mapped(Named::Employee, agreed.employee.id))),
            ("drug", is(row, 10, &mapped(Named::Line(line_no), line.drug))),
            ("doctor", is_recorded_at(row, 11, doctor, &kept.merged)),
            ("date_sold", is(row, 12, &agreed.date_sold())),
            ("sold_at", is(row, 13, &agreed.sold_at)),
            ("sold_local", is(row, 14, &agreed.sold_local)),
            ("unit", is(row, 15, &line.unit)),
            ("unit_qty", amounts(row, 16, line.unit_qty.decimal())),
            ("unit_factor", amounts(row, 17, line.unit_factor.decimal())),
            ("quantity_sold", amounts(row, 18, line.quantity().decimal())),
            ("unit_price", amounts(row, 19, line.unit_price.decimal())),
            ("discount", amounts(row, 20, line.discount.decimal())),
            ("tax_code", is(row, 21, &line.tax.code)),
            ("tax_rate", amounts(row, 22, line.tax.rate)),
            ("tax_amount", amounts(row, 23, line.tax.amount.decimal())),
            ("line_total", amounts(row, 24, line.total.decimal())),
            ("currency", is(row, 25, &agreed.currency.code)),
            ("refund_of", is(row, 26, &agreed.refund_of)),
            ("chain", is(row, 27, &sale.hash.to_string())),
            ("batch", is_of_batch(row, line.batch_number())),
        ],
    )
}

/// Whether it is at the outlet's and drug's batch of that number; at "none" without one. The day is the batch's own: what
/// its label said is in the bytes.
fn is_of_batch(row: &Row, number: Option<&str>) -> bool {
    let same = |one: usize, other: usize| row.get::<i64>(one).is_ok_and(|found| is(row, other, &found));
    match number {
        None => is(row, 33, &NO_BATCH),
        Some(number) => {
            let found = row.get::<String>(34);
            found.is_ok_and(|found| is_same_number(&found, number)) && same(28, 35) && same(30, 36)
        }
    }
}

/// Whether it is at the prescriber that was named, or at one whom that one was merged into by then.
fn is_recorded_at(row: &Row, index: usize, named: Uuid, merged: &Merged) -> bool {
    // As many steps as there are rows: a circle, which nobody makes here, ends too.
    std::iter::successors(Some(named), |uuid| merged.get(uuid).copied())
        .take(merged.len() + 1)
        .any(|uuid| is(row, index, &uuid))
}

fn payment(row: &Row, index: usize, sale: &SaleRecord, mapping: &Mapping) -> Result<(), String> {
    let agreed = &sale.document.sale;
    let paid = &agreed.payments[index];
    let payment_no = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let tender = mapping.row(Named::Payment(payment_no), paid.tender);
    all(
        &format!("payment {}: the row's", index + 1),
        &[
            ("payment_no", counts(row, 1, index as u64 + 1)),
            ("outlet", is(row, 2, &mapping.row(Named::Outlet, agreed.outlet.id))),
            ("tender", is(row, 3, &tender)),
            ("date_sold", is(row, 4, &agreed.date_sold())),
            ("amount", amounts(row, 5, paid.amount.decimal())),
            ("tendered", amounts(row, 6, paid.tendered.decimal())),
            ("change_given", amounts(row, 7, paid.change.decimal())),
            ("reference", is(row, 8, &paid.reference)),
        ],
    )
}

fn events(kept: &Kept, sale: &SaleRecord) -> Result<(), String> {
    let id = |row: &Row, index: usize| row.get::<i64>(index).map_err(|e| e.to_string());
    let Some(first) = kept.facts.first() else { return Ok(()) };
    let ids = RowIds {
        outlet: id(first, 28)?,
        employee: id(first, 29)?,
        doctor: id(first, 31)?,
        drugs: kept.facts.iter().map(|row| id(row, 30)).collect::<Result<_, _>>()?,
    };
    for (row, event) in kept.facts.iter().zip(SaleEvent::of(sale, &ids)) {
        let payload: Option<String> = row.get(32).map_err(|e| e.to_string())?;
        let Some(payload) = payload else { continue };
        let unchanged = matches!(
            StreamEvent::read(Some(payload.as_bytes())),
            Ok(StreamEvent::Sale(kept)) if event.is_told_by(&kept)
        );
        if !unchanged {
            return Err(format!(
                "line {}: the event in the outbox is another one",
                event.line_no
            ));
        }
    }
    Ok(())
}

/// The first of the fields that is not as it should be.
fn all(whose: &str, fields: &[(&str, bool)]) -> Result<(), String> {
    match fields.iter().find(|(_, same)| !same) {
        None => Ok(()),
        Some((field, _)) => Err(format!("{whose} {field} is not what was agreed")),
    }
}

/// A field that cannot even be read is another one too.
fn is<T: FromValue + PartialEq>(row: &Row, index: usize, expected: &T) -> bool {
    row.get::<T>(index).is_ok_and(|found| found == *expected)
}

fn counts(row: &Row, index: usize, expected: u64) -> bool {
    row.get::<i64>(index)
        .is_ok_and(|found| u64::try_from(found) == Ok(expected))
}

fn amounts(row: &Row, index: usize, expected: Decimal) -> bool {
    is(row, index, &expected.normalize())
}
