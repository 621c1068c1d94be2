//! Who changed a row, what and when, newest first.
//!
//! ```text
//! ── Aspirin · who changed what ───────────────────────────────────────────────────
//!  ▶ 2026-03-02 09:42  Asha N. · T01        Price of one: 12.50 → 13.00
//!    2026-03-01 18:10  rxtill import        import: added
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::dimension::aside::{HistoryDesk, Read};
use crate::domain::dimension::{Dimension, HistoryLine};
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, frame, row};

/// At least so many lines stand below for the words of the line under the cursor; at most half the screen.
const BELOW: usize = 3;
/// In fewer cells, what changed stands below who changed it.
const ONE_COLUMN: usize = 60;

/// Draws a history.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>, dimension: Dimension, desk: &HistoryDesk) {
    let wide: usize = body.width.into();
    let count = match &desk.read {
        Read::Here(history) if history.has_older => format!("the newest {}", history.lines.len()),
        Read::Here(history) => format!("{}", history.lines.len()),
        Read::Asked(_) => "being read …".to_owned(),
        Read::Away(_) => "not read".to_owned(),
    };
    let title = format!("{} · who changed what", desk.name);
    frame::rule(out, row(body, 0), look, &title, &count);
    let history = match &desk.read {
        Read::Here(history) => history,
        Read::Asked(_) => return,
        Read::Away(why) => {
            out.render_widget(Line::raw(cells::cut(&format!("   {why}"), wide)), row(body, 1));
            return;
        }
    };
    if history.lines.is_empty() {
        let words = "   nothing was noted: it is as it was before changes were";
        out.render_widget(Line::raw(cells::cut(words, wide)), row(body, 1));
        return;
    }
    let here = history.lines.get(desk.at);
    let words = here.map(|line| format!("{}: {}", named(line), what(look, dimension, line)));
    let words = cells::wrap(&words.unwrap_or_default(), wide.saturating_sub(2));
    let below = if body.height > 8 {
        words.len().clamp(BELOW, (body.height / 2).into()) + 1
    } else {
        0
    };
    let below = u16::try_from(below).unwrap_or(0);
    let high = if wide < ONE_COLUMN { 2 } else { 1 };
    let room = usize::from(body.height.saturating_sub(1 + below) / high);
    let first = (desk.at + 1).saturating_sub(room);
    let shown = history.lines.iter().enumerate().skip(first).take(room);
    for (at, (position, line)) in (1..).step_by(high.into()).zip(shown) {
        let here = position == desk.at;
        let mark = if here { look.theme.sign(Sign::Here) } else { " " };
        let style = if here { look.theme.highlighted() } else { Style::new() };
        let (who, what) = (who(look, line, wide), what(look, dimension, line));
        let lines = if high == 2 {
            vec![format!(" {mark} {who}"), format!("     {what}")]
        } else {
            vec![format!(" {mark} {who} {what}")]
        };
        for (at, text) in (at..).zip(lines) {
            out.render_widget(Line::styled(cells::left(&text, wide), style), row(body, at));
        }
    }
    if below > 0 {
        let from = body.height - below;
        frame::rule(out, row(body, from), look, "", "");
        for (at, words) in (from + 1..body.height).zip(words) {
            out.render_widget(Line::raw(format!(" {words}")), row(body, at));
        }
    }
}

fn named(line: &HistoryLine) -> String {
    match &line.author.till {
        Some(till) if !line.author.name.ends_with(till.as_str()) => format!("{} · {till}", line.author.name),
        _ => line.author.name.clone(),
    }
}

fn who(look: Look<'_>, line: &HistoryLine, wide: usize) -> String {
    let zone = look
        .model
        .outlet
        .as_ref()
        .map_or(jiff::tz::TimeZone::UTC, |outlet| outlet.zone());
    let at = line.at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string();
    let room = if wide < ONE_COLUMN {
        wide.saturating_sub(21)
    } else {
        (wide / 4).min(24)
    };
    format!("{at}  {}", cells::left(&named(line), room))
}

fn what(look: Look<'_>, dimension: Dimension, line: &HistoryLine) -> String {
    line.change.words(dimension.spec(), look.model.currency().places)
}
