//! The rules, by what they share: one file for each family that has one statistic, and what they all stand on.
//!
//! * [`habits`]: how often one employee does a thing, beside their peers. [`returns`]: which of these a return is.
//! * [`controlled`]: units of controlled drugs, and sales that were split. [`prescribers`]: two places at once, very many.
//! * [`usual`]: quantities and prices beside a drug's own. [`twice`]: the same basket again.
//! * [`closed`], [`outlets`]: sold outside opening hours, and nothing sold in them. [`numbers`]: what never came, or came
//!   otherwise. [`clock`]: clocks that are off. [`told_by_till`]: what a till itself found.
//! * [`rates`], [`peers`], [`latest`]: the statistics. [`bounded`], [`gather`], [`scene`], [`evidence`], [`told`]: memory,
//!   baskets, what a rule is shown, what an alert shows, what was said.
pub(crate) mod bounded;
pub(crate) mod clock;
pub(crate) mod closed;
pub(crate) mod controlled;
pub(crate) mod evidence;
pub(crate) mod gather;
pub(crate) mod habits;
pub(crate) mod latest;
pub(crate) mod numbers;
pub(crate) mod outlets;
pub(crate) mod peers;
pub(crate) mod prescribers;
pub(crate) mod rates;
pub(crate) mod returns;
pub(crate) mod scene;
pub(crate) mod told;
pub(crate) mod told_by_till;
pub(crate) mod twice;
pub(crate) mod usual;
