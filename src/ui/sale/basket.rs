//! The basket and what it comes to.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::hits::name_parts;
use crate::domain::basket::BasketLine;
use crate::domain::money::Money;
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, frame, row};

/// Draws title and lines; the line that keys are for stays in sight.
pub fn render(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let model = look.model;
    let titled = u16::from(area.height >= 2);
    if titled == 1 {
        frame::rule(out, area, look, &title(look), &doctor(look));
    }
    let lines = Rect {
        y: area.y + titled,
        height: area.height - titled,
        ..area
    };
    let Some(basket) = model.sale.basket.as_ref().filter(|basket| !basket.lines.is_empty()) else {
        out.render_widget(Line::styled(empty(look), look.theme.faint()), row(lines, 0));
        return;
    };
    let current = model.sale.current_line().unwrap_or(0);
    let rows = usize::from(lines.height);
    let first = (current + 1).saturating_sub(rows);
    for (at, (position, entry)) in (0..).zip(basket.lines.iter().enumerate().skip(first).take(rows)) {
        let selected = model.sale.selected == Some(position);
        let line = line(look, position, entry, selected, usize::from(lines.width));
        let style = if selected {
            look.theme.highlighted()
        } else {
            Style::new()
        };
        out.render_widget(Line::styled(line, style), row(lines, at));
    }
}

fn title(look: Look<'_>) -> String {
    match look.model.sale.held.len() {
        0 => String::from("basket"),
        1 => String::from("basket · 1 more held"),
        held => format!("basket · {held} more held"),
    }
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

fn line(look: Look<'_>, position: usize, line: &BasketLine, selected: bool, width: usize) -> String {
    let places = look.model.currency().places;
    let mark = if selected { look.theme.sign(Sign::Here) } else { " " };
    let number = position + 1;
    let count = format!("{} {}", line.quantity, line.unit());
    let total = line.total(places).grouped(places);
    if width < 60 {
        let count = cells::cut(&count, width / 3);
        let total = format!("{total} ");
        let room = width.saturating_sub(cells::width(&count) + cells::width(&total) + 3);
        let (name, strength, _) = name_parts(&line.drug, room);
        return cells::left(
            &cells::ends(&format!("{mark}{count} {name}{strength}"), &total, width),
            width,
        );
    }
    let (count_cells, price_cells, discount_cells, total_cells) = (15, 10, 9, 12);
    let room = width.saturating_sub(8 + 4 + count_cells + price_cells + discount_cells + total_cells);
    let (name, strength, form) = name_parts(&line.drug, room);
    let rx = if line.drug.prescription_only { "Rx" } else { "" };
    let discount = if line.discount == Money::ZERO {
        String::new()
    } else {
        format!("-{}", line.discount.fixed(places))
    };
    format!(
        " {mark}{number:>3}  {}{} {}{}{}{} ",
        cells::left(&format!("{name}{strength}{form}"), room),
        cells::right(rx, 3),
        cells::right(&count, count_cells),
        cells::right(&line.unit_price.exact(places), price_cells),
        cells::right(&discount, discount_cells),
        cells::right(&total, total_cells - 1),
    )
}

/// Draws what it comes to.
pub fn total(out: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let model = look.model;
    let currency = model.currency();
    let total = model
        .sale
        .basket
        .as_ref()
        .map_or(Money::ZERO, |basket| basket.total(currency.places));
    let amount = total.grouped(currency.places);
    let lines = match model.sale.line_count() {
        0 => String::new(),
        1 => String::from("1 line"),
        lines => format!("{lines} lines"),
    };
    let room: usize = area.width.into();
    let words = if room < 30 {
        format!("{amount} ")
    } else {
        format!("TOTAL   {}   {amount} ", currency.code)
    };
    let gap = room.saturating_sub(cells::width(&words) + cells::width(&lines) + 1);
    let line = vec![
        Span::raw(format!(" {lines}{}", " ".repeat(gap))),
        Span::styled(words, look.theme.strong()),
    ];
    out.render_widget(Line::from(line), area);
}
