//! The charts of F8: what is listed, by the day and by the hour of one of them; each as revenue and as sales.
//!
//! ```text
//! ── History · Kilifi Bay ──────────────────────────────── KES, 30 days to 02 Mar ──
//! ── ▶ Mon 02 Mar: 48,210.00 · 131 sales · 2 returns ─── in all 1,284,310.00 · 2,911 ──
//!  revenue     ▂▃▅▇▆▅▃▂▁▂▃▅▂▃▅▇▆▅▃▂▁▂▃▅  sales       ▂▃▅▇▆▅▃▂▁▂▃▅▂▃▅▇▆▅▃▂▁▂▃▅
//!   58,210.00  ██████████████████████↑█        140  ██████████████████████↑█
//! ```
use jiff::civil::Date;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::symbols::bar;
use ratatui::text::Line;
use ratatui::widgets::{Bar, BarChart, BarGroup};

use super::{ONE_COLUMN, asks, title};
use crate::app::dimension::aside::Read;
use crate::app::past::chart::{Chart, Part};
use crate::domain::chart::SalesChart;
use crate::domain::money::Money;
use crate::domain::report::Sums;
use crate::ui::theme::Sign;
use crate::ui::{Look, Target, cells, frame, row};

/// The cells for a measure's name and its highest figure.
const GUTTER: u16 = 10;
/// Wider bars say no more.
const WIDEST_BAR: u16 = 4;
/// Levels of a cell.
const LEVELS: u64 = 8;

/// Bars in ASCII.
const IN_ASCII: bar::Set<'static> = bar::Set {
    full: "#",
    seven_eighths: "#",
    three_quarters: "+",
    five_eighths: "+",
    half: ":",
    three_eighths: ":",
    one_quarter: ".",
    one_eighth: ".",
    empty: " ",
};

/// Draws the charts.
pub(super) fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>, chart: &Chart) {
    look.places.add(body, Target::Scroll);
    let currency = look.model.currency();
    let until = format!("{}, 30 days to {}", currency.code, chart.until.strftime("%d %b"));
    frame::rule(out, row(body, 0), look, &format!("{} · charts", title(look)), &until);
    let mut at = 1;
    for (sign, words) in notes(look, chart) {
        let words = cells::cut(&format!(" {} {words}", look.theme.sign(sign)), body.width.into());
        out.render_widget(Line::styled(words, look.theme.style(sign)), row(body, at));
        at += 1;
    }
    let past = &look.model.past;
    if past.typing.is_some() || !past.words.is_empty() || past.day.is_some() {
        asks(out, row(body, at), look);
        at += 1;
    }
    let rest = Rect {
        y: body.y + at.min(body.height),
        height: body.height.saturating_sub(at),
        ..body
    };
    let read = match &chart.read {
        Read::Here(read) => read,
        Read::Asked(_) => return said(out, rest, look, "reading …"),
        Read::Away(why) => return said(out, rest, look, why),
    };
    let [above, below] = Layout::vertical([Constraint::Fill(1); 2]).areas(rest);
    days(out, above, look, chart, read);
    hours(out, below, look, chart, read);
}

fn said(out: &mut Frame<'_>, area: Rect, look: Look<'_>, words: &str) {
    let lines = cells::wrap(words, usize::from(area.width).saturating_sub(4));
    for (at, line) in (0..area.height).zip(lines) {
        out.render_widget(Line::styled(format!("   {line}"), look.theme.faint()), row(area, at));
    }
}

/// What has to be known of the charts: what is not in them.
fn notes(look: Look<'_>, chart: &Chart) -> Vec<(Sign, String)> {
    let mut notes = Vec::new();
    if look.model.chart_lacks_unsent() {
        notes.push((
            Sign::Warn,
            format!(
                "not in the database yet, and not here: {} unsent",
                look.model.status.unsent
            ),
        ));
    }
    let others = chart
        .here()
        .map(|read| &read.others)
        .filter(|others| !others.is_empty());
    if let Some(others) = others {
        let others: Vec<_> = others.iter().map(String::as_str).collect();
        notes.push((
            Sign::Warn,
            format!("left out, as it does not add up: {}", others.join(", ")),
        ));
    }
    notes
}

fn days(out: &mut Frame<'_>, area: Rect, look: Look<'_>, chart: &Chart, read: &SalesChart) {
    let days = read.days();
    let sums: Vec<_> = days.iter().map(|(_, sums)| *sums).collect();
    let Some((day, chosen)) = days.get(chart.day) else {
        return;
    };
    let name = day.strftime("%a %d %b").to_string();
    let all = read.total();
    let end = format!("in all {} · {}", money(look, all.revenue), many(all.sales, "sale"));
    head(out, area, look, (chart.part == Part::Days, &name, chosen, &end));
    let labels = days.iter().enumerate().rev().step_by(7).map(|(at, (day, _))| {
        let label = day.strftime("%d %b").to_string();
        (at, label, true)
    });
    let labels: Vec<_> = labels.collect();
    measures(out, area, look, &sums, chart.day, &labels);
}

fn hours(out: &mut Frame<'_>, area: Rect, look: Look<'_>, chart: &Chart, read: &SalesChart) {
    let day: Date = chart.chosen();
    let sums = read.hours(day);
    let Some(chosen) = sums.get(chart.hour) else { return };
    let name = format!("{:02}–{:02} h", chart.hour, chart.hour + 1);
    let end = format!("the hours of {}", day.strftime("%a %d %b"));
    head(out, area, look, (chart.part == Part::Hours, &name, chosen, &end));
    let labels: Vec<_> = (0..sums.len())
        .step_by(6)
        .map(|hour| (hour, format!("{hour:02}"), false))
        .collect();
    measures(out, area, look, &sums, chart.hour, &labels);
}

/// The figures of the chosen bar, exact, and something at the right end where there is room for all of it.
fn head(out: &mut Frame<'_>, area: Rect, look: Look<'_>, (here, name, sums, end): (bool, &str, &Sums, &str)) {
    let mark = if here {
        format!("{} ", look.theme.sign(Sign::Here))
    } else {
        String::new()
    };
    let returns = match sums.returns {
        0 => String::new(),
        returns => format!(" · {}", many(returns, "return")),
    };
    let title = format!(
        "{mark}{name}: {} · {}{returns}",
        money(look, sums.revenue),
        many(sums.sales, "sale")
    );
    let room = usize::from(area.width).saturating_sub(cells::width(&title) + 12);
    let end = if cells::width(end) <= room { end } else { "" };
    frame::rule(out, row(area, 0), look, &title, end);
}

fn many(count: u64, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {one}{s}")
}

fn money(look: Look<'_>, amount: Money) -> String {
    amount.grouped(look.model.currency().places)
}

/// A label under a bar, and whether it ends there rather than begins.
type Label = (usize, String, bool);

/// Revenue and sales: side by side, or one above the other where it is narrow.
fn measures(out: &mut Frame<'_>, area: Rect, look: Look<'_>, sums: &[Sums], at: usize, labels: &[Label]) {
    let places = look.model.currency().places;
    let inside = Rect {
        y: area.y + area.height.min(1),
        height: area.height.saturating_sub(1),
        ..area
    };
    // What was given back beyond what was sold has no bar; its figure stands in the head.
    let in_least = |money: Money| {
        let mut least = money.rounded(places).decimal();
        least.rescale(places);
        u64::try_from(least.mantissa()).unwrap_or(0)
    };
    let most = sums.iter().map(|sums| sums.revenue).max().unwrap_or(Money::ZERO);
    let revenue = Measure {
        name: "revenue",
        most: money(look, most),
        values: sums.iter().map(|sums| in_least(sums.revenue)).collect(),
    };
    let sales = Measure {
        name: "sales",
        most: sums.iter().map(|sums| sums.sales).max().unwrap_or(0).to_string(),
        values: sums.iter().map(|sums| sums.sales).collect(),
    };
    if usize::from(area.width) < ONE_COLUMN {
        let [above, below] = Layout::vertical([Constraint::Fill(1); 2]).areas(inside);
        bars(out, above, look, &revenue, at, None);
        bars(out, below, look, &sales, at, Some(labels));
    } else {
        let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(inside);
        bars(out, left, look, &revenue, at, Some(labels));
        bars(out, right, look, &sales, at, Some(labels));
    }
}

/// What bars are of.
struct Measure {
    name: &'static str,
    /// The highest figure.
    most: String,
    values: Vec<u64>,
}

fn bars(out: &mut Frame<'_>, area: Rect, look: Look<'_>, measure: &Measure, at: usize, labels: Option<&[Label]>) {
    let axis_high = u16::from(labels.is_some() && area.height > 1);
    let [left, right] = Layout::horizontal([Constraint::Length(GUTTER), Constraint::Fill(1)]).areas(area);
    let gutter = usize::from(GUTTER) - 1;
    let named = format!(" {}", measure.name);
    out.render_widget(Line::raw(cells::cut(&named, gutter)), row(left, 0));
    if cells::width(&measure.most) <= gutter && left.height > 1 + axis_high {
        out.render_widget(
            Line::styled(cells::right(&measure.most, gutter), look.theme.faint()),
            row(left, 1),
        );
    }
    let count = u16::try_from(measure.values.len()).unwrap_or(u16::MAX).max(1);
    let step = (right.width / count).clamp(1, WIDEST_BAR + 1);
    let gap = u16::from(step > 1);
    let drawn = Rect {
        height: right.height.saturating_sub(axis_high),
        ..right
    };
    let most = measure.values.iter().copied().max().unwrap_or(0).max(1);
    // What is not nothing is seen.
    let least = most.div_ceil(u64::from(drawn.height).max(1) * LEVELS);
    let bar = |(place, value): (usize, &u64)| {
        let value = if *value == 0 { 0 } else { (*value).max(least) };
        let style = if place == at {
            look.theme.strong()
        } else {
            ratatui::style::Style::new()
        };
        Bar::default().value(value).text_value("").style(style)
    };
    let bars: Vec<_> = measure.values.iter().enumerate().map(bar).collect();
    let chart = BarChart::default()
        .data(BarGroup::default().bars(&bars))
        .bar_width(step - gap)
        .bar_gap(gap)
        .bar_set(if look.theme.ascii { IN_ASCII } else { bar::NINE_LEVELS })
        .max(most);
    out.render_widget(chart, drawn);
    if let Some(labels) = labels.filter(|_| axis_high == 1) {
        let under = Rect {
            y: right.y + drawn.height,
            height: 1,
            ..right
        };
        let line = axis(labels, at, step.into(), (step - gap).into(), under.width.into());
        out.render_widget(Line::styled(line, look.theme.faint()), under);
    }
}

/// The line under the bars: labels where there is room for them, and the mark of the chosen bar.
fn axis(labels: &[Label], at: usize, step: usize, bar: usize, wide: usize) -> String {
    let mut line = vec![' '; wide];
    let mut put = |from: usize, text: &str| {
        let to = from + text.chars().count();
        let around = from.saturating_sub(1)..(to + 1).min(wide);
        let is_free = to <= wide
            && line
                .get(around)
                .is_some_and(|cells| cells.iter().all(|cell| *cell == ' '));
        if is_free {
            line.iter_mut()
                .skip(from)
                .zip(text.chars())
                .for_each(|(cell, c)| *cell = c);
        }
    };
    put(at * step + (bar - 1) / 2, "↑");
    for (place, label, ends) in labels {
        let end = place * step + bar;
        let from = if *ends {
            end.checked_sub(label.chars().count())
        } else {
            Some(place * step)
        };
        if let Some(from) = from {
            put(from, label);
        }
    }
    line.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_under_their_bars_and_make_room_for_the_mark() {
        let hours: Vec<_> = [0, 6, 12, 18].map(|hour| (hour, format!("{hour:02}"), false)).into();
        assert_eq!(axis(&hours, 9, 1, 1, 24), "00    06 ↑  12    18    ");
        assert_eq!(axis(&hours, 7, 1, 1, 24), "00     ↑    12    18    ");
        let days: Vec<_> = [(6, "02 Mar".to_owned(), true), (0, "24 Feb".to_owned(), true)].into();
        assert_eq!(axis(&days, 0, 2, 1, 13), "↑      02 Mar");
        assert_eq!(axis(&days, 6, 2, 1, 13), "            ↑");
    }
}
