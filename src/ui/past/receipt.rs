//! A whole receipt: its lines, its money, what came back of it, and its way.
//!
//! ```text
//! ── T01-000123 · sale · ✓ committed ─────────────────────────── KES 120.00 ──
//!  Mon 2026-03-02 09:42 · Kilifi Bay, Coast · till T01 · by Asha N.
//!  prescribed by Dr Mwabili
//!  ▶  1 Amoxicillin 500 mg                10 cap        12.00           120.00
//!       tax E 0 %: 0.00 · batch L41B, expires 2028-03-31
//! ── paid ────────────────────────────────────────────────────────────────────
//!     Cash · 200.00 handed over, change 80.00                           120.00
//! ── its way ─────────────────────────────────────────────────────────────────
//!     journaled    2026-03-02 09:42:03
//! ```
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::sign_of;
use crate::app::command::Command;
use crate::app::dimension::aside::Read;
use crate::app::past::{Entry, Front, PastReceipt};
use crate::app::status::Stream;
use crate::domain::money::Money;
use crate::domain::past::{PastRow, PastState, Published};
use crate::domain::sale::{SaleFlag, SaleKind, SaleLine, SalePayment};
use crate::ui::theme::Sign;
use crate::ui::{Look, Target, cells, frame, row};

/// In fewer cells, figures stand below what they are of.
const ONE_COLUMN: usize = 60;

/// What is drawn in a row.
enum Drawn {
    /// Words of an entry, or of the head.
    Words(Option<usize>, String),
    /// A rule with its title.
    Rule(&'static str),
}

/// Draws a receipt.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>, front: &Front) {
    let wide: usize = body.width.into();
    let receipt = match &front.read {
        Read::Here(receipt) => receipt,
        Read::Asked(_) => return frame::rule(out, row(body, 0), look, &front.receipt.to_string(), "being read …"),
        Read::Away(why) => {
            frame::rule(out, row(body, 0), look, &front.receipt.to_string(), "not read");
            for (at, words) in (1..body.height).zip(cells::wrap(why, wide.saturating_sub(4))) {
                out.render_widget(Line::raw(format!("   {words}")), row(body, at));
            }
            return;
        }
    };
    look.places.add(body, Target::Scroll);
    let sale = &receipt.record.document.sale;
    let places = sale.currency.places;
    let total = format!("{} {}", sale.currency.code, sale.total.fixed(places));
    let title = title(look, receipt, wide);
    frame::rule(out, row(body, 0), look, &title, &total);
    let drawn = drawn(look, receipt, wide);
    let room = usize::from(body.height.saturating_sub(1));
    let is_here = |one: &Drawn| matches!(one, Drawn::Words(Some(entry), _) if *entry == front.at);
    // The first of it has the cursor at its top, the head and all that stands before in sight where they fit.
    let end = drawn.iter().rposition(is_here).map_or(0, |at| at + 1);
    let first = if front.at == 0 { 0 } else { end.saturating_sub(room) };
    let from = drawn.iter().position(is_here);
    for (at, (position, one)) in (1..body.height).zip(drawn.iter().enumerate().skip(first)) {
        match one {
            Drawn::Rule(title) => frame::rule(out, row(body, at), look, title, ""),
            Drawn::Words(entry, words) => {
                let here = *entry == Some(front.at);
                let words = match words.strip_prefix("  ") {
                    Some(words) if here && from == Some(position) => format!(" {}{words}", look.theme.sign(Sign::Here)),
                    _ => words.clone(),
                };
                let style = if here { look.theme.highlighted() } else { Style::new() };
                out.render_widget(Line::styled(cells::left(&words, wide), style), row(body, at));
                if let Some(entry) = entry {
                    let accept = Some(Command::Accept);
                    look.places.add_row(row(body, at), *entry, Some(front.at), accept);
                }
            }
        }
    }
}

/// Which receipt it is; where it is narrow, the sign alone says where it stands, and its way the rest.
fn title(look: Look<'_>, receipt: &PastReceipt, wide: usize) -> String {
    let kind = receipt.record.document.sale.kind.as_str();
    let sign = look.theme.sign(sign_of(&receipt.state));
    let word = match receipt.state {
        PastState::Committed => "committed",
        PastState::Queued => "queued on this till",
        PastState::Parked(_) => "parked",
        PastState::Struck(_) => "struck",
    };
    let printed = receipt.record.printed();
    if wide < ONE_COLUMN {
        format!("{sign} {printed} · {kind}")
    } else {
        format!("{printed} · {kind} · {sign} {word}")
    }
}

/// All rows, from the top.
fn drawn(look: Look<'_>, receipt: &PastReceipt, wide: usize) -> Vec<Drawn> {
    let sale = &receipt.record.document.sale;
    let mut drawn: Vec<_> = head(receipt)
        .iter()
        .flat_map(|words| cells::wrap(words, wide.saturating_sub(2)))
        .map(|words| Drawn::Words(None, format!(" {words}")))
        .collect();
    let mut title = None;
    for (at, entry) in receipt.entries().into_iter().enumerate() {
        let next = match entry {
            Entry::Line(_) if sale.kind == SaleKind::Sale => "sold",
            Entry::Line(_) => "brought back",
            Entry::Payment(_) if sale.total.is_negative() => "paid out",
            Entry::Payment(_) => "paid",
            Entry::Original => "gives back",
            Entry::Return(_) => "came back",
            Entry::Journaled | Entry::Committed | Entry::Published | Entry::Chain => "its way",
        };
        if title.replace(next) != Some(next) {
            drawn.push(Drawn::Rule(next));
        }
        let words = entry_words(look, receipt, entry, wide);
        drawn.extend(words.into_iter().map(|words| Drawn::Words(Some(at), words)));
    }
    if let Some(why) = &receipt.unheard {
        let words = format!("The database was not read, so there may be more: {why}");
        let words = cells::wrap(&words, wide.saturating_sub(4)).into_iter();
        let sign = look.theme.sign(Sign::Warn);
        drawn.extend(words.enumerate().map(|(at, words)| {
            let mark = if at == 0 { sign } else { " " };
            Drawn::Words(Some(receipt.entries().len() - 1), format!(" {mark} {words}"))
        }));
    }
    drawn
}

/// Who, where and when.
fn head(receipt: &PastReceipt) -> Vec<String> {
    let document = &receipt.record.document;
    let sale = &document.sale;
    let sold = sale.sold_local.strftime("%a %Y-%m-%d %H:%M:%S");
    let mut head = vec![format!(
        "{sold} · {}, {} · till {} · by {}",
        sale.outlet.name, sale.outlet.region, document.till, sale.employee.name
    )];
    head.extend(
        sale.doctor
            .as_ref()
            .map(|doctor| format!("prescribed by {}", doctor.name)),
    );
    if document.printed.is_some() {
        head.push(format!(
            "it had to move: in its till's chain it is {}",
            receipt.record.receipt()
        ));
    }
    if let PastState::Parked(why) | PastState::Struck(why) = &receipt.state {
        head.push(format!("not in the figures: {why}"));
    }
    let flags: Vec<_> = receipt.record.flags.iter().map(|flag| flag_words(*flag)).collect();
    if !flags.is_empty() {
        head.push(format!("noticed: {}", flags.join(", ")));
    }
    head
}

fn flag_words(flag: SaleFlag) -> &'static str {
    match flag {
        SaleFlag::PriceDiffers => "a price differs from the list",
        SaleFlag::ClockSuspect => "the till's clock was off",
        SaleFlag::ShortStock => "more than the book had",
        SaleFlag::ReferenceRepeated => "a reference was used before",
        SaleFlag::ReturnedTooMuch => "more came back than was left of the sale",
    }
}

fn entry_words(look: Look<'_>, receipt: &PastReceipt, entry: Entry, wide: usize) -> Vec<String> {
    let sale = &receipt.record.document.sale;
    let places = sale.currency.places;
    match entry {
        Entry::Line(at) => sale
            .lines
            .get(at)
            .map_or_else(Vec::new, |line| sold(at, line, places, wide)),
        Entry::Payment(at) => sale
            .payments
            .get(at)
            .map_or_else(Vec::new, |paid| payment(paid, places, wide)),
        Entry::Original => match &receipt.original {
            Some(original) => vec![related(original, wide)],
            None => vec![String::from("   a sale that was not found")],
        },
        Entry::Return(at) => receipt
            .returns
            .get(at)
            .map_or_else(Vec::new, |row| vec![related(row, wide)]),
        Entry::Journaled => step(wide, "journaled", &journaled(look, receipt)),
        Entry::Committed => step(wide, "committed", &committed(look, receipt)),
        Entry::Published => step(wide, "published", &published(look, receipt)),
        Entry::Chain => {
            let short = |hash: String| hash.chars().take(12).collect::<String>();
            let (hash, before) = (receipt.record.hash.to_string(), receipt.record.prev_hash.to_string());
            step(wide, "hash", &format!("{} after {}", short(hash), short(before)))
        }
    }
}

/// A line of the sale: what, how many, at what price; below it tax, discount and batch.
fn sold(at: usize, line: &SaleLine, places: u32, wide: usize) -> Vec<String> {
    let total = format!("{} ", line.total.fixed(places));
    let how_many = format!("{} {}", line.unit_qty, line.unit);
    let price = line.unit_price.exact(places);
    let number = format!(" {:>4} ", at + 1);
    let mut lines = if wide < ONE_COLUMN {
        vec![
            format!("{number}{}", line.name),
            cells::ends(&format!("      {how_many} at {price}"), &total, wide),
        ]
    } else {
        let end = format!(
            "{} {} {}",
            cells::right(&how_many, 12),
            cells::right(&price, 12),
            cells::right(&total, 14)
        );
        vec![cells::ends(&format!("{number}{}", line.name), &end, wide)]
    };
    let mut below = vec![format!("code {}", line.code)];
    if !line.discount.is_zero() {
        below.push(format!("{} off", line.discount.exact(places)));
    }
    let tax = &line.tax;
    below.push(format!(
        "tax {} {} %: {}",
        tax.code,
        tax.rate.normalize(),
        tax.amount.exact(places)
    ));
    below.extend(
        line.batch
            .as_ref()
            .filter(|batch| !batch.is_unknown())
            .map(ToString::to_string),
    );
    let below = cells::wrap(&below.join(" · "), wide.saturating_sub(8));
    lines.extend(below.into_iter().map(|words| format!("      {words}")));
    lines
}

fn payment(paid: &SalePayment, places: u32, wide: usize) -> Vec<String> {
    let words = match &paid.reference {
        Some(reference) => format!("      {} {reference}", paid.name),
        None => format!("      {}", paid.name),
    };
    let amount = format!("{} ", paid.amount.fixed(places));
    let mut lines = vec![cells::ends(&words, &amount, wide)];
    if paid.tendered != paid.amount || paid.change != Money::ZERO {
        lines.push(format!(
            "      {} handed over, change {}",
            paid.tendered.fixed(places),
            paid.change.fixed(places)
        ));
    }
    lines
}

/// Another receipt, to which Enter goes.
fn related(one: &PastRow, wide: usize) -> String {
    let sold = one.sold_local.strftime("%Y-%m-%d %H:%M");
    let total = format!("{} ", one.total.fixed(one.currency.places));
    let state = match one.state {
        PastState::Committed => "",
        PastState::Queued => " · queued",
        PastState::Parked(_) => " · parked",
        PastState::Struck(_) => " · struck",
    };
    cells::ends(&format!("      {} {sold}{state}", one.printed), &total, wide)
}

/// A step of the way, in as many rows as its words need.
fn step(wide: usize, name: &str, words: &str) -> Vec<String> {
    let lines = cells::wrap(words, wide.saturating_sub(18)).into_iter().enumerate();
    let line = |(at, words)| format!("      {} {words}", cells::left(if at == 0 { name } else { "" }, 10));
    lines.map(line).collect()
}

fn time(look: Look<'_>, at: Timestamp) -> String {
    frame::local(look.model, at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn journaled(look: Look<'_>, receipt: &PastReceipt) -> String {
    match receipt.journaled {
        Some(journaled) => format!("{} on this till's disk", time(look, journaled.at)),
        None => format!("on the disk of till {}", receipt.record.document.till),
    }
}

fn committed(look: Look<'_>, receipt: &PastReceipt) -> String {
    let settled = receipt.journaled.and_then(|journaled| journaled.settled);
    match (&receipt.state, receipt.recorded_at) {
        (PastState::Committed, Some(at)) => format!("{} in the database", time(look, at)),
        (PastState::Committed, None) => match settled {
            Some(at) => format!("{} heard from the database", time(look, at)),
            None => String::from("in the database"),
        },
        (PastState::Queued, _) => String::from("not yet: it is on its way"),
        (PastState::Parked(_), Some(at)) => format!("{} in the chain, without figures", time(look, at)),
        (PastState::Parked(_), None) => String::from("in the chain, without figures"),
        (PastState::Struck(_), _) => String::from("never: it was struck"),
    }
}

fn published(look: Look<'_>, receipt: &PastReceipt) -> String {
    let all = receipt.record.document.sale.lines.len();
    let events = |count: usize| format!("{count} event{}", if count == 1 { "" } else { "s" });
    let is_own = look.model.status.stream == Stream::Own;
    match &receipt.published {
        None => String::from("not known while the database is not read"),
        Some(Published::All(at)) => format!("{} {}", time(look, *at), events(all)),
        Some(Published::Waiting(_)) if is_own => format!("{} kept here: no stream is set up", events(all)),
        Some(Published::Waiting(waiting)) => format!("not yet: {} of {} waiting", waiting, events(all)),
        Some(Published::SetAside(why)) => format!("set aside: {why}"),
        Some(Published::Purged) => format!("{}, published and purged since", events(all)),
        Some(Published::None) => String::from("no events: it has no figures"),
    }
}
