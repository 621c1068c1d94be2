//! The journal read beside an open till.
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use uuid::Uuid;

use super::error::JournalError;
use super::lock::{self, Holder};
use super::look::{self, JournalChain, JournalSale, JournalStatus};
use super::{file, off_the_loop};
use crate::domain::sale::{SaleRecord, TillId};

/// The journal read beside an open till: `queue`, `verify`, `report`, a viewer.
#[derive(Clone)]
pub struct JournalReader {
    connection: Arc<Mutex<Connection>>,
    till: TillId,
}

impl JournalReader {
    /// Opens the journal in `dir` for reading; whoever has the lock goes on.
    ///
    /// # Errors
    /// [`JournalError::Absent`] when there is none, and as [`Journal::open`].
    pub async fn open(dir: &Path) -> Result<Self, JournalError> {
        let dir = dir.to_owned();
        off_the_loop(move || {
            let connection = file::open_to_read(&dir)?;
            Ok(Self {
                till: look::till(&connection)?,
                connection: Arc::new(Mutex::new(connection)),
            })
        })
        .await
    }

    /// Whoever said last that the journal is theirs to write; none once they closed it.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn holder(dir: &Path) -> Result<Option<Holder>, JournalError> {
        let dir = dir.to_owned();
        off_the_loop(move || lock::last_holder(&dir)).await
    }

    /// Whose journal it is.
    pub fn till(&self) -> &TillId {
        &self.till
    }

    /// What is unsent and parked.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn status(&self) -> Result<JournalStatus, JournalError> {
        self.ask(look::status).await
    }

    /// The last sale.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn last_sale(&self) -> Result<Option<JournalSale>, JournalError> {
        self.ask(look::last_sale).await
    }

    /// The basket on screen, or that was.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn draft(&self) -> Result<Option<Vec<u8>>, JournalError> {
        self.ask(look::draft).await
    }

    /// The till's series, oldest first.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn chains(&self) -> Result<Vec<JournalChain>, JournalError> {
        self.ask(look::chains).await
    }

    /// The sale of that id, unless it was refused.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn sale(&self, sale_id: Uuid) -> Result<Option<JournalSale>, JournalError> {
        self.ask(move |connection| look::sale(connection, sale_id)).await
    }

    /// The oldest sales that are not in the store, in order, at most `limit`.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn unsent(&self, limit: u32) -> Result<Vec<SaleRecord>, JournalError> {
        self.ask(move |connection| look::unsent(connection, limit)).await
    }

    /// The sales of a series from number `from` on, in order, at most `limit`.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn sales(&self, series: u32, from: u64, limit: u32) -> Result<Vec<JournalSale>, JournalError> {
        self.ask(move |connection| look::sales(connection, series, from, limit))
            .await
    }

    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let connection = Arc::clone(&self.connection);
        off_the_loop(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            question(&connection)
        })
        .await
    }
}
