//! `journal.sqlite`: this till's promises, on its disk before anything else happens (PATH section 1).
//!
//! Records, sales and marks are only ever inserted. A sale is given its number, its link and the numbers of its events in
//! the transaction that is fsynced before the first attempt; every attempt carries them unchanged.
//!
//! Retention: nothing is deleted yet. Committed records may go once they are older than 90 days *and* not among the last
//! 100,000 sales *and* store and topic have them; the append-only triggers are dropped and made again in the transaction
//! that does it.
mod audit;
mod beside;
mod doctors;
mod error;
mod file;
mod lock;
mod look;
mod past;
#[cfg(test)]
pub(crate) mod power;
mod reader;
mod sales;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod torn;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

pub use self::error::JournalError;
use self::file::Left;
pub use self::lock::{FolderLock, Holder};
pub use self::look::{JournalChain, JournalSale, JournalStatus, MOST_PARKED, ParkedSale, SaleState};
pub use self::reader::JournalReader;
use self::sales::Mark;
pub use self::sales::{Appended, NewSeries, Opening};
use self::writer::Writer;
use crate::domain::basket::ReferenceUse;
use crate::domain::clock::Clock;
#[cfg(test)]
use crate::domain::mutant::{self, Mutant};
use crate::domain::sale::{Agreed, SaleFlag, SaleRecord, TillId};

/// The journal of the till that this process is. Clones share it.
#[derive(Clone)]
pub struct Journal {
    writer: Arc<Mutex<Writer>>,
    till: TillId,
    installation: Uuid,
}

impl Journal {
    /// Opens the journal of `till` in `dir` for writing, made where there is none, and takes the lock on the folder.
    ///
    /// # Errors
    /// [`JournalError::InUse`] when another process has it; [`JournalError::Newer`], [`JournalError::OtherTill`],
    /// [`JournalError::Damaged`] and [`JournalError::Disk`] as they say.
    pub async fn open(dir: &Path, till: &TillId, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let (dir, till) = (dir.to_owned(), till.clone());
        off_the_loop(move || {
            lock::make_folder(&dir)?;
            let lock = FolderLock::take(&dir, &till)?;
            let after = if lock.was_left() { Left::Killed } else { Left::Closed };
            let connection = file::open(&dir, &till, clock.as_ref(), after)?;
            let installation = look::installation(&connection)?;
            let writer = Writer {
                dir,
                till: till.clone(),
                clock,
                connection: Some(connection),
                unanswered: None,
                #[cfg(test)]
                page_limit: None,
                _lock: lock,
            };
            Ok(Self {
                writer: Arc::new(Mutex::new(writer)),
                till,
                installation,
            })
        })
        .await
    }

    /// Takes the lock on the folder of `till` without opening the journal: whoever has it is alone with what lies there.
    ///
    /// # Errors
    /// [`JournalError::InUse`] when another process has it, [`JournalError::Disk`].
    pub async fn lock(dir: &Path, till: &TillId) -> Result<FolderLock, JournalError> {
        let (dir, till) = (dir.to_owned(), till.clone());
        off_the_loop(move || {
            lock::make_folder(&dir)?;
            FolderLock::take(&dir, &till)
        })
        .await
    }

    /// Whose journal it is.
    pub fn till(&self) -> &TillId {
        &self.till
    }

    /// The random id of this installation (PATH 2.4).
    pub fn installation(&self) -> Uuid {
        self.installation
    }

    /// Keeps a sale, fsynced when this returns: its number, link and event numbers are given here and never change.
    ///
    /// # Errors
    /// [`JournalError::Unsettled`] while another is provisional, [`JournalError::OtherContent`] for a known id with other
    /// content, [`JournalError::NotRegistered`] before the first series, [`JournalError::Disk`] when it could not be
    /// kept: then it is not a sale.
    pub async fn append(
        &self,
        agreed: Agreed,
        flags: Vec<SaleFlag>,
        opening: Opening,
    ) -> Result<Appended, JournalError> {
        self.write(move |writer| {
            #[cfg(test)]
            if mutant::is(Mutant::SaleNotSynced) {
                power::forget_fsync();
            }
            let (sale_id, now) = (agreed.sale_id, writer.clock.now());
            writer.attempt(Some(sale_id), |connection| {
                sales::append(connection, now, agreed, flags, opening)
            })
        })
        .await
    }

    /// The sale is promised: it can only become committed or parked.
    ///
    /// # Errors
    /// When it is not in the journal, or the disk failed.
    pub async fn promise(&self, sale_id: Uuid) -> Result<(), JournalError> {
        self.mark(sale_id, Mark::Queued, String::new()).await
    }

    /// The provisional sale is refused, fsynced when this returns; its number is free again.
    ///
    /// # Errors
    /// When it is not provisional, or the disk failed: then it is a promise.
    pub async fn refuse(&self, sale_id: Uuid, reason: String) -> Result<(), JournalError> {
        self.mark(sale_id, Mark::Refused, reason).await
    }

    /// The store of record has it.
    ///
    /// # Errors
    /// When it is not in the journal, or the disk failed.
    pub async fn committed(&self, sale_id: Uuid) -> Result<(), JournalError> {
        self.mark(sale_id, Mark::Committed, String::new()).await
    }

    /// It is in the store's chain, not in its facts.
    ///
    /// # Errors
    /// When it is not in the journal, or the disk failed.
    pub async fn parked(&self, sale_id: Uuid, reason: String) -> Result<(), JournalError> {
        self.mark(sale_id, Mark::Parked, reason).await
    }

    /// A parked sale is never to be recorded; it keeps its number.
    ///
    /// # Errors
    /// When it is not parked, or the disk failed.
    pub async fn struck(&self, sale_id: Uuid, reason: String) -> Result<(), JournalError> {
        self.mark(sale_id, Mark::Struck, reason).await
    }

    /// At the start: what was being attempted when the till was killed becomes a promise (PATH 1.4). Those sales.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn promise_pending(&self) -> Result<Vec<SaleRecord>, JournalError> {
        self.write(|writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| sales::promise_pending(connection, now))
        })
        .await
    }

    /// The store lacks the sales of `series` after number `after`: they are unsent again. How many were not before.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn unsend_after(&self, series: u32, after: u64) -> Result<u64, JournalError> {
        #[cfg(test)]
        if mutant::is(Mutant::LossNotNoticed) {
            return Ok(0);
        }
        self.write(move |writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| sales::unsend_after(connection, now, series, after))
        })
        .await
    }

    /// The store has the sales of `series` up to number `through`: those that were unsent are committed.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn settle_through(&self, series: u32, through: u64) -> Result<(), JournalError> {
        self.write(move |writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| {
                sales::settle_through(connection, now, series, through)
            })
        })
        .await
    }

    /// Begins a series that the store has opened, and moves into it what it cannot take where it was. The moved sales,
    /// in their new places. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn begin_series(&self, new: NewSeries) -> Result<Vec<SaleRecord>, JournalError> {
        self.write(move |writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| sales::begin_series(connection, now, &new))
        })
        .await
    }

    /// Notes that another installation has the till since `series`, or that none has.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn set_taken(&self, series: Option<u32>) -> Result<(), JournalError> {
        self.write(move |writer| writer.attempt(None, |connection| sales::set_taken(connection, series)))
            .await
    }

    /// The series of the installation that has taken this till over, where one has: it may upload, not sell.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn taken(&self) -> Result<Option<u32>, JournalError> {
        self.ask(|connection| Ok(look::meta(connection, look::TAKEN)?.and_then(|series| series.parse().ok())))
            .await
    }

    /// The till's series, oldest first. Empty before it was registered.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn chains(&self) -> Result<Vec<JournalChain>, JournalError> {
        self.ask(look::chains).await
    }

    /// The oldest sale that is not in the store.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn next_unsent(&self) -> Result<Option<SaleRecord>, JournalError> {
        self.ask(look::next_unsent).await
    }

    /// The oldest sales that are not in the store, in order.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn unsent(&self, limit: u32) -> Result<Vec<SaleRecord>, JournalError> {
        self.ask(move |connection| look::unsent(connection, limit)).await
    }

    /// The sale of that id, unless it was refused.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn sale(&self, sale_id: Uuid) -> Result<Option<JournalSale>, JournalError> {
        self.ask(move |connection| look::sale(connection, sale_id)).await
    }

    /// The sale of that number.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn sale_at(&self, series: u32, number: u64) -> Result<Option<JournalSale>, JournalError> {
        self.ask(move |connection| look::sale_at(connection, series, number))
            .await
    }

    /// The returns that refer to a sale, unless they were refused or struck. Read beside the writer: no sale waits for it.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn returns_of(&self, sale_id: Uuid) -> Result<Vec<JournalSale>, JournalError> {
        let writer = Arc::clone(&self.writer);
        off_the_loop(move || {
            let dir = writer.lock().unwrap_or_else(PoisonError::into_inner).dir.clone();
            look::returns_of(&file::open_to_read(&dir)?, sale_id)
        })
        .await
    }

    /// Where this till took a tender's reference, if it did. Read beside the writer: no sale waits for it.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn reference_use(&self, tender: Uuid, reference: String) -> Result<Option<ReferenceUse>, JournalError> {
        let writer = Arc::clone(&self.writer);
        off_the_loop(move || {
            let dir = writer.lock().unwrap_or_else(PoisonError::into_inner).dir.clone();
            look::reference_use(&file::open_to_read(&dir)?, tender, &reference)
        })
        .await
    }

    /// The last sale: the line that stays on screen.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn last_sale(&self) -> Result<Option<JournalSale>, JournalError> {
        self.ask(look::last_sale).await
    }

    /// When the last sale was recorded, by this machine's clock of then.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn newest_at(&self) -> Result<Option<Timestamp>, JournalError> {
        self.ask(look::newest_at).await
    }

    /// What is unsent and parked.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn status(&self) -> Result<JournalStatus, JournalError> {
        self.ask(look::status).await
    }

    /// Keeps the basket on screen, in place of the one before.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn save_draft(&self, bytes: Vec<u8>) -> Result<(), JournalError> {
        self.write(move |writer| writer.attempt(None, |connection| sales::set_draft(connection, Some(&bytes))))
            .await
    }

    /// The basket that was on screen.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn draft(&self) -> Result<Option<Vec<u8>>, JournalError> {
        self.ask(look::draft).await
    }

    /// There is no basket on screen.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn clear_draft(&self) -> Result<(), JournalError> {
        self.write(|writer| writer.attempt(None, |connection| sales::set_draft(connection, None)))
            .await
    }

    async fn mark(&self, sale_id: Uuid, mark: Mark, detail: String) -> Result<(), JournalError> {
        self.write(move |writer| {
            #[cfg(test)]
            if mark == Mark::Refused && mutant::is(Mutant::RefusalNotSynced) {
                power::forget_fsync();
            }
            let now = writer.clock.now();
            writer.attempt(None, |connection| sales::mark(connection, now, sale_id, mark, &detail))
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.write(move |writer| writer.attempt(None, |connection| question(connection)))
            .await
    }

    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Writer) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let writer = Arc::clone(&self.writer);
        off_the_loop(move || {
            // A panic in a change rolled its transaction back; the writer itself holds nothing half-made.
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut writer)
        })
        .await
    }
}

/// Runs what waits for the disk on a thread that may wait. It runs to its end even when nobody waits for it any more.
async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, JournalError> + Send + 'static,
) -> Result<T, JournalError> {
    #[cfg(test)]
    if power::is_simulated() {
        let done = work();
        power::after().await;
        return done;
    }
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|e| Err(JournalError::Disk(format!("the journal's thread ended: {e}"))))
}
