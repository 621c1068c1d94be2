//! The entry line: what is typed, what it would do, and how much it finds.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cursor;
use crate::app::sale::Found;
use crate::app::sale::typed::Typed;
use crate::domain::money::{Money, Quantity};
use crate::domain::name::printable;
use crate::ui::{Look, cells};

/// Draws it; `more`: there is more of what it finds than is shown.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, more: bool) {
    let sale = &look.model.sale;
    let what = match sale.settled() {
        Some(unresolved) => format!("Find {}", printable(&unresolved.code)),
        None => String::from("Item"),
    };
    let label = format!(" {what} {} ", if look.theme.ascii { ">" } else { "›" });
    let beside = format!("{} ", beside(look, more).join("   "));
    let typed = format!("{label}{}", sale.entry.text());
    let room = usize::from(area.width).saturating_sub(cells::width(&typed));
    let ghost = ghost(look).map(|ghost| format!("  {ghost}")).unwrap_or_default();
    // What is typed is there whole; the rest is said where there is room, what it would do first.
    let ghost = cells::cut(&ghost, room.saturating_sub(1));
    let room = room.saturating_sub(cells::width(&ghost));
    let mut spans = vec![Span::raw(typed), Span::styled(ghost, look.theme.faint())];
    if cells::width(&beside) < room {
        spans.push(Span::raw(cells::right(&beside, room)));
    }
    frame.render_widget(Line::from(spans), area);
    cursor(frame, area, look, cells::width(&label) + sale.entry.cursor());
}

/// How much is found, and how many of it are taken.
fn beside(look: Look<'_>, more: bool) -> Vec<String> {
    let sale = &look.model.sale;
    let mut beside = Vec::new();
    match &sale.found {
        Found::Nothing => {}
        Found::Drugs(_) if look.model.is_asking_for_receipt() => {}
        Found::Drugs(list) if list.total == 0 => beside.push(String::from("no match")),
        Found::Drugs(list) => beside.push(found(list.total, more)),
        Found::Doctors(list) => beside.push(found(list.total, more)),
    }
    let times = match Typed::of(sale.entry.text()) {
        Typed::Times { times, .. } => Some(times.to_owned()),
        _ => sale.takes.map(|takes| takes.to_string()),
    };
    beside.extend(times.map(|times| format!("takes ×{times}")));
    beside
}

fn found(total: usize, more: bool) -> String {
    let more = if more { ", more below" } else { "" };
    format!("{total} found{more}")
}

/// What is to be typed next, or what it comes to.
fn ghost(look: Look<'_>) -> Option<String> {
    let sale = &look.model.sale;
    let typed = Typed::of(sale.entry.text());
    match typed {
        Typed::Prescriber("") => return Some(String::from("prescriber: name or registration number")),
        Typed::Times { words: "", .. } => return Some(String::from("of what? name or code, or Enter and then scan")),
        _ => {}
    }
    let at = sale.current_line()?;
    let line = sale.basket.as_ref()?.lines.get(at)?;
    let places = look.model.currency().places;
    let (unit, gross) = (line.unit(), line.gross(places));
    let said = match typed {
        Typed::Quantity("") => format!("how many? {} {unit} now", line.quantity),
        Typed::Quantity(text) => {
            let costs = line.unit_price.times(text.parse().ok()?, places);
            format!("{unit}: {}", costs.grouped(places))
        }
        Typed::Price("") => {
            let now = line.unit_price.exact(places);
            if line.is_overridden() {
                format!("a {unit}? {now} now, the list says {}", line.list_price.exact(places))
            } else {
                format!("a {unit}? {now} now")
            }
        }
        Typed::Price(text) => {
            let price: Money = text.parse().ok()?;
            let costs = price.times(line.quantity, places);
            format!("a {unit}, {} {unit}: {}", line.quantity, costs.grouped(places))
        }
        Typed::Percent("") => match line.discount(places) {
            off if off.is_zero() => String::from("per cent off?"),
            off => format!("per cent off? {} off now", off.grouped(places)),
        },
        Typed::Percent(text) => {
            let percent: Quantity = text.parse().ok()?;
            let off = gross.percent(percent.decimal(), places);
            format!("per cent: {} off {}", off.grouped(places), gross.grouped(places))
        }
        _ => return None,
    };
    Some(format!("{said} · line {} {}", at + 1, line.drug.label()))
}
