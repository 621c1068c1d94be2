//! A prescriber who was added at a till: known there at once, uploaded before the first sale that names them, and
//! unconfirmed until the office has looked (COUNTER 1.7).
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::catalogue::Doctor;
use super::dimension::{Author, DOCTOR, Record};

/// What the till knows of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDoctor {
    /// Made at the till; sales name them by it from the first.
    pub uuid: Uuid,
    /// As on the prescription.
    pub name: String,
    /// Of the medical board; empty: name and phone tell who they are.
    pub registration_number: String,
    /// Phone.
    pub phone_number: String,
    /// The clinic: where the practice is.
    pub region: String,
    /// Who added them, in words.
    pub by: String,
    /// The row of that employee, where one was known to sell.
    pub employee: Option<i64>,
    /// The till.
    pub till: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl NewDoctor {
    /// Of a checked record of the dimension.
    pub fn of(record: &Record, by: &Author, at: Timestamp) -> Self {
        let value = |name| record.value(&DOCTOR, name).to_owned();
        Self {
            uuid: record.uuid,
            name: value("name"),
            registration_number: value("registration_number"),
            phone_number: value("phone_number"),
            region: value("region"),
            by: by.name.clone(),
            employee: by.employee,
            till: by.till.clone(),
            at,
        }
    }

    /// Who added them, for the history of the row.
    pub fn author(&self) -> Author {
        Author {
            name: self.by.clone(),
            employee: self.employee,
            till: self.till.clone(),
        }
    }

    /// As a row of the dimension.
    pub fn record(&self) -> Record {
        let mut record = DOCTOR.blank(self.uuid);
        for (field, value) in [
            ("name", &self.name),
            ("registration_number", &self.registration_number),
            ("phone_number", &self.phone_number),
            ("region", &self.region),
        ] {
            record.set(&DOCTOR, field, value);
        }
        record
    }

    /// As the catalogue lists them until the store's own row is known: `position` counts those of this till from 0, and
    /// their rows are below 0, where the store has none.
    pub fn listed(&self, position: usize) -> Doctor {
        Doctor {
            id: -1 - i64::try_from(position).unwrap_or(i64::MAX - 1),
            uuid: self.uuid,
            name: self.name.clone(),
            registration_number: self.registration_number.clone(),
            specialization: String::new(),
            phone_number: self.phone_number.clone(),
            email: String::new(),
            region: self.region.clone(),
            confirmed: false,
            merged_into: None,
            active: true,
        }
    }
}
