//! What can go wrong in a store, said by what to do about it. Driver errors never cross this line.
use thiserror::Error;

/// An engine's answer to one statement or transaction that did not work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EngineError {
    /// It could not be done now, and that is no fault of the record: lost connection, timeout, lock wait, deadlock,
    /// read-only node, full disk; also a table or login that is missing until somebody mends it. Nothing was
    /// committed. `next_host` asks for another server at the next attempt.
    #[error("{reason}")]
    Retryable {
        /// What the driver said, without secrets.
        reason: String,
        /// Whether the server itself is unfit (read-only, no quorum), so that the next host should be tried.
        next_host: bool,
    },
    /// The COMMIT was sent and its outcome is unknown.
    #[error("the outcome of the commit is unknown: {0}")]
    InDoubt(String),
    /// A unique key refused the row.
    #[error("duplicate key: {0}")]
    Duplicate(String),
    /// A foreign key, check or length refused the row.
    #[error("{0}")]
    Constraint(String),
    /// This database user may not: its rights are missing until somebody grants them, or the table is not for it, such
    /// as pay for a till's. No fault of the record.
    #[error("{0}")]
    Denied(String),
    /// It refuses, and will refuse again: a statement that it does not understand, an error nobody knows.
    #[error("{0}")]
    Permanent(String),
}

impl EngineError {
    /// The same server may do it at the next attempt.
    pub fn retryable(reason: impl Into<String>) -> Self {
        Self::Retryable {
            reason: reason.into(),
            next_host: false,
        }
    }
}

/// Why the store did not do what was asked, by what the caller should do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Try again later, with the same content. If `in_doubt`, it may have been done.
    #[error("{reason}")]
    Retryable {
        /// What the database said, for the log and the status line.
        reason: String,
        /// Whether a COMMIT was sent and not answered.
        in_doubt: bool,
    },
    /// The rules refuse it: told to the person who asked. Nothing was recorded.
    #[error("{0}")]
    Rejected(Refusal),
    /// The store cannot hold this record as it is: park it, go on with the next.
    #[error("{0}")]
    Permanent(String),
    /// The chain of this till in the store is not the one in its journal (PATH 2.4).
    #[error("{0}")]
    ChainConflict(String),
}

/// A refusal in words for the person at the counter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The book says that there is too little.
    #[error("{drug}: the book says {remaining} {unit}, {wanted} wanted")]
    ShortStock {
        /// The drug as sold.
        drug: String,
        /// Base units left by the book.
        remaining: String,
        /// Base units wanted.
        wanted: String,
        /// The base unit's name.
        unit: String,
    },
    /// A row that the sale needs was deactivated.
    #[error("{what} “{name}” is no longer active")]
    Inactive {
        /// Drug, employee, prescriber, outlet or tender.
        what: &'static str,
        /// Its name as sold.
        name: String,
    },
    /// A row that the sale needs is not in the store.
    #[error("{what} “{name}” is not in the database")]
    Unknown {
        /// Drug, employee, prescriber, outlet or tender.
        what: &'static str,
        /// Its name as sold.
        name: String,
    },
    /// Another rule; the words say which.
    #[error("{0}")]
    Other(String),
}

impl From<EngineError> for StoreError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Retryable { reason, .. } | EngineError::Denied(reason) => Self::Retryable {
                reason,
                in_doubt: false,
            },
            EngineError::InDoubt(reason) => Self::Retryable { reason, in_doubt: true },
            EngineError::Duplicate(reason) | EngineError::Constraint(reason) | EngineError::Permanent(reason) => {
                Self::Permanent(reason)
            }
        }
    }
}
