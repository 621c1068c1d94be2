//! The card of a drug: its packs, its batches, what does the same, and where else it is. Looking opens no basket.
use std::sync::Arc;

use super::audit;
use super::command::Command;
use super::message::Moment;
use super::model::{Model, Over};
use super::sale::{self, Found};
use crate::domain::batch::BatchLeft;
use crate::domain::catalogue::Drug;
use crate::domain::name::fold;

/// What a page up or down steps over.
const PAGE: usize = 5;
/// More that do the same are never on a shelf.
const MOST_EQUALS: usize = 20;

/// A card in front.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Whose it is.
    pub drug: Arc<Drug>,
    /// The pack with which it was opened.
    pub pack: usize,
    /// The line of the basket from which it was opened.
    pub line: Option<usize>,
    /// What is the same generic, strength and form, and may be here.
    pub equals: Vec<Arc<Drug>>,
    /// The batches of which some is left here, the one that expires first before the others.
    pub batches: Vec<BatchLeft>,
    /// Which row is highlighted: of the packs first, then of the equals, then of the batches.
    pub here: usize,
}

/// A row that Enter takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// A pack of the drug, by its position.
    Pack(usize),
    /// Another drug that does the same.
    Equal(Arc<Drug>),
    /// Goods of a batch.
    Batch(BatchLeft),
}

impl Card {
    /// How many rows can be chosen.
    pub fn rows(&self) -> usize {
        self.first_batch() + self.batches.len()
    }

    /// What is highlighted.
    pub fn chosen(&self) -> Option<Chosen> {
        let packs = self.drug.packs.len();
        let Some(equal) = self.here.checked_sub(packs) else {
            return Some(Chosen::Pack(self.here));
        };
        match equal.checked_sub(self.equals.len()) {
            None => self.equals.get(equal).map(|drug| Chosen::Equal(Arc::clone(drug))),
            Some(batch) => self.batches.get(batch).cloned().map(Chosen::Batch),
        }
    }

    /// The row of the first batch.
    pub fn first_batch(&self) -> usize {
        self.drug.packs.len() + self.equals.len()
    }
}

impl Model {
    /// The drug and pack whose card would open: of the highlighted hit, or of the selected line.
    pub(super) fn card_at_hand(&self) -> Option<(Arc<Drug>, usize, Option<usize>)> {
        if let Found::Drugs(list) = &self.sale.found {
            return list.here().map(|hit| (Arc::clone(&hit.drug), hit.pack, None));
        }
        let at = self.sale.selected.filter(|_| self.sale.entry.is_empty())?;
        let line = self.sale.basket.as_ref()?.lines.get(at)?;
        Some((Arc::clone(&line.drug), line.pack, Some(at)))
    }
}

/// Opens the card of what is highlighted.
pub(super) fn open(model: &mut Model) {
    match model.card_at_hand() {
        Some((drug, pack, line)) => {
            let equals = equals(model, &drug);
            let batches = model.batches_of(drug.id).to_vec();
            model.over = Some(Over::Card(Card {
                drug,
                pack,
                line,
                equals,
                batches,
                here: pack,
            }));
        }
        None if model.sale.found.is_list() => model.mention("nothing is highlighted: choose first, then open its card"),
        None => {}
    }
}

/// What may be given in its place: here by the book, or not counted here; what is there first.
fn equals(model: &Model, drug: &Drug) -> Vec<Arc<Drug>> {
    if drug.generic_name.trim().is_empty() {
        return Vec::new();
    }
    let same =
        |one: &str, other: &str| one.eq_ignore_ascii_case(other) || (!one.is_ascii() && fold(one) == fold(other));
    let is_equal = |other: &&Arc<Drug>| {
        other.active
            && other.id != drug.id
            && same(&drug.generic_name, &other.generic_name)
            && same(&drug.strength, &other.strength)
            && same(&drug.form, &other.form)
    };
    let may_be_here = |other: &&Arc<Drug>| model.stock_here(other.id).is_none_or(|stock| !stock.is_none_left());
    let catalogue = model.shelf.catalogue();
    let mut equals: Vec<_> = catalogue
        .drugs()
        .filter(is_equal)
        .filter(may_be_here)
        .cloned()
        .collect();
    equals.sort_by_cached_key(|other| (model.stock_here(other.id).is_none(), fold(&other.name), other.id));
    equals.truncate(MOST_EQUALS);
    equals
}

/// A key for the card.
pub(super) fn update(model: &mut Model, command: Command, moment: Moment) {
    let Some(Over::Card(card)) = &mut model.over else {
        return;
    };
    let last = card.rows().saturating_sub(1);
    match command {
        Command::Up => card.here = card.here.saturating_sub(1),
        Command::Down => card.here = (card.here + 1).min(last),
        Command::PageUp => card.here = card.here.saturating_sub(PAGE),
        Command::PageDown => card.here = (card.here + PAGE).min(last),
        Command::Accept | Command::Confirm => {
            let (chosen, drug, opened, line) = (card.chosen(), Arc::clone(&card.drug), card.pack, card.line);
            model.over = None;
            match (chosen, line) {
                (Some(Chosen::Pack(pack)), Some(line)) => sale::set_pack(model, line, pack),
                (Some(Chosen::Pack(pack)), None) => sale::take(model, (&drug, pack), None, moment),
                (Some(Chosen::Equal(drug)), _) => {
                    let pack = drug.first_offered();
                    sale::take(model, (&drug, pack), None, moment);
                }
                (Some(Chosen::Batch(chosen)), Some(line)) => sale::set_batch(model, line, chosen.batch()),
                (Some(Chosen::Batch(chosen)), None) => {
                    sale::take(model, (&drug, opened), Some(chosen.batch()), moment);
                }
                (None, _) => {}
            }
        }
        Command::AskedFor => audit::asked_for(model),
        Command::Back => model.over = None,
        _ => {}
    }
}

/// The catalogue changed: the card shows the drug as it is now, and goes where it is no longer sold.
pub(super) fn refresh(model: &mut Model) {
    let Some(Over::Card(card)) = &model.over else { return };
    let Card {
        drug,
        pack,
        line,
        here,
        batches,
        ..
    } = card.clone();
    let now = model
        .shelf
        .catalogue()
        .drug(drug.id)
        .filter(|drug| drug.active)
        .cloned();
    let same_packs = |now: &Arc<Drug>| {
        now.packs
            .iter()
            .map(|pack| pack.id)
            .eq(drug.packs.iter().map(|pack| pack.id))
    };
    match now.filter(same_packs) {
        Some(now) => {
            let chosen = card.chosen();
            let equals = equals(model, &now);
            let packs = now.packs.len();
            let here = match chosen {
                Some(Chosen::Equal(drug)) => equals.iter().position(|other| other.id == drug.id).map(|at| packs + at),
                Some(Chosen::Batch(_)) => Some(here - card.equals.len() + equals.len()),
                Some(Chosen::Pack(_)) | None => Some(here),
            };
            // What was highlighted stays so, or nothing is taken by a key that was meant for it.
            model.over = here.map(|here| {
                Over::Card(Card {
                    drug: now,
                    pack,
                    line,
                    equals,
                    batches,
                    here,
                })
            });
        }
        None => model.over = None,
    }
    if model.over.is_none() {
        model.mention("the catalogue changed, and so did that card: open it again");
    }
}

/// Batches were read: those on the card are others now. What was highlighted stays so, or the card goes.
pub(super) fn refresh_batches(model: &mut Model) {
    let Some(Over::Card(card)) = &model.over else { return };
    let batches = model.batches_of(card.drug.id).to_vec();
    let here = match card.chosen() {
        Some(Chosen::Batch(chosen)) => {
            let same = batches.iter().position(|batch| batch.is(&chosen.number));
            same.map(|at| card.first_batch() + at)
        }
        _ => Some(card.here),
    };
    let card = card.clone();
    model.over = here.map(|here| Over::Card(Card { batches, here, ..card }));
    if model.over.is_none() {
        model.mention("that batch is gone by the book: open the card again");
    }
}
