//! What a supervisor sees of all outlets: rows as they come, totals that are right, and alerts. Pure: the runtime feeds it
//! and asks for what is shown.
pub mod alert;
pub mod judge;
pub mod known;
pub mod row;
pub mod thresholds;

pub use self::alert::{Alert, RuleName, Severity, Subject};
pub use self::judge::Judge;
pub use self::known::{Known, KnownDrug, KnownOutlet};
pub use self::row::{RowKind, StreamRow};
pub use self::thresholds::Thresholds;
