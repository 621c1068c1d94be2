//! What somebody else changed meanwhile, field by field, and what is to be kept.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::Layer;
use crate::app::command::Command;
use crate::app::dimension::form::shown;
use crate::app::dimension::{Clash, Form};
use crate::ui::popup::{self, Way};
use crate::ui::{Look, cells, row};

/// The head of their values.
const NOW: &str = "now (theirs)";

/// What is asked.
const CHOICE: &str = "The choice is for what both of you changed; all else of both is kept.";

/// Draws the clash over its form.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>, form: &Form, clash: &Clash) {
    let ways: Vec<_> = [
        (Command::KeepTheirs, "keep theirs"),
        (Command::KeepMine, "keep mine"),
        (Command::Back, "back"),
    ]
    .into_iter()
    .filter_map(|(command, does)| Some(Way::key(look.keymap.key_in(Layer::Clash, command)?, does)))
    .collect();
    let wide = body.width.saturating_sub(6).min(100);
    let mut rows = rows(&lines(look, form, clash), wide.into());
    let high = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let inside = popup::render(
        out,
        body,
        look,
        "somebody else saved this meanwhile",
        &ways,
        (wide, high),
    );
    let room = usize::from(inside.height);
    if rows.len() > room && room > 0 {
        rows.truncate(room);
        rows[room - 1] = ("…".to_owned(), true);
    }
    for (at, (line, is_faint)) in (0..).zip(rows) {
        let style = if is_faint { look.theme.faint() } else { Style::new() };
        out.render_widget(Line::styled(line, style), row(inside, at));
    }
}

/// What was changed, and what the choice is about: a table where every value fits whole, else a value a line; with
/// whether it is faint.
fn rows(lines: &[Words], wide: usize) -> Vec<(String, bool)> {
    let cell = wide.saturating_sub(3) / 4;
    let place = |texts: [&str; 4]| texts.map(|text| cells::left(text, cell)).join(" ");
    let fits = |(label, before, now, yours): &Words| {
        [label, before, now, yours]
            .iter()
            .all(|text| cells::width(text) <= cell)
    };
    let mut rows = Vec::new();
    if cell >= cells::width(NOW) && lines.iter().all(fits) {
        rows.push((place(["", "before", NOW, "yours"]), true));
        rows.extend(
            lines
                .iter()
                .map(|(label, before, now, yours)| (place([label, before, now, yours]), false)),
        );
        rows.push((String::new(), false));
    } else {
        for (label, before, now, yours) in lines {
            rows.push((label.clone(), true));
            for (whose, value) in [("before", before), ("theirs", now), ("yours", yours)] {
                let values = cells::wrap(value, wide.saturating_sub(9)).into_iter().enumerate();
                rows.extend(values.map(|(at, value)| {
                    let whose = if at == 0 { whose } else { "" };
                    (format!(" {} {value}", cells::left(whose, 7)), false)
                }));
            }
        }
    }
    rows.extend(cells::wrap(CHOICE, wide).into_iter().map(|words| (words, true)));
    rows
}

type Words = (String, String, String, String);

fn lines(look: Look<'_>, form: &Form, clash: &Clash) -> Vec<Words> {
    let places = look.model.currency().places;
    let mut lines: Vec<Words> = Vec::new();
    for change in &clash.changes {
        let Some(field) = form.spec().fields.get(change.position) else {
            continue;
        };
        let shown = |value: &str| match shown(field.kind, value, places) {
            empty if empty.is_empty() => String::from("(empty)"),
            value => value,
        };
        let yours = if change.wanted == change.before {
            String::from("left alone")
        } else {
            shown(&change.wanted)
        };
        lines.push((field.label.to_owned(), shown(&change.before), shown(&change.now), yours));
    }
    let before = form.opened.as_ref().is_none_or(|opened| opened.active);
    if clash.current.active != before {
        let active = |active: bool| String::from(if active { "active" } else { "inactive" });
        let yours = if form.record.active == before {
            String::from("left alone")
        } else {
            active(form.record.active)
        };
        lines.push((
            String::from("The row"),
            active(before),
            active(clash.current.active),
            yours,
        ));
    }
    lines
}
