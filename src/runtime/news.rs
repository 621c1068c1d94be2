//! What the screen hears of by itself: the catalogue, how database and stream stand, and what sync has to say.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::timeout;

use super::translate;
use crate::app::{Message, Shelf};
use crate::domain::catalogue::CatalogueChanges;
use crate::domain::clock::Clock;
use crate::store::cache::CatalogueCache;
use crate::store::star::Store;
use crate::store::sync::{Notice, SyncStatus};
use crate::stream::relay::RelayStatus;

/// How often the store is asked what changed.
const POLL: Duration = Duration::from_secs(3);
/// An answer that takes longer is no answer; the next poll asks again.
const ANSWER: Duration = Duration::from_secs(30);

/// Keeps the catalogue up to date.
pub struct CatalogueKeeper {
    store: Store,
    cache: Option<CatalogueCache>,
    shelf: Arc<Shelf>,
    refresh: Arc<Notify>,
    clock: Arc<dyn Clock>,
    news: mpsc::Sender<Message>,
    kept_at: watch::Sender<Option<Timestamp>>,
}

impl CatalogueKeeper {
    /// Over a store; `cache_in` is the data folder where the store is elsewhere. What the disk has is on the shelf at once.
    pub async fn new(
        store: Store,
        cache_in: Option<&Path>,
        refresh: Arc<Notify>,
        clock: Arc<dyn Clock>,
        news: mpsc::Sender<Message>,
    ) -> (Self, watch::Receiver<Option<Timestamp>>) {
        let (kept_at, watched) = watch::channel(None);
        let mut keeper = Self {
            store,
            cache: None,
            shelf: Arc::default(),
            refresh,
            clock,
            news,
            kept_at,
        };
        if let Some(folder) = cache_in {
            keeper.open_cache(folder).await;
        }
        (keeper, watched)
    }

    /// A till without its kept catalogue still works while the store answers.
    async fn open_cache(&mut self, folder: &Path) {
        let opened = async {
            let cache = CatalogueCache::open(folder).await?;
            let kept = cache.load().await?;
            Ok::<_, crate::store::error::StoreError>((cache, kept))
        };
        match opened.await {
            Ok((cache, kept)) => {
                Arc::make_mut(&mut self.shelf).apply(kept);
                self.cache = Some(cache);
            }
            Err(error) => tracing::warn!(%error, "the kept catalogue cannot be used"),
        }
    }

    /// Polls until nobody listens.
    pub async fn run(mut self) {
        let first = Arc::clone(&self.shelf);
        let mut told = !first.catalogue().is_bare() && self.tell(first).await;
        loop {
            match timeout(ANSWER, self.store.catalogue_changes(self.shelf.catalogue().version())).await {
                Ok(Ok(changes)) => {
                    let news = !told || !changes.is_empty();
                    self.take(changes).await;
                    if news && !self.tell(Arc::clone(&self.shelf)).await {
                        return;
                    }
                    told = true;
                }
                Ok(Err(error)) => tracing::debug!(%error, "the catalogue was not refreshed"),
                Err(_) => tracing::debug!("the catalogue was not refreshed in time"),
            }
            if self.news.is_closed() {
                return;
            }
            // Whichever comes first: a change made here, or time.
            let _ = timeout(POLL, self.refresh.notified()).await;
        }
    }

    async fn tell(&self, rows: Arc<Shelf>) -> bool {
        self.news.send(Message::CatalogueChanged(rows)).await.is_ok()
    }

    async fn take(&mut self, changes: CatalogueChanges) {
        self.kept_at.send_replace(Some(self.clock.now()));
        if changes.is_empty() {
            return;
        }
        if let Some(cache) = &self.cache
            && let Err(error) = cache.save(&changes).await
        {
            tracing::warn!(%error, "the catalogue was not kept on disk");
        }
        Arc::make_mut(&mut self.shelf).apply(changes);
    }
}

/// Tells how sync, relay and catalogue stand, whenever one of them changes.
pub async fn tell_status(
    mut sync: watch::Receiver<SyncStatus>,
    mut relay: Option<watch::Receiver<RelayStatus>>,
    mut catalogue: watch::Receiver<Option<Timestamp>>,
    news: mpsc::Sender<Message>,
) {
    loop {
        let status = {
            let relay = relay.as_mut().map(|relay| relay.borrow_and_update().clone());
            let catalogue_at = *catalogue.borrow_and_update();
            translate::status(&sync.borrow_and_update(), relay.as_ref(), catalogue_at)
        };
        if news.send(Message::StatusChanged(Box::new(status))).await.is_err() {
            return;
        }
        let changed = tokio::select! {
            changed = sync.changed() => changed,
            changed = changed(&mut relay) => changed,
            changed = catalogue.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
    }
}

async fn changed(relay: &mut Option<watch::Receiver<RelayStatus>>) -> Result<(), watch::error::RecvError> {
    match relay {
        Some(relay) => relay.changed().await,
        None => std::future::pending().await,
    }
}

/// Tells what sync has to say.
pub async fn tell_notices(mut notices: mpsc::Receiver<Notice>, news: mpsc::Sender<Message>) {
    while let Some(notice) = notices.recv().await {
        if news.send(Message::Alerted(translate::notice(&notice))).await.is_err() {
            return;
        }
    }
}
