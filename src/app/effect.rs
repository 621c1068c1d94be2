//! What is to be done outside: plain data that can be printed, compared, and done by the runtime alone.
use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::dimension::RowSave;
use super::live::LiveFrom;
use super::message::RequestId;
use super::past::PastFrom;
use super::queue::Settle;
use super::sale::Draft;
use crate::domain::audit::Noted;
use crate::domain::dimension::{Author, Dimension};
use crate::domain::heartbeat::Standing;
use crate::domain::past::PastWanted;
use crate::domain::prescriber::NewDoctor;
use crate::domain::sale::{Agreed, Receipt, SaleFlag, SaleRecord};
use crate::domain::supervision::{AlertNote, LiveFilter};
use crate::domain::wares::GoodsSave;

/// What the store is to make of too little stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stock {
    /// Too little by the book is refused.
    Checked,
    /// The goods are in hand, whatever the book says: it is recorded and flagged.
    Held,
}

/// Something to do outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Record a sale; answered by `SaleAnswered`.
    Sell {
        /// The number of the request.
        request: RequestId,
        /// What was agreed.
        agreed: Box<Agreed>,
        /// What the till noticed.
        flags: Vec<SaleFlag>,
        /// What the store is to make of too little stock.
        stock: Stock,
    },
    /// Keep a prescriber who was added at the counter; answered by `DoctorAdded`, and by the catalogue that has them.
    AddDoctor {
        /// The number of the request.
        request: RequestId,
        /// Who it is.
        doctor: Box<NewDoctor>,
    },
    /// Ask the store what a sale of this would be refused for, and record nothing; answered by `ObjectionsKnown`.
    AskObjections {
        /// The number of the request.
        request: RequestId,
        /// What would be agreed, without payments.
        offered: Box<Agreed>,
    },
    /// Ask whether a reference was used before; answered by `ReferenceKnown`.
    AskReference {
        /// The number of the request.
        request: RequestId,
        /// The tender.
        tender: Uuid,
        /// The reference as it is kept.
        reference: String,
    },
    /// Look for a receipt, and for what came back of it; answered by `ReceiptFound`.
    FindReceipt {
        /// The number of the request.
        request: RequestId,
        /// The receipt; its till in any case.
        receipt: Receipt,
    },
    /// Keep what is on the counter, in place of what was kept before.
    KeepDraft(Draft),
    /// Keep audit events, in their order; answered by nothing unless that fails.
    Note(Vec<Noted>),
    /// Note that, and once it is on disk open the drawer; answered by `DrawerAnswered`.
    OpenDrawer {
        /// The number of the request.
        request: RequestId,
        /// What is noted.
        noted: Box<Noted>,
    },
    /// The till stands there from now on, or somebody else sells: for its heartbeat. Answered by nothing.
    Stand(Standing),
    /// Load the sample pharmacy; answered by `SampleLoaded`.
    LoadSample {
        /// The number of the request.
        request: RequestId,
    },
    /// Read a row for a form; answered by `RowRead`.
    ReadRow {
        /// The number of the request.
        request: RequestId,
        /// Of which dimension.
        dimension: Dimension,
        /// The row.
        id: i64,
        /// The row of the outlet whose prices and stock are meant; 0: none yet.
        outlet: i64,
    },
    /// Save a row; answered by `RowSaved`, and by the catalogue that has it.
    SaveRow {
        /// The number of the request.
        request: RequestId,
        /// What is to be saved.
        save: Box<RowSave>,
    },
    /// Confirm a prescriber, or merge them into another; answered by `DoctorSettled`, and by the catalogue that has it.
    SettleDoctor {
        /// The number of the request.
        request: RequestId,
        /// Their row.
        id: i64,
        /// The survivor's row; none: they are confirmed.
        into: Option<i64>,
        /// Who does it.
        by: Author,
    },
    /// Read what stands beside a drug; answered by `BesideRead`.
    ReadBeside {
        /// The number of the request.
        request: RequestId,
        /// The drug's row.
        drug: i64,
        /// The row of the outlet from which it is seen; 0: none yet.
        outlet: i64,
    },
    /// Change what stands beside a drug; answered by `RowSaved`, and by the catalogue that has it.
    SaveGoods {
        /// The number of the request.
        request: RequestId,
        /// What is to be changed.
        save: Box<GoodsSave>,
    },
    /// Read the history of a row; answered by `HistoryRead`.
    ReadHistory {
        /// The number of the request.
        request: RequestId,
        /// Of which dimension the row is.
        dimension: Dimension,
        /// The row's lasting id.
        row: Uuid,
    },
    /// Read what remains at an outlet by the book; answered by `StockRead`, or not at all.
    ReadStock {
        /// The row of the outlet.
        outlet: i64,
    },
    /// Read the batches of which some is left at an outlet; answered by `BatchesRead`, or not at all.
    ReadBatches {
        /// The row of the outlet.
        outlet: i64,
    },
    /// Read what is known of the goods of a few drugs; answered by `GoodsRead`.
    ReadGoods {
        /// The number of the request.
        request: RequestId,
        /// The row of this outlet.
        outlet: i64,
        /// The rows of the drugs.
        drugs: Vec<i64>,
    },
    /// Read what is usual of a few drugs; answered by `UsualRead`.
    ReadUsual {
        /// The number of the request.
        request: RequestId,
        /// The rows of the drugs, by their lasting ids.
        drugs: HashMap<Uuid, i64>,
    },
    /// Read a page of past receipts; answered by `PastRead`.
    ReadPast {
        /// The number of the request.
        request: RequestId,
        /// Which of them.
        wanted: Box<PastWanted>,
        /// Where the page begins.
        from: PastFrom,
        /// The database is known to be away: nobody waits for it.
        is_away: bool,
    },
    /// Read the sums of receipts by the day and the hour; answered by `ChartRead`.
    ReadChart {
        /// The number of the request.
        request: RequestId,
        /// Which receipts.
        wanted: Box<PastWanted>,
        /// The last of the days.
        until: Date,
        /// In which currency.
        currency: String,
    },
    /// Read all that is known of a receipt; answered by `ReceiptRead`.
    ReadReceipt {
        /// The number of the request.
        request: RequestId,
        /// The receipt, by its place in its till's chain.
        receipt: Receipt,
    },
    /// Read what is unsent or parked; answered by `QueueRead`.
    ReadQueue {
        /// The number of the request.
        request: RequestId,
    },
    /// Ask the store what it does not know of a parked sale; answered by `GapsFound`.
    FindGaps {
        /// The number of the request.
        request: RequestId,
        /// The sale.
        sale: Box<SaleRecord>,
    },
    /// Settle a parked sale; answered by `SaleSettled`.
    SettleSale {
        /// The number of the request.
        request: RequestId,
        /// The sale.
        sale: Box<SaleRecord>,
        /// What is to become of it.
        how: Settle,
        /// Who settles it, in words.
        by: String,
    },
    /// Follow the stream, in place of the feed before.
    Follow {
        /// The number of the feed.
        feed: u64,
        /// Where it begins.
        from: LiveFrom,
        /// When the day began at this outlet.
        midnight: Timestamp,
        /// The row of the outlet whose part is followed; none: all of it.
        outlet: Option<i64>,
    },
    /// Somebody looks at the feed, or no longer does.
    Watch(bool),
    /// Show those rows of the feed alone; answered by `LiveNews::Found`.
    FilterLive {
        /// The number of the filter: what comes bears it.
        number: u64,
        /// Which rows.
        filter: Box<LiveFilter>,
    },
    /// Keep a note on an alert in the store; answered by `AlertNoted`.
    NoteAlert {
        /// The number of the request.
        request: RequestId,
        /// The note.
        note: Box<AlertNote>,
    },
    /// Ring the terminal's bell: a scan did not do what was meant.
    Ring,
    /// End the program, once what is being written is on disk.
    Quit,
}

/// What an update wants done, in order.
#[must_use = "an effect that nobody performs is a lost sale"]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effects(Vec<Effect>);

impl Effects {
    /// Nothing to do.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds what `others` want done, after these.
    pub fn and(mut self, others: impl Into<Self>) -> Self {
        self.0.extend(others.into().0);
        self
    }
}

impl Effects {
    /// All but those.
    pub(super) fn without(mut self, unwanted: &Effect) -> Self {
        self.0.retain(|effect| effect != unwanted);
        self
    }
}

impl From<Effect> for Effects {
    fn from(effect: Effect) -> Self {
        Self(vec![effect])
    }
}

impl IntoIterator for Effects {
    type Item = Effect;
    type IntoIter = std::vec::IntoIter<Effect>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
