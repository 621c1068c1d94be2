//! The catalogue as the counter uses it: looked up by row, found by typed words.
use std::collections::HashSet;
use std::sync::Arc;

use super::dimension::listing::{Listing, Listings};
use crate::domain::catalogue::{Catalogue, CatalogueChanges, Doctor, Drug};
use crate::domain::dimension::Dimension;
use crate::domain::prescriber::NewDoctor;
use crate::domain::search::{SearchIndex, SearchRow};

/// Catalogue and search, always of the same rows.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    catalogue: Catalogue,
    drugs: SearchIndex,
    doctors: SearchIndex,
    listings: Listings,
    /// Prescribers who were added at this till, oldest first.
    own: Vec<NewDoctor>,
}

/// Of the same database at the same change number, with the same prescribers of this till's own.
impl PartialEq for Shelf {
    fn eq(&self, other: &Self) -> bool {
        self.catalogue.version() == other.catalogue.version() && self.own.len() == other.own.len()
    }
}

/// Keys from here on count back from the end: rows of this till's own, whose numbers are below 0.
const OWN_KEYS: u32 = u32::MAX / 2;

/// A row's key in the search. The store's rows are numbered from 1 and never reach [`OWN_KEYS`].
fn key(id: i64) -> u32 {
    u32::try_from(id).unwrap_or_else(|_| u32::MAX - u32::try_from(id.unsigned_abs()).unwrap_or(0))
}

/// The row of a key.
fn row(key: u32) -> i64 {
    if key > OWN_KEYS {
        -i64::from(u32::MAX - key)
    } else {
        i64::from(key)
    }
}

impl Shelf {
    /// Takes in what changed.
    pub fn apply(&mut self, changes: CatalogueChanges) {
        if changes.full {
            *self = Self {
                own: std::mem::take(&mut self.own),
                ..Self::default()
            };
        }
        self.put(changes);
        self.list_own();
    }

    fn put(&mut self, changes: CatalogueChanges) {
        for drug in &changes.drugs {
            self.find_drug_by(drug);
        }
        for doctor in &changes.doctors {
            self.find_doctor_by(doctor);
        }
        self.listings.apply(&changes);
        self.catalogue.apply(changes);
    }

    /// The prescribers who were added at this till: more may follow, none goes.
    pub fn set_own(&mut self, own: Vec<NewDoctor>) {
        self.own = own;
        self.list_own();
    }

    /// Those of this till's own are listed until the store's row of them is.
    fn list_own(&mut self) {
        if self.own.is_empty() {
            return;
        }
        let known: HashSet<_> = self
            .catalogue
            .doctors()
            .iter()
            .filter(|row| row.id > 0)
            .map(|row| row.uuid)
            .collect();
        let (epoch, n) = self.catalogue.version();
        let mut changes = CatalogueChanges {
            epoch,
            n,
            ..CatalogueChanges::default()
        };
        for (position, doctor) in self.own.iter().enumerate() {
            let listed = doctor.listed(position);
            let is_listed = self.catalogue.doctor(listed.id).is_some();
            match (known.contains(&listed.uuid), is_listed) {
                (true, true) => {
                    self.doctors.remove(key(listed.id));
                    self.listings.forget_doctor(listed.id);
                    self.catalogue.forget_doctor(listed.id);
                }
                (false, false) => changes.doctors.push(listed),
                (true, false) | (false, true) => {}
            }
        }
        self.put(changes);
    }

    fn find_drug_by(&mut self, drug: &Drug) {
        if !drug.active {
            self.drugs.remove(key(drug.id));
            return;
        }
        self.drugs.put(&SearchRow {
            key: key(drug.id),
            code: &drug.code,
            pack_codes: drug
                .packs
                .iter()
                .map(|pack| pack.code.as_deref().unwrap_or_default())
                .collect(),
            name: &drug.name,
            generic_name: &drug.generic_name,
            strength: &drug.strength,
        });
    }

    fn find_doctor_by(&mut self, doctor: &Doctor) {
        if !doctor.active || doctor.uuid.is_nil() {
            self.doctors.remove(key(doctor.id));
            return;
        }
        self.doctors.put(&SearchRow {
            key: key(doctor.id),
            code: &doctor.registration_number,
            pack_codes: Vec::new(),
            name: &doctor.name,
            generic_name: &doctor.specialization,
            strength: &doctor.region,
        });
    }

    /// What is known.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// All rows of a dimension by name.
    pub fn listing(&self, dimension: Dimension) -> &Listing {
        self.listings.of(dimension)
    }

    /// Drugs by typed words or code; only those that are sold.
    pub fn drug_search(&self) -> &SearchIndex {
        &self.drugs
    }

    /// Prescribers by typed words or registration number; only those that may be named.
    pub fn doctor_search(&self) -> &SearchIndex {
        &self.doctors
    }

    /// The drug of a key of the search.
    pub fn drug(&self, key: u32) -> Option<&Arc<Drug>> {
        self.catalogue.drug(i64::from(key))
    }

    /// The prescriber of a key of the search.
    pub fn doctor(&self, key: u32) -> Option<&Arc<Doctor>> {
        self.catalogue.doctor(row(key))
    }
}
