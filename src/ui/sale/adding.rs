//! A prescriber being added, in the place of entry line and hits.
//!
//! ```text
//! ── new prescriber ──────────────────────────────────────────────── unconfirmed ──
//!    Name*                     Otieno
//!  ▶ Registration number       B77▏
//!    Phone
//!    Clinic
//!  of the medical board; tells two of one name apart
//! ── F10 adds and names them ─────────────────────────── Esc to what was typed ──
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::cursor;
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::sale::Adding;
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, frame, row};

/// The cells of a label, where there is room.
const LABEL: usize = 22;

/// Draws it; gives how many rows it took.
pub fn render(out: &mut Frame<'_>, area: Rect, look: Look<'_>, adding: &Adding) -> u16 {
    let lines = u16::try_from(adding.lines()).unwrap_or(u16::MAX);
    let titled = u16::from(area.height > lines);
    let helped = u16::from(area.height > lines + titled);
    let footed = u16::from(area.height > lines + titled + helped);
    if titled == 1 {
        let state = if adding.is_saving() {
            "being kept …"
        } else {
            "unconfirmed"
        };
        frame::rule(out, row(area, 0), look, "new prescriber", state);
    }
    let room = area.height.saturating_sub(titled + helped + footed).min(lines);
    // The line that is being typed is always in sight.
    let first = (adding.at + 1).saturating_sub(room.into());
    let mut at = titled;
    for position in (first..adding.lines()).take(room.into()) {
        line(out, row(area, at), look, adding, position);
        look.places.add_row(row(area, at), position, Some(adding.at), None);
        at += 1;
    }
    if helped == 1 {
        help(out, row(area, at), look, adding);
        at += 1;
    }
    if footed == 1 {
        let key = |command, does: &str| {
            let key = look.keymap.key_in(Layer::Adding, command);
            key.map(|key| format!("{key} {does}")).unwrap_or_default()
        };
        let adds = key(Command::Confirm, "adds and names them");
        frame::rule(
            out,
            row(area, at),
            look,
            &adds,
            &key(Command::Back, "to what was typed"),
        );
        at += 1;
    }
    at
}

fn line(out: &mut Frame<'_>, area: Rect, look: Look<'_>, adding: &Adding, position: usize) {
    let here = position == adding.at;
    let sign = match (here, adding.faults.contains_key(&position)) {
        (true, _) => Sign::Here,
        (false, true) => Sign::Bad,
        (false, false) => Sign::Idle,
    };
    let mark = if sign == Sign::Idle { " " } else { look.theme.sign(sign) };
    let needed = adding.field(position).is_some_and(|field| field.required);
    let label = format!("{}{}", adding.label(position), if needed { "*" } else { "" });
    let label_cells = LABEL.min(usize::from(area.width) / 2);
    let before = format!(" {mark} {} ", cells::left(&label, label_cells));
    let style = if here { look.theme.strong() } else { Style::new() };
    let spans = vec![
        Span::styled(before.clone(), look.theme.style(sign)),
        Span::styled(adding.value(position).to_owned(), style),
    ];
    out.render_widget(Line::from(spans), area);
    if here && !adding.is_saving() {
        cursor(out, area, look, cells::width(&before) + adding.line.cursor());
    }
}

/// What is wrong with the line that is being typed, or what it is for.
fn help(out: &mut Frame<'_>, area: Rect, look: Look<'_>, adding: &Adding) {
    let (sign, words) = if let Some(fault) = adding.faults.get(&adding.at) {
        (Sign::Bad, format!(" {} {fault}", look.theme.sign(Sign::Bad)))
    } else {
        let help = adding.field(adding.at).map_or("", |field| field.help);
        (Sign::Idle, format!(" {help}"))
    };
    let words = cells::cut(&words, area.width.into());
    out.render_widget(Line::styled(words, look.theme.style(sign)), area);
}
