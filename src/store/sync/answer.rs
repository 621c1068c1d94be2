//! What whoever sold is told.
use uuid::Uuid;

use crate::domain::chain::Hash;
use crate::domain::money::{Money, Quantity};
use crate::domain::sale::SaleRecord;
use crate::store::error::Refusal;
use crate::store::journal::{JournalSale, SaleState};
use crate::store::ports::StoredSale;

/// What became of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleAnswer {
    /// Its id.
    pub sale_id: Uuid,
    /// Its receipt as printed; none when it was refused.
    pub receipt: Option<String>,
    /// Its link in the till's chain; none when it was refused.
    pub hash: Option<Hash>,
    /// Its total.
    pub total: Money,
    /// What was decided.
    pub state: SaleOutcome,
    /// It had been recorded before, and this is that sale.
    pub repeated: bool,
    /// Drugs whose stock by the book is below zero now: name, and what remains in base units.
    pub below_zero: Vec<(String, Quantity)>,
}

/// What was decided about a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaleOutcome {
    /// It is in the store of record.
    Committed,
    /// It is promised, and will be.
    Queued,
    /// It is in the store's chain; its facts wait until it is mended.
    Parked(String),
    /// Nothing was recorded.
    Refused(Refusal),
}

impl SaleOutcome {
    /// As in `sell --json`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Queued => "queued",
            Self::Parked(_) => "parked",
            Self::Refused(_) => "refused",
        }
    }
}

impl SaleAnswer {
    /// The sale as it stands in the till's journal.
    pub fn known(sale: &JournalSale) -> Self {
        let state = match &sale.state {
            SaleState::Provisional | SaleState::Queued => SaleOutcome::Queued,
            SaleState::Committed => SaleOutcome::Committed,
            SaleState::Parked(reason) | SaleState::Struck(reason) => SaleOutcome::Parked(reason.clone()),
        };
        Self {
            repeated: true,
            ..Self::of(&sale.record, state)
        }
    }

    /// The sale as the store has it, of whichever till.
    pub fn stored(sale: &StoredSale) -> Self {
        let state = match &sale.parked {
            None => SaleOutcome::Committed,
            Some(reason) => SaleOutcome::Parked(reason.clone()),
        };
        Self {
            repeated: true,
            ..Self::of(&sale.record, state)
        }
    }

    /// The sale that is not recorded: it has no receipt.
    pub(super) fn refused(record: &SaleRecord, refusal: Refusal) -> Self {
        Self {
            receipt: None,
            hash: None,
            ..Self::of(record, SaleOutcome::Refused(refusal))
        }
    }

    /// The sale that was recorded now.
    pub(super) fn of(record: &SaleRecord, state: SaleOutcome) -> Self {
        Self {
            sale_id: record.sale_id(),
            receipt: Some(record.printed()),
            hash: Some(record.hash),
            total: record.document.sale.total,
            state,
            repeated: false,
            below_zero: Vec::new(),
        }
    }
}
