//! Where times and fresh ids come from: a port, so that rules are tested without waiting.
use jiff::Timestamp;
use uuid::Uuid;

/// The wall clock and the mint of ids. Only `runtime` has a real one.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// A fresh id, a UUIDv7.
    fn new_id(&self) -> Uuid;
}
