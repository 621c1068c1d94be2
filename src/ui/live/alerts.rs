//! What somebody should look at, the worst first; or what was acknowledged today, by whom and with which words.
//!
//! ```text
//!  ▲ 09:42 Otieno · Uhuru Corner · T03
//!    6 cancelled baskets in 40 min; peers 0–1
//!    KES 4,180 in them · 4 after the total
//! ```
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{Area, marks, words};
use crate::app::Layer;
use crate::app::command::Command;
use crate::domain::supervision::{Alert, AlertNote};
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, frame, row};

/// What is drawn of an alert or a note.
struct Entry {
    sign: Sign,
    lines: Vec<String>,
}

/// Draws the pane.
pub fn render(out: &mut Frame<'_>, area: &Area, look: Look<'_>) {
    let alerts = &look.model.live.alerts;
    let wide: usize = area.rect.width.into();
    let headed = u16::from(area.rect.height >= 5);
    if headed == 1 {
        let line = Line::styled(cells::cut(&heading(look), wide), look.theme.faint());
        out.render_widget(line, row(area.rect, 0));
    }
    let rest = area.at(Rect {
        y: area.rect.y + headed,
        height: area.rect.height - headed,
        ..area.rect
    });
    let (entries, at): (Vec<_>, _) = if alerts.shows_noted {
        let notes: Vec<_> = alerts.noted_since(look.model.midnight()).collect();
        let at = alerts.noted_cursor.position(notes.iter().map(|note| note.id));
        (notes.into_iter().map(|note| noted(look, note, wide)).collect(), at)
    } else {
        let position = alerts.position();
        (alerts.open().map(|alert| open(look, alert, wide)).collect(), position)
    };
    if entries.is_empty() {
        let words = cells::cut(&format!("   {}", nothing(look)), wide);
        out.render_widget(Line::styled(words, look.theme.faint()), row(rest.rect, 0));
        return;
    }
    list(out, &rest, look, &entries, at);
}

fn list(out: &mut Frame<'_>, area: &Area, look: Look<'_>, entries: &[Entry], at: usize) {
    let wide: usize = area.rect.width.into();
    let lines_of = |position: usize| entries.get(position).map_or(1, |entry| entry.lines.len());
    let first = marks::first_row(at, area.rect.height.into(), lines_of);
    let mut y = 0;
    for (position, entry) in entries.iter().enumerate().skip(first) {
        let here = position == at && area.has_keys;
        for (part, line) in entry.lines.iter().enumerate() {
            if y >= area.rect.height {
                return;
            }
            let style = match (here, part) {
                (true, _) => look.theme.highlighted(),
                (false, 0) => look.theme.style(entry.sign),
                (false, 1) => Style::new(),
                (false, _) => look.theme.faint(),
            };
            let line = match line.strip_prefix(' ') {
                Some(rest) if here && part == 0 => format!("{}{rest}", look.theme.sign(Sign::Here)),
                _ => line.clone(),
            };
            out.render_widget(Line::styled(cells::left(&line, wide), style), row(area.rect, y));
            area.add_row(look, y, position, at);
            y += 1;
        }
    }
}

/// The worst of those that are open, a line each; where there is none, what was acknowledged.
pub fn strip(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let wide: usize = area.width.into();
    let alerts = &look.model.live.alerts;
    let mut at = 0;
    for alert in alerts.open().take(area.height.into()) {
        let sign = words::sign(alert.severity);
        let line = format!(" {} {}", look.theme.sign(sign), line(look, alert));
        out.render_widget(
            Line::styled(cells::cut(&line, wide), look.theme.style(sign)),
            row(area, at),
        );
        at += 1;
    }
    if at == 0 {
        let words = cells::cut(&format!("   {}", nothing(look)), wide);
        out.render_widget(Line::styled(words, look.theme.faint()), row(area, 0));
    }
}

/// An alert in one line.
fn line(look: Look<'_>, alert: &Alert) -> String {
    format!(
        "{} {}: {}",
        clock(look, alert.at),
        words::subject(alert),
        alert.headline
    )
}

fn open(look: Look<'_>, alert: &Alert, wide: usize) -> Entry {
    let sign = words::sign(alert.severity);
    let on_its_way = if look.model.live.alerts.is_being_noted(alert.id) {
        "being acknowledged … "
    } else {
        ""
    };
    let first = format!(
        " {} {} {}",
        look.theme.sign(sign),
        clock(look, alert.at),
        words::subject(alert)
    );
    let mut lines = vec![cells::ends(&first, on_its_way, wide)];
    let below = |text: &str| {
        let lines = cells::wrap(text, wide.saturating_sub(3));
        lines.into_iter().map(|line| format!("   {line}"))
    };
    lines.extend(below(&alert.headline).take(2));
    lines.extend(alert.figures.iter().take(1).flat_map(|figure| below(figure).take(1)));
    Entry { sign, lines }
}

fn noted(look: Look<'_>, note: &AlertNote, wide: usize) -> Entry {
    let sign = words::sign(note.severity);
    let first = format!(
        " {} {} {}: {}",
        look.theme.sign(sign),
        clock(look, note.at),
        note.rule.title(),
        note.headline
    );
    Entry {
        sign,
        lines: vec![first, cells::cut(&format!("   {}", said(look, note)), wide)],
    }
}

/// What was said of an alert, by whom and when.
pub fn said(look: Look<'_>, note: &AlertNote) -> String {
    let at = clock(look, note.noted_at);
    if note.note.is_empty() {
        format!("{at} {}: seen", note.noted_by)
    } else {
        format!("{at} {}: “{}”", note.noted_by, note.note)
    }
}

/// How many there are of which kind, and what leads to the others.
fn heading(look: Look<'_>) -> String {
    let alerts = &look.model.live.alerts;
    let open = alerts.open_count();
    let noted = alerts.noted_since(look.model.midnight()).count();
    let key = look.keymap.key_in(Layer::Live, Command::Acknowledged);
    let key = |words: &str| key.map(|key| format!(" · {key} {words}")).unwrap_or_default();
    if alerts.shows_noted {
        return format!(
            "   {noted} acknowledged today{}",
            key(&format!("shows the {open} open"))
        );
    }
    match noted {
        0 => format!("   {open} open"),
        noted => format!("   {open} open · {noted} acknowledged today{}", key("shows them")),
    }
}

/// Why none is listed, and what leads to the others.
fn nothing(look: Look<'_>) -> String {
    let alerts = &look.model.live.alerts;
    if alerts.shows_noted {
        return String::from("none was acknowledged today");
    }
    let noted = alerts.noted_since(look.model.midnight()).count();
    let key = look.keymap.key_in(Layer::Live, Command::Acknowledged);
    match (noted, key) {
        (0, _) => String::from("none: nothing wants to be looked at"),
        (noted, None) => format!("none is open; {noted} acknowledged today"),
        (noted, Some(key)) => format!("none is open · {noted} acknowledged today: {key}"),
    }
}

/// A moment as one says it; of another day, the day too.
pub fn clock(look: Look<'_>, at: Timestamp) -> String {
    let at = frame::local(look.model, at);
    let format = if at.date() == look.model.today() {
        "%H:%M"
    } else {
        "%d %b %H:%M"
    };
    at.strftime(format).to_string()
}
