//! F4 to F7: the rows of a dimension, or one of them in a form; over it, what somebody else changed.
mod clash;
mod form;
mod list;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::Look;
use crate::domain::dimension::Dimension;

/// Draws the screen of a dimension.
pub fn render(frame: &mut Frame<'_>, body: Rect, look: Look<'_>, dimension: Dimension) {
    let desk = look.model.desks.of(dimension);
    let Some(form) = &desk.form else {
        list::render(frame, body, look, dimension, &desk.list);
        return;
    };
    form::render(frame, body, look, form);
    if let Some(clash) = &form.clash {
        clash::render(frame, body, look, form, clash);
    }
}
