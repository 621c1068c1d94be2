//! What a verb works with, opened from the configuration.
use std::sync::Arc;

use super::outcome::Failure;
use super::output::Output;
use crate::config::Config;
use crate::domain::catalogue::Catalogue;
use crate::runtime::clock::SystemClock;
use crate::runtime::open::{self, OpenError, Who};
use crate::store::cache::CatalogueCache;
use crate::store::star::Store;

/// What every verb has.
pub(super) struct Context {
    pub config: Config,
    pub output: Output,
    pub clock: Arc<SystemClock>,
}

impl Context {
    /// The store of record, its schema in place.
    pub async fn store(&self, who: Who) -> Result<Store, Failure> {
        Ok(open::store(&self.config, who, self.clock.as_ref()).await?)
    }

    /// The catalogue as the store has it now; as it was last, where the store is elsewhere and does not answer.
    pub async fn catalogue(&self, store: &Store) -> Result<Catalogue, Failure> {
        let mut catalogue = Catalogue::default();
        let cache = match &self.config.mysql {
            None => None,
            Some(_) => Some(
                CatalogueCache::open(&self.config.data_dir)
                    .await
                    .map_err(Failure::failed)?,
            ),
        };
        if let Some(cache) = &cache {
            catalogue.apply(cache.load().await.map_err(Failure::failed)?);
        }
        match store.catalogue_changes(catalogue.version()).await {
            Ok(changes) => {
                if let Some(cache) = cache.filter(|_| !changes.is_empty()) {
                    cache.save(&changes).await.map_err(Failure::failed)?;
                }
                catalogue.apply(changes);
            }
            Err(error) if catalogue.is_bare() => return Err(Failure::failed(error)),
            Err(error) => tracing::info!(%error, "the catalogue is as it was last"),
        }
        Ok(catalogue)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::failed(error)
    }
}
