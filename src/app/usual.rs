//! What is usual of the drugs in the basket, read as soon as they are in it: as a rule it is known before the money is keyed.
//! What this till has read once is on its disk, and known without a server too.
use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::effect::{Effect, Effects};
use super::message::RequestId;
use super::model::Model;
use super::status::Database;
use crate::domain::usual::{Usual, Usuals};

/// Drugs in one question.
const AT_ONCE: usize = 16;
/// A habit changes slowly.
const FRESH: SignedDuration = SignedDuration::from_hours(12);
/// After a failure nothing is asked for so long.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);
/// More drugs are not kept in memory.
const MOST: usize = 20_000;

/// What is known of the usual so far.
#[derive(Debug, Clone, Default)]
pub struct Habits {
    known: Usuals,
    /// When each drug was read; of many of them nothing is usual.
    read: HashMap<Uuid, Timestamp>,
    asked: Option<(RequestId, HashSet<Uuid>)>,
    /// Not before.
    next: Option<Timestamp>,
}

impl Model {
    /// What is usual of a drug, where that is known.
    pub fn usual_of(&self, drug: Uuid) -> Option<Usual> {
        self.habits.known.get(&drug).copied()
    }
}

/// The clock was set back: it is not known when anything was read, and nothing is waited for.
pub(super) fn set_back(model: &mut Model) {
    model.habits.read.clear();
    model.habits.next = None;
}

/// Asks about what is in the basket and was not read lately; one question at a time.
pub(super) fn ask(model: &mut Model) -> Effects {
    let (now, habits) = (model.now, &model.habits);
    let is_away = matches!(model.status.database, Database::Away { .. });
    let Some(basket) = model.sale.basket.as_ref().filter(|basket| basket.refund_of.is_none()) else {
        return Effects::none();
    };
    if is_away || habits.asked.is_some() || habits.next.is_some_and(|next| now < next) {
        return Effects::none();
    }
    let is_fresh = |drug: &Uuid| {
        let read = habits.read.get(drug);
        read.is_some_and(|read| now.duration_since(*read) < FRESH)
    };
    let lines = basket.lines.iter().filter(|line| !is_fresh(&line.drug.uuid));
    let drugs: HashMap<Uuid, i64> = lines.map(|line| (line.drug.uuid, line.drug.id)).take(AT_ONCE).collect();
    if drugs.is_empty() {
        return Effects::none();
    }
    let request = model.request();
    model.habits.asked = Some((request, drugs.keys().copied().collect()));
    Effect::ReadUsual { request, drugs }.into()
}

/// The answer came; none: the store did not answer.
pub(super) fn read(model: &mut Model, request: RequestId, answer: Option<Usuals>) {
    let (now, habits) = (model.now, &mut model.habits);
    let Some((_, drugs)) = habits.asked.take_if(|(asked, _)| *asked == request) else {
        return;
    };
    let Some(answer) = answer else {
        habits.next = Some(now + PATIENCE);
        return;
    };
    habits.next = None;
    if habits.read.len() + drugs.len() > MOST {
        (habits.known, habits.read) = (Usuals::new(), HashMap::new());
    }
    habits.known.retain(|drug, _| !drugs.contains(drug));
    habits.known.extend(answer);
    habits.read.extend(drugs.into_iter().map(|drug| (drug, now)));
}

/// What the disk kept: what was read meanwhile is newer.
pub(super) fn kept(model: &mut Model, kept: Usuals) {
    let habits = &mut model.habits;
    let older = kept.into_iter().filter(|(drug, _)| !habits.read.contains_key(drug));
    habits.known.extend(older.take(MOST).collect::<Vec<_>>());
}
