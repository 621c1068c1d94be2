//! What the store says to a till that knows an older state.
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Doctor, Drug, Employee, Outlet, TaxRate, Tender};

/// What changed since a change number; or, if `full`, all there is (PATH 3.7).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueChanges {
    /// The numbers' epoch: another epoch is another database.
    pub epoch: Uuid,
    /// The last change number in this answer.
    pub n: i64,
    /// Whether it replaces everything.
    pub full: bool,
    /// Drugs.
    pub drugs: Vec<Drug>,
    /// Prescribers.
    pub doctors: Vec<Doctor>,
    /// Staff.
    pub employees: Vec<Employee>,
    /// Outlets.
    pub outlets: Vec<Outlet>,
    /// Tenders.
    pub tenders: Vec<Tender>,
    /// Taxes, always all of them.
    pub taxes: Vec<TaxRate>,
}

impl CatalogueChanges {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        !self.full
            && self.drugs.is_empty()
            && self.doctors.is_empty()
            && self.employees.is_empty()
            && self.outlets.is_empty()
            && self.tenders.is_empty()
            && self.taxes.is_empty()
    }
}
