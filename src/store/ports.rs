//! The ports of the path: what sync and relay need of a store, said without SQL.
pub mod totals;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use thiserror::Error;
use uuid::Uuid;

use super::error::StoreError;
use crate::domain::audit::AuditRecord;
use crate::domain::basket::ReferenceUse;
use crate::domain::chain::Hash;
use crate::domain::event::EventTopic;
use crate::domain::mending::Mapping;
use crate::domain::money::Quantity;
use crate::domain::prescriber::NewDoctor;
use crate::domain::sale::{SaleRecord, TillId};

/// Who waits for the answer, and what they said of stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oversell {
    /// The clerk waits: too little by the book is refused, and so is all else that the rules forbid.
    Refuse,
    /// The clerk waits and holds the goods: stock may go below zero, but not of a controlled drug; all else as above.
    Hold,
    /// It happened: it is recorded, whatever the book says.
    Record,
}

/// A sale that is in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// It was there already: an earlier attempt had been committed.
    pub repeated: bool,
    /// It had been parked: the row is in the chain, its facts are not.
    pub parked: bool,
    /// Drugs whose stock by the book is below zero now: name, and what remains in base units.
    pub below_zero: Vec<(String, Quantity)>,
    /// References that may be used once only and were used before.
    pub used_before: Vec<UsedReference>,
    /// Why a promised return is more than could come back; it happened, and is recorded all the same.
    pub too_much_back: Option<String>,
}

/// A reference that was used before, as the sale names it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{tender} {reference}: {used}")]
pub struct UsedReference {
    /// The tender's name.
    pub tender: String,
    /// The reference.
    pub reference: String,
    /// Where and when.
    pub used: ReferenceUse,
}

/// A sale as the store has it, wherever it stands in whichever till's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSale {
    /// The sale in its place.
    pub record: SaleRecord,
    /// Why it waits without facts, or that it was struck; none: it is recorded whole.
    pub parked: Option<String>,
}

/// What became of a prescriber who was added at a till.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddedDoctor {
    /// Somebody of the same registration number, or name and phone, was there before: sales are recorded at them, of
    /// this name.
    pub known_as: Option<String>,
}

/// What became of an audit event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptEvent {
    /// It is in the store since an earlier attempt.
    Known,
    /// It is in the store under another number: the journal was restored from an older image, and noted it once more.
    Elsewhere {
        /// The series that it is in, and its number there.
        there: (u32, u64),
        /// The number of the newest event of that series, and of the record's own.
        newest: (u64, u64),
    },
    /// It is in the store now.
    Kept {
        /// The number of the newest event of the series that was there before.
        after: u64,
    },
    /// Another event of this till has its number: the journal was restored from an older image.
    NumberTaken {
        /// The number of the newest event that the store has of the series.
        newest: u64,
    },
}

/// How a parked sale was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// It is recorded after all.
    Mended,
    /// It never will be, and why.
    Struck(String),
}

/// How, when and by whom a parked sale was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// How.
    pub resolution: Resolution,
    /// At which rows it is recorded, where they are not those that it names.
    pub mapping: Mapping,
    /// By whom, in words.
    pub by: String,
    /// When, by the store's clock.
    pub at: Timestamp,
}

/// A sale that was parked once, by its place in the till's chains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedPlace {
    /// Its series.
    pub series: u32,
    /// Its number.
    pub number: u64,
    /// None while it waits.
    pub resolution: Option<Resolution>,
}

/// The end of a till's chain in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The series.
    pub series: u32,
    /// The last receipt's number; 0 before the first.
    pub number: u64,
    /// Its link, or what the first will be linked to.
    pub hash: Hash,
    /// The last sale.
    pub sale_id: Option<Uuid>,
    /// The installation that may write this series.
    pub installation: Uuid,
}

/// What registering an installation came to (PATH 2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// The till is this installation's, at this head.
    Ours(Head),
    /// Another installation has the till: this one may not sell.
    Taken {
        /// The series of the other installation.
        series: u32,
    },
}

/// The sales of a store of record.
#[async_trait]
pub trait SaleStore: Send + Sync + 'static {
    /// Registers `installation` for `till` where the till is new; else says whose it is. Safe to repeat.
    async fn register(&self, till: &TillId, installation: Uuid) -> Result<Registration, StoreError>;

    /// Opens the next series of `till` for `installation`, linked to the last hash that the store knows (PATH 2.4).
    /// Repeated by the installation that has the newest, still empty series, it gives that one.
    async fn open_series(&self, till: &TillId, installation: Uuid) -> Result<Head, StoreError>;

    /// The heads of all series of `till`, oldest first.
    async fn heads(&self, till: &TillId) -> Result<Vec<Head>, StoreError>;

    /// One attempt to record a sale, in one transaction fenced by the till's head (PATH 3.1).
    ///
    /// # Errors
    /// [`StoreError::Rejected`] never with [`Oversell::Record`], and only when nothing of it was recorded.
    async fn commit(&self, record: &SaleRecord, oversell: Oversell) -> Result<Recorded, StoreError>;

    /// Records that the sale is in the chain but could not be held (PATH 2.3): `sale` and `sale_parked`, fenced likewise.
    async fn park(&self, record: &SaleRecord, reason: &str) -> Result<Recorded, StoreError>;

    /// Takes in a prescriber who was added at a till, idempotent on their id and their natural key (COUNTER 1.7): where
    /// somebody of that key is there, the id leads to them.
    async fn add_doctor(&self, doctor: &NewDoctor) -> Result<AddedDoctor, StoreError>;

    /// Takes in an audit event, with its row in the outbox, in a short transaction of its own; idempotent on its id.
    ///
    /// # Errors
    /// [`StoreError::Permanent`] when it names a row that the store does not have.
    async fn keep_event(&self, record: &AuditRecord) -> Result<KeptEvent, StoreError>;

    /// The number of the newest audit event of each series of `till` that has one, oldest series first.
    async fn newest_events(&self, till: &TillId) -> Result<Vec<(u32, u64)>, StoreError>;

    /// The sale of that id, of whichever till.
    async fn find(&self, sale_id: Uuid) -> Result<Option<StoredSale>, StoreError>;

    /// Keeps the place in the chain of a sale whose id the store holds already in another place, as `other`: a restored
    /// journal sold it again, or it was given to two tills. The bytes go in as they are, so that numbers and links stay
    /// whole, but nothing of it is recorded twice: the same agreement is struck as `other`, another one is parked.
    /// Fenced like [`SaleStore::commit`].
    async fn set_apart(&self, record: &SaleRecord, other: &StoredSale) -> Result<Recorded, StoreError>;

    /// The sales of `till` that were ever parked, in order: whoever mended one was perhaps not its till.
    async fn parked(&self, till: &TillId) -> Result<Vec<ParkedPlace>, StoreError>;

    /// How the parked sale of that number was settled; none: not yet, or it was never parked. A store that tells nobody who
    /// settled what has none to tell.
    async fn settlement(&self, till: &TillId, series: u32, number: u64) -> Result<Option<Settlement>, StoreError> {
        let _ = (till, series, number);
        Ok(None)
    }

    /// The sales of one series from number `from` on, in order, at most `limit`.
    async fn sales(&self, till: &TillId, series: u32, from: u64, limit: u32) -> Result<Vec<SaleRecord>, StoreError>;
}

/// An event waiting to be published, or kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The event's id.
    pub id: Uuid,
    /// The topic (Debezium's `aggregatetype`).
    pub topic: String,
    /// The record's key, its very bytes (Debezium's `aggregateid`).
    pub key: String,
    /// The record's value.
    pub payload: String,
    /// The till whose event it is.
    pub till: TillId,
    /// Its series.
    pub series: u32,
    /// Its number in the series.
    pub seq: u64,
    /// Whether it was acknowledged by the broker.
    pub marked: bool,
}

/// The right to publish a till's events for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The till.
    pub till: TillId,
    /// Who holds it.
    pub holder: String,
    /// Goes up whenever it changes hands.
    pub epoch: i64,
}

/// A till with unpublished events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The till.
    pub till: TillId,
    /// How many of its events are unmarked.
    pub events: u64,
    /// The age of the oldest, by the database's clock.
    pub oldest: Duration,
    /// Whether someone holds a valid lease on it.
    pub leased: bool,
}

/// How the fleet relays (PATH 4.4), one value for all, kept in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayMode {
    /// Tills publish.
    On,
    /// Nobody publishes: rows are kept.
    Off,
    /// Debezium reads the table; rows are deleted by age.
    Debezium,
}

impl RelayMode {
    /// As in the configuration and the `setting` table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Debezium => "debezium",
        }
    }

    /// Of such a word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::On, Self::Off, Self::Debezium]
            .into_iter()
            .find(|mode| mode.as_str() == word)
    }
}

/// The outbox of a store of record (PATH section 4). Leases go by the database's clock.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// The till's oldest unmarked events, in (series, seq) order, at most `limit`. Topics are numbered apart: what holds of
    /// the order holds within one.
    async fn unmarked(&self, till: &TillId, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.unmarked_but(till, &[], limit).await
    }

    /// The same, but for those of these topics.
    async fn unmarked_but(&self, till: &TillId, topics: &[String], limit: u32) -> Result<Vec<OutboxRow>, StoreError>;

    /// Marks events as published, if the lease's epoch is still the current one; how many were marked.
    async fn mark(&self, lease: &Lease, ids: &[Uuid]) -> Result<u64, StoreError>;

    /// Takes an event out of the way that the broker will never accept (too large, or refused as invalid), under the lease's
    /// epoch: no longer unmarked, never marked as published, never purged, kept with its `reason`. Whether it was done.
    async fn set_aside(&self, lease: &Lease, id: Uuid, reason: &str) -> Result<bool, StoreError>;

    /// Which tills have unmarked events.
    async fn waiting(&self) -> Result<Vec<Waiting>, StoreError>;

    /// The till's events of that topic after (series, seq), marked or not, in order, at most `limit`: what the embedded live
    /// pane follows.
    async fn after(
        &self,
        till: &TillId,
        topic: EventTopic,
        after: (u32, u64),
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError>;

    /// The (series, seq) of the till's newest event of that topic, (0, 0) without one.
    async fn newest(&self, till: &TillId, topic: EventTopic) -> Result<(u32, u64), StoreError>;

    /// Takes the till's lease for `seconds` if it is free, expired, or this holder's own. Whose names have the same before the
    /// last dash are processes of one machine, of which one at a time runs: a later one, by what is behind it, takes over from
    /// an earlier one that was killed, and never the other way.
    async fn take_lease(&self, till: &TillId, holder: &str, seconds: u32) -> Result<Option<Lease>, StoreError>;

    /// Renews it, if it is still this holder's in this epoch.
    async fn renew_lease(&self, lease: &Lease, seconds: u32) -> Result<bool, StoreError>;

    /// Hands it back: it expires now.
    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError>;

    /// The fleet's relay mode: [`RelayMode::Off`] when it was never set.
    async fn relay_mode(&self) -> Result<RelayMode, StoreError>;

    /// Deletes rows that were marked more than `days` ago, a bounded number a call; where Debezium publishes, those that were
    /// made so long ago, marked or not. How many went. Needs a user that may delete.
    async fn purge(&self, days: u32) -> Result<u64, StoreError>;
}
