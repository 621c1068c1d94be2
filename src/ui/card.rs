//! The card of a drug. What the catalogue knows is there at once; batches and other outlets come when they were read.
//!
//! ```text
//! ┌ Amoxicillin 500 mg capsule ──────────────────────────────────────────────┐
//! │ amoxicillin · Rx · 640 cap here                                          │
//! │ ▶ cap                       12.00   640                                  │
//! │   box 100                1,050.00     6                                  │
//! │ the same generic, strength and form                                      │
//! │   Amoxil 500 mg capsule     31.00   42 cap                               │
//! │ batches here, by expiry                                                  │
//! │   B2231       11/26    40 cap  on the line                               │
//! │   B2307       03/27   600 cap                                            │
//! │ elsewhere                                                                │
//! │   Uhuru Corner 12 · Lakeside 3 · at 09:12                                │
//! └───────────────────────────────────────────────── Enter takes · Esc back ─┘
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::popup::Way;
use super::sale::{called, price_of, stock_words};
use super::theme::Sign;
use super::{Look, Target, cells, frame, popup, row};
use crate::app::Layer;
use crate::app::card::Card;
use crate::app::command::Command;
use crate::domain::batch::BatchLeft;

/// The cells of a line of it.
const WIDE: u16 = 72;

/// A line of the card.
struct Row {
    words: String,
    /// Which row of those that can be chosen it is; none: it only says something.
    chosen: Option<usize>,
    faint: bool,
}

impl Row {
    fn said(words: String) -> Self {
        Self {
            words,
            chosen: None,
            faint: false,
        }
    }

    fn title(words: &str) -> Self {
        Self {
            faint: true,
            ..Self::said(words.to_owned())
        }
    }
}

/// Draws the card.
pub fn render(out: &mut Frame<'_>, area: Rect, look: Look<'_>, card: &Card) {
    let wide = usize::from(WIDE.min(area.width.saturating_sub(4)));
    let name = called(&card.drug, wide.saturating_sub(2)).into_lines();
    let (title, more_name) = name.split_first().map_or(("", &[][..]), |(first, more)| (first, more));
    let mut rows: Vec<_> = more_name.iter().cloned().map(Row::said).collect();
    rows.extend(lines(look, card, wide));
    let room = popup::room(area);
    let here = rows.iter().position(|row| row.chosen == Some(card.here)).unwrap_or(0);
    let first = (here + 1).saturating_sub(room);
    let key = |command| look.keymap.key_in(Layer::Card, command);
    let part = cells::part(first, room, rows.len());
    let part = (!part.is_empty()).then(|| Way::words(part.trim_end()));
    let takes = if card.line.is_some() { "sells it so" } else { "takes it" };
    let takes = key(Command::Accept).map(|key| Way::key(key, takes));
    let back = key(Command::Back).map(|key| Way::key(key, "back"));
    let ways: Vec<_> = [part, takes, back].into_iter().flatten().collect();
    let high = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let inside = popup::render(out, area, look, title, &ways, (WIDE, high));
    look.places.add(inside, Target::Scroll);
    for (at, shown) in (0..).zip(rows.iter().skip(first).take(room)) {
        let highlighted = shown.chosen == Some(card.here);
        let style = match (highlighted, shown.faint) {
            (true, _) => look.theme.highlighted(),
            (_, true) => look.theme.faint(),
            _ => Style::new(),
        };
        let mark = match (shown.chosen.is_some(), highlighted) {
            (true, true) => format!("{} ", look.theme.sign(Sign::Here)),
            (true, false) => String::from("  "),
            _ => String::new(),
        };
        let line = cells::left(&format!("{mark}{}", shown.words), inside.width.into());
        out.render_widget(Line::styled(line, style), row(inside, at));
        if let Some(position) = shown.chosen {
            look.places
                .add_row(row(inside, at), position, Some(card.here), Some(Command::Accept));
        }
    }
}

fn lines(look: Look<'_>, card: &Card, wide: usize) -> Vec<Row> {
    let mut rows: Vec<_> = cells::wrap(&about(look, card), wide)
        .into_iter()
        .map(Row::said)
        .collect();
    rows.extend(packs(look, card, wide));
    if !card.equals.is_empty() {
        rows.push(Row::title("the same generic, strength and form"));
    }
    for (position, drug) in (card.drug.packs.len()..).zip(&card.equals) {
        let pack = drug.first_offered();
        let end = format!(
            "{}  {}",
            price_of(look, drug, pack),
            cells::left(&stock_words(look, drug, pack), 16)
        );
        let room = wide.saturating_sub(cells::width(&end) + 3);
        let mut name = called(drug, room).into_lines().into_iter();
        rows.push(Row {
            words: format!("{} {end}", cells::left(&name.next().unwrap_or_default(), room)),
            chosen: Some(position),
            faint: false,
        });
        rows.extend(name.map(|name| Row::said(format!("  {name}"))));
    }
    rows.extend(batches(look, card, wide));
    let known = look.model.goods_of(card.drug.id);
    let Some(known) = known else {
        let what = if card.batches.is_empty() {
            "batches and other outlets"
        } else {
            "other outlets"
        };
        rows.push(Row::title(&if look.model.asks_for_goods() {
            format!("{what}: asking …")
        } else {
            format!("{what}: the database does not answer")
        }));
        return rows;
    };
    let mut section = |title: &str, said: Vec<String>| {
        if !said.is_empty() {
            rows.push(Row::title(title));
            let said = cells::wrap(&said.join(" · "), wide.saturating_sub(2));
            rows.extend(said.into_iter().map(|said| Row::said(format!("  {said}"))));
        }
    };
    let unit = &card.drug.base_unit;
    let catalogue = look.model.shelf.catalogue();
    let outlet = |(id, left): &(i64, _)| {
        let outlet = catalogue.outlet(*id)?;
        Some(format!("{} {left} {unit}", outlet.name))
    };
    let mut elsewhere: Vec<_> = known.goods.elsewhere.iter().filter_map(outlet).collect();
    if elsewhere.is_empty() {
        elsewhere.push(String::from("none by the book"));
    }
    elsewhere.push(look.model.figure_of(known.at));
    section("elsewhere", elsewhere);
    rows
}

/// Its batches here, one a row.
fn batches(look: Look<'_>, card: &Card, wide: usize) -> Vec<Row> {
    if card.batches.is_empty() {
        return Vec::new();
    }
    let today = frame::local(look.model, look.model.now).date();
    let line = card
        .line
        .and_then(|line| look.model.sale.basket.as_ref()?.lines.get(line));
    let row = |(position, batch): (usize, &BatchLeft)| {
        let expiry = batch
            .expiry
            .map_or_else(String::new, |day| day.strftime("%m/%y").to_string());
        let left = format!("{} {}", batch.remaining, card.drug.base_unit);
        let on_line = line.and_then(|line| line.batch.number.as_deref());
        let said = if batch.is_expired(today) {
            format!("{} expired", look.theme.sign(Sign::Bad))
        } else if on_line.is_some_and(|number| batch.is(number)) {
            "on the line".to_owned()
        } else {
            String::new()
        };
        let number = cells::left(&batch.number, 11.max(cells::width(&batch.number)));
        let words = format!("{number} {}{}  {said}", cells::left(&expiry, 6), cells::right(&left, 9));
        Row {
            words: cells::cut(words.trim_end(), wide.saturating_sub(2)),
            chosen: Some(position),
            faint: false,
        }
    };
    let title = Row::title("batches here, by expiry");
    let rows = (card.first_batch()..).zip(&card.batches).map(row);
    std::iter::once(title).chain(rows).collect()
}

/// What is in it, whether it wants a prescriber, what remains here.
fn about(look: Look<'_>, card: &Card) -> String {
    let drug = &card.drug;
    let rx = if drug.prescription_only { "Rx" } else { "" };
    let limit = drug
        .controlled_limit
        .map(|limit| format!("controlled, at most {limit} {} a sale", drug.base_unit));
    let here = look.model.stock_here(drug.id).map(|stock| {
        let when = stock
            .old
            .map(|at| format!(" {}", look.model.figure_of(at)))
            .unwrap_or_default();
        if stock.is_none_left() {
            format!("{} none here{when}", look.theme.sign(Sign::Bad))
        } else {
            format!("{} {} here{when}", stock.remaining, drug.base_unit)
        }
    });
    let said = [Some(drug.generic_name.clone()), Some(rx.to_owned()), limit, here];
    let said: Vec<_> = said.into_iter().flatten().filter(|said| !said.is_empty()).collect();
    said.join(" · ")
}

fn packs(look: Look<'_>, card: &Card, wide: usize) -> Vec<Row> {
    let drug = &card.drug;
    let pack = |(position, pack): (usize, &crate::domain::catalogue::Pack)| {
        let holds = if position == 0 {
            String::new()
        } else {
            format!("{} {}", pack.factor, drug.base_unit)
        };
        let price = cells::right(&price_of(look, drug, position), 12);
        let words = format!("{}{}{price}", cells::left(&pack.name, 12), cells::left(&holds, 12));
        let code = pack.code.as_deref().unwrap_or_default();
        let whole = format!("{words}  {code}");
        // A code that is cut is none.
        let words = if cells::width(&whole) + 2 <= wide { whole } else { words };
        Row {
            words: cells::cut(&words, wide.saturating_sub(2)),
            chosen: Some(position),
            faint: false,
        }
    };
    drug.packs.iter().enumerate().map(pack).collect()
}
