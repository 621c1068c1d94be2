//! The catalogue as the counter uses it: looked up by row, found by typed words.
use std::sync::Arc;

use super::dimension::listing::{Listing, Listings};
use crate::domain::catalogue::{Catalogue, CatalogueChanges, Doctor, Drug};
use crate::domain::dimension::Dimension;
use crate::domain::search::{SearchIndex, SearchRow};

/// Catalogue and search, always of the same rows.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    catalogue: Catalogue,
    drugs: SearchIndex,
    doctors: SearchIndex,
    listings: Listings,
}

/// Of the same database at the same change number.
impl PartialEq for Shelf {
    fn eq(&self, other: &Self) -> bool {
        self.catalogue.version() == other.catalogue.version()
    }
}

/// A row's key in the search; rows are numbered from 1 and never reach the end of it.
fn key(id: i64) -> u32 {
    u32::try_from(id).unwrap_or(u32::MAX)
}

impl Shelf {
    /// Takes in what changed.
    pub fn apply(&mut self, changes: CatalogueChanges) {
        if changes.full {
            *self = Self::default();
        }
        for drug in &changes.drugs {
            self.find_drug_by(drug);
        }
        for doctor in &changes.doctors {
            self.find_doctor_by(doctor);
        }
        self.listings.apply(&changes);
        self.catalogue.apply(changes);
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
        self.catalogue.doctor(i64::from(key))
    }
}
