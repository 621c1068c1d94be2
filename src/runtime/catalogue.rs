//! The catalogue as the store of record has it: what the disk kept, then what changed since. The screen and the headless
//! verbs follow it in this one way.
use std::path::Path;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::domain::catalogue::{Catalogue, CatalogueChanges};
use crate::store::cache::{CatalogueCache, StockCache};
use crate::store::error::StoreError;
use crate::store::star::Store;

/// How often the store is asked what changed: a row that the office changes is on every till within five seconds, also where
/// the way there and back takes one of them.
const POLL: Duration = Duration::from_secs(2);
/// A disk that did not take the catalogue is tried again after so long.
const KEEP_AGAIN: Duration = Duration::from_secs(30);
/// An answer that takes longer is no answer; the next poll asks again.
const ANSWER: Duration = Duration::from_secs(30);

/// Where the catalogue comes from. Whoever applies all that it gives, in order, has the catalogue.
pub struct CatalogueSource {
    store: Store,
    cache: Option<CatalogueCache>,
    /// Epoch and number of what was given last.
    version: (Uuid, i64),
    /// Those of what the disk has: behind, where it did not take something.
    kept: (Uuid, i64),
    /// When it is to be given what it lacks.
    keep_at: Instant,
}

impl CatalogueSource {
    /// Over a store, with what the disk kept of it; `cache_in` is the data folder where the store is elsewhere.
    pub async fn open(store: Store, cache_in: Option<&Path>) -> (Self, CatalogueChanges) {
        let mut source = Self {
            store,
            cache: None,
            version: (Uuid::nil(), 0),
            kept: (Uuid::nil(), 0),
            keep_at: Instant::now(),
        };
        let kept = match cache_in {
            Some(folder) => source.kept(folder).await,
            None => CatalogueChanges::default(),
        };
        source.version = (kept.epoch, kept.n);
        source.kept = source.version;
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
        // What the disk did not take is asked for again: whoever gets it twice has it once.
        let mends = self.cache.is_some() && self.kept != self.version && self.keep_at <= Instant::now();
        let since = if mends { self.kept } else { self.version };
        let changes = timeout(ANSWER, self.store.catalogue_changes(since))
            .await
            .map_err(late)??;
        self.version = (changes.epoch, changes.n);
        if since == self.kept && !changes.is_empty() {
            self.keep(&changes).await;
        }
        Ok(changes)
    }

    /// Keeps what changed since what is kept: never less, or a change would be missing on the disk for ever.
    async fn keep(&mut self, changes: &CatalogueChanges) {
        let Some(cache) = &self.cache else { return };
        match cache.save(changes).await {
            Ok(()) => self.kept = self.version,
            Err(error) => {
                tracing::warn!(%error, "the catalogue was not kept on disk");
                self.keep_at = Instant::now() + KEEP_AGAIN;
            }
        }
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
