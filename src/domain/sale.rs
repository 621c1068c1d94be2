//! A sale as it was agreed at the counter, its canonical bytes, and its place in the till's chain.
mod receipt;
mod record;

use jiff::{Timestamp, civil};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::receipt::{NotATillId, Receipt, TillId};
pub use self::record::{ChainPlace, SaleBytesError, SaleDocument, SaleRecord};
use super::batch::Batch;
use super::money::{Currency, Money, Quantity};

/// A sale has at most this many lines: what one transaction and one receipt bear.
pub const MAX_LINES: usize = 500;

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
    /// Of which batch, as agreed at the counter; none where nothing was. Behind the other keys, and not there where it is
    /// none: so the bytes of sales without batches are what they have always been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
}

impl SaleLine {
    /// The quantity in base units.
    pub fn quantity(&self) -> Quantity {
        Quantity::new(self.unit_qty.decimal() * self.unit_factor.decimal())
    }

    /// The number of its batch.
    pub fn batch_number(&self) -> Option<&str> {
        self.batch.as_ref()?.number.as_deref()
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

/// What the till noticed about a sale; outside the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaleFlag {
    /// A price differs from the list.
    PriceDiffers,
    /// The till's clock was behind its last sale, or away from the database's, by more than two minutes.
    ClockSuspect,
    /// The clerk held what the book did not have.
    ShortStock,
    /// A tender's reference was used before.
    ReferenceRepeated,
    /// It gave back more than was left of its sale.
    ReturnedTooMuch,
}

impl SaleFlag {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::PriceDiffers, "price_differs"),
        (Self::ClockSuspect, "clock_suspect"),
        (Self::ShortStock, "short_stock"),
        (Self::ReferenceRepeated, "reference_repeated"),
        (Self::ReturnedTooMuch, "returned_too_much"),
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
