//! The line about the last sale. It stays until the next payment opens, over a restart too.
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::basket::Contents;
use crate::domain::money::{Currency, Money};
use crate::domain::sale::{Agreed, SaleKind};

/// Where the last sale stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastState {
    /// In the store of record.
    Committed,
    /// On this till's disk, on its way.
    Queued,
    /// In the store's chain; its facts wait until somebody mends it.
    Parked(String),
}

/// The last sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSale {
    /// Its id.
    pub sale_id: Uuid,
    /// Its receipt as printed.
    pub receipt: String,
    /// Whether goods went out or came back.
    pub kind: SaleKind,
    /// What it came to; below zero where goods came back.
    pub total: Money,
    /// What was handed over, by tender, likewise.
    pub tenders: Vec<(String, Money)>,
    /// What was given back.
    pub change: Money,
    /// What it was paid in.
    pub currency: Currency,
    /// When.
    pub at: Timestamp,
    /// Where it stands.
    pub state: LastState,
    /// What it held: the same right after it is asked about.
    pub contents: Contents,
}

impl LastSale {
    /// Of what was agreed.
    pub fn of(agreed: &Agreed, receipt: String, state: LastState) -> Self {
        Self {
            sale_id: agreed.sale_id,
            receipt,
            kind: agreed.kind,
            total: agreed.total,
            tenders: agreed
                .payments
                .iter()
                .map(|paid| (paid.name.clone(), paid.tendered))
                .collect(),
            change: agreed.payments.iter().map(|paid| paid.change).sum(),
            currency: agreed.currency.clone(),
            at: agreed.sold_at,
            state,
            contents: agreed.contents(),
        }
    }
}
