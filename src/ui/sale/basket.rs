//! The basket and what it comes to.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::goods::{called, window};
use crate::app::command::Command;
use crate::app::sale::{RowNote, Told};
use crate::domain::basket::{BasketLine, BatchBy, Unresolved};
use crate::domain::money::{Money, Quantity};
use crate::domain::name::printable;
use crate::ui::theme::Sign;
use crate::ui::{Look, Target, cells, frame, row};

/// How many lines title and basket take, if they may.
pub fn high(look: Look<'_>, wide: u16) -> u16 {
    let lines: usize = rows(look, wide.into()).iter().map(Vec::len).sum();
    u16::try_from(lines.max(1) + 1).unwrap_or(u16::MAX)
}

/// Draws title and lines; the line that keys are for stays in sight.
pub fn render(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let sale = &look.model.sale;
    let titled = u16::from(area.height >= 2);
    let lines = Rect {
        y: area.y + titled,
        height: area.height - titled,
        ..area
    };
    let rows = rows(look, lines.width.into());
    let heights: Vec<_> = rows
        .iter()
        .map(|lines| u16::try_from(lines.len()).unwrap_or(u16::MAX))
        .collect();
    let (first, shown) = window(&heights, sale.current_line().unwrap_or(0), lines.height);
    if titled == 1 {
        let part = cells::part(first, shown, rows.len());
        let title = format!("{} {part}", title(look));
        frame::rule(out, area, look, title.trim_end(), &doctor(look));
    }
    if rows.is_empty() {
        out.render_widget(Line::styled(empty(look), look.theme.faint()), row(lines, 0));
        return;
    }
    // With words in the entry line, or in payment, the keys are not for the lines.
    let is_walked = sale.payment.is_none() && sale.entry.is_empty();
    if is_walked {
        look.places.add(lines, Target::Scroll);
    }
    let mut at = 0;
    for (position, line) in rows.into_iter().enumerate().skip(first).take(shown) {
        let style = if sale.selected == Some(position) {
            look.theme.highlighted()
        } else if note(look, position) == Some(Told::Added) {
            look.theme.strong()
        } else if position >= basket_lines(look) {
            look.theme.style(Sign::Bad)
        } else {
            Style::new()
        };
        for line in line {
            out.render_widget(Line::styled(line, style), row(lines, at));
            if is_walked {
                let accept = Some(Command::Accept);
                look.places.add_row(row(lines, at), position, sale.selected, accept);
            }
            at += 1;
        }
    }
}

fn title(look: Look<'_>) -> String {
    if look.model.sale.returning.is_some() {
        return String::from("comes back");
    }
    let ticket = look.model.sale.basket.as_ref().and_then(|basket| basket.ticket);
    ticket.map_or_else(
        || String::from("basket"),
        |ticket| format!("basket · #{ticket} called back"),
    )
}

fn doctor(look: Look<'_>) -> String {
    let Some(basket) = &look.model.sale.basket else {
        return String::new();
    };
    match &basket.doctor {
        Some(doctor) => format!("prescriber {}", doctor.name),
        None if basket.prescriber_wanted().is_some() => {
            format!("Rx {} prescriber wanted: @ before paying", look.theme.sign(Sign::Warn))
        }
        None => String::new(),
    }
}

fn empty(look: Look<'_>) -> &'static str {
    if look.model.shelf.catalogue().is_bare() {
        " nothing can be sold yet: F7 an outlet, F6 who sells, F4 drugs"
    } else {
        " empty · type a name or scan a code"
    }
}

/// What stands beside the goods on a line.
struct Figures {
    count: String,
    price: String,
    discount: String,
    total: String,
}

impl Figures {
    fn of(look: Look<'_>, line: &BasketLine) -> Self {
        let places = look.model.currency().places;
        Self {
            count: format!("{} {}", line.quantity, line.unit()),
            // By the sign of the key that changed it: the list says otherwise.
            price: if line.is_overridden() {
                format!("={}", line.unit_price.exact(places))
            } else {
                line.unit_price.exact(places)
            },
            discount: if line.discount(places).is_zero() {
                String::new()
            } else {
                format!("-{}", line.discount(places).fixed(places))
            },
            total: line.total(places).grouped(places),
        }
    }
}

/// Each line of the basket in as many lines of the screen as it needs. The figures have the cells that the widest of
/// them needs, and the goods have the rest.
fn rows(look: Look<'_>, wide: usize) -> Vec<Vec<String>> {
    let Some(basket) = &look.model.sale.basket else {
        return Vec::new();
    };
    let figures: Vec<_> = basket.lines.iter().map(|line| Figures::of(look, line)).collect();
    let widest = |cell: fn(&Figures) -> &String| figures.iter().map(|figures| cells::width(cell(figures))).max();
    let columns = [
        widest(|figures| &figures.count),
        widest(|figures| &figures.price),
        widest(|figures| &figures.discount),
        widest(|figures| &figures.total),
    ]
    .map(Option::unwrap_or_default);
    let numbered = basket.lines.iter().zip(&figures).enumerate();
    let mut rows: Vec<_> = numbered
        .map(|(position, (line, figures))| {
            let before = numbered_from(look, position, " ");
            let mut row = if wide < super::ONE_COLUMN {
                narrow(line, figures, &before, wide)
            } else {
                beside(line, figures, &before, columns, wide)
            };
            if !line.batch.is_unknown() && line.batch_by == BatchBy::Goods {
                row.push(below(&line.batch.to_string(), &before, wide));
            }
            row
        })
        .collect();
    let first = rows.len();
    let unresolved = basket.unresolved.iter().enumerate();
    rows.extend(
        unresolved.map(|(at, row)| to_settle(row, &numbered_from(look, first + at, look.theme.sign(Sign::Bad)), wide)),
    );
    for (position, row) in rows.iter_mut().enumerate() {
        if note(look, position) == Some(Told::RepeatIgnored) {
            let count = basket.lines.get(position).map(|line| line.quantity);
            let count = count.or_else(|| Some(basket.unresolved.get(position - first)?.quantity));
            let two = count.unwrap_or_default() + Quantity::ONE;
            row.push(below(&format!("repeat ignored; *{two} counts it"), "       ", wide));
        }
    }
    rows
}

/// What was last done to a row, to be told on it.
fn note(look: Look<'_>, position: usize) -> Option<Told> {
    let RowNote { row, told } = look.model.sale.note?;
    (row == position).then_some(told)
}

/// Where the rows of unresolved codes begin.
fn basket_lines(look: Look<'_>) -> usize {
    look.model.sale.basket.as_ref().map_or(0, |basket| basket.lines.len())
}

/// What a row begins with: whether keys are for it, what a scan did to it, else `mark`; and its number.
fn numbered_from(look: Look<'_>, position: usize, mark: &str) -> String {
    let mark = if look.model.sale.selected == Some(position) {
        look.theme.sign(Sign::Here)
    } else if note(look, position) == Some(Told::Added) {
        "+"
    } else {
        mark
    };
    format!(" {mark}{:>3}  ", position + 1)
}

/// A line below the goods.
fn below(text: &str, before: &str, wide: usize) -> String {
    cells::left(&format!("{}{text}", " ".repeat(cells::width(before))), wide)
}

/// A scanned code that nothing bears.
fn to_settle(row: &Unresolved, before: &str, wide: usize) -> Vec<String> {
    let goods = format!("{before}{} not in the catalogue", printable(&row.code));
    let count = if row.quantity == Quantity::ONE {
        String::new()
    } else {
        format!("{} × ", row.quantity)
    };
    let figures = format!("{count}?   settle it ");
    if cells::width(&goods) + cells::width(&figures) < wide {
        vec![cells::ends(&goods, &figures, wide)]
    } else {
        vec![cells::left(&goods, wide), below(figures.trim_end(), before, wide)]
    }
}

/// Goods and figures on one line, or the goods on several.
fn beside(line: &BasketLine, figures: &Figures, before: &str, columns: [usize; 4], wide: usize) -> Vec<String> {
    let [count, price, discount, total] = columns;
    let gap = |cells: usize| if cells == 0 { 0 } else { cells + 2 };
    let end = format!(
        "{}{}{}{}{} ",
        cells::right(rx(line), 3),
        cells::right(&figures.count, gap(count).max(8)),
        cells::right(&figures.price, gap(price).max(10)),
        cells::right(&figures.discount, gap(discount)),
        cells::right(&figures.total, gap(total).max(12)),
    );
    let room = wide.saturating_sub(cells::width(before) + cells::width(&end));
    let mut goods = goods(line, room).into_iter();
    let first = goods.next().unwrap_or_default();
    let indent = " ".repeat(cells::width(before));
    let mut lines = vec![format!("{before}{}{end}", cells::left(&first, room))];
    lines.extend(goods.map(|goods| cells::left(&format!("{indent}{goods}"), wide)));
    lines
}

/// The goods, and the figures below them.
fn narrow(line: &BasketLine, figures: &Figures, before: &str, wide: usize) -> Vec<String> {
    let indent = " ".repeat(cells::width(before));
    let room = wide.saturating_sub(cells::width(before));
    let mut lines: Vec<_> = goods(line, room)
        .into_iter()
        .enumerate()
        .map(|(at, goods)| {
            let before = if at == 0 { before } else { &indent };
            cells::left(&format!("{before}{goods}"), wide)
        })
        .collect();
    let Figures {
        count,
        price,
        discount,
        total,
    } = figures;
    let counted = format!("{indent}{count} × {price} {discount} {}", rx(line));
    lines.push(cells::ends(counted.trim_end(), &format!("{total} "), wide));
    lines
}

/// The name of the goods, and behind it the batch that was offered, where there is room.
fn goods(line: &BasketLine, room: usize) -> Vec<String> {
    let mut goods = called(&line.drug, room).into_lines();
    let number = line.batch.number.as_ref().filter(|_| line.batch_by == BatchBy::Offer);
    if let (Some(number), Some(last)) = (number, goods.last_mut()) {
        let day = line.batch.expiry.map(|day| day.strftime(" %m/%y").to_string());
        let with_batch = format!("{last} · {}{}", printable(number), day.unwrap_or_default());
        if cells::width(&with_batch) < room {
            *last = with_batch;
        }
    }
    goods
}

fn rx(line: &BasketLine) -> &'static str {
    if line.drug.prescription_only { "Rx" } else { "" }
}

/// Draws what it comes to.
pub fn total(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let model = look.model;
    let currency = model.currency();
    let basket = model.sale.basket.as_ref();
    let total = basket.map_or(Money::ZERO, |basket| basket.total(currency.places));
    let amount = total.grouped(currency.places);
    let lines = match model.sale.line_count() {
        0 => String::new(),
        1 => String::from(" 1 line"),
        lines => format!(" {lines} lines"),
    };
    let lines = match basket.map_or(0, |basket| basket.unresolved.len()) {
        0 => lines,
        unresolved => format!("{lines}, {unresolved} to settle"),
    };
    let today = frame::local(model, model.now).date();
    let tax = basket
        .filter(|basket| !basket.lines.is_empty())
        .and_then(|basket| basket.tax_in(model.shelf.catalogue(), today, currency.places))
        .map(|tax| format!(" · VAT in it {}", tax.grouped(currency.places)))
        .unwrap_or_default();
    let room: usize = area.width.into();
    let sum = if model.sale.returning.is_some() {
        "GIVE BACK"
    } else {
        "TOTAL"
    };
    let words = if room < 30 {
        format!("{amount} ")
    } else {
        format!("{sum}   {}   {amount} ", currency.code)
    };
    let left = room.saturating_sub(cells::width(&words));
    let beside = format!("{lines}{tax}");
    let beside = if cells::width(&beside) < left { beside } else { lines };
    let line = vec![
        Span::raw(cells::left(&beside, left)),
        Span::styled(words, look.theme.strong()),
    ];
    out.render_widget(Line::from(line), area);
}
