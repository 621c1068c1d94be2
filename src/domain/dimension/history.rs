//! Who changed a row, what and when: as a save notes it, and as a screen tells it.
use jiff::Timestamp;
use uuid::Uuid;

use super::{DimensionSpec, FieldKind, Record};
use crate::domain::money::Money;

/// Who changes something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// In words: the employee's name, else what did it.
    pub name: String,
    /// The employee's row; none where no employee is known.
    pub employee: Option<i64>,
    /// The till at which it was done; none: the office's own programs.
    pub till: Option<String>,
}

impl Author {
    /// A program, which is neither an employee nor a till.
    pub fn program(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

/// One thing that a save changed in a row. Of pay it is noted that it changed, never from what to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    /// A field's name, or one of the constants of this type, or words for what stands beside the row.
    pub field: String,
    /// As it was; none: not told.
    pub before: Option<String>,
    /// As it is; none: not told.
    pub after: Option<String>,
}

/// The field whose values are never noted.
pub const PAY: &str = "salary";

impl RowChange {
    /// As [`RowChange::field`]: the row is new; `after` is its name.
    pub const ADDED: &str = "row";
    /// As [`RowChange::field`]: deactivated or taken back; `after` is yes or no.
    pub const ACTIVE: &str = "active";
    /// As [`RowChange::field`]: an import changed the row; `after` says what of it.
    pub const IMPORT: &str = "import";

    /// Something beside the row's own fields, in words.
    pub fn beside(what: impl Into<String>, before: Option<String>, after: Option<String>) -> Self {
        Self {
            field: what.into(),
            before,
            after,
        }
    }

    /// What an import did to a row.
    pub fn import(what: impl Into<String>) -> Self {
        Self::beside(Self::IMPORT, None, Some(what.into()))
    }

    /// What differs between the row as it was and as it is, field by field; a new row is one change.
    pub fn between(spec: &DimensionSpec, before: Option<&Record>, after: &Record) -> Vec<Self> {
        let Some(before) = before else {
            return vec![Self::beside(
                Self::ADDED,
                None,
                Some(after.value(spec, "name").to_owned()),
            )];
        };
        let told = |value: &String| (!value.is_empty()).then(|| value.clone());
        let mut changes: Vec<_> = spec
            .fields
            .iter()
            .zip(before.values.iter().zip(&after.values))
            .filter(|(field, (was, is))| {
                was != is && field.kind != FieldKind::Shown && field.name != "quantity_supplied"
            })
            .map(|(field, (was, is))| match field.name {
                PAY => Self::beside(PAY, None, None),
                name => Self::beside(name, told(was), told(is)),
            })
            .collect();
        if before.active != after.active {
            let word = |active: bool| Some(String::from(if active { "yes" } else { "no" }));
            changes.push(Self::beside(Self::ACTIVE, word(before.active), word(after.active)));
        }
        changes
    }

    /// In words, with money in so many places.
    pub fn words(&self, spec: &DimensionSpec, places: u32) -> String {
        let after = self.after.as_deref().unwrap_or_default();
        match self.field.as_str() {
            Self::ADDED => "added".to_owned(),
            Self::ACTIVE if after == "yes" => "active again".to_owned(),
            Self::ACTIVE => "deactivated".to_owned(),
            Self::IMPORT => format!("import: {after}"),
            PAY => "pay changed".to_owned(),
            field => {
                let known = spec.fields.iter().find(|spec| spec.name == field);
                let shown = |value: &Option<String>| match value.as_deref() {
                    None => "(empty)".to_owned(),
                    Some(value) => match (known.map(|field| field.kind), value.parse::<Money>()) {
                        (Some(FieldKind::Money), Ok(amount)) => amount.exact(places),
                        _ => value.to_owned(),
                    },
                };
                let label = known.map_or(field, |field| field.label);
                format!("{label}: {} → {}", shown(&self.before), shown(&self.after))
            }
        }
    }
}

/// A change as it stands in the history of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    /// When, by the clock of whoever saved.
    pub at: Timestamp,
    /// Who.
    pub author: Author,
    /// What.
    pub change: RowChange,
}

/// The history of a row, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Whose it is.
    pub row: Uuid,
    /// The newest lines.
    pub lines: Vec<HistoryLine>,
    /// Whether there are older ones.
    pub has_older: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dimension::{DRUG, EMPLOYEE};

    #[test]
    fn a_change_of_pay_is_noted_without_its_figures() {
        let mut before = EMPLOYEE.blank(Uuid::nil());
        before.set(&EMPLOYEE, "salary", "45000");
        let mut after = before.clone();
        after.set(&EMPLOYEE, "salary", "46000");
        let changes = RowChange::between(&EMPLOYEE, Some(&before), &after);
        assert_eq!(changes, [RowChange::beside("salary", None, None)]);
        assert_eq!(changes[0].words(&EMPLOYEE, 2), "pay changed");
    }

    #[test]
    fn every_changed_field_is_told_by_its_name_on_the_form() {
        let mut before = DRUG.blank(Uuid::nil());
        before.set(&DRUG, "price", "12.5");
        let mut after = Record {
            active: false,
            ..before.clone()
        };
        after.set(&DRUG, "price", "13");
        after.set(&DRUG, "strength", "300 mg");
        after.set(&DRUG, "quantity_supplied", "100");
        let changes = RowChange::between(&DRUG, Some(&before), &after);
        let words: Vec<_> = changes.iter().map(|change| change.words(&DRUG, 2)).collect();
        assert_eq!(
            words,
            [
                "Strength: (empty) → 300 mg",
                "Price of one: 12.50 → 13.00",
                "deactivated"
            ]
        );
        assert_eq!(RowChange::between(&DRUG, None, &after)[0].words(&DRUG, 2), "added");
    }
}
