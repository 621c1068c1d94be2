//! A question in front, with what yes means in words.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::popup::{self, Way};
use super::{Look, cells, row};
use crate::app::command::Command;
use crate::app::question::{About, Question};
use crate::app::queue::total;
use crate::app::status::age;
use crate::app::{Layer, Model};
use crate::domain::dimension::Dimension;

/// The cells of a line of it.
const WIDE: u16 = 60;

/// Draws a question.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, question: &Question) {
    let key = |command| look.keymap.key_in(Layer::Question, command);
    let words = words(look.model, &question.about);
    let words = key(Command::Yes).map_or(words.clone(), |key| format!("{words} {key}"));
    let yes = key(Command::Yes).map(|key| Way::key(key, "yes"));
    let no = key(Command::Back).map(|key| Way::key(key, "no"));
    let ways: Vec<_> = [yes, no].into_iter().flatten().collect();
    let lines = cells::wrap(&words, WIDE.min(area.width.saturating_sub(4)).into());
    let high = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let inside = popup::render(frame, area, look, "?", &ways, (WIDE, high));
    // Where it does not fit, its end is shown: that is what is asked.
    let beyond = lines.len().saturating_sub(inside.height.into());
    for (at, line) in (0..).zip(lines.into_iter().skip(beyond)) {
        frame.render_widget(Line::raw(line), row(inside, at));
    }
}

fn words(model: &Model, about: &About) -> String {
    match about {
        About::Quit if let Some(holder) = model.holder() => {
            let stays = if holder.is_open { "The till stays open. " } else { "" };
            format!("{stays}Close this viewer?")
        }
        About::Quit if !model.is_till() => String::from("Stop watching? The tills sell on."),
        About::Quit => leaving(model),
        About::MapSale(mending) => mending.words(),
        About::StrikeSale { sale, why } => format!(
            "Strike {} of {} for good: “{why}”? It keeps its number, and is in no figure and no report.",
            sale.printed(),
            total(sale)
        ),
        About::CancelBasket if let Some(returning) = &model.sale.returning => {
            format!("Leave the return of {}? Nothing of it comes back.", returning.receipt)
        }
        About::CancelBasket => {
            let lines = model.sale.line_count();
            let lines = if lines == 1 {
                String::from("1 line")
            } else {
                format!("{lines} lines")
            };
            format!("Cancel basket ({lines})?")
        }
        About::LoseChanges(dimension) => {
            format!("The changed {} is not saved. Let the changes go?", dimension.spec().one)
        }
        About::ConfirmDoctor(id) => {
            format!("Is {} confirmed?", doctor(model, *id))
        }
        About::MergeDoctor { merged, survivor } => {
            let (merged, survivor) = (doctor(model, *merged), doctor(model, *survivor));
            format!("Merge {merged} into {survivor}? What was sold stays; from now on it is {survivor}, for good.")
        }
        About::Retire(dimension) => {
            let form = model.desks.of(*dimension).form.as_ref();
            let (name, active) = form.map_or(("", true), |form| (form.name(), form.record.active));
            let one = dimension.spec().one;
            if active {
                format!("{} Deactivate {one} {name}?", off(*dimension))
            } else {
                format!("{} Make {one} {name} active again?", on(*dimension))
            }
        }
        About::Twin { dimension, words, .. } => {
            let one = dimension.spec().one;
            format!("Is it this one: {words}? Open that {one}, and let go what was typed?")
        }
        About::Teach(lesson) => {
            let (code, what) = (&lesson.code, lesson.what());
            format!("From then on every till sells it by a scan of {code}. Teach {what} this code?")
        }
        About::LargeTender { tendered, change } => {
            format!("{tendered} tendered: {change} is given out. Is that right?")
        }
        About::NewPrices { what } => format!("{what}. Take the new prices? Else the old ones stay."),
        About::UnusualQuantity {
            drug, sells, usually, ..
        } => {
            format!("{drug}: usual is {usually} in a line. Sell {sells}?")
        }
        About::SameBasket { receipt, seconds, .. } => {
            let sale = receipt.as_deref().unwrap_or("the sale before, which is on its way");
            format!("The same as {sale}, {seconds} s ago. Sell it again?")
        }
        About::ShortStock { why } => format!("{why}. Do you hold them?"),
    }
}

/// What stays behind when the till is closed.
fn leaving(model: &Model) -> String {
    let unsent = match (model.status.unsent, model.status.oldest) {
        (0, _) => String::new(),
        (1, oldest) => format!(
            "1 sale is unsent{}. It stays on this till's disk. ",
            aged(oldest, model)
        ),
        (n, oldest) => format!(
            "{n} sales are unsent{}. They stay on this till's disk. ",
            aged(oldest, model)
        ),
    };
    let doctors = match model.status.doctors {
        0 => String::new(),
        1 => String::from("1 prescriber added here is not in the database yet, and stays on this till's disk. "),
        n => format!("{n} prescribers added here are not in the database yet, and stay on this till's disk. "),
    };
    let parked = match model.status.parked {
        0 => String::new(),
        1 => String::from("1 sale is parked: the database cannot hold it as it is. "),
        n => format!("{n} sales are parked: the database cannot hold them as they are. "),
    };
    let basket = if model.sale.returning.is_some() {
        "The return that was begun is not recorded. "
    } else if model.sale.line_count() > 0 {
        "The basket is kept for the next start. "
    } else {
        ""
    };
    let held = held(model);
    let unsaved = model.desks.unsaved();
    let forms: Vec<_> = unsaved
        .map(|form| format!("The changed {} {} is not saved. ", form.spec().one, form.name()))
        .collect();
    let forms = forms.concat();
    format!("{unsent}{parked}{doctors}{basket}{held}{forms}Close the till?")
}

/// Which baskets wait, before the till is closed.
fn held(model: &Model) -> String {
    let tickets: Vec<_> = model.sale.held.iter().map(|held| format!("#{}", held.ticket)).collect();
    match tickets.as_slice() {
        [] => String::new(),
        [one] => format!("{one} is held, and kept for the next start. "),
        several => format!("{} are held, and kept for the next start. ", several.join(", ")),
    }
}

/// What deactivating means.
fn off(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Drug => "It stays in past sales and in stock, and no till sells it.",
        Dimension::Doctor => "Past sales keep the name, and no new sale can bear it.",
        Dimension::Employee => "Past sales keep the name, and nobody can sell under it.",
        Dimension::Outlet => "Past sales keep it, and no till can be set up in it.",
    }
}

/// What taking a row back means.
fn on(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Drug => "Tills sell it from now on.",
        Dimension::Doctor => "New sales can bear the name.",
        Dimension::Employee => "They can sell again.",
        Dimension::Outlet => "Tills can be set up in it.",
    }
}

fn aged(oldest: Option<jiff::Timestamp>, model: &Model) -> String {
    oldest
        .map(|oldest| format!(", the oldest {} old", age(oldest, model.now)))
        .unwrap_or_default()
}

/// A prescriber by name and what tells two of one name apart.
fn doctor(model: &Model, id: i64) -> String {
    let Some(row) = model.shelf.catalogue().doctor(id) else {
        return String::from("this prescriber");
    };
    let beside = [&row.registration_number, &row.phone_number];
    match beside.into_iter().find(|beside| !beside.is_empty()) {
        Some(beside) => format!("{} ({beside})", row.name),
        None => row.name.clone(),
    }
}
