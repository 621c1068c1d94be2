//! What the typed words find, and which of it is highlighted.
use std::sync::Arc;

use super::typed::{Typed, is_bare_number};
use crate::app::shelf::Shelf;
use crate::domain::catalogue::{Doctor, Drug};
use crate::domain::name::fold;
use crate::domain::search::{Hits, Rank, SearchIndex};

/// More are never shown at once.
const MOST: usize = 50;

/// A drug that was found, and the pack that Enter takes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrugHit {
    /// The drug.
    pub drug: Arc<Drug>,
    /// The position of the pack.
    pub pack: usize,
    /// Whether it was found by its generic name: then that is shown beside it.
    pub by_generic: bool,
}

/// A list of what was found. Rows are known by their ids, so that a refreshed list never highlights another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitList<T> {
    /// The matches, then the guesses; each with the id of its row.
    pub rows: Vec<(i64, T)>,
    /// So many of them are matches; what follows is merely near.
    pub matches: usize,
    /// How many match, those included that are not listed.
    pub total: usize,
    /// The id of the highlighted row.
    pub highlighted: Option<i64>,
}

impl<T> HitList<T> {
    /// The highlighted row.
    pub fn here(&self) -> Option<&T> {
        let at = self.position()?;
        self.rows.get(at).map(|(_, row)| row)
    }

    /// Where the highlighted row is.
    pub fn position(&self) -> Option<usize> {
        let id = self.highlighted?;
        self.rows.iter().position(|(row, _)| *row == id)
    }

    /// Highlights the row so many further down, at most the first or last; the first, if none was.
    pub fn step(&mut self, down: isize) {
        let last = self.rows.len().saturating_sub(1);
        let to = match self.position() {
            Some(at) => at.saturating_add_signed(down).min(last),
            None => 0,
        };
        self.highlighted = self.rows.get(to).map(|(id, _)| *id);
    }
}

/// What the typed words find.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Found {
    /// Nothing was looked for.
    #[default]
    Nothing,
    /// Drugs.
    Drugs(HitList<DrugHit>),
    /// Prescribers.
    Doctors(HitList<Arc<Doctor>>),
}

impl Found {
    /// What `text` finds on the shelf. A highlighted row of `before` stays highlighted if it is still found and `keep` is
    /// set, as when the catalogue was refreshed; the pack chosen for it stays too.
    pub fn of(text: &str, shelf: &Shelf, before: &Self, keep: bool) -> Self {
        match Typed::of(text) {
            Typed::Prescriber(words) => Self::Doctors(doctors(words, shelf, before, keep)),
            typed => match typed.words() {
                Some(words) => Self::Drugs(drugs(words, shelf, before, keep)),
                None => Self::Nothing,
            },
        }
    }

    /// Steps through the list, if there is one. Whether there is.
    pub fn step(&mut self, down: isize) -> bool {
        match self {
            Self::Nothing => return false,
            Self::Drugs(list) => list.step(down),
            Self::Doctors(list) => list.step(down),
        }
        true
    }

    /// Whether Enter would take something: what is highlighted, or a text that looks for nothing.
    pub fn would_take(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Drugs(list) => list.here().is_some(),
            Self::Doctors(list) => list.here().is_some(),
        }
    }

    /// Whether there is a row to step to.
    pub fn is_list(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Drugs(list) => !list.rows.is_empty(),
            Self::Doctors(list) => !list.rows.is_empty(),
        }
    }

    /// Chooses the next pack of the highlighted drug, or the one before.
    pub fn turn_pack(&mut self, forward: bool) {
        if let Self::Drugs(list) = self
            && let Some(at) = list.position()
            && let Some((_, hit)) = list.rows.get_mut(at)
        {
            hit.pack = turned(hit.pack, hit.drug.packs.len(), forward);
        }
    }
}

/// The position after `at`, or before it, round and round.
pub(super) fn turned(at: usize, length: usize, forward: bool) -> usize {
    let length = length.max(1);
    let step = if forward { 1 } else { length - 1 };
    (at + step) % length
}

fn drugs(words: &str, shelf: &Shelf, before: &Found, keep: bool) -> HitList<DrugHit> {
    let index = shelf.drug_search();
    let hits = index.search(words, MOST);
    let coded = index.exact_code(words);
    let kept = match before {
        Found::Drugs(list) if keep => Some(list),
        _ => None,
    };
    let row = |key: u32| {
        let drug = Arc::clone(shelf.drug(key)?);
        let chosen = kept.and_then(|list| list.rows.iter().find(|(id, _)| *id == drug.id).map(|(_, hit)| hit.pack));
        let by_code = coded.filter(|hit| hit.key == key).map(|hit| hit.pack.unwrap_or(0));
        let pack = chosen
            .filter(|pack| *pack < drug.packs.len())
            .or(by_code)
            .unwrap_or(drug.first_offered());
        let by_generic = is_by_generic(words, &drug);
        Some((drug.id, DrugHit { drug, pack, by_generic }))
    };
    let mut list = listed(&hits, row);
    let by_itself = if is_bare_number(words) || coded.is_some() {
        // A number is a code or nothing: what merely begins with it is never taken unasked.
        coded.map(|hit| i64::from(hit.key))
    } else {
        first_match(&hits, &list)
    };
    list.highlighted = highlighted(&list, kept, by_itself);
    list
}

/// Whether a typed word begins a word of the generic name, and none of what the drug is called.
fn is_by_generic(words: &str, drug: &Drug) -> bool {
    let begins = |text: &str, typed: &str| text.split(' ').any(|word| word.starts_with(typed));
    let (called, generic) = (fold(&drug.label()), fold(&drug.generic_name));
    fold(words)
        .split(' ')
        .any(|typed| !typed.is_empty() && begins(&generic, typed) && !begins(&called, typed))
}

fn doctors(words: &str, shelf: &Shelf, before: &Found, keep: bool) -> HitList<Arc<Doctor>> {
    let row = |key: u32| shelf.doctor(key).map(|doctor| (doctor.id, Arc::clone(doctor)));
    if words.is_empty() {
        let rows: Vec<_> = shelf
            .catalogue()
            .doctors()
            .into_iter()
            .filter(|doctor| doctor.active)
            .collect();
        let total = rows.len();
        let rows: Vec<_> = rows.into_iter().take(MOST).map(|doctor| (doctor.id, doctor)).collect();
        return HitList {
            matches: rows.len(),
            rows,
            total,
            highlighted: None,
        };
    }
    let index: &SearchIndex = shelf.doctor_search();
    let hits = index.search(words, MOST);
    let mut list = listed(&hits, row);
    let kept = match before {
        Found::Doctors(list) if keep => Some(list),
        _ => None,
    };
    let by_itself = first_match(&hits, &list);
    list.highlighted = highlighted(&list, kept, by_itself);
    list
}

fn listed<T>(hits: &Hits, row: impl Fn(u32) -> Option<(i64, T)>) -> HitList<T> {
    let mut rows: Vec<_> = hits.matches.iter().filter_map(|hit| row(hit.key)).collect();
    let matches = rows.len();
    rows.extend(hits.nearest.iter().filter_map(|hit| row(hit.key)));
    HitList {
        rows,
        matches,
        total: hits.total,
        highlighted: None,
    }
}

/// The first match, unless two rows bear the very code that was typed: then neither is meant.
fn first_match<T>(hits: &Hits, list: &HitList<T>) -> Option<i64> {
    let coded = hits.matches.iter().filter(|hit| hit.rank == Rank::ExactCode).count();
    let first = list.rows.first().filter(|_| list.matches > 0 && coded < 2);
    first.map(|(id, _)| *id)
}

/// After a refresh only what was highlighted before, if it is still there; else what is highlighted by itself.
fn highlighted<T>(list: &HitList<T>, kept: Option<&HitList<T>>, by_itself: Option<i64>) -> Option<i64> {
    match kept.and_then(|kept| kept.highlighted) {
        Some(id) => list.rows.iter().any(|(row, _)| *row == id).then_some(id),
        None if kept.is_some() => None,
        None => by_itself,
    }
}
