//! All rows of a dimension by name, deactivated ones too, and those among them that have typed words.
use std::collections::HashSet;

use memchr::memmem::Finder;

use super::prescriber;
use crate::domain::catalogue::{CatalogueChanges, Doctor, Drug, Employee, Outlet};
use crate::domain::dimension::Dimension;
use crate::domain::name::{fold, fold_phone};

/// Which rows are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// All of them.
    #[default]
    All,
    /// Those that can be named in something new.
    Active,
    /// Those that were deactivated.
    Inactive,
}

impl Shown {
    /// What comes after it.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Active,
            Self::Active => Self::Inactive,
            Self::Inactive => Self::All,
        }
    }

    fn has(self, active: bool) -> bool {
        match self {
            Self::All => true,
            Self::Active => active,
            Self::Inactive => !active,
        }
    }
}

/// A row as it is sorted and found.
#[derive(Debug, Clone)]
struct Listed {
    id: i64,
    active: bool,
    /// Folded: the name, then a line for each of the other words by which it is found.
    text: Box<str>,
}

/// A row whose text lies in the text of all.
#[derive(Debug, Clone, Copy)]
struct Place {
    id: i64,
    active: bool,
    /// Where its text begins.
    start: usize,
    /// Where it ends, before the line break that parts it from the next.
    end: usize,
}

/// The rows of one dimension, sorted by name. All their words lie in one text, so that a typed word is looked for in all
/// rows at the speed of memory: a key costs one pass over it, however many rows there are, and no copy of any of them.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    text: String,
    rows: Vec<Place>,
}

impl Listing {
    /// The rows that changed, where they belong.
    fn put(&mut self, changed: &[Listed]) {
        if changed.is_empty() {
            return;
        }
        let ids: HashSet<i64> = changed.iter().map(|row| row.id).collect();
        let stay = self.rows.iter().filter(|row| !ids.contains(&row.id));
        let stay = stay.map(|row| (&self.text[row.start..row.end], row.id, row.active));
        let come = changed.iter().map(|row| (row.text.as_ref(), row.id, row.active));
        // What stays is sorted already, and the sort finds that out.
        let mut all: Vec<(&str, i64, bool)> = stay.chain(come).collect();
        all.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        let mut text = String::with_capacity(all.iter().map(|(text, ..)| text.len() + 1).sum());
        let mut rows = Vec::with_capacity(all.len());
        for (words, id, active) in all {
            let start = text.len();
            text.push_str(words);
            let end = text.len();
            text.push('\n');
            rows.push(Place { id, active, start, end });
        }
        (self.text, self.rows) = (text, rows);
    }

    /// Forgets a row; its words are passed over until rows change.
    fn forget(&mut self, id: i64) {
        self.rows.retain(|row| row.id != id);
    }

    /// The ids of the rows that have every typed word somewhere, by name.
    pub fn found(&self, typed: &str, shown: Shown) -> Vec<i64> {
        let typed = fold(typed);
        let mut words: Vec<_> = typed.split_whitespace().collect();
        // The longest is in the fewest rows.
        words.sort_by_key(|word| word.len());
        let Some(longest) = words.pop() else {
            let rows = self.rows.iter().filter(|row| shown.has(row.active));
            return rows.map(|row| row.id).collect();
        };
        let others: Vec<_> = words.iter().map(|word| Finder::new(word.as_bytes())).collect();
        let longest = Finder::new(longest.as_bytes());
        let text = self.text.as_bytes();
        let mut found = Vec::new();
        let mut from = 0;
        let mut rows = self.rows.as_slice();
        while let Some(hit) = text.get(from..).and_then(|rest| longest.find(rest)) {
            let at = from + hit;
            rows = &rows[rows.partition_point(|row| row.end <= at)..];
            let Some((row, after)) = rows.split_first() else { break };
            if at < row.start {
                // In the words of a row that was forgotten.
                from = row.start;
                continue;
            }
            let words = &text[row.start..row.end];
            if shown.has(row.active) && others.iter().all(|word| word.find(words).is_some()) {
                found.push(row.id);
            }
            (rows, from) = (after, row.end);
        }
        found
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
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
        self.drugs.put(&changes.drugs.iter().map(drug).collect::<Vec<_>>());
        let people = changes.doctors.iter().filter(|row| !row.uuid.is_nil());
        self.doctors.put(&people.map(doctor).collect::<Vec<_>>());
        self.employees
            .put(&changes.employees.iter().map(employee).collect::<Vec<_>>());
        self.outlets
            .put(&changes.outlets.iter().map(outlet).collect::<Vec<_>>());
    }

    /// Forgets a prescriber's row.
    pub fn forget_doctor(&mut self, id: i64) {
        self.doctors.forget(id);
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

fn listed<'a>((id, active): (i64, bool), name: &str, words: impl IntoIterator<Item = &'a str>) -> Listed {
    let mut text = fold(name);
    for words in words {
        text.push('\n');
        text.push_str(&fold(words));
    }
    Listed {
        id,
        active,
        text: text.into(),
    }
}

fn drug(row: &Drug) -> Listed {
    let packs = row.packs.iter().filter_map(|pack| pack.code.as_deref());
    let words = [row.strength.as_str(), &row.generic_name, &row.code, &row.form];
    listed((row.id, row.active), &row.name, words.into_iter().chain(packs))
}

fn doctor(row: &Doctor) -> Listed {
    let phone = fold_phone(&row.phone_number);
    let words = [
        row.registration_number.as_str(),
        &row.specialization,
        &row.region,
        &phone,
    ];
    listed(
        (row.id, row.active),
        &row.name,
        words.into_iter().chain(prescriber::word(row)),
    )
}

fn employee(row: &Employee) -> Listed {
    let phone = fold_phone(&row.phone_number);
    listed((row.id, row.active), &row.name, [row.role.as_str(), &row.email, &phone])
}

fn outlet(row: &Outlet) -> Listed {
    listed(
        (row.id, row.active),
        &row.name,
        [row.region.as_str(), &row.address, &row.phone],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[(i64, &str)]) -> Vec<Listed> {
        let row = |(id, text): &(i64, &str)| listed((*id, id % 2 == 0), text, ["300 mg"]);
        texts.iter().map(row).collect()
    }

    #[test]
    fn a_row_is_found_by_words_in_any_order_and_no_word_reaches_into_the_next_row() {
        let mut listing = Listing::default();
        listing.put(&rows(&[(3, "Losec"), (1, "Brufen"), (2, "Aspirin")]));
        assert_eq!(listing.found("", Shown::All), [2, 1, 3]);
        assert_eq!(listing.found("mg e", Shown::All), [1, 3]);
        assert_eq!(listing.found("E MG", Shown::Active), Vec::<i64>::new());
        assert_eq!(listing.found("300", Shown::Active), [2]);
        assert_eq!(listing.found("mg brufen aspirin", Shown::All), Vec::<i64>::new());
    }

    #[test]
    fn a_changed_row_stands_where_its_new_name_belongs() {
        let mut listing = Listing::default();
        listing.put(&rows(&[(1, "Brufen"), (2, "Aspirin"), (3, "Losec")]));
        listing.put(&rows(&[(2, "Zinc")]));
        assert_eq!(listing.found("", Shown::All), [1, 3, 2]);
        assert_eq!(listing.found("aspirin", Shown::All), Vec::<i64>::new());
        assert_eq!(listing.len(), 3);
        listing.forget(3);
        assert_eq!(listing.found("losec", Shown::All), Vec::<i64>::new());
        assert_eq!(listing.found("300", Shown::All), [1, 2]);
    }
}
