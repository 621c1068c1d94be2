//! F8: the list of receipts, newest first, or one of them whole.
//!
//! ```text
//! ── History · Kilifi Bay ─────────────────────────── 1–12 of 50, older ones below ──
//!  Find › amox▏
//!    sold          receipt      by           what                             total
//!  ▶ ✓ 02 Mar 09:42  T01-000123   Asha N.      Amoxicillin 500 mg +2         120.00
//!    ▲ 02 Mar 09:40  T01-000122   Asha N.      queued · Panadol Extra         65.00
//! ```
mod chart;
mod receipt;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::theme::Sign;
use super::{Look, Target, cells, frame, row};
use crate::app::command::Command;
use crate::app::live::LiveScope;
use crate::app::past::{Asks, PastSource};
use crate::app::status::{self, Database};
use crate::domain::past::{PastRow, PastState};
use crate::domain::sale::SaleKind;

/// In fewer cells, a receipt has two rows.
const ONE_COLUMN: usize = 60;
/// From so many cells on, the outlet has a column where all are shown.
const OUTLET: usize = 14;

/// Draws the screen.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>) {
    match &look.model.past.front {
        Some(front) => receipt::render(out, body, look, front),
        None => match &look.model.past.chart {
            Some(chart) => chart::render(out, body, look, chart),
            None => list(out, body, look),
        },
    }
}

fn list(out: &mut Frame<'_>, body: Rect, look: Look<'_>) {
    let past = &look.model.past;
    let list = &past.list;
    let wide: usize = body.width.into();
    let high = if wide < ONE_COLUMN { 2 } else { 1 };
    look.places.add(body, Target::Scroll);
    let titled = u16::from(body.height >= 4);
    let asked = u16::from(past.typing.is_some() || !past.words.is_empty() || past.day.is_some());
    let told = notes(look);
    let told_high = u16::from(told.is_some()) * titled;
    let headed = u16::from(high == 1) * titled;
    let above = titled + asked + told_high + headed;
    let room = usize::from(body.height.saturating_sub(above) / high);
    let first = (list.at + 1).saturating_sub(room);
    let mut at = 0;
    if titled == 1 {
        let seen = cells::part(first, room.min(list.rows.len()), list.rows.len());
        let more = match (list.is_asked(), list.has_more()) {
            (true, _) => "reading …",
            (false, true) => "older ones below",
            (false, false) => "no older one",
        };
        let counted = match (seen.trim(), list.rows.len()) {
            ("", 0) => String::new(),
            ("", rows) => format!("{rows}, "),
            (seen, _) => format!("{seen}, "),
        };
        frame::rule(out, row(body, at), look, &title(look), &format!("{counted}{more}"));
        at += 1;
    }
    if let Some((sign, words)) = told.filter(|_| told_high == 1) {
        let words = cells::cut(&format!(" {} {words}", look.theme.sign(sign)), wide);
        out.render_widget(Line::styled(words, look.theme.style(sign)), row(body, at));
        at += 1;
    }
    if asked == 1 {
        asks(out, row(body, at), look);
        at += 1;
    }
    let columns = Columns::of(wide, is_of_all(look));
    if headed == 1 {
        let head = columns.line("    ", "sold", "receipt", "outlet", "by", "what", "total");
        out.render_widget(Line::styled(cells::cut(&head, wide), look.theme.faint()), row(body, at));
        at += 1;
    }
    if list.rows.is_empty() {
        let words = cells::cut(&format!("   {}", nothing(look)), wide);
        out.render_widget(Line::styled(words, look.theme.faint()), row(body, at));
        return;
    }
    for (position, one) in list.rows.iter().enumerate().skip(first).take(room) {
        let here = position == list.at;
        let sign = sign_of(&one.state);
        let style = if here {
            look.theme.highlighted()
        } else if matches!(sign, Sign::Warn | Sign::Bad) {
            look.theme.style(sign)
        } else {
            Style::new()
        };
        let lines = if high == 2 {
            two_lines(look, one, here, wide)
        } else {
            vec![one_line(look, &columns, one, here)]
        };
        for (line, at) in lines.iter().zip(at..) {
            out.render_widget(Line::styled(cells::left(line, wide), style), row(body, at));
            let accept = Some(Command::Accept);
            look.places.add_row(row(body, at), position, Some(list.at), accept);
        }
        at += high;
    }
}

fn is_of_all(look: Look<'_>) -> bool {
    look.model.past.scope == LiveScope::All || look.model.outlet.is_none()
}

fn title(look: Look<'_>) -> String {
    match look.model.outlet.as_ref().filter(|_| !is_of_all(look)) {
        Some(outlet) => format!("History · {}", outlet.name),
        None => String::from("History · all outlets"),
    }
}

/// What has to be known of the list: that it is not whole.
fn notes(look: Look<'_>) -> Option<(Sign, String)> {
    let list = &look.model.past.list;
    if let Some(why) = &list.fault {
        return Some((Sign::Bad, why.clone()));
    }
    let Some(PastSource::Journal(why)) = &list.source else {
        return None;
    };
    let why = match look.model.status.database {
        Database::Away { since } => format!("database away {}", status::age(since, look.model.now)),
        _ => why.clone(),
    };
    Some((Sign::Warn, format!("this till's own receipts only: {why}")))
}

/// What is typed, or what the list is narrowed to.
fn asks(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let past = &look.model.past;
    let arrow = if look.theme.ascii { ">" } else { "›" };
    let wide: usize = area.width.into();
    let (label, text, cursor) = match &past.typing {
        Some((Asks::Words, line)) => (format!(" Find {arrow} "), line.text().to_owned(), Some(line.cursor())),
        Some((Asks::Day, line)) => (format!(" Day {arrow} "), line.text().to_owned(), Some(line.cursor())),
        None => (format!(" Only {arrow} "), past.words.clone(), None),
    };
    let day = past.day.map_or(String::new(), |day| format!("on {day} "));
    let line = cells::ends(&format!("{label}{text}"), &day, wide);
    out.render_widget(Line::raw(line), area);
    if let Some(cursor) = cursor.filter(|_| area.height > 0) {
        let column = u16::try_from(cells::width(&label) + cursor).unwrap_or(u16::MAX);
        out.set_cursor_position((area.x + column.min(area.width.saturating_sub(1)), area.y));
    }
}

/// Why nothing is listed.
fn nothing(look: Look<'_>) -> String {
    let past = &look.model.past;
    let key = |command| {
        let key = look.keymap.key_in(look.model.past_layer(), command);
        key.map(|key| key.to_string()).unwrap_or_default()
    };
    if past.list.is_asked() {
        String::from("reading …")
    } else if past.list.fault.is_some() {
        format!("not read · {} tries again", key(Command::Down))
    } else if past.list.has_more() {
        format!("none in the last months · {} looks further back", key(Command::Down))
    } else if !past.words.is_empty() || past.day.is_some() {
        format!("no such receipt · {} lists all again", key(Command::Back))
    } else {
        String::from("nothing was sold here yet")
    }
}

/// How many cells each column has.
struct Columns {
    outlet: usize,
    by: usize,
    what: usize,
}

impl Columns {
    fn of(wide: usize, has_outlet: bool) -> Self {
        // Sign, state, time, receipt, total, and what parts them.
        let rest = wide.saturating_sub(46);
        let outlet = if has_outlet { OUTLET.min(rest / 3) } else { 0 };
        let by = ((rest - outlet) / 3).min(18);
        Self {
            outlet,
            by,
            what: rest.saturating_sub(outlet + by + 1 + usize::from(has_outlet)),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a text for each column")]
    fn line(&self, state: &str, sold: &str, receipt: &str, outlet: &str, by: &str, what: &str, total: &str) -> String {
        let outlet = match self.outlet {
            0 => String::new(),
            cells => format!("{} ", cells::left(outlet, cells)),
        };
        format!(
            " {state} {} {} {outlet}{} {} {}",
            cells::left(sold, 12),
            cells::left(receipt, 12),
            cells::left(by, self.by),
            cells::left(what, self.what),
            cells::right(total, 12),
        )
    }
}

/// The sign of where a sale stands.
fn sign_of(state: &PastState) -> Sign {
    match state {
        PastState::Committed => Sign::Good,
        PastState::Queued => Sign::Warn,
        PastState::Parked(_) | PastState::Struck(_) => Sign::Bad,
    }
}

/// Where it stands and what it does, as far as it is no sale that was recorded.
fn words_before(one: &PastRow) -> String {
    let state = match one.state {
        PastState::Committed => "",
        PastState::Queued => "queued · ",
        PastState::Parked(_) => "parked · ",
        PastState::Struck(_) => "struck · ",
    };
    let kind = match one.kind {
        SaleKind::Sale => "",
        SaleKind::Return => "return · ",
        SaleKind::Void => "void · ",
    };
    format!("{state}{kind}")
}

/// What was sold, in so many cells: how many lines more there are is never cut.
fn what(one: &PastRow, room: usize) -> String {
    let more = match one.lines {
        0 | 1 => String::new(),
        lines => format!(" +{}", lines - 1),
    };
    let first = format!("{}{}", words_before(one), one.first);
    format!("{}{more}", cells::cut(&first, room.saturating_sub(cells::width(&more))))
}

/// When it was sold, on its outlet's clock; of another year, the day.
fn sold(look: Look<'_>, one: &PastRow) -> String {
    let format = if one.sold_local.year() == look.model.today().year() {
        "%d %b %H:%M"
    } else {
        "%d %b %Y"
    };
    one.sold_local.strftime(format).to_string()
}

fn signs(look: Look<'_>, one: &PastRow, here: bool) -> String {
    let mark = if here { look.theme.sign(Sign::Here) } else { " " };
    format!("{mark} {}", cells::left(look.theme.sign(sign_of(&one.state)), 2))
}

fn one_line(look: Look<'_>, columns: &Columns, one: &PastRow, here: bool) -> String {
    let total = one.total.fixed(one.currency.places);
    let what = what(one, columns.what);
    let signs = signs(look, one, here);
    let sold = sold(look, one);
    columns.line(&signs, &sold, &one.printed, &one.outlet, &one.employee, &what, &total)
}

fn two_lines(look: Look<'_>, one: &PastRow, here: bool, wide: usize) -> Vec<String> {
    let total = format!("{} ", one.total.fixed(one.currency.places));
    let first = format!(" {} {}  {}", signs(look, one, here), sold(look, one), one.printed);
    let who = if is_of_all(look) { &one.outlet } else { &one.employee };
    let who = cells::cut(who, wide / 3);
    let room = wide.saturating_sub(9 + cells::width(&who));
    let second = format!("      {who} · {}", what(one, room));
    vec![cells::ends(&first, &total, wide), second]
}
