//! The sample pharmacy that the welcome screen offers: a first impression must not have a refused row in it.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rxtill::domain::dimension::Dimension;
use rxtill::domain::money::{Money, Quantity};
use rxtill::domain::name::fold;
use uuid::Uuid;

type Row = BTreeMap<String, String>;

fn rows(file: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample").join(file);
    csv::Reader::from_path(path)
        .unwrap()
        .into_deserialize()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// What a drug's row says beside the drug itself.
const BESIDE: [&str; 1] = ["outlet"];

#[test]
fn every_row_of_the_sample_pharmacy_passes_the_checks_of_its_form() {
    for (dimension, file, count) in [
        (Dimension::Outlet, "outlets.csv", 3),
        (Dimension::Employee, "employees.csv", 6),
        (Dimension::Doctor, "doctors.csv", 8),
        (Dimension::Drug, "drugs.csv", 212),
    ] {
        let spec = dimension.spec();
        let mut keys = BTreeSet::new();
        for row in rows(file) {
            let mut record = spec.blank(Uuid::nil());
            for (name, value) in &row {
                assert!(
                    spec.position(name).is_some() || BESIDE.contains(&name.as_str()),
                    "{file}: {name}"
                );
                record.set(spec, name, value);
            }
            let checked = spec
                .check(&record)
                .unwrap_or_else(|faults| panic!("{row:?}: {faults:?}"));
            keys.insert(spec.natural_key(&checked));
        }
        assert_eq!(keys.len(), count, "{file}");
    }
}

#[test]
fn every_sample_drug_is_one_thing_and_every_bar_code_scans() {
    let outlets: BTreeSet<String> = rows("outlets.csv").iter().map(|row| row["name"].clone()).collect();
    let (mut drugs, mut bearers) = (BTreeMap::new(), BTreeMap::new());
    let mut opened = BTreeSet::new();
    for row in rows("drugs.csv") {
        let drug: Vec<&String> = [
            "name",
            "generic_name",
            "strength",
            "form",
            "price",
            "tax_code",
            "prescription_only",
            "controlled_limit",
            "base_unit",
        ]
        .map(|field| &row[field])
        .to_vec();
        let drug: Vec<String> = drug.into_iter().cloned().collect();
        let known = drugs.entry(row["code"].clone()).or_insert_with(|| drug.clone());
        assert_eq!(known, &drug, "the rows of {} differ", row["code"]);
        assert!(["A", "E", "Z"].contains(&row["tax_code"].as_str()));
        for (field, pack) in [("code", ""), ("pack_code", row["pack_name"].as_str())] {
            let code = &row[field];
            if code.is_empty() {
                continue;
            }
            let thing = (row["code"].clone(), pack.to_owned());
            let bearer = bearers.entry(fold(code)).or_insert_with(|| thing.clone());
            assert_eq!(bearer, &thing, "{code} is two things");
            if code.bytes().all(|b| b.is_ascii_digit()) {
                assert!(is_kenyan_ean13(code), "{code}");
            }
        }
        if !row["pack_units"].is_empty() && !row["controlled_limit"].is_empty() {
            let quantity = |field: &str| row[field].parse::<Quantity>().unwrap();
            assert!(
                quantity("pack_units") <= quantity("controlled_limit"),
                "{row:?}: never sold"
            );
        }
        if !row["outlet"].is_empty() {
            assert!(outlets.contains(&row["outlet"]), "{row:?}");
            assert!(
                opened.insert((row["code"].clone(), row["outlet"].clone())),
                "{row:?}: opened twice"
            );
        }
    }
    let aspirin = drugs.values().find(|drug| drug[0] == "Aspirin").unwrap();
    assert_eq!(aspirin[2], "300 mg");
    assert_eq!(aspirin[4].parse::<Money>().unwrap(), "12.50".parse().unwrap());
    let counted = |outlet: &str| opened.iter().filter(|(_, at)| at == outlet).count();
    assert!(outlets.iter().all(|outlet| counted(outlet) > 20));
    assert!(counted("Mirema meds") < drugs.len(), "some drug is not counted");
}

fn is_kenyan_ean13(code: &str) -> bool {
    let digits = code.bytes().map(|b| u32::from(b - b'0'));
    let sum: u32 = digits
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .sum();
    code.len() == 13 && code.starts_with("616") && sum.is_multiple_of(10)
}
