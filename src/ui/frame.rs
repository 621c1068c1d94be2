//! What stands around every screen: tabs, who and where, what just happened, status, hints.
use jiff::{Timestamp, Zoned};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::places::Pieces;
use super::theme::Sign;
use super::{Look, Target, cells, hints, row, status};
use crate::app::command::Command;
use crate::app::role::Role;
use crate::app::status::age;
use crate::app::{Layer, Model, Screen};
use crate::domain::dimension::Dimension;

/// In fewer cells, the tabs do not all fit.
const NARROW: u16 = 60;
/// In fewer cells, the name of a tab may be a shorter one.
const WIDE: u16 = 100;

/// Where the parts are.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    tabs: Rect,
    who: Rect,
    upper: Rect,
    /// The screen's own.
    pub body: Rect,
    notice: Rect,
    lower: Rect,
    status: Rect,
    hints: Rect,
}

impl Parts {
    /// The parts of an area; what a small terminal cannot hold has no rows, least wanted first.
    pub fn of(area: Rect, look: Look<'_>) -> Self {
        let high = area.height;
        // In the order in which they are given up: rules, who, hints, tabs, notice, status.
        let wants = |least: u16| u16::from(high >= least);
        let (rules, who, hints, tabs, notice, status) = (wants(16), wants(12), wants(10), wants(8), wants(4), wants(3));
        // The live screen begins with a line of its own that says the time, and a rule with its panes.
        let (who, upper) = match look.model.screen {
            Screen::Live => (0, 0),
            _ => (who, rules),
        };
        let body = high.saturating_sub(upper + rules + who + hints + tabs + notice + status);
        // What cannot be said in one line has more of them, and the screen itself fewer.
        let more = said(look, area.width.into()).map_or(0, |(_, lines)| lines.len().saturating_sub(1));
        let more = u16::try_from(more).unwrap_or(u16::MAX).min(body / 3) * notice;
        let (body, notice) = (body - more, notice + more);
        let mut y = area.y;
        let mut part = |height: u16| {
            let part = Rect { y, height, ..area };
            y += height;
            part
        };
        Self {
            tabs: part(tabs),
            who: part(who),
            upper: part(upper),
            body: part(body),
            notice: part(notice),
            lower: part(rules),
            status: part(status),
            hints: part(hints),
        }
    }
}

/// Draws all of them but the body.
pub fn render(frame: &mut Frame<'_>, parts: Parts, look: Look<'_>) {
    tabs(frame, parts.tabs, look);
    frame.render_widget(who(look, parts.who.width.into()), parts.who);
    rule(frame, parts.upper, look, "", "");
    notice(frame, parts.notice, look);
    rule(frame, parts.lower, look, "", "");
    frame.render_widget(status::line(look, parts.status.width.into()), parts.status);
    hints::render(frame, parts.hints, look);
}

/// A rule with a title in it, and something at its right end.
pub fn rule(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, title: &str, end: &str) {
    let area = row(area, 0);
    let stroke = if look.theme.ascii { "-" } else { "─" };
    let cells: usize = area.width.into();
    let title = if title.is_empty() {
        String::new()
    } else {
        format!("{stroke}{stroke} {title} ")
    };
    let end = if end.is_empty() {
        String::new()
    } else {
        format!(" {end} {stroke}{stroke}")
    };
    let title = cells::cut(&title, cells);
    let end = cells::cut(&end, cells.saturating_sub(cells::width(&title)));
    let between = cells.saturating_sub(cells::width(&title) + cells::width(&end));
    frame.render_widget(
        Line::styled(format!("{title}{}{end}", stroke.repeat(between)), look.theme.faint()),
        area,
    );
}

fn tabs(frame: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let screens = [
        (Screen::Sale, Command::ShowSale),
        (Screen::Live, Command::ShowLive),
        (
            Screen::Dimension(Dimension::Drug),
            Command::ShowDimension(Dimension::Drug),
        ),
        (
            Screen::Dimension(Dimension::Doctor),
            Command::ShowDimension(Dimension::Doctor),
        ),
        (
            Screen::Dimension(Dimension::Employee),
            Command::ShowDimension(Dimension::Employee),
        ),
        (
            Screen::Dimension(Dimension::Outlet),
            Command::ShowDimension(Dimension::Outlet),
        ),
        (Screen::Past, Command::ShowPast),
    ];
    let narrow = area.width < NARROW;
    let mut labels = Vec::with_capacity(screens.len());
    let role = &look.model.role;
    let watches = matches!(role, Role::Supervisor { .. });
    let screens = screens
        .into_iter()
        .filter(|(screen, _)| !watches || matches!(screen, Screen::Live | Screen::Past));
    for (screen, command) in screens {
        let here = look.model.screen == screen;
        let key = look.keymap.key_in(Layer::Everywhere, command);
        let short = match command {
            Command::ShowPast if area.width < WIDE => "Past",
            command => command.called().short,
        };
        let (label, style) = match (here, key) {
            (true, _) => (short.to_uppercase(), look.theme.strong()),
            // Where it is narrow, the key alone says that there is a screen; `:` has its name.
            (false, Some(_)) if narrow && screen != Screen::Sale && !watches => (String::new(), Style::new()),
            (false, _) => (short.to_owned(), Style::new()),
        };
        let shown = key.map(|key| format!("{key} ")).unwrap_or_default();
        let label = format!("{shown}{label}{}", beside(look, screen, here));
        labels.push((label.trim_end().to_owned(), style, key.map(Target::Press)));
    }
    let wide: usize = labels.iter().map(|(label, ..)| cells::width(label)).sum();
    let room = usize::from(area.width).saturating_sub(wide + 1) / labels.len().max(2).saturating_sub(1);
    let gap = " ".repeat(room.clamp(1, 3));
    let mut line = Pieces::new(" ");
    for (label, style, target) in labels {
        line.push(label, style, target);
        line.push(gap.as_str(), Style::new(), None);
    }
    line.render(frame, area, look);
}

/// What a tab says of a screen: the basket that waits there, a changed row, or how many alerts want to be looked at.
fn beside(look: Look<'_>, screen: Screen, here: bool) -> String {
    let basket = look.model.sale.basket.as_ref().filter(|basket| basket.rows() > 0);
    match (screen, basket) {
        (Screen::Sale, Some(basket)) if !here => {
            let places = look.model.currency().places;
            let dot = if look.theme.ascii { "*" } else { "•" };
            format!(" {dot}{}", basket.total(places).fixed(places))
        }
        (Screen::Live, _) if look.model.live.alerts.pressing() > 0 => {
            let sign = look.theme.sign(Sign::Warn);
            format!(" {sign}{}", look.model.live.alerts.pressing())
        }
        (Screen::Dimension(dimension), _) if look.model.desks.is_unsaved(dimension) => {
            String::from(if look.theme.ascii { " *" } else { " •" })
        }
        _ => String::new(),
    }
}

/// A moment on the outlet's clock.
pub fn local(model: &Model, at: Timestamp) -> Zoned {
    at.to_zoned(model.zone())
}

fn who(look: Look<'_>, cells: usize) -> Line<'_> {
    let model = look.model;
    let outlet = model.outlet.as_ref().map_or("no outlet", |outlet| outlet.name.as_str());
    let seller = model
        .seller
        .as_ref()
        .map_or("nobody sells", |seller| seller.name.as_str());
    let who = match &model.role {
        Role::Till => format!(" {outlet} · {} · {seller}", model.settings.till),
        Role::Viewer(_) => format!(" {outlet} · {} · viewer", model.settings.till),
        Role::Supervisor { name: Some(name) } => format!(" {name}, supervisor"),
        Role::Supervisor { name: None } => String::from(" supervisor"),
    };
    let clock = format!("{} ", local(model, model.now).strftime("%a %H:%M"));
    let room = cells.saturating_sub(cells::width(&who) + 2);
    let clock = held(look, room.saturating_sub(cells::width(&clock) + 3)).map_or(clock.clone(), |held| {
        let time = clock.trim_start_matches(|c: char| !c.is_ascii_digit());
        let whole = format!("{held}   {clock}");
        if cells::width(&whole) <= room {
            whole
        } else {
            format!("{held}   {time}")
        }
    });
    Line::raw(cells::ends(&who, &clock, cells))
}

/// The baskets that wait, with their ages, as far as so many cells hold them; their number always. For one with a sign,
/// money was taken already, or is on its way.
fn held(look: Look<'_>, room: usize) -> Option<String> {
    let held = &look.model.sale.held;
    if held.is_empty() {
        return None;
    }
    let mut words = format!("held {}", held.len());
    let mut between = ": ";
    for one in held {
        let sign = if one.taken.is_empty() && one.awaited.is_none() {
            ""
        } else {
            look.theme.sign(Sign::Warn)
        };
        let age = age(one.since, look.model.now);
        let more = format!(
            "{between}#{} {age}{}{sign}",
            one.ticket,
            if sign.is_empty() { "" } else { " " }
        );
        if cells::width(&words) + cells::width(&more) > room {
            break;
        }
        words.push_str(&more);
        between = "  ";
    }
    Some(words)
}

/// What just happened, or the oldest alert that nobody has read; in lines of so many cells.
fn said(look: Look<'_>, cells: usize) -> Option<(Sign, Vec<String>)> {
    let model = look.model;
    let (sign, text) = match (&model.notice, model.alerts.front()) {
        (Some(notice), _) => (look.theme.tone(notice.tone), notice.text.clone()),
        (None, Some(alert)) => {
            let more = match model.alerts.len() {
                1 => String::new(),
                several => format!(" ({} more)", several - 1),
            };
            let key = look.keymap.key_in(model.layer(), Command::Back);
            let seen = key.map(|key| format!(" · {key}: seen")).unwrap_or_default();
            (Sign::Warn, format!("{alert}{more}{seen}"))
        }
        (None, None) => return None,
    };
    let shape = format!(" {} ", look.theme.sign(sign));
    let indent = " ".repeat(cells::width(&shape));
    let lines = cells::wrap(&text, cells.saturating_sub(cells::width(&shape)));
    let line = |(at, line)| format!("{}{line}", if at == 0 { &shape } else { &indent });
    Some((sign, lines.into_iter().enumerate().map(line).collect()))
}

fn notice(frame: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let Some((sign, lines)) = said(look, area.width.into()) else {
        return;
    };
    let shown = usize::from(area.height);
    for (at, line) in (0..).zip(lines.iter().take(shown)) {
        let cut = usize::from(at) + 1 == shown && lines.len() > shown;
        let line = if cut { format!("{line} …") } else { line.clone() };
        let line = cells::cut(&line, area.width.into());
        frame.render_widget(Line::styled(line, look.theme.style(sign)), row(area, at));
    }
}
