//! The day by hour, today beside the same day a week ago; by which tenders; and what happened beside the sales.
//!
//! ```text
//!   480 ┤           ██░░   ░░   ░░              cash     58%  ███████████▋   returns       12    -8,410
//!   360 ┤      ██░░ ██░░ ██░░   ░░   ░░         M-Pesa   34%  ██████▊        cancelled     31
//!     0 ┼─06───07───08───09───10───11──
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{Area, marks};
use crate::domain::money::Money;
use crate::domain::supervision::overview::HourLine;
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, frame, row};

/// The cells of the tenders, and of what happened beside the sales.
const TENDERS: u16 = 34;
const BESIDE: u16 = 30;
/// The cells of the axis at the left.
const AXIS: u16 = 9;

/// Draws the chart with its rule, the tenders and what happened beside the sales.
pub fn render(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let overview = look.model.live.shown();
    let (today, before) = bars(look);
    let title = format!("revenue by hour, today {today} against last week {before}");
    let currency = overview
        .head
        .revenue
        .first()
        .map_or("", |amount| amount.currency.as_str());
    let thousands = if unit(look) > 1 { "thousand" } else { "" };
    frame::rule(
        out,
        row(area, 0),
        look,
        &title,
        format!("{currency} {thousands}").trim(),
    );
    let rest = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let chart_wide = rest.width.saturating_sub(TENDERS + BESIDE);
    chart(
        out,
        Rect {
            width: chart_wide,
            ..rest
        },
        look,
    );
    let tenders_at = Rect {
        x: rest.x + chart_wide,
        width: TENDERS.min(rest.width),
        ..rest
    };
    tenders(out, tenders_at, look);
    let beside_at = Rect {
        x: rest.x + chart_wide + TENDERS,
        width: BESIDE.min(rest.width.saturating_sub(chart_wide + TENDERS)),
        ..rest
    };
    beside(out, beside_at, look);
}

/// The signs of today and of a week ago.
fn bars(look: Look<'_>) -> (&'static str, &'static str) {
    if look.theme.ascii { ("#", ":") } else { ("█", "░") }
}

fn highest(hours: &[HourLine]) -> Money {
    let all = hours.iter().flat_map(|line| [Some(line.today), line.week_ago]);
    all.flatten().max().unwrap_or_default()
}

/// By how much amounts are divided beside the axis.
fn unit(look: Look<'_>) -> u32 {
    let ten_thousand = Money::new(10_000.into());
    if highest(look.model.live.hours()) >= ten_thousand {
        1_000
    } else {
        1
    }
}

fn chart(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let hours = look.model.live.hours();
    if hours.is_empty() {
        out.render_widget(
            Line::styled("   nothing sold yet today", look.theme.faint()),
            row(area, 0),
        );
        return;
    }
    let room = usize::from(area.width.saturating_sub(AXIS));
    let each = (room / hours.len()).clamp(3, 5);
    let hours = &hours[hours.len().saturating_sub(room / each)..];
    let high = usize::from(area.height.saturating_sub(1));
    let largest = highest(hours);
    let (today, before) = bars(look);
    let (tick, corner, stroke) = if look.theme.ascii {
        ("|", "+", "-")
    } else {
        ("┤", "┼", "─")
    };
    for level in 0..high {
        // From the top: the rows that are left below this one.
        let below = high - 1 - level;
        let figure = largest.decimal() * rust_decimal::Decimal::from(below + 1)
            / rust_decimal::Decimal::from(high.max(1) * unit(look) as usize);
        let mut line = format!("{} {tick} ", cells::right(&marks::short(Money::new(figure), 6), 6));
        for hour in hours {
            let wide = (each - 1) / 2;
            line.push_str(&column(look, hour.today, largest, (below, high), today).repeat(wide));
            let week_ago = hour.week_ago.unwrap_or_default();
            let filled = marks::steps(week_ago, largest, high) > below;
            line.push_str(&(if filled { before } else { " " }).repeat(wide));
            line.push_str(&" ".repeat(each - 2 * wide));
        }
        let at = u16::try_from(level).unwrap_or(u16::MAX);
        out.render_widget(Line::raw(cells::cut(&line, area.width.into())), row(area, at));
    }
    let mut axis = format!("{} {corner}{stroke}", cells::right("0", 6));
    for hour in hours {
        let name = format!("{:02}", hour.hour);
        axis.push_str(&name);
        axis.push_str(&stroke.repeat(each - 2));
    }
    let at = area.height.saturating_sub(1);
    out.render_widget(
        Line::styled(cells::cut(&axis, area.width.into()), look.theme.faint()),
        row(area, at),
    );
}

/// What is seen of a bar in one row of the chart.
fn column(look: Look<'_>, value: Money, largest: Money, (below, high): (usize, usize), full: &str) -> String {
    const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let eighths = marks::steps(value, largest, high * 8).saturating_sub(below * 8).min(8);
    if look.theme.ascii {
        return String::from(if eighths >= 4 { full } else { " " });
    }
    String::from(EIGHTHS[eighths])
}

fn tenders(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let tenders = &look.model.live.shown().tenders;
    let all: Money = tenders
        .iter()
        .map(|(_, sum)| *sum)
        .filter(|sum| !sum.is_negative())
        .sum();
    let largest = tenders.iter().map(|(_, sum)| *sum).max().unwrap_or_default();
    let wide = usize::from(area.width);
    for (at, (name, sum)) in (0..area.height).zip(tenders) {
        let bar = marks::bar(*sum, largest, wide.saturating_sub(20), look.theme.ascii);
        let line = format!(
            "  {} {}  {bar}",
            cells::left(name, 10),
            cells::right(&marks::share(*sum, all), 4)
        );
        out.render_widget(Line::raw(cells::cut(&line, wide)), row(area, at));
    }
}

fn beside(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let figures = look.model.live.shown().beside;
    let money = |money: Money| {
        if money.is_zero() {
            String::new()
        } else {
            money.grouped(0)
        }
    };
    let rows = [
        ("returns", figures.returns, money(figures.returned)),
        ("cancelled", figures.cancelled, String::new()),
        ("overrides", figures.overrides, money(figures.overridden)),
        ("removed lines", figures.removed, String::new()),
        ("drawer only", figures.drawer, String::new()),
        ("refused", figures.refused, String::new()),
    ];
    for (at, (what, count, money)) in (0..area.height).zip(rows) {
        let line = format!(
            "  {}{} {}",
            cells::left(what, 13),
            cells::right(&marks::count(count), 6),
            cells::right(&money, 8),
        );
        out.render_widget(Line::raw(cells::cut(&line, area.width.into())), row(area, at));
    }
}

/// The hours as a table, with tenders and what happened beside the sales at its right where there is room.
pub fn table(out: &mut Frame<'_>, area: &Area, look: Look<'_>) {
    let live = &look.model.live;
    let hours = live.hours();
    let wide: usize = area.rect.width.into();
    let has_beside = area.rect.width >= 76;
    let list_wide = if has_beside { wide - usize::from(BESIDE) } else { wide };
    let largest = highest(hours);
    let at = live.total_at();
    let headed = u16::from(area.rect.height >= 4);
    if headed == 1 {
        let head = format!(
            "   hour {}{}{}",
            cells::right("sales", 7),
            cells::right("today", 12),
            cells::right("%week", 7)
        );
        out.render_widget(
            Line::styled(cells::cut(&head, wide), look.theme.faint()),
            row(area.rect, 0),
        );
    }
    if hours.is_empty() {
        out.render_widget(
            Line::styled("   nothing sold yet today", look.theme.faint()),
            row(area.rect, headed),
        );
    }
    let room = usize::from(area.rect.height - headed);
    let first = marks::first_row(at, room, |_| 1);
    let bar_room = list_wide.saturating_sub(37).min(40);
    for (y, (position, line)) in (headed..).zip(hours.iter().enumerate().skip(first).take(room)) {
        let here = position == at && area.has_keys;
        let style = if here { look.theme.highlighted() } else { Style::new() };
        let mark = if here { look.theme.sign(Sign::Here) } else { " " };
        let change = line.week_ago.and_then(|before| marks::change(line.today, before));
        let text = format!(
            "{mark}  {:02}   {}{}{}  {}",
            line.hour,
            cells::right(&marks::count(line.sales), 7),
            cells::right(&marks::short(line.today, 11), 12),
            cells::right(&change.unwrap_or_default(), 7),
            marks::bar(line.today, largest, bar_room, look.theme.ascii),
        );
        let at_row = Rect {
            width: u16::try_from(list_wide).unwrap_or(u16::MAX),
            ..row(area.rect, y)
        };
        out.render_widget(Line::styled(cells::left(&text, list_wide), style), at_row);
        area.add_row(look, y, position, at);
    }
    if has_beside {
        let right = Rect {
            x: area.rect.x + area.rect.width - BESIDE,
            y: area.rect.y + headed,
            width: BESIDE,
            height: area.rect.height - headed,
        };
        beside(out, right, look);
        let below = Rect {
            y: right.y + 7.min(right.height),
            height: right.height.saturating_sub(7),
            ..right
        };
        tenders(out, below, look);
    }
}
