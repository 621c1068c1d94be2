//! What the typed words find.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::goods::{Called, called, window};
use crate::app::command::Command;
use crate::app::sale::found::{DrugHit, HitList};
use crate::app::sale::{Found, adding};
use crate::domain::catalogue::Doctor;
use crate::domain::name::fold;
use crate::ui::theme::Sign;
use crate::ui::{Look, Target, cells, row};

/// Before a row: the mark of the highlighted.
const MARGIN: usize = 3;

/// How much of the list is seen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drawn {
    /// In so many lines.
    pub high: u16,
    /// Whether there is more below.
    pub more: bool,
}

/// Draws the list, in as many lines as it needs.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>) -> Drawn {
    match &look.model.sale.found {
        Found::Nothing => Drawn::default(),
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
        Found::Doctors(list) => {
            let offer = u16::from(adding::is_offered(look.model) && area.height > 0);
            let below = Rect {
                y: area.y + offer,
                height: area.height - offer,
                ..area
            };
            let drawn = self::list(frame, below, look, list, |row, cells| vec![doctor(look, row, cells)]);
            if offer == 1 {
                self::offer(frame, row(area, 0), look);
            }
            Drawn {
                high: drawn.high + offer,
                ..drawn
            }
        }
    }
}

/// The lines of a row, each made of spans.
type Lines<'a> = Vec<Vec<Span<'a>>>;

fn list<'a, T>(
    frame: &mut Frame<'_>,
    area: Rect,
    look: Look<'a>,
    list: &'a HitList<T>,
    lines: impl Fn(&'a T, usize) -> Lines<'a>,
) -> Drawn {
    let wide = usize::from(area.width).saturating_sub(MARGIN + 1);
    let mut rows: Vec<(Option<usize>, Lines<'a>)> = Vec::with_capacity(list.rows.len() + 1);
    for (at, (_, hit)) in list.rows.iter().enumerate() {
        if at == list.matches {
            rows.push((None, vec![vec![Span::styled(nearest_words(look), look.theme.faint())]]));
        }
        rows.push((Some(at), lines(hit, wide)));
    }
    let here = list.position();
    // The row of the highlighted stays in sight.
    let in_sight = rows
        .iter()
        .position(|(at, _)| here.is_some() && *at == here)
        .unwrap_or(0);
    let heights: Vec<_> = rows.iter().map(|(_, lines)| high(lines)).collect();
    let (first, shown) = window(&heights, in_sight, area.height);
    look.places.add(area, Target::Scroll);
    let mut drawn = Drawn {
        high: 0,
        more: first + shown < rows.len(),
    };
    for (position, lines) in rows.into_iter().skip(first).take(shown) {
        let highlighted = position.is_some() && position == here;
        let style = if highlighted {
            look.theme.highlighted()
        } else {
            Style::new()
        };
        for (at, spans) in lines.into_iter().enumerate() {
            let mark = match (highlighted, position) {
                (true, _) if at == 0 => format!(" {} ", look.theme.sign(Sign::Here)),
                (_, Some(_)) => " ".repeat(MARGIN),
                (_, None) => String::from(" "),
            };
            let mut line = vec![Span::raw(mark)];
            line.extend(spans);
            let line_area = row(area, drawn.high);
            frame.render_widget(Line::from(line).style(style), line_area);
            if let Some(position) = position {
                look.places.add_row(line_area, position, here, Some(Command::Accept));
            }
            drawn.high += 1;
        }
    }
    drawn.high = drawn.high.min(area.height);
    drawn
}

/// Nobody is called so: what Enter does instead.
fn offer(frame: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let key = look.keymap.key_in(look.model.sale.layer(), Command::Accept);
    let key = key.map(|key| format!("{key} ")).unwrap_or_default();
    let words = format!("   nobody is known by that: {key}adds a new prescriber");
    frame.render_widget(Line::raw(cells::cut(&words, area.width.into())), area);
}

fn high(lines: &Lines<'_>) -> u16 {
    u16::try_from(lines.len()).unwrap_or(u16::MAX)
}

fn nearest_words(look: Look<'_>) -> &'static str {
    if look.theme.ascii {
        "- nearest, Down to reach"
    } else {
        "┄ nearest, ↓ to reach"
    }
}

/// What it is; its pack and price, beside it where there is room, else below.
fn drug<'a>(look: Look<'a>, hit: &'a DrugHit, width: usize, strength_tells: bool) -> Lines<'a> {
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
    let rx = if hit.drug.prescription_only { "Rx" } else { "  " };
    let beside = width + MARGIN + 1 >= super::ONE_COLUMN;
    let (pack_cells, price_cells) = (14, 11);
    let goods = if beside {
        format!(
            " {rx} {}{}",
            cells::left(&pack, pack_cells),
            cells::right(&price, price_cells)
        )
    } else {
        let pack = cells::left(&format!(" {rx} {pack}"), width.saturating_sub(price_cells));
        format!("{pack}{}", cells::right(&price, price_cells))
    };
    let room = if beside {
        width.saturating_sub(cells::width(&goods))
    } else {
        width
    };
    let style = if strength_tells {
        look.theme.strong()
    } else {
        Style::new()
    };
    let mut lines: Lines<'a> = match called(&hit.drug, room) {
        Called::OneLine { name, strength, form } => {
            vec![vec![Span::raw(name), Span::styled(strength, style), Span::raw(form)]]
        }
        Called::Lines(lines) => lines.into_iter().map(|line| vec![Span::raw(line)]).collect(),
    };
    if beside && let Some(first) = lines.first_mut() {
        let used: usize = first.iter().map(|span| cells::width(&span.content)).sum();
        first.push(Span::raw(" ".repeat(room.saturating_sub(used))));
        first.push(Span::raw(goods));
    } else {
        lines.push(vec![Span::raw(goods)]);
    }
    lines
}

fn doctor<'a>(look: Look<'a>, doctor: &'a Doctor, width: usize) -> Vec<Span<'a>> {
    let beside = [&doctor.registration_number, &doctor.specialization, &doctor.region];
    let beside: Vec<_> = beside
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(String::as_str)
        .collect();
    let name_cells = width / 2;
    let name = if doctor.confirmed {
        cells::left(&doctor.name, name_cells)
    } else {
        let state = format!("{} unconfirmed ", look.theme.sign(Sign::Warn));
        cells::ends(&doctor.name, &state, name_cells)
    };
    vec![
        Span::raw(name),
        Span::raw(cells::left(
            &format!(" {}", beside.join(" · ")),
            width.saturating_sub(name_cells),
        )),
    ]
}
