//! What the typed words find.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::goods::{Called, called, expiry_words, price_of, stock_words, window};
use crate::app::command::Command;
use crate::app::sale::found::{DrugHit, HitList};
use crate::app::sale::{Found, adding};
use crate::domain::catalogue::Doctor;
use crate::domain::name::fold;
use crate::ui::theme::Sign;
use crate::ui::{Look, Target, cells, row};

/// Before a row: the mark of the highlighted.
const MARGIN: usize = 3;
/// A generic name says nothing in fewer cells.
const LEAST_GENERIC: usize = 10;

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
            let columns = Columns::of(look, list);
            self::list(frame, area, look, list, |hit, cells| {
                drug(look, hit, columns, cells, twins(hit))
            })
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

/// What stands beside the goods: pack, price, what remains, when the first of it expires.
struct Beside([String; 4]);

impl Beside {
    fn of(look: Look<'_>, hit: &DrugHit) -> Self {
        let pack = hit.drug.packs.get(hit.pack).map_or("", |pack| pack.name.as_str());
        let more = if hit.drug.packs.len() > 1 { "*" } else { " " };
        Self([
            format!("{pack}{more}"),
            price_of(look, &hit.drug, hit.pack),
            stock_words(look, &hit.drug, hit.pack),
            expiry_words(look, &hit.drug),
        ])
    }
}

/// How many cells each of it needs at most; a column in which nothing is takes none.
#[derive(Clone, Copy)]
struct Columns([usize; 4]);

impl Columns {
    fn of(look: Look<'_>, list: &HitList<DrugHit>) -> Self {
        let mut widest = [0; 4];
        for (_, hit) in &list.rows {
            let Beside(parts) = Beside::of(look, hit);
            for (widest, part) in widest.iter_mut().zip(&parts) {
                *widest = cells::width(part).max(*widest);
            }
        }
        let [pack, price, stock, expiry] = widest;
        let gap = |cells: usize| if cells == 0 { 0 } else { cells + 2 };
        Self([pack.clamp(8, 14), price.max(7) + 2, gap(stock), gap(expiry)])
    }
}

/// What it is; what stands beside it, or below where there is no room.
fn drug<'a>(look: Look<'a>, hit: &'a DrugHit, columns: Columns, width: usize, strength_tells: bool) -> Lines<'a> {
    let (Beside([pack, price, stock, expiry]), Columns([pack_cells, price_cells, stock_cells, expiry_cells])) =
        (Beside::of(look, hit), columns);
    let rx = if hit.drug.prescription_only { "Rx" } else { "  " };
    let beside = width + MARGIN + 1 >= super::ONE_COLUMN;
    let goods = if beside {
        format!(
            " {rx} {}{}{}{}",
            cells::left(&pack, pack_cells),
            cells::right(&price, price_cells),
            if stock_cells == 0 {
                String::new()
            } else {
                cells::left(&format!("  {stock}"), stock_cells)
            },
            cells::right(&expiry, expiry_cells),
        )
    } else {
        let stock = if stock.is_empty() {
            String::new()
        } else {
            format!(" {stock}")
        };
        let price_cells = price_cells.max(11);
        let pack = cells::left(&format!(" {rx} {pack}{stock}"), width.saturating_sub(price_cells));
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
    if hit.by_generic
        && let [only] = lines.as_mut_slice()
    {
        let left = room.saturating_sub(used(only));
        if left >= LEAST_GENERIC {
            let generic = cells::cut(&format!(" · {}", hit.drug.generic_name), left - 1);
            only.push(Span::styled(generic, look.theme.faint()));
        }
    }
    if beside && let Some(first) = lines.first_mut() {
        let used = used(first);
        first.push(Span::raw(" ".repeat(room.saturating_sub(used))));
        first.push(Span::raw(goods));
    } else {
        lines.push(vec![Span::raw(goods)]);
    }
    lines
}

/// How many cells the spans take.
fn used(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|span| cells::width(&span.content)).sum()
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
