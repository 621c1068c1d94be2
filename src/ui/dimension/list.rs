//! The one list of rows: columns of the spec, as many as fit.
//!
//! ```text
//! ── Drugs ─────────────────────────────────────────────── 203, 1 inactive shown ──
//!  Filter › amox▏                                                        3 of 203
//!    Code           Name                         Strength       Price   Remaining
//!    NDC-1          Amoxicillin                  250 mg         80.00         420
//!  ▶ NDC-2          Amoxicillin                  500 mg         12.00         640
//!  · NDC-3          Amoxil              inactive 500 mg        310.00
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::Layer;
use crate::app::command::Command;
use crate::app::dimension::form::shown;
use crate::app::dimension::known::known;
use crate::app::dimension::list::List;
use crate::app::dimension::listing::Shown;
use crate::app::dimension::prescriber;
use crate::app::status::Database;
use crate::domain::dimension::{Dimension, FieldKind, FieldSpec, Record};
use crate::ui::theme::Sign;
use crate::ui::{Look, Target, cells, frame, row};

/// A name is never cut to less while another column can go.
const LEAST_NAME: usize = 16;
/// In fewer cells, what a row has beside its name stands below it.
const ONE_COLUMN: usize = 60;
/// Before the first column: the sign.
const MARGIN: usize = 3;

/// A column that fits.
struct Column {
    position: usize,
    field: &'static FieldSpec,
    cells: usize,
}

/// Draws the list.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>, dimension: Dimension, list: &List) {
    let spec = dimension.spec();
    let rows = look.model.shelf.listing(dimension);
    let all = rows.len();
    look.places.add(body, Target::Scroll);
    let mut at = 0;
    let filtered = u16::from(list.filtering || !list.filter.is_empty());
    let wide: usize = body.width.into();
    let narrow = wide < ONE_COLUMN;
    let high = if narrow { 2 } else { 1 };
    let titled = u16::from(body.height >= 4);
    let headed = u16::from(!narrow);
    let room = usize::from(body.height.saturating_sub(titled + filtered + headed) / high);
    let first = (list.at() + 1).saturating_sub(room);
    if titled == 1 {
        let listed = if list.shown == Shown::All {
            all
        } else {
            list.found().len()
        };
        let count = if listed == 1 {
            spec.one.to_owned()
        } else {
            spec.title.to_lowercase()
        };
        let part = cells::part(first, room, list.found().len());
        let only = match list.shown {
            Shown::All => "",
            Shown::Active => ", active ones only",
            Shown::Inactive => ", inactive ones only",
        };
        let seen = if part.is_empty() {
            format!("{listed} {count}{only}")
        } else {
            format!("{part}{count}{only}")
        };
        frame::rule(out, row(body, at), look, spec.title, &seen);
        at += 1;
    }
    if filtered == 1 {
        filter(out, row(body, at), look, list, all);
        at += 1;
    }
    let seen: Vec<_> = list.found().iter().skip(first).take(room).collect();
    let seen: Vec<_> = seen
        .into_iter()
        .filter_map(|id| known(look.model, dimension, *id))
        .collect();
    let columns = columns(spec.fields, wide, &seen);
    if headed == 1 {
        let head: Vec<_> = columns
            .iter()
            .map(|column| placed(column, &cells::cut(column.field.label, column.cells)))
            .collect();
        let head = format!("{:MARGIN$}{}", "", head.join(" "));
        out.render_widget(Line::styled(cells::cut(&head, wide), look.theme.faint()), row(body, at));
        at += 1;
    }
    if list.found().is_empty() {
        out.render_widget(Line::raw(nothing(look, dimension, list, all)), row(body, at));
        return;
    }
    for (position, id) in list.found().iter().enumerate().skip(first).take(room) {
        if let Some(record) = known(look.model, dimension, *id) {
            let here = position == list.at();
            let lines = if narrow {
                two_lines(look, spec.fields, &record, here, wide)
            } else {
                vec![line(look, spec.fields, &columns, &record, here)]
            };
            let style = match (here, record.active) {
                (true, _) => look.theme.highlighted(),
                (false, false) => look.theme.faint(),
                (false, true) => Style::new(),
            };
            for (line, at) in lines.iter().zip(at..) {
                out.render_widget(Line::styled(cells::left(line, wide), style), row(body, at));
                let accept = Some(Command::Accept);
                look.places.add_row(row(body, at), position, Some(list.at()), accept);
            }
        }
        at += high;
    }
}

fn filter(out: &mut Frame<'_>, area: Rect, look: Look<'_>, list: &List, all: usize) {
    let label = if look.theme.ascii { " Filter > " } else { " Filter › " };
    let count = format!("{} of {all} ", list.found().len());
    let line = cells::ends(&format!("{label}{}", list.filter.text()), &count, area.width.into());
    out.render_widget(Line::raw(line), area);
    if list.filtering && area.height > 0 {
        let column = cells::width(label) + list.filter.cursor();
        let column = u16::try_from(column)
            .unwrap_or(u16::MAX)
            .min(area.width.saturating_sub(1));
        out.set_cursor_position((area.x + column, area.y));
    }
}

/// Why nothing is listed, and the key that helps.
fn nothing(look: Look<'_>, dimension: Dimension, list: &List, all: usize) -> String {
    let key = |command| {
        let key = look.keymap.key_in(Layer::Table, command);
        key.map(|key| key.to_string()).unwrap_or_default()
    };
    let one = dimension.spec().one;
    let never_read = look.model.shelf.catalogue().version().0.is_nil();
    if all == 0 && look.model.settings.has_server && never_read {
        let title = dimension.spec().title.to_lowercase();
        match look.model.status.database {
            Database::Away { .. } => format!("   the database is away, and its {title} were never read here"),
            _ => format!("   {title} are being read from the database …"),
        }
    } else if all == 0 {
        format!("   no {one} yet · {} adds one", key(Command::New))
    } else {
        let only = match list.shown {
            Shown::All => None,
            Shown::Active => Some("active"),
            Shown::Inactive => Some("inactive"),
        };
        let shown = key(Command::Shown);
        match only {
            Some(only) if list.filter.is_empty() => format!("   no {one} is {only} · {shown} lists all"),
            // The others may have them.
            Some(only) => format!("   no {only} {one} has these words · {shown} looks in others"),
            None => format!("   no {one} has these words · {} clears them", key(Command::Back)),
        }
    }
}

/// The columns that fit, in the order of the spec. The name has what the others leave; the widest that need not be
/// filled in goes first.
fn columns(fields: &'static [FieldSpec], wide: usize, seen: &[Record]) -> Vec<Column> {
    // A strength is never cut, whatever else is.
    let strength = |position: usize| {
        let strengths = seen.iter().filter_map(|record| record.values.get(position));
        strengths.map(|text| cells::width(text)).max().unwrap_or(0)
    };
    let mut columns: Vec<_> = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| field.list_width > 0)
        .map(|(position, field)| Column {
            position,
            field,
            cells: usize::from(field.list_width).max(if field.name == "strength" {
                strength(position)
            } else {
                0
            }),
        })
        .collect();
    let is_name = |column: &Column| column.field.name == "name";
    let taken = |columns: &[Column]| {
        let others = columns.iter().filter(|column| !is_name(column));
        MARGIN + columns.len().saturating_sub(1) + others.map(|column| column.cells).sum::<usize>()
    };
    while taken(&columns) + LEAST_NAME > wide {
        let widest = columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !is_name(column))
            .max_by_key(|(at, column)| (!column.field.required && !is_number(column.field), column.cells, *at))
            .map(|(at, _)| at);
        let Some(at) = widest else { break };
        columns.remove(at);
    }
    let left = wide.saturating_sub(taken(&columns));
    for column in columns.iter_mut().filter(|column| is_name(column)) {
        column.cells = left;
    }
    columns
}

fn is_number(field: &FieldSpec) -> bool {
    matches!(field.kind, FieldKind::Money | FieldKind::Quantity | FieldKind::Shown)
}

fn placed(column: &Column, text: &str) -> String {
    if is_number(column.field) {
        cells::right(text, column.cells)
    } else {
        cells::left(text, column.cells)
    }
}

/// The name, and below it what else a list shows.
fn two_lines(look: Look<'_>, fields: &'static [FieldSpec], record: &Record, here: bool, wide: usize) -> Vec<String> {
    let places = look.model.currency().places;
    let listed = || fields.iter().enumerate().filter(|(_, field)| field.list_width > 0);
    let value = |position: usize| record.values.get(position).map_or("", String::as_str);
    let name = listed()
        .find(|(_, field)| field.name == "name")
        .map_or("", |(at, _)| value(at));
    let state = state(look, fields, record).map_or(String::new(), |state| format!("{state} "));
    let strength = listed()
        .find(|(_, field)| field.name == "strength")
        .map_or("", |(at, _)| value(at));
    let mut others: Vec<_> = listed()
        .filter(|(at, field)| !matches!(field.name, "name" | "strength") && !value(*at).is_empty())
        .map(|(at, field)| (field, shown(field.kind, value(at), places)))
        .collect();
    // As in columns: the widest that need not be filled in goes first.
    let taken = |others: &[(&FieldSpec, String)]| others.iter().map(|(_, text)| cells::width(text) + 3).sum::<usize>();
    while MARGIN + taken(&others) > wide {
        let widest = others
            .iter()
            .enumerate()
            .filter(|(_, (field, _))| !field.required && !is_number(field))
            .max_by_key(|(_, (_, text))| cells::width(text))
            .map(|(at, _)| at);
        let Some(at) = widest else { break };
        others.remove(at);
    }
    let others: Vec<_> = others.into_iter().map(|(_, text)| text).collect();
    vec![
        cells::ends(
            &format!(" {} {name} {strength}", mark(look, fields, record, here)),
            &state,
            wide,
        ),
        format!("{:MARGIN$}  {}", "", others.join(" · ")),
    ]
}

/// Where a row stands, in a word; none for one like any other.
fn state(look: Look<'_>, fields: &'static [FieldSpec], record: &Record) -> Option<&'static str> {
    let is_doctor = std::ptr::eq(fields, Dimension::Doctor.spec().fields);
    let doctor = record
        .id
        .filter(|_| is_doctor)
        .and_then(|id| look.model.shelf.catalogue().doctor(id));
    let inactive = (!record.active).then_some("inactive");
    match doctor {
        Some(doctor) if doctor.merged_into.is_some() => prescriber::word(doctor),
        Some(doctor) => inactive.or(prescriber::word(doctor)),
        None => inactive,
    }
}

/// Before a row: whether it is highlighted, inactive, or wants a look.
fn mark(look: Look<'_>, fields: &'static [FieldSpec], record: &Record, here: bool) -> &'static str {
    let state = state(look, fields, record);
    match (here, record.active) {
        (true, _) => look.theme.sign(Sign::Here),
        (false, false) => look.theme.sign(Sign::Idle),
        (false, true) if state.is_some() => look.theme.sign(Sign::Warn),
        (false, true) => " ",
    }
}

fn line(look: Look<'_>, fields: &'static [FieldSpec], columns: &[Column], record: &Record, here: bool) -> String {
    let places = look.model.currency().places;
    let cell = |column: &Column| {
        let value = record.values.get(column.position).map_or("", String::as_str);
        if let Some(state) = state(look, fields, record).filter(|_| column.field.name == "name") {
            return cells::ends(value, state, column.cells);
        }
        placed(column, &shown(column.field.kind, value, places))
    };
    let cells: Vec<_> = columns.iter().map(cell).collect();
    format!(" {} {}", mark(look, fields, record, here), cells.join(" "))
}
