//! What is left of a drug: here, by batch, in other outlets, and what moved it here.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::Layer;
use crate::app::command::Command;
use crate::domain::money::Quantity;
use crate::domain::wares::{ASKED_DAYS, BatchRow, Goods, MovementRow};
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, row};

/// Draws the page from line `first` on.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>, goods: &Goods, first: usize) {
    let wide: usize = body.width.into();
    let mut here = cells::wrap(&here(look, goods), wide.saturating_sub(1));
    let asked = asked(look, goods).map(|words| cells::wrap(&words, wide.saturating_sub(1)));
    here.extend(asked.into_iter().flatten());
    let said = u16::try_from(here.len()).unwrap_or(1);
    let room = usize::from(body.height.saturating_sub(1 + said));
    for (at, words) in (1..).zip(here) {
        out.render_widget(Line::styled(format!(" {words}"), look.theme.strong()), row(body, at));
    }
    let lines = lines(look, goods, wide);
    let first = first.min(lines.len().saturating_sub(room));
    for (at, (text, style)) in (1 + said..).zip(lines.iter().skip(first).take(room)) {
        out.render_widget(Line::styled(cells::cut(text, wide), *style), row(body, at));
    }
}

fn here(look: Look<'_>, goods: &Goods) -> String {
    let unit = &goods.base_unit;
    let key = |command| {
        let key = look.keymap.key_in(Layer::Goods, command);
        key.map(|key| key.to_string()).unwrap_or_default()
    };
    match goods.here(look.model.outlet_id()) {
        Some(stock) => format!(
            "here {} {unit} by the book · {} supplied so far",
            stock.remaining, stock.supplied
        ),
        None => format!(
            "not counted here · {} takes goods in, {} counts",
            key(Command::New),
            key(Command::Count)
        ),
    }
}

/// How often a customer wanted it and it was not there; nothing where nobody did.
fn asked(look: Look<'_>, goods: &Goods) -> Option<String> {
    let asked = goods.asked.as_ref()?;
    let (at, outlet) = asked.last.as_ref()?;
    let zone = look
        .model
        .outlet
        .as_ref()
        .map_or(jiff::tz::TimeZone::UTC, |own| own.zone());
    let at = at.to_zoned(zone);
    let when = if at.date() == look.model.today() {
        at.strftime("%H:%M")
    } else {
        at.strftime("%-d %b %H:%M")
    };
    let times = match asked.times {
        1 => "once".to_owned(),
        more => format!("{more} times"),
    };
    Some(format!(
        "asked for {times} in {ASKED_DAYS} days, last {when} at {outlet}"
    ))
}

fn lines(look: Look<'_>, goods: &Goods, wide: usize) -> Vec<(String, Style)> {
    let faint = look.theme.faint();
    let mut lines = Vec::new();
    if !goods.batches.is_empty() {
        let head = format!("   {} Expires        Left    Cost", cells::left("Batch", 12));
        lines.push((head, faint));
        lines.extend(goods.batches.iter().map(|batch| self::batch(look, batch)));
    }
    let outlet = look.model.outlet_id();
    for stock in goods.stock.iter().filter(|stock| stock.outlet != outlet) {
        let name = cells::left(&stock.outlet_name, 28);
        lines.push((
            format!("   {name} {} {}", stock.remaining, goods.base_unit),
            Style::new(),
        ));
    }
    if goods.movements.is_empty() {
        lines.push(("   nothing moved here yet".to_owned(), faint));
    } else {
        lines.push(("   When          What      Units   Who and why".to_owned(), faint));
        for moved in &goods.movements {
            let (text, why) = movement(look, moved);
            // A reason is never cut.
            let mut why = cells::wrap(&why, wide.saturating_sub(cells::width(&text))).into_iter();
            let first = format!("{text}{}", why.next().unwrap_or_default());
            lines.push((first, Style::new()));
            let under = cells::width(&text);
            lines.extend(why.map(|why| (format!("{:under$}{why}", ""), Style::new())));
        }
    }
    lines
}

fn batch(look: Look<'_>, batch: &BatchRow) -> (String, Style) {
    let today = look.model.today();
    let is_over = batch.expiry.is_some_and(|expiry| expiry < today) && batch.remaining > Quantity::ZERO;
    let sign = if is_over { Sign::Bad } else { Sign::Idle };
    let mark = if is_over { look.theme.sign(sign) } else { " " };
    let places = look.model.currency().places;
    let expiry = batch.expiry.map_or_else(|| "-".to_owned(), |day| day.to_string());
    let cost = batch.cost.map_or_else(String::new, |cost| cost.exact(places));
    let word = if is_over { "  expired" } else { "" };
    let text = format!(
        " {mark} {} {} {} {}{word}",
        cells::left(&batch.batch, 12.max(cells::width(&batch.batch))),
        cells::left(&expiry, 10),
        cells::right(&batch.remaining.to_string(), 8),
        cells::right(&cost, 7.max(cells::width(&cost))),
    );
    (text, look.theme.style(sign))
}

fn movement(look: Look<'_>, moved: &MovementRow) -> (String, String) {
    let zone = look
        .model
        .outlet
        .as_ref()
        .map_or(jiff::tz::TimeZone::UTC, |outlet| outlet.zone());
    let at = moved.at.to_zoned(zone).strftime("%d %b %H:%M").to_string();
    let sign = if moved.quantity.is_negative() { "" } else { "+" };
    let mut why = vec![moved.by.clone()];
    why.extend(Some(moved.reason.clone()).filter(|reason| !reason.is_empty()));
    if !moved.batch.is_empty() {
        why.push(format!("batch {}", moved.batch));
    }
    let text = format!(
        "   {at}  {} {}   ",
        cells::left(&moved.kind, 7),
        cells::right(&format!("{sign}{}", moved.quantity), 7)
    );
    (text, why.join(" · "))
}
