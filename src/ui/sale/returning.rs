//! A receipt that is brought back, in the place of entry line, hits and basket.
//!
//! ```text
//! ── return of T01-000123 ────────────────────────────────────── John, 2 Mar 09:42 ──
//!  Comes back › 2▏  strip of 3 · Enter takes it
//!  paid Cash 500.00
//! ── lines ─────────────────────────────────────────────────────────── sold here ──
//! ▶  1  Panadol Extra 500/65 mg    10 tab   back 3   left 7      2 tab      12.00
//!    2  Hedex                       1 tab            left 1
//! ── F10 gives back KES 12.00 ──────────────────────────────────────── Esc leaves ──
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::cursor;
use super::goods::window;
use crate::app::command::Command;
use crate::app::sale::Returning;
use crate::app::{Layer, Model};
use crate::domain::money::Quantity;
use crate::domain::name::printable;
use crate::ui::theme::Sign;
use crate::ui::{Look, Target, cells, frame, row};

/// Draws it.
pub fn render(out: &mut Frame<'_>, area: Rect, look: Look<'_>, returning: &Returning) {
    let wide = usize::from(area.width);
    let mut at = 0;
    if area.height >= 4 {
        let sold = sold(look, returning, wide < super::ONE_COLUMN);
        frame::rule(out, row(area, 0), look, &title(returning), &sold);
        at += 1;
    }
    entry(out, row(area, at), look, returning);
    at += 1;
    let footed = u16::from(area.height >= 6);
    for (sign, words) in said(returning) {
        for (nth, line) in cells::wrap(&words, wide.saturating_sub(4)).into_iter().enumerate() {
            // At least three rows are the lines'.
            if at + footed + 3 < area.height {
                let mark = if nth == 0 { look.theme.sign(sign) } else { " " };
                let words = format!(" {mark} {line}");
                out.render_widget(Line::styled(words, look.theme.style(sign)), row(area, at));
                at += 1;
            }
        }
    }
    let high = area.height.saturating_sub(at + footed);
    let list = Rect {
        y: area.y + at,
        height: high,
        ..area
    };
    lines(out, list, look, returning);
    if footed == 1 {
        let key = |command, does: &str| {
            let key = look.keymap.key_in(Layer::Returning, command);
            key.map(|key| format!("{key} {does}")).unwrap_or_default()
        };
        let on = if returning.is_begun() {
            key(Command::Confirm, "goes on to the money")
        } else {
            String::new()
        };
        let foot = row(area, area.height - 1);
        frame::rule(out, foot, look, &on, &key(Command::Back, "leaves it"));
    }
}

fn title(returning: &Returning) -> String {
    format!("return of {}", returning.receipt)
}

/// Who sold it, and when by the clock of then; in a narrow place, the day alone.
fn sold(look: Look<'_>, returning: &Returning, is_narrow: bool) -> String {
    let sale = returning.original.sale();
    let here = look.model.outlet.as_ref().map(|outlet| outlet.uuid) == Some(sale.outlet.id);
    if is_narrow {
        return sale.sold_local.strftime("%-d %b %Y").to_string();
    }
    let at = sale.sold_local.strftime("%-d %b %Y %H:%M");
    let by = printable(&sale.employee.name);
    if here {
        format!("{by}, {at}")
    } else {
        format!("{by}, {}, {at}", printable(&sale.outlet.name))
    }
}

/// What there is to know before money is given back.
fn said(returning: &Returning) -> Vec<(Sign, String)> {
    let sale = returning.original.sale();
    let places = sale.currency.places;
    let paid: Vec<_> = sale
        .payments
        .iter()
        .map(|paid| format!("{} {}", printable(&paid.name), paid.amount.grouped(places)))
        .collect();
    let paid = if paid.is_empty() {
        String::from("nothing was paid")
    } else {
        format!("paid {}", paid.join(", "))
    };
    let prescriber = sale.doctor.as_ref();
    let prescriber = prescriber.map_or_else(String::new, |doctor| {
        format!(" · prescriber {}", printable(&doctor.name))
    });
    let mut said = vec![(Sign::Idle, format!("{paid}{prescriber}"))];
    if !returning.is_whole {
        let words = "the database does not answer: what came back at other tills is not known";
        said.push((Sign::Warn, String::from(words)));
    }
    let is_watched = |at: usize| returning.is_watched.get(at) == Some(&true) && !returning.chosen(at).is_zero();
    if (0..returning.lines()).any(is_watched) {
        let words = "Rx counts as stock again: set apart what must not be sold again, and count it out (F4)";
        said.push((Sign::Warn, String::from(words)));
    }
    said
}

/// What is typed, and what Enter does.
fn entry(out: &mut Frame<'_>, area: Rect, look: Look<'_>, returning: &Returning) {
    let label = format!(" Comes back {} ", if look.theme.ascii { ">" } else { "›" });
    let typed = returning.entry.text();
    let at = returning.at;
    let left = returning.original.left(at);
    let unit = returning
        .original
        .sale()
        .lines
        .get(at)
        .map_or("", |line| line.unit.as_str());
    let unit = printable(unit);
    let ghost = if left.is_zero() {
        String::from("nothing of this line is left")
    } else if typed.is_empty() {
        format!("how many? {left} {unit} by Enter")
    } else {
        format!("  of {left} {unit}")
    };
    let room = usize::from(area.width).saturating_sub(cells::width(&label) + cells::width(typed) + 1);
    let spans = vec![
        Span::raw(format!("{label}{typed}")),
        Span::styled(cells::cut(&ghost, room), look.theme.faint()),
    ];
    out.render_widget(Line::from(spans), area);
    cursor(out, area, look, cells::width(&label) + returning.entry.cursor());
}

/// What stands beside the goods on a line.
struct Figures {
    sold: String,
    back: String,
    left: String,
    chosen: String,
    cost: String,
}

impl Figures {
    fn of(returning: &Returning, at: usize) -> Self {
        let sale = returning.original.sale();
        let Some(line) = sale.lines.get(at) else {
            return Self {
                sold: String::new(),
                back: String::new(),
                left: String::new(),
                chosen: String::new(),
                cost: String::new(),
            };
        };
        let (before, left) = (returning.original.came_back(at), returning.original.left(at));
        let chosen = returning.chosen(at);
        let unit = printable(&line.unit);
        let if_any = |quantity: Quantity, words: String| if quantity.is_zero() { String::new() } else { words };
        Self {
            sold: format!("{} {unit}", line.unit_qty),
            back: if_any(before, format!("back {before}")),
            left: format!("left {left}"),
            chosen: if_any(chosen, format!("{chosen} {unit}")),
            cost: if_any(chosen, returning.cost(at).grouped(sale.currency.places)),
        }
    }
}

/// Draws the lines; the one that keys are for stays in sight.
fn lines(out: &mut Frame<'_>, area: Rect, look: Look<'_>, returning: &Returning) {
    let rows = rows(look, returning, area.width.into());
    let heights: Vec<_> = rows
        .iter()
        .map(|lines| u16::try_from(lines.len()).unwrap_or(u16::MAX))
        .collect();
    let (first, shown) = window(&heights, returning.at, area.height);
    look.places.add(area, Target::Scroll);
    let mut y = 0;
    for (position, lines) in rows.into_iter().enumerate().skip(first).take(shown) {
        let style = if position == returning.at {
            look.theme.highlighted()
        } else if !returning.chosen(position).is_zero() {
            look.theme.strong()
        } else if returning.original.left(position).is_zero() {
            look.theme.faint()
        } else {
            Style::new()
        };
        for line in lines {
            out.render_widget(Line::styled(line, style), row(area, y));
            let here = Some(Command::Accept);
            look.places.add_row(row(area, y), position, Some(returning.at), here);
            y += 1;
        }
    }
}

fn rows(look: Look<'_>, returning: &Returning, wide: usize) -> Vec<Vec<String>> {
    let lines = &returning.original.sale().lines;
    let figures: Vec<_> = (0..lines.len()).map(|at| Figures::of(returning, at)).collect();
    let widest = |cell: fn(&Figures) -> &String| {
        let cells = figures.iter().map(|figures| cells::width(cell(figures)));
        cells.max().unwrap_or(0)
    };
    let columns = [
        widest(|figures| &figures.sold),
        widest(|figures| &figures.back),
        widest(|figures| &figures.left),
        widest(|figures| &figures.chosen).max(6),
        widest(|figures| &figures.cost).max(10),
    ];
    let numbered = lines.iter().zip(&figures).enumerate();
    numbered
        .map(|(position, (line, figures))| {
            let mark = if position == returning.at {
                look.theme.sign(Sign::Here)
            } else if figures.chosen.is_empty() {
                " "
            } else {
                "+"
            };
            let before = format!(" {mark}{:>3}  ", position + 1);
            let rx = if returning.is_watched.get(position) == Some(&true) {
                " Rx"
            } else {
                ""
            };
            let goods = format!("{}{rx}", printable(&line.name));
            if wide < super::ONE_COLUMN {
                narrow(&goods, figures, &before, wide)
            } else {
                beside(&goods, figures, &before, columns, wide)
            }
        })
        .collect()
}

/// Goods and figures on one line, or the goods on several.
fn beside(goods: &str, figures: &Figures, before: &str, columns: [usize; 5], wide: usize) -> Vec<String> {
    let Figures {
        sold,
        back,
        left,
        chosen,
        cost,
    } = figures;
    let gap = |cells: usize| if cells == 0 { 0 } else { cells + 2 };
    let cell = |text: &str, at: usize| cells::right(text, gap(columns[at]));
    let end = format!(
        "{}{}{}{}{} ",
        cell(sold, 0),
        cell(back, 1),
        cell(left, 2),
        cell(chosen, 3),
        cell(cost, 4)
    );
    let indent = cells::width(before);
    let room = wide.saturating_sub(indent + cells::width(&end));
    let mut goods = cells::wrap(goods, room.max(1)).into_iter();
    let first = goods.next().unwrap_or_default();
    let mut lines = vec![format!("{before}{}{end}", cells::left(&first, room))];
    lines.extend(goods.map(|goods| cells::left(&format!("{:indent$}{goods}", ""), wide)));
    lines
}

/// The goods, and the figures below them.
fn narrow(goods: &str, figures: &Figures, before: &str, wide: usize) -> Vec<String> {
    let indent = cells::width(before);
    let Figures {
        sold,
        back,
        left,
        chosen,
        cost,
    } = figures;
    let mut lines: Vec<_> = cells::wrap(goods, wide.saturating_sub(indent).max(1))
        .into_iter()
        .enumerate()
        .map(|(at, goods)| {
            let before = if at == 0 { before.to_owned() } else { " ".repeat(indent) };
            cells::left(&format!("{before}{goods}"), wide)
        })
        .collect();
    let told: Vec<_> = [sold, back, left]
        .into_iter()
        .filter(|cell| !cell.is_empty())
        .map(String::as_str)
        .collect();
    lines.push(cells::left(&format!("{:indent$}{}", "", told.join(" · ")), wide));
    if !chosen.is_empty() {
        lines.push(cells::ends(
            &format!("{:indent$}comes back {chosen}", ""),
            &format!("{cost} "),
            wide,
        ));
    }
    lines
}

/// Draws what it comes to.
pub fn total(out: &mut Frame<'_>, area: Rect, look: Look<'_>, returning: &Returning) {
    let model: &Model = look.model;
    let currency = model.currency();
    let amount = returning.total().grouped(currency.places);
    let room = usize::from(area.width);
    let words = if room < 30 {
        format!("{amount} ")
    } else {
        format!("GIVE BACK   {}   {amount} ", currency.code)
    };
    let chosen = returning.chosen.iter().filter(|quantity| !quantity.is_zero()).count();
    let beside = format!(" {chosen} of {} lines", returning.lines());
    let line = vec![
        Span::raw(cells::left(&beside, room.saturating_sub(cells::width(&words)))),
        Span::styled(words, look.theme.strong()),
    ];
    out.render_widget(Line::from(line), area);
}
