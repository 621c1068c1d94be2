//! What happened: keys, answers, news.
use jiff::Timestamp;
use uuid::Uuid;

use super::command::Command;
use super::status::Status;

/// The number of something asked for: its answer bears it, and an answer that nobody waits for is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// When a message was read, and an id that nobody has used: what a pure update cannot find by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock.
    pub now: Timestamp,
    /// A fresh UUIDv7.
    pub fresh_id: Uuid,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A key stood for a command.
    Asked(Command),
    /// A key stood for nothing but its character.
    Typed(char),
    /// Characters came in one read: a scan or a paste. They are text, whatever keys they would be.
    Pasted(String),
    /// A second went by.
    Ticked,
    /// Database, stream or queue stand differently.
    StatusChanged(Box<Status>),
}
