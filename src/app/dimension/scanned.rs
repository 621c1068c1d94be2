//! Scans on the screen of a dimension: what was typed is put back, and the code goes into a field that holds codes.
use super::list::List;
use super::{Desk, refresh};
use crate::app::model::Model;
use crate::app::text::Line;
use crate::domain::dimension::{Dimension, FieldKind};

/// What was typed on the screen of a dimension before keys that turned out to be a scan.
#[derive(Debug, Clone)]
pub(in crate::app) enum Before {
    /// In a field of the form in front: which, and its text.
    Field(usize, Line),
    /// In the list's filter.
    List(List),
}

impl Before {
    /// What is typed now.
    pub fn of(desk: &Desk) -> Self {
        match desk.front() {
            Some(form) => Self::Field(form.at, form.line.clone()),
            None => Self::List(desk.list.clone()),
        }
    }
}

/// Puts back what was typed, where the same still takes text.
pub(in crate::app) fn restore(model: &mut Model, dimension: Dimension, before: Before) {
    let desk = model.desks.of_mut(dimension);
    match (before, desk.front_mut()) {
        (Before::Field(at, line), Some(form)) if form.at == at => form.line = line,
        (Before::List(list), None) => {
            desk.list = list;
            refresh(model);
        }
        _ => {}
    }
}

/// A scan: into the field that is being typed, if it holds the code of goods. Whether it does.
pub(in crate::app) fn fill_code(model: &mut Model, dimension: Dimension, code: &str) -> bool {
    let Some(form) = model.form(dimension) else {
        return false;
    };
    let is_taken = form.is_open() && form.clash.is_none() && form.field().name.ends_with("code");
    let is_taken = is_taken && matches!(form.field().kind, FieldKind::Code(_)) && form.field().name != "tax_code";
    if is_taken {
        form.line = Line::of(code);
    }
    is_taken
}

/// Whether an amount or a number is being typed, which is shorter than any code.
pub(in crate::app) fn is_figure_in_front(model: &Model, dimension: Dimension) -> bool {
    let form = model.desks.of(dimension).front();
    form.is_some_and(|form| {
        matches!(
            form.field().kind,
            FieldKind::Money | FieldKind::Quantity | FieldKind::Count | FieldKind::Date
        )
    })
}
