//! Rows by what a person or another program calls them.
use std::collections::HashMap;
use std::sync::Arc;

use super::{Catalogue, Doctor, Drug, Employee, Outlet, Tender};
use crate::domain::name::fold;

/// Why a word names no row, in words for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// Nothing has that name or code.
    #[error("no {what} is called “{text}”")]
    None {
        /// What was looked for.
        what: &'static str,
        /// The words.
        text: String,
    },
    /// More than one has it.
    #[error("{count} {what}s are called “{text}”: give the {instead} instead")]
    Several {
        /// What was looked for.
        what: &'static str,
        /// The words.
        text: String,
        /// How many there are.
        count: usize,
        /// What tells them apart.
        instead: &'static str,
    },
    /// It was deactivated.
    #[error("{what} “{text}” is not active")]
    Inactive {
        /// What was looked for.
        what: &'static str,
        /// The words.
        text: String,
    },
}

impl Catalogue {
    /// The drug called by code, row number or exact name, and the pack that the code stands for.
    ///
    /// # Errors
    /// When none or several are, or it is not active.
    pub fn find_drug(&self, text: &str) -> Result<(Arc<Drug>, usize), LookupError> {
        let found = self.by_code(text).map(|(drug, pack)| (drug.clone(), pack)).or_else(|| {
            text.parse()
                .ok()
                .and_then(|id| self.drugs.get(&id))
                .map(|drug| (drug.clone(), 0))
        });
        if let Some((drug, pack)) = found {
            return if drug.active {
                Ok((drug, pack))
            } else {
                Err(LookupError::Inactive {
                    what: "drug",
                    text: text.to_owned(),
                })
            };
        }
        let wanted = fold(text);
        let named = |drug: &&Arc<Drug>| fold(&drug.name) == wanted || fold(&drug.label()) == wanted;
        only(
            self.drugs.values().filter(named),
            |drug| drug.active,
            "drug",
            text,
            "code",
        )
        .map(|drug| (drug, 0))
    }

    /// The employee called by exact name, phone number, UUID or row number.
    ///
    /// # Errors
    /// When none or several are, or they are not active.
    pub fn find_employee(&self, text: &str) -> Result<Arc<Employee>, LookupError> {
        let wanted = fold(text);
        let named = |row: &&Arc<Employee>| {
            fold(&row.name) == wanted || row.phone_number == text || row.uuid.to_string() == wanted
        };
        let found = only(
            self.employees.values().filter(named),
            |row| row.active,
            "employee",
            text,
            "phone number or id",
        );
        by_number(found, &self.employees, text, |row| row.active)
    }

    /// The prescriber called by exact name, registration number, UUID or row number.
    ///
    /// # Errors
    /// When none or several are, or they are not active.
    pub fn find_doctor(&self, text: &str) -> Result<Arc<Doctor>, LookupError> {
        let wanted = fold(text);
        let named = |row: &&Arc<Doctor>| {
            fold(&row.name) == wanted
                || (!wanted.is_empty() && fold(&row.registration_number) == wanted)
                || row.uuid.to_string() == wanted
        };
        let found = only(
            self.prescribers().filter(named),
            |row| row.active,
            "doctor",
            text,
            "registration number or id",
        );
        by_number(found, &self.doctors, text, |row| row.active && !row.uuid.is_nil())
    }

    /// The outlet called by exact name or row number.
    ///
    /// # Errors
    /// When none is, or it is not active.
    pub fn find_outlet(&self, text: &str) -> Result<Arc<Outlet>, LookupError> {
        let wanted = fold(text);
        let found = only(
            self.outlets.values().filter(|row| fold(&row.name) == wanted),
            |row| row.active,
            "outlet",
            text,
            "id",
        );
        by_number(found, &self.outlets, text, |row| row.active)
    }

    /// The tender called `text`.
    ///
    /// # Errors
    /// When none is, or it is not taken.
    pub fn find_tender(&self, text: &str) -> Result<Arc<Tender>, LookupError> {
        let wanted = fold(text);
        only(
            self.tenders
                .values()
                .filter(|row| fold(&row.name) == wanted && row.uuid != Tender::rounding_id()),
            |row| row.active,
            "tender",
            text,
            "name",
        )
    }
}

fn only<'a, T: 'a>(
    found: impl Iterator<Item = &'a Arc<T>>,
    active: impl Fn(&T) -> bool,
    what: &'static str,
    text: &str,
    instead: &'static str,
) -> Result<Arc<T>, LookupError> {
    let (on, off): (Vec<_>, Vec<_>) = found.partition(|row| active(row));
    match (on.as_slice(), off.is_empty()) {
        ([one], _) => Ok(Arc::clone(one)),
        ([], true) => Err(LookupError::None {
            what,
            text: text.to_owned(),
        }),
        ([], false) => Err(LookupError::Inactive {
            what,
            text: text.to_owned(),
        }),
        (several, _) => Err(LookupError::Several {
            what,
            text: text.to_owned(),
            count: several.len(),
            instead,
        }),
    }
}

/// `found`, or else the active row whose number is `text`.
fn by_number<T>(
    found: Result<Arc<T>, LookupError>,
    rows: &HashMap<i64, Arc<T>>,
    text: &str,
    active: impl Fn(&T) -> bool,
) -> Result<Arc<T>, LookupError> {
    found.or_else(
        |error| match (&error, text.parse::<i64>().ok().and_then(|id| rows.get(&id))) {
            (LookupError::None { .. }, Some(row)) if active(row) => Ok(Arc::clone(row)),
            _ => Err(error),
        },
    )
}
