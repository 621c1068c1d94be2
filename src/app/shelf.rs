//! The catalogue as the counter uses it: looked up by row, found by typed words.
use std::collections::HashSet;
use std::sync::Arc;

use super::dimension::listing::{Listing, Listings};
use crate::domain::catalogue::{Catalogue, CatalogueChanges, Doctor, Drug};
use crate::domain::dimension::Dimension;
use crate::domain::prescriber::NewDoctor;
use crate::domain::scan;
use crate::domain::search::{SearchIndex, SearchRow};

/// What bears a scanned code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bearer {
    /// That pack of a drug.
    Pack(Arc<Drug>, usize),
    /// A drug that is no longer sold.
    Inactive(Arc<Drug>),
    /// More than one drug: a scan never guesses.
    Several,
}

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

    /// What bears exactly this code, in any of the ways in which it is written; none: nothing does.
    pub fn bearer(&self, code: &str) -> Option<Bearer> {
        let ways = scan::equivalents(code);
        let mut several = false;
        let mut found: Option<(Arc<Drug>, usize)> = None;
        for way in &ways {
            several |= self.drugs.is_shared(way);
            let Some(hit) = self.drugs.exact_code(way) else {
                continue;
            };
            let Some(drug) = self.drug(hit.key) else { continue };
            match &found {
                Some((other, _)) if other.id != drug.id => several = true,
                // A code on one of its packs means the pack.
                Some((_, pack)) if *pack != 0 => {}
                _ => found = Some((Arc::clone(drug), hit.pack.unwrap_or(0))),
            }
        }
        match found {
            _ if several => Some(Bearer::Several),
            Some((drug, pack)) => Some(Bearer::Pack(drug, pack)),
            None => {
                let mut known = ways.iter().filter_map(|way| self.catalogue.by_code(way));
                let inactive = known.find(|(drug, _)| !drug.active);
                inactive.map(|(drug, _)| Bearer::Inactive(Arc::clone(drug)))
            }
        }
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
