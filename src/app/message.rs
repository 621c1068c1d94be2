//! What happened: keys, answers, news.
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::command::Command;
use super::dimension::{RowRead, RowSaved};
use super::live::LiveNews;
use super::past::{PastPage, PastReceipt};
use super::queue::QueueList;
use super::role::Holder;
use super::sale::{Objections, ReceiptAnswer, ReferenceWord, SaleAnswer};
use super::shelf::Shelf;
use super::status::Status;
use crate::domain::audit::TillAlert;
use crate::domain::chart::SalesChart;
use crate::domain::clock::ClockFault;
use crate::domain::dimension::{Dimension, History};
use crate::domain::goods::{DrugGoods, OutletBatches, OutletStock};
use crate::domain::mending::Gap;
use crate::domain::supervision::AlertNote;
use crate::domain::usual::Usuals;
use crate::domain::wares::Goods;

/// The number of something asked for: its answer bears it, and an answer that nobody waits for is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// When a message was read, and an id that nobody has used: what a pure update cannot find by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock.
    pub now: Timestamp,
    /// A fresh UUIDv7.
    pub fresh_id: Uuid,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A key stood for a command.
    Asked(Command),
    /// A key stood for nothing but its character.
    Typed(char),
    /// Characters came in one read and are no scan that is known: a paste, or what somebody typed while the till was busy.
    /// They are text, whatever keys they would be.
    Pasted(String),
    /// What is typed from here may turn out to be a scan, which takes it back.
    RunBegan,
    /// A scan, without the keys around it.
    Scanned {
        /// Its text.
        text: String,
        /// Whether what was typed since [`Self::RunBegan`] was its beginning.
        was_shown: bool,
        /// Whether it is the scan before, read twice.
        repeated: bool,
    },
    /// A second went by.
    Ticked,
    /// The screen was drawn as the model stands: what came up is seen from now on.
    Drawn,
    /// Database, stream or queue stand differently.
    StatusChanged(Box<Status>),
    /// Drugs, prices, staff or others changed.
    CatalogueChanged(Arc<Shelf>),
    /// It is known what became of a sale.
    SaleAnswered {
        /// What was asked for.
        request: RequestId,
        /// What became of it.
        answer: SaleAnswer,
    },
    /// A prescriber who was added is on this till's disk, or why not.
    DoctorAdded {
        /// What was asked for.
        request: RequestId,
        /// Why they were not added.
        fault: Option<String>,
    },
    /// The store was asked about a basket.
    ObjectionsKnown {
        /// What was asked for.
        request: RequestId,
        /// What it says.
        objections: Objections,
    },
    /// It is known whether a reference was used before.
    ReferenceKnown {
        /// What was asked for.
        request: RequestId,
        /// What is known.
        word: ReferenceWord,
    },
    /// It is known what a receipt is.
    ReceiptFound {
        /// What was asked for.
        request: RequestId,
        /// What it is.
        answer: ReceiptAnswer,
    },
    /// The drawer was opened without a sale, and that noted, or why not.
    DrawerAnswered {
        /// What was asked for.
        request: RequestId,
        /// What became of it.
        answer: Result<(), String>,
    },
    /// The sample pharmacy was loaded, or why not.
    SampleLoaded {
        /// What was asked for.
        request: RequestId,
        /// Why it was not.
        fault: Option<String>,
    },
    /// A row was read for a form, or not.
    RowRead {
        /// What was asked for.
        request: RequestId,
        /// Of which dimension.
        dimension: Dimension,
        /// What became of it.
        answer: RowRead,
    },
    /// A row was saved, or not.
    RowSaved {
        /// What was asked for.
        request: RequestId,
        /// Of which dimension.
        dimension: Dimension,
        /// What became of it.
        answer: RowSaved,
    },
    /// A prescriber was confirmed or merged, in words, or why not.
    DoctorSettled {
        /// What was asked for.
        request: RequestId,
        /// What became of it.
        answer: Result<String, String>,
    },
    /// What stands beside a drug was read, or why not.
    BesideRead {
        /// What was asked for.
        request: RequestId,
        /// What became of it.
        answer: Result<Box<Goods>, String>,
    },
    /// The history of a row was read, or why not.
    HistoryRead {
        /// What was asked for.
        request: RequestId,
        /// Of which dimension the row is.
        dimension: Dimension,
        /// What became of it.
        answer: Result<History, String>,
    },
    /// A page of past receipts was read, or why not.
    PastRead {
        /// What was asked for.
        request: RequestId,
        /// What became of it.
        answer: Result<PastPage, String>,
    },
    /// Sums of receipts by the day and the hour were read, or why not.
    ChartRead {
        /// What was asked for.
        request: RequestId,
        /// What became of it.
        answer: Result<Box<SalesChart>, String>,
    },
    /// All that is known of a receipt was read, or why nothing.
    ReceiptRead {
        /// What was asked for.
        request: RequestId,
        /// What became of it.
        answer: Result<Box<PastReceipt>, String>,
    },
    /// What is unsent or parked was read, or why not.
    QueueRead {
        /// What was asked for.
        request: RequestId,
        /// What became of it.
        answer: Result<QueueList, String>,
    },
    /// It is known what the store does not know of a parked sale, or why not.
    GapsFound {
        /// What was asked for.
        request: RequestId,
        /// What became of it.
        answer: Result<Vec<Gap>, String>,
    },
    /// A parked sale was settled, or why not.
    SaleSettled {
        /// What was asked for.
        request: RequestId,
        /// What became of it.
        answer: Result<(), String>,
    },
    /// What remains at this outlet was read.
    StockRead(Arc<OutletStock>),
    /// The batches of which some is left here.
    BatchesRead(Arc<OutletBatches>),
    /// What is known of the goods of a few drugs was read, or not.
    GoodsRead {
        /// What was asked for.
        request: RequestId,
        /// By drug; none: the store did not answer.
        goods: Option<HashMap<i64, DrugGoods>>,
    },
    /// What is usual of a few drugs was read, or not.
    UsualRead {
        /// What was asked for.
        request: RequestId,
        /// Of which of them something is usual; none: the store did not answer.
        usual: Option<Usuals>,
    },
    /// What is usual of drugs, as this till's disk kept it.
    UsualKept(Usuals),
    /// The till beside this viewer was closed, or opened by another process.
    HolderChanged(Holder),
    /// The till's own disk took what it was given again, or why it does not.
    DiskChanged(Option<String>),
    /// Something happened that a person should hear of; supervisors too, where it says what it is about.
    Alerted {
        /// In words.
        words: String,
        /// What it is about.
        about: Option<TillAlert>,
        /// The receipt that it is about, where it is one's.
        receipt: Option<String>,
    },
    /// The till's clock is off, another way than before, or is well again.
    ClockChanged(Option<ClockFault>),
    /// The notes on alerts of the last days, as the store has them.
    AlertNotesRead(Arc<Vec<AlertNote>>),
    /// A note on an alert is in the store, or why not.
    AlertNoted {
        /// What was asked for.
        request: RequestId,
        /// Why it is not.
        fault: Option<String>,
    },
    /// A feed tells something.
    LiveChanged {
        /// The number of the feed.
        feed: u64,
        /// What it tells.
        news: LiveNews,
    },
}
