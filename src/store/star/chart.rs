//! Sums of the receipts that History looks at, by the day and the hour of their outlets' clocks.
use jiff::civil::Date;

use super::past::has_word;
use super::report::{FIRST_LINES, sums};
use super::{Store, counted};
use crate::domain::chart::SalesChart;
use crate::domain::past::{PastWanted, PastWhat};
use crate::params;
use crate::store::engine::Value;
use crate::store::error::StoreError;

impl Store {
    /// The sums of the receipts that are wanted, of the days up to `until`, in one currency. A receipt with a word counts
    /// whole, as it is listed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn chart(&self, wanted: &PastWanted, until: Date, currency: &str) -> Result<SalesChart, StoreError> {
        let mut chart = SalesChart::new(until, currency.to_owned());
        // Day by day: none of these questions is long, however large the chain is.
        for (day, _) in chart.days() {
            let (sql, params) = self.chart_of_day(wanted, day);
            for row in self.engine.query(&sql, params).await? {
                let hour = usize::try_from(counted(row.get(0)?)).unwrap_or(0);
                chart.add(day, hour, &row.get::<String>(1)?, sums(&row, 2)?);
            }
        }
        Ok(chart)
    }

    /// What a chart asks the store of a day; public for whoever wants to see the database's plan for it.
    pub fn chart_of_day(&self, wanted: &PastWanted, day: Date) -> (String, Vec<Value>) {
        let hour = self.engine.dialect().hour_of("f.sold_local");
        let mut sql = format!(
            "SELECT {hour} AS sold_hour, f.currency, SUM(f.quantity_sold), SUM(f.line_total), {FIRST_LINES}
             FROM fact_sale f WHERE f.date_sold = ?"
        );
        let mut params = params![day];
        if let Some(outlet) = wanted.outlet {
            sql.push_str(" AND f.outlet_id = ?");
            params.push(Value::Int(outlet.row));
        }
        if let PastWhat::Words(words) = &wanted.what {
            for word in words {
                has_word(word, &mut sql, &mut params);
            }
        }
        sql.push_str(" GROUP BY sold_hour, f.currency");
        (sql, params)
    }
}
