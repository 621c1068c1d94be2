//! What somebody at the keys can want. Each command has a stable name, by which `[keys]` binds it and `:` finds it.
use super::live::Pane;
use crate::domain::dimension::Dimension;

/// A wish of the person at the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Which keys do what here.
    Help,
    /// The sale screen.
    ShowSale,
    /// The live screen.
    ShowLive,
    /// What was sold before.
    ShowPast,
    /// What is unsent or parked.
    ShowQueue,
    /// The screen of a dimension.
    ShowDimension(Dimension),
    /// Every command with its key.
    Commands,
    /// Confirms what is in front: pay, finish, save.
    Confirm,
    /// One step back.
    Back,
    /// Ends the program.
    Quit,
    /// Takes what is highlighted, or what was typed.
    Accept,
    /// The row above.
    Up,
    /// The row below.
    Down,
    /// A screenful up.
    PageUp,
    /// A screenful down.
    PageDown,
    /// The first row.
    First,
    /// The last row.
    Last,
    /// The next field or pack.
    Next,
    /// The field or pack before.
    Previous,
    /// Says yes to the question in front.
    Yes,
    /// Says no to it.
    No,
    /// Changes the text being typed.
    Edit(Edit),
    /// Names a prescriber.
    Prescriber,
    /// Takes the selected or last line out of the basket.
    TakeOut,
    /// Changes how many the selected or last line has.
    Quantity,
    /// Changes its price.
    Price,
    /// Takes so many per cent off it.
    Discount,
    /// Opens the card of what is highlighted.
    Card,
    /// Lets the basket wait under a ticket, or calls one back.
    Hold,
    /// Lets the basket in payment wait until its money has come.
    Wait,
    /// Opens the payment.
    Pay,
    /// Takes the last change of the basket back.
    Undo,
    /// Takes goods of a receipt back.
    Return,
    /// Notes that somebody asked for what is not there.
    AskedFor,
    /// Opens the drawer, and sells nothing.
    NoSale,
    /// Lets the whole basket go.
    CancelBasket,
    /// Records a parked sale, if it can be by now.
    Retry,
    /// Records a parked sale at rows that the database knows.
    Map,
    /// Says that a parked sale is never recorded.
    Strike,
    /// Says who sells.
    Seller,
    /// Says which outlet this is.
    Outlet,
    /// Filters a list by typed words.
    Filter,
    /// Lists what was sold on another day.
    Day,
    /// Draws what is listed by the day and the hour, or lists it again.
    Chart,
    /// A new row.
    New,
    /// Deactivates a row, or takes it back.
    Retire,
    /// Lists prescribers whom nobody has confirmed, or all again.
    Unconfirmed,
    /// Confirms a prescriber who was added at a till.
    ConfirmDoctor,
    /// Says that two prescribers are one.
    MergeDoctor,
    /// All rows of a list, the active ones, or the others.
    Shown,
    /// Packs, prices and stock of the drug in front.
    Goods,
    /// Corrects stock to what is on the shelf.
    Count,
    /// Who changed the row in front, what and when.
    RowHistory,
    /// Of what two people changed, the other's.
    KeepTheirs,
    /// Of what two people changed, one's own.
    KeepMine,
    /// Loads the sample pharmacy.
    LoadSample,
    /// Begins with nothing.
    StartEmpty,
    /// Holds the live view, or lets it go on.
    Pause,
    /// A part of the live screen.
    LivePane(Pane),
    /// The next table of totals.
    NextTable,
    /// The table of totals before.
    PreviousTable,
    /// Acknowledges an alert.
    Acknowledge,
    /// Lists the alerts that were acknowledged, or the open ones again.
    Acknowledged,
    /// Asks from when the stream is followed.
    FromWhen,
    /// Follows the stream from now on.
    FromNow,
    /// Follows it from this morning.
    FromToday,
    /// Follows it from its first record.
    FromBeginning,
    /// This outlet's part of it, or all.
    Scope,
}

/// A change of the text being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Takes out the character before the cursor.
    Backspace,
    /// Takes out the character under the cursor.
    Delete,
    /// Takes out the word before the cursor.
    DeleteWord,
    /// To the character before.
    Left,
    /// To the character after.
    Right,
    /// To the first character.
    Home,
    /// Behind the last.
    End,
}

/// How a command is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    /// The command.
    pub command: Command,
    /// Its stable name, for `[keys]` and `:`.
    pub name: &'static str,
    /// A word or two, for hints beside its key.
    pub short: &'static str,
    /// What it does, for help and `:`.
    pub title: &'static str,
}

const fn called(command: Command, name: &'static str, short: &'static str, title: &'static str) -> Called {
    Called {
        command,
        name,
        short,
        title,
    }
}

/// Every command, in the order of the list of commands.
pub static ALL: &[Called] = &[
    called(Command::ShowSale, "sale", "Sale", "The sale screen"),
    called(Command::ShowLive, "live", "Live", "Sales of the chain as they happen"),
    called(
        Command::ShowDimension(Dimension::Drug),
        "drugs",
        "Drugs",
        "Drugs, their packs, prices and stock",
    ),
    called(
        Command::ShowDimension(Dimension::Doctor),
        "doctors",
        "Doctors",
        "Prescribers",
    ),
    called(
        Command::ShowDimension(Dimension::Employee),
        "employees",
        "Staff",
        "Who sells",
    ),
    called(
        Command::ShowDimension(Dimension::Outlet),
        "outlets",
        "Outlets",
        "Where is sold",
    ),
    called(
        Command::ShowPast,
        "history",
        "History",
        "Receipts of before: find one, see its way",
    ),
    called(
        Command::ShowQueue,
        "queue",
        "Queue",
        "Sales that are unsent or parked on this till",
    ),
    called(Command::Pay, "pay", "pay", "Take the money for the basket"),
    called(Command::Hold, "hold", "hold", "Hold the basket, or call one back"),
    called(
        Command::Wait,
        "wait",
        "wait",
        "Hold the basket until its M-Pesa has come",
    ),
    called(Command::Return, "return", "return", "Take goods of a receipt back"),
    called(Command::Prescriber, "prescriber", "doctor", "Name who prescribed"),
    called(
        Command::TakeOut,
        "take-out",
        "out",
        "Take the selected line, or the last one, out",
    ),
    called(
        Command::Quantity,
        "quantity",
        "qty",
        "How many of the selected line, or last",
    ),
    called(Command::Price, "price", "price", "Another price for it than the list's"),
    called(Command::Discount, "discount", "off", "So many per cent off it"),
    called(Command::Card, "card", "card", "Packs, batches, equals, stock elsewhere"),
    called(Command::Undo, "undo", "undo", "Take the last change of the basket back"),
    called(
        Command::AskedFor,
        "asked-for",
        "asked for",
        "Note that it was asked for, and is not there",
    ),
    called(
        Command::CancelBasket,
        "cancel-basket",
        "cancel",
        "Let the whole basket go",
    ),
    called(
        Command::NoSale,
        "no-sale",
        "no sale",
        "Open the drawer without a sale; asks what for",
    ),
    called(Command::Seller, "seller", "seller", "Say who sells"),
    called(
        Command::Outlet,
        "outlet",
        "outlet",
        "Say which outlet this till stands in",
    ),
    called(Command::Pause, "pause", "hold", "Hold the live view, or let it go on"),
    called(
        Command::LivePane(Pane::Outlets),
        "live-outlets",
        "outlets",
        "Live: the outlets, worst first",
    ),
    called(
        Command::LivePane(Pane::Stream),
        "live-stream",
        "stream",
        "Live: what happens, as it comes",
    ),
    called(
        Command::LivePane(Pane::Alerts),
        "live-alerts",
        "alerts",
        "Live: what somebody should look at",
    ),
    called(
        Command::LivePane(Pane::Totals),
        "live-totals",
        "totals",
        "Live: by drug, employee, doctor, region, hour",
    ),
    called(
        Command::NextTable,
        "next-totals",
        "next totals",
        "The next table of totals",
    ),
    called(
        Command::PreviousTable,
        "last-totals",
        "totals before",
        "The table of totals before",
    ),
    called(
        Command::Acknowledge,
        "acknowledge",
        "acknowledge",
        "Acknowledge the alert in front, with a note",
    ),
    called(
        Command::Acknowledged,
        "acknowledged",
        "acknowledged",
        "Alerts acknowledged today, or the open ones",
    ),
    called(
        Command::FromWhen,
        "from-when",
        "from when",
        "From when to follow: now, today, a time",
    ),
    called(Command::FromNow, "from-now", "now", "Follow the stream from now on"),
    called(
        Command::FromToday,
        "from-today",
        "today",
        "Follow the stream from this morning",
    ),
    called(
        Command::FromBeginning,
        "from-beginning",
        "all days",
        "Follow the stream from its first record",
    ),
    called(Command::Scope, "scope", "own/all", "Of this outlet, or of all outlets"),
    called(Command::New, "new", "new", "A new row in the list in front"),
    called(Command::Filter, "filter", "filter", "Filter the list by typed words"),
    called(Command::Day, "day", "day", "Receipts of another day, of today, or all"),
    called(Command::Chart, "chart", "charts", "Charts by day and hour, or the list"),
    called(
        Command::Retry,
        "retry-sale",
        "retry",
        "Record the parked sale, if it can be by now",
    ),
    called(
        Command::Map,
        "map-sale",
        "map",
        "Record the parked sale as what is known",
    ),
    called(
        Command::Strike,
        "strike-sale",
        "strike",
        "Say that the parked sale is never recorded",
    ),
    called(
        Command::Retire,
        "deactivate",
        "off/on",
        "Deactivate the row in front, or bring it back",
    ),
    called(
        Command::Unconfirmed,
        "unconfirmed",
        "unconfirmed",
        "Prescribers nobody has confirmed, or all again",
    ),
    called(
        Command::ConfirmDoctor,
        "confirm-doctor",
        "confirm",
        "Confirm a prescriber who was added at a till",
    ),
    called(
        Command::MergeDoctor,
        "merge-doctor",
        "merge",
        "Merge a prescriber into who they really are",
    ),
    called(
        Command::Shown,
        "shown",
        "active?",
        "List all rows, the active, or the inactive",
    ),
    called(
        Command::Goods,
        "goods",
        "packs",
        "Packs, prices and stock of the drug in front",
    ),
    called(
        Command::Count,
        "count-stock",
        "count",
        "Correct stock to what is on the shelf",
    ),
    called(
        Command::RowHistory,
        "row-history",
        "history",
        "Who changed the row in front, what and when",
    ),
    called(
        Command::KeepTheirs,
        "keep-theirs",
        "keep theirs",
        "Where both changed a field, keep the other's",
    ),
    called(
        Command::KeepMine,
        "keep-mine",
        "keep mine",
        "Where both changed a field, keep your own",
    ),
    called(
        Command::LoadSample,
        "load-sample",
        "sample pharmacy",
        "Load the sample pharmacy, into an empty till",
    ),
    called(
        Command::StartEmpty,
        "start-empty",
        "start empty",
        "Begin with nothing: all is added by hand",
    ),
    called(Command::Help, "help", "help", "Which keys do what here"),
    called(Command::Commands, "commands", "all", "Every command with its key"),
    called(
        Command::Confirm,
        "confirm",
        "confirm",
        "Confirm what is in front: pay, finish, save",
    ),
    called(Command::Back, "back", "back", "One step back"),
    called(Command::Quit, "quit", "quit", "Close the till"),
    called(Command::Accept, "accept", "take", "Take what is highlighted or typed"),
    called(Command::Up, "up", "up", "One row up"),
    called(Command::Down, "down", "down", "One row down"),
    called(Command::PageUp, "page-up", "page up", "A screenful up"),
    called(Command::PageDown, "page-down", "page down", "A screenful down"),
    called(Command::First, "first", "first", "The first row"),
    called(Command::Last, "last", "last", "The last row"),
    called(Command::Next, "next", "pack", "The next pack or field"),
    called(Command::Previous, "previous", "back", "The pack or field before"),
    called(Command::Yes, "yes", "yes", "Say yes to the question in front"),
    called(Command::No, "no", "no", "Say no to it"),
    called(
        Command::Edit(Edit::Backspace),
        "backspace",
        "",
        "Take out the character before the cursor",
    ),
    called(
        Command::Edit(Edit::Delete),
        "delete",
        "",
        "Take out the character under the cursor",
    ),
    called(
        Command::Edit(Edit::DeleteWord),
        "delete-word",
        "",
        "Take out the word before the cursor",
    ),
    called(Command::Edit(Edit::Left), "left", "", "The cursor to the left"),
    called(Command::Edit(Edit::Right), "right", "", "The cursor to the right"),
    called(
        Command::Edit(Edit::Home),
        "line-start",
        "",
        "The cursor to the first character",
    ),
    called(
        Command::Edit(Edit::End),
        "line-end",
        "",
        "The cursor behind the last character",
    ),
];

impl Command {
    /// The command of that name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter()
            .find(|called| called.name == name)
            .map(|called| called.command)
    }

    /// How it is called.
    pub fn called(self) -> Called {
        let found = ALL.iter().find(|called| called.command == self);
        found.copied().unwrap_or(called(self, "", "", ""))
    }

    /// Whether it leads to a screen.
    pub fn is_place(self) -> bool {
        matches!(
            self,
            Self::ShowSale | Self::ShowLive | Self::ShowPast | Self::ShowQueue | Self::ShowDimension(_)
        )
    }

    /// Whether it is for the basket: asked on any other screen, the sale screen comes to the front for it.
    pub fn is_for_basket(self) -> bool {
        matches!(
            self,
            Self::Pay
                | Self::Hold
                | Self::Return
                | Self::Prescriber
                | Self::Quantity
                | Self::Price
                | Self::Discount
                | Self::TakeOut
                | Self::CancelBasket
        )
    }

    /// Whether it makes sense to choose it from the list of commands, which it then acts behind.
    pub fn is_listed(self) -> bool {
        !matches!(
            self,
            Self::Edit(_)
                | Self::Accept
                | Self::Up
                | Self::Down
                | Self::PageUp
                | Self::PageDown
                | Self::First
                | Self::Last
                | Self::Next
                | Self::Previous
                | Self::NextTable
                | Self::PreviousTable
                | Self::KeepTheirs
                | Self::KeepMine
                | Self::Yes
                | Self::No
                | Self::Commands
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back_to_their_command() {
        for called in ALL {
            assert_eq!(Command::named(called.name), Some(called.command));
            assert_eq!(called.command.called(), *called);
            assert!(!called.title.is_empty());
            assert!(called.title.len() <= 46, "cut at 80 columns: {}", called.title);
        }
    }
}
