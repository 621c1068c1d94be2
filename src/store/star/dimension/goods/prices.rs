//! A price from a day on. Those of before stay: what was charged can be told for ever.
use super::{Ended, refused};
use crate::domain::dimension::RowChange;
use crate::domain::money::Money;
use crate::domain::wares::{PRICE, PriceRow};
use crate::params;
use crate::store::engine::Transaction;

/// Writes the price; what the history tells of it, none where it stands there already.
pub(super) async fn put(
    tx: &mut dyn Transaction,
    drug: i64,
    opened: Option<Money>,
    wanted: &PriceRow,
) -> Result<Option<RowChange>, Ended> {
    let pack = "SELECT name FROM drug_pack WHERE id = ? AND drug_id = ?";
    let Some(pack) = tx.query(pack, params![wanted.pack, drug]).await?.first().cloned() else {
        return Err(refused(&PRICE, "name", "this pack is not in the database any more").into());
    };
    let pack: String = pack.get(0)?;
    let place = params![wanted.pack, wanted.outlet, &wanted.list, wanted.valid_from];
    let same_day = "SELECT amount FROM price WHERE pack_id = ? AND outlet_id = ? AND price_list = ? AND valid_from = ?";
    let rows = tx.query(same_day, place.clone()).await?;
    let there = rows.first().map(|row| row.get(0)).transpose()?.map(Money::new);
    if there == Some(wanted.amount) {
        return Ok(None);
    }
    if there != opened {
        let now = there.map_or_else(|| "none".to_owned(), |amount| amount.to_string());
        let words = format!("somebody else set {now} from that day meanwhile: look again");
        return Err(refused(&PRICE, "amount", words).into());
    }
    let row = [params![wanted.amount.decimal()], place].concat();
    let sql = if there.is_some() {
        "UPDATE price SET amount = ? WHERE pack_id = ? AND outlet_id = ? AND price_list = ? AND valid_from = ?"
    } else {
        "INSERT INTO price (amount, pack_id, outlet_id, price_list, valid_from) VALUES (?, ?, ?, ?, ?)"
    };
    tx.execute(sql, row).await?;
    let place = match wanted.outlet_name.as_str() {
        "" => String::new(),
        outlet => format!(" at {outlet}"),
    };
    let list = match wanted.list.as_str() {
        "" => String::new(),
        list => format!(", list {list}"),
    };
    let words = |amount: Money| format!("{amount} from {}{place}{list}", wanted.valid_from);
    Ok(Some(RowChange::beside(
        format!("Price of {pack}"),
        there.map(words),
        Some(words(wanted.amount)),
    )))
}
