//! The events, newest first.
//!
//! ```text
//!  09:42:03 Uhuru Corner   Otieno  Tramadol 50 mg caps         -20 cap    -400.00
//!  09:41:58 Kilifi Bay     Asha    Panadol Extra 500/65 mg tab 2 strip     120.00
//! ```
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{Area, head, marks};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::live::LiveState;
use crate::domain::money::Currency;
use crate::domain::supervision::{RowKind, StreamRow};
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, row};

/// In fewer cells of the whole screen, an event has two rows.
const ONE_COLUMN: u16 = 60;

/// How rows are drawn: whose clock, how wide, and whether in two lines.
pub struct Rows<'a> {
    look: Look<'a>,
    zone: TimeZone,
    wide: usize,
    is_double: bool,
}

impl<'a> Rows<'a> {
    /// Of an area, on a screen of so many columns.
    pub fn of(look: Look<'a>, area: Rect, screen: u16) -> Self {
        Self {
            look,
            zone: look.model.zone(),
            wide: area.width.into(),
            is_double: screen < ONE_COLUMN,
        }
    }

    fn at(&self, line: &StreamRow) -> String {
        let at = line.at.to_zoned(self.zone.clone());
        let today = self.look.model.now.to_zoned(self.zone.clone()).date();
        let format = if at.date() == today { "%H:%M:%S" } else { "%d %b" };
        cells::left(&at.strftime(format).to_string(), 8)
    }

    /// A row in its lines, and its sign; the first line has room for the mark of the highlight.
    pub fn lines(&self, line: &StreamRow) -> (Sign, Vec<String>) {
        let theme = self.look.theme;
        let at = self.at(line);
        match line.kind {
            RowKind::Unreadable => {
                let words = format!("unreadable: {}", line.what);
                return (Sign::Bad, self.whole(&at, Sign::Bad, &words));
            }
            RowKind::Note => return (Sign::Warn, self.whole(&at, Sign::Warn, &line.what)),
            _ => {}
        }
        let sign = if line.differs { Sign::Bad } else { Sign::Idle };
        let before = match line.kind {
            _ if line.differs => format!("{} differs: ", theme.sign(Sign::Bad)),
            RowKind::Return => String::from("back "),
            RowKind::Void => String::from("void "),
            RowKind::Audit | RowKind::Heartbeat => String::from("· "),
            _ => String::new(),
        };
        let what = format!("{before}{}", line.what);
        let places = Currency::of(&line.currency).places;
        let amount = |room: usize| match line.amount {
            None => String::new(),
            Some(amount) if cells::width(&amount.grouped(places)) <= room => amount.grouped(places),
            Some(amount) => marks::short(amount, room),
        };
        if self.is_double {
            let first = format!(" {at} {} · {}", line.outlet, line.employee);
            let goods = format!("   {} {what}", line.quantity);
            let second = cells::ends(&goods.replace("    ", "   "), &format!("{} ", amount(12)), self.wide);
            return (sign, vec![cells::cut(&first, self.wide), second]);
        }
        let text = if self.wide < 76 {
            let quantity = if self.wide >= 58 { 9 } else { 0 };
            let rest = self.wide.saturating_sub(1 + 9 + 9 + 7 + quantity + 10);
            format!(
                " {at} {} {} {}{}",
                cells::left(&fit(&line.outlet, 8), 8),
                cells::left(&fit(&line.employee, 6), 6),
                goods(&what, &line.quantity, (rest, quantity)),
                cells::right(&amount(9), 10),
            )
        } else {
            let spare = self.wide.saturating_sub(78);
            format!(
                " {at} {} {} {}{}",
                cells::left(&fit(&line.outlet, 14 + spare / 4), 14 + spare / 4),
                cells::left(&fit(&line.employee, 8 + spare / 4), 8 + spare / 4),
                goods(&what, &line.quantity, (22 + spare / 2, 12)),
                cells::right(&amount(10), 11),
            )
        };
        (sign, vec![text])
    }

    /// Words in as many lines as they need: a reason that is cut is none.
    fn whole(&self, at: &str, sign: Sign, words: &str) -> Vec<String> {
        let before = format!(" {at} {} ", self.look.theme.sign(sign));
        let indent = " ".repeat(cells::width(&before));
        let lines = cells::wrap(words, self.wide.saturating_sub(cells::width(&before)));
        let line = |(at, line)| format!("{}{line}", if at == 0 { &before } else { &indent });
        lines.into_iter().enumerate().map(line).collect()
    }

    /// Draws rows from the top of an area, those that fit, `at` among them and highlighted where it `has_keys`.
    pub fn render<'r>(
        &self,
        out: &mut Frame<'_>,
        area: &Area,
        rows: impl ExactSizeIterator<Item = &'r StreamRow> + Clone,
        at: usize,
    ) {
        let lines_of = |position: usize| rows.clone().nth(position).map_or(1, |line| self.lines(line).1.len());
        let first = marks::first_row(at, area.rect.height.into(), lines_of);
        let mut y = 0;
        for (position, line) in rows.enumerate().skip(first) {
            if y >= area.rect.height {
                return;
            }
            let here = position == at && area.has_keys;
            let (sign, lines) = self.lines(line);
            let style = match (here, line.kind) {
                (true, _) => self.look.theme.highlighted(),
                (_, RowKind::Heartbeat | RowKind::Older) => self.look.theme.faint(),
                _ if sign == Sign::Idle => Style::new(),
                _ => self.look.theme.style(sign),
            };
            for (part, text) in lines.into_iter().enumerate() {
                let text = match text.strip_prefix(' ') {
                    Some(rest) if here && part == 0 => format!("{}{rest}", self.look.theme.sign(Sign::Here)),
                    _ => text,
                };
                out.render_widget(Line::styled(cells::left(&text, self.wide), style), row(area.rect, y));
                area.add_row(self.look, y, position, at);
                y = y.saturating_add(1);
            }
        }
    }
}

/// A name in so many cells: its first word alone, where all of it is too long.
fn fit(name: &str, room: usize) -> String {
    match name.split_once(' ') {
        Some((first, _)) if cells::width(name) > room => cells::cut(first, room),
        _ => cells::cut(name, room),
    }
}

/// What happened, and how much of it at the right; where nothing is counted, the words have all the room.
fn goods(what: &str, quantity: &str, (room, beside): (usize, usize)) -> String {
    if quantity.is_empty() || beside == 0 {
        return cells::left(what, room + beside);
    }
    let quantity = cells::right(&cells::cut(quantity, beside - 1), beside);
    format!("{}{quantity}", cells::left(what, room))
}

/// Draws the pane: which events, then they.
pub fn render(out: &mut Frame<'_>, area: &Area, look: Look<'_>, screen: u16) {
    let headed = u16::from(area.rect.height >= 4);
    if headed == 1 {
        heading(out, row(area.rect, 0), look);
    }
    let rest = Rect {
        y: area.rect.y + headed,
        height: area.rect.height - headed,
        ..area.rect
    };
    list(out, &area.at(rest), look, screen);
}

/// The events alone.
pub fn list(out: &mut Frame<'_>, area: &Area, look: Look<'_>, screen: u16) {
    let stream = &look.model.live.stream;
    if stream.is_empty() {
        let words = cells::cut(&format!("   {}", nothing(look)), area.rect.width.into());
        out.render_widget(Line::styled(words, look.theme.faint()), row(area.rect, 0));
        return;
    }
    let rows = Rows::of(look, area.rect, screen);
    let shown: Vec<&StreamRow> = stream.shown().map(AsRef::as_ref).collect();
    rows.render(out, area, shown.iter().copied(), stream.at);
}

/// The filter being typed, or which events these are.
fn heading(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let live = &look.model.live;
    let wide: usize = area.width.into();
    if let Some(line) = &live.typing {
        let label = if look.theme.ascii { " Only > " } else { " Only › " };
        let help = if wide >= 76 {
            "outlet: employee: drug: @doctor kind: over: "
        } else {
            ""
        };
        let text = cells::ends(&format!("{label}{}", line.text()), help, wide);
        out.render_widget(Line::raw(text), area);
        let column = u16::try_from(cells::width(label) + line.cursor()).unwrap_or(u16::MAX);
        out.set_cursor_position((area.x + column.min(area.width.saturating_sub(1)), area.y));
        return;
    }
    let words = cells::ends(&format!("   {}", which(look)), &format!("{} ", beside(look)), wide);
    out.render_widget(Line::styled(words, look.theme.faint()), area);
}

/// Which events these are.
pub fn which(look: Look<'_>) -> String {
    let live = &look.model.live;
    if live.stream.filter.wanted.is_empty() {
        return head::what_is_followed(look);
    }
    let key = look.keymap.key_in(Layer::Live, Command::Back);
    let all = key.map(|key| format!(" · {key} all again")).unwrap_or_default();
    format!("only {}{all}", live.stream.filter.words)
}

/// Whether the list goes on, and what of it is not here.
pub fn beside(look: Look<'_>) -> String {
    let stream = &look.model.live.stream;
    let mut parts = Vec::new();
    parts.extend(
        stream
            .newer()
            .map(|newer| format!("held: {} newer", marks::count(newer))),
    );
    if stream.skipped > 0 {
        parts.push(format!(
            "{} not shown, all counted",
            marks::counted(stream.skipped, "row", "rows")
        ));
    }
    parts.extend(stream.found.map(|of| format!("the latest of {}", marks::count(of))));
    if parts.is_empty() {
        return head::counts(&look.model.live);
    }
    parts.join(" · ")
}

fn nothing(look: Look<'_>) -> String {
    let live = &look.model.live;
    let key = |command, does: &str| {
        let key = look.keymap.key_in(Layer::Live, command);
        key.map(|key| format!(" · {key} {does}")).unwrap_or_default()
    };
    if live.stream.is_asked {
        return String::from("looking among those that are kept …");
    }
    if !live.stream.filter.wanted.is_empty() {
        return format!("none of those that are kept{}", key(Command::Back, "shows all"));
    }
    let soon = match live.state {
        Some(LiveState::Live) => ": a sale shows here as soon as it is published",
        _ => "",
    };
    format!("nothing yet{soon}{}", key(Command::FromWhen, "from when"))
}
