//! What a verb works with, opened from the configuration.
use std::sync::Arc;

use super::outcome::Failure;
use super::output::Output;
use crate::config::Config;
use crate::domain::catalogue::Catalogue;
use crate::runtime::catalogue::CatalogueSource;
use crate::runtime::clock::SystemClock;
use crate::runtime::open::{self, OpenError, Who};
use crate::runtime::till::TillError;
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

    /// The catalogue as the store has it now; as it was last, where the store is elsewhere and does not answer. What
    /// changes afterwards comes from the source.
    pub async fn catalogue(&self, store: &Store) -> Result<(Catalogue, CatalogueSource), Failure> {
        let (mut source, kept) = CatalogueSource::open(store.clone(), open::cache_in(&self.config)).await;
        let catalogue = source.load(kept).await.map_err(Failure::failed)?;
        Ok((catalogue, source))
    }
}

impl From<TillError> for Failure {
    fn from(error: TillError) -> Self {
        Self::failed(error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::failed(error)
    }
}
