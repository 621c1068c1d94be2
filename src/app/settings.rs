//! What the configuration says about this till, as far as the screen is concerned.
use crate::domain::sale::TillId;

/// What happens when the book says that there is too little (COUNTER 1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OversellRule {
    /// The clerk is asked whether they hold the goods.
    #[default]
    Ask,
    /// It sells.
    Allow,
    /// It does not sell.
    Refuse,
}

/// Settings of this till.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Settings {
    /// Which till this is.
    pub till: TillId,
    /// Name or id of its outlet; none: the only one, or the one that the till asks for.
    pub outlet: Option<String>,
    /// What happens when the book says that there is too little.
    pub oversell: OversellRule,
    /// Whether the terminal's bell rings for a scan that did not do what was meant.
    pub bell: bool,
    /// Whether it rings for a new alert.
    pub alert_sound: bool,
    /// Whether the store of record is a database server; else it is the till's own file.
    pub has_server: bool,
    /// Whether the mouse is the till's.
    pub mouse: bool,
    /// Whether the till can open its drawer; else somebody does by its key.
    pub has_drawer: bool,
}
