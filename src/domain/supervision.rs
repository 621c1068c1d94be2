//! What a supervisor sees of all outlets: rows as they come, totals that are right, and alerts. Pure: the runtime feeds it
//! and asks for what is shown.
pub mod alert;
#[cfg(test)]
mod bad_input;
pub mod filter;
pub mod judge;
pub mod known;
pub mod note;
pub mod overview;
pub mod row;
mod rules;
pub mod tally;
#[cfg(test)]
mod tests;
pub mod thresholds;
pub mod watch;

pub use self::alert::{Alert, RuleName, Severity, Subject};
pub use self::filter::LiveFilter;
pub use self::judge::Judge;
pub use self::known::{Known, KnownDrug, KnownOutlet};
pub use self::note::AlertNote;
pub use self::overview::Overview;
pub use self::row::{RowKind, StreamRow};
pub use self::thresholds::Thresholds;
pub use self::watch::{Kept, Record, Rows, Supervision};
