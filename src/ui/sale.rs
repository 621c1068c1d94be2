//! F2: the entry line, what it finds, the basket.
//!
//! ```text
//!  Item › 10*amox▏                                            3 found   takes ×10
//!    Amoxicillin 250 mg caps                          strip 10            80.00
//!  ▶ Amoxicillin 500 mg caps                          cap                 12.00
//!  ┄ nearest, ↓ to reach
//!    Ampicillin 500 mg caps                           cap                 10.00
//! ── basket ────────────────────────── Rx ▲ prescriber wanted: @ before paying ──
//!    1  Panadol Extra 500/65 mg tab        2 strip      60.00             120.00
//! ▶  2  Amlodipine 5 mg tab        Rx     30 tab         4.00             120.00
//!  2 lines                                                 TOTAL   KES   240.00
//!  last T01-000122   480.00   Cash 500.00   CHANGE 20.00   ✓ committed 09:40
//! ```
mod adding;
mod basket;
mod entry;
mod goods;
mod hits;
mod payment;
mod returning;

pub(in crate::ui) use self::goods::{called, price_of, stock_words};
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::theme::Sign;
use super::{Look, cells, frame, row};
use crate::app::sale::{LastSale, LastState};
use crate::domain::sale::SaleKind;

/// In fewer cells, the figures stand below the goods: beside them they would leave hardly any room.
const ONE_COLUMN: usize = 70;

/// Draws the sale screen.
pub fn render(frame: &mut Frame<'_>, body: Rect, look: Look<'_>) {
    let high = body.height;
    let foot = u16::from(high >= 3) + u16::from(high >= 5);
    let above = high - foot;
    let returning = look.model.sale.returning.as_ref();
    let returning = returning.filter(|_| look.model.sale.payment.is_none());
    let top = if let Some(returning) = returning {
        returning::render(frame, Rect { height: above, ..body }, look, returning);
        above
    } else if look.model.sale.payment.is_some() {
        payment::render(frame, Rect { height: above, ..body }, look)
    } else if let Some(adding) = &look.model.sale.adding {
        adding::render(frame, Rect { height: above, ..body }, look, adding)
    } else {
        // The list has what the basket leaves, and at least a third.
        let room = above.saturating_sub(1);
        let most = room
            .saturating_sub(basket::high(look, body.width))
            .max(room / 3)
            .max(room.min(1));
        let list = Rect {
            y: body.y + u16::from(high > 0),
            height: most.min(room),
            ..body
        };
        let drawn = hits::render(frame, list, look);
        entry::render(frame, row(body, 0), look, drawn.more);
        1 + drawn.high
    };
    let rest = Rect {
        y: body.y + top.min(above),
        height: above.saturating_sub(top),
        ..body
    };
    basket::render(frame, rest, look);
    let feet = Rect {
        y: body.y + above,
        height: foot,
        ..body
    };
    match returning {
        Some(returning) => returning::total(frame, row(feet, 0), look, returning),
        None => basket::total(frame, row(feet, 0), look),
    }
    if let Some(last) = &look.model.sale.last {
        frame.render_widget(self::last(look, last, feet.width.into()), row(feet, 1));
    } else if look.model.sale.waiting.is_some() {
        frame.render_widget(Line::raw(" the last sale is on its way …"), row(feet, 1));
    }
}

/// Shows the cursor so many cells into a row, unless something lies over the screen.
fn cursor(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, column: usize) {
    if look.model.over.is_none() && area.height > 0 {
        let column = u16::try_from(column)
            .unwrap_or(u16::MAX)
            .min(area.width.saturating_sub(1));
        frame.set_cursor_position((area.x + column, area.y));
    }
}

/// The line that stays: receipt, total, tenders, change, and where the sale stands. Where it is tight, what has to be
/// read is the change and the state.
fn last(look: Look<'_>, last: &LastSale, room: usize) -> Line<'static> {
    let money = |amount: crate::domain::money::Money| amount.grouped(last.currency.places);
    let (sign, state) = match &last.state {
        LastState::Committed => (Sign::Good, String::from("committed")),
        LastState::Queued => (Sign::Warn, String::from("queued")),
        LastState::Parked(reason) => (Sign::Bad, format!("parked: {reason}")),
    };
    let state = format!("{} {state} {} ", look.theme.sign(sign), clock(look, last.at));
    let tenders: Vec<_> = last
        .tenders
        .iter()
        .map(|(name, paid)| format!("{name} {}", money(paid.abs())))
        .collect();
    let tenders = tenders.join("  ");
    let total = money(last.total.abs());
    // What was paid out has no change: that it was is what has to be read.
    let change = match last.kind {
        SaleKind::Sale => format!("CHANGE {}", money(last.change)),
        SaleKind::Return | SaleKind::Void => String::from("GIVEN BACK"),
    };
    let alone = match last.kind {
        SaleKind::Sale => change.clone(),
        SaleKind::Return | SaleKind::Void => format!("BACK {total}"),
    };
    let no_change = last.change.is_zero() && last.kind == SaleKind::Sale;
    let said = [
        (
            format!(" last {}   {total}   {tenders}   ", last.receipt),
            change.as_str(),
        ),
        (format!(" {}  {total}  {tenders}  ", last.receipt), change.as_str()),
        (
            format!(" {}  {total}  {tenders}", last.receipt),
            if no_change { "" } else { change.as_str() },
        ),
        (format!(" {}  {total}  ", last.receipt), change.as_str()),
        (format!(" {}  ", last.receipt), alone.as_str()),
    ];
    let fits =
        |(sold, change): &&(String, &str)| cells::width(sold) + cells::width(change) + cells::width(&state) < room;
    let (sold, change) = said
        .iter()
        .find(fits)
        .map_or((" ", change.as_str()), |(sold, change)| (sold, *change));
    let gap = room.saturating_sub(cells::width(sold) + cells::width(change) + cells::width(&state));
    Line::from(vec![
        Span::raw(sold.to_owned()),
        Span::styled(change.to_owned(), look.theme.strong()),
        Span::raw(" ".repeat(gap.max(1))),
        Span::styled(state, look.theme.style(sign)),
    ])
}

/// A time on the outlet's clock.
fn clock(look: Look<'_>, at: Timestamp) -> String {
    frame::local(look.model, at).strftime("%H:%M").to_string()
}
