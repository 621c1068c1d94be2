//! What changed in the catalogue since a change number, for a till to keep (PATH 3.7).
//!
//! The number is read before the rows. It is locked to the end of each writer's transaction, so every change up to it is
//! committed by then and in the answer. A row that is changed while the answer is read may be in it too, half of it
//! perhaps: its number is higher, so the next answer has it again, whole.
use std::collections::HashMap;

use uuid::Uuid;

use super::Store;
use crate::domain::catalogue::{CatalogueChanges, Doctor, Drug, Employee, Outlet, Pack, Price, TaxRate, Tender};
use crate::domain::money::{Currency, Money, Quantity};
use crate::domain::name::fold;
use crate::params;
use crate::store::engine::Row;
use crate::store::error::{EngineError, StoreError};

/// Drugs an answer of the database: a few seconds' patience with a slow server is enough for each.
const DRUGS_A_PAGE: i64 = 20_000;

/// Below every change number: rows that `init` put in have 0.
const BEFORE_ALL: i64 = -1;

impl Store {
    /// What changed since the epoch and number of an earlier answer; everything, marked as such, where that was another
    /// epoch's or the store is behind it. `(Uuid::nil(), 0)` asks for everything.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn catalogue_changes(&self, since: (Uuid, i64)) -> Result<CatalogueChanges, StoreError> {
        let rows = self
            .engine
            .query("SELECT epoch, n FROM change_seq WHERE id = 1", params![])
            .await?;
        let head = rows
            .first()
            .ok_or_else(|| EngineError::Permanent("change_seq is empty: run rxtill init".to_owned()))?;
        let (epoch, n): (Uuid, i64) = (head.get(0)?, head.get(1)?);
        let full = epoch != since.0 || n < since.1;
        let mut changes = CatalogueChanges {
            epoch,
            n,
            full,
            ..CatalogueChanges::default()
        };
        if !full && n == since.1 {
            return Ok(changes);
        }
        let since = if full { BEFORE_ALL } else { since.1 };
        changes.drugs = self.drugs(since).await?;
        changes.doctors = self
            .rows(
                "SELECT id, uuid, name, registration_number, specialization, phone_number, email, region, confirmed,
                 active, merged_into FROM dim_doctor WHERE changed_n > ? ORDER BY id",
                since,
                doctor,
            )
            .await?;
        changes.employees = self
            .rows(
                "SELECT id, uuid, name, phone_number, email, role, active FROM dim_employee
                 WHERE changed_n > ? ORDER BY id",
                since,
                employee,
            )
            .await?;
        changes.outlets = self
            .rows(
                "SELECT id, uuid, name, region, time_zone, opening_hours, address, phone, tax_number, currency,
                 currency_decimals, smallest_coin, receipt_footer, active FROM dim_outlet
                 WHERE changed_n > ? ORDER BY id",
                since,
                outlet,
            )
            .await?;
        changes.tenders = self
            .rows(
                "SELECT id, uuid, name, entry_key, reference_pattern, reference_unique, gives_change,
                   refund_as, active
                 FROM dim_tender WHERE changed_n > ? ORDER BY id",
                since,
                tender,
            )
            .await?;
        changes.taxes = self
            .rows(
                "SELECT code, name, rate, valid_from FROM tax_code WHERE changed_n > ? ORDER BY code, valid_from",
                BEFORE_ALL,
                tax,
            )
            .await?;
        Ok(changes)
    }

    /// What remains at an outlet by the book, by drug, in base units. A drug that is not in it is not counted there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn stock(&self, outlet: i64) -> Result<Vec<(i64, Quantity)>, StoreError> {
        let sql = "SELECT drug_id, remaining FROM stock WHERE outlet_id = ? ORDER BY drug_id";
        let rows = self.engine.query(sql, params![outlet]).await?;
        let stock: Result<_, EngineError> = rows
            .iter()
            .map(|row| Ok((row.get(0)?, Quantity::new(row.get(1)?))))
            .collect();
        Ok(stock?)
    }

    async fn rows<T>(
        &self,
        sql: &str,
        since: i64,
        read: impl Fn(&Row) -> Result<T, EngineError>,
    ) -> Result<Vec<T>, EngineError> {
        let rows = self.engine.query(sql, params![since]).await?;
        rows.iter().map(read).collect()
    }

    /// Drugs with their packs and prices: three statements a page, however many drugs there are.
    async fn drugs(&self, since: i64) -> Result<Vec<Drug>, EngineError> {
        let mut drugs = Vec::new();
        let mut after = 0;
        loop {
            let sql = "SELECT id, uuid, code, name, generic_name, strength, form, base_unit, tax_code,
                 prescription_only, controlled_limit, active FROM dim_drug
                 WHERE changed_n > ? AND id > ? ORDER BY id LIMIT ?";
            let page = self.engine.query(sql, params![since, after, DRUGS_A_PAGE]).await?;
            let Some(last) = page.last() else { return Ok(drugs) };
            let range = params![since, after, last.get::<i64>(0)?];
            after = last.get(0)?;
            let mut packs = self.packs(range).await?;
            for row in &page {
                drugs.push(drug(row, &mut packs)?);
            }
        }
    }

    /// The packs on sale of the drugs that changed since a number and are in a range of ids, by drug.
    async fn packs(&self, range: Vec<crate::store::engine::Value>) -> Result<HashMap<i64, Vec<Pack>>, EngineError> {
        let sql = "SELECT r.pack_id, r.outlet_id, r.price_list, r.valid_from, r.amount FROM dim_drug d
             JOIN drug_pack p ON p.drug_id = d.id JOIN price r ON r.pack_id = p.id
             WHERE d.changed_n > ? AND d.id > ? AND d.id <= ? AND p.active = 1 ORDER BY r.id";
        let mut prices: HashMap<i64, Vec<Price>> = HashMap::new();
        for row in self.engine.query(sql, range.clone()).await? {
            let outlet: i64 = row.get(1)?;
            prices.entry(row.get(0)?).or_default().push(Price {
                outlet: (outlet != 0).then_some(outlet),
                list: row.get(2)?,
                valid_from: row.get(3)?,
                amount: Money::new(row.get(4)?),
            });
        }
        let sql = "SELECT p.drug_id, p.id, p.name, p.base_units, p.code, p.offer_first FROM dim_drug d
             JOIN drug_pack p ON p.drug_id = d.id
             WHERE d.changed_n > ? AND d.id > ? AND d.id <= ? AND p.active = 1 ORDER BY p.id";
        let mut packs: HashMap<i64, Vec<Pack>> = HashMap::new();
        for row in self.engine.query(sql, range).await? {
            let id = row.get(1)?;
            packs.entry(row.get(0)?).or_default().push(Pack {
                id,
                name: row.get(2)?,
                factor: Quantity::new(row.get(3)?),
                code: row.get(4)?,
                offer_first: row.get(5)?,
                prices: prices.remove(&id).unwrap_or_default(),
            });
        }
        Ok(packs)
    }
}

fn drug(row: &Row, packs: &mut HashMap<i64, Vec<Pack>>) -> Result<Drug, EngineError> {
    let id = row.get(0)?;
    let base_unit: String = row.get(7)?;
    let mut packs = packs.remove(&id).unwrap_or_default();
    let base = fold(&base_unit);
    packs.sort_by_cached_key(|pack| (fold(&pack.name) != base, pack.factor, pack.id));
    Ok(Drug {
        id,
        uuid: row.get(1)?,
        code: row.get(2)?,
        name: row.get(3)?,
        generic_name: row.get(4)?,
        strength: row.get(5)?,
        form: row.get(6)?,
        base_unit,
        tax_code: row.get(8)?,
        prescription_only: row.get(9)?,
        controlled_limit: row.get::<Option<_>>(10)?.map(Quantity::new),
        active: row.get(11)?,
        packs,
    })
}

fn doctor(row: &Row) -> Result<Doctor, EngineError> {
    let merged_into: Option<i64> = row.get(10)?;
    Ok(Doctor {
        id: row.get(0)?,
        uuid: row.get(1)?,
        name: row.get(2)?,
        registration_number: row.get(3)?,
        specialization: row.get(4)?,
        phone_number: row.get(5)?,
        email: row.get(6)?,
        region: row.get(7)?,
        confirmed: row.get(8)?,
        // A merged row points at its survivor, which new sales name.
        active: row.get::<bool>(9)? && merged_into.is_none(),
        merged_into,
    })
}

fn employee(row: &Row) -> Result<Employee, EngineError> {
    Ok(Employee {
        id: row.get(0)?,
        uuid: row.get(1)?,
        name: row.get(2)?,
        phone_number: row.get(3)?,
        email: row.get(4)?,
        role: row.get(5)?,
        active: row.get(6)?,
    })
}

fn outlet(row: &Row) -> Result<Outlet, EngineError> {
    Ok(Outlet {
        id: row.get(0)?,
        uuid: row.get(1)?,
        name: row.get(2)?,
        region: row.get(3)?,
        time_zone: row.get(4)?,
        opening_hours: row.get(5)?,
        address: row.get(6)?,
        phone: row.get(7)?,
        tax_number: row.get(8)?,
        currency: Currency {
            code: row.get(9)?,
            places: u32::try_from(row.get::<i64>(10)?).unwrap_or(2),
        },
        smallest_coin: Money::new(row.get(11)?),
        receipt_footer: row.get(12)?,
        active: row.get(13)?,
    })
}

fn tender(row: &Row) -> Result<Tender, EngineError> {
    Ok(Tender {
        id: row.get(0)?,
        uuid: row.get(1)?,
        name: row.get(2)?,
        entry_key: row.get::<String>(3)?.chars().next().unwrap_or(' '),
        reference_pattern: row.get(4)?,
        reference_unique: row.get(5)?,
        gives_change: row.get(6)?,
        refund_as: row.get(7)?,
        active: row.get(8)?,
    })
}

fn tax(row: &Row) -> Result<TaxRate, EngineError> {
    Ok(TaxRate {
        code: row.get(0)?,
        name: row.get(1)?,
        rate: row.get(2)?,
        valid_from: row.get(3)?,
    })
}
