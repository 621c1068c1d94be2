//! What the screen hears of by itself: the catalogue, how database and stream stand, and what sync has to say.
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};

use super::catalogue::CatalogueSource;
use super::{known, translate};
use crate::app::{Message, Shelf};
use crate::domain::catalogue::CatalogueChanges;
use crate::domain::clock::Clock;
use crate::domain::prescriber::NewDoctor;
use crate::domain::supervision::Known;
use crate::store::sync::{Notice, SyncStatus};
use crate::stream::relay::RelayStatus;

/// Tells the catalogue as it changes, with the prescribers who were added here (`own`) from the moment they were; and in `kept_at` when it was last found up to date. What the disk `kept` is told at
/// once, and the store's first answer whatever it says. Ends when nobody listens.
pub async fn tell_catalogue(
    mut source: CatalogueSource,
    kept: CatalogueChanges,
    refresh: Arc<Notify>,
    clock: Arc<dyn Clock>,
    news: mpsc::Sender<Message>,
    mut own: watch::Receiver<Vec<NewDoctor>>,
    (kept_at, known): (watch::Sender<Option<Timestamp>>, watch::Sender<Arc<Known>>),
) {
    let mut shelf: Arc<Shelf> = Arc::default();
    Arc::make_mut(&mut shelf).apply(kept);
    Arc::make_mut(&mut shelf).set_own(own.borrow_and_update().clone());
    let told = |shelf: &Arc<Shelf>| {
        known.send_replace(Arc::new(known::known(shelf.catalogue())));
        news.send(Message::CatalogueChanged(Arc::clone(shelf)))
    };
    let mut is_told = !shelf.catalogue().is_bare() && told(&shelf).await.is_ok();
    let mut answer = source.ask().await;
    while !news.is_closed() {
        match answer {
            Ok(changes) => {
                kept_at.send_replace(Some(clock.now()));
                if !changes.is_empty() || !is_told {
                    Arc::make_mut(&mut shelf).apply(changes);
                    is_told = told(&shelf).await.is_ok();
                }
            }
            Err(error) => tracing::debug!(%error, "the catalogue was not refreshed"),
        }
        // Whoever was added here is found at once, however long the store takes to answer.
        let asked = source.ask_later(&refresh);
        tokio::pin!(asked);
        answer = loop {
            tokio::select! {
                answer = &mut asked => break answer,
                Ok(()) = own.changed() => {
                    Arc::make_mut(&mut shelf).set_own(own.borrow_and_update().clone());
                    is_told = told(&shelf).await.is_ok();
                }
            }
        };
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
        let alerted = Message::Alerted {
            words: translate::notice(&notice),
            about: translate::alert(&notice),
            receipt: translate::receipt_of(&notice),
        };
        if news.send(alerted).await.is_err() {
            return;
        }
    }
}
