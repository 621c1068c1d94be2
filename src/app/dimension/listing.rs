//! All rows of a dimension by name, deactivated ones too, and those among them that have typed words.
use std::collections::HashSet;

use super::prescriber;
use crate::domain::catalogue::{CatalogueChanges, Doctor, Drug, Employee, Outlet};
use crate::domain::dimension::Dimension;
use crate::domain::name::{fold, fold_phone};

/// A row as it is sorted and found.
#[derive(Debug, Clone)]
struct Listed {
    id: i64,
    /// Folded: the name, then a line for each of the other words by which it is found.
    text: Box<str>,
}

/// The rows of one dimension, sorted by name.
#[derive(Debug, Clone, Default)]
pub struct Listing(Vec<Listed>);

impl Listing {
    /// The rows that changed, where they belong.
    fn put(&mut self, rows: Vec<Listed>) {
        if rows.is_empty() {
            return;
        }
        let changed: HashSet<i64> = rows.iter().map(|row| row.id).collect();
        self.0.retain(|row| !changed.contains(&row.id));
        self.0.extend(rows);
        self.0.sort_by(|a, b| (&a.text, a.id).cmp(&(&b.text, b.id)));
    }

    /// The ids of the rows that have every typed word somewhere, by name.
    pub fn found(&self, typed: &str) -> Vec<i64> {
        let typed = fold(typed);
        let words: Vec<_> = typed
            .split_whitespace()
            .map(|word| memchr::memmem::Finder::new(word.as_bytes()))
            .collect();
        let has = |row: &&Listed| words.iter().all(|word| word.find(row.text.as_bytes()).is_some());
        self.0.iter().filter(has).map(|row| row.id).collect()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The listings of all dimensions.
#[derive(Debug, Clone, Default)]
pub struct Listings {
    drugs: Listing,
    doctors: Listing,
    employees: Listing,
    outlets: Listing,
}

impl Listings {
    /// Takes in what changed.
    pub fn apply(&mut self, changes: &CatalogueChanges) {
        if changes.full {
            *self = Self::default();
        }
        self.drugs.put(changes.drugs.iter().map(drug).collect());
        let people = changes.doctors.iter().filter(|row| !row.uuid.is_nil());
        self.doctors.put(people.map(doctor).collect());
        self.employees.put(changes.employees.iter().map(employee).collect());
        self.outlets.put(changes.outlets.iter().map(outlet).collect());
    }

    /// Forgets a prescriber's row.
    pub fn forget_doctor(&mut self, id: i64) {
        self.doctors.0.retain(|row| row.id != id);
    }

    /// The rows of a dimension.
    pub fn of(&self, dimension: Dimension) -> &Listing {
        match dimension {
            Dimension::Drug => &self.drugs,
            Dimension::Doctor => &self.doctors,
            Dimension::Employee => &self.employees,
            Dimension::Outlet => &self.outlets,
        }
    }
}

fn listed<'a>(id: i64, name: &str, words: impl IntoIterator<Item = &'a str>) -> Listed {
    let mut text = fold(name);
    for words in words {
        text.push('\n');
        text.push_str(&fold(words));
    }
    Listed { id, text: text.into() }
}

fn drug(row: &Drug) -> Listed {
    let packs = row.packs.iter().filter_map(|pack| pack.code.as_deref());
    let words = [row.strength.as_str(), &row.generic_name, &row.code, &row.form];
    listed(row.id, &row.name, words.into_iter().chain(packs))
}

fn doctor(row: &Doctor) -> Listed {
    let phone = fold_phone(&row.phone_number);
    let words = [
        row.registration_number.as_str(),
        &row.specialization,
        &row.region,
        &phone,
    ];
    listed(row.id, &row.name, words.into_iter().chain(prescriber::word(row)))
}

fn employee(row: &Employee) -> Listed {
    let phone = fold_phone(&row.phone_number);
    listed(row.id, &row.name, [row.role.as_str(), &row.email, &phone])
}

fn outlet(row: &Outlet) -> Listed {
    listed(row.id, &row.name, [row.region.as_str(), &row.address, &row.phone])
}
