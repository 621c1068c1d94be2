//! Whether this screen is the till, or looks on beside it.
//!
//! The journal of a till has one writer. A second `rxtill` on the same data folder is a viewer: live sales and lists to
//! look at, no sale, nothing saved. It stays one; whoever wants to sell opens rxtill again once the till was closed. A
//! supervisor's own screen has no till at all: it watches, and says what became of alerts.
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
    /// There is no till here: somebody watches all outlets.
    Supervisor {
        /// Who, as their notes on alerts say; none: they have not said it yet.
        name: Option<String>,
    },
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
    /// Whether this is the till: else nothing is sold or saved here.
    pub fn is_till(&self) -> bool {
        self.role == Role::Till
    }

    /// The till beside which this is a viewer; none where it is the till.
    pub fn holder(&self) -> Option<&Holder> {
        match &self.role {
            Role::Till | Role::Supervisor { .. } => None,
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

/// Why a supervisor's screen does not do that.
const WATCHES: &str = "this screen watches: it sells and saves nothing but notes on alerts";

/// Why this command is refused: it sells or saves, or leads to where that is done, and this is no till.
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
        | Command::Acknowledge
        | Command::Retry
        | Command::Map
        | Command::Strike
        | Command::LoadSample
        | Command::StartEmpty => true,
        Command::Confirm => model.screen_layer() == Layer::Form,
        _ => false,
    };
    let leads_there = matches!(command, Command::ShowSale | Command::ShowDimension(_) | Command::Outlet);
    let is_of_till = command == Command::ShowQueue;
    match &model.role {
        Role::Till => None,
        Role::Viewer(holder) => changes.then(|| holder.why_not()),
        Role::Supervisor { .. } if matches!(command, Command::Acknowledge | Command::Seller) => None,
        Role::Supervisor { .. } => (changes || leads_there || is_of_till).then(|| String::from(WATCHES)),
    }
}

/// A key for the sale screen of a viewer: it says why nothing is sold here, and that is all.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    if command == Command::Back {
        model.dismiss_alert();
    }
    Effects::none()
}
