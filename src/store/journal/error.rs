//! What can go wrong with the journal, in words for the person at the till.
use std::io::ErrorKind;

use rusqlite::{ErrorCode, ffi};
use thiserror::Error;
use uuid::Uuid;

/// Why the journal did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JournalError {
    /// Another process has the data folder.
    #[error("{till} is open (pid {pid})")]
    InUse {
        /// The till that is open.
        till: String,
        /// The process that has it, 0 when it did not say.
        pid: u32,
    },
    /// The folder holds no journal yet.
    #[error("no till was opened in this data folder yet")]
    Absent,
    /// The folder is another till's.
    #[error("this data folder is the till {found}'s: give {asked} its own")]
    OtherTill {
        /// Whose journal it is.
        found: String,
        /// The till that was asked for.
        asked: String,
    },
    /// Written by a newer program.
    #[error("the journal was written by a newer rxtill (format {0}): upgrade this one")]
    Newer(i64),
    /// The disk did not do it. No sale is accepted until the journal was closed, reopened and read back (PATH 1.5).
    #[error("the till's disk failed: {0}")]
    Disk(String),
    /// What is on the disk is not what was written.
    #[error(
        "the journal is damaged: {0}. Nothing is sold from it: keep this data folder as it is, and go on in a new one \
         (rxtill init --take-over)"
    )]
    Damaged(String),
    /// No series yet: the first start needs the database once.
    #[error("the till was never registered: its first start needs the database")]
    NotRegistered,
    /// The last sale is neither promised nor refused yet.
    #[error("{0} is not settled yet")]
    Unsettled(String),
    /// The id is known with other content.
    #[error("the sale {0} was recorded before with other content")]
    OtherContent(Uuid),
    /// The id is known as another prescriber's.
    #[error("the prescriber {0} was added before with other content")]
    OtherDoctor(Uuid),
    /// No such sale, or not in a state from which this is possible.
    #[error("the sale {0} is not in the journal as expected")]
    NotStanding(Uuid),
}

/// What to do about it, where that is plain.
const FULL: &str = "it is full: make room on it, and the till goes on by itself";
const READ_ONLY: &str = "it is read-only: make it writable again, and the till goes on by itself";

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            // There is no room for what readers and writer of the file share.
            Some(_) if extended(&error) == Some(ffi::SQLITE_IOERR_SHMSIZE) => Self::Disk(FULL.to_owned()),
            Some(ErrorCode::DiskFull) => Self::Disk(FULL.to_owned()),
            Some(ErrorCode::ReadOnly) => Self::Disk(READ_ONLY.to_owned()),
            None | Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            Some(_) => Self::Disk(error.to_string()),
        }
    }
}

fn extended(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

impl From<std::io::Error> for JournalError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull => Self::Disk(FULL.to_owned()),
            ErrorKind::ReadOnlyFilesystem => Self::Disk(READ_ONLY.to_owned()),
            _ => Self::Disk(error.to_string()),
        }
    }
}
