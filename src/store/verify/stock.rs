//! Stock against its movements, and those of sales against the fact rows (PATH 3.6).
use rust_decimal::Decimal;

use crate::domain::money::Quantity;
use crate::params;
use crate::store::engine::{Engine, Row};
use crate::store::error::EngineError;

/// So many are named at most.
const MOST: u32 = 1_000;

/// Stock that is not what moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockFault {
    /// The outlet's name.
    pub outlet: String,
    /// The drug's.
    pub drug: String,
    /// In words.
    pub reason: String,
}

/// Both sides in one statement, so that a sale is in both or in neither.
const SUMS: &str = "SELECT o.name, g.name, SUM(x.remaining), SUM(x.moved), MAX(x.is_counted)
     FROM (SELECT outlet_id, drug_id, remaining, 0 AS moved, 1 AS is_counted FROM stock
           UNION ALL SELECT outlet_id, drug_id, 0, quantity, 0 FROM stock_movement) x
       LEFT JOIN dim_outlet o ON o.id = x.outlet_id LEFT JOIN dim_drug g ON g.id = x.drug_id
     GROUP BY x.outlet_id, x.drug_id, o.name, g.name
     HAVING SUM(x.remaining) <> SUM(x.moved) OR MAX(x.is_counted) = 0
     ORDER BY x.outlet_id, x.drug_id LIMIT ?";

/// Of a sale that is struck or parked there is neither.
const OF_SALES: &str = "SELECT o.name, g.name, m.line_no, m.sale_id
     FROM stock_movement m LEFT JOIN fact_sale f ON f.sale_id = m.sale_id AND f.line_no = m.line_no
       LEFT JOIN dim_outlet o ON o.id = m.outlet_id LEFT JOIN dim_drug g ON g.id = m.drug_id
     WHERE m.sale_id IS NOT NULL
       AND (f.sale_id IS NULL OR f.outlet_id <> m.outlet_id OR f.drug_id <> m.drug_id OR f.batch_id <> m.batch_id
            OR f.quantity_sold + m.quantity <> 0)
     ORDER BY m.id LIMIT ?";

/// Where what remains is not the sum of the movements, or a sale's movement not what its fact row says.
///
/// # Errors
/// When the store could not be read.
pub async fn stock(engine: &dyn Engine) -> Result<Vec<StockFault>, EngineError> {
    let mut faults = Vec::new();
    for row in engine.query(SUMS, params![MOST]).await? {
        let quantity = |index: usize| row.get::<Decimal>(index).map(Quantity::new);
        let (remaining, moved, is_counted) = (quantity(2)?, quantity(3)?, row.get::<bool>(4)?);
        let reason = if is_counted {
            format!("{remaining} remain by the book, and {moved} by the movements")
        } else {
            format!("it is not counted, and has movements of {moved}")
        };
        faults.push(fault(&row, reason)?);
    }
    for row in engine.query(OF_SALES, params![MOST]).await? {
        let (line, sale_id): (i64, String) = (row.get(2)?, row.get(3)?);
        let reason = format!("the movement of line {line} of sale {sale_id} is not what was sold");
        faults.push(fault(&row, reason)?);
    }
    Ok(faults)
}

fn fault(row: &Row, reason: String) -> Result<StockFault, EngineError> {
    // A row that names nothing is a fault too; no key forbids it in a table that was altered.
    let name = |index: usize| row.get::<Option<String>>(index).map(Option::unwrap_or_default);
    Ok(StockFault {
        outlet: name(0)?,
        drug: name(1)?,
        reason,
    })
}
