//! What became of parked sales: the store says it, the journal learns it, and an audit event tells it (PATH 2.3).
use thiserror::Error;
use uuid::Uuid;

use super::super::error::StoreError;
use super::super::journal::{Journal, JournalError, JournalSale, ParkedSale, SaleState};
use super::super::ports::{Resolution, SaleStore, Settlement};
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
        if let Some(settlement) = store.settlement(journal.till(), series, number).await? {
            tell(journal, &sale, &settlement).await?;
        }
        match resolution {
            Resolution::Mended => journal.committed(sale.sale_id).await?,
            Resolution::Struck(why) => journal.struck(sale.sale_id, why).await?,
        }
    }
    Ok(())
}

/// Keeps the event of a settled sale: the same one, however often this is tried.
async fn tell(journal: &Journal, parked: &ParkedSale, settlement: &Settlement) -> Result<(), JournalError> {
    let Some(JournalSale { record, .. }) = journal.sale(parked.sale_id).await? else {
        return Ok(());
    };
    let how = match &settlement.resolution {
        Resolution::Mended => Ok(&settlement.mapping),
        Resolution::Struck(why) => Err(why.as_str()),
    };
    let happening = Happening::settled(&record, &parked.reason, how, &settlement.by);
    let noted = noted(journal, &record, settlement, happening).await?;
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
    // On the outlet's clock, as far as that sale told it.
    let clock = sale.sold_local.duration_since(Noted::utc(sale.sold_at));
    let at = Noted::utc(settlement.at);
    Ok(Noted {
        at: settlement.at,
        local: at.checked_add(clock).unwrap_or(at),
        outlet: sale.outlet.clone(),
        currency: record.document.sale.currency.code.clone(),
        employee: None,
        happening,
    })
}
