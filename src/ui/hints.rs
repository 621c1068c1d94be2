//! The keys that help most here, from the bindings: those that would do something now, and the way to all others.
use ratatui::Frame;
use ratatui::layout::Rect;

use super::places::Pieces;
use super::theme::Sign;
use super::{Look, Target, cells};
use crate::app::Layer;
use crate::app::command::{Command, Edit};
use crate::app::dimension::Aside;
use crate::app::dimension::goods::Page;
use crate::app::live::{Pane, Table};
use crate::app::past::chart::Part;
use crate::app::sale::adding;
use crate::domain::dimension::Dimension;
use crate::keymap::Key;

/// Draws the line of hints. What leads to every other key is never left out.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>) {
    let layer = look.model.layer();
    let hint = |command: &Command| hint(look, layer, *command);
    let always: Vec<_> = [Command::Commands, Command::Help].iter().filter_map(hint).collect();
    let wide = |hints: &[(String, Key)]| hints.iter().map(|(text, _)| cells::width(text)).sum::<usize>();
    let mut room = usize::from(area.width).saturating_sub(wide(&always));
    let mut line = Pieces::new("");
    let style = look.theme.style(Sign::Idle);
    for (text, key) in wanted(layer).iter().filter_map(hint) {
        if let Some(left) = room.checked_sub(cells::width(&text)) {
            room = left;
            line.push(text, style, Some(Target::Press(key)));
        }
    }
    for (text, key) in always {
        line.push(text, style, Some(Target::Press(key)));
    }
    line.render(frame, area, look);
}

/// A key and a word or two, where the command has a key and would do something.
fn hint(look: Look<'_>, layer: Layer, command: Command) -> Option<(String, Key)> {
    let key = |command| look.keymap.key_in(layer, command);
    let sale = &look.model.sale;
    if layer == Layer::SaleBare && command == Command::Accept && sale.selected.is_none() {
        // Enter is for a selected line; without one, the quantity is typed.
        let key = key(Command::Quantity).filter(|_| sale.line_count() > 0)?;
        return Some((format!(" {key}n qty "), key));
    }
    if look.model.over.is_none() && !look.model.can(command) {
        return None;
    }
    let own = key(match command {
        // To the right of the last character: it has no key of its own.
        Command::Card => Command::Edit(Edit::Right),
        command => command,
    })?;
    let text = match command {
        Command::Up => format!(" {own}{} move ", key(Command::Down)?),
        Command::Next if layer == Layer::Adding => format!(" {own} next line "),
        Command::Confirm if layer == Layer::Adding => format!(" {own} add "),
        Command::Accept if layer == Layer::Returning => format!(" {own} {} ", all_or_typed(look)),
        Command::Confirm if layer == Layer::Returning => format!(" {own} give back "),
        Command::TakeOut if layer == Layer::Returning => format!(" {own} none of it "),
        Command::Accept if matches!(layer, Layer::Payment | Layer::PaymentBare) && sale.returning.is_some() => {
            format!(" {own} give back ")
        }
        Command::Accept if layer == Layer::Sale && adding::is_offered(look.model) => format!(" {own} new doctor "),
        Command::Accept if layer == Layer::Sale && look.model.is_asking_for_receipt() => {
            format!(" {own} open receipt ")
        }
        Command::New if layer == Layer::Sale => format!(" {own} new doctor "),
        Command::Next if layer == Layer::Form => format!(" {own} next field "),
        Command::Confirm if layer == Layer::Form => format!(" {own} save "),
        Command::Accept if layer == Layer::SaleBare && sale.unresolved_here().is_some() => {
            format!(" {own} find by name ")
        }
        Command::Accept if layer == Layer::SaleBare => format!(" {own} quantity "),
        Command::Accept if matches!(layer, Layer::Payment | Layer::PaymentBare) => format!(" {own} pay "),
        Command::Hold if sale.basket.is_none() => format!(" {own} call back "),
        Command::Accept if layer == Layer::Goods => format!(" {own} change "),
        Command::Next if layer == Layer::Goods => format!(" {own} next page "),
        Command::New if layer == Layer::Goods => format!(" {own} {} ", new_beside(look)),
        // The first pane that has not the keys stands for all of them.
        Command::LivePane(pane) => {
            let other = if look.model.live.pane == Pane::Outlets {
                Pane::Totals
            } else {
                Pane::Outlets
            };
            if pane != other {
                return None;
            }
            let [first, last] = [Pane::Outlets, Pane::Totals].map(|pane| key(Command::LivePane(pane)));
            format!(" {}–{} pane ", first?, last?)
        }
        Command::Accept if layer == Layer::Live => format!(" {own} {} ", behind(look)),
        Command::NextTable => format!(" {}{own} totals ", key(Command::PreviousTable)?),
        Command::Accept if layer == Layer::LiveFilter => format!(" {own} shows them "),
        Command::Accept if layer == Layer::Note => format!(" {own} acknowledge "),
        Command::Accept if layer == Layer::Past => format!(" {own} whole receipt "),
        Command::Accept if layer == Layer::Queue => format!(" {own} whole receipt "),
        Command::Accept if layer == Layer::Strike => format!(" {own} go on "),
        Command::Accept if layer == Layer::PastChart => format!(" {own} its receipts "),
        Command::Next if layer == Layer::PastChart => format!(" {own} {} ", other_chart(look)),
        Command::Chart if layer == Layer::PastChart => format!(" {own} list "),
        Command::Accept if layer == Layer::PastReceipt => format!(" {own} go to it "),
        Command::Accept if layer == Layer::PastFilter => format!(" {own} look "),
        Command::Accept if matches!(layer, Layer::Table | Layer::TableOfDoctors) => format!(" {own} open "),
        _ => format!(" {own} {} ", command.called().short),
    };
    Some((text, own))
}

/// What Enter shows of the highlighted row of the live screen.
fn behind(look: Look<'_>) -> &'static str {
    let live = &look.model.live;
    match live.pane {
        Pane::Totals if live.table == Table::Regions => "its outlets",
        Pane::Outlets | Pane::Totals => "its events",
        Pane::Alerts if live.alerts.front.is_none() => "see it",
        Pane::Stream | Pane::Alerts => "receipt",
    }
}

/// What Enter takes back of a receipt's line.
fn all_or_typed(look: Look<'_>) -> &'static str {
    match &look.model.sale.returning {
        Some(returning) if !returning.entry.is_empty() => "take",
        _ => "all of it",
    }
}

/// Where Tab goes among the charts.
fn other_chart(look: Look<'_>) -> &'static str {
    match &look.model.past.chart {
        Some(chart) if chart.part == Part::Days => "hours",
        _ => "days",
    }
}

/// What a new row is on the page of the goods in front.
fn new_beside(look: Look<'_>) -> &'static str {
    match &look.model.desks.of(Dimension::Drug).aside {
        Some(Aside::Goods(goods)) => match goods.page {
            Page::Packs => "new pack",
            Page::Prices => "new price",
            Page::Stock => "goods in",
        },
        _ => "new",
    }
}

#[expect(clippy::too_many_lines, reason = "one arm a layer")]
fn wanted(layer: Layer) -> &'static [Command] {
    match layer {
        Layer::Sale => &[
            Command::Accept,
            Command::New,
            Command::Next,
            Command::Up,
            Command::Card,
            Command::Back,
            Command::AskedFor,
        ],
        Layer::SaleBare => &[
            Command::Pay,
            Command::Prescriber,
            Command::Accept,
            Command::TakeOut,
            Command::Hold,
            Command::Next,
            Command::Up,
            Command::Undo,
            Command::Price,
            Command::Discount,
            Command::Return,
            Command::Quit,
        ],
        Layer::Returning => &[
            Command::Accept,
            Command::Confirm,
            Command::TakeOut,
            Command::Up,
            Command::Back,
        ],
        Layer::Adding => &[Command::Confirm, Command::Next, Command::Back],
        Layer::PaymentAsked => &[Command::Yes, Command::No, Command::Back],
        Layer::Payment | Layer::PaymentBare | Layer::PastFilter | Layer::LiveFilter | Layer::Note => {
            &[Command::Accept, Command::Back]
        }
        Layer::Live => &[
            Command::LivePane(Pane::Outlets),
            Command::LivePane(Pane::Totals),
            Command::Acknowledge,
            Command::Accept,
            Command::Up,
            Command::Filter,
            Command::Pause,
            Command::NextTable,
            Command::FromWhen,
            Command::Back,
            Command::Scope,
        ],
        Layer::Past => &[
            Command::Accept,
            Command::Filter,
            Command::Day,
            Command::Chart,
            Command::Scope,
            Command::Up,
            Command::Back,
        ],
        Layer::PastChart => &[
            Command::Up,
            Command::Next,
            Command::Accept,
            Command::Chart,
            Command::Day,
            Command::Filter,
            Command::Scope,
        ],
        Layer::PastReceipt => &[Command::Accept, Command::Return, Command::Up, Command::Back],
        Layer::Queue => &[
            Command::Accept,
            Command::Retry,
            Command::Map,
            Command::Strike,
            Command::Up,
            Command::Back,
        ],
        Layer::Table | Layer::TableOfDoctors => &[
            Command::Accept,
            Command::ConfirmDoctor,
            Command::MergeDoctor,
            Command::Unconfirmed,
            Command::New,
            Command::Filter,
            Command::Goods,
            Command::Retire,
            Command::Shown,
            Command::RowHistory,
            Command::Up,
            Command::Back,
        ],
        Layer::Goods => &[
            Command::Accept,
            Command::New,
            Command::Count,
            Command::Next,
            Command::Up,
            Command::Back,
        ],
        Layer::Form => &[
            Command::Confirm,
            Command::Next,
            Command::Goods,
            Command::Up,
            Command::Retire,
            Command::RowHistory,
            Command::Back,
        ],
        Layer::Clash => &[Command::KeepTheirs, Command::KeepMine, Command::Back],
        // The sale screen of a viewer.
        Layer::Bare => &[Command::ShowLive, Command::Quit],
        Layer::Welcome => &[Command::LoadSample, Command::StartEmpty, Command::Quit],
        Layer::Card => &[Command::Accept, Command::Up, Command::AskedFor, Command::Back],
        Layer::Palette | Layer::Picker | Layer::TableFilter => &[Command::Accept, Command::Up, Command::Back],
        Layer::Drawer | Layer::Strike => &[Command::Accept, Command::Back],
        Layer::Question => &[Command::Yes, Command::No],
        Layer::Help | Layer::History => &[Command::Up, Command::Back],
        _ => &[],
    }
}
