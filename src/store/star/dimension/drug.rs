//! What stands beside a drug's row: its packs, their codes and prices, and the stock of an outlet.
use std::collections::HashMap;

use jiff::civil::Date;

use super::super::Store;
use super::save::Stop;
use super::stock::{self, BY_UUID, Move};
use super::{Here, Save, fault};
use crate::domain::dimension::{DRUG, Record};
use crate::domain::money::{Money, Quantity};
use crate::domain::name::fold;
use crate::params;
use crate::store::engine::Transaction;
use crate::store::error::StoreError;

/// The prices of a drug's packs that can be in force at an outlet on a day, the narrowest and latest last (COUNTER 1.2).
const PRICES: &str = "SELECT r.pack_id, r.outlet_id, r.amount FROM price r JOIN drug_pack p ON p.id = r.pack_id
     WHERE p.drug_id = ? AND r.outlet_id IN (0, ?) AND r.price_list = '' AND r.valid_from <= ?
     ORDER BY r.outlet_id, r.valid_from";

/// A pack as a save finds it.
#[derive(Debug, Clone)]
struct Pack {
    id: i64,
    name_key: String,
    active: bool,
    code_key: Option<String>,
}

/// A pack as the form wants it.
#[derive(Debug, Clone, Copy)]
struct WantedPack<'a> {
    name: &'a str,
    units: Quantity,
    code: Option<&'a str>,
    price: Money,
    /// The field that faults are told at.
    field: &'static str,
}

impl Store {
    /// Fills in packs, prices in force here, and this outlet's stock.
    pub(super) async fn read_beside_drug(&self, drug: &mut Record, id: i64, here: Here) -> Result<(), StoreError> {
        let today = self.today(here).await?;
        let sql = "SELECT id, name, name_key, base_units, code FROM drug_pack
             WHERE drug_id = ? AND active = 1 ORDER BY id";
        let packs = self.engine.query(sql, params![id]).await?;
        let mut prices: HashMap<i64, Money> = HashMap::new();
        for row in self.engine.query(PRICES, params![id, here.outlet, today]).await? {
            prices.insert(row.get(0)?, Money::new(row.get(2)?));
        }
        let price = |pack: i64| prices.get(&pack).map(Money::to_string).unwrap_or_default();
        let base = fold(drug.value(&DRUG, "base_unit"));
        let mut more = false;
        for pack in packs {
            let id: i64 = pack.get(0)?;
            if pack.get::<String>(2)? == base {
                drug.set(&DRUG, "price", price(id));
            } else if !more {
                more = true;
                drug.set(&DRUG, "pack_name", pack.get::<String>(1)?);
                drug.set(&DRUG, "pack_units", Quantity::new(pack.get(3)?).to_string());
                drug.set(&DRUG, "pack_price", price(id));
                drug.set(&DRUG, "pack_code", pack.get::<Option<String>>(4)?.unwrap_or_default());
            }
        }
        let sql = "SELECT supplied, remaining FROM stock WHERE outlet_id = ? AND drug_id = ?";
        if let Some(stock) = self.engine.query(sql, params![here.outlet, id]).await?.first() {
            drug.set(&DRUG, "stock_supplied", Quantity::new(stock.get(0)?).to_string());
            drug.set(&DRUG, "stock_remaining", Quantity::new(stock.get(1)?).to_string());
        }
        Ok(())
    }
}

/// Brings a drug's tax code to the spelling of the tax table, and refuses codes that mean something else already.
pub(super) async fn check(tx: &mut dyn Transaction, wanted: &mut Record) -> Result<(), Stop> {
    let mut faults = Vec::new();
    let mut codes: Vec<String> = Vec::new();
    for row in tx
        .query("SELECT DISTINCT code FROM tax_code ORDER BY code", params![])
        .await?
    {
        codes.push(row.get(0)?);
    }
    let tax = fold(wanted.value(&DRUG, "tax_code"));
    match codes.iter().find(|code| fold(code) == tax) {
        Some(code) => wanted.set(&DRUG, "tax_code", code),
        None => faults.push(fault(&DRUG, "tax_code", format!("one of: {}", codes.join(", ")))),
    }
    for field in ["code", "pack_code"] {
        let code = wanted.value(&DRUG, field);
        if code.is_empty() {
            continue;
        }
        let key = fold(code);
        let sql = "SELECT name FROM dim_drug WHERE code_key = ? AND uuid <> ?
             UNION ALL SELECT d.name FROM drug_pack p JOIN dim_drug d ON d.id = p.drug_id
             WHERE p.code_key = ? AND d.uuid <> ?";
        let taken = tx.query(sql, params![&key, wanted.uuid, &key, wanted.uuid]).await?;
        if let Some(row) = taken.first() {
            let drug: String = row.get(0)?;
            let words = format!("code {code} means “{drug}” already: a code is one thing");
            faults.push(fault(&DRUG, field, words));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Stop::Refused(faults))
    }
}

/// Writes the base unit's pack and the one more that the form shows, and the prices that changed. Packs keep their ids.
pub(super) async fn write_packs(
    tx: &mut dyn Transaction,
    save: &Save<'_>,
    wanted: &Record,
    id: i64,
    today: Date,
) -> Result<(), Stop> {
    let value = |name: &str| wanted.value(&DRUG, name);
    let opened = |name: &str| save.opened.map(|opened| fold(opened.value(&DRUG, name)));
    let rows = tx
        .query(
            "SELECT id, name_key, active, code_key FROM drug_pack WHERE drug_id = ? ORDER BY id",
            params![id],
        )
        .await?;
    let mut packs = Vec::new();
    for row in rows {
        packs.push(Pack {
            id: row.get(0)?,
            name_key: row.get(1)?,
            active: row.get(2)?,
            code_key: row.get(3)?,
        });
    }
    refuse_own_codes(&packs, save.opened, wanted)?;
    let mut in_force: HashMap<i64, (i64, Money)> = HashMap::new();
    for row in tx.query(PRICES, params![id, save.here.outlet, today]).await? {
        in_force.insert(row.get(0)?, (row.get(1)?, Money::new(row.get(2)?)));
    }
    // The base unit's bar code is the drug's own.
    let base = WantedPack {
        name: value("base_unit"),
        units: Quantity::ONE,
        code: None,
        price: value("price").parse().unwrap_or_default(),
        field: "base_unit",
    };
    let pack = put_pack(tx, id, &packs, opened("base_unit"), base).await?;
    set_price(tx, pack, in_force.get(&pack).copied(), base.price, today).await?;
    let shown = opened("pack_name").filter(|name| !name.is_empty());
    if value("pack_name").is_empty() {
        if let Some(gone) = packs.iter().find(|pack| Some(&pack.name_key) == shown.as_ref()) {
            retire(tx, gone.id).await?;
        }
        return Ok(());
    }
    let more = WantedPack {
        name: value("pack_name"),
        units: value("pack_units").parse().unwrap_or(Quantity::ONE),
        code: Some(value("pack_code")).filter(|code| !code.is_empty()),
        price: value("pack_price").parse().unwrap_or_default(),
        field: "pack_name",
    };
    let pack = put_pack(tx, id, &packs, shown, more).await?;
    set_price(tx, pack, in_force.get(&pack).copied(), more.price, today).await
}

/// Refuses a code that a pack of the same drug bears which the form does not show.
fn refuse_own_codes(packs: &[Pack], opened: Option<&Record>, wanted: &Record) -> Result<(), Stop> {
    let names: Vec<_> = [opened, Some(wanted)]
        .into_iter()
        .flatten()
        .flat_map(|record| ["base_unit", "pack_name"].map(|name| fold(record.value(&DRUG, name))))
        .collect();
    let faults: Vec<_> = ["code", "pack_code"]
        .into_iter()
        .filter_map(|field| {
            let key = Some(fold(wanted.value(&DRUG, field)));
            let hidden = |pack: &&Pack| !names.contains(&pack.name_key) && pack.code_key == key;
            let other = packs.iter().find(hidden)?;
            let words = format!("that is the code of its pack “{}” already", other.name_key);
            Some(fault(&DRUG, field, words))
        })
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Stop::Refused(faults))
    }
}

/// The pack as wanted: the one that the form had `shown`, renamed or not; else one of that name that was retired; else a
/// new one. Gives its id.
async fn put_pack(
    tx: &mut dyn Transaction,
    drug: i64,
    packs: &[Pack],
    shown: Option<String>,
    wanted: WantedPack<'_>,
) -> Result<i64, Stop> {
    let name_key = fold(wanted.name);
    let named = packs.iter().find(|pack| pack.name_key == name_key);
    let shown = packs.iter().find(|pack| Some(&pack.name_key) == shown.as_ref());
    let row = params![
        wanted.name,
        &name_key,
        wanted.units.decimal(),
        wanted.code,
        wanted.code.map(fold)
    ];
    let target = match (named, shown) {
        (Some(named), Some(shown)) if named.id != shown.id => {
            if named.active {
                let words = format!("this drug has a pack “{}” already", wanted.name);
                return Err(Stop::Refused(vec![fault(&DRUG, wanted.field, words)]));
            }
            retire(tx, shown.id).await?;
            named.id
        }
        (Some(pack), _) | (None, Some(pack)) => pack.id,
        (None, None) => {
            let insert = "INSERT INTO drug_pack (name, name_key, base_units, code, code_key, drug_id)
                 VALUES (?, ?, ?, ?, ?, ?)";
            tx.execute(insert, [row, params![drug]].concat()).await?;
            return Ok(tx.last_insert_id());
        }
    };
    let update = "UPDATE drug_pack SET name = ?, name_key = ?, base_units = ?, code = ?, code_key = ?, active = 1
         WHERE id = ?";
    tx.execute(update, [row, params![target]].concat()).await?;
    Ok(target)
}

/// Takes a pack off sale. Its row stays, for the sales that name it; its code is free again.
async fn retire(tx: &mut dyn Transaction, pack: i64) -> Result<(), Stop> {
    let sql = "UPDATE drug_pack SET active = 0, code = NULL, code_key = NULL WHERE id = ?";
    tx.execute(sql, params![pack]).await?;
    Ok(())
}

/// Makes `price` the pack's price from today on, where it is in force: this outlet's if it has its own, else everyone's.
/// Older and other prices stay.
async fn set_price(
    tx: &mut dyn Transaction,
    pack: i64,
    in_force: Option<(i64, Money)>,
    price: Money,
    today: Date,
) -> Result<(), Stop> {
    let outlet = match in_force {
        Some((_, same)) if same == price => return Ok(()),
        Some((outlet, _)) => outlet,
        None => 0,
    };
    let row = params![price.decimal(), pack, outlet, today];
    let update =
        "UPDATE price SET amount = ? WHERE pack_id = ? AND outlet_id = ? AND valid_from = ? AND price_list = ''";
    if tx.execute(update, row.clone()).await? == 0 {
        let insert = "INSERT INTO price (amount, pack_id, outlet_id, valid_from, price_list) VALUES (?, ?, ?, ?, '')";
        tx.execute(insert, row).await?;
    }
    Ok(())
}

/// Adds what was delivered.
pub(super) async fn supply(
    tx: &mut dyn Transaction,
    save: &Save<'_>,
    drug: i64,
    quantity: Quantity,
) -> Result<(), Stop> {
    let Here { outlet, at } = save.here;
    if outlet == 0 {
        let words = "no outlet is set up here that goods could arrive at".to_owned();
        return Err(Stop::Refused(vec![fault(&DRUG, "quantity_supplied", words)]));
    }
    let moved = Move {
        id: save.save_id,
        outlet,
        drug,
        kind: "supply",
        quantity,
        by: &save.by.name,
        reason: "",
        at,
    };
    stock::put(tx, &moved, None).await
}

/// The quantity that the form wants to add to stock.
pub(super) fn supplied(wanted: &Record) -> Option<Quantity> {
    let text = wanted.value(&DRUG, "quantity_supplied");
    text.parse().ok().filter(|quantity| *quantity > Quantity::ZERO)
}

impl Store {
    /// Whether this very save has added its goods already.
    pub(super) async fn was_supplied(&self, save: &Save<'_>) -> Result<bool, StoreError> {
        Ok(!self.engine.query(BY_UUID, params![save.save_id]).await?.is_empty())
    }
}
