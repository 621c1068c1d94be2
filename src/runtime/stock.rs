//! Stock and batches of the till's outlet, and the usual of drugs: read from the store, kept on disk where the store is
//! elsewhere.
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::app::Message;
use crate::domain::goods::{AtOutlet, OutletBatches, OutletStock};
use crate::domain::usual::Usuals;
use crate::store::cache::StockCache;
use crate::store::error::StoreError;
use crate::store::star::Store;

/// Where figures come from, and where they are kept.
#[derive(Clone)]
pub struct Figures {
    store: Store,
    kept: Option<Arc<StockCache>>,
}

impl Figures {
    /// Of a store; what is read is kept in `kept`.
    pub fn new(store: Store, kept: Option<StockCache>) -> Self {
        Self {
            store,
            kept: kept.map(Arc::new),
        }
    }

    /// Tells what the disk kept, before anything is read.
    pub async fn tell_kept(&self, news: &mpsc::Sender<Message>) {
        let Some(kept) = &self.kept else { return };
        let told = [
            hint(kept.load_stock().await)
                .flatten()
                .map(|stock| Message::StockRead(Arc::new(stock))),
            hint(kept.load_batches().await)
                .flatten()
                .map(|batches| Message::BatchesRead(Arc::new(batches))),
            hint(kept.load_usual().await).map(Message::UsualKept),
        ];
        for message in told.into_iter().flatten() {
            // Nobody listens once the till closes.
            let _ = news.send(message).await;
        }
    }

    /// What remains at an outlet by the book; none: the figures of before stay, and are asked for again soon.
    pub async fn stock(&self, outlet: i64, at: Timestamp) -> Option<Message> {
        let remaining = hint(self.store.stock(outlet).await)?;
        let stock: Arc<OutletStock> = Arc::new(AtOutlet {
            outlet,
            read_at: at,
            by_drug: remaining.into_iter().collect(),
        });
        if let Some(kept) = &self.kept {
            hint(kept.save_stock(&stock).await);
        }
        Some(Message::StockRead(stock))
    }

    /// The batches of which some is left there, likewise.
    pub async fn batches(&self, outlet: i64, at: Timestamp) -> Option<Message> {
        let by_drug = hint(self.store.batches_left(outlet, None).await)?;
        let batches: Arc<OutletBatches> = Arc::new(AtOutlet {
            outlet,
            read_at: at,
            by_drug,
        });
        if let Some(kept) = &self.kept {
            hint(kept.save_batches(&batches).await);
        }
        Some(Message::BatchesRead(batches))
    }

    /// What is usual of these drugs, rows by their lasting ids; none: the store does not answer.
    pub async fn usual(&self, drugs: &HashMap<Uuid, i64>) -> Option<Usuals> {
        let usual = hint(self.store.usual(drugs).await)?;
        if let Some(kept) = &self.kept {
            hint(kept.save_usual(drugs, &usual).await);
        }
        Some(usual)
    }
}

/// A till sells without them.
fn hint<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|error| tracing::debug!(%error, "figures of stock were not read or kept"))
        .ok()
}
