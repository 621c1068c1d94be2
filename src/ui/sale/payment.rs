//! The payment, in the place of entry line and hits.
//!
//! ```text
//! ── pay  KES 285.00 ────────────────────────── prescriber Dr Mwabili · 3 lines ──
//!    M-Pesa   SGH7X2K9PL                      200.00   ✓ not used before
//!    Cash ›   100▏                                   85.00 due     CHANGE   15.00
//!    c Cash   m M-Pesa   d Card   i Insurance   w waiting for M-Pesa: hold #32
//! ── Enter takes it ────────────────────────────────────────────── Esc drops it ──
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cursor;
use crate::app::Layer;
use crate::app::command::{Command, Edit};
use crate::app::sale::{Payment, ReferenceWord, Word, beforehand, payment};
use crate::domain::basket::{Tendered, expected, reference_of};
use crate::domain::catalogue::Tender;
use crate::domain::money::Money;
use crate::keymap::{Key, KeyCode};
use crate::ui::places::Pieces;
use crate::ui::theme::Sign;
use crate::ui::{Look, Target, cells, frame, row};

/// The cells of an amount that was taken.
const AMOUNT: usize = 14;

/// In fewer cells, the rule below names the nearest ways only.
const ALL_WAYS: u16 = 70;

/// Draws it; gives how many rows it took. Where goods come back, it pays out.
pub fn render(out: &mut Frame<'_>, area: Rect, look: Look<'_>) -> u16 {
    let model = look.model;
    let Some(payment) = &model.sale.payment else { return 0 };
    let currency = model.currency();
    let total = model
        .sale
        .basket
        .as_ref()
        .map_or(Money::ZERO, |basket| basket.total(currency.places));
    let roomy = area.height >= 8;
    let mut at = 0;
    if area.height >= 3 {
        let does = if pays_out(look) { "give back" } else { "pay" };
        let title = format!("{does}  {} {}", currency.code, total.grouped(currency.places));
        frame::rule(out, row(area, at), look, &title, &beside(look));
        at += 1;
    }
    for taken in &model.sale.taken {
        if at + 2 >= area.height {
            break;
        }
        at += self::taken(out, area, at, look, taken);
    }
    keyed(out, row(area, at), look, payment);
    at += 1;
    for (sign, words) in said(look, payment) {
        let lines = cells::wrap(&words, usize::from(area.width).saturating_sub(6));
        for (nth, line) in lines.into_iter().enumerate() {
            if at + u16::from(roomy) < area.height {
                let mark = if nth == 0 { look.theme.sign(sign) } else { " " };
                let words = format!("   {mark} {line}");
                out.render_widget(Line::styled(words, look.theme.style(sign)), row(area, at));
                at += 1;
            }
        }
    }
    if at < area.height && roomy && payment.amount.is_none() {
        let mut letters = Pieces::new("   ");
        for tender in model.shelf.catalogue().tenders() {
            let letter = tender.entry_key.to_ascii_lowercase();
            let press = Key::plain(KeyCode::Char(letter));
            let words = format!("{letter} {}", tender.name);
            letters.push(words, look.theme.faint(), Some(Target::Press(press)));
            letters.push("   ", look.theme.faint(), None);
        }
        let waits = waits(look);
        let wide = waits.as_ref().map_or(0, Pieces::wide);
        let fits = letters.wide() + wide <= area.width;
        let (letters, below) = match waits {
            Some(waits) if fits => (letters.with(waits), None),
            below => (letters, below),
        };
        letters.render(out, row(area, at), look);
        at += 1;
        // The last row is the rule's.
        if let Some(waits) = below.filter(|_| at + 1 < area.height) {
            Pieces::new("   ").with(waits).render(out, row(area, at), look);
            at += 1;
        }
    }
    if at < area.height && roomy {
        let (enter, others) = ways(look, payment, area.width);
        frame::rule(out, row(area, at), look, &enter, &others);
        at += 1;
    }
    at
}

/// The letter that lets the basket wait for its money, and the ticket that it would have.
fn waits(look: Look<'_>) -> Option<Pieces> {
    let tender = payment::may_wait_for(look.model)?;
    let words = format!(
        "{} waiting for {}: hold #{}",
        payment::WAITS,
        tender.name,
        look.model.ticket_to_be()
    );
    let mut piece = Pieces::new("");
    let press = Key::plain(KeyCode::Char(payment::WAITS));
    piece.push(words, look.theme.faint(), Some(Target::Press(press)));
    Some(piece)
}

/// A tender that was taken, with what is known of its reference; gives how many rows it took.
fn taken(out: &mut Frame<'_>, area: Rect, at: u16, look: Look<'_>, taken: &Tendered) -> u16 {
    let places = look.model.currency().places;
    let reference = reference_of(&taken.tender, taken.reference.as_deref());
    let reference = reference.ok().flatten().unwrap_or_default();
    let amount = taken.amount.grouped(places);
    // The amount is never cut: a narrow screen leaves less to the reference.
    let for_reference = usize::from(area.width).saturating_sub(8 + 4 + AMOUNT + 1).min(24);
    let line = format!(
        "   {} {}{}",
        cells::left(&taken.tender.name, 8),
        cells::left(&reference, for_reference),
        cells::right(&amount, AMOUNT)
    );
    let Some((sign, words)) = of_reference(look, &taken.tender, &reference) else {
        out.render_widget(Line::raw(line), row(area, at));
        return 1;
    };
    let words = format!("   {} {words}", look.theme.sign(sign));
    if cells::width(&line) + cells::width(&words) <= area.width.into() {
        let spans = vec![Span::raw(line), Span::styled(words, look.theme.style(sign))];
        out.render_widget(Line::from(spans), row(area, at));
        return 1;
    }
    out.render_widget(Line::raw(line), row(area, at));
    out.render_widget(Line::styled(words, look.theme.style(sign)), row(area, at + 1));
    2
}

/// What store and journal say of a reference.
fn of_reference(look: Look<'_>, tender: &Tender, reference: &str) -> Option<(Sign, String)> {
    let asked = beforehand::known(look.model, tender, reference)?;
    Some(match &asked.word {
        None => (Sign::Idle, String::from("being looked up")),
        Some(ReferenceWord::NotUsed) => (Sign::Good, String::from("not used before")),
        Some(ReferenceWord::NotUsedHere) => (Sign::Warn, String::from("not used on this till; no link to ask others")),
        Some(ReferenceWord::Used(used)) => (Sign::Bad, used.to_string()),
    })
}

/// What there is to know before the money is taken.
fn said(look: Look<'_>, payment: &Payment) -> Vec<(Sign, String)> {
    let model = look.model;
    let mut said = Vec::new();
    if payment.amount.is_some()
        && let Ok(Some(reference)) = reference_of(&payment.tender, Some(payment.entry.text()))
    {
        said.extend(of_reference(look, &payment.tender, &reference));
    }
    match &model.sale.word {
        Word::None | Word::Asked(_) | Word::Clear => {}
        Word::Held => said.push((Sign::Warn, String::from("you hold what the book does not have"))),
        Word::Refused(why) if pays_out(look) => said.push((Sign::Bad, format!("{why}: it cannot come back"))),
        Word::Refused(why) => said.push((Sign::Bad, format!("{why}: it cannot be sold"))),
        Word::Short { what, .. } => {
            said.extend(what.iter().map(|short| (Sign::Warn, short.words(model))));
            let key = |command| look.keymap.key_in(Layer::PaymentAsked, command);
            if let (Some(yes), Some(no)) = (key(Command::Yes), key(Command::No)) {
                said.push((
                    Sign::Warn,
                    format!("do you hold them? {yes} yes · {no} back to the basket"),
                ));
            }
        }
    }
    said
}

/// What Enter does, and what the ways back are, by their keys.
fn ways(look: Look<'_>, payment: &Payment, wide: u16) -> (String, String) {
    let key = |command, does: &str| {
        let key = look.keymap.key_in(look.model.sale.layer(), command);
        key.map(|key| format!("{key} {does}"))
    };
    let enter = match (&payment.amount, payment.is_bare()) {
        _ if matches!(look.model.sale.word, Word::Short { .. } | Word::Refused(_)) => None,
        (Some(_), _) => Some("takes the reference"),
        (None, true) if payment::is_unsaid(look.model) => None,
        (None, true) if payment::due(look.model).is_zero() => Some("finishes"),
        (None, true) if pays_out(look) => Some("gives all of it back"),
        (None, true) => Some("exact amount"),
        (None, false) => Some("takes it"),
    };
    let out = key(Command::Edit(Edit::Backspace), "last tender out")
        .filter(|_| wide >= ALL_WAYS && payment.is_bare() && !look.model.sale.taken.is_empty());
    let holds = key(Command::Hold, "waits for it: hold").filter(|_| payment.amount.is_some() && !pays_out(look));
    let back = if payment.is_bare() {
        key(
            Command::Back,
            if pays_out(look) {
                "to the receipt"
            } else {
                "to the basket"
            },
        )
    } else {
        key(Command::Back, "drops it")
    };
    let others: Vec<_> = [out, holds, back].into_iter().flatten().collect();
    let enter = enter.and_then(|does| key(Command::Accept, does));
    (enter.unwrap_or_default(), others.join(" · "))
}

fn beside(look: Look<'_>) -> String {
    let Some(basket) = &look.model.sale.basket else {
        return String::new();
    };
    let lines = basket.lines.len();
    let lines = if lines == 1 {
        String::from("1 line")
    } else {
        format!("{lines} lines")
    };
    match (&look.model.sale.returning, &basket.doctor) {
        (Some(returning), _) => format!("return of {} · {lines}", returning.receipt),
        (None, Some(doctor)) => format!("prescriber {} · {lines}", doctor.name),
        (None, None) => lines,
    }
}

/// Whether money goes back.
fn pays_out(look: Look<'_>) -> bool {
    look.model.sale.returning.is_some()
}

/// The line being keyed: tender, what is typed with what is due as its ghost, and the change.
fn keyed(out: &mut Frame<'_>, area: Rect, look: Look<'_>, payment: &Payment) {
    let model = look.model;
    let places = model.currency().places;
    let due = payment::due_by(model, &payment.tender);
    let arrow = if look.theme.ascii { ">" } else { "›" };
    let label = format!("   {} {arrow} ", payment.tender.name);
    let mut spans = vec![Span::styled(label.clone(), look.theme.strong())];
    let typed = payment.entry.text();
    if typed.is_empty() {
        let ghost = if payment.amount.is_some() {
            format!("its reference: {}", expected(&payment.tender))
        } else if payment::is_unsaid(model) {
            String::from("put aside before: the amount, or a tender")
        } else {
            due.fixed(places)
        };
        spans.push(Span::styled(ghost, look.theme.faint()));
    }
    spans.push(Span::raw(if payment.amount.is_some() {
        typed.to_uppercase()
    } else {
        typed.to_owned()
    }));
    let used: usize = spans.iter().map(|span| cells::width(&span.content)).sum();
    let end = payment.amount.map_or_else(
        || amount_end(look, payment, due, usize::from(area.width).saturating_sub(used)),
        |amount| format!("{} by {} ", amount.grouped(places), payment.tender.name),
    );
    let gap = usize::from(area.width).saturating_sub(used + cells::width(&end));
    spans.push(Span::raw(" ".repeat(gap.max(1))));
    spans.push(Span::styled(end, look.theme.strong()));
    out.render_widget(Line::from(spans), area);
    cursor(out, area, look, cells::width(&label) + payment.entry.cursor());
}

/// What is due, and the change or rest that the typed amount leaves; as much of it as `room` cells hold.
fn amount_end(look: Look<'_>, payment: &Payment, due: Money, room: usize) -> String {
    let places = look.model.currency().places;
    let exact = payment::due(look.model);
    let wanted = if pays_out(look) { "to give back" } else { "due" };
    let due_words = if exact == due {
        format!("{} {wanted}", due.grouped(places))
    } else {
        format!("{} {wanted}, in coins {}", exact.grouped(places), due.grouped(places))
    };
    let typed = payment.entry.text().parse::<Money>();
    let leaves = match typed.map(|amount| payment::with(look.model, payment, amount)) {
        Ok((_, change)) if !change.is_zero() && pays_out(look) => return format!("at most {due_words} "),
        Ok((left, _)) if !left.is_zero() => format!("then {} ", left.grouped(places)),
        Ok((_, change)) if !change.is_zero() => format!("CHANGE {} ", change.grouped(places)),
        _ if due.is_zero() && !payment::change(look.model).is_zero() => {
            format!("CHANGE {} ", payment::change(look.model).grouped(places))
        }
        _ => return format!("{due_words} "),
    };
    let both = format!("{due_words}     {leaves}");
    let said = [both, leaves, due_words, due.grouped(places)];
    said.into_iter()
        .find(|said| cells::width(said) < room)
        .unwrap_or_default()
}
