//! What a till knows of drugs, prices, prescribers, staff, outlets, tenders and taxes: kept in memory and on its disk,
//! refreshed by what changed.
use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::money::{Currency, Money, Quantity};
use super::name::fold;
use super::sale::{OutletParty, Party};

/// The prices of a pack: the narrowest valid one wins (COUNTER 1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The outlet whose price it is; none: every outlet's.
    pub outlet: Option<i64>,
    /// The list it belongs to; empty: every list.
    pub list: String,
    /// From this business day on.
    pub valid_from: Date,
    /// For one pack, tax included.
    pub amount: Money,
}

/// A unit in which a drug is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// Row of `drug_pack`.
    pub id: i64,
    /// Such as "tab" or "strip 10".
    pub name: String,
    /// Base units in one.
    pub factor: Quantity,
    /// The code printed on it.
    pub code: Option<String>,
    /// Whether it is the one offered first.
    pub offer_first: bool,
    /// Its prices.
    pub prices: Vec<Price>,
}

impl Pack {
    /// The price at `outlet` on `date`: one of the outlet before one of all, then the latest that is valid.
    pub fn price(&self, outlet: i64, date: Date) -> Option<Money> {
        self.prices
            .iter()
            .filter(|price| {
                price.list.is_empty() && price.valid_from <= date && price.outlet.is_none_or(|id| id == outlet)
            })
            .max_by_key(|price| (price.outlet.is_some(), price.valid_from))
            .map(|price| price.amount)
    }
}

/// A drug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drug {
    /// Row of `dim_drug`.
    pub id: i64,
    /// The row's lasting id.
    pub uuid: Uuid,
    /// NDC, GTIN or own.
    pub code: String,
    /// As on the box.
    pub name: String,
    /// The substance.
    pub generic_name: String,
    /// Such as "500 mg".
    pub strength: String,
    /// Such as "tablet".
    pub form: String,
    /// What stock counts.
    pub base_unit: String,
    /// The tax code.
    pub tax_code: String,
    /// Whether a prescriber is wanted.
    pub prescription_only: bool,
    /// Base units that one sale may hold at most, for a controlled drug.
    pub controlled_limit: Option<Quantity>,
    /// Whether it is sold.
    pub active: bool,
    /// The base unit first, then the others.
    pub packs: Vec<Pack>,
}

/// Units that can be divided; all others are counted whole.
const MEASURED_UNITS: [&str; 8] = ["ml", "l", "g", "kg", "mg", "m", "cm", "litre"];

/// Whether half a `base_unit` makes sense.
pub fn is_measured(base_unit: &str) -> bool {
    MEASURED_UNITS.contains(&fold(base_unit).as_str())
}

impl Drug {
    /// Name and strength, as sold and printed; the strength once.
    pub fn label(&self) -> String {
        if self.strength.is_empty() || fold(&self.name).contains(&fold(&self.strength)) {
            self.name.clone()
        } else {
            format!("{} {}", self.name, self.strength)
        }
    }

    /// Whether half a base unit makes sense.
    pub fn divisible(&self) -> bool {
        is_measured(&self.base_unit)
    }

    /// The position of the pack called `unit`; of the base unit for none.
    pub fn pack_named(&self, unit: Option<&str>) -> Option<usize> {
        let Some(unit) = unit else {
            return (!self.packs.is_empty()).then_some(0);
        };
        self.packs.iter().position(|pack| fold(&pack.name) == fold(unit))
    }

    /// The position of the pack offered first.
    pub fn first_offered(&self) -> usize {
        self.packs.iter().position(|pack| pack.offer_first).unwrap_or(0)
    }
}

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
    /// Whether new sales may name them.
    pub active: bool,
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
    /// Whether it is taken.
    pub active: bool,
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
            self.tenders.values().filter(|row| fold(&row.name) == wanted),
            |row| row.active,
            "tender",
            text,
            "name",
        )
    }

    /// The prescribers, without the "none" row, which has the nil UUID.
    fn prescribers(&self) -> impl Iterator<Item = &Arc<Doctor>> {
        self.doctors.values().filter(|row| !row.uuid.is_nil())
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

    /// All tenders that are taken, in their rows' order: cash first.
    pub fn tenders(&self) -> Vec<Arc<Tender>> {
        in_order(&self.tenders, |row| row.id)
            .into_iter()
            .filter(|row| row.active)
            .collect()
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

impl From<&Employee> for Party {
    fn from(row: &Employee) -> Self {
        Self {
            id: row.uuid,
            name: row.name.clone(),
        }
    }
}

impl From<&Doctor> for Party {
    fn from(row: &Doctor) -> Self {
        Self {
            id: row.uuid,
            name: row.name.clone(),
        }
    }
}
