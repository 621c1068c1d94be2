//! What can be done now: neither hints nor the list of commands offer anything else.
use super::command::Command;
use super::dimension::Aside;
use super::dimension::goods::Page;
use super::live::Pane;
use super::model::{Model, Screen};
use super::role::Role;
use super::sale::{Found, Word, adding, payment};
use super::{audit, role};
use crate::domain::dimension::Dimension;
use crate::domain::sale::Receipt;
use crate::domain::supervision::StreamRow;

impl Model {
    /// Whether a command would do something on the screen in front, whatever lies over it.
    pub fn can(&self, command: Command) -> bool {
        match command {
            _ if role::why_refused(self, command).is_some() => false,
            Command::Help | Command::Commands | Command::Quit => true,
            Command::ShowSale => self.screen != Screen::Sale,
            Command::ShowLive => self.screen != Screen::Live,
            Command::ShowPast => self.screen != Screen::Past,
            Command::ShowQueue => self.screen != Screen::Queue,
            Command::Return if self.screen == Screen::Past && self.past.front.is_some() => self.returnable().is_some(),
            Command::ShowDimension(dimension) => self.screen != Screen::Dimension(dimension),
            Command::Seller if !self.is_till() => true,
            Command::Seller => self.shelf.catalogue().employees().iter().any(|row| row.active),
            Command::Outlet => self.settings.outlet.is_none() && self.sale.line_count() == 0,
            Command::NoSale => self.outlet.is_some(),
            Command::LoadSample => !self.settings.has_server && self.shelf.catalogue().is_bare(),
            basket if basket.is_for_basket() => self.can_sell(basket),
            _ => match self.screen {
                Screen::Sale if self.holder().is_some() => command == Command::Back && !self.alerts.is_empty(),
                Screen::Sale if self.is_first_start() => command == Command::StartEmpty,
                Screen::Sale => self.can_sell(command),
                Screen::Live => self.can_follow(command),
                Screen::Dimension(dimension) => self.can_look_up(dimension, command),
                Screen::Past => self.can_look_back(command),
                Screen::Queue => self.can_settle(command),
            },
        }
    }

    fn can_sell(&self, command: Command) -> bool {
        let sale = &self.sale;
        let lines = sale.line_count() > 0;
        if sale.payment.is_some() {
            return match command {
                Command::Accept | Command::Confirm => !matches!(sale.word, Word::Short { .. } | Word::Refused(_)),
                Command::Yes | Command::No => matches!(sale.word, Word::Short { .. }),
                Command::Wait => payment::may_wait_for(self).is_some(),
                Command::Hold => sale.returning.is_none(),
                Command::Back | Command::CancelBasket => true,
                _ => false,
            };
        }
        if let Some(returning) = &sale.returning {
            let typing = !returning.entry.is_empty();
            return match command {
                Command::Accept | Command::Back | Command::CancelBasket => true,
                Command::Pay | Command::Confirm => !typing && returning.is_begun(),
                Command::TakeOut => !typing && !returning.chosen(returning.at).is_zero(),
                Command::Up | Command::Down => !typing && returning.lines() > 1,
                _ => false,
            };
        }
        if sale.adding.is_some() {
            return matches!(
                command,
                Command::Accept
                    | Command::Confirm
                    | Command::Back
                    | Command::Next
                    | Command::Previous
                    | Command::Up
                    | Command::Down
            );
        }
        let typing = !sale.entry.is_empty();
        match command {
            Command::Accept if typing => {
                sale.found.would_take() || adding::is_offered(self) || self.is_asking_for_receipt()
            }
            Command::New => matches!(sale.found, Found::Doctors(_)) && !adding::is_offered(self),
            Command::Accept => sale.selected.is_some(),
            Command::Up | Command::Down => sale.found.is_list() || (lines && !typing),
            Command::Next | Command::Previous => self.can_turn_pack(),
            Command::Pay | Command::Confirm => lines && !typing,
            Command::Quantity | Command::Price | Command::Discount | Command::TakeOut => lines,
            Command::Card => self.card_at_hand().is_some(),
            Command::AskedFor => audit::may_ask_for(self),
            Command::Hold => !typing && (sale.basket.is_some() || !sale.held.is_empty()),
            Command::Return => !typing && sale.basket.is_none(),
            Command::Prescriber => true,
            Command::CancelBasket => sale.basket.is_some(),
            Command::Undo => sale.can_undo(),
            Command::Back => {
                let begun = typing
                    || sale.looking.is_some()
                    || sale.selected.is_some()
                    || sale.takes.is_some()
                    || sale.basket.is_some();
                begun || !self.alerts.is_empty()
            }
            _ => false,
        }
    }

    /// Whether what Tab would turn is sold by more than one unit.
    fn can_turn_pack(&self) -> bool {
        let sale = &self.sale;
        let packs = if sale.entry.is_empty() {
            let lines = sale.basket.as_ref().map(|basket| basket.lines.as_slice());
            let line = sale.current_line().and_then(|at| lines?.get(at));
            line.map(|line| line.drug.packs.len())
        } else {
            match &sale.found {
                Found::Drugs(list) => list.here().map(|hit| hit.drug.packs.len()),
                _ => None,
            }
        };
        packs.is_some_and(|packs| packs > 1)
    }

    fn can_follow(&self, command: Command) -> bool {
        let live = &self.live;
        if live.typing.is_some() {
            return matches!(command, Command::Accept | Command::Confirm | Command::Back);
        }
        match command {
            Command::Up | Command::Down => self.live_rows() > 1,
            Command::LivePane(pane) => live.pane != pane,
            Command::NextTable | Command::PreviousTable => live.pane == Pane::Totals,
            Command::Accept => self.leads_on(),
            Command::Acknowledge => live.pane == Pane::Alerts && self.acknowledgeable().is_some(),
            Command::Scope => !matches!(self.role, Role::Supervisor { .. }),
            Command::Next
            | Command::Previous
            | Command::Filter
            | Command::Acknowledged
            | Command::Pause
            | Command::FromWhen
            | Command::FromNow
            | Command::FromToday
            | Command::FromBeginning
            | Command::Back => true,
            _ => false,
        }
    }

    /// How many rows the pane in front has.
    fn live_rows(&self) -> usize {
        let live = &self.live;
        match live.pane {
            Pane::Outlets => live.outlets().len(),
            Pane::Stream => live.stream.len(),
            Pane::Alerts => match &live.alerts.front {
                Some(front) => front.alert.evidence.len(),
                None if live.alerts.shows_noted => live.alerts.noted_since(self.midnight()).count(),
                None => live.alerts.open_count(),
            },
            Pane::Totals => live.total_lines(),
        }
    }

    /// Whether something is behind the highlighted row.
    fn leads_on(&self) -> bool {
        let live = &self.live;
        let is_receipt = |row: &StreamRow| row.receipt.parse::<Receipt>().is_ok();
        match (live.pane, &live.alerts.front) {
            (Pane::Stream, _) => live.stream.highlighted().is_some_and(|row| is_receipt(row)),
            (Pane::Alerts, Some(front)) => front.alert.evidence.get(front.at).is_some_and(is_receipt),
            (Pane::Totals, _) => !live.totals().is_empty(),
            _ => self.live_rows() > 0,
        }
    }

    fn can_look_back(&self, command: Command) -> bool {
        let past = &self.past;
        if let Some(front) = &past.front {
            let here = front.here();
            let leads_to = here.and_then(|receipt| receipt.leads_to(*receipt.entries().get(front.at)?));
            return match command {
                Command::Accept | Command::Confirm => leads_to.is_some(),
                Command::Up | Command::Down => here.is_some(),
                Command::Back => true,
                _ => false,
            };
        }
        if past.typing.is_some() {
            return matches!(command, Command::Accept | Command::Confirm | Command::Back);
        }
        if past.chart.is_some()
            && matches!(
                command,
                Command::Accept | Command::Confirm | Command::Up | Command::Down | Command::Next
            )
        {
            return true;
        }
        match command {
            Command::Accept | Command::Confirm => past.list.highlighted().is_some(),
            Command::Up | Command::Down => past.list.rows.len() > 1,
            Command::Chart | Command::Filter | Command::Day | Command::Scope | Command::Back => true,
            _ => false,
        }
    }

    fn can_settle(&self, command: Command) -> bool {
        let queue = &self.queue;
        match command {
            Command::Accept | Command::Confirm => queue.highlighted().is_some(),
            Command::Up | Command::Down => queue.sales().len() > 1,
            Command::Retry | Command::Map | Command::Strike => queue.parked_here().is_some(),
            Command::Back => true,
            _ => false,
        }
    }

    fn can_look_up(&self, dimension: Dimension, command: Command) -> bool {
        let desk = self.desks.of(dimension);
        let Some(form) = desk.front() else {
            return match command {
                _ if desk.aside.is_some() => match (&desk.aside, command) {
                    (_, Command::Up | Command::Down | Command::Back) => true,
                    (Some(Aside::Goods(goods)), Command::Next | Command::New | Command::Count) => {
                        goods.goods().is_some()
                    }
                    (Some(Aside::Goods(goods)), Command::Accept) => {
                        goods.goods().is_some() && goods.page != Page::Stock && self.holder().is_none()
                    }
                    _ => false,
                },
                Command::Goods => dimension == Dimension::Drug && desk.list.highlighted().is_some(),
                Command::Unconfirmed => dimension == Dimension::Doctor && !desk.list.filtering,
                Command::ConfirmDoctor => dimension == Dimension::Doctor && self.can_confirm_doctor(),
                Command::MergeDoctor => dimension == Dimension::Doctor && self.can_merge_doctor(),
                Command::Shown | Command::New | Command::Back => true,
                Command::Filter => !desk.list.filtering,
                Command::Accept | Command::Confirm | Command::Retire | Command::RowHistory => {
                    desk.list.highlighted().is_some()
                }
                Command::Up | Command::Down => desk.list.found().len() > 1,
                _ => false,
            };
        };
        match command {
            Command::Confirm => form.is_open(),
            Command::Retire => desk.aside.is_none() && form.is_open() && form.opened.is_some(),
            Command::Goods => {
                dimension == Dimension::Drug && desk.aside.is_none() && form.record.id.is_some() && !form.is_changed()
            }
            Command::RowHistory => desk.aside.is_none() && form.record.id.is_some(),
            Command::Up | Command::Down | Command::Next | Command::Back => true,
            Command::KeepMine | Command::KeepTheirs => form.clash.is_some(),
            _ => false,
        }
    }
}
