//! The journal on this till's disk, the store of record, and the sync between them (PATH sections 1 to 3).
pub mod cache;
pub mod engine;
pub mod error;
#[cfg(test)]
pub(crate) mod fixture;
pub mod journal;
pub mod kept_watch;
pub mod migrate;
pub mod mysql;
pub mod ports;
mod shelf;
mod sql_text;
pub mod sqlite;
pub mod star;
pub mod sync;
pub mod totals;
pub mod verify;
