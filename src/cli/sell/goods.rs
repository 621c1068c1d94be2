//! What the till sells, to whom and where, as the store has it while the lines come in.
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::cli::context::Context;
use crate::cli::outcome::Failure;
use crate::cli::till;
use crate::domain::catalogue::{Catalogue, Outlet};
use crate::domain::outlet::NoOutlet;
use crate::runtime::catalogue::CatalogueSource;
use crate::store::star::Store;

/// The store is not asked more often what changed: one row read a quarter of a second, whatever the lines' rate.
const LOOK: Duration = Duration::from_millis(250);

/// The catalogue and the till's outlet in it.
pub(super) struct Goods {
    source: CatalogueSource,
    catalogue: Catalogue,
    outlet: Arc<Outlet>,
    looked: Instant,
    /// How long an answer of the store is waited for.
    patience: Duration,
}

impl Goods {
    /// As the store has them now, or as they were last.
    pub(super) async fn open(context: &Context, store: &Store) -> Result<Self, Failure> {
        let (catalogue, source) = context.catalogue(store).await?;
        Ok(Self {
            outlet: till::outlet(context, &catalogue).await.map_err(no_outlet)?,
            source,
            catalogue,
            looked: Instant::now(),
            patience: context.config.till.commit_wait,
        })
    }

    pub(super) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    pub(super) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    /// Takes in what changed, if it was not looked at just now.
    pub(super) async fn follow(&mut self) {
        if self.looked.elapsed() >= LOOK {
            self.refresh().await;
        }
    }

    /// Takes in what changed; whether anything did. Without an answer all is as it was.
    pub(super) async fn refresh(&mut self) -> bool {
        let asked = timeout(self.patience, self.source.ask()).await;
        self.looked = Instant::now();
        let changes = match asked {
            Ok(Ok(changes)) if !changes.is_empty() => changes,
            Ok(Err(error)) => {
                tracing::info!(%error, "the catalogue is as it was last");
                return false;
            }
            Ok(Ok(_)) | Err(_) => return false,
        };
        self.catalogue.apply(changes);
        if let Some(row) = self.catalogue.outlet(self.outlet.id) {
            self.outlet = Arc::clone(row);
        }
        true
    }
}

/// What the configuration can mend is bad usage.
fn no_outlet(reason: NoOutlet) -> Failure {
    match reason {
        NoOutlet::NoneYet => Failure::failed(reason),
        NoOutlet::NotFound(_) | NoOutlet::Several => Failure::usage(reason),
    }
}
