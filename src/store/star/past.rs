//! Receipts of the past: a page of them, newest first, and a whole one.
//!
//! A page walks back day by day over the index of day and outlet, and looks at so many days at most: it is bounded however
//! long ago the next receipt is.
use jiff::civil::Date;

use super::sale::record_of;
use super::{Store, marks, number, parked};
use crate::domain::event::event_id;
use crate::domain::past::{PastPlace, PastSale, PastState, PastWanted, PastWhat, Published, StoredPast, is_called};
use crate::domain::sale::{Receipt, SaleRecord};
use crate::params;
use crate::store::engine::{Row, Value};
use crate::store::error::{EngineError, StoreError};
use crate::store::ports::{Resolution, SaleStore as _};

/// So many days with sales are looked at for one page.
const MOST_DAYS: usize = 31;
/// So many sales without facts are looked at, the newest.
const MOST_PARKED: u32 = 200;
/// Sales that had to move to another series are its first.
const MOST_MOVED: u32 = 1_000;

const SALE: &str = "SELECT s.prev_hash, s.hash, s.bytes, s.flags, p.reason, r.resolution, r.detail, s.recorded_at
    FROM sale s LEFT JOIN sale_parked p ON p.sale_id = s.sale_id LEFT JOIN sale_resolved r ON r.sale_id = s.sale_id ";

/// A page of receipts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPage {
    /// Newest first.
    pub sales: Vec<PastSale>,
    /// How far it looked; none: nothing is older.
    pub reached: Option<PastPlace>,
}

impl Store {
    /// The receipts that are wanted and older than `from`, newest first, at most `limit`; fewer where that many days have
    /// no more.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn past(
        &self,
        wanted: &PastWanted,
        from: Option<PastPlace>,
        limit: usize,
    ) -> Result<StoredPage, StoreError> {
        if let PastWhat::Receipt(receipt) = &wanted.what {
            let sales = self.called(receipt).await?;
            return Ok(StoredPage { sales, reached: None });
        }
        let (mut ids, mut reached) = (Vec::new(), None);
        let mut before = from;
        let mut day = match (wanted.day, from) {
            (Some(day), _) => Some(day),
            (None, Some(from)) => Some(from.day),
            (None, None) => self.newest_day(wanted).await?,
        };
        let mut days = 0;
        while let Some(at) = day {
            let room = limit - ids.len();
            ids.extend(self.ids(wanted, at, before.take(), room + 1).await?);
            if ids.len() > limit {
                ids.truncate(limit);
                reached = ids.last().copied();
                break;
            }
            if wanted.day.is_some() {
                break;
            }
            days += 1;
            day = self.day_before(wanted, at).await?;
            if day.is_some() && days == MOST_DAYS {
                reached = Some(PastPlace::behind(at));
                break;
            }
        }
        let mut sales = self.sales_of(&ids).await?;
        let is_here = |sale: &PastSale| {
            let place = sale.place();
            from.is_none_or(|from| place < from) && reached.is_none_or(|reached| place >= reached)
        };
        let apart = self.without_facts().await?;
        sales.extend(
            apart
                .into_iter()
                .filter(|sale| wanted.has(&sale.record) && is_here(sale)),
        );
        sales.sort_by_key(|sale| std::cmp::Reverse(sale.place()));
        Ok(StoredPage { sales, reached })
    }

    /// The newest day on which anything was sold.
    async fn newest_day(&self, wanted: &PastWanted) -> Result<Option<Date>, EngineError> {
        let newest = "SELECT MAX(date_sold) FROM fact_sale";
        let newest = self.engine.query(newest, params![]).await?;
        let Some(newest) = newest.first().map(|row| row.get(0)).transpose()?.flatten() else {
            return Ok(None);
        };
        self.day_up_to(wanted, "<=", newest).await
    }

    async fn day_before(&self, wanted: &PastWanted, day: Date) -> Result<Option<Date>, EngineError> {
        self.day_up_to(wanted, "<", day).await
    }

    /// The last day with sales there: a look into the index for each day, and not one at the sales.
    async fn day_up_to(&self, wanted: &PastWanted, is_up_to: &str, day: Date) -> Result<Option<Date>, EngineError> {
        let mut params = params![day];
        let at_outlet = wanted.outlet.map_or("", |outlet| {
            params.push(Value::Int(outlet.row));
            "AND f.outlet_id = ?"
        });
        let sql = format!(
            "SELECT d.date_day FROM dim_date d WHERE d.date_day {is_up_to} ?
               AND (SELECT f.id FROM fact_sale f WHERE f.date_sold = d.date_day {at_outlet} LIMIT 1) IS NOT NULL
             ORDER BY d.date_day DESC LIMIT 1"
        );
        let found = self.engine.query(&sql, params).await?;
        found.first().map(|row| row.get(0)).transpose()
    }

    /// The sales of a day that are wanted and older than `before`, newest first.
    async fn ids(
        &self,
        wanted: &PastWanted,
        day: Date,
        before: Option<PastPlace>,
        limit: usize,
    ) -> Result<Vec<PastPlace>, EngineError> {
        let mut sql =
            String::from("SELECT f.sale_id, f.sold_at FROM fact_sale f WHERE f.date_sold = ? AND f.line_no = 1");
        let mut params = params![day];
        if let Some(outlet) = wanted.outlet {
            sql.push_str(" AND f.outlet_id = ?");
            params.push(Value::Int(outlet.row));
        }
        if let Some(before) = before.filter(|before| before.day == day) {
            sql.push_str(" AND (f.sold_at < ? OR (f.sold_at = ? AND f.sale_id < ?))");
            params.extend(params![before.sold_at, before.sold_at, before.sale_id]);
        }
        if let PastWhat::Words(words) = &wanted.what {
            for word in words {
                has_word(word, &mut sql, &mut params);
            }
        }
        sql.push_str(" ORDER BY f.sold_at DESC, f.sale_id DESC LIMIT ?");
        params.push(number(limit as u64));
        let rows = self.engine.query(&sql, params).await?;
        let place = |row: &Row| {
            Ok(PastPlace {
                day,
                sale_id: row.get(0)?,
                sold_at: row.get(1)?,
            })
        };
        rows.iter().map(place).collect()
    }

    /// The sales of a page, in no order.
    async fn sales_of(&self, places: &[PastPlace]) -> Result<Vec<PastSale>, StoreError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("{SALE} WHERE s.sale_id IN ({})", marks(places.len()));
        let params = places.iter().map(|place| Value::from(place.sale_id)).collect();
        self.past_sales(&sql, params).await
    }

    /// Those in the chain that have no facts, newest first.
    async fn without_facts(&self) -> Result<Vec<PastSale>, StoreError> {
        let sql = format!(
            "{SALE} WHERE p.sale_id IS NOT NULL AND (r.resolution IS NULL OR r.resolution <> 'mended')
             ORDER BY p.parked_at DESC LIMIT ?"
        );
        self.past_sales(&sql, params![MOST_PARKED]).await
    }

    async fn past_sales(&self, sql: &str, params: Vec<Value>) -> Result<Vec<PastSale>, StoreError> {
        let rows = self.engine.query(sql, params).await?;
        rows.iter().map(past_sale).collect()
    }

    /// The sale of a number, and one that was printed with it and had to move to another series.
    async fn called(&self, receipt: &Receipt) -> Result<Vec<PastSale>, StoreError> {
        let mut found = Vec::new();
        if let Some(stored) = self.sale_at(receipt).await? {
            found.extend(self.at(&stored.record.receipt()).await?);
        }
        let sql = format!(
            "{SALE} WHERE s.till_id IN (SELECT h.till_id FROM till_head h WHERE LOWER(h.till_id) = ?)
             AND s.series > ? AND s.receipt_no <= ? AND INSTR(s.bytes, ?) > 0"
        );
        let till = receipt.till.as_str().to_ascii_lowercase();
        let moved = params![till, receipt.series, MOST_MOVED, r#""printed":"#];
        let moved = self.past_sales(&sql, moved).await?;
        found.extend(moved.into_iter().filter(|sale| is_called(&sale.record, receipt)));
        Ok(found)
    }

    async fn at(&self, receipt: &Receipt) -> Result<Option<PastSale>, StoreError> {
        self.row_at(receipt).await?.as_ref().map(past_sale).transpose()
    }

    async fn row_at(&self, receipt: &Receipt) -> Result<Option<Row>, StoreError> {
        let sql = format!("{SALE} WHERE s.till_id = ? AND s.series = ? AND s.receipt_no = ?");
        let mut place = params![receipt.till.as_str(), receipt.series];
        place.push(number(receipt.number));
        Ok(self.engine.query(&sql, place).await?.into_iter().next())
    }

    /// All that is known of the receipt of that number in its till's chain.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn past_receipt(&self, receipt: &Receipt) -> Result<Option<StoredPast>, StoreError> {
        let Some(row) = self.row_at(receipt).await? else {
            return Ok(None);
        };
        let sale = past_sale(&row)?;
        let refund_of = sale.record.document.sale.refund_of;
        let original = match refund_of {
            Some(original) => self.find(original).await?.map(|stored| stored.record.receipt()),
            None => None,
        };
        let original = match &original {
            Some(original) => self.at(original).await?,
            None => None,
        };
        let returns = format!(
            "{SALE} WHERE s.sale_id IN (SELECT f.sale_id FROM fact_sale f WHERE f.refund_of = ?)
             ORDER BY s.recorded_at, s.sale_id"
        );
        Ok(Some(StoredPast {
            recorded_at: row.get(7)?,
            published: self.published(&sale).await?,
            original,
            returns: self.past_sales(&returns, params![sale.record.sale_id()]).await?,
            sale,
        }))
    }

    async fn published(&self, sale: &PastSale) -> Result<Published, StoreError> {
        if sale.state != PastState::Committed {
            return Ok(Published::None);
        }
        let sale = &sale.record.document.sale;
        let events: Vec<_> = (1..)
            .zip(&sale.lines)
            .map(|(line, _)| event_id(sale.sale_id, line))
            .collect();
        let sql = format!(
            "SELECT o.marked_at, o.set_aside FROM sale_outbox o WHERE o.id IN ({})",
            marks(events.len().max(1))
        );
        let rows = self
            .engine
            .query(&sql, events.into_iter().map(Value::from).collect())
            .await?;
        let (mut waiting, mut newest) = (0, None);
        for row in &rows {
            if let Some(why) = row.get(1)? {
                return Ok(Published::SetAside(why));
            }
            match row.get(0)? {
                None => waiting += 1,
                marked => newest = newest.max(marked),
            }
        }
        Ok(match newest {
            _ if waiting > 0 => Published::Waiting(waiting),
            Some(newest) => Published::All(newest),
            None => Published::Purged,
        })
    }
}

/// Where a word may be.
pub(super) fn has_word(word: &str, sql: &mut String, params: &mut Vec<Value>) {
    sql.push_str(
        " AND (f.employee_id IN (SELECT e.id FROM dim_employee e WHERE INSTR(e.name_key, ?) > 0)
           OR f.doctor_id IN (SELECT m.id FROM dim_doctor m WHERE INSTR(m.name_key, ?) > 0)
           OR EXISTS (SELECT 1 FROM fact_sale l JOIN dim_drug g ON g.id = l.drug_id WHERE l.sale_id = f.sale_id
             AND (INSTR(g.name_key, ?) > 0 OR INSTR(g.code_key, ?) > 0 OR INSTR(LOWER(g.strength), ?) > 0
               OR INSTR(LOWER(g.generic_name), ?) > 0))",
    );
    params.extend(std::iter::repeat_n(Value::from(word), 6));
    if let Some(receipt_no) = word.parse().ok().filter(|_| word.bytes().all(|b| b.is_ascii_digit())) {
        sql.push_str(" OR f.receipt_no = ?");
        params.push(number(receipt_no));
    }
    sql.push(')');
}

/// From a row of [`SALE`].
fn past_sale(row: &Row) -> Result<PastSale, StoreError> {
    let record: SaleRecord = record_of(row)?;
    let state = match (
        row.get::<Option<String>>(4)?,
        parked::resolution(row.get(5)?, row.get(6)?),
    ) {
        (_, Some(Resolution::Struck(why))) => PastState::Struck(why),
        (Some(why), None) => PastState::Parked(why),
        (None, None) | (_, Some(Resolution::Mended)) => PastState::Committed,
    };
    Ok(PastSale { record, state })
}
