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

/// Draws the clash over its form.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>, form: &Form, clash: &Clash) {
    let ways: Vec<_> = [
        (Command::KeepTheirs, "keep theirs"),
        (Command::KeepMine, "keep mine"),
        (Command::Back, "back to the form"),
    ]
    .into_iter()
    .filter_map(|(command, does)| Some(Way::key(look.keymap.key_in(Layer::Clash, command)?, does)))
    .collect();
    let lines = lines(look, form, clash);
    let high = u16::try_from(lines.len() + 4).unwrap_or(u16::MAX);
    let wide = body.width.saturating_sub(6).min(100);
    let inside = popup::render(
        out,
        body,
        look,
        "somebody else saved this meanwhile",
        &ways,
        (wide, high),
    );
    let cell = (usize::from(inside.width).saturating_sub(3)) / 4;
    let place = |texts: [&str; 4]| texts.map(|text| cells::left(text, cell)).join(" ");
    let head = place(["", "before", "now (theirs)", "yours"]);
    out.render_widget(Line::styled(head, look.theme.faint()), row(inside, 0));
    for (at, (label, before, now, yours)) in (1..).zip(&lines) {
        let line = place([label, before, now, yours]);
        out.render_widget(Line::styled(line, Style::new()), row(inside, at));
    }
    let last = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    for (at, words) in [
        "Your other changes are kept either way; what you left alone is",
        "theirs. The choice is for fields that both of you changed.",
    ]
    .into_iter()
    .enumerate()
    {
        let at = last.saturating_add(u16::from(at == 1));
        out.render_widget(Line::styled(words, look.theme.faint()), row(inside, at));
    }
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
