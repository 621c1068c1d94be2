//! What stands beside a drug in its file: packs, their codes and prices, and the stock that an outlet begins with.
use std::collections::{BTreeMap, HashMap};

use super::rows::Target;
use super::{Batch, BatchReport, packs, prices};
use crate::domain::clock::Clock;
use crate::domain::dimension::{DRUG, Record};
use crate::domain::import::ImportRow;
use crate::domain::money::Quantity;
use crate::domain::name::fold;
use crate::params;
use crate::store::engine::{Transaction, Value};
use crate::store::error::EngineError;
use crate::store::star::bulk;

/// Who bears a code: the drug's folded code and the pack's folded name, which is empty for the drug's own code.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bearer {
    drug: String,
    pack: String,
    /// The drug's name, for the complaint.
    name: String,
}

/// What the database knows that a row of a drugs' file refers to.
pub(super) struct Goods {
    /// Tax codes as they are spelled.
    taxes: Vec<String>,
    /// Rows of outlets by folded name.
    outlets: HashMap<String, i64>,
    bearers: HashMap<String, Bearer>,
}

impl Goods {
    /// Looks up outlets, tax codes, and who bears the codes in `rows`.
    pub async fn look(tx: &mut dyn Transaction, rows: &[ImportRow]) -> Result<Self, EngineError> {
        let mut taxes = Vec::new();
        let codes = "SELECT DISTINCT code FROM tax_code ORDER BY code";
        for row in tx.query(codes, params![]).await? {
            taxes.push(row.get(0)?);
        }
        let mut outlets = HashMap::new();
        for row in tx.query("SELECT name_key, id FROM dim_outlet", params![]).await? {
            outlets.insert(row.get(0)?, row.get(1)?);
        }
        let codes = rows.iter().flat_map(|row| [row.value("code"), row.value("pack_code")]);
        let keys: Vec<_> = codes.flatten().map(|code| Value::from(fold(code))).collect();
        let mut bearers = HashMap::new();
        let drugs = "SELECT code_key, name FROM dim_drug";
        for row in bulk::select_in(tx, drugs, "code_key", keys.clone()).await? {
            let key: String = row.get(0)?;
            let bearer = Bearer {
                drug: key.clone(),
                pack: String::new(),
                name: row.get(1)?,
            };
            bearers.insert(key, bearer);
        }
        let packs =
            "SELECT p.code_key, d.code_key, p.name_key, d.name FROM drug_pack p JOIN dim_drug d ON d.id = p.drug_id";
        for row in bulk::select_in(tx, packs, "p.code_key", keys).await? {
            let bearer = Bearer {
                drug: row.get(1)?,
                pack: row.get(2)?,
                name: row.get(3)?,
            };
            bearers.insert(row.get(0)?, bearer);
        }
        Ok(Self {
            taxes,
            outlets,
            bearers,
        })
    }

    /// Checks what a row refers to, and brings its tax code to the spelling of the tax table. Its codes are taken then.
    ///
    /// # Errors
    /// The first fault, with the field's name.
    pub fn check(&mut self, row: &ImportRow, record: &mut Record) -> Result<(), String> {
        let tax = fold(record.value(&DRUG, "tax_code"));
        let spelled = self.taxes.iter().find(|code| fold(code) == tax);
        let spelled = spelled.ok_or_else(|| format!("tax_code: one of: {}", self.taxes.join(", ")))?;
        record.set(&DRUG, "tax_code", spelled);
        for field in ["outlet", "price_outlet"] {
            self.outlet(row, field)?;
        }
        let drug = fold(record.value(&DRUG, "code"));
        let pack = fold(record.value(&DRUG, "pack_name"));
        for (field, pack) in [("code", ""), ("pack_code", pack.as_str())] {
            let Some(code) = row.value(field) else { continue };
            let wanted = Bearer {
                drug: drug.clone(),
                pack: pack.to_owned(),
                name: record.value(&DRUG, "name").to_owned(),
            };
            let bearer = self.bearers.entry(fold(code)).or_insert_with(|| wanted.clone());
            if (&bearer.drug, &bearer.pack) != (&wanted.drug, &wanted.pack) {
                return Err(format!(
                    "{field}: code {code} means “{}” already: a code is one thing",
                    bearer.name
                ));
            }
        }
        Ok(())
    }

    /// The outlet that the row names in `field`, by name or by number.
    pub(super) fn outlet(&self, row: &ImportRow, field: &str) -> Result<Option<i64>, String> {
        let Some(text) = row.value(field) else {
            return Ok(None);
        };
        let by_name = self.outlets.get(&fold(text)).copied();
        let number = text.parse().ok();
        let found = by_name.or(number.filter(|number| self.outlets.values().any(|id| id == number)));
        found
            .map(Some)
            .ok_or_else(|| format!("{field}: there is no outlet “{text}”: import outlets first"))
    }

    /// Writes packs, prices and opening stock; gives the drugs of which a pack or price changed.
    pub async fn put(
        &self,
        batch: &mut Batch<'_>,
        targets: &[Target<'_>],
        clock: &dyn Clock,
        report: &mut BatchReport,
    ) -> Result<Vec<i64>, EngineError> {
        let mut touched = Vec::new();
        let ids = packs::put(batch, targets, &mut touched).await?;
        prices::put(batch, self, targets, &ids, &mut touched).await?;
        self.open_stock(batch, targets, clock, report).await?;
        Ok(touched)
    }

    /// Opens stock where the book has no movement (COUNTER 1.5), last and in (outlet, drug) order, as sales take it.
    async fn open_stock(
        &self,
        batch: &mut Batch<'_>,
        targets: &[Target<'_>],
        clock: &dyn Clock,
        report: &mut BatchReport,
    ) -> Result<(), EngineError> {
        let mut wanted: BTreeMap<(i64, i64), Quantity> = BTreeMap::new();
        for target in targets {
            for row in &target.rows {
                let quantity = row.value("quantity_supplied").and_then(|text| text.parse().ok());
                let outlet = self.outlet(row, "outlet").ok().flatten();
                let (Some(quantity), Some(outlet)) = (quantity, outlet) else {
                    continue;
                };
                if wanted.insert((outlet, target.id), quantity).is_some() {
                    report.stock_skipped += 1;
                }
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let drugs = wanted.keys().map(|(_, drug)| Value::from(*drug)).collect();
        let moved = "SELECT DISTINCT outlet_id, drug_id FROM stock_movement";
        for row in bulk::select_in(&mut *batch.tx, moved, "drug_id", drugs).await? {
            if wanted.remove(&(row.get(0)?, row.get(1)?)).is_some() {
                report.stock_skipped += 1;
            }
        }
        report.stock_opened += wanted.len() as u64;
        let (mut movements, mut stock) = (Vec::new(), Vec::new());
        for ((outlet, drug), quantity) in wanted {
            let amount = quantity.decimal();
            movements.push(params![
                clock.new_id(),
                outlet,
                drug,
                "supply",
                amount,
                batch.by,
                "import",
                batch.now.clone()
            ]);
            stock.push(params![outlet, drug, amount, amount]);
        }
        let columns = [
            "uuid",
            "outlet_id",
            "drug_id",
            "kind",
            "quantity",
            "moved_by",
            "reason",
            "moved_at",
        ];
        bulk::insert(&mut *batch.tx, "stock_movement", &columns, movements).await?;
        let columns = ["outlet_id", "drug_id", "supplied", "remaining"];
        bulk::insert(&mut *batch.tx, "stock", &columns, stock).await
    }
}
