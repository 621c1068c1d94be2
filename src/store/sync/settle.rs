//! What became of parked sales: the store says it, the journal learns it, and an audit event tells it (PATH 2.3).
use thiserror::Error;
use uuid::Uuid;

use super::super::error::StoreError;
use super::super::journal::{Journal, JournalError, JournalSale, SaleState};
use super::super::ports::{Recorded, Resolution, SaleStore, Settlement, StoredSale};
use crate::domain::audit::{Happening, Noted};
use crate::domain::sale::SaleRecord;

/// Why the journal did not learn it. Repeating it is always safe.
#[derive(Debug, Error)]
pub enum SettleError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Parked sales may have been mended or struck since, here or elsewhere: the store says so. Each is told once, whoever
/// settled it and wherever: the event is on the disk before the journal calls the sale settled.
///
/// # Errors
/// When store or journal could not.
pub async fn settle(journal: &Journal, store: &dyn SaleStore) -> Result<(), SettleError> {
    let parked = journal.status().await?.parked;
    if parked.is_empty() {
        return Ok(());
    }
    let places = store.parked(journal.till()).await?;
    for sale in parked {
        let (series, number) = (sale.receipt.series, sale.receipt.number);
        let place = places
            .iter()
            .find(|place| (place.series, place.number) == (series, number));
        let Some(resolution) = place.and_then(|place| place.resolution.clone()) else {
            continue;
        };
        if let Some(settlement) = store.settlement(journal.till(), series, number).await?
            && let Some(JournalSale { record, .. }) = journal.sale(sale.sale_id).await?
        {
            tell(journal, &record, &sale.reason, &settlement).await?;
        }
        match resolution {
            Resolution::Mended => journal.committed(sale.sale_id).await?,
            Resolution::Struck(why) => journal.struck(sale.sale_id, why).await?,
        }
    }
    Ok(())
}

/// Keeps a sale's place in the chain, as another sale of the store has its id. Where that is the same sale, sold at another
/// till, the store strikes this one at once: that is told like any other, or its numbers would be taken for lost.
///
/// # Errors
/// When store or journal could not; then it is done again as a whole.
pub async fn set_apart(
    journal: &Journal,
    store: &dyn SaleStore,
    record: &SaleRecord,
    other: &StoredSale,
) -> Result<Recorded, StoreError> {
    let recorded = store.set_apart(record, other).await?;
    if recorded.parked {
        return Ok(recorded);
    }
    let document = &record.document;
    let place = (document.series, document.number);
    if let Some(settlement) = store.settlement(&document.till, place.0, place.1).await? {
        let parked = format!("sold as {} too", other.record.printed());
        let told = tell(journal, record, &parked, &settlement).await;
        told.map_err(|error| StoreError::Retryable {
            reason: error.to_string(),
            in_doubt: false,
        })?;
    }
    Ok(recorded)
}

/// Keeps the event of a settled sale: the same one, however often this is tried.
async fn tell(
    journal: &Journal,
    record: &SaleRecord,
    parked: &str,
    settlement: &Settlement,
) -> Result<(), JournalError> {
    let how = match &settlement.resolution {
        Resolution::Mended => Ok(&settlement.mapping),
        Resolution::Struck(why) => Err(why.as_str()),
    };
    let happening = Happening::settled(record, parked, how, &settlement.by);
    let noted = noted(journal, record, settlement, happening).await?;
    // Of this place in the chains: another till's sale may have the same id.
    let event_id = Uuid::new_v5(&record.apart_id(), b"settled");
    journal.note(event_id, noted).await.map(drop)
}

/// Where it is told of: an outlet that the store is sure to know, as the sale's own may be what it did not.
async fn noted(
    journal: &Journal,
    record: &SaleRecord,
    settlement: &Settlement,
    happening: Happening,
) -> Result<Noted, JournalError> {
    let last = journal.last_sale().await?;
    let last = last.filter(|last| last.state == SaleState::Committed);
    let sale = &last.as_ref().map_or(record, |last| &last.record).document.sale;
    Ok(Noted {
        currency: record.document.sale.currency.code.clone(),
        ..Noted::beside(sale, settlement.at, happening)
    })
}
