//! Rows of one file that repeat an earlier one, or contradict it.
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::ImportRow;
use crate::domain::dimension::Dimension;
use crate::domain::name::fold;

/// What all rows of one drug must agree on.
const OF_THE_DRUG: [&str; 9] = [
    "name",
    "generic_name",
    "strength",
    "form",
    "base_unit",
    "tax_code",
    "prescription_only",
    "controlled_limit",
    "price",
];

/// What a file has said so far; a few words of memory a row.
#[derive(Debug, Default)]
pub struct FileSeen {
    rows: HashMap<String, u64>,
    drugs: HashMap<String, (u64, [u64; OF_THE_DRUG.len()])>,
}

impl FileSeen {
    /// Takes note of `row`, whose natural key is `natural_key`.
    ///
    /// # Errors
    /// When it says again what an earlier line said, or something else of the same drug; with that line.
    pub fn note(&mut self, row: &ImportRow, natural_key: &str) -> Result<(), String> {
        match self.rows.entry(row.repeats_by(natural_key)) {
            Entry::Occupied(first) => {
                return Err(format!(
                    "the same {} is on line {}",
                    row.dimension.spec().one,
                    first.get()
                ));
            }
            Entry::Vacant(entry) => entry.insert(row.line),
        };
        if row.dimension != Dimension::Drug {
            return Ok(());
        }
        let elsewhere = ["price_outlet", "price_list", "valid_from"]
            .iter()
            .any(|place| row.value(place).is_some());
        let said = OF_THE_DRUG.map(|field| match row.value(field) {
            // Another outlet, list or day has another price.
            Some(_) if field == "price" && elsewhere => 0,
            Some(value) => digest(value),
            None => 0,
        });
        let (line, known) = self.drugs.entry(natural_key.to_owned()).or_insert((row.line, said));
        for ((field, known), said) in OF_THE_DRUG.iter().zip(known).zip(said) {
            if *known == 0 {
                *known = said;
            } else if said != 0 && *known != said {
                return Err(format!("{field}: line {line} says something else of this drug"));
            }
        }
        Ok(())
    }
}

/// Never 0, which stands for nothing said.
fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    fold(text).hash(&mut hasher);
    hasher.finish().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::import::fields;

    fn row(line: u64, cells: &[(&str, &str)]) -> ImportRow {
        let cells = fields(Dimension::Drug).map(|field| {
            cells
                .iter()
                .find(|(name, _)| *name == field.name)
                .map(|(_, cell)| *cell)
        });
        ImportRow::check(Dimension::Drug, line, cells).unwrap()
    }

    #[test]
    fn the_second_row_of_one_code_and_pack_is_refused_with_the_line_of_the_first() {
        let mut seen = FileSeen::default();
        seen.note(&row(2, &[("code", "1"), ("name", "A")]), "1").unwrap();
        seen.note(&row(3, &[("code", "1"), ("pack_name", "strip 10")]), "1")
            .unwrap();
        assert_eq!(
            seen.note(&row(4, &[("code", "1"), ("pack_name", "Strip  10")]), "1"),
            Err("the same drug is on line 3".to_owned())
        );
    }

    #[test]
    fn rows_of_one_drug_agree_on_it() {
        let mut seen = FileSeen::default();
        seen.note(&row(2, &[("code", "1"), ("name", "A")]), "1").unwrap();
        let other = row(3, &[("code", "1"), ("name", "B"), ("pack_name", "strip 10")]);
        assert_eq!(
            seen.note(&other, "1"),
            Err("name: line 2 says something else of this drug".to_owned())
        );
    }
}
