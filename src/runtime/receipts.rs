//! A receipt that is brought back: what this till's journal and the store know of it. Nobody waits longer than a moment:
//! a store that does not answer is away.
use std::time::Duration;

use tokio::time::timeout;
use uuid::Uuid;

use crate::app::sale::ReceiptAnswer;
use crate::domain::sale::{Agreed, Receipt, SaleRecord};
use crate::store::journal::{Journal, JournalError, SaleState};
use crate::store::star::Store;

/// A customer waits: a store that takes longer is away.
const ANSWER: Duration = Duration::from_secs(3);

/// What a receipt is: of this till's journal first, which has what the store has not yet; then of the store.
pub async fn find(store: &Store, journal: &Journal, receipt: Receipt) -> ReceiptAnswer {
    let failed = |error: JournalError| ReceiptAnswer::Refused(format!("this till's disk failed: {error}"));
    let record = match here(journal, &receipt).await {
        Ok(Some(found)) => found,
        Ok(None) => match timeout(ANSWER, store.sale_at(&receipt)).await {
            Ok(Ok(Some(stored))) => stored.parked.map_or(Ok(stored.record), |why| Err(set_apart(&why))),
            Ok(Ok(None)) => return ReceiptAnswer::NotFound,
            failed => {
                tracing::debug!(?failed, "the store was not asked for a receipt");
                return ReceiptAnswer::Away;
            }
        },
        Err(error) => return failed(error),
    };
    let record = match record {
        Ok(record) => record,
        Err(why) => return ReceiptAnswer::Refused(why),
    };
    match came_back(Some(store), journal, record.sale_id(), ANSWER).await {
        Ok(before) => ReceiptAnswer::Sold {
            receipt: record.printed(),
            sale: Box::new(record.document.sale),
            returns: before.returns,
            is_whole: before.is_whole,
        },
        Err(error) => failed(error),
    }
}

/// The sale of this till's own, or in words why nothing can come back of it.
async fn here(journal: &Journal, receipt: &Receipt) -> Result<Option<Result<SaleRecord, String>>, JournalError> {
    if !receipt.till.as_str().eq_ignore_ascii_case(journal.till().as_str()) {
        return Ok(None);
    }
    let found = journal.sale_at(receipt.series, receipt.number).await?;
    Ok(found.map(|sale| match sale.state {
        SaleState::Provisional | SaleState::Queued | SaleState::Committed => Ok(sale.record),
        SaleState::Parked(why) => Err(set_apart(&why)),
        SaleState::Struck(why) => Err(format!("it was struck, and never recorded: {why}")),
    }))
}

/// What has no facts has nothing that comes back.
fn set_apart(why: &str) -> String {
    format!("it is parked, and is mended first: {why}")
}

/// What came back of a sale before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameBack {
    /// The returns, in no order.
    pub returns: Vec<Agreed>,
    /// Whether the store answered too: else other tills may have taken more back.
    pub is_whole: bool,
}

/// What came back of a sale, by this till's journal and by the store, which is given `patience`; none: it is known to be
/// away.
///
/// # Errors
/// When the till's own disk failed.
pub async fn came_back(
    store: Option<&Store>,
    journal: &Journal,
    sale_id: Uuid,
    patience: Duration,
) -> Result<CameBack, JournalError> {
    let ask_store = async {
        match timeout(patience, store?.returns_of(sale_id)).await {
            Ok(Ok(returns)) => Some(returns),
            failed => {
                tracing::debug!(?failed, "the store was not asked what came back");
                None
            }
        }
    };
    let (there, here) = tokio::join!(ask_store, journal.returns_of(sale_id));
    let is_whole = there.is_some();
    let mut returns = there.unwrap_or_default();
    for sale in here?.into_iter().map(|sale| sale.record.document.sale) {
        if returns.iter().all(|known| known.sale_id != sale.sale_id) {
            returns.push(sale);
        }
    }
    Ok(CameBack { returns, is_whole })
}
