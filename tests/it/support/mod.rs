//! What the tests share: fresh databases on every store.
pub mod answers;
pub mod broker;
pub mod certificates;
pub mod machine;
pub mod office;
pub mod overview;
pub mod pharmacy;
pub mod program;
#[allow(dead_code, reason = "chaos uses other faults of it")]
pub mod proxy;
pub mod pty;
pub mod ramdisk;
pub mod running;
pub mod sample_sale;
pub mod secured;
pub mod server;
pub mod shop;
mod spare;
pub mod store;
pub mod svg;
pub mod till;
pub mod topic;
pub mod walls;

pub use store::{TestStore, init_ids};
pub(crate) use store::{on_every_bare_store, on_every_server, on_every_store};
