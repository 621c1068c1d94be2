//! The four dimensions as tables of fields: what a form asks, what an import reads, how each value is checked.
//!
//! A new dimension is an entry here and a migration, not a new screen.
mod field;
mod history;
mod specs;

pub use field::{FieldKind, FieldSpec};
pub use history::{Author, History, HistoryLine, PAY, RowChange};
pub use specs::{DOCTOR, DRUG, EMPLOYEE, OUTLET, ROLES};

use std::str::FromStr as _;

use uuid::Uuid;

use super::catalogue::is_measured;
use super::money::Quantity;
use super::name::{fold, fold_phone};

/// One of the four dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// What is sold.
    Drug,
    /// Who prescribes.
    Doctor,
    /// Who sells.
    Employee,
    /// Where.
    Outlet,
}

impl Dimension {
    /// All, in the order of their screens.
    pub const ALL: [Self; 4] = [Self::Drug, Self::Doctor, Self::Employee, Self::Outlet];

    /// Its table of fields.
    pub fn spec(self) -> &'static DimensionSpec {
        match self {
            Self::Drug => &DRUG,
            Self::Doctor => &DOCTOR,
            Self::Employee => &EMPLOYEE,
            Self::Outlet => &OUTLET,
        }
    }
}

/// What a dimension consists of.
#[derive(Debug)]
pub struct DimensionSpec {
    /// Which it is.
    pub dimension: Dimension,
    /// The screen's title, such as "Drugs".
    pub title: &'static str,
    /// One row, such as "drug".
    pub one: &'static str,
    /// Its table in the star schema.
    pub table: &'static str,
    /// Its fields, in the order of the form.
    pub fields: &'static [FieldSpec],
}

impl DimensionSpec {
    /// The position of the field called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// A row with every field at its initial value.
    pub fn blank(&self, uuid: Uuid) -> Record {
        Record {
            id: None,
            uuid,
            version: 0,
            active: true,
            values: self.fields.iter().map(|field| field.initial.to_owned()).collect(),
            withheld: None,
        }
    }

    /// Checks every field and what they must be together, and brings each to the form in which it is kept.
    ///
    /// # Errors
    /// Every fault, with the field's position.
    pub fn check(&self, record: &Record) -> Result<Record, Vec<FieldFault>> {
        let mut checked = record.clone();
        let mut faults = Vec::new();
        for (position, (field, value)) in self.fields.iter().zip(&mut checked.values).enumerate() {
            match field.check(value) {
                Ok(kept) => *value = kept,
                Err(fault) => faults.push(FieldFault { position, fault }),
            }
        }
        faults.extend(self.check_together(&checked));
        if faults.is_empty() { Ok(checked) } else { Err(faults) }
    }

    fn check_together(&self, record: &Record) -> Vec<FieldFault> {
        let value = |name: &str| record.value(self, name);
        let fault = |name: &str, fault: &str| {
            self.position(name).map(|position| FieldFault {
                position,
                fault: fault.to_owned(),
            })
        };
        let mut faults = Vec::new();
        match self.dimension {
            Dimension::Doctor if value("registration_number").is_empty() && value("phone_number").is_empty() => {
                faults.extend(fault(
                    "registration_number",
                    "give the registration number, or the phone number: two may bear one name",
                ));
            }
            Dimension::Drug => {
                const PACK: [&str; 3] = ["pack_name", "pack_units", "pack_price"];
                if PACK.iter().all(|part| value(part).is_empty()) {
                    if !value("pack_code").is_empty() {
                        faults.extend(fault("pack_name", "a pack with a code needs a name"));
                    }
                } else if let Some(missing) = PACK.into_iter().find(|part| value(part).is_empty()) {
                    faults.extend(fault(missing, "a pack needs its name, its units and its price"));
                } else if fold(value("pack_name")) == fold(value("base_unit")) {
                    faults.extend(fault("pack_name", "that is the base unit already"));
                }
                if !value("pack_code").is_empty() && fold(value("pack_code")) == fold(value("code")) {
                    faults.extend(fault("pack_code", "the drug's own code sells one base unit already"));
                }
                let unit = value("base_unit");
                if !is_measured(unit) {
                    for name in ["pack_units", "quantity_supplied", "controlled_limit"] {
                        let whole = Quantity::from_str(value(name)).map_or(true, Quantity::is_whole);
                        if !whole {
                            faults.extend(fault(name, &format!("a {unit} is counted whole")));
                        }
                    }
                }
            }
            _ => {}
        }
        faults
    }

    /// The folded key by which two rows are the same row (PATH 3.8).
    pub fn natural_key(&self, record: &Record) -> String {
        let value = |name: &str| record.value(self, name);
        match self.dimension {
            Dimension::Drug => fold(value("code")),
            Dimension::Outlet => fold(value("name")),
            Dimension::Employee => format!("{}|{}", fold(value("name")), fold_phone(value("phone_number"))),
            Dimension::Doctor => {
                let [number, name, phone] = ["registration_number", "name", "phone_number"].map(value);
                prescriber_key(number, name, phone)
            }
        }
    }
}

/// Of one registration number two prescribers are one; without a number, of one name and phone.
pub fn prescriber_key(number: &str, name: &str, phone: &str) -> String {
    match fold(number) {
        none if none.is_empty() => format!("np:{}|{}", fold(name), fold_phone(phone)),
        number => format!("reg:{number}"),
    }
}

/// A row of a dimension as a form or an import sees it: text in each field, in the order of the spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The store's number of the row; none before it was saved.
    pub id: Option<i64>,
    /// The row's lasting id, made where the row was made.
    pub uuid: Uuid,
    /// Goes up with every change; a save names the version that it changes.
    pub version: i64,
    /// Deactivated rows stay, but nothing new refers to them.
    pub active: bool,
    /// A text for each field of the spec.
    pub values: Vec<String>,
    /// The position of a field that whoever read the row may not see: its value is unknown, not empty.
    pub withheld: Option<usize>,
}

impl Record {
    /// The value of the field called `name`; empty where the spec has none.
    pub fn value(&self, spec: &DimensionSpec, name: &str) -> &str {
        spec.position(name)
            .and_then(|at| self.values.get(at))
            .map_or("", String::as_str)
    }

    /// Sets the field called `name`, where the spec has it.
    pub fn set(&mut self, spec: &DimensionSpec, name: &str, value: impl Into<String>) {
        if let Some(slot) = spec.position(name).and_then(|at| self.values.get_mut(at)) {
            *slot = value.into();
        }
    }
}

/// What is wrong with a field, in words that say what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's position in the spec.
    pub position: usize,
    /// The words.
    pub fault: String,
}

/// One field that somebody else changed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's position in the spec.
    pub position: usize,
    /// As it was when the form was opened.
    pub before: String,
    /// As it is in the store now.
    pub now: String,
    /// As the form wants it.
    pub wanted: String,
}

/// What others changed in a row between `opened` and `current`, beside what the form `wanted`.
pub fn changes(opened: &Record, current: &Record, wanted: &Record) -> Vec<FieldChange> {
    opened
        .values
        .iter()
        .zip(&current.values)
        .zip(&wanted.values)
        .enumerate()
        .filter(|(_, ((before, now), _))| before != now)
        .map(|(position, ((before, now), wanted))| FieldChange {
            position,
            before: before.clone(),
            now: now.clone(),
            wanted: wanted.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlet(name: &str) -> Record {
        let mut record = OUTLET.blank(Uuid::nil());
        record.set(&OUTLET, "name", name);
        record.set(&OUTLET, "region", "Nairobi");
        record
    }

    #[test]
    fn an_outlet_name_of_51_letters_is_refused_and_says_how_long_it_may_be() {
        assert!(OUTLET.check(&outlet(&"a".repeat(50))).is_ok());
        let faults = OUTLET.check(&outlet(&"a".repeat(51))).unwrap_err();
        assert!(faults[0].fault.contains("50"), "{faults:?}");
    }

    #[test]
    fn a_phone_number_of_12_digits_is_kept_whole() {
        let mut employee = EMPLOYEE.blank(Uuid::nil());
        employee.set(&EMPLOYEE, "name", "John");
        employee.set(&EMPLOYEE, "phone_number", "254712345678");
        let kept = EMPLOYEE.check(&employee).unwrap();
        assert_eq!(kept.value(&EMPLOYEE, "phone_number"), "254712345678");
    }

    #[test]
    fn two_spellings_of_an_outlet_are_one_outlet() {
        assert_eq!(
            OUTLET.natural_key(&outlet("mirema MEDS ")),
            OUTLET.natural_key(&outlet("Mirema meds"))
        );
    }

    #[test]
    fn two_employees_of_one_name_are_told_apart_by_phone() {
        let mut a = EMPLOYEE.blank(Uuid::nil());
        a.set(&EMPLOYEE, "name", "John");
        a.set(&EMPLOYEE, "phone_number", "0712 345 678");
        let mut b = a.clone();
        b.set(&EMPLOYEE, "phone_number", "0712 345 679");
        assert_ne!(EMPLOYEE.natural_key(&a), EMPLOYEE.natural_key(&b));
    }

    #[test]
    fn a_doctor_needs_a_registration_number_or_a_phone() {
        let mut doctor = DOCTOR.blank(Uuid::nil());
        doctor.set(&DOCTOR, "name", "Mwabili");
        assert!(DOCTOR.check(&doctor).is_err());
        doctor.set(&DOCTOR, "registration_number", "A1234");
        assert!(DOCTOR.check(&doctor).is_ok());
    }

    #[test]
    fn half_a_tablet_is_no_pack_no_supply_and_no_limit_but_half_a_millilitre_is() {
        let mut drug = DRUG.blank(Uuid::nil());
        for (name, value) in [
            ("code", "1"),
            ("name", "Aspirin"),
            ("price", "1"),
            ("quantity_supplied", "2.5"),
        ] {
            drug.set(&DRUG, name, value);
        }
        drug.set(&DRUG, "base_unit", "tab");
        let faults = DRUG.check(&drug).unwrap_err();
        assert_eq!(faults[0].fault, "a tab is counted whole");
        drug.set(&DRUG, "base_unit", "ml");
        assert!(DRUG.check(&drug).is_ok());
    }

    #[test]
    fn every_initial_value_and_every_spec_is_sound() {
        for dimension in Dimension::ALL {
            let spec = dimension.spec();
            for field in spec.fields {
                assert!(
                    field.initial.is_empty() || field.check(field.initial).as_deref() == Ok(field.initial),
                    "{}",
                    field.name
                );
                assert!(!field.help.is_empty() && !field.label.is_empty());
                assert_eq!(spec.fields.iter().filter(|f| f.name == field.name).count(), 1);
            }
        }
    }

    #[test]
    fn a_conflict_names_what_others_changed() {
        let opened = outlet("A");
        let mut current = opened.clone();
        current.set(&OUTLET, "region", "Coast");
        let mut wanted = opened.clone();
        wanted.set(&OUTLET, "name", "B");
        let told = changes(&opened, &current, &wanted);
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].before.as_str(), told[0].now.as_str(), told[0].wanted.as_str()),
            ("Nairobi", "Coast", "Nairobi")
        );
    }
}
