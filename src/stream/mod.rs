//! The way out: what is published to Kafka, and what comes back from it.
//!
//! * [`relay`] — outbox to topic, in order, by lease, at least once.
//! * [`producer`] — the port by which the relay writes, and Kafka behind it.
//! * [`reading`] — the port by which topics are read, likewise.
//! * [`live`] — topic (or own outbox) to every reader: live pane, `tail`.
//! * [`heartbeat`] — that a till is there, past the outbox.
//! * [`totals`] — topic of sales to topic of totals, once each.
//! * [`admin`] — making and comparing the topics.
//! * [`settings`], [`fault`] — what is to be known of brokers, and what goes wrong with them.
//!
//! rskafka stays inside `client` and `fault`; nothing here starts a task or reads the wall clock.
pub mod admin;
mod backoff;
mod client;
pub mod fault;
pub mod heartbeat;
pub mod live;
pub mod partitioner;
pub mod producer;
pub mod reading;
pub mod relay;
pub mod settings;
mod tls;
pub mod totals;
