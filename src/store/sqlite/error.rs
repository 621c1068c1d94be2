//! What SQLite's errors mean to the store.
use rusqlite::{ErrorCode, ffi};

use super::super::error::EngineError;

/// A SQLite error by what to do about it. A damaged, full or locked file is no fault of the record that was to be
/// written, so it is to be tried again, not parked.
pub(super) fn engine_error(error: &rusqlite::Error) -> EngineError {
    let reason = words(error);
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) if is_unique(error) => EngineError::Duplicate(reason),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            EngineError::Constraint(reason)
        }
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::PermissionDenied
            | ErrorCode::OperationInterrupted
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::SchemaChanged,
        ) => EngineError::retryable(reason),
        _ => EngineError::Permanent(reason),
    }
}

/// What it says, and where it is plain what that means.
fn words(error: &rusqlite::Error) -> String {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full: make room on it".to_owned(),
        Some(_) if extended == Some(ffi::SQLITE_IOERR_SHMSIZE) => "the disk is full: make room on it".to_owned(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => {
            format!("{error}: the data folder is read-only, or another user's")
        }
        _ => error.to_string(),
    }
}

/// Whether the connection that met this error must be closed and the file opened anew (PATH 1.5).
pub(super) fn is_unfit(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::OutOfMemory
        )
    )
}

fn is_unique(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|e| {
        matches!(
            e.extended_code,
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID
        )
    })
}
