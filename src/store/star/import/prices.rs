//! The prices of a drugs' file (COUNTER 1.2): one that is in force already is not written again.
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::{Date, date};

use super::Batch;
use super::drug::Goods;
use super::packs::PackIds;
use super::rows::Target;
use crate::domain::dimension::DRUG;
use crate::domain::import::ImportRow;
use crate::domain::money::Money;
use crate::domain::name::fold;
use crate::params;
use crate::store::engine::Value;
use crate::store::error::EngineError;
use crate::store::star::bulk;

/// The first price of a pack is valid since the calendar begins, so that a sale of yesterday has one too.
const ALWAYS: Date = date(2015, 1, 1);

/// Pack, outlet (0: all), list (empty: every list).
type Place = (i64, i64, String);

/// Writes the prices that differ from those in force, and notes their drugs in `touched`.
pub(super) async fn put(
    batch: &mut Batch<'_>,
    goods: &Goods,
    targets: &[Target<'_>],
    packs: &PackIds,
    touched: &mut Vec<i64>,
) -> Result<(), EngineError> {
    let mut known = stored(batch, targets, packs).await?;
    // Keyed, so that no statement bears the same price twice.
    let mut rows: BTreeMap<(Place, Date), Money> = BTreeMap::new();
    for target in targets {
        for row in &target.rows {
            for (pack, amount) in amounts(target, row) {
                let Some(pack) = packs.get(&(target.id, pack)) else {
                    continue;
                };
                let outlet = goods.outlet(row, "price_outlet").ok().flatten().unwrap_or(0);
                let place = (*pack, outlet, row.value("price_list").unwrap_or_default().to_owned());
                let prices = known.entry(place.clone()).or_default();
                let given = row.value("valid_from").and_then(|day| day.parse().ok());
                if let Some(from) = from_when(prices, given, batch.today, amount) {
                    prices.insert(from, amount);
                    rows.insert((place, from), amount);
                    touched.push(target.id);
                }
            }
        }
    }
    let rows = rows
        .into_iter()
        .map(|(((pack, outlet, list), from), amount)| params![pack, outlet, list, from, amount.decimal()]);
    let columns = ["pack_id", "outlet_id", "price_list", "valid_from", "amount"];
    let key = columns[..4].join(", ");
    let overwriting = batch.overwriting;
    overwriting
        .put(&mut *batch.tx, "price", &key, &columns, &columns[4..], rows.collect())
        .await
}

/// From when the amount is to be written; none where it is in force already.
fn from_when(prices: &BTreeMap<Date, Money>, given: Option<Date>, today: Date, amount: Money) -> Option<Date> {
    if let Some(day) = given {
        return (prices.get(&day) != Some(&amount)).then_some(day);
    }
    match prices.range(..=today).next_back() {
        Some((_, in_force)) if *in_force == amount => None,
        Some(_) => Some(today),
        None => Some(ALWAYS),
    }
}

/// The folded names of the packs that a row prices, and their prices.
fn amounts(target: &Target<'_>, row: &ImportRow) -> Vec<(String, Money)> {
    let amount = |field: &str| row.value(field).and_then(|text| text.parse().ok());
    let base = amount("price").map(|price| (fold(target.wanted.value(&DRUG, "base_unit")), price));
    let pack = row.value("pack_name").map(fold).zip(amount("pack_price"));
    base.into_iter().chain(pack).collect()
}

/// What is known of the prices of drugs that were there before.
async fn stored(
    batch: &mut Batch<'_>,
    targets: &[Target<'_>],
    packs: &PackIds,
) -> Result<HashMap<Place, BTreeMap<Date, Money>>, EngineError> {
    let there: HashSet<i64> = targets
        .iter()
        .filter(|target| target.stored.is_some())
        .map(|target| target.id)
        .collect();
    let keys = packs.iter().filter(|((drug, _), _)| there.contains(drug));
    let keys = keys.map(|(_, pack)| Value::from(*pack)).collect();
    let select = "SELECT pack_id, outlet_id, price_list, valid_from, amount FROM price";
    let mut known: HashMap<Place, BTreeMap<Date, Money>> = HashMap::new();
    for row in bulk::select_in(&mut *batch.tx, select, "pack_id", keys).await? {
        let prices = known.entry((row.get(0)?, row.get(1)?, row.get(2)?)).or_default();
        prices.insert(row.get(3)?, Money::new(row.get(4)?));
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_in_force_is_not_written_again() {
        let today = date(2026, 3, 1);
        let money = |text: &str| text.parse::<Money>().unwrap();
        let mut prices = BTreeMap::new();
        assert_eq!(from_when(&prices, None, today, money("1")), Some(ALWAYS));
        prices.insert(ALWAYS, money("1"));
        prices.insert(date(2026, 4, 1), money("3"));
        assert_eq!(from_when(&prices, None, today, money("1.00")), None);
        assert_eq!(from_when(&prices, None, today, money("2")), Some(today));
        assert_eq!(from_when(&prices, Some(date(2026, 4, 1)), today, money("3")), None);
        assert_eq!(
            from_when(&prices, Some(date(2026, 5, 1)), today, money("3")),
            Some(date(2026, 5, 1))
        );
    }
}
