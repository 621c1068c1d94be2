//! Keys at the counter: from typed words to lines of the basket.
use std::sync::Arc;

use super::found::{DrugHit, Found, turned};
use super::typed::{Typed, is_bare_number};
use super::{Sale, adding, batch, change, payment, receipt, returning, scan, teach, undo};
use crate::app::command::{Command, Edit};
use crate::app::effect::Effects;
use crate::app::message::Moment;
use crate::app::model::Model;
use crate::app::question::About;
use crate::app::{audit, card};
use crate::domain::batch::Batch;
use crate::domain::catalogue::{Doctor, Drug};
use crate::domain::money::{NumberError, Quantity};

/// The signs of changes of a line.
const QUANTITY: &str = "*";
const PRICE: &str = "=";
const PERCENT: &str = "%";

/// What a page up or down steps over.
const PAGE: isize = 5;

/// Characters for the entry line.
pub(super) fn insert(model: &mut Model, text: &str) {
    let sale = &mut model.sale;
    if is_sign(sale.entry.text()) && is_sign(text) {
        // Nothing was keyed after the sign before: this one is meant.
        sale.entry.clear();
    }
    sale.entry.insert(text);
    if !Typed::of(sale.entry.text()).is_change() {
        sale.selected = None;
    }
    look(model);
}

/// Whether it is the sign of a change of a line, and nothing more.
fn is_sign(text: &str) -> bool {
    matches!(text, QUANTITY | PRICE | PERCENT)
}

/// Looks for what is typed now.
fn look(model: &mut Model) {
    model.sale.found = Found::of(model.sale.entry.text(), &model.shelf, &Found::Nothing, false);
}

/// A key at the counter.
pub(super) fn update(model: &mut Model, command: Command, moment: Moment) -> Effects {
    match command {
        Command::Accept if let Some(receipt) = receipt::receipt_in(model, model.sale.entry.text()) => {
            return returning::open(model, receipt);
        }
        Command::Accept => accept(model, moment),
        Command::Edit(Edit::Delete) if model.sale.entry.is_empty() && model.sale.selected.is_some() => take_out(model),
        // To the right of the last character is the card of what is highlighted.
        Command::Edit(Edit::Right) if model.sale.entry.is_at_end() => card::open(model),
        Command::Card => card::open(model),
        Command::AskedFor => audit::asked_for(model),
        Command::Edit(edit) => edit_entry(model, edit),
        Command::Up => step(model, -1),
        Command::Down => step(model, 1),
        Command::PageUp => step(model, -PAGE),
        Command::PageDown => step(model, PAGE),
        Command::Next => turn_pack(model, true),
        Command::Previous => turn_pack(model, false),
        Command::Prescriber => {
            model.sale.clear_entry();
            insert(model, "@");
        }
        Command::Quantity => begin_change(model, QUANTITY),
        Command::Price => begin_change(model, PRICE),
        Command::Discount => begin_change(model, PERCENT),
        Command::TakeOut => take_out(model),
        Command::Return => receipt::ask(model),
        Command::Undo => undo::undo(model),
        Command::New => adding::open(model, moment),
        Command::Pay | Command::Confirm => return payment::open(model),
        Command::CancelBasket => ask_to_cancel(model),
        Command::Back => back(model),
        _ => {}
    }
    Effects::none()
}

fn edit_entry(model: &mut Model, edit: Edit) {
    if model.sale.entry.edit(edit) {
        look(model);
    }
}

/// One step back: the text, the selection, how many of the next item, what there is to know, the basket.
fn back(model: &mut Model) {
    let sale = &mut model.sale;
    if !sale.entry.is_empty() {
        sale.clear_entry();
    } else if sale.looking.take().is_some() {
        // Its answer is ignored.
    } else if sale.settling.take().is_some() {
        // The row stays as it is.
    } else if sale.selected.take().is_none() && sale.takes.take().is_none() && !model.dismiss_alert() {
        ask_to_cancel(model);
    }
}

fn ask_to_cancel(model: &mut Model) {
    if model.sale.line_count() > 0 || !model.sale.taken.is_empty() {
        model.ask(About::CancelBasket);
    } else {
        // Esc, pressed once more than was needed, is no reason to forget what can be undone.
        let changes = std::mem::take(&mut model.sale.changes);
        model.sale.next_customer();
        model.sale.changes = changes;
    }
}

/// Walks the hits when there are any, else the lines of the basket.
fn step(model: &mut Model, down: isize) {
    let sale = &mut model.sale;
    if sale.found.step(down) || !sale.entry.is_empty() {
        return;
    }
    let Some(last) = sale.line_count().checked_sub(1) else {
        return;
    };
    sale.selected = match sale.selected {
        None if down < 0 => Some(last),
        None => Some(0),
        Some(at) => Some(at.saturating_add_signed(down).min(last)),
    };
}

fn accept(model: &mut Model, moment: Moment) {
    let text = model.sale.entry.text().to_owned();
    match Typed::of(&text) {
        Typed::Nothing if let Some(at) = model.sale.selected.and_then(|_| model.sale.unresolved_here()) => {
            scan::settle(model, at);
        }
        Typed::Nothing if model.sale.selected.is_some() => begin_change(model, QUANTITY),
        Typed::Nothing => model.mention("type a name or scan a code; + takes the money"),
        Typed::Quantity(text) => change::quantity(model, text),
        Typed::Price(text) => change::price(model, text),
        Typed::Percent(text) => change::percent_off(model, text),
        Typed::Times { times, words: "" } => hold_times(model, times),
        Typed::CodeBeforeStar => refuse_text(model, "that looks like a code: at most 4 digits before *"),
        Typed::Prescriber(_) if adding::is_offered(model) => adding::open(model, moment),
        Typed::Prescriber(_) => take_doctor(model, moment),
        Typed::Times { times, words } => match times.parse() {
            Ok(times) => take_drug(model, words, Some(times), moment),
            Err(fault) => refuse_number(model, &fault),
        },
        Typed::Words(words) => take_drug(model, words, None, moment),
    }
}

/// The sign of a change of the line that keys are for; the rest is typed next.
fn begin_change(model: &mut Model, sign: &str) {
    if model.sale.line_count() == 0 {
        return model.mention("no line to change: type a name or scan first");
    }
    model.sale.clear_entry();
    insert(model, sign);
}

/// The text came to nothing: it stays to be read, and the next character replaces it.
pub(super) fn refuse_text(model: &mut Model, why: &str) {
    model.sale.entry.spend();
    model.refuse(why);
}

pub(super) fn refuse_number(model: &mut Model, fault: &NumberError) {
    refuse_text(model, &fault.to_string());
}

fn hold_times(model: &mut Model, times: &str) {
    match times.parse() {
        Ok(times) if times > Quantity::ZERO => {
            model.sale.takes = Some(times);
            model.sale.clear_entry();
        }
        Ok(_) => refuse_text(model, "take at least one"),
        Err(fault) => refuse_number(model, &fault),
    }
}

fn take_out(model: &mut Model) {
    let Some(line) = model.sale.current_line() else {
        return model.mention("the basket is empty");
    };
    if let Some(at) = model.sale.unresolved_here() {
        return scan::take_out(model, at);
    }
    let before = model.sale.basket.clone();
    let Sale { basket, selected, .. } = &mut model.sale;
    let Some(basket) = basket else { return };
    let gone = basket.lines.remove(line);
    *selected = selected.filter(|_| line < basket.rows());
    if basket.is_untouched() {
        model.sale.basket = None;
    }
    let what = format!("{} {} {}", gone.quantity, gone.unit(), gone.drug.label());
    model.mention(format!("taken out: {what}"));
    if let Some(before) = &before {
        let came_at = model.sale.came_at(&gone);
        audit::line_taken_out(model, before.sale_id, &gone, came_at);
    }
    model.sale.changed(model.now, before, format!("{what} taken out"));
}

/// Tab: the pack of the highlighted hit, or of the line that keys are for.
fn turn_pack(model: &mut Model, forward: bool) {
    if !model.sale.entry.is_empty() {
        model.sale.found.turn_pack(forward);
        return;
    }
    let Some(line) = model.sale.current_line() else { return };
    let at = model.sale.basket.as_ref().and_then(|basket| basket.lines.get(line));
    let Some((at, packs)) = at.map(|line| (line.pack, line.drug.packs.len())) else {
        return;
    };
    if packs < 2 {
        return model.mention("it is sold by this unit alone");
    }
    set_pack(model, line, turned(at, packs, forward));
}

/// Sells a line of the basket by another of its drug's units.
pub(in crate::app) fn set_pack(model: &mut Model, line: usize, pack: usize) {
    let Some(outlet) = model.outlet.clone() else { return };
    let (now, today) = (model.now, model.today());
    let known = model.batches_of_line(line);
    let before = model.sale.basket.clone();
    let Some(basket) = &mut model.sale.basket else { return };
    match basket.set_pack(line, pack, &outlet, now) {
        Ok(()) => {
            basket.offer_again(line, &known, today);
            model
                .sale
                .changed(now, before, format!("the unit of line {}", line + 1));
        }
        Err(fault) => model.refuse(fault.to_string()),
    }
}

fn take_drug(model: &mut Model, words: &str, times: Option<Quantity>, moment: Moment) {
    let hit = match &model.sale.found {
        Found::Drugs(list) => list.here().cloned(),
        _ => None,
    };
    let Some(DrugHit { drug, pack, .. }) = hit else {
        return refuse_words(model, words);
    };
    add(model, (&drug, pack), None, times, moment);
}

/// Takes a pack of a drug, as many as are typed or held for the next item; of the batch that was chosen, if one was.
pub(in crate::app) fn take(model: &mut Model, goods: (&Arc<Drug>, usize), batch: Option<Batch>, moment: Moment) {
    let times = match Typed::of(model.sale.entry.text()) {
        Typed::Times { times, .. } => times.parse().map(Some),
        _ => Ok(None),
    };
    match times {
        Ok(times) => add(model, goods, batch, times, moment),
        Err(fault) => refuse_number(model, &fault),
    }
}

fn add(
    model: &mut Model,
    (drug, pack): (&Arc<Drug>, usize),
    chosen: Option<Batch>,
    times: Option<Quantity>,
    moment: Moment,
) {
    let Some(outlet) = model.outlet.clone() else {
        return model.refuse(model.no_outlet());
    };
    let settled = model.sale.settled();
    let scanned = settled.as_ref().map(|row| row.quantity);
    let named = chosen.or_else(|| settled.as_ref().map(|row| row.batch.clone()));
    let named = named.unwrap_or_default();
    let known = model.batches_of(drug.id).to_vec();
    let quantity = times.or(model.sale.takes).or(scanned).unwrap_or(Quantity::ONE);
    let before = model.sale.basket.clone();
    let basket = model.sale.basket_or_new(moment.fresh_id);
    let added = batch::add(basket, (drug, pack), quantity, &named, &known, (&outlet, moment.now));
    match added {
        Ok(_) => {
            let unit = drug.packs.get(pack).map_or("", |pack| pack.name.as_str());
            let what = format!("{quantity} {unit} {} added", drug.label());
            model.sale.settle();
            model.sale.changed(model.now, before, what);
            model.sale.takes = None;
            model.sale.selected = None;
            model.sale.clear_entry();
            mention_short_stock(model, drug);
            if let Some(settled) = settled {
                teach::offer(model, drug, pack, &settled.code, moment.fresh_id);
            }
        }
        Err(fault) => {
            model.sale.basket = before;
            refuse_text(model, &fault.to_string());
        }
    }
}

/// Says when the book has less of a drug than the basket, while the customer can still be asked. Whether it may be sold is
/// asked with the money.
fn mention_short_stock(model: &mut Model, drug: &Drug) {
    let Some(stock) = model.stock_here(drug.id) else { return };
    let basket = model.sale.basket.as_ref();
    let wanted = basket.map_or(Quantity::ZERO, |basket| basket.base_units_of(drug.id));
    if wanted > stock.remaining {
        let unit = &drug.base_unit;
        let when = stock
            .old
            .map_or_else(String::new, |at| format!(" {}", model.figure_of(at)));
        model.mention(format!(
            "{}: the book says {} {unit}{when}, the basket has {wanted}",
            drug.label(),
            stock.remaining
        ));
    }
}

/// Why Enter took nothing, and what was probably meant.
fn refuse_words(model: &mut Model, words: &str) {
    let (near, dead) = match &model.sale.found {
        Found::Drugs(list) => (!list.rows.is_empty(), model.shelf.catalogue().by_code(words)),
        _ => (false, None),
    };
    let why = if let Some((drug, _)) = dead.filter(|(drug, _)| !drug.active) {
        format!("{} is no longer sold", drug.label())
    } else if is_bare_number(words) && words.len() <= 4 && model.sale.line_count() > 0 {
        format!("{words} is no code. Quantity? *{}", words.trim_start_matches('-'))
    } else if is_bare_number(words) {
        format!("{words} is not in the catalogue")
    } else if let Some((times, rest)) = how_many_of_what(words) {
        format!("“{words}” matches nothing. {times} of it? {times}*{rest}")
    } else if near {
        format!("“{words}” matches nothing: ↓ reaches the nearest")
    } else if model.shelf.catalogue().is_bare() {
        String::from("the catalogue is empty: drugs are added under Drugs")
    } else {
        format!("nothing is called “{words}”")
    };
    refuse_text(model, &why);
}

/// "10 amox", as one says it: how many, and of what.
fn how_many_of_what(words: &str) -> Option<(&str, &str)> {
    let (times, rest) = words.split_once(' ')?;
    (is_bare_number(times) && times.len() <= 4).then_some((times, rest.trim_start()))
}

fn take_doctor(model: &mut Model, moment: Moment) {
    let hit: Option<Arc<Doctor>> = match &model.sale.found {
        Found::Doctors(list) => list.here().cloned(),
        _ => None,
    };
    let Some(doctor) = hit else {
        let why = match &model.sale.found {
            Found::Doctors(list) if !list.rows.is_empty() => "no prescriber is highlighted: type the name, ↓ chooses",
            _ => "no prescriber is known yet: type the name, Enter adds them",
        };
        return refuse_text(model, why);
    };
    let before = model.sale.basket.clone();
    model
        .sale
        .changed(model.now, before, format!("prescriber {}", doctor.name));
    model.sale.basket_or_new(moment.fresh_id).doctor = Some(doctor);
    model.sale.clear_entry();
}
