//! Whether this screen is the till, or looks on beside it.
//!
//! The journal of a till has one writer. A second `rxtill` on the same data folder is a viewer: live sales and lists to
//! look at, no sale, nothing saved. It stays one; whoever wants to sell opens rxtill again once the till was closed.
use std::fmt;

use super::command::Command;
use super::effect::Effects;
use super::layer::Layer;
use super::model::Model;

/// What this screen is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Role {
    /// The till: it sells.
    #[default]
    Till,
    /// Another process is the till.
    Viewer(Holder),
}

/// The till beside which a viewer was opened, as last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which till it is.
    pub till: String,
    /// Its process; none where it did not say.
    pub pid: Option<u32>,
    /// Whether it is still open.
    pub is_open: bool,
}

/// As "T01 is open (pid 4711)".
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { till, pid, is_open } = self;
        match (is_open, pid) {
            (true, Some(pid)) => write!(f, "{till} is open (pid {pid})"),
            (true, None) => write!(f, "{till} is open"),
            (false, _) => write!(f, "{till} was closed"),
        }
    }
}

impl Holder {
    /// Why nothing is sold or saved beside it.
    pub fn why_not(&self) -> String {
        if self.is_open {
            format!("{self}: a viewer sells and saves nothing")
        } else {
            format!("this is a viewer, and {self}: to sell, quit and open rxtill again")
        }
    }
}

impl Model {
    /// The till beside which this is a viewer; none where it is the till.
    pub fn holder(&self) -> Option<&Holder> {
        match &self.role {
            Role::Till => None,
            Role::Viewer(holder) => Some(holder),
        }
    }
}

/// The till beside this viewer was closed, or another process opened it.
pub(super) fn holder_changed(model: &mut Model, now: Holder) {
    if let Role::Viewer(holder) = &mut model.role
        && *holder != now
    {
        let words = if now.is_open {
            now.to_string()
        } else {
            format!("{now}: to sell here, quit and open rxtill again")
        };
        *holder = now;
        model.mention(words);
    }
}

/// Why this command is refused: it sells or saves, and this is a viewer.
pub(super) fn why_refused(model: &Model, command: Command) -> Option<String> {
    let changes = match command {
        Command::Pay
        | Command::Hold
        | Command::Wait
        | Command::Return
        | Command::Quantity
        | Command::Price
        | Command::Discount
        | Command::Prescriber
        | Command::TakeOut
        | Command::AskedFor
        | Command::NoSale
        | Command::CancelBasket
        | Command::Seller
        | Command::New
        | Command::Retire
        | Command::ConfirmDoctor
        | Command::MergeDoctor
        | Command::Count
        | Command::LoadSample
        | Command::StartEmpty => true,
        Command::Confirm => model.screen_layer() == Layer::Form,
        _ => false,
    };
    model.holder().filter(|_| changes).map(Holder::why_not)
}

/// A key for the sale screen of a viewer: it says why nothing is sold here, and that is all.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    if command == Command::Back {
        model.dismiss_alert();
    }
    Effects::none()
}
