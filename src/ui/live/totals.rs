//! Totals: today by drug, employee, prescriber or region, by hour, and by day; exact.
//!
//! ```text
//!    drug                              base units  sales  outlets           KES
//!    Coartem 20/120 mg tab                  1,440    120       12     28,800.00  ███████▋
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{Area, hours, marks};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::live::Table;
use crate::domain::money::Money;
use crate::domain::supervision::overview::TotalLine;
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, row};

/// In fewer cells, a line has two rows.
const ONE_COLUMN: usize = 60;

/// Draws the table in front.
pub fn render(out: &mut Frame<'_>, area: &Area, look: Look<'_>) {
    match look.model.live.table {
        Table::Hours => hours::table(out, area, look),
        Table::Days => days(out, area, look),
        _ => lines(out, area, look, area.rect.height >= 4),
    }
}

/// The best of the table in front, without its head: a strip where other panes have the room.
pub fn strip(out: &mut Frame<'_>, area: &Area, look: Look<'_>) {
    match look.model.live.table {
        Table::Hours | Table::Days => days(out, area, look),
        _ => lines(out, area, look, false),
    }
}

/// What the pane is called beside its key, and which other tables there are.
pub fn others(look: Look<'_>) -> String {
    let names: Vec<_> = Table::ALL
        .into_iter()
        .filter(|table| *table != look.model.live.table)
        .map(Table::name)
        .collect();
    let key = |command| look.keymap.key_in(Layer::Live, command);
    match (key(Command::PreviousTable), key(Command::NextTable)) {
        (Some(before), Some(next)) => format!("{before}{next} {}", names.join(", ")),
        _ => names.join(", "),
    }
}

fn lines(out: &mut Frame<'_>, area: &Area, look: Look<'_>, headed: bool) {
    let live = &look.model.live;
    let lines = live.totals();
    let wide: usize = area.rect.width.into();
    if lines.is_empty() {
        return nothing(out, area, look);
    }
    let high = if wide < ONE_COLUMN { 2 } else { 1 };
    let headed = u16::from(headed && high == 1);
    let columns = Columns::of(wide);
    let currency = &lines[0].revenue.currency;
    let one_currency = lines.iter().all(|line| line.revenue.currency == *currency);
    if headed == 1 {
        let one = match live.table {
            Table::Employees => "employee",
            Table::Doctors => "prescriber",
            Table::Regions => "region",
            _ => "drug",
        };
        let head = columns.line(
            ["   ", one, "base units", "sales", "outlets"],
            if one_currency { currency } else { "" },
            "",
        );
        out.render_widget(
            Line::styled(cells::cut(&head, wide), look.theme.faint()),
            row(area.rect, 0),
        );
    }
    let largest = lines.iter().map(|line| line.revenue.sum).max().unwrap_or_default();
    let at = if area.has_keys { live.total_at() } else { 0 };
    let room = usize::from(area.rect.height - headed) / high;
    let first = marks::first_row(at, room, |_| 1);
    let mut y = headed;
    for (position, line) in lines.iter().enumerate().skip(first).take(room) {
        let here = position == at && area.has_keys;
        let style = if here { look.theme.highlighted() } else { Style::new() };
        let texts = if high == 2 {
            two(look, line, here, wide)
        } else {
            vec![one(look, &columns, line, (here, one_currency), largest)]
        };
        for text in texts {
            out.render_widget(Line::styled(cells::left(&text, wide), style), row(area.rect, y));
            area.add_row(look, y, position, at);
            y += 1;
        }
    }
}

/// An amount, with its currency where that is not said above.
fn amount(line: &TotalLine, one_currency: bool) -> String {
    let sum = line.revenue.sum.grouped(line.revenue.places);
    if one_currency {
        sum
    } else {
        format!("{} {sum}", line.revenue.currency)
    }
}

fn mark(look: Look<'_>, here: bool) -> String {
    let mark = if here { look.theme.sign(Sign::Here) } else { " " };
    format!("{mark}  ")
}

fn one(
    look: Look<'_>,
    columns: &Columns,
    line: &TotalLine,
    (here, one_currency): (bool, bool),
    largest: Money,
) -> String {
    let bar = marks::bar(line.revenue.sum, largest, columns.bar, look.theme.ascii);
    columns.line(
        [
            &mark(look, here),
            &line.name,
            &quantity(line),
            &marks::count(line.sales),
            &line.outlets.to_string(),
        ],
        &amount(line, one_currency),
        &bar,
    )
}

fn two(look: Look<'_>, line: &TotalLine, here: bool, wide: usize) -> Vec<String> {
    let end = format!("{} ", amount(line, false));
    let first = cells::ends(&format!("{}{}", mark(look, here), line.name), &end, wide);
    let sales = marks::counted(line.sales, "sale", "sales");
    let outlets = marks::counted(line.outlets as u64, "outlet", "outlets");
    vec![first, format!("   {} base units · {sales} · {outlets}", quantity(line))]
}

fn quantity(line: &TotalLine) -> String {
    let quantity = Money::new(line.quantity.decimal().normalize());
    quantity.grouped(quantity.decimal().scale())
}

fn nothing(out: &mut Frame<'_>, area: &Area, look: Look<'_>) {
    let words = match look.model.live.table {
        Table::Doctors => "   nothing on prescription yet today",
        _ => "   nothing sold yet today",
    };
    let words = cells::cut(words, area.rect.width.into());
    out.render_widget(Line::styled(words, look.theme.faint()), row(area.rect, 0));
}

/// The days that are kept, newest first.
fn days(out: &mut Frame<'_>, area: &Area, look: Look<'_>) {
    let live = &look.model.live;
    let shown = live.shown();
    let wide: usize = area.rect.width.into();
    if shown.days.is_empty() {
        return nothing(out, area, look);
    }
    let (currency, places) = shown
        .head
        .revenue
        .first()
        .map_or(("", 2), |amount| (amount.currency.as_str(), amount.places));
    let largest = shown.days.iter().map(|day| day.revenue).max().unwrap_or_default();
    let at = if area.has_keys { live.total_at() } else { 0 };
    let headed = u16::from(area.rect.height >= 4);
    let bar = wide.saturating_sub(46).min(40);
    if headed == 1 {
        let head = format!(
            "   {}{}{}",
            cells::left("day", 16),
            cells::right("sales", 8),
            cells::right(currency, 17)
        );
        out.render_widget(
            Line::styled(cells::cut(&head, wide), look.theme.faint()),
            row(area.rect, 0),
        );
    }
    let room = usize::from(area.rect.height - headed);
    let first = marks::first_row(at, room, |_| 1);
    for (y, (position, day)) in (headed..).zip(shown.days.iter().enumerate().skip(first).take(room)) {
        let here = position == at && area.has_keys;
        let style = if here { look.theme.highlighted() } else { Style::new() };
        let text = format!(
            "{}{}{}{}  {}",
            mark(look, here),
            cells::left(&day.date.strftime("%a %Y-%m-%d").to_string(), 16),
            cells::right(&marks::count(day.sales), 8),
            cells::right(&day.revenue.grouped(places), 17),
            marks::bar(day.revenue, largest, bar, look.theme.ascii),
        );
        out.render_widget(Line::styled(cells::left(&text, wide), style), row(area.rect, y));
        area.add_row(look, y, position, at);
    }
}

/// How many cells each column has.
struct Columns {
    name: usize,
    bar: usize,
}

impl Columns {
    fn of(wide: usize) -> Self {
        // Mark, base units, sales, outlets, money, and what parts them.
        let spare = wide.saturating_sub(3 + 11 + 7 + 8 + 17 + 2);
        let bar = (spare / 3).min(30);
        Self { name: spare - bar, bar }
    }

    /// Mark, name, base units, sales, outlets; then the money and its bar.
    fn line(&self, texts: [&str; 5], money: &str, bar: &str) -> String {
        let [mark, name, quantity, sales, outlets] = texts;
        format!(
            "{mark}{}{}{}{}{}  {bar}",
            cells::left(name, self.name),
            cells::right(quantity, 11),
            cells::right(sales, 7),
            cells::right(outlets, 8),
            cells::right(money, 17),
        )
    }
}

/// Where the pane is a strip: its place without keys.
pub fn strip_area(rect: Rect) -> Area {
    Area { rect, has_keys: false }
}
