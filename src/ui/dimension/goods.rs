//! Packs, prices and stock of a drug, a page each.
//!
//! ```text
//! ── Aspirin · PRICES ───────────────────────────────────── Packs  Prices  Stock ──
//!    Pack         From               Price   Outlet            List
//! ✓  tab          2015-01-01         12.50   every outlet              now
//!  ▶ tab          2026-12-01         13.00   every outlet              ahead
//! ```
mod stock;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::Layer;
use crate::app::command::Command;
use crate::app::dimension::aside::Read;
use crate::app::dimension::goods::{GoodsDesk, Page, price_lines};
use crate::domain::money::Money;
use crate::domain::wares::{Goods, Standing};
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, frame, row};

/// A line of a page.
struct Shown {
    sign: Sign,
    text: String,
    /// What stands behind it, or below it where it is narrow.
    rest: String,
    faint: bool,
}

/// In fewer cells, what stands behind a line stands below it.
const ONE_COLUMN: usize = 60;

/// Draws the page in front.
pub fn render(out: &mut Frame<'_>, body: Rect, look: Look<'_>, desk: &GoodsDesk) {
    let wide: usize = body.width.into();
    let pages = Page::ALL.map(|page| {
        if page == desk.page {
            title(page).to_uppercase()
        } else {
            title(page).to_owned()
        }
    });
    frame::rule(out, row(body, 0), look, &desk.name, &pages.join("  "));
    let goods = match &desk.read {
        Read::Here(goods) => goods,
        Read::Asked(_) => return said(out, body, "being read …"),
        Read::Away(why) => return said(out, body, &format!("not read: {why}")),
    };
    if desk.page == Page::Stock {
        stock::render(out, body, look, goods, desk.at);
        return;
    }
    let (head, lines) = match desk.page {
        Page::Packs => packs(look, goods, wide),
        _ => prices(look, goods, wide),
    };
    out.render_widget(Line::styled(cells::cut(&head, wide), look.theme.faint()), row(body, 1));
    // The head, and help at the end.
    let help = cells::wrap(&help(look, desk.page), wide.saturating_sub(1));
    let helped = u16::try_from(help.len()).unwrap_or(1);
    let high = if wide < ONE_COLUMN { 2 } else { 1 };
    let room = usize::from(body.height.saturating_sub(2 + helped) / high);
    let first = (desk.at + 1).saturating_sub(room);
    for (at, (position, line)) in (2..)
        .step_by(high.into())
        .zip(lines.iter().enumerate().skip(first).take(room))
    {
        let here = position == desk.at;
        let sign = match (here, line.sign) {
            (true, _) => look.theme.sign(Sign::Here),
            (false, Sign::Idle) => " ",
            (false, sign) => look.theme.sign(sign),
        };
        let style = match (here, line.faint) {
            (true, _) => look.theme.highlighted(),
            (false, true) => look.theme.faint(),
            (false, false) => Style::new(),
        };
        let (first, second) = if high == 2 {
            (line.text.clone(), line.rest.as_str())
        } else {
            (format!("{}  {}", line.text, line.rest), "")
        };
        let text = cells::left(&format!(" {sign} {first}"), wide);
        out.render_widget(Line::styled(text, style), row(body, at));
        if high == 2 {
            let below = cells::left(&format!("     {second}"), wide);
            out.render_widget(Line::styled(below, style), row(body, at + 1));
        }
    }
    for (at, words) in (body.height.saturating_sub(helped)..body.height).zip(help) {
        out.render_widget(Line::styled(format!(" {words}"), look.theme.faint()), row(body, at));
    }
}

fn title(page: Page) -> &'static str {
    match page {
        Page::Packs => "Packs",
        Page::Prices => "Prices",
        Page::Stock => "Stock",
    }
}

fn said(out: &mut Frame<'_>, body: Rect, words: &str) {
    out.render_widget(Line::raw(format!("   {words}")), row(body, 1));
}

fn help(look: Look<'_>, page: Page) -> String {
    let key = |command| {
        let key = look.keymap.key_in(Layer::Goods, command);
        key.map(|key| key.to_string()).unwrap_or_default()
    };
    match page {
        Page::Packs => format!(
            "in what it is sold; {} adds a pack, {} goes on to its price",
            key(Command::New),
            key(Command::Next)
        ),
        _ => format!(
            "{} sets another price, from today or from a day ahead; those of before stay",
            key(Command::Accept)
        ),
    }
}

/// The price of a pack here now, and the next one ahead.
fn price_now(look: Look<'_>, goods: &Goods, pack: i64) -> (Option<Money>, Option<(jiff::civil::Date, Money)>) {
    let (outlet, today) = (look.model.outlet_id(), look.model.today());
    let mut now = None;
    let mut ahead = None;
    for price in goods.prices.iter().filter(|price| price.pack == pack) {
        match goods.standing(price, outlet, today) {
            Standing::Now => now = Some(price.amount),
            Standing::Ahead if price.list.is_empty() && [0, outlet].contains(&price.outlet) => {
                // The latest stand first.
                ahead = Some((price.valid_from, price.amount));
            }
            _ => {}
        }
    }
    (now, ahead)
}

fn packs(look: Look<'_>, goods: &Goods, wide: usize) -> (String, Vec<Shown>) {
    let name = (wide / 4).clamp(10, 24);
    let places = look.model.currency().places;
    let place = |pack: &str, units: &str, price: &str| {
        format!(
            "{} {} {}",
            cells::left(pack, name),
            cells::right(units, 8),
            cells::right(price, 12)
        )
    };
    let lines = goods.packs.iter().map(|pack| {
        let (now, ahead) = price_now(look, goods, pack.id);
        let price = now.map_or_else(|| "no price".to_owned(), |amount| amount.exact(places));
        let mut rest = Vec::new();
        rest.extend(pack.offer_first.then(|| "offered first".to_owned()));
        rest.extend(ahead.map(|(from, amount)| format!("from {from}: {}", amount.exact(places))));
        rest.extend(pack.code.clone());
        if !pack.active {
            rest.push("not sold".to_owned());
        }
        Shown {
            sign: if pack.active && now.is_none() {
                Sign::Warn
            } else {
                Sign::Idle
            },
            text: place(&pack.name, &pack.units.to_string(), &price),
            rest: rest.join(" · "),
            faint: !pack.active,
        }
    });
    let lines = lines.collect();
    (format!("   {}", place("Pack", "Units", "Price now")), lines)
}

fn prices(look: Look<'_>, goods: &Goods, wide: usize) -> (String, Vec<Shown>) {
    let (outlet, today) = (look.model.outlet_id(), look.model.today());
    let places = look.model.currency().places;
    let name = (wide / 6).clamp(8, 20);
    let place = |pack: &str, from: &str, price: &str| {
        format!(
            "{} {} {}",
            cells::left(pack, name),
            cells::left(from, 10),
            cells::right(price, 11)
        )
    };
    let lines = price_lines(goods).into_iter().map(|(pack, price)| {
        let Some(price) = price else {
            return Shown {
                sign: Sign::Warn,
                text: place(&pack.name, "", "no price"),
                rest: "it cannot be sold in this pack yet".to_owned(),
                faint: false,
            };
        };
        let (word, sign) = match goods.standing(price, outlet, today) {
            Standing::Now => ("now", Sign::Good),
            Standing::Elsewhere => ("now, elsewhere", Sign::Idle),
            Standing::Ahead => ("ahead", Sign::Idle),
            Standing::Past => ("past", Sign::Idle),
        };
        let at = if price.outlet_name.is_empty() {
            "every outlet"
        } else {
            &price.outlet_name
        };
        let list = if price.list.is_empty() {
            String::new()
        } else {
            format!(" · list {}", price.list)
        };
        Shown {
            sign,
            text: place(&pack.name, &price.valid_from.to_string(), &price.amount.exact(places)),
            rest: format!("{} · {at}{list}", cells::left(word, 14)),
            faint: word == "past",
        }
    });
    let lines = lines.collect();
    (format!("   {}", place("Pack", "From", "Price")), lines)
}
