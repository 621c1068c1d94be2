//! What is read of past receipts: a page of the list, or a whole one.
use jiff::Timestamp;

use crate::domain::past::{Journaled, PastPlace, PastRow, PastState, Published};
use crate::domain::sale::{SaleKind, SaleRecord};

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastFrom {
    /// At the newest receipt.
    Newest,
    /// Behind this place of the store's.
    Store(PastPlace),
    /// Behind this series and number of the till's own journal.
    Journal(u32, u64),
}

/// Who told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastSource {
    /// The database, and this till's journal for what is on its way.
    Store,
    /// This till's journal alone, and why.
    Journal(String),
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastPage {
    /// Newest first.
    pub rows: Vec<PastRow>,
    /// Where the next one begins; none: nothing is older.
    pub next: Option<PastFrom>,
    /// Who told it.
    pub source: PastSource,
}

/// A whole receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastReceipt {
    /// The sale in its place.
    pub record: SaleRecord,
    /// Where it stands.
    pub state: PastState,
    /// When this till's journal kept it, where it is this till's.
    pub journaled: Option<Journaled>,
    /// When the store recorded it.
    pub recorded_at: Option<Timestamp>,
    /// What became of its events, where the store was heard.
    pub published: Option<Published>,
    /// The sale that it gives back.
    pub original: Option<PastRow>,
    /// What gave of it back, the oldest first.
    pub returns: Vec<PastRow>,
    /// Why the store was not heard: then there may be returns that nobody here knows of.
    pub unheard: Option<String>,
}

/// Something of a receipt that the cursor can stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A line of it.
    Line(usize),
    /// A payment.
    Payment(usize),
    /// The sale that it gives back.
    Original,
    /// What gave of it back.
    Return(usize),
    /// Its way to this till's disk.
    Journaled,
    /// To the database.
    Committed,
    /// To the stream.
    Published,
    /// The links of the chain.
    Chain,
}

impl PastReceipt {
    /// All that the cursor can stand on, from the top.
    pub fn entries(&self) -> Vec<Entry> {
        let sale = &self.record.document.sale;
        let mut entries: Vec<_> = (0..sale.lines.len()).map(Entry::Line).collect();
        entries.extend((0..sale.payments.len()).map(Entry::Payment));
        entries.extend(sale.refund_of.map(|_| Entry::Original));
        entries.extend((0..self.returns.len()).map(Entry::Return));
        entries.extend([Entry::Journaled, Entry::Committed, Entry::Published, Entry::Chain]);
        entries
    }

    /// The receipt to which an entry leads.
    pub fn leads_to(&self, entry: Entry) -> Option<&PastRow> {
        match entry {
            Entry::Original => self.original.as_ref(),
            Entry::Return(at) => self.returns.get(at),
            _ => None,
        }
    }

    /// Whether goods of it may come back.
    pub fn is_returnable(&self) -> bool {
        let stands = matches!(self.state, PastState::Committed | PastState::Queued);
        stands && self.record.document.sale.kind == SaleKind::Sale
    }
}
