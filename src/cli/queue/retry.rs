//! `rxtill queue retry`: parked sales are recorded after all, once what was in the way is gone.
//!
//! The store has their bytes and does it in one transaction a sale; the journal only notes it. Beside an open till that is
//! left to the till, which compares its parked sales with the store now and then.
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use super::words;
use crate::cli::context::Context;
use crate::cli::outcome::{Failure, Outcome};
use crate::domain::name::printable;
use crate::domain::sale::SaleRecord;
use crate::runtime::open::Who;
use crate::store::error::StoreError;
use crate::store::journal::{Journal, JournalError, JournalReader, JournalSale, SaleState};
use crate::store::star::Store;

#[derive(Debug, Serialize)]
struct Retried {
    retried: Vec<Tried>,
}

/// What became of one.
#[derive(Debug, Serialize)]
struct Tried {
    sale_id: Uuid,
    receipt: String,
    state: &'static str,
    reason: Option<String>,
}

impl Tried {
    fn of(record: &SaleRecord, state: SaleState) -> Self {
        let (state, reason) = words(state);
        Self {
            sale_id: record.sale_id(),
            receipt: record.receipt().to_string(),
            state,
            reason: reason.as_deref().map(printable),
        }
    }
}

impl fmt::Display for Retried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.retried.is_empty() {
            return f.write_str("nothing is parked");
        }
        for (at, sale) in self.retried.iter().enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}{} {}: {}", sale.receipt, sale.sale_id, sale.state)?;
            if let Some(reason) = &sale.reason {
                write!(f, ", {reason}")?;
            }
        }
        Ok(())
    }
}

pub(super) async fn run(context: &Context, sale_id: Option<Uuid>) -> Result<Outcome, Failure> {
    let sales = asked_for(context, sale_id).await?;
    let mut retried = Vec::with_capacity(sales.len());
    let mut mended = Vec::new();
    if sales.iter().any(is_parked) {
        let store = context.store(Who::Till).await?;
        for JournalSale { record, state } in sales {
            let state = match state {
                SaleState::Parked(_) => mend(&store, &record).await?,
                state => state,
            };
            if state == SaleState::Committed {
                mended.push(record.sale_id());
            }
            retried.push(Tried::of(&record, state));
        }
    } else {
        retried.extend(sales.into_iter().map(|sale| Tried::of(&sale.record, sale.state)));
    }
    note(context, mended).await?;
    let answer = Retried { retried };
    context.output.answer(&answer, &answer)?;
    Ok(Outcome::of(answer.retried.iter().all(|sale| sale.state == "committed")))
}

fn is_parked(sale: &JournalSale) -> bool {
    matches!(sale.state, SaleState::Parked(_))
}

/// The one sale, however it stands; else all that are parked.
async fn asked_for(context: &Context, sale_id: Option<Uuid>) -> Result<Vec<JournalSale>, Failure> {
    let journal = match (JournalReader::open(&context.config.data_dir).await, sale_id) {
        (Ok(journal), _) => journal,
        // A till that was never opened has parked nothing.
        (Err(JournalError::Absent), None) => return Ok(Vec::new()),
        (Err(error), _) => return Err(Failure::failed(error)),
    };
    let ids: Vec<Uuid> = if let Some(sale_id) = sale_id {
        vec![sale_id]
    } else {
        let status = journal.status().await.map_err(Failure::failed)?;
        status.parked.into_iter().map(|sale| sale.sale_id).collect()
    };
    let mut sales = Vec::with_capacity(ids.len());
    for id in ids {
        let sale = journal.sale(id).await.map_err(Failure::failed)?;
        sales.push(sale.ok_or_else(|| Failure::failed(format!("this till has no sale {id}")))?);
    }
    Ok(sales)
}

/// How the sale stands after it was tried.
async fn mend(store: &Store, record: &SaleRecord) -> Result<SaleState, Failure> {
    let by = format!("{}, queue retry", record.document.till);
    match store.mend(record, &by).await {
        Ok(_) => Ok(SaleState::Committed),
        Err(StoreError::Permanent(reason) | StoreError::ChainConflict(reason)) => Ok(SaleState::Parked(reason)),
        Err(StoreError::Rejected(refusal)) => Ok(SaleState::Parked(refusal.to_string())),
        Err(error @ StoreError::Retryable { .. }) => Err(Failure::failed(error)),
    }
}

/// In the journal, unless a till is open, which then finds it by itself.
async fn note(context: &Context, mended: Vec<Uuid>) -> Result<(), Failure> {
    if mended.is_empty() {
        return Ok(());
    }
    let clock = Arc::clone(&context.clock);
    let journal = match Journal::open(&context.config.data_dir, &context.config.till.id, clock).await {
        Ok(journal) => journal,
        Err(JournalError::InUse { .. }) => return Ok(()),
        Err(error) => return Err(Failure::failed(error)),
    };
    for sale_id in mended {
        journal.committed(sale_id).await.map_err(Failure::failed)?;
    }
    Ok(())
}
