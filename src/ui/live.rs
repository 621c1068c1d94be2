//! F3: all outlets as they sell. One pane at a time with what is new below it; on a wide screen all of them.
//!
//! ```text
//!  KES 1,284,310 today   +6% on last Thu   2,911 sales   38 of 40 outlets   09:42
//! ── 1 OUTLETS   2 stream   3 alerts ▲2   4 drugs ─ ● live · 41/min · lag 0.2 s ──
//!    outlet            KES today sales %week   last hour     last
//!  ✕ Mtwapa                8,120    19  -58%   ▂▃▃▂▁▁        34 min  SILENT 34 min
//! ── just now · all outlets, from this morning ───────────── 8 repeats dropped ──
//!  09:42:03 Uhuru Corner   Otieno  Tramadol 50 mg caps         -20 cap    -400.00
//! ── alerts ──────────────────────────────────────────────────────────────────────
//!  ▲ 09:42 Otieno · Uhuru Corner: 6 cancelled baskets in 40 min, peers 0–1
//! ```
mod alert;
mod alerts;
mod head;
mod hours;
mod marks;
mod outlets;
mod stream;
mod totals;
mod words;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::places::Pieces;
use super::theme::Sign;
use super::{Look, Target, cells, frame, row};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::live::Pane;

/// In fewer columns, there is one column, and rows in two lines.
const ONE_COLUMN: u16 = 60;
/// From so many columns and rows on, all panes are there at once.
const ALL_WIDE: u16 = 110;
const ALL_HIGH: u16 = 24;
/// From so many rows on, the day by hour is there too.
const WITH_HOURS: u16 = 32;

/// Where a pane is drawn, and whether the keys are its.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    rect: Rect,
    has_keys: bool,
}

/// Takes so many rows from the top of an area.
fn top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let taken = Rect { height: rows, ..*area };
    area.y += rows;
    area.height -= rows;
    taken
}

/// Takes so many rows from its end.
fn end(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect {
        y: area.y + area.height,
        height: rows,
        ..*area
    }
}

/// Draws the live screen.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>) {
    if body.width >= ALL_WIDE && body.height >= ALL_HIGH {
        all_panes(out, body, look);
    } else {
        one_pane(out, body, look);
    }
}

fn one_pane(out: &mut Frame<'_>, mut body: Rect, look: Look<'_>) {
    let live = &look.model.live;
    let screen = body.width;
    let is_narrow = screen < ONE_COLUMN;
    let head = match (is_narrow, body.height) {
        (_, 0..=3) => 0,
        (true, 10..) => 2,
        _ => 1,
    };
    let at = top(&mut body, head);
    if head > 0 {
        head::lines(out, at, look);
    }
    if body.height >= 2 {
        panes(out, top(&mut body, 1), look);
    }
    let (sign, _) = head::state(look);
    if let Some(why) = head::why_away(live).filter(|_| body.height >= 4) {
        let words = cells::cut(&format!(" {} {why}", look.theme.sign(sign)), screen.into());
        out.render_widget(Line::styled(words, look.theme.style(sign)), top(&mut body, 1));
    }
    let strip = if is_narrow || body.height < 12 { 0 } else { 3 };
    if is_narrow && live.pane != Pane::Alerts && body.height >= 8 {
        let at = end(&mut body, 1);
        press(look, at, Pane::Alerts);
        alerts::strip(out, at, look);
    }
    let alerts_at = end(&mut body, if live.pane == Pane::Alerts { 0 } else { strip });
    let stream_at = end(&mut body, if live.pane == Pane::Stream { 0 } else { strip });
    pane(out, live.pane, body, look, screen);
    if stream_at.height > 1 {
        let title = if live.stream.filter.wanted.is_empty() {
            String::from("just now")
        } else {
            format!("just now · {}", stream::which(look))
        };
        frame::rule(out, row(stream_at, 0), look, &title, &stream::beside(look));
        let rows = below(stream_at);
        press(look, stream_at, Pane::Stream);
        stream::list(out, &totals::strip_area(rows), look, screen);
    }
    if alerts_at.height > 1 {
        let open = live.alerts.open_count();
        let title = if open > 2 {
            format!("alerts · 2 of {open}")
        } else {
            String::from("alerts")
        };
        frame::rule(out, row(alerts_at, 0), look, &title, "");
        press(look, alerts_at, Pane::Alerts);
        alerts::strip(out, below(alerts_at), look);
    }
}

/// An area without its first row.
fn below(area: Rect) -> Rect {
    Rect {
        y: area.y + 1.min(area.height),
        height: area.height.saturating_sub(1),
        ..area
    }
}

/// A click there gives the keys to that pane.
fn press(look: Look<'_>, area: Rect, pane: Pane) {
    totals::strip_area(area).add(look, pane);
}

/// Draws the pane that has the keys.
fn pane(out: &mut Frame<'_>, pane: Pane, rect: Rect, look: Look<'_>, screen: u16) {
    let area = Area { rect, has_keys: true };
    area.add(look, pane);
    match pane {
        Pane::Outlets => outlets::render(out, area, look),
        Pane::Stream => stream::render(out, &area, look, screen),
        Pane::Alerts => match &look.model.live.alerts.front {
            Some(front) => alert::render(out, &area, look, front, screen),
            None => alerts::render(out, &area, look),
        },
        Pane::Totals => totals::render(out, &area, look),
    }
}

fn all_panes(out: &mut Frame<'_>, mut body: Rect, look: Look<'_>) {
    let live = &look.model.live;
    let screen = body.width;
    head::tiles(out, top(&mut body, 2), look);
    if let Some(why) = head::why_away(live) {
        let (sign, _) = head::state(look);
        let words = cells::cut(&format!(" {} {why}", look.theme.sign(sign)), screen.into());
        out.render_widget(Line::styled(words, look.theme.style(sign)), top(&mut body, 1));
    }
    if body.height + 2 >= WITH_HOURS {
        let high = if body.height >= 42 { 8 } else { 6 };
        hours::render(out, top(&mut body, high), look);
    }
    let foot = end(&mut body, if live.pane == Pane::Totals { 0 } else { 4 });
    let left_wide = (screen * 3 / 5).max(71);
    let left = Rect {
        width: left_wide,
        ..body
    };
    let right = Rect {
        x: body.x + left_wide + 1,
        width: screen - left_wide - 1,
        ..body
    };
    let wall = if look.theme.ascii { "|" } else { "│" };
    for y in 0..body.height {
        let at = Rect {
            x: body.x + left_wide,
            width: 1,
            ..row(body, y)
        };
        out.render_widget(Line::styled(wall, look.theme.faint()), at);
    }
    left_column(out, left, look, screen);
    right_column(out, right, look, screen);
    if foot.height > 1 {
        titled(
            out,
            row(foot, 0),
            look,
            (Pane::Totals, live.table.name()),
            &totals::others(look),
        );
        press(look, foot, Pane::Totals);
        totals::strip(out, &totals::strip_area(below(foot)), look);
    }
}

/// The outlets, or what takes their place: the totals, or the alert that is looked at.
fn left_column(out: &mut Frame<'_>, area: Rect, look: Look<'_>, screen: u16) {
    let live = &look.model.live;
    let rest = below(area);
    match (live.pane, &live.alerts.front) {
        (Pane::Totals, _) => {
            titled(
                out,
                row(area, 0),
                look,
                (Pane::Totals, live.table.name()),
                &totals::others(look),
            );
            pane(out, Pane::Totals, rest, look, screen);
        }
        (Pane::Alerts, Some(front)) => {
            let area = Area {
                rect: area,
                has_keys: true,
            };
            area.add(look, Pane::Alerts);
            alert::render(out, &area, look, front, screen);
        }
        _ => {
            let held = if live.held.is_some() { "held" } else { "worst first" };
            titled(out, row(area, 0), look, (Pane::Outlets, &outlets::title(look)), held);
            let has_keys = live.pane == Pane::Outlets;
            let area = Area { rect: rest, has_keys };
            area.add(look, Pane::Outlets);
            outlets::render(out, area, look);
        }
    }
}

/// The alerts, and below them the stream.
fn right_column(out: &mut Frame<'_>, mut area: Rect, look: Look<'_>, screen: u16) {
    let live = &look.model.live;
    let wanted = u16::try_from(live.alerts.open_count() * 3 + 2).unwrap_or(u16::MAX);
    let most = if live.pane == Pane::Alerts {
        area.height * 2 / 3
    } else {
        area.height * 2 / 5
    };
    let alerts_at = top(&mut area, wanted.clamp(4, most.max(4)));
    let name = if shows_noted(look) { "acknowledged" } else { "alerts" };
    titled(out, row(alerts_at, 0), look, (Pane::Alerts, name), "");
    let has_keys = live.pane == Pane::Alerts && live.alerts.front.is_none();
    let alerts_area = Area {
        rect: below(alerts_at),
        has_keys,
    };
    alerts_area.add(look, Pane::Alerts);
    alerts::render(out, &alerts_area, look);
    titled(
        out,
        row(area, 0),
        look,
        (Pane::Stream, "stream"),
        &head::standing(look, usize::from(area.width).saturating_sub(20)),
    );
    let stream_area = Area {
        rect: below(area),
        has_keys: live.pane == Pane::Stream,
    };
    stream_area.add(look, Pane::Stream);
    stream::render(out, &stream_area, look, screen);
}

/// Whether the alerts in front are those that were acknowledged.
fn shows_noted(look: Look<'_>) -> bool {
    look.model.live.pane == Pane::Alerts && look.model.live.alerts.shows_noted
}

/// A pane's key and name as the rule above it shows them: in capitals where it has the keys, and how many alerts are open.
fn label(look: Look<'_>, pane: Pane, name: &str) -> (String, Style, Option<String>) {
    let live = &look.model.live;
    let key = look.keymap.key_in(Layer::Live, Command::LivePane(pane));
    let key = key.map(|key| format!("{key} ")).unwrap_or_default();
    let (name, style) = if live.pane == pane {
        (name.to_uppercase(), look.theme.strong())
    } else {
        (name.to_owned(), Style::new())
    };
    let pressing = match live.alerts.pressing() {
        0 => None,
        pressing => Some(format!(" {}{pressing}", look.theme.sign(Sign::Warn))),
    };
    let pressing = pressing.filter(|_| pane == Pane::Alerts && !shows_noted(look));
    (format!("{key}{name}").trim_end().to_owned(), style, pressing)
}

/// A rule that names a pane.
fn titled(out: &mut Frame<'_>, area: Rect, look: Look<'_>, (pane, name): (Pane, &str), end: &str) {
    let (label, style, pressing) = label(look, pane, name);
    let mut line = start(look);
    let key = look.keymap.key_in(Layer::Live, Command::LivePane(pane));
    line.push(label, style, key.map(Target::Press));
    if let Some(pressing) = pressing {
        line.push(pressing, look.theme.style(Sign::Warn), None);
    }
    finish(out, area, look, line, end);
}

fn start(look: Look<'_>) -> Pieces {
    Pieces::new(if look.theme.ascii { "-- " } else { "── " })
}

/// The rest of a rule, with something at its right end.
fn finish(out: &mut Frame<'_>, area: Rect, look: Look<'_>, mut line: Pieces, end: &str) {
    let stroke = if look.theme.ascii { "-" } else { "─" };
    let room = usize::from(area.width.saturating_sub(line.wide()));
    let end = match end {
        "" => String::new(),
        end => cells::cut(&format!(" {end} {stroke}{stroke}"), room.saturating_sub(3)),
    };
    let between = room.saturating_sub(cells::width(&end) + 1);
    line.push(format!(" {}{end}", stroke.repeat(between)), look.theme.faint(), None);
    line.render(out, area, look);
}

/// The panes with their keys, and how the stream stands.
fn panes(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let live = &look.model.live;
    let is_narrow = area.width < ONE_COLUMN;
    let outlets = outlets::title(look);
    let mut pieces = start(look);
    for pane in Pane::ALL {
        let name = match pane {
            // Where it is narrow, the key alone says that there is a pane.
            other if is_narrow && other != live.pane => "",
            Pane::Outlets => &outlets,
            Pane::Stream => "stream",
            Pane::Alerts if shows_noted(look) => "acknowledged",
            Pane::Alerts => "alerts",
            Pane::Totals => live.table.name(),
        };
        let (label, style, pressing) = label(look, pane, name);
        let key = look.keymap.key_in(Layer::Live, Command::LivePane(pane));
        pieces.push(label, style, key.map(Target::Press));
        if let Some(pressing) = pressing {
            pieces.push(pressing, look.theme.style(Sign::Warn), None);
        }
        if pane != Pane::Totals {
            let gap = match area.width {
                _ if is_narrow => " ",
                ..100 => "  ",
                _ => "   ",
            };
            pieces.push(gap, Style::new(), None);
        }
    }
    // What parts the two, and the end of the rule.
    let room = area.width.saturating_sub(pieces.wide() + 7);
    finish(out, area, look, pieces, &head::standing(look, room.into()));
}
