//! rxtill: a full-screen terminal till for a chain of pharmacies.
//!
//! The map of the house, from the inside out. A layer uses only those named behind it; `tests/it/house.rs` holds that.
//!
//! * [`domain`] — nouns and rules: money, names, sales, the hash chain, events. No IO, clock or randomness.
//! * [`app`] — what the till does: model, messages, effects, and the pure update between them. Uses `domain`.
//! * [`keymap`] — which key means which command of `app`, as data.
//! * [`ui`] — what the model looks like. Reads `app`, `domain`, `keymap`.
//! * [`store`] — the journal on this till's disk, the store of record (SQLite or MySQL), and the sync between. Uses `domain`.
//! * [`stream`] — the brokers: publishing the outbox, following the topics, making them. Uses `domain` and the store's ports.
//! * [`config`] — settings in layers, checked. Uses `domain`, `keymap`.
//! * [`runtime`] — the only place that starts tasks or reads the wall clock; the loop, its effects, the terminal. Uses all
//!   of these.
//! * [`cli`] — the headless verbs. Uses `config`, `runtime`, `store`, `stream`, `domain`.
#[cfg(test)]
extern crate self as rxtill;

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
#[cfg(test)]
mod histories;
pub mod keymap;
pub mod runtime;
pub mod store;
pub mod stream;
pub mod ui;
