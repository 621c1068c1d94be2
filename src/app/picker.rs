//! A choice from a short list: who sells, and where.
use std::sync::Arc;

use uuid::Uuid;

use super::command::Command;
use super::dimension::prescriber::{ask_to_merge, may_survive};
use super::effect::Effects;
use super::live::{noting, when};
use super::model::{Model, Over};
use super::queue;
use super::sale::{self, Held};
use super::status::age;
use super::text::Line;
use crate::domain::catalogue::{Doctor, Employee, Outlet};
use crate::domain::mending::Named;
use crate::domain::name::fold;

/// What a page up or down steps over.
const PAGE: usize = 10;

/// What is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Who sells.
    Seller,
    /// Which outlet this till stands in.
    Outlet,
    /// Whom the prescriber in this row is merged into.
    Survivor(i64),
    /// Which basket of those that wait is called back; its sale's id stands for it.
    Held,
    /// From when the stream is followed.
    When,
    /// Who looks on, to note something on that alert.
    Supervisor(Option<Uuid>),
    /// What stands in for that of a parked sale, which the database does not know.
    StandIn(Named),
}

/// A row that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The row's lasting id.
    pub uuid: Uuid,
    /// Its name.
    pub name: String,
    /// What tells two of one name apart.
    pub beside: String,
}

/// The list in front.
#[derive(Debug, Clone)]
pub struct Picker {
    /// What is chosen.
    pub choice: Choice,
    /// What was typed.
    pub filter: Line,
    /// The highlighted row.
    pub highlighted: Option<Uuid>,
}

impl Picker {
    /// The rows whose words begin with the typed ones.
    pub fn found(&self, model: &Model) -> Vec<Candidate> {
        if let Choice::StandIn(named @ Named::Line(_)) = self.choice {
            // Of all there are, the search of the counter finds them.
            return queue::candidates(model, named, self.filter.text());
        }
        // A ticket is found by its number alone, with or without its sign.
        let text = fold(self.filter.text()).replace('#', "");
        let fits = |candidate: &Candidate| {
            let words = fold(&format!("{} {}", candidate.name, candidate.beside)).replace('#', "");
            text.split(' ')
                .all(|typed| words.split(' ').any(|word| word.starts_with(typed)))
        };
        let mut found: Vec<_> = candidates(model, self.choice).into_iter().filter(fits).collect();
        found.extend(self.typed(model));
        // A ticket called by its whole number is meant, whatever else has that number in it.
        found.sort_by_key(|candidate| {
            candidate.name.strip_prefix('#').and_then(|name| name.split(' ').next()) != Some(&text)
        });
        found
    }

    /// What was typed itself, where it can be chosen.
    fn typed(&self, model: &Model) -> Option<Candidate> {
        match self.choice {
            Choice::When => when::typed(model, self.filter.text()),
            Choice::Supervisor(_) => noting::typed(self.filter.text()),
            Choice::Seller | Choice::Outlet | Choice::Survivor(_) | Choice::Held | Choice::StandIn(_) => None,
        }
    }

    /// Which of `found` is highlighted.
    pub fn position(&self, found: &[Candidate]) -> usize {
        let here = |candidate: &Candidate| Some(candidate.uuid) == self.highlighted;
        found.iter().position(here).unwrap_or(0)
    }
}

fn candidates(model: &Model, choice: Choice) -> Vec<Candidate> {
    let catalogue = model.shelf.catalogue();
    match choice {
        Choice::Seller => {
            let rows = catalogue.employees().into_iter().filter(|row| row.active);
            let row = |row: Arc<Employee>| Candidate {
                uuid: row.uuid,
                name: row.name.clone(),
                beside: row.phone_number.clone(),
            };
            rows.map(row).collect()
        }
        Choice::Outlet => {
            let rows = catalogue.outlets().into_iter().filter(|row| row.active);
            let row = |row: Arc<Outlet>| Candidate {
                uuid: row.uuid,
                name: row.name.clone(),
                beside: row.region.clone(),
            };
            rows.map(row).collect()
        }
        Choice::Survivor(merged) => {
            let rows = catalogue.doctors().into_iter();
            let row = |row: Arc<Doctor>| Candidate {
                uuid: row.uuid,
                name: row.name.clone(),
                beside: format!("{} {}", row.registration_number, row.region).trim().to_owned(),
            };
            rows.filter(|row| may_survive(row, merged)).map(row).collect()
        }
        Choice::Held => {
            let row = |held: &Held| {
                let names: Vec<_> = held.basket.lines.iter().map(|line| line.drug.label()).collect();
                let names = names.join(", ");
                let waits = held.awaited.as_ref().map(|awaited| {
                    let age = age(held.since, model.now);
                    format!("waiting for {} {age} · {names}", awaited.tender.name)
                });
                let total = held.basket.total(model.currency().places);
                let since = model.local_time(held.since);
                Candidate {
                    uuid: held.basket.sale_id,
                    name: format!("#{}  {since}  {}", held.ticket, total.grouped(model.currency().places)),
                    beside: waits.unwrap_or(names),
                }
            };
            model.sale.held.iter().map(row).collect()
        }
        Choice::When => when::candidates(),
        Choice::Supervisor(_) => noting::candidates(model),
        Choice::StandIn(named) => queue::candidates(model, named, ""),
    }
}

/// Opens the list, with `first` highlighted if it is there.
pub(super) fn open(model: &mut Model, choice: Choice, first: Option<Uuid>) {
    model.over = Some(Over::Picker(Picker {
        choice,
        filter: Line::default(),
        highlighted: first,
    }));
}

/// Characters for the filter.
pub(super) fn typed(picker: &mut Picker, text: &str) {
    picker.filter.insert(text);
    picker.highlighted = None;
}

/// A key for the list.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    let Some(Over::Picker(picker)) = &model.over else {
        return Effects::none();
    };
    let found = picker.found(model);
    let at = picker.position(&found);
    let choice = picker.choice;
    let highlight = |at: usize| found.get(at).map(|candidate| candidate.uuid);
    let Some(Over::Picker(picker)) = &mut model.over else {
        return Effects::none();
    };
    match command {
        Command::Up => picker.highlighted = highlight(at.saturating_sub(1)),
        Command::Down => picker.highlighted = highlight((at + 1).min(found.len().saturating_sub(1))),
        Command::PageUp => picker.highlighted = highlight(at.saturating_sub(PAGE)),
        Command::PageDown => picker.highlighted = highlight((at + PAGE).min(found.len().saturating_sub(1))),
        Command::Edit(edit) if picker.filter.edit(edit) => picker.highlighted = None,
        Command::Back if !picker.filter.is_empty() => picker.filter.clear(),
        Command::Back => model.over = None,
        Command::Accept | Command::Confirm => {
            if let Some(candidate) = found.get(at).cloned() {
                let Candidate { uuid, name, .. } = candidate.clone();
                let text = picker.filter.text().to_owned();
                model.over = None;
                match choice {
                    Choice::Seller => model.sells(uuid),
                    Choice::Outlet => model.stands_in(uuid),
                    Choice::Survivor(merged) => ask_to_merge(model, merged, uuid),
                    Choice::Held => return sale::hold::recall(model, uuid),
                    Choice::When => return when::chosen(model, uuid, &text),
                    Choice::Supervisor(alert) => noting::is_here(model, name, alert),
                    Choice::StandIn(named) => queue::chosen(model, named, candidate),
                }
            }
        }
        _ => {}
    }
    Effects::none()
}
