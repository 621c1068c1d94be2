//! The other rows that a till knows: prescribers, staff, outlets, tenders, taxes.
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::money::{Currency, Money};
use crate::domain::sale::{OutletParty, Party};

/// A prescriber.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doctor {
    /// Row of `dim_doctor`.
    pub id: i64,
    /// The row's lasting id.
    pub uuid: Uuid,
    /// As on prescriptions.
    pub name: String,
    /// Of the medical board.
    pub registration_number: String,
    /// Such as "paediatrics".
    pub specialization: String,
    /// Phone.
    pub phone_number: String,
    /// E-mail.
    pub email: String,
    /// Where the practice is.
    pub region: String,
    /// Whether the office confirmed the row.
    pub confirmed: bool,
    /// The row of the survivor, where the office found two rows to be one person.
    #[serde(default)]
    pub merged_into: Option<i64>,
    /// Whether new sales may name them.
    pub active: bool,
}

impl From<&Doctor> for Party {
    fn from(row: &Doctor) -> Self {
        Self {
            id: row.uuid,
            name: row.name.clone(),
        }
    }
}

/// Someone who sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employee {
    /// Row of `dim_employee`.
    pub id: i64,
    /// The row's lasting id.
    pub uuid: Uuid,
    /// As colleagues call them.
    pub name: String,
    /// Tells two of one name apart.
    pub phone_number: String,
    /// E-mail.
    pub email: String,
    /// Cashier, pharmacist, supervisor, manager.
    pub role: String,
    /// Whether they may sell.
    pub active: bool,
}

impl From<&Employee> for Party {
    fn from(row: &Employee) -> Self {
        Self {
            id: row.uuid,
            name: row.name.clone(),
        }
    }
}

/// A place that sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlet {
    /// Row of `dim_outlet`.
    pub id: i64,
    /// The row's lasting id.
    pub uuid: Uuid,
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// IANA name; decides its business day.
    pub time_zone: String,
    /// As free text.
    pub opening_hours: String,
    /// For the receipt.
    pub address: String,
    /// For the receipt.
    pub phone: String,
    /// For the receipt.
    pub tax_number: String,
    /// What its prices are in.
    pub currency: Currency,
    /// The smallest coin: cash totals are multiples of it.
    pub smallest_coin: Money,
    /// The receipt's last line.
    pub receipt_footer: String,
    /// Whether it sells.
    pub active: bool,
}

impl Outlet {
    /// The zone of its clock; UTC should the name be unknown to this machine's zone database.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// As a sale names it.
    pub fn party(&self) -> OutletParty {
        OutletParty {
            id: self.uuid,
            name: self.name.clone(),
            region: self.region.clone(),
        }
    }
}

/// A way to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tender {
    /// Row of `dim_tender`.
    pub id: i64,
    /// The row's lasting id.
    pub uuid: Uuid,
    /// Such as "Cash".
    pub name: String,
    /// The letter that picks it in the payment line.
    pub entry_key: char,
    /// What a reference must look like; empty: it has none.
    pub reference_pattern: String,
    /// Whether a reference may be used once only.
    pub reference_unique: bool,
    /// Whether more than is due may be tendered.
    pub gives_change: bool,
    /// The name of the tender by which it is given back; empty, as in a catalogue that an older program kept: its own.
    #[serde(default)]
    pub refund_as: String,
    /// Whether it is taken.
    pub active: bool,
}

impl Tender {
    /// The id of the tender that bears what cash is rounded by: on every installation the same.
    pub fn rounding_id() -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, b"rxtill:tender:Rounding")
    }
}

/// A tax code from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRate {
    /// The code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Per cent.
    #[serde(with = "rust_decimal::serde::str")]
    pub rate: Decimal,
    /// From this day on.
    pub valid_from: Date,
}
