//! What is asked of store and journal while the money is keyed. Nobody waits for it: an answer that takes long is none.
use std::time::Duration;

use tokio::time::timeout;
use uuid::Uuid;

use super::translate;
use crate::app::sale::{Objections, ReferenceWord};
use crate::domain::sale::Agreed;
use crate::store::journal::Journal;
use crate::store::star::Store;

/// An answer that takes longer comes after the money.
const ANSWER: Duration = Duration::from_secs(3);

/// What a sale of this would be refused for.
pub async fn objections(store: &Store, offered: &Agreed) -> Objections {
    match timeout(ANSWER, store.objections(offered)).await {
        Ok(Ok(found)) => Objections::Known(found.into_iter().map(translate::refusal).collect()),
        failed => {
            tracing::debug!(?failed, "the store was not asked about the basket");
            Objections::Away
        }
    }
}

/// Whether a reference was used: on this till, or anywhere that the store knows of.
pub async fn reference(store: &Store, journal: &Journal, tender: Uuid, reference: String) -> ReferenceWord {
    let (here, there) = tokio::join!(
        journal.reference_use(tender, reference.clone()),
        timeout(ANSWER, store.reference_use(tender, &reference)),
    );
    let here = here.unwrap_or_else(|error| {
        tracing::warn!(%error, "the journal was not asked for a reference");
        None
    });
    match (there, here) {
        (Ok(Ok(Some(used))), _) | (_, Some(used)) => ReferenceWord::Used(used),
        (Ok(Ok(None)), None) => ReferenceWord::NotUsed,
        _ => ReferenceWord::NotUsedHere,
    }
}
