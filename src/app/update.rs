//! From what happened to what the model is then, and what is to be done outside.
use std::sync::Arc;

use super::command::Command;
use super::effect::{Effect, Effects};
use super::live;
use super::message::{Message, Moment};
use super::model::{Help, Model, Over, Screen};
use super::question::{self, About};
use super::role::Role;
use super::sale::{self, Draft, LastState};
use super::scan::Typing;
use super::shelf::Shelf;
use super::status::{Database, Status};
use super::{
    audit, card, clock, dimension, drawer, goods, looks, palette, past, picker, queue, role, scan, stock, usual,
    welcome,
};
use crate::domain::audit::{Happening, TillAlert};
use crate::domain::heartbeat::Standing;

/// Takes in what happened. Pure: time and fresh ids are in `moment`.
pub fn update(model: &mut Model, message: Message, moment: Moment) -> Effects {
    clock::goes_on(model, moment.now);
    let screen = model.screen;
    // The bell of alerts is another wish than that of scans.
    let is_of_scans = !matches!(message, Message::LiveChanged { .. });
    let mut effects = happened(model, message, moment);
    sale::answer::ask_short(model);
    looks::count(model);
    if (model.screen == Screen::Live) != (screen == Screen::Live) {
        effects = effects.and(Effect::Watch(model.screen == Screen::Live));
    }
    if is_of_scans && !model.settings.bell {
        effects = effects.without(&Effect::Ring);
    }
    effects
        .and(goods::ask(model))
        .and(usual::ask(model))
        .and(audit::tell(model))
        .and(keep_draft(model))
        .and(stand(model))
}

#[expect(clippy::too_many_lines, reason = "one arm a message")]
fn happened(model: &mut Model, message: Message, moment: Moment) -> Effects {
    match message {
        Message::Asked(Command::Accept | Command::Next) if model.ends_ignored_scan() => {}
        Message::Asked(command) => {
            model.notice = None;
            model.sale.note = None;
            return asked(model, command, moment);
        }
        Message::Typed(c) => {
            model.notice = None;
            model.sale.note = None;
            return typed(model, c.encode_utf8(&mut [0; 4]), false);
        }
        Message::Pasted(text) => {
            model.notice = None;
            return typed(model, &text, true);
        }
        Message::RunBegan => model.before_run = Some(Typing::of(model)),
        Message::Scanned {
            text,
            was_shown,
            repeated,
        } => {
            model.notice = None;
            model.sale.note = None;
            if was_shown {
                scan::take_back(model);
            }
            return scan::scanned(model, &text, repeated, moment);
        }
        Message::CatalogueChanged(shelf) => return catalogue_changed(model, shelf),
        Message::SaleAnswered { request, answer } => {
            stock::soon(model);
            return sale::answer::answered(model, request, answer);
        }
        Message::ObjectionsKnown { request, objections } => sale::beforehand::answered(model, request, objections),
        Message::ReferenceKnown { request, word } => sale::beforehand::reference_known(model, request, word),
        Message::ReceiptFound { request, answer } => sale::returning::found(model, request, answer, moment),
        Message::Ticked => return stock::ask(model),
        Message::Drawn => question::drawn(model),
        Message::StatusChanged(status) => return status_changed(model, *status),
        Message::DoctorSettled { request, answer } => dimension::prescriber::settled(model, request, answer),
        Message::DoctorAdded { request, fault } => sale::adding::added(model, request, fault, moment),
        Message::DrawerAnswered { request, answer } => drawer::answered(model, request, answer),
        Message::SampleLoaded { request, fault } => welcome::loaded(model, request, fault),
        Message::RowRead {
            request,
            dimension,
            answer,
        } => dimension::read(model, dimension, request, answer),
        Message::RowSaved {
            request,
            dimension,
            answer,
        } => {
            stock::all_soon(model);
            if let Some(lesson) = sale::teach::taken(model, request) {
                sale::teach::answered(model, &lesson, answer);
                return Effects::none();
            }
            return dimension::saved(model, dimension, request, answer);
        }
        Message::StockRead(stock) => stock::read(model, stock),
        Message::BatchesRead(batches) => {
            stock::batches_read(model, batches);
            card::refresh_batches(model);
        }
        Message::GoodsRead { request, goods } => {
            goods::read(model, request, goods);
            card::refresh_batches(model);
        }
        Message::UsualRead { request, usual } => usual::read(model, request, usual),
        Message::UsualKept(kept) => usual::kept(model, kept),
        Message::BesideRead { request, answer } => dimension::goods_read(model, request, answer.map(|goods| *goods)),
        Message::HistoryRead {
            request,
            dimension,
            answer,
        } => dimension::history_read(model, dimension, request, answer),
        Message::PastRead { request, answer } => return past::page_read(model, request, answer),
        Message::ChartRead { request, answer } => past::chart_read(model, request, answer),
        Message::ReceiptRead { request, answer } => past::receipt_read(model, request, answer),
        Message::QueueRead { request, answer } => queue::read(model, request, answer),
        Message::GapsFound { request, answer } => queue::gaps_found(model, request, answer),
        Message::SaleSettled { request, answer } => return queue::settled(model, request, answer),
        Message::HolderChanged(holder) => role::holder_changed(model, holder),
        Message::DiskChanged(fault) => model.disk = fault,
        Message::Alerted { words, about, receipt } => {
            if about == Some(TillAlert::Parked) {
                sale::parked(model, receipt.as_deref());
            }
            if let Some(about) = about {
                model.note(Happening::till_alerted(about, &words));
            }
            model.alert(words);
        }
        Message::ClockChanged(fault) => clock::changed(model, fault),
        Message::AlertNotesRead(notes) => live::noting::read(model, &notes),
        Message::AlertNoted { request, fault } => live::noting::answered(model, request, fault),
        Message::LiveChanged { feed, news } => return live::news(model, feed, news),
    }
    Effects::none()
}

/// A command: what lies over the screen has it first, then what holds on every screen, then the screen.
fn asked(model: &mut Model, command: Command, moment: Moment) -> Effects {
    if command == Command::Quit {
        return quit(model);
    }
    match model.over {
        Some(Over::Help(ref mut help)) => match command {
            Command::Down | Command::PageDown => help.turned += 1,
            Command::Up | Command::PageUp => help.turned -= 1,
            _ if command.is_place() => {
                model.over = None;
                return asked(model, command, moment);
            }
            _ => model.over = None,
        },
        Some(Over::Question(_)) => return question::update(model, command),
        Some(Over::Card(_)) => match command {
            _ if command == Command::Help || command.is_place() => {
                model.over = None;
                return asked(model, command, moment);
            }
            _ => card::update(model, command, moment),
        },
        Some(Over::Picker(_)) => return picker::update(model, command),
        Some(Over::Drawer(_)) => return drawer::update(model, command),
        Some(Over::Note(_)) => return live::noting::update(model, command, moment),
        Some(Over::Strike(_)) => queue::update_striking(model, command),
        Some(Over::Palette(_)) => {
            return palette::update(model, command).unwrap_or_else(|chosen| asked(model, chosen, moment));
        }
        None => return in_front(model, command, moment),
    }
    Effects::none()
}

/// A command while nothing lies over the screen.
fn in_front(model: &mut Model, command: Command, moment: Moment) -> Effects {
    if let Some(why) = role::why_refused(model, command) {
        model.refuse(why);
        return Effects::none();
    }
    match command {
        Command::Help => {
            model.over = Some(Over::Help(Help {
                layer: model.screen_layer(),
                turned: 0,
            }));
        }
        Command::Commands => palette::open(model),
        Command::ShowSale => model.screen = Screen::Sale,
        Command::ShowLive => model.screen = Screen::Live,
        Command::ShowPast => return past::show(model),
        Command::ShowQueue => return queue::show(model),
        Command::Return if model.screen == Screen::Past && model.past.front.is_some() => {
            return past::give_back(model);
        }
        Command::ShowDimension(dimension) => {
            model.screen = Screen::Dimension(dimension);
            dimension::refresh(model);
        }
        Command::Seller if let Role::Supervisor { .. } = model.role => live::noting::ask_who(model, None),
        Command::Seller => {
            if let Err(why) = model.ask_who_sells() {
                model.refuse(why);
            }
        }
        Command::Outlet => model.choose_outlet(),
        Command::NoSale => drawer::open(model),
        Command::LoadSample => return welcome::load(model),
        basket if basket.is_for_basket() && model.screen != Screen::Sale => {
            model.screen = Screen::Sale;
            return sale::update(model, command, moment);
        }
        _ => return for_screen(model, command, moment),
    }
    Effects::none()
}

fn for_screen(model: &mut Model, command: Command, moment: Moment) -> Effects {
    match model.screen {
        Screen::Sale if model.holder().is_some() => role::update(model, command),
        Screen::Sale if model.is_first_start() => welcome::update(model, command),
        Screen::Sale => sale::update(model, command, moment),
        Screen::Live => live::update(model, command),
        Screen::Dimension(dimension) => dimension::update(model, dimension, command, moment),
        Screen::Past => past::update(model, command),
        Screen::Queue => queue::update(model, command),
    }
}

/// Text, for whatever takes text in front. What came `at_once` is a scan or a paste.
fn typed(model: &mut Model, text: &str, at_once: bool) -> Effects {
    match &mut model.over {
        Some(Over::Palette(palette)) => palette::typed(palette, text),
        Some(Over::Picker(picker)) => picker::typed(picker, text),
        Some(Over::Drawer(drawer)) => drawer.reason.insert(text),
        Some(Over::Note(noting)) => noting.line.insert(text),
        Some(Over::Strike(striking)) => striking.reason.insert(text),
        Some(Over::Help(_)) if !at_once => model.over = None,
        // A card is to look at: who types on goes on in the entry line, and what is scanned is sold.
        Some(Over::Card(_)) => {
            model.over = None;
            if at_once {
                model.sale.clear_entry();
            }
            return sale::insert(model, text, at_once);
        }
        Some(Over::Question(_)) if !at_once => question::typed(model),
        Some(Over::Help(_) | Over::Question(_)) => model.ignore_scan("close what is in front first"),
        None => match model.screen {
            Screen::Sale if let Some(holder) = model.holder() => {
                let why = holder.why_not();
                if at_once {
                    model.ignore_scan(&why);
                } else {
                    model.refuse(why);
                }
            }
            Screen::Sale if model.is_first_start() && at_once => model.ignore_scan("nothing is set up yet"),
            Screen::Sale if model.is_first_start() => {}
            Screen::Sale => return sale::insert(model, text, at_once),
            Screen::Live => live::insert(model, text, at_once),
            Screen::Dimension(dimension) => dimension::insert(model, dimension, text, at_once),
            Screen::Past => return past::insert(model, text, at_once),
            Screen::Queue if at_once => model.ignore_scan("F2 sells goods"),
            Screen::Queue => {}
        },
    }
    Effects::none()
}

/// Asks before the till is closed; the question says what is unsent.
fn quit(model: &mut Model) -> Effects {
    if !matches!(&model.over, Some(Over::Question(asked)) if asked.about != About::Quit) {
        model.ask(About::Quit);
    }
    Effects::none()
}

/// The catalogue is another one now: whatever refers to it is looked up again.
fn catalogue_changed(model: &mut Model, shelf: Arc<Shelf>) -> Effects {
    model.shelf = shelf;
    let stood_in = model.outlet.as_ref().map(|outlet| outlet.id);
    model.settle_place();
    sale::refresh(model);
    card::refresh(model);
    dimension::refresh(model);
    if !model.shelf.catalogue().is_bare()
        && let Some(recovering) = model.recovering.take()
    {
        sale::draft::recover(model, &recovering.draft, recovering.last.map(|(sale_id, _)| sale_id));
        model.settle_place();
    }
    model.ask_what_is_missing();
    let is_elsewhere = model.outlet.as_ref().map(|outlet| outlet.id) != stood_in;
    let mut effects = Effects::none();
    if model.live.feed == 0 || is_elsewhere {
        let live::Live { from, scope, .. } = model.live;
        effects = live::follow(model, from, scope);
    }
    if is_elsewhere && model.screen == Screen::Past {
        effects = effects.and(past::ask_newest(model));
    }
    effects
}

/// Database, stream or queue stand differently. Once nothing is unsent or parked, the last sale was committed.
fn status_changed(model: &mut Model, status: Status) -> Effects {
    if status.unsent == 0
        && status.parked == 0
        && let Some(last) = &mut model.sale.last
        && last.state == LastState::Queued
    {
        last.state = LastState::Committed;
    }
    let is_away = |status: &Status| matches!(status.database, Database::Away { .. });
    if is_away(&model.status) && !is_away(&status) {
        stock::all_soon(model);
    }
    let before = std::mem::replace(&mut model.status, status);
    past::status_changed(model, &before).and(queue::status_changed(model, &before))
}

/// Where the till stands, and who sells, is told whenever that changes.
fn stand(model: &mut Model) -> Effects {
    let Some(outlet) = model.outlet.as_ref().filter(|_| model.holder().is_none()) else {
        return Effects::none();
    };
    let standing = Standing {
        outlet_id: outlet.id,
        pharmacy_name: outlet.name.clone(),
        pharmacy_region: outlet.region.clone(),
        employee: model.seller.as_ref().map(|seller| seller.name.clone()),
    };
    if model.stands.as_ref() == Some(&standing) {
        return Effects::none();
    }
    model.stands = Some(standing.clone());
    Effect::Stand(standing).into()
}

/// What is on the counter is kept whenever it is another thing than before.
fn keep_draft(model: &mut Model) -> Effects {
    if model.recovering.is_some() || !model.is_till() {
        return Effects::none();
    }
    let draft = Draft::of(model);
    if draft == model.kept {
        return Effects::none();
    }
    model.kept = draft.clone();
    Effect::KeepDraft(draft).into()
}
