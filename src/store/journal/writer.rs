//! The open file, and what happens when the disk fails (PATH 1.5).
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;

use super::error::JournalError;
use super::file::{self, Left};
use super::lock::FolderLock;
use super::sales;
#[cfg(test)]
use super::{power, tests};
use crate::domain::clock::Clock;
use crate::domain::sale::TillId;

/// The open file, or why it was closed.
pub(super) struct Writer {
    pub(super) dir: PathBuf,
    pub(super) till: TillId,
    pub(super) clock: Arc<dyn Clock>,
    /// `None` after a failed write or fsync, until it was reopened and read back (PATH 1.5).
    pub(super) connection: Option<Connection>,
    /// A sale whose append failed, and the newest record before it: if it is found behind that when the file is read back, it
    /// is refused, as the clerk was told. What was recorded under its id before stands.
    pub(super) unanswered: Option<(Uuid, i64)>,
    #[cfg(test)]
    pub(super) page_limit: Option<u32>,
    pub(super) _lock: FolderLock,
}

impl Writer {
    /// Runs `change` on the open file. When the disk fails, the file is closed, and nothing more is done with it before
    /// it was reopened and read back: at once if that works, else before the next change (PATH 1.5).
    pub(super) fn attempt<T>(
        &mut self,
        appending: Option<Uuid>,
        change: impl FnOnce(&mut Connection) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        #[cfg(test)]
        let folder = self.dir.clone();
        let connection = match self.connection.as_mut() {
            Some(connection) => connection,
            None => self.reopen()?,
        };
        let mut begun = None;
        let work = || {
            if let Some(sale_id) = appending {
                begun = Some((sale_id, sales::newest_record(connection)?));
            }
            change(connection)
        };
        #[cfg(not(test))]
        let result = work();
        #[cfg(test)]
        let result = power::around(&folder, work);
        if let Err(error @ (JournalError::Disk(_) | JournalError::Damaged(_))) = &result {
            tracing::error!(%error, "the journal could not be read or written");
            self.connection = None;
            self.unanswered = begun.or(self.unanswered);
            if let Err(error) = self.reopen() {
                tracing::error!(%error, "the journal could not be read back: no sale is accepted");
            }
        }
        result
    }

    fn reopen(&mut self) -> Result<&mut Connection, JournalError> {
        let mut connection = file::open(&self.dir, &self.till, self.clock.as_ref(), Left::Failed)?;
        #[cfg(test)]
        tests::limit(&connection, self.page_limit);
        if let Some((sale_id, after)) = self.unanswered {
            sales::unappend(&mut connection, self.clock.now(), sale_id, after)?;
        }
        self.unanswered = None;
        Ok(self.connection.insert(connection))
    }
}
