//! F4 to F7: the rows of a dimension, or one of them in a form; over it, what somebody else changed,
//! what stands beside a drug, or the history of a row.
mod clash;
mod form;
mod goods;
mod history;
mod list;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::Look;
use crate::app::dimension::Aside;
use crate::domain::dimension::Dimension;

/// Draws the screen of a dimension.
pub fn render(frame: &mut Frame<'_>, body: Rect, look: Look<'_>, dimension: Dimension) {
    let desk = look.model.desks.of(dimension);
    let Some(form) = desk.front() else {
        match &desk.aside {
            Some(Aside::Goods(goods)) => goods::render(frame, body, look, goods),
            Some(Aside::History(history)) => history::render(frame, body, look, dimension, history),
            None => list::render(frame, body, look, dimension, &desk.list),
        }
        return;
    };
    form::render(frame, body, look, form);
    if let Some(clash) = &form.clash {
        clash::render(frame, body, look, form, clash);
    }
}
