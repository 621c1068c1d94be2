//! A sale as it was agreed at the counter, its canonical bytes, and its place in the till's chain.
use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, civil};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::chain::Hash;
use super::money::{Currency, Money, Quantity};

/// The version of the canonical document that this program writes.
const DOCUMENT_FORMAT: u32 = 1;
/// A sale has at most this many lines: what one transaction and one receipt bear.
pub const MAX_LINES: usize = 500;

/// A till's name in the company, such as `T01`: 1 to 16 letters, digits, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TillId(String);

/// The text cannot be a till's id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("“{0}” is no till id: 1 to 16 letters, digits, - or _")]
pub struct NotATillId(String);

impl TillId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The only till of a shop that has named none.
impl Default for TillId {
    fn default() -> Self {
        Self("T01".to_owned())
    }
}

impl FromStr for TillId {
    type Err = NotATillId;
    fn from_str(text: &str) -> Result<Self, NotATillId> {
        let fit = (1..=16).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fit {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotATillId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for TillId {
    type Error = NotATillId;
    fn try_from(text: String) -> Result<Self, NotATillId> {
        text.parse()
    }
}

impl From<TillId> for String {
    fn from(id: TillId) -> Self {
        id.0
    }
}

impl fmt::Display for TillId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A receipt's number: till, series, and its number in it. Series 1 reads `T01-000001`, later ones `T01.2-000001`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt {
    /// The till that gave it.
    pub till: TillId,
    /// The till's series, from 1.
    pub series: u32,
    /// From 1, without a gap in its series.
    pub number: u64,
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.series {
            1 => f.pad(&format!("{}-{:06}", self.till, self.number)),
            series => f.pad(&format!("{}.{series}-{:06}", self.till, self.number)),
        }
    }
}

/// What a sale does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SaleKind {
    /// Goods out, money in.
    Sale,
    /// Goods back, money out.
    Return,
    /// A sale undone as a whole.
    Void,
}

impl SaleKind {
    /// As in events and fact rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Return => "return",
            Self::Void => "void",
        }
    }
}

/// A row of a dimension as agreed: its lasting id, and its name at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The row's UUID, the same in every store.
    pub id: Uuid,
    /// The name as it was when sold.
    pub name: String,
}

/// The outlet as it was when sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutletParty {
    /// The row's UUID.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
}

/// The tax in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTax {
    /// The code.
    pub code: String,
    /// Per cent.
    #[serde(with = "rust_decimal::serde::str")]
    pub rate: Decimal,
    /// What of the line's total is tax.
    pub amount: Money,
}

/// One line: what was sold, in which unit, at what price. Quantities and totals are negative in a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleLine {
    /// The drug's UUID.
    pub drug: Uuid,
    /// Its code when sold.
    pub code: String,
    /// Its name and strength when sold.
    pub name: String,
    /// The unit's or pack's name.
    pub unit: String,
    /// How many of that unit.
    pub unit_qty: Quantity,
    /// Base units in one.
    pub unit_factor: Quantity,
    /// The price of one unit.
    pub unit_price: Money,
    /// Taken off the line.
    pub discount: Money,
    /// The tax in the total.
    pub tax: LineTax,
    /// `unit_qty × unit_price − discount`, rounded to the currency's places.
    pub total: Money,
}

impl SaleLine {
    /// The quantity in base units.
    pub fn quantity(&self) -> Quantity {
        Quantity::new(self.unit_qty.decimal() * self.unit_factor.decimal())
    }
}

/// One tender of a sale. Negative when paid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalePayment {
    /// The tender's UUID.
    pub tender: Uuid,
    /// Its name.
    pub name: String,
    /// What of the total it pays.
    pub amount: Money,
    /// What was handed over.
    pub tendered: Money,
    /// What was given back.
    pub change: Money,
    /// The tender's reference, such as an M-Pesa code.
    pub reference: Option<String>,
}

/// All that was agreed at the counter, and nothing else: no number, no hash, no surrogate id, no stock, no flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// Minted when the basket was opened (UUIDv7); every hop is idempotent on it.
    pub sale_id: Uuid,
    /// What it does.
    pub kind: SaleKind,
    /// When, in UTC, cut to the millisecond.
    pub sold_at: Timestamp,
    /// The same moment on the outlet's clock.
    pub sold_local: civil::DateTime,
    /// The outlet's currency.
    pub currency: Currency,
    /// Who sold.
    pub employee: Party,
    /// Where.
    pub outlet: OutletParty,
    /// Who prescribed.
    pub doctor: Option<Party>,
    /// The sale that this one gives back.
    pub refund_of: Option<Uuid>,
    /// What was sold.
    pub lines: Vec<SaleLine>,
    /// How it was paid.
    pub payments: Vec<SalePayment>,
    /// The sum of the lines.
    pub total: Money,
}

impl Agreed {
    /// Whether `other` is the same agreement: all but the times, which a repeated request may bear anew.
    pub fn same_agreement(&self, other: &Self) -> bool {
        let times = Self {
            sold_at: other.sold_at,
            sold_local: other.sold_local,
            ..self.clone()
        };
        times == *other
    }

    /// The business date: the outlet's own.
    pub fn date_sold(&self) -> civil::Date {
        self.sold_local.date()
    }

    /// The moment `at`, cut to the millisecond as both engines and the canonical bytes keep it.
    pub fn cut(at: Timestamp) -> Timestamp {
        let milliseconds = at.as_millisecond();
        Timestamp::from_millisecond(milliseconds).unwrap_or(at)
    }
}

/// The canonical document: the agreement with its place in the till's chain. Its key order is this declaration's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleDocument {
    /// The version of this shape.
    pub format: u32,
    /// The till.
    pub till: TillId,
    /// Its series.
    pub series: u32,
    /// The receipt's number in it.
    pub number: u64,
    /// The number of this sale's first event in the till's series (PATH 5.1); line k has `first_seq + k - 1`.
    pub first_seq: u64,
    /// The receipt that the customer holds, where the sale had to move to another series (PATH 2.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<String>,
    /// What was agreed.
    pub sale: Agreed,
}

/// Why bytes are no sale.
#[derive(Debug, Error)]
pub enum SaleBytesError {
    /// Not the document's JSON.
    #[error("not a sale document: {0}")]
    Shape(#[from] serde_json::Error),
    /// Written by a newer program.
    #[error("sale document of format {0}: upgrade rxtill")]
    Newer(u32),
}

/// The place that the journal gives a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainPlace {
    /// The till.
    pub till: TillId,
    /// Its series.
    pub series: u32,
    /// The receipt's number.
    pub number: u64,
    /// The number of its first event.
    pub first_seq: u64,
    /// The link before.
    pub prev_hash: Hash,
}

/// A sale in its place: what the journal fsyncs, and what every attempt carries unchanged (PATH 1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleRecord {
    /// The link before.
    pub prev_hash: Hash,
    /// This sale's link.
    pub hash: Hash,
    /// The canonical bytes: made once, carried verbatim.
    pub bytes: Vec<u8>,
    /// What the bytes say.
    pub document: SaleDocument,
    /// What is known of it besides, outside the hash.
    pub flags: Vec<SaleFlag>,
}

/// What the till noticed about a sale; outside the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaleFlag {
    /// A price differs from the list.
    PriceDiffers,
    /// The till's clock was behind its last sale by more than two minutes.
    ClockSuspect,
    /// The clerk held what the book did not have.
    ShortStock,
    /// A tender's reference was used before.
    ReferenceRepeated,
}

impl SaleFlag {
    const NAMES: [(Self, &'static str); 4] = [
        (Self::PriceDiffers, "price_differs"),
        (Self::ClockSuspect, "clock_suspect"),
        (Self::ShortStock, "short_stock"),
        (Self::ReferenceRepeated, "reference_repeated"),
    ];

    /// The flags as one text for a column, comma-separated.
    pub fn join(flags: &[Self]) -> String {
        let names: Vec<_> = Self::NAMES
            .iter()
            .filter(|(flag, _)| flags.contains(flag))
            .map(|(_, name)| *name)
            .collect();
        names.join(",")
    }

    /// The flags of such a text; unknown ones, of a newer program, are left out.
    pub fn split(text: &str) -> Vec<Self> {
        text.split(',')
            .filter_map(|word| {
                Self::NAMES
                    .iter()
                    .find(|(_, name)| *name == word)
                    .map(|(flag, _)| *flag)
            })
            .collect()
    }
}

impl SaleRecord {
    /// Puts `sale` in its `place`: makes the canonical bytes and the hash, once.
    ///
    /// # Errors
    /// When the document cannot be written as JSON, which a document made of these types always can.
    pub fn make(sale: Agreed, place: ChainPlace, flags: Vec<SaleFlag>) -> Result<Self, SaleBytesError> {
        Self::placed(sale, place, None, flags)
    }

    /// The same agreement in another `place`, with the receipt that was printed for it (PATH 2.4).
    ///
    /// # Errors
    /// As [`SaleRecord::make`].
    pub fn moved_to(&self, place: ChainPlace) -> Result<Self, SaleBytesError> {
        Self::placed(
            self.document.sale.clone(),
            place,
            Some(self.printed()),
            self.flags.clone(),
        )
    }

    fn placed(
        sale: Agreed,
        place: ChainPlace,
        printed: Option<String>,
        flags: Vec<SaleFlag>,
    ) -> Result<Self, SaleBytesError> {
        let ChainPlace {
            till,
            series,
            number,
            first_seq,
            prev_hash,
        } = place;
        let document = SaleDocument {
            format: DOCUMENT_FORMAT,
            till,
            series,
            number,
            first_seq,
            printed,
            sale,
        };
        let bytes = serde_json::to_vec(&document)?;
        Ok(Self {
            prev_hash,
            hash: prev_hash.then(&bytes),
            bytes,
            document,
            flags,
        })
    }

    /// Reads a record back from what a journal or store kept. The hash is taken as kept: `verify` compares it.
    ///
    /// # Errors
    /// When the bytes are no sale document, or of a newer format.
    pub fn read(prev_hash: Hash, hash: Hash, bytes: Vec<u8>, flags: Vec<SaleFlag>) -> Result<Self, SaleBytesError> {
        let document: SaleDocument = serde_json::from_slice(&bytes)?;
        if document.format > DOCUMENT_FORMAT {
            return Err(SaleBytesError::Newer(document.format));
        }
        Ok(Self {
            prev_hash,
            hash,
            bytes,
            document,
            flags,
        })
    }

    /// The sale's id.
    pub fn sale_id(&self) -> Uuid {
        self.document.sale.sale_id
    }

    /// The id of its row where another sale has its own (the sale is set apart): it follows from the bytes.
    pub fn apart_id(&self) -> Uuid {
        Uuid::new_v5(&self.sale_id(), self.hash.to_string().as_bytes())
    }

    /// The receipt's number.
    pub fn receipt(&self) -> Receipt {
        Receipt {
            till: self.document.till.clone(),
            series: self.document.series,
            number: self.document.number,
        }
    }

    /// The receipt as the customer holds it.
    pub fn printed(&self) -> String {
        self.document
            .printed
            .clone()
            .unwrap_or_else(|| self.receipt().to_string())
    }

    /// The number of the event after this sale's last.
    pub fn next_seq(&self) -> u64 {
        self.document.first_seq + self.document.sale.lines.len() as u64
    }
}
