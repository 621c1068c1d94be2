//! F1: what can be typed here, and which keys do what.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::popup::{self, Way};
use super::{Look, Target, cells, row};
use crate::app::Layer;
use crate::app::command::{Called, Command, Edit};
use crate::app::model::Help;

/// The cells of the keys.
const KEYS: usize = 15;

/// Draws the keys of a layer, a page at a time.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, help: Help) {
    const WIDE: u16 = 70;
    let wide = usize::from(WIDE.min(area.width.saturating_sub(4)));
    let lines: Vec<_> = rows(look, help.layer)
        .iter()
        .flat_map(|(keys, does)| entry(keys, does, wide))
        .collect();
    let room = popup::room(area);
    let pages = lines.len().div_ceil(room.max(1)).max(1);
    let page = help.turned.rem_euclid(pages.cast_signed()).unsigned_abs();
    let key = |command| look.keymap.key_in(Layer::Help, command);
    let turn = if page + 1 < pages {
        key(Command::Down).map(|key| Way::key(key, "more"))
    } else {
        key(Command::Up).map(|key| Way::key(key, "back"))
    };
    let turned = (pages > 1).then(|| Way::words(format!("page {} of {pages}", page + 1)));
    let close = key(Command::Back).map(|key| Way::key(key, "closes"));
    let ways: Vec<_> = [turned, turn.filter(|_| pages > 1), close]
        .into_iter()
        .flatten()
        .collect();
    let high = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let inside = popup::render(frame, area, look, "keys here", &ways, (WIDE, high));
    look.places.add(inside, Target::Scroll);
    for (at, line) in (0..).zip(lines.into_iter().skip(page * room).take(room)) {
        frame.render_widget(Line::raw(line), row(inside, at));
    }
}

/// What can be typed, then the keys: those that do the same in one row, and those that lead to other screens in another.
fn rows(look: Look<'_>, layer: Layer) -> Vec<(String, String)> {
    let typed = typed(layer).iter();
    let mut rows: Vec<_> = typed
        .map(|(typed, does)| ((*typed).to_owned(), (*does).to_owned()))
        .collect();
    let (mut at, mut places) = (None, Vec::new());
    let mut keys = look.keymap.help(layer);
    // What a key does comes before how one moves, and that before how one types.
    keys.sort_by_key(|(_, called)| match called.command {
        Command::Edit(_) => 2,
        // The first of them is beside the way of a sale.
        Command::AskedFor
        | Command::Up
        | Command::Down
        | Command::PageUp
        | Command::PageDown
        | Command::First
        | Command::Last => 1,
        _ => 0,
    });
    for (keys, called) in keys {
        if called.command.is_place() {
            if look.model.can(called.command) {
                at.get_or_insert(rows.len());
                places.push((keys, called.short));
            }
            continue;
        }
        let does = meant(layer, called);
        match rows.iter_mut().find(|(_, known)| known == does) {
            Some((known, _)) => *known = format!("{known} {keys}"),
            None => rows.push((keys, does.to_owned())),
        }
    }
    if let Some(at) = at {
        let (keys, names): (Vec<_>, Vec<_>) = places.into_iter().unzip();
        rows.insert(at, (in_runs(&keys), names.join(", ")));
    }
    let mouse: &[_] = if look.model.settings.mouse { &MOUSE } else { &[] };
    rows.extend(
        mouse
            .iter()
            .map(|(where_at, does)| ((*where_at).to_owned(), (*does).to_owned())),
    );
    rows
}

/// What the mouse does, wherever one is.
const MOUSE: [(&str, &str); 3] = [
    ("click", "On a tab, a key's name or a row: as its key would"),
    ("wheel", "Up and down in a list"),
    ("Shift+drag", "Marks text to copy, as without rxtill"),
];

/// Keys, those of a row of F keys said by its ends: "F2 F4–F8".
fn in_runs(keys: &[String]) -> String {
    let number = |key: &str| key.strip_prefix('F').and_then(|number| number.parse::<u8>().ok());
    let mut runs: Vec<(&str, &str)> = Vec::new();
    for key in keys {
        match runs.last_mut() {
            Some((_, last)) if number(key).is_some() && number(key) == number(last).map(|last| last + 1) => *last = key,
            _ => runs.push((key, key)),
        }
    }
    let said = runs.iter().map(|(first, last)| match (number(first), number(last)) {
        (Some(first), Some(last)) if last > first + 1 => format!("F{first}–F{last}"),
        _ if first == last => (*first).to_owned(),
        _ => format!("{first} {last}"),
    });
    said.collect::<Vec<_>>().join(" ")
}

/// Keys, and what they do beside them or, where it is narrow or the keys are many, below them.
fn entry(keys: &str, does: &str, wide: usize) -> Vec<String> {
    if wide < 2 * KEYS || cells::width(keys) > KEYS {
        let does = cells::wrap(does, wide.saturating_sub(2)).into_iter();
        let below = does.map(|does| format!("  {does}"));
        return std::iter::once(keys.to_owned()).chain(below).collect();
    }
    let does = cells::wrap(does, wide - KEYS - 1).into_iter().enumerate();
    does.map(|(at, does)| format!("{} {does}", cells::left(if at == 0 { keys } else { "" }, KEYS)))
        .collect()
}

/// What a command does in this very layer.
fn meant(layer: Layer, called: Called) -> &'static str {
    match (layer, called.command) {
        (Layer::Form, Command::Accept | Command::Next | Command::Down) => "The next field",
        (Layer::Form, Command::Previous | Command::Up) => "The field before",
        (
            Layer::Sale | Layer::SaleBare,
            Command::Prescriber | Command::Quantity | Command::Price | Command::Discount,
        ) => "Begin the same: prescriber, how many, price, per cent",
        (Layer::Form, Command::PageUp) => "The first field",
        (Layer::Form, Command::PageDown) => "The last field",
        (Layer::Form, Command::Confirm) => "Save",
        (Layer::Adding, Command::Accept) => "The next line; on the last one, add the prescriber",
        (Layer::Adding, Command::Next | Command::Down) => "The next line",
        (Layer::Adding, Command::Previous | Command::Up) => "The line before",
        (Layer::Adding, Command::Confirm) => "Add the prescriber, and name them on this sale",
        (Layer::Adding, Command::Back) => "Back to what was typed; nobody is added",
        (Layer::Returning, Command::Accept) => "All of the line comes back, or so many as typed; the next line",
        (Layer::Returning, Command::TakeOut) => "Nothing of the line comes back",
        (Layer::Returning, Command::Confirm | Command::Pay) => "Give the money back for what was chosen",
        (Layer::Returning, Command::Back) => "Leave the receipt; nothing comes back",
        (Layer::Sale | Layer::SaleBare, Command::New) => "Behind @: add a prescriber whom nobody knows",
        (Layer::Payment | Layer::PaymentBare, Command::Accept | Command::Confirm) => "Take the money as it is keyed",
        (Layer::Sale | Layer::SaleBare, Command::Confirm) => "Take the money for the basket",
        (Layer::SaleBare, Command::Accept) => "Take what is highlighted; on a basket line, its quantity",
        (Layer::Table | Layer::TableOfDoctors | Layer::TableFilter, Command::Accept | Command::Confirm) => {
            "Open the highlighted row"
        }
        (Layer::Live, Command::LivePane(_)) => "Outlets, stream, alerts, totals; the same key again: its list",
        (Layer::Live, Command::Next | Command::Previous) => "The next pane, the one before",
        (Layer::Live, Command::NextTable | Command::PreviousTable) => "In the totals: the next table, the one before",
        (Layer::Live, Command::Accept) => "Its events; of an event, its receipt; of an alert, all of it",
        (Layer::Live, Command::Filter) => "Only some events: by words, outlet, employee, drug, doctor, kind",
        (Layer::Live, Command::Pause) => "Hold what is shown, or let it go on; counting goes on in any case",
        (Layer::Live, Command::FromWhen) => "From when to follow: now, today, the beginning, a time",
        (Layer::Live, Command::First) => "The first row; of the events the newest, as they come",
        (Layer::Live, Command::Last) => "The last that is listed",
        (Layer::Live, Command::Back) => "Out of what is in front; from a pane to the sale",
        (Layer::LiveFilter, Command::Accept) => "Show those events alone",
        (Layer::LiveFilter, Command::Back) => "Empty the line, then leave it",
        (Layer::Queue, Command::Accept) => "The whole receipt: lines, payments, and its way",
        (Layer::Queue, Command::Retry) => "Try the parked sale again: what was in the way may be gone",
        (Layer::Queue, Command::Map) => "A manager says which rows stand in for those nobody knows",
        (Layer::Queue, Command::Strike) => "A manager says, and why, that it is never recorded",
        (Layer::Past, Command::Back) => "To the sale",
        (Layer::Past, Command::Accept) => "The whole receipt: lines, payments, returns, and its way",
        (Layer::PastFilter, Command::Accept) => "Look for it",
        (Layer::PastReceipt, Command::Accept) => "On a return, or on what it gives back: goes to that receipt",
        (Layer::PastReceipt, Command::Return) => "Take goods of this receipt back, on the sale screen",
        (_, Command::Up | Command::Down) => "A row up, a row down",
        (_, Command::PageUp | Command::PageDown) => "A screenful up, down",
        (_, Command::Next | Command::Previous) => "The next pack or field, the one before",
        (_, Command::First | Command::Last) => "The first row, the last row",
        (_, Command::Edit(Edit::Backspace | Edit::Delete)) => "Take out the character before, under the cursor",
        (_, Command::Edit(Edit::Left | Edit::Right)) => "The cursor to the left, to the right",
        (_, Command::Edit(Edit::Home | Edit::End)) => "The cursor to the first character, behind the last",
        _ => called.title,
    }
}

/// What can be typed, as far as it is no key of its own.
fn typed(layer: Layer) -> &'static [(&'static str, &'static str)] {
    match layer {
        Layer::Sale | Layer::SaleBare => &[
            ("words, a code", "Finds goods by name, generic name, strength or code"),
            ("a scan", "The pack that bears the code; a receipt to give back"),
            ("3*  3*amox", "Three of the next item"),
            (
                "*3  =4.50  %10",
                "How many, for how much each, per cent off: the selected line, or last",
            ),
            ("@mwa", "A prescriber of that name; nobody such: adds one"),
            ("→", "The card: packs, batches, what does the same, stock elsewhere"),
        ],
        Layer::Returning => &[
            ("2", "So many of the line come back, in the unit by which it was sold"),
            ("a scan", "One more of its line comes back"),
        ],
        Layer::Payment | Layer::PaymentAsked | Layer::PaymentBare => &[
            ("Enter alone", "The exact amount"),
            ("500", "The amount handed over; the rest is change"),
            ("a letter", "Another tender, for what was typed or all that is due"),
            ("w", "Holds the basket until its M-Pesa has come; F9 calls it back"),
        ],
        Layer::Live => &[
            (
                "SILENT",
                "Nothing sold in its opening hours, though its tills are there",
            ),
            (
                "NO LINK",
                "No sign of its tills: they sell on, their figures come later",
            ),
            (
                "held",
                "What is shown stays; so many events came since, and are counted",
            ),
            ("differs", "One event came twice, with other content: have it looked at"),
        ],
        Layer::LiveFilter => &[
            ("words", "Events that have all of them, wherever"),
            ("outlet:  by:", "Of an outlet, of an employee"),
            ("drug:  @name", "Of a drug, of a prescriber"),
            ("kind:return", "sale, return, void, event, older, unreadable"),
            ("over:1000", "Of at least so much money, either way"),
        ],
        Layer::Past => &[
            ("a scan", "The receipt that it is of"),
            ("queued", "On this till's disk, on its way to the database"),
            ("parked", "In the chain, not in the figures; the receipt says why"),
        ],
        Layer::Queue => &[
            (
                "on its way",
                "On this till's disk; it goes by itself once the database answers",
            ),
            (
                "parked",
                "The database cannot hold it: why is below. Nothing waits behind it",
            ),
        ],
        Layer::PastFilter => &[
            (
                "words",
                "Who sold, who prescribed, a drug's name or code; a receipt's number",
            ),
            ("a day", "2026-03-02, 2/3, today, yesterday, all"),
            ("a scan", "The receipt that it is of"),
        ],
        Layer::Table | Layer::TableOfDoctors => {
            &[("words", "Rows that have all of them: a letter that is no key begins")]
        }
        Layer::TableFilter => &[("words", "Rows that have all of them, as they are typed")],
        Layer::Form => &[
            (
                "text",
                "Goes into the field with the sign; the last line says what it is for",
            ),
            ("a star", "The field is needed"),
        ],
        _ => &[],
    }
}
