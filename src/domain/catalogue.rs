//! What a till knows of drugs, prices, prescribers, staff, outlets, tenders and taxes: kept in memory and on its disk,
//! refreshed by what changed.
mod changes;
mod drug;
mod lookup;
mod rows;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;
use uuid::Uuid;

use super::dimension::{DOCTOR, Record, prescriber_key};
use super::name::fold;

pub use changes::CatalogueChanges;
pub use drug::{Drug, Pack, Price, is_measured};
pub use lookup::LookupError;
pub use rows::{Doctor, Employee, Outlet, TaxRate, Tender};

/// All of it, ready to be looked up. Cloning shares the rows.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    epoch: Uuid,
    n: i64,
    drugs: HashMap<i64, Arc<Drug>>,
    /// Folded code of a drug or pack to the drug and the pack's position; a drug's own code means its base unit.
    codes: HashMap<String, (i64, usize)>,
    doctors: HashMap<i64, Arc<Doctor>>,
    employees: HashMap<i64, Arc<Employee>>,
    outlets: HashMap<i64, Arc<Outlet>>,
    tenders: HashMap<i64, Arc<Tender>>,
    taxes: Vec<TaxRate>,
}

/// The rows of a map in a settled order.
fn in_order<T, K: Ord>(rows: &HashMap<i64, Arc<T>>, key: impl Fn(&T) -> K) -> Vec<Arc<T>> {
    let mut rows: Vec<_> = rows.values().cloned().collect();
    rows.sort_by_cached_key(|row| key(row));
    rows
}

impl Catalogue {
    /// The epoch and number up to which it knows the changes.
    pub fn version(&self) -> (Uuid, i64) {
        (self.epoch, self.n)
    }

    /// Takes in what changed.
    pub fn apply(&mut self, changes: CatalogueChanges) {
        if changes.full {
            *self = Self::default();
        }
        self.epoch = changes.epoch;
        self.n = changes.n;
        for drug in changes.drugs {
            self.put_drug(drug);
        }
        self.doctors
            .extend(changes.doctors.into_iter().map(|row| (row.id, Arc::new(row))));
        self.employees
            .extend(changes.employees.into_iter().map(|row| (row.id, Arc::new(row))));
        self.outlets
            .extend(changes.outlets.into_iter().map(|row| (row.id, Arc::new(row))));
        self.tenders
            .extend(changes.tenders.into_iter().map(|row| (row.id, Arc::new(row))));
        if !changes.taxes.is_empty() {
            self.taxes = changes.taxes;
        }
    }

    fn put_drug(&mut self, drug: Drug) {
        if let Some(old) = self.drugs.get(&drug.id) {
            for (code, _) in codes_of(old) {
                // A code that another drug took over in the same answer is the other's by now.
                if self.codes.get(&code).is_some_and(|(owner, _)| *owner == drug.id) {
                    self.codes.remove(&code);
                }
            }
        }
        for (code, pack) in codes_of(&drug) {
            self.codes.insert(code, (drug.id, pack));
        }
        self.drugs.insert(drug.id, Arc::new(drug));
    }

    /// The drug in row `id`.
    pub fn drug(&self, id: i64) -> Option<&Arc<Drug>> {
        self.drugs.get(&id)
    }

    /// All drugs, in no order.
    pub fn drugs(&self) -> impl ExactSizeIterator<Item = &Arc<Drug>> {
        self.drugs.values()
    }

    /// The drug and pack that bear exactly this code, active or not.
    pub fn by_code(&self, code: &str) -> Option<(&Arc<Drug>, usize)> {
        let (id, pack) = self.codes.get(&fold(code))?;
        self.drugs.get(id).map(|drug| (drug, *pack))
    }

    /// The prescribers, without the "none" row, which has the nil UUID.
    fn prescribers(&self) -> impl Iterator<Item = &Arc<Doctor>> {
        self.doctors.values().filter(|row| !row.uuid.is_nil())
    }

    /// The prescriber whom a new row would be once more, by number, or by name and phone; the survivor of a merged one.
    pub fn same_prescriber(&self, wanted: &Record) -> Option<&Arc<Doctor>> {
        let key = DOCTOR.natural_key(wanted);
        let mut known = self.prescribers().find(|row| {
            let own = prescriber_key(&row.registration_number, &row.name, &row.phone_number);
            own == key && row.uuid != wanted.uuid
        })?;
        // As many steps as there are rows: no circle is followed for ever.
        for _ in 0..self.doctors.len() {
            match known.merged_into.and_then(|id| self.doctors.get(&id)) {
                Some(survivor) => known = survivor,
                None => break,
            }
        }
        Some(known)
    }

    /// Forgets the prescriber in row `id`.
    pub fn forget_doctor(&mut self, id: i64) {
        self.doctors.remove(&id);
    }

    /// The prescriber in row `id`.
    pub fn doctor(&self, id: i64) -> Option<&Arc<Doctor>> {
        self.doctors.get(&id)
    }

    /// The employee in row `id`.
    pub fn employee(&self, id: i64) -> Option<&Arc<Employee>> {
        self.employees.get(&id)
    }

    /// The outlet in row `id`.
    pub fn outlet(&self, id: i64) -> Option<&Arc<Outlet>> {
        self.outlets.get(&id)
    }

    /// All prescribers by name.
    pub fn doctors(&self) -> Vec<Arc<Doctor>> {
        let mut rows: Vec<_> = self.prescribers().cloned().collect();
        rows.sort_by_cached_key(|row| (fold(&row.name), row.id));
        rows
    }

    /// All staff by name.
    pub fn employees(&self) -> Vec<Arc<Employee>> {
        in_order(&self.employees, |row| (fold(&row.name), row.id))
    }

    /// All outlets by name.
    pub fn outlets(&self) -> Vec<Arc<Outlet>> {
        in_order(&self.outlets, |row| (fold(&row.name), row.id))
    }

    /// All tenders that are taken, in their rows' order: cash first. What cash is rounded by is not handed over.
    pub fn tenders(&self) -> Vec<Arc<Tender>> {
        let rounding = Tender::rounding_id();
        in_order(&self.tenders, |row| row.id)
            .into_iter()
            .filter(|row| row.active && row.uuid != rounding)
            .collect()
    }

    /// The tender that bears what cash is rounded by; none where the office has put it off, or the store is older.
    pub fn rounding(&self) -> Option<Arc<Tender>> {
        let id = Tender::rounding_id();
        let mut tenders = self.tenders.values();
        tenders.find(|row| row.active && row.uuid == id).cloned()
    }

    /// The tax of `code` on `date`.
    pub fn tax(&self, code: &str, date: Date) -> Option<&TaxRate> {
        self.taxes
            .iter()
            .filter(|tax| tax.code == code && tax.valid_from <= date)
            .max_by_key(|tax| tax.valid_from)
    }

    /// Whether nobody set it up yet: no outlet, no staff or no drug.
    pub fn is_bare(&self) -> bool {
        self.outlets.is_empty() || self.employees.is_empty() || self.drugs.is_empty()
    }
}

fn codes_of(drug: &Drug) -> Vec<(String, usize)> {
    let packs = drug
        .packs
        .iter()
        .enumerate()
        .filter_map(|(at, pack)| pack.code.as_deref().map(|code| (fold(code), at)));
    packs.chain([(fold(&drug.code), 0)]).collect()
}
