//! Acknowledging an alert: a note, of whoever is here. It counts once the store has it, so that no two people find the
//! same open, and what was said of it is never lost.
use std::sync::Arc;

use uuid::Uuid;

use crate::app::command::Command;
use crate::app::effect::{Effect, Effects};
use crate::app::message::{Moment, RequestId};
use crate::app::model::{Model, Over};
use crate::app::picker::{self, Candidate, Choice};
use crate::app::role::Role;
use crate::app::status::{Database, age};
use crate::app::text::Line;
use crate::domain::catalogue::Employee;
use crate::domain::name::{printable, tidy};
use crate::domain::supervision::{Alert, AlertNote};

/// A note being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noting {
    /// The alert that it is on.
    pub alert: Arc<Alert>,
    /// The words.
    pub line: Line,
}

/// Who writes notes here.
enum Writer {
    Is(String),
    /// Nobody said who looks on.
    Unknown,
    /// Nobody may, and why.
    Nobody(String),
}

impl Model {
    fn writer(&self) -> Writer {
        match (&self.role, &self.seller) {
            (Role::Till, Some(seller)) => Writer::Is(seller.name.clone()),
            (Role::Till, None) => Writer::Nobody(String::from("who are you? F12 says it, then acknowledge")),
            (Role::Viewer(holder), _) => Writer::Nobody(holder.why_not()),
            (Role::Supervisor { name: Some(name) }, _) => Writer::Is(name.clone()),
            (Role::Supervisor { name: None }, _) => Writer::Unknown,
        }
    }

    /// The alert in front, or the highlighted one, where it can be acknowledged.
    pub(in crate::app) fn acknowledgeable(&self) -> Option<&Arc<Alert>> {
        let alerts = &self.live.alerts;
        let here = match &alerts.front {
            Some(front) => Some(&front.alert),
            None if alerts.shows_noted => None,
            None => alerts.highlighted(),
        };
        here.filter(|alert| !alerts.is_noted(alert.id) && !alerts.is_being_noted(alert.id))
    }
}

/// Begins a note on the alert in front.
pub(super) fn open(model: &mut Model) {
    let Some(alert) = model.acknowledgeable().cloned() else {
        model.mention("no open alert is highlighted: 3 shows them");
        return;
    };
    if let Database::Away { since } = model.status.database {
        let away = age(since, model.now);
        model.refuse(format!(
            "notes are kept in the database, which is away {away}: acknowledge once it is back"
        ));
        return;
    }
    match model.writer() {
        Writer::Is(_) => {
            let line = Line::of(model.live.alerts.unsent(alert.id).unwrap_or_default());
            model.over = Some(Over::Note(Noting { alert, line }));
        }
        Writer::Unknown => ask_who(model, Some(alert.id)),
        Writer::Nobody(why) => model.refuse(why),
    }
}

/// Asks who looks on; then goes on with the note on that alert.
pub(in crate::app) fn ask_who(model: &mut Model, alert: Option<Uuid>) {
    picker::open(model, Choice::Supervisor(alert), None);
}

/// Those who may be looking on: supervisors and managers, and whoever is typed.
pub(in crate::app) fn candidates(model: &Model) -> Vec<Candidate> {
    let staff = model.shelf.catalogue().employees().into_iter();
    let may_look_on = |row: &Arc<Employee>| row.active && ["supervisor", "manager"].contains(&row.role.as_str());
    let row = |row: Arc<Employee>| Candidate {
        uuid: row.uuid,
        name: row.name.clone(),
        beside: row.role.clone(),
    };
    staff.filter(may_look_on).map(row).collect()
}

/// Somebody who is in no catalogue, as they say.
pub(in crate::app) fn typed(text: &str) -> Option<Candidate> {
    let name = tidy(&printable(text));
    (!name.is_empty()).then(|| Candidate {
        uuid: Uuid::nil(),
        name,
        beside: String::from("as typed"),
    })
}

/// Somebody said who they are.
pub(in crate::app) fn is_here(model: &mut Model, name: String, alert: Option<Uuid>) {
    model.say(format!("{name} looks on"));
    model.role = Role::Supervisor { name: Some(name) };
    if alert.is_some() && alert == model.acknowledgeable().map(|alert| alert.id) {
        open(model);
    }
}

/// A key for the note.
pub(in crate::app) fn update(model: &mut Model, command: Command, moment: Moment) -> Effects {
    let Some(Over::Note(noting)) = &mut model.over else {
        return Effects::none();
    };
    match command {
        Command::Edit(edit) => {
            noting.line.edit(edit);
        }
        Command::Back => model.over = None,
        Command::Accept | Command::Confirm => {
            let Noting { alert, line } = noting.clone();
            model.over = None;
            return save(model, &alert, line.text(), moment);
        }
        _ => {}
    }
    Effects::none()
}

fn save(model: &mut Model, alert: &Alert, words: &str, moment: Moment) -> Effects {
    let Writer::Is(name) = model.writer() else {
        return Effects::none();
    };
    let note = AlertNote::on(alert, moment.fresh_id, words, &name, moment.now);
    let request = model.request();
    model.live.alerts.send(request, note.clone());
    let note = Box::new(note);
    Effect::NoteAlert { request, note }.into()
}

/// The store has a note, or why not.
pub(in crate::app) fn answered(model: &mut Model, request: RequestId, fault: Option<String>) {
    let Some(headline) = model.live.alerts.sent(request, fault.is_none()) else {
        return;
    };
    match fault {
        None => model.say(format!("acknowledged: {headline}")),
        Some(fault) => model.refuse(format!("not acknowledged: {fault} · a has your words still")),
    }
    close_if_noted(model);
}

/// The notes of the last days were read: what others acknowledged leaves the list.
pub(in crate::app) fn read(model: &mut Model, notes: &[AlertNote]) {
    model.live.alerts.read(notes);
}

/// An alert that was acknowledged from its page leaves it too.
fn close_if_noted(model: &mut Model) {
    let alerts = &mut model.live.alerts;
    let is_noted = |front: &super::Front| alerts.is_noted(front.alert.id);
    if !alerts.shows_noted && alerts.front.as_ref().is_some_and(is_noted) {
        alerts.front = None;
    }
}
