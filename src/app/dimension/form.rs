//! A row being looked at or changed: one text a field, checked when it is left and when all is saved.
use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::app::message::RequestId;
use crate::app::text::Line;
use crate::domain::dimension::{Dimension, DimensionSpec, FieldChange, FieldFault, FieldKind, FieldSpec, Record};
use crate::domain::money::Money;

/// Where a form stands with the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormState {
    /// The store was asked for the row; what the catalogue knows is shown meanwhile.
    Reading(RequestId),
    /// It can be changed.
    Open,
    /// The store has it; nothing is changed meanwhile.
    Saving(RequestId),
    /// It cannot be changed, and why. Where the store did not give the row, what the catalogue knows is shown.
    LookOnly(String),
}

/// Somebody else saved the row meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The row as it is in the store now.
    pub current: Record,
    /// What they changed.
    pub changes: Vec<FieldChange>,
    /// When it was first on the screen: a key read before, or right after, was meant for the form.
    pub seen_at: Option<Timestamp>,
}

/// A row that is there already and may be the one that is being added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// Its number.
    pub id: i64,
    /// What it is and by what it is like the new one.
    pub words: String,
    /// Since when it is told: a key read right after was meant for the field.
    pub since: Timestamp,
}

/// A row being looked at or changed.
#[derive(Debug, Clone)]
pub struct Form {
    /// The dimension on whose screen it is.
    pub dimension: Dimension,
    /// Its fields: the dimension's, or those of something beside a row of it.
    spec: &'static DimensionSpec,
    /// Places after the point of an amount here.
    places: u32,
    /// Where it stands.
    pub state: FormState,
    /// As the store gave it; none: a new row, or one that the store has not given.
    pub opened: Option<Record>,
    /// As it began, where the store has not given it.
    began: Record,
    /// As it is wanted, but for the field that is being typed.
    pub record: Record,
    /// The field that is being typed.
    pub at: usize,
    /// Its text.
    pub line: Line,
    /// What is wrong, by field.
    pub faults: BTreeMap<usize, String>,
    /// Somebody else's change, to be looked at.
    pub clash: Option<Clash>,
    /// Whether deactivating was asked for before the row was read.
    pub retiring: bool,
    /// A row that may be this very one, while a new one is typed.
    pub twin: Option<Twin>,
    /// Rows that were said not to be this one.
    pub passed: Vec<i64>,
    /// Names the save, however often it is tried.
    pub save_id: Uuid,
}

impl Form {
    /// For a new row; amounts have so many places after the point.
    pub fn new(dimension: Dimension, uuid: Uuid, save_id: Uuid, places: u32) -> Self {
        let spec = dimension.spec();
        Self::over(spec, FormState::Open, spec.blank(uuid), save_id, places)
    }

    /// For a row that the store was asked for.
    pub fn reading(dimension: Dimension, request: RequestId, known: Record, save_id: Uuid, places: u32) -> Self {
        Self::over(dimension.spec(), FormState::Reading(request), known, save_id, places)
    }

    /// For something beside a row, which begins as `began`; `is_there`: it is to be changed, not made.
    pub fn beside(spec: &'static DimensionSpec, began: Record, is_there: bool, save_id: Uuid, places: u32) -> Self {
        let mut form = Self::over(spec, FormState::Open, began.clone(), save_id, places);
        form.opened = is_there.then_some(began);
        let first = spec.fields.iter().position(|field| field.kind != FieldKind::Shown);
        form.at = first.unwrap_or(0);
        form.load();
        form
    }

    fn over(spec: &'static DimensionSpec, state: FormState, record: Record, save_id: Uuid, places: u32) -> Self {
        let mut form = Self {
            dimension: spec.dimension,
            spec,
            places,
            state,
            opened: None,
            began: record.clone(),
            record,
            at: 0,
            line: Line::default(),
            faults: BTreeMap::new(),
            clash: None,
            retiring: false,
            twin: None,
            passed: Vec::new(),
            save_id,
        };
        form.load();
        form
    }

    /// The fields.
    pub fn spec(&self) -> &'static DimensionSpec {
        self.spec
    }

    /// The field that is being typed.
    pub fn field(&self) -> &'static FieldSpec {
        &self.spec().fields[self.at]
    }

    /// Whether keys change it now.
    pub fn is_open(&self) -> bool {
        self.state == FormState::Open
    }

    /// The name of the row, for words about it.
    pub fn name(&self) -> &str {
        self.record.value(self.spec(), "name")
    }

    /// The store gave the row.
    pub fn opened(&mut self, row: Record) {
        self.state = FormState::Open;
        self.record = row.clone();
        self.opened = Some(row);
        self.load();
    }

    /// The store gave the row to a viewer, which changes nothing.
    pub fn looked_at(&mut self, row: Record, why_not: String) {
        self.state = FormState::LookOnly(why_not);
        self.record = row;
        self.load();
    }

    /// Text for the field that is being typed. A field of few values takes the next that begins with it.
    pub fn insert(&mut self, text: &str) {
        match self.choices() {
            Some(choices) => {
                let begins = |choice: &&&str| choice.starts_with(&text.to_lowercase());
                if let Some(choice) = choices.iter().find(begins) {
                    self.line = Line::of(choice);
                }
            }
            None if self.may_type() => self.line.insert(text),
            None => {}
        }
    }

    /// Whether the field under the cursor takes text.
    pub fn may_type(&self) -> bool {
        self.choices().is_none() && self.field().kind != FieldKind::Shown && !self.is_withheld(self.at)
    }

    /// Whether the value of the field at a position is not for this account to see or to change.
    pub fn is_withheld(&self, position: usize) -> bool {
        self.record.withheld == Some(position)
    }

    /// The values of a field that has few.
    fn choices(&self) -> Option<&'static [&'static str]> {
        match self.field().kind {
            FieldKind::Choice(choices) => Some(choices),
            FieldKind::YesNo => Some(&["no", "yes"]),
            _ => None,
        }
    }

    /// The value so many further, of a field that has few. Whether it has.
    pub fn turn(&mut self, by: isize) -> bool {
        let Some(choices) = self.choices() else { return false };
        let here = choices
            .iter()
            .position(|choice| *choice == self.line.text())
            .unwrap_or(0);
        let next = here.saturating_add_signed(by).min(choices.len() - 1);
        self.line = Line::of(choices[next]);
        true
    }

    /// Leaves the field that is being typed, which checks it, for the one so many further.
    pub fn step(&mut self, by: isize) {
        self.go(self.at.saturating_add_signed(by).min(self.spec().fields.len() - 1));
    }

    /// Leaves the field that is being typed, which checks it, for another.
    pub fn go(&mut self, at: usize) {
        if self.is_open() {
            self.leave();
        }
        self.at = at;
        self.load();
    }

    /// Takes the typed text into the row, in the form in which it is kept, or as typed with what is wrong with it.
    pub fn leave(&mut self) {
        let (value, fault) = match self.kept(self.at, self.line.text()) {
            Ok(kept) => (kept, None),
            Err(fault) => (self.line.text().to_owned(), Some(fault)),
        };
        match fault {
            Some(fault) => self.faults.insert(self.at, fault),
            None => self.faults.remove(&self.at),
        };
        self.record.values[self.at] = value;
    }

    /// The value of the field at a position as it is kept, or what is wrong with it: an amount has its currency's places.
    fn kept(&self, position: usize, text: &str) -> Result<String, String> {
        let field = &self.spec.fields[position];
        let kept = field.check(text)?;
        let places = self.places;
        match (field.kind, kept.parse::<Money>()) {
            (FieldKind::Money, Ok(amount)) if !amount.fits(places) => Err(match places {
                0 => "whole amounts only, as 120".to_owned(),
                _ => format!(
                    "at most {places} places after the point, as {}",
                    Money::new(Decimal::new(125, 1)).fixed(places)
                ),
            }),
            _ => Ok(kept),
        }
    }

    /// Begins to type the field under the cursor.
    pub fn load(&mut self) {
        self.line = Line::of(&self.record.values[self.at]);
        let value = &self.record.values[self.at];
        // What a new row begins with is a proposal: whoever types means another value.
        if self.opened.is_none() && self.may_type() && !value.is_empty() && *value == self.began.values[self.at] {
            self.line.spend();
        }
    }

    /// The row as it would be saved now. None while there are faults; they are shown, the first under the cursor.
    pub fn checked(&mut self) -> Option<Record> {
        self.leave();
        let amounts = self.record.values.iter().enumerate().filter_map(|(position, value)| {
            let is_money = self.spec.fields[position].kind == FieldKind::Money;
            let fault = self.kept(position, value).err().filter(|_| is_money)?;
            Some(FieldFault { position, fault })
        });
        let amounts: Vec<_> = amounts.collect();
        match self.spec.check(&self.record) {
            Ok(checked) if amounts.is_empty() => Some(checked),
            checked => {
                let mut faults = checked.err().unwrap_or_default();
                faults.extend(amounts);
                self.refused(&faults);
                None
            }
        }
    }

    /// Shows faults, with the first under the cursor.
    pub fn refused(&mut self, faults: &[FieldFault]) {
        self.faults = faults
            .iter()
            .map(|fault| (fault.position, fault.fault.clone()))
            .collect();
        if let Some(first) = self.faults.keys().next() {
            self.at = *first;
        }
        self.load();
    }

    /// Whether something was typed that is not saved.
    pub fn is_changed(&self) -> bool {
        let before = match (&self.opened, &self.state) {
            (_, FormState::Reading(_) | FormState::LookOnly(_)) => return false,
            (Some(opened), _) => opened,
            (None, _) => &self.began,
        };
        let mut now = self.record.values.clone();
        self.line.text().clone_into(&mut now[self.at]);
        let same = |((field, before), now): ((&FieldSpec, &String), &String)| {
            before == now || field.check(now).is_ok_and(|now| *before == now)
        };
        !self.spec().fields.iter().zip(&before.values).zip(&now).all(same) || before.active != self.record.active
    }

    /// Settles a clash on top of what is in the store now. Fields that only they changed take theirs, fields that only
    /// this form changed keep its own; of those that both changed, `mine` says which.
    pub fn settle(&mut self, mine: bool) {
        let (Some(clash), Some(opened)) = (self.clash.take(), self.opened.take()) else {
            return;
        };
        let theirs = &clash.current;
        for (at, value) in self.record.values.iter_mut().enumerate() {
            let (before, now) = (&opened.values[at], &theirs.values[at]);
            let they_changed = before != now;
            let i_changed = value != before;
            let stays = i_changed && (mine || !they_changed);
            if !stays {
                value.clone_from(now);
            }
        }
        if self.record.active == opened.active {
            self.record.active = theirs.active;
        }
        self.record.version = theirs.version;
        self.opened = Some(clash.current);
        self.load();
    }
}

/// A value as it is shown: money with its currency's places.
pub fn shown(kind: FieldKind, value: &str, places: u32) -> String {
    match (kind, value.parse::<Money>()) {
        (FieldKind::Money, Ok(amount)) => amount.exact(places),
        _ => value.to_owned(),
    }
}
