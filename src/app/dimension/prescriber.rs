//! What the office does about prescribers who were added at a till (COUNTER 1.7): it confirms them, or says whom they are.
use std::sync::Arc;

use uuid::Uuid;

use super::{refresh, saver};
use crate::app::audit::{self, Changed};
use crate::app::effect::{Effect, Effects};
use crate::app::message::RequestId;
use crate::app::model::Model;
use crate::app::picker::{self, Choice};
use crate::app::question::About;
use crate::app::text::Line;
use crate::domain::catalogue::Doctor;
use crate::domain::dimension::Dimension;

/// The word by which those are listed whom nobody has confirmed.
pub const UNCONFIRMED: &str = "unconfirmed";
/// The word by which those are listed who turned out to be another.
pub const MERGED: &str = "merged";

/// A prescriber who is being confirmed, or merged.
#[derive(Debug, Clone)]
pub(in crate::app) struct Settling {
    request: RequestId,
    id: i64,
    into: Option<i64>,
}

/// Where a prescriber stands, in a word; none for one like any other.
pub fn word(doctor: &Doctor) -> Option<&'static str> {
    match (doctor.merged_into, doctor.confirmed) {
        (Some(_), _) => Some(MERGED),
        (None, false) => Some(UNCONFIRMED),
        (None, true) => None,
    }
}

impl Model {
    /// The prescriber who is highlighted in their list.
    fn highlighted_doctor(&self) -> Option<&Arc<Doctor>> {
        let id = self.desks.of(Dimension::Doctor).list.highlighted()?;
        self.shelf.catalogue().doctor(id)
    }

    /// Whether the highlighted prescriber can be confirmed.
    pub(in crate::app) fn can_confirm_doctor(&self) -> bool {
        self.highlighted_doctor()
            .is_some_and(|row| row.id > 0 && word(row) == Some(UNCONFIRMED))
    }

    /// Whether the highlighted prescriber can be merged into another.
    pub(in crate::app) fn can_merge_doctor(&self) -> bool {
        let mut others = self.shelf.catalogue().doctors().into_iter();
        self.highlighted_doctor().is_some_and(|row| {
            row.id > 0 && row.merged_into.is_none() && others.any(|other| may_survive(&other, row.id))
        })
    }
}

/// Whether another prescriber may be merged into this one.
pub fn may_survive(doctor: &Doctor, merged: i64) -> bool {
    doctor.id > 0 && doctor.id != merged && doctor.active && doctor.merged_into.is_none()
}

/// Lists those alone whom nobody has confirmed, or all again.
pub(super) fn list_unconfirmed(model: &mut Model) {
    let list = &mut model.desks.of_mut(Dimension::Doctor).list;
    if list.filter.text() == UNCONFIRMED {
        list.filter.clear();
    } else {
        list.filter = Line::of(UNCONFIRMED);
    }
    refresh(model);
    model.desks.of_mut(Dimension::Doctor).list.to_first();
}

/// Asks before a prescriber is confirmed.
pub(super) fn ask_to_confirm(model: &mut Model) {
    match model.highlighted_doctor().cloned() {
        Some(row) if model.can_confirm_doctor() => model.ask(About::ConfirmDoctor(row.id)),
        Some(row) => say_why_not(model, &row),
        None => {}
    }
}

/// Asks whom the highlighted prescriber is.
pub(super) fn choose_survivor(model: &mut Model) {
    let Some(row) = model.highlighted_doctor().cloned() else {
        return;
    };
    if !model.can_merge_doctor() {
        return say_why_not(model, &row);
    }
    let first = nearest(model, &row);
    picker::open(model, Choice::Survivor(row.id), first);
}

/// Whoever is likest by name: the whole of it, or its longest words.
fn nearest(model: &Model, row: &Doctor) -> Option<Uuid> {
    let mut words: Vec<_> = row.name.split_whitespace().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    std::iter::once(row.name.as_str()).chain(words).find_map(|words| {
        let hits = model.shelf.doctor_search().search(words, 9);
        let hits = hits.matches.into_iter().chain(hits.nearest);
        let mut doctors = hits.filter_map(|hit| model.shelf.doctor(hit.key));
        doctors.find(|near| may_survive(near, row.id)).map(|near| near.uuid)
    })
}

fn say_why_not(model: &mut Model, row: &Doctor) {
    let name = &row.name;
    model.mention(match (row.id > 0, word(row)) {
        (false, _) => format!("{name} was added at this till and is not in the database yet"),
        (true, Some(MERGED)) => format!("{name} was merged already"),
        (true, Some(_)) => String::from("there is nobody to merge with"),
        (true, None) => format!("{name} is confirmed"),
    });
}

/// The survivor was chosen: asks once more, since it is for good.
pub(in crate::app) fn ask_to_merge(model: &mut Model, merged: i64, survivor: Uuid) {
    let rows = model.shelf.catalogue().doctors();
    if let Some(survivor) = rows.iter().find(|row| row.uuid == survivor) {
        model.ask(About::MergeDoctor {
            merged,
            survivor: survivor.id,
        });
    }
}

/// Confirms a prescriber, or merges them into another.
pub(in crate::app) fn settle(model: &mut Model, id: i64, into: Option<i64>) -> Effects {
    let by = saver(model);
    let request = model.request();
    model.settling.push(Settling { request, id, into });
    Effect::SettleDoctor { request, id, into, by }.into()
}

/// What became of it. Every answer is told: the list shows the rest as soon as the catalogue has it.
pub(in crate::app) fn settled(model: &mut Model, request: RequestId, answer: Result<String, String>) {
    let asked = model.settling.iter().position(|settling| settling.request == request);
    let asked = asked.map(|at| model.settling.remove(at));
    match answer {
        Ok(done) => {
            if let Some(Settling { id, into, .. }) = asked
                && let Some(row) = model.shelf.catalogue().doctor(id).cloned()
            {
                let field = if into.is_some() { "merged_into" } else { "confirmed" };
                audit::dimension_changed(model, Dimension::Doctor, row.uuid, &row.name, Changed::of(field));
            }
            model.say(done);
        }
        Err(why) => model.refuse(why),
    }
}
