//! What remained here when it was last read, on this till's disk: a start without a server knows it too, with its age. And
//! what is usual of the drugs that were sold here, of which no age matters.
//!
//! A figure that cannot be read is left out: it was a hint.
use std::collections::HashMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::domain::goods::{AtOutlet, OutletBatches, OutletStock};
use crate::domain::usual::{Usual, Usuals};
use crate::params;
use crate::store::engine::{Engine as _, Transaction, Value};
use crate::store::error::{EngineError, StoreError};
use crate::store::sqlite::SqliteEngine;

/// Where it is kept.
pub(super) const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS figures (kind INTEGER PRIMARY KEY, outlet INTEGER NOT NULL, read_at TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS figure (kind INTEGER NOT NULL, drug INTEGER NOT NULL, json TEXT NOT NULL,
     PRIMARY KEY (kind, drug)) STRICT, WITHOUT ROWID",
];

/// Rows a statement.
const ROWS_A_STATEMENT: usize = 500;

/// The kinds of figures.
const STOCK: i64 = 1;
const BATCHES: i64 = 2;
const USUAL: i64 = 3;

/// What is usual of a drug, by its lasting id: its row may be another drug's in another database.
#[derive(Debug, Serialize, Deserialize)]
struct KeptUsual {
    drug: Uuid,
    usual: Usual,
}

/// The kept figures. Only what is another one than before is written.
#[derive(Debug)]
pub struct StockCache {
    engine: Arc<SqliteEngine>,
    stock: Mutex<Option<Arc<OutletStock>>>,
    batches: Mutex<Option<Arc<OutletBatches>>>,
}

impl StockCache {
    pub(super) fn new(engine: Arc<SqliteEngine>) -> Self {
        Self {
            engine,
            stock: Mutex::default(),
            batches: Mutex::default(),
        }
    }

    /// The stock as it was last read; none where it never was.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn load_stock(&self) -> Result<Option<OutletStock>, StoreError> {
        self.load(STOCK).await
    }

    /// The batches as they were last read; none where they never were.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn load_batches(&self) -> Result<Option<OutletBatches>, StoreError> {
        self.load(BATCHES).await
    }

    /// Keeps the stock in place of what was kept before.
    ///
    /// # Errors
    /// When the file cannot be written: what was kept before stays.
    pub async fn save_stock(&self, stock: &Arc<OutletStock>) -> Result<(), StoreError> {
        self.save(STOCK, &self.stock, stock).await
    }

    /// Keeps the batches in place of those that were kept before.
    ///
    /// # Errors
    /// When the file cannot be written: what was kept before stays.
    pub async fn save_batches(&self, batches: &Arc<OutletBatches>) -> Result<(), StoreError> {
        self.save(BATCHES, &self.batches, batches).await
    }

    /// What is usual of the drugs that were asked for here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn load_usual(&self) -> Result<Usuals, StoreError> {
        let sql = "SELECT json FROM figure WHERE kind = ?";
        let mut usual = Usuals::new();
        for row in self.engine.query(sql, params![USUAL]).await? {
            if let Ok(kept) = serde_json::from_str::<KeptUsual>(&row.get::<String>(0)?) {
                usual.insert(kept.drug, kept.usual);
            }
        }
        Ok(usual)
    }

    /// Keeps what was read of these drugs, rows by their lasting ids; of those that are not in `usual`, nothing is usual.
    ///
    /// # Errors
    /// When the file cannot be written: what was kept before stays.
    pub async fn save_usual(&self, drugs: &HashMap<Uuid, i64>, usual: &Usuals) -> Result<(), StoreError> {
        let mut tx = self.engine.begin().await?;
        for (drug, row) in drugs {
            let Some(usual) = usual.get(drug) else {
                let delete = "DELETE FROM figure WHERE kind = ? AND drug = ?";
                tx.execute(delete, params![USUAL, *row]).await?;
                continue;
            };
            let kept = KeptUsual {
                drug: *drug,
                usual: *usual,
            };
            put(&mut *tx, USUAL, &[(row, &kept)]).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn load<T: DeserializeOwned>(&self, kind: i64) -> Result<Option<AtOutlet<T>>, StoreError> {
        let sql = "SELECT outlet, read_at FROM figures WHERE kind = ?";
        let heads = self.engine.query(sql, params![kind]).await?;
        let Some(head) = heads.first() else { return Ok(None) };
        let Ok(read_at) = head.get::<String>(1)?.parse() else {
            return Ok(None);
        };
        let sql = "SELECT drug, json FROM figure WHERE kind = ?";
        let mut by_drug = HashMap::new();
        for row in self.engine.query(sql, params![kind]).await? {
            if let Ok(figure) = serde_json::from_str(&row.get::<String>(1)?) {
                by_drug.insert(row.get(0)?, figure);
            }
        }
        Ok(Some(AtOutlet {
            outlet: head.get(0)?,
            read_at,
            by_drug,
        }))
    }

    async fn save<T: Serialize + PartialEq>(
        &self,
        kind: i64,
        kept: &Mutex<Option<Arc<AtOutlet<T>>>>,
        read: &Arc<AtOutlet<T>>,
    ) -> Result<(), StoreError> {
        let mut kept = kept.lock().await;
        let before = kept.take().filter(|before| before.outlet == read.outlet);
        let mut tx = self.engine.begin().await?;
        write(&mut *tx, kind, before.as_deref(), read).await?;
        tx.commit().await?;
        *kept = Some(Arc::clone(read));
        Ok(())
    }
}

async fn write<T: Serialize + PartialEq>(
    tx: &mut dyn Transaction,
    kind: i64,
    before: Option<&AtOutlet<T>>,
    read: &AtOutlet<T>,
) -> Result<(), EngineError> {
    match before {
        None => {
            tx.execute("DELETE FROM figure WHERE kind = ?", params![kind]).await?;
        }
        Some(before) => {
            for drug in before.by_drug.keys().filter(|drug| !read.by_drug.contains_key(drug)) {
                let delete = "DELETE FROM figure WHERE kind = ? AND drug = ?";
                tx.execute(delete, params![kind, *drug]).await?;
            }
        }
    }
    let is_new = |(drug, figure): &(&i64, &T)| before.and_then(|before| before.by_drug.get(drug)) != Some(figure);
    let changed: Vec<_> = read.by_drug.iter().filter(is_new).collect();
    put(tx, kind, &changed).await?;
    tx.execute("DELETE FROM figures WHERE kind = ?", params![kind]).await?;
    let head = "INSERT INTO figures (kind, outlet, read_at) VALUES (?, ?, ?)";
    tx.execute(head, params![kind, read.outlet, read.read_at.to_string()])
        .await?;
    Ok(())
}

/// Puts figures of drugs in, in place of those of before.
async fn put<T: Serialize>(tx: &mut dyn Transaction, kind: i64, figures: &[(&i64, &T)]) -> Result<(), EngineError> {
    for rows in figures.chunks(ROWS_A_STATEMENT) {
        let mut values: Vec<Value> = Vec::with_capacity(rows.len() * 3);
        for (drug, figure) in rows {
            let json = serde_json::to_string(figure).map_err(|e| EngineError::Permanent(e.to_string()))?;
            values.extend(params![kind, **drug, json]);
        }
        let marks = vec!["(?, ?, ?)"; rows.len()].join(", ");
        let sql = format!(
            "INSERT INTO figure (kind, drug, json) VALUES {marks} ON CONFLICT (kind, drug) DO UPDATE SET json = excluded.json"
        );
        tx.execute(&sql, values).await?;
    }
    Ok(())
}
