//! What is unsent or parked: the list from the journal, and what is done with a parked sale.
use super::till::Seller;
use crate::app::queue::{QueueList, Settle};
use crate::domain::mending::{Gap, Mapping};
use crate::domain::past::{PastSale, PastState};
use crate::domain::sale::SaleRecord;
use crate::store::error::StoreError;
use crate::store::journal::{JournalReader, JournalSale, SaleState};
use crate::store::star::Store;

/// Of each kind so many are listed.
const MOST: u32 = 500;

/// The list.
///
/// # Errors
/// In words, when there is no journal, or the disk failed.
pub async fn list(journal: Option<&JournalReader>) -> Result<QueueList, String> {
    let journal = journal.ok_or("there is no till here")?;
    let read = async {
        let status = journal.status().await?;
        let mut sales = Vec::new();
        for parked in status.parked.iter().take(MOST as usize) {
            // It may have been settled since.
            if let Some(JournalSale {
                record,
                state: SaleState::Parked(why),
            }) = journal.sale(parked.sale_id).await?
            {
                let state = PastState::Parked(why);
                sales.push(PastSale { record, state });
            }
        }
        let parked = sales.len() as u64;
        let unsent = journal.unsent(MOST).await?;
        let state = PastState::Queued;
        sales.extend(unsent.into_iter().map(|record| PastSale {
            record,
            state: state.clone(),
        }));
        let unsent = sales.len() as u64 - parked;
        let more = status.parked_count.saturating_sub(parked) + status.unsent.saturating_sub(unsent);
        Ok::<_, crate::store::journal::JournalError>(QueueList { sales, more })
    };
    read.await.map_err(|error| format!("this till's disk failed: {error}"))
}

/// What the store does not know of a sale.
///
/// # Errors
/// In words, when it did not say so.
pub async fn gaps(store: &Store, sale: &SaleRecord) -> Result<Vec<Gap>, String> {
    store.gaps(sale).await.map_err(said)
}

/// Settles a parked sale. The journal has learnt it, and the relay heard of its events, when this returns.
///
/// # Errors
/// In words, when it is parked as before.
pub async fn settle(
    (store, seller): (&Store, &Seller),
    sale: &SaleRecord,
    how: &Settle,
    by: &str,
) -> Result<(), String> {
    let nothing = Mapping::default();
    let done = match how {
        Settle::Retry => store.mend_as(sale, by, &nothing).await,
        Settle::Map(mapping) => store.mend_as(sale, by, mapping).await,
        Settle::Strike(why) => store.strike(sale, by, why).await,
    };
    done.map_err(said)?;
    // Closing: the next start compares what is parked with the store.
    let _ = seller.drain().await;
    Ok(())
}

fn said(error: StoreError) -> String {
    match error {
        StoreError::Retryable { reason, .. } => format!("the database: {reason}"),
        StoreError::Rejected(refusal) => refusal.to_string(),
        StoreError::Permanent(reason) | StoreError::ChainConflict(reason) => reason,
    }
}
