//! The kinds of what happens, each with its figures.
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::Error as _;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::domain::catalogue::Drug;
use crate::domain::mending::Mapping;
use crate::domain::money::{Money, Quantity};
use crate::domain::name::printable;
use crate::domain::sale::SaleRecord;

/// Characters of a text that somebody typed, at most.
pub const LONGEST_TEXT: usize = 80;
/// Characters of what a database said, at most.
const LONGEST_REASON: usize = 300;

/// A drug as it was called then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goods {
    /// The row's lasting id.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// Its name and strength.
    pub name: String,
}

impl Goods {
    /// Of the catalogue.
    pub fn of(drug: &Drug) -> Self {
        Self {
            id: drug.uuid,
            code: drug.code.clone(),
            name: drug.label(),
        }
    }
}

/// How a line left a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Removal {
    /// Somebody took it out.
    TakenOut,
    /// The adding of it was taken back: a slip of the scanner or the hand, as a rule.
    Undone,
}

/// How stock was set right by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// Somebody counted what is on the shelf.
    Count,
    /// Goods arrived.
    Delivery,
}

/// Every kind that this program knows, by its stable name.
pub const KINDS: [&str; 17] = [
    "asked_for",
    "basket_cancelled",
    "line_removed",
    "price_override",
    "discount_override",
    "payment_cancelled",
    "sale_refused",
    "reference_repeated",
    "seller_changed",
    "dimension_changed",
    "drawer_opened",
    "price_checked",
    "stock_corrected",
    "question_answered",
    "sale_mended",
    "sale_struck",
    "till_alerted",
];

/// What a till has found about its own sales that somebody must hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TillAlert {
    /// A queued sale took more than the book had: it happened, and is recorded.
    BelowZero,
    /// A queued return gave back more than was left of its sale.
    ReturnedTooMuch,
    /// A queued sale names a payment that another sale had named before.
    ReferenceRepeated,
    /// The store could not hold a sale as it was.
    Parked,
    /// Store and journal disagreed, and receipts go on in another series: a restored image, a cloned disk.
    NewSeries,
    /// The store had lost sales that it had: it went back.
    UploadedAgain,
}

impl TillAlert {
    /// Whether it is about the chain of receipts, not about one of them.
    pub fn is_of_the_chain(self) -> bool {
        matches!(self, Self::NewSeries | Self::UploadedAgain)
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::BelowZero => "count the shelf, and set the book right",
            Self::ReturnedTooMuch => "look at both receipts: goods came back at two tills, or were never sold",
            Self::ReferenceRepeated => "look at both receipts: one payment was taken for two sales",
            Self::Parked => "map or strike it at the till (:queue) or by rxtill queue",
            Self::NewSeries => "was its disk restored or cloned? Printed receipts stay as they are; rxtill verify",
            Self::UploadedAgain => "was a backup restored or a replica promoted? rxtill verify, then rxtill reconcile",
        }
    }
}

/// What a clerk was asked before the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Questioned {
    /// Whether a quantity far from the usual is meant.
    Quantity,
    /// Whether the same is meant that was sold just before.
    SameBasket,
}

/// What happened, with its figures. Kinds and fields may be added, none renamed. Amounts and quantities are decimals as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", content = "details", rename_all = "snake_case")]
pub enum Happening {
    /// A customer asked for something that was not there, or not sold.
    AskedFor {
        /// What, where the catalogue knows it.
        drug: Option<Goods>,
        /// What was typed, where it does not.
        words: Option<String>,
        /// How many, where that was said.
        quantity: Option<Quantity>,
        /// Base units left here by the book; none: not counted.
        stock: Option<Quantity>,
    },
    /// A basket was let go with something in it.
    BasketCancelled {
        /// The sale that it would have become.
        sale_id: Uuid,
        /// How many lines it had.
        lines: u32,
        /// What it would have cost.
        value: Money,
        /// Whether the money was being taken.
        payment_open: bool,
    },
    /// A line that was in sight left a basket.
    LineRemoved {
        /// The sale that it would have been part of.
        sale_id: Uuid,
        /// Of what.
        drug: Goods,
        /// The unit.
        unit: String,
        /// How many of it.
        quantity: Quantity,
        /// What the line would have cost.
        value: Money,
        /// How it left.
        how: Removal,
        /// Seconds since it came into the basket; none: longer ago than the till remembers.
        shown_s: Option<u64>,
    },
    /// A sale was recorded with another price than the list's.
    PriceOverride {
        /// The sale.
        sale_id: Uuid,
        /// Of what.
        drug: Goods,
        /// The unit that the prices are for.
        unit: String,
        /// How many of it.
        quantity: Quantity,
        /// The list's price of one.
        before: Money,
        /// The price of one that was agreed.
        after: Money,
        /// Why, where it was asked.
        reason: Option<String>,
    },
    /// A sale was recorded with something taken off a line.
    DiscountOverride {
        /// The sale.
        sale_id: Uuid,
        /// Of what.
        drug: Goods,
        /// What the line cost before.
        before: Money,
        /// What it cost then.
        after: Money,
        /// Why, where it was asked.
        reason: Option<String>,
    },
    /// The money was being taken, and that was left: for the basket, or with it.
    PaymentCancelled {
        /// The sale that it would have become.
        sale_id: Uuid,
        /// What was to be paid.
        total: Money,
        /// What had been handed over by then.
        handed_over: Money,
    },
    /// A sale was refused when it was to be recorded.
    SaleRefused {
        /// The sale that it would have become.
        sale_id: Uuid,
        /// What was to be paid.
        total: Money,
        /// Why.
        reason: String,
    },
    /// A payment's reference was given that had been used before. The reference itself is not in an event.
    ReferenceRepeated {
        /// The sale that it was given for.
        sale_id: Uuid,
        /// The tender.
        tender: String,
        /// The receipt for which it was used.
        receipt: String,
        /// The outlet where.
        outlet: String,
        /// The day.
        date: Date,
    },
    /// Somebody else sells at this till from now on.
    SellerChanged {
        /// Who did before; none: nobody.
        before: Option<String>,
        /// Who does.
        after: String,
    },
    /// A row of a dimension was made or changed here. Values are in the row's history, pay is in neither.
    DimensionChanged {
        /// Which dimension: drug, doctor, employee, outlet.
        dimension: String,
        /// The row's lasting id.
        row: Uuid,
        /// What it is called.
        name: String,
        /// Whether it is new.
        is_new: bool,
        /// The fields that were changed.
        fields: Vec<String>,
        /// Who did it, in the words of the row's history.
        by: String,
    },
    /// The drawer was opened, and nothing was sold.
    DrawerOpened {
        /// What for, as somebody typed it.
        reason: String,
    },
    /// Goods were looked up and none of them sold: so often since the last time that this was told.
    PriceChecked {
        /// How often.
        looks: u32,
        /// When the first of them began.
        from: Timestamp,
        /// When the last of them ended.
        until: Timestamp,
    },
    /// Stock was set right by hand, in base units.
    StockCorrected {
        /// Of what.
        drug: Goods,
        /// What the book said when it was begun; none: it was not counted.
        before: Option<Quantity>,
        /// What it says with that.
        after: Quantity,
        /// How.
        how: Correction,
        /// Why, where it was asked.
        reason: Option<String>,
    },
    /// The till asked before the money whether something was meant, and somebody answered.
    QuestionAnswered {
        /// The sale that the basket would become.
        sale_id: Uuid,
        /// What was asked.
        question: Questioned,
        /// Of a quantity: of what.
        drug: Option<Goods>,
        /// Of a quantity: how much, in base units.
        quantity: Option<Quantity>,
        /// Of a quantity: what half of the drug's lines hold at most, in base units.
        usual: Option<Quantity>,
        /// Of the same basket: the receipt of the sale before, where it had one by then.
        receipt: Option<String>,
        /// Whether it was meant.
        answer: bool,
    },
    /// A sale that the store could not hold is recorded after all.
    SaleMended {
        /// The sale.
        sale_id: Uuid,
        /// Its receipt.
        receipt: String,
        /// What it came to.
        total: Money,
        /// Why it was parked.
        parked: String,
        /// What it is recorded as where the store does not know what it names, in words.
        mapped: Vec<String>,
        /// Who settled it.
        by: String,
    },
    /// A sale that the store could not hold never will be: it has its receipt's number and no events, so that whoever counts
    /// numbers does not wait for those.
    SaleStruck {
        /// The sale.
        sale_id: Uuid,
        /// Its receipt.
        receipt: String,
        /// What it came to.
        total: Money,
        /// The series of its events.
        series: u32,
        /// The number that the first of them would have had.
        first_seq: u64,
        /// How many there would have been.
        lines: u32,
        /// Why it was parked.
        parked: String,
        /// Why it is never recorded.
        reason: String,
        /// Who settled it.
        by: String,
    },
    /// The till found something about its own sales that somebody must hear of, and told whoever stood before it.
    TillAlerted {
        /// What.
        about: TillAlert,
        /// In words.
        words: String,
    },
    /// Something that a newer program knows: kept as it came.
    #[serde(skip)]
    Other {
        /// The name of its kind.
        kind: String,
        /// Its figures.
        details: Map<String, Value>,
    },
}

/// A happening of whichever kind, before anything is made of its figures.
#[derive(Deserialize)]
struct Verbatim {
    kind: String,
    details: Map<String, Value>,
}

impl Serialize for Happening {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self::Other { kind, details } = self else {
            return Self::serialize(self, serializer);
        };
        let mut whole = serializer.serialize_struct("Happening", 2)?;
        whole.serialize_field("kind", kind)?;
        whole.serialize_field("details", details)?;
        whole.end()
    }
}

/// A kind that this program does not know is no fault. One that it knows, with figures that are none, is.
impl<'de> Deserialize<'de> for Happening {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Verbatim { kind, details } = Deserialize::deserialize(deserializer)?;
        if !KINDS.contains(&kind.as_str()) {
            return Ok(Self::Other { kind, details });
        }
        let whole = Value::from_iter([("kind", Value::from(kind)), ("details", Value::from(details))]);
        Self::deserialize(whole).map_err(D::Error::custom)
    }
}

impl Happening {
    /// The stable name of its kind, as in the event.
    pub fn kind(&self) -> &str {
        match self {
            Self::AskedFor { .. } => "asked_for",
            Self::BasketCancelled { .. } => "basket_cancelled",
            Self::LineRemoved { .. } => "line_removed",
            Self::PriceOverride { .. } => "price_override",
            Self::DiscountOverride { .. } => "discount_override",
            Self::PaymentCancelled { .. } => "payment_cancelled",
            Self::SaleRefused { .. } => "sale_refused",
            Self::ReferenceRepeated { .. } => "reference_repeated",
            Self::SellerChanged { .. } => "seller_changed",
            Self::DimensionChanged { .. } => "dimension_changed",
            Self::DrawerOpened { .. } => "drawer_opened",
            Self::PriceChecked { .. } => "price_checked",
            Self::StockCorrected { .. } => "stock_corrected",
            Self::Other { kind, .. } => kind,
            Self::QuestionAnswered { .. } => "question_answered",
            Self::SaleMended { .. } => "sale_mended",
            Self::SaleStruck { .. } => "sale_struck",
            Self::TillAlerted { .. } => "till_alerted",
        }
    }

    /// The one drug that it is about, where there is one.
    pub fn drug(&self) -> Option<Uuid> {
        match self {
            Self::AskedFor { drug, .. } | Self::QuestionAnswered { drug, .. } => drug.as_ref().map(|drug| drug.id),
            Self::LineRemoved { drug, .. }
            | Self::PriceOverride { drug, .. }
            | Self::DiscountOverride { drug, .. }
            | Self::StockCorrected { drug, .. } => Some(drug.id),
            Self::BasketCancelled { .. }
            | Self::PaymentCancelled { .. }
            | Self::SaleRefused { .. }
            | Self::ReferenceRepeated { .. }
            | Self::SellerChanged { .. }
            | Self::DimensionChanged { .. }
            | Self::DrawerOpened { .. }
            | Self::PriceChecked { .. }
            | Self::SaleMended { .. }
            | Self::SaleStruck { .. }
            | Self::TillAlerted { .. }
            | Self::Other { .. } => None,
        }
    }

    /// Somebody asked for what the catalogue does not know, in the words that were typed.
    pub fn asked_for_words(words: &str, quantity: Option<Quantity>) -> Self {
        Self::AskedFor {
            drug: None,
            words: Some(harmless(words)),
            quantity,
            stock: None,
        }
    }

    /// A parked sale was settled by whoever that was: it is recorded, at those rows where it names others, or struck (`Err`)
    /// for the reason they gave.
    pub fn settled(record: &SaleRecord, parked: &str, how: Result<&Mapping, &str>, by: &str) -> Self {
        let (document, sale) = (&record.document, &record.document.sale);
        let (sale_id, receipt, total) = (sale.sale_id, record.printed(), sale.total);
        let (parked, by) = (cut(parked, LONGEST_REASON), cut(by, LONGEST_TEXT));
        match how {
            Ok(mapping) => Self::SaleMended {
                sale_id,
                receipt,
                total,
                parked,
                mapped: mapping.words(sale),
                by,
            },
            Err(reason) => Self::SaleStruck {
                sale_id,
                receipt,
                total,
                series: document.series,
                first_seq: document.first_seq,
                lines: u32::try_from(sale.lines.len()).unwrap_or(u32::MAX),
                parked,
                reason: cut(reason, LONGEST_REASON),
                by,
            },
        }
    }

    /// The till found something, in words that may be long.
    pub fn till_alerted(about: TillAlert, words: &str) -> Self {
        Self::TillAlerted {
            about,
            words: cut(words, LONGEST_REASON),
        }
    }

    /// The drawer was opened for a reason that somebody typed.
    pub fn drawer_opened(reason: &str) -> Self {
        Self::DrawerOpened {
            reason: harmless(reason),
        }
    }
}

/// What somebody typed, cut and without anything that steers a terminal.
fn harmless(typed: &str) -> String {
    cut(typed.trim(), LONGEST_TEXT)
}

fn cut(text: &str, longest: usize) -> String {
    printable(&text.chars().take(longest).collect::<String>())
}
