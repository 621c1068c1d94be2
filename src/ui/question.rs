//! A question in front, with what yes means in words.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Paragraph, Wrap};

use super::{Look, popup, status};
use crate::app::Model;
use crate::app::question::{About, Question};

/// Draws a question.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, question: &Question) {
    let words = words(look.model, &question.about);
    let inside = popup::render(frame, area, look, "?", "y yes · Esc no", (60, 4));
    frame.render_widget(Paragraph::new(words).wrap(Wrap { trim: true }), inside);
}

fn words(model: &Model, about: &About) -> String {
    match about {
        About::Quit => {
            let unsent = match (model.status.unsent, model.status.oldest) {
                (0, _) => String::new(),
                (1, oldest) => format!(
                    "1 sale is unsent{}. It stays on this till's disk. ",
                    aged(oldest, model)
                ),
                (n, oldest) => format!(
                    "{n} sales are unsent{}. They stay on this till's disk. ",
                    aged(oldest, model)
                ),
            };
            let basket = if model.sale.line_count() > 0 {
                "The basket is kept for the next start. "
            } else {
                ""
            };
            let unsaved = model.desks.unsaved();
            let forms: Vec<_> = unsaved
                .map(|form| format!("The changed {} {} is not saved. ", form.spec().one, form.name()))
                .collect();
            let forms = forms.concat();
            format!("{unsent}{basket}{forms}Close the till? y")
        }
        About::CancelBasket => {
            let lines = model.sale.line_count();
            let lines = if lines == 1 {
                String::from("1 line")
            } else {
                format!("{lines} lines")
            };
            format!("Cancel basket ({lines})? y")
        }
        About::LoseChanges(dimension) => {
            format!(
                "The changed {} is not saved. Let the changes go? y",
                dimension.spec().one
            )
        }
        About::Retire(dimension) => {
            let form = model.desks.of(*dimension).form.as_ref();
            let (name, active) = form.map_or(("", true), |form| (form.name(), form.record.active));
            let one = dimension.spec().one;
            if active {
                format!("Deactivate {one} {name}? It stays in past sales, and nothing new can name it. y")
            } else {
                format!("Make {one} {name} active again? y")
            }
        }
        About::LargeTender { tendered, change } => {
            format!("{tendered} tendered: {change} is given out. Is that right? y")
        }
        About::ShortStock { why } => format!("{why}. Do you hold them? y"),
    }
}

fn aged(oldest: Option<jiff::Timestamp>, model: &Model) -> String {
    oldest
        .map(|oldest| format!(", the oldest {} old", status::age(oldest, model.now)))
        .unwrap_or_default()
}
