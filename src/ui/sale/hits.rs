//! What the typed words find.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::sale::Found;
use crate::app::sale::found::{DrugHit, HitList};
use crate::domain::catalogue::{Doctor, Drug};
use crate::domain::name::fold;
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, row};

/// Draws the list, in as many rows as it needs; gives how many.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>) -> u16 {
    match &look.model.sale.found {
        Found::Nothing => 0,
        Found::Drugs(list) => {
            let twins = |hit: &DrugHit| {
                let name = fold(&hit.drug.name);
                let same = |(_, other): &&(i64, DrugHit)| {
                    fold(&other.drug.name) == name && other.drug.strength != hit.drug.strength
                };
                list.rows.iter().any(|row| same(&row))
            };
            self::list(frame, area, look, list, |hit, cells| drug(look, hit, cells, twins(hit)))
        }
        Found::Doctors(list) => self::list(frame, area, look, list, |row, cells| doctor(row, cells)),
    }
}

fn list<'a, T>(
    frame: &mut Frame<'_>,
    area: Rect,
    look: Look<'a>,
    list: &'a HitList<T>,
    spans: impl Fn(&'a T, usize) -> Vec<Span<'a>>,
) -> u16 {
    let here = list.position();
    let nearest = list.matches < list.rows.len();
    let needs = list.rows.len() + usize::from(nearest);
    let rows = usize::from(area.height).min(needs);
    // The row of the highlighted stays in sight.
    let wanted = here.map_or(0, |here| here + usize::from(nearest && here >= list.matches));
    let first = (wanted + 1).saturating_sub(rows);
    let mut all = Vec::with_capacity(needs);
    for (at, (_, hit)) in list.rows.iter().enumerate() {
        if at == list.matches {
            all.push(None);
        }
        all.push(Some((at, hit)));
    }
    for (at, entry) in (0..).zip(all.into_iter().skip(first).take(rows)) {
        let line = match entry {
            None => Line::styled(nearest_words(look), look.theme.faint()),
            Some((position, hit)) => {
                let highlighted = here == Some(position);
                let mark = if highlighted { look.theme.sign(Sign::Here) } else { " " };
                let mut line = vec![Span::raw(format!(" {mark} "))];
                line.extend(spans(hit, usize::from(area.width).saturating_sub(4)));
                let style = if highlighted {
                    look.theme.highlighted()
                } else {
                    Style::new()
                };
                Line::from(line).style(style)
            }
        };
        frame.render_widget(line, row(area, at));
    }
    u16::try_from(rows).unwrap_or(area.height)
}

fn nearest_words(look: Look<'_>) -> &'static str {
    if look.theme.ascii {
        " - nearest, Down to reach"
    } else {
        " ┄ nearest, ↓ to reach"
    }
}

/// Name, strength, form; pack and its price. The name alone is cut.
fn drug<'a>(look: Look<'a>, hit: &'a DrugHit, width: usize, strength_tells: bool) -> Vec<Span<'a>> {
    let model = look.model;
    let pack = hit.drug.packs.get(hit.pack);
    let today = super::frame::local(model, model.now).date();
    let price = pack
        .zip(model.outlet.as_ref())
        .and_then(|(pack, outlet)| pack.price(outlet.id, today))
        .map_or_else(
            || String::from("no price"),
            |price| price.exact(model.currency().places),
        );
    let more = if hit.drug.packs.len() > 1 { "*" } else { " " };
    let pack = format!("{}{more}", pack.map_or("", |pack| pack.name.as_str()));
    let rx = if hit.drug.prescription_only { " Rx" } else { "   " };
    let wide = width >= 56;
    let (pack_cells, price_cells) = if wide {
        (14, 11)
    } else {
        (cells::width(&pack).min(8), 9)
    };
    let room = width.saturating_sub(pack_cells + price_cells + 4);
    let (name, strength, form) = name_parts(&hit.drug, room);
    let used = cells::width(&name) + cells::width(&strength) + cells::width(&form);
    let style = if strength_tells {
        look.theme.strong()
    } else {
        Style::new()
    };
    let gap = " ".repeat(room.saturating_sub(used));
    vec![
        Span::raw(name),
        Span::styled(strength, style),
        Span::raw(format!("{form}{gap}{rx} {}", cells::left(&pack, pack_cells))),
        Span::raw(cells::right(&price, price_cells)),
    ]
}

/// The name, cut if need be; strength and form, each with a blank before it.
pub fn name_parts(drug: &Drug, room: usize) -> (String, String, String) {
    let strength = if drug.strength.is_empty() || fold(&drug.name).contains(&fold(&drug.strength)) {
        String::new()
    } else {
        format!(" {}", drug.strength)
    };
    let form = if drug.form.is_empty() || room < 30 {
        String::new()
    } else {
        format!(" {}", drug.form)
    };
    let tail = cells::width(&strength) + cells::width(&form);
    let name = cells::cut(&drug.name, room.saturating_sub(tail));
    (name, strength, form)
}

fn doctor(doctor: &Doctor, width: usize) -> Vec<Span<'_>> {
    let beside = [&doctor.registration_number, &doctor.specialization, &doctor.region];
    let beside: Vec<_> = beside
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(String::as_str)
        .collect();
    let name_cells = width / 2;
    vec![
        Span::raw(cells::left(&doctor.name, name_cells)),
        Span::raw(cells::left(
            &format!(" {}", beside.join(" · ")),
            width.saturating_sub(name_cells),
        )),
    ]
}
