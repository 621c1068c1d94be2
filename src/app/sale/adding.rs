//! A prescriber whom nobody knows yet, added at the counter without leaving the basket (COUNTER 1.7). The office confirms
//! or merges the row later; the sale names it at once.
use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::found::Found;
use super::typed::Typed;
use crate::app::command::Command;
use crate::app::dimension::saver;
use crate::app::effect::{Effect, Effects};
use crate::app::message::{Moment, RequestId};
use crate::app::model::Model;
use crate::app::text::Line;
use crate::domain::dimension::{DOCTOR, FieldFault, FieldSpec, Record};
use crate::domain::prescriber::NewDoctor;

/// What is asked, in order: the fields of the dimension that tell who it is. The rest is the office's.
const ASKED: [&str; 4] = ["name", "registration_number", "phone_number", "region"];

/// The lines in front.
#[derive(Debug, Clone)]
pub struct Adding {
    /// What was taken in so far.
    record: Record,
    /// Which line is being typed.
    pub at: usize,
    /// Its text.
    pub line: Line,
    /// What is wrong, by line.
    pub faults: BTreeMap<usize, String>,
    /// Who is being kept, under which request.
    saving: Option<(RequestId, NewDoctor)>,
}

impl Adding {
    fn of(words: &str, uuid: Uuid) -> Self {
        let mut record = DOCTOR.blank(uuid);
        // A word with a digit is a number of the board; anything else is a name.
        let is_number = !words.contains(' ') && words.contains(|c: char| c.is_ascii_digit());
        record.set(&DOCTOR, if is_number { "registration_number" } else { "name" }, words);
        let mut adding = Self {
            record,
            at: 0,
            line: Line::default(),
            faults: BTreeMap::new(),
            saving: None,
        };
        adding.load();
        adding
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        ASKED.len()
    }

    /// What a line asks.
    pub fn field(&self, line: usize) -> Option<&'static FieldSpec> {
        let position = DOCTOR.position(ASKED.get(line)?)?;
        DOCTOR.fields.get(position)
    }

    /// How a line is called at the counter.
    pub fn label(&self, line: usize) -> &'static str {
        match self.field(line) {
            Some(field) if field.name == "region" => "Clinic",
            Some(field) => field.label,
            None => "",
        }
    }

    /// What is in a line.
    pub fn value(&self, line: usize) -> &str {
        if line == self.at {
            return self.line.text();
        }
        ASKED.get(line).map_or("", |name| self.record.value(&DOCTOR, name))
    }

    /// Whether the journal has it, and the answer is still to come.
    pub fn is_saving(&self) -> bool {
        self.saving.is_some()
    }

    fn load(&mut self) {
        self.line = Line::of(self.record.value(&DOCTOR, ASKED[self.at]));
    }

    /// Takes the typed text in, and says what is wrong with it.
    fn leave(&mut self) {
        let text = self.line.text().to_owned();
        let checked = self.field(self.at).map_or(Ok(text.clone()), |field| field.check(&text));
        let value = match checked {
            Ok(kept) => {
                self.faults.remove(&self.at);
                kept
            }
            Err(fault) => {
                self.faults.insert(self.at, fault);
                text
            }
        };
        self.record.set(&DOCTOR, ASKED[self.at], value);
    }

    fn go(&mut self, line: usize) {
        self.leave();
        self.at = line.min(ASKED.len() - 1);
        self.load();
    }

    /// Shows faults of the record, the first under the cursor.
    fn refused(&mut self, faults: &[FieldFault]) {
        let line_of = |fault: &FieldFault| {
            ASKED
                .iter()
                .position(|name| DOCTOR.position(name) == Some(fault.position))
        };
        self.faults = faults
            .iter()
            .filter_map(|fault| Some((line_of(fault)?, fault.fault.clone())))
            .collect();
        if let Some(first) = self.faults.keys().next() {
            self.at = *first;
        }
        self.load();
    }
}

/// Opens the lines, with what was typed behind `@`.
pub(super) fn open(model: &mut Model, moment: Moment) {
    let Typed::Prescriber(words) = Typed::of(model.sale.entry.text()) else {
        return;
    };
    let words = words.to_owned();
    model.sale.adding = Some(Adding::of(&words, moment.fresh_id));
}

/// Whether what is typed looks for a prescriber and matches nobody: then Enter adds one.
pub fn is_offered(model: &Model) -> bool {
    let Typed::Prescriber(words) = Typed::of(model.sale.entry.text()) else {
        return false;
    };
    let nobody = |found: &Found| matches!(found, Found::Doctors(list) if list.matches == 0 && list.here().is_none());
    !words.is_empty() && nobody(&model.sale.found)
}

/// Characters for the line that is being typed.
pub(super) fn insert(model: &mut Model, text: &str) {
    match &mut model.sale.adding {
        Some(adding) if !adding.is_saving() => adding.line.insert(text),
        _ => {}
    }
}

/// A key for the lines.
pub(super) fn update(model: &mut Model, command: Command, moment: Moment) -> Effects {
    let Some(adding) = &mut model.sale.adding else {
        return Effects::none();
    };
    if adding.is_saving() {
        model.mention("it is being kept");
        return Effects::none();
    }
    let (at, last) = (adding.at, ASKED.len() - 1);
    match command {
        Command::Accept if at == last => return save(model, moment),
        Command::Confirm => return save(model, moment),
        Command::Accept | Command::Down | Command::Next => adding.go(at + 1),
        Command::Up | Command::Previous => adding.go(at.saturating_sub(1)),
        Command::Edit(edit) => {
            adding.line.edit(edit);
        }
        // What was typed behind @ is still there.
        Command::Back => model.sale.adding = None,
        _ => {}
    }
    Effects::none()
}

/// Has the prescriber kept, unless a fault is found before.
fn save(model: &mut Model, moment: Moment) -> Effects {
    let by = saver(model);
    let Some(adding) = &mut model.sale.adding else {
        return Effects::none();
    };
    adding.leave();
    let record = adding.record.clone();
    let wanted = DOCTOR
        .check(&record)
        .and_then(|wanted| match known_already(model, &wanted) {
            Some(fault) => Err(vec![fault]),
            None => Ok(wanted),
        });
    let request = model.request();
    let Some(adding) = &mut model.sale.adding else {
        return Effects::none();
    };
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(faults) => {
            adding.refused(&faults);
            model.refuse("not added: see the line");
            return Effects::none();
        }
    };
    adding.refused(&[]);
    let doctor = NewDoctor::of(&wanted, &by, moment.now);
    adding.saving = Some((request, doctor.clone()));
    Effect::AddDoctor {
        request,
        doctor: Box::new(doctor),
    }
    .into()
}

/// Whether the till knows somebody of that number, or of that name and phone, and what to do then.
fn known_already(model: &Model, wanted: &Record) -> Option<FieldFault> {
    let known = model.shelf.catalogue().same_prescriber(wanted)?;
    let by_number = !wanted.value(&DOCTOR, "registration_number").is_empty();
    let (field, which, find) = if by_number {
        ("registration_number", "number", &known.registration_number)
    } else {
        ("phone_number", "phone", &known.name)
    };
    let name = &known.name;
    let fault = if known.active {
        format!("the {which} of {name}: Esc, then @{find}")
    } else {
        format!("the {which} of {name}, who is not active: see Doctors")
    };
    let position = DOCTOR.position(field)?;
    Some(FieldFault { position, fault })
}

/// The prescriber is on the disk, or why not.
pub(in crate::app) fn added(model: &mut Model, request: RequestId, fault: Option<String>, moment: Moment) {
    let ours = |adding: &Adding| adding.saving.as_ref().is_some_and(|(asked, _)| *asked == request);
    let Some(adding) = model.sale.adding.as_mut().filter(|adding| ours(adding)) else {
        if fault.is_none() {
            model.mention("the prescriber was added: @ names them");
        }
        return;
    };
    let Some((_, doctor)) = adding.saving.take() else {
        return;
    };
    if let Some(why) = fault {
        // It may be on the disk all the same: another attempt is another row.
        adding.record.uuid = moment.fresh_id;
        return model.refuse(format!("not added: {why}"));
    }
    let known = model.shelf.catalogue().doctors();
    let known = known.into_iter().find(|row| row.uuid == doctor.uuid);
    let listed = known.unwrap_or_else(|| Arc::new(doctor.listed(0)));
    let before = model.sale.basket.clone();
    model
        .sale
        .changed(model.now, before, format!("prescriber {}", doctor.name));
    model.sale.basket_or_new(moment.fresh_id).doctor = Some(listed);
    model.sale.clear_entry();
    model.say(format!(
        "prescriber {} added, unconfirmed until the office has looked",
        doctor.name
    ));
}
