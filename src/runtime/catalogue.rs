//! The catalogue as the store of record has it: what the disk kept, then what changed since. The screen and the headless
//! verbs follow it in this one way.
use std::path::Path;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;
use uuid::Uuid;

use crate::domain::catalogue::{Catalogue, CatalogueChanges};
use crate::store::cache::{CatalogueCache, StockCache};
use crate::store::error::StoreError;
use crate::store::star::Store;

/// How often the store is asked what changed: a row that the office changes is on every till within five seconds, also where
/// the way there and back takes one of them.
const POLL: Duration = Duration::from_secs(2);
/// An answer that takes longer is no answer; the next poll asks again.
const ANSWER: Duration = Duration::from_secs(30);

/// Where the catalogue comes from. Whoever applies all that it gives, in order, has the catalogue.
pub struct CatalogueSource {
    store: Store,
    cache: Option<CatalogueCache>,
    /// Epoch and number of what was given last.
    version: (Uuid, i64),
}

impl CatalogueSource {
    /// Over a store, with what the disk kept of it; `cache_in` is the data folder where the store is elsewhere.
    pub async fn open(store: Store, cache_in: Option<&Path>) -> (Self, CatalogueChanges) {
        let mut source = Self {
            store,
            cache: None,
            version: (Uuid::nil(), 0),
        };
        let kept = match cache_in {
            Some(folder) => source.kept(folder).await,
            None => CatalogueChanges::default(),
        };
        source.version = (kept.epoch, kept.n);
        (source, kept)
    }

    /// A till without its kept catalogue still works while the store answers.
    async fn kept(&mut self, folder: &Path) -> CatalogueChanges {
        let opened = async {
            let cache = CatalogueCache::open(folder).await?;
            let kept = cache.load().await?;
            Ok::<_, StoreError>((cache, kept))
        };
        match opened.await {
            Ok((cache, kept)) => {
                self.cache = Some(cache);
                kept
            }
            Err(error) => {
                tracing::warn!(%error, "the kept catalogue cannot be used");
                CatalogueChanges::default()
            }
        }
    }

    /// The same, from now on without keeping anything on disk: beside an open till, that is the till's.
    #[must_use]
    pub fn look_only(self) -> Self {
        Self { cache: None, ..self }
    }

    /// What is kept on disk beside the catalogue of stock and batches; none where nothing is kept.
    pub fn kept_stock(&self) -> Option<StockCache> {
        self.cache.as_ref().map(CatalogueCache::stock)
    }

    /// What changed since what was given last; it is kept on disk.
    ///
    /// # Errors
    /// When the store does not answer, or not in time.
    pub async fn ask(&mut self) -> Result<CatalogueChanges, StoreError> {
        let late = |_| StoreError::Retryable {
            reason: "no answer in time".to_owned(),
            in_doubt: false,
        };
        let changes = timeout(ANSWER, self.store.catalogue_changes(self.version))
            .await
            .map_err(late)??;
        if let Some(cache) = self.cache.as_ref().filter(|_| !changes.is_empty())
            && let Err(error) = cache.save(&changes).await
        {
            tracing::warn!(%error, "the catalogue was not kept on disk");
        }
        self.version = (changes.epoch, changes.n);
        Ok(changes)
    }

    /// The whole catalogue as of now: of the store, or as the disk `kept` it where the store does not answer.
    ///
    /// # Errors
    /// When neither has one.
    pub async fn load(&mut self, kept: CatalogueChanges) -> Result<Catalogue, StoreError> {
        let mut catalogue = Catalogue::default();
        catalogue.apply(kept);
        match self.ask().await {
            Ok(changes) => catalogue.apply(changes),
            Err(error) if catalogue.is_bare() => return Err(error),
            Err(error) => tracing::info!(%error, "the catalogue is as it was last"),
        }
        Ok(catalogue)
    }

    /// Waits until it is time to ask again, or `refresh` says that something was changed here; then as [`Self::ask`].
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn ask_later(&mut self, refresh: &Notify) -> Result<CatalogueChanges, StoreError> {
        // Whichever comes first.
        let _ = timeout(POLL, refresh.notified()).await;
        self.ask().await
    }
}
