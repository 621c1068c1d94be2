//! The thresholds of the rules: data of the configuration (`[alerts]`), with the defaults of docs/alerts.md.

/// What each rule needs to speak up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Thresholds {}
