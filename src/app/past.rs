//! F8: what was sold before. The list of receipts is read a page at a time, and a page ahead of what is in sight; the
//! receipt in front is `front`, what is read of either `page`, and `chart` draws what is listed by the day and the hour.
pub mod chart;
mod front;
mod page;

use jiff::civil::Date;

pub use self::chart::Chart;
pub(super) use self::chart::read as chart_read;
pub use self::front::Front;
pub(super) use self::front::{give_back, open_from, read as receipt_read};
pub use self::page::{Entry, PastFrom, PastPage, PastReceipt, PastSource};
use super::command::{Command, Edit};
use super::dimension::aside::moved;
use super::effect::{Effect, Effects};
use super::layer::Layer;
use super::live::LiveScope;
use super::message::RequestId;
use super::model::{Model, Screen};
use super::sale::receipt::receipt_in;
use super::status::{Database, Status};
use super::text::Line;
use crate::domain::past::{PastOutlet, PastRow, PastWanted, PastWhat, day_typed};
use crate::domain::sale::Receipt;
use crate::domain::scan::Label;

/// So many rows below the highlighted one are there before anybody looks at them.
const AHEAD: usize = 80;
/// More rows are not kept: words or a day find what is older.
const MOST_ROWS: usize = 5_000;
/// So many pages without a row are passed over before somebody has to ask for more.
const MOST_EMPTY: u32 = 12;

/// What is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Words, or a receipt's number.
    Words,
    /// A day.
    Day,
}

/// The screen.
#[derive(Debug, Clone)]
pub struct Past {
    /// Of which outlets.
    pub scope: LiveScope,
    /// Of which day; none: of every day.
    pub day: Option<Date>,
    /// The words that receipts are to have.
    pub words: String,
    /// What is being typed, and its text.
    pub typing: Option<(Asks, Line)>,
    /// The list.
    pub list: List,
    /// The charts in front.
    pub chart: Option<Chart>,
    /// The receipt in front.
    pub front: Option<Front>,
    /// The screen from which that receipt was opened, and to which one step back from it leads; none: the list.
    pub(super) back_to: Option<Screen>,
}

impl Default for Past {
    fn default() -> Self {
        Self {
            scope: LiveScope::Own,
            day: None,
            words: String::new(),
            typing: None,
            list: List::default(),
            chart: None,
            front: None,
            back_to: None,
        }
    }
}

/// The receipts that were read, newest first.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// The rows.
    pub rows: Vec<PastRow>,
    /// The highlighted one.
    pub at: usize,
    /// Who told them; none before an answer.
    pub source: Option<PastSource>,
    /// Why what is older was not read.
    pub fault: Option<String>,
    next: Option<PastFrom>,
    /// What was asked for, and whether the rows of before go when it comes.
    asked: Option<(RequestId, bool)>,
    /// Pages without a row, one after the other.
    empty: u32,
    /// Whether one receipt alone is to be opened: it was scanned.
    opens: bool,
}

impl List {
    /// Whether an answer is awaited.
    pub fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether there may be older receipts than those that are listed.
    pub fn has_more(&self) -> bool {
        self.next.is_some()
    }

    /// The highlighted receipt.
    pub fn highlighted(&self) -> Option<&PastRow> {
        self.rows.get(self.at)
    }

    fn is_short(&self) -> bool {
        let wanted = (self.at + AHEAD).min(MOST_ROWS);
        self.asked.is_none() && self.fault.is_none() && self.empty < MOST_EMPTY && self.rows.len() < wanted
    }
}

impl Model {
    /// The layer of keys of the screen.
    pub fn past_layer(&self) -> Layer {
        match (&self.past.front, &self.past.typing) {
            (Some(_), _) => Layer::PastReceipt,
            (None, Some(_)) => Layer::PastFilter,
            (None, None) if self.past.chart.is_some() => Layer::PastChart,
            (None, None) => Layer::Past,
        }
    }

    /// The receipts that the list is of.
    pub fn past_wanted(&self) -> PastWanted {
        let past = &self.past;
        let here = self.outlet.as_ref().filter(|_| past.scope == LiveScope::Own);
        let what = match receipt_in(self, &past.words) {
            Some(receipt) => PastWhat::Receipt(receipt),
            None => PastWhat::of(&past.words),
        };
        PastWanted {
            outlet: here.map(|outlet| PastOutlet {
                row: outlet.id,
                id: outlet.uuid,
            }),
            day: past.day,
            what,
        }
    }
}

/// The screen comes to the front, with what happened since.
pub(super) fn show(model: &mut Model) -> Effects {
    model.screen = Screen::Past;
    model.past.back_to = None;
    ask_newest(model).and(chart::again(model)).and(front::again(model))
}

/// Something that receipts depend on stands differently: who looks at the newest sees it.
pub(super) fn status_changed(model: &mut Model, before: &Status) -> Effects {
    let standing = |status: &Status| {
        let away = matches!(status.database, Database::Away { .. });
        (away, status.unsent, status.parked)
    };
    let is_in_sight = model.screen == Screen::Past && model.past.list.at == 0;
    if !is_in_sight || standing(before) == standing(&model.status) {
        return Effects::none();
    }
    ask_newest(model).and(chart::again(model)).and(front::again(model))
}

/// Asks for the newest receipts; those that are listed stay until they come.
pub(super) fn ask_newest(model: &mut Model) -> Effects {
    model.past.list.opens = false;
    model.past.list.empty = 0;
    ask(model, PastFrom::Newest)
}

fn ask(model: &mut Model, from: PastFrom) -> Effects {
    let request = model.request();
    let wanted = Box::new(model.past_wanted());
    model.past.list.asked = Some((request, from == PastFrom::Newest));
    model.past.list.fault = None;
    Effect::ReadPast {
        request,
        wanted,
        from,
        is_away: matches!(model.status.database, Database::Away { .. }),
    }
    .into()
}

/// Other receipts are wanted: the first page of them, from the top.
fn changed(model: &mut Model) -> Effects {
    model.past.list = List::default();
    ask_newest(model).and(chart::again(model))
}

/// Asks on, where what is in sight may soon be at its end.
fn ask_on(model: &mut Model) -> Effects {
    match model.past.list.next {
        Some(next) if model.past.list.is_short() => ask(model, next),
        _ => Effects::none(),
    }
}

/// A page came, or why not.
pub(super) fn page_read(model: &mut Model, request: RequestId, answer: Result<PastPage, String>) -> Effects {
    let list = &mut model.past.list;
    let Some((_, is_first)) = list.asked.take_if(|(asked, _)| *asked == request) else {
        return Effects::none();
    };
    match answer {
        Ok(page) => {
            list.empty = if page.rows.is_empty() { list.empty + 1 } else { 0 };
            let before = list.highlighted().map(|row| row.receipt.clone());
            if is_first {
                list.rows.clear();
            }
            list.rows.extend(page.rows);
            if is_first && list.at > 0 {
                let same = |row: &PastRow| Some(&row.receipt) == before.as_ref();
                list.at = list.rows.iter().position(same).unwrap_or(0);
            }
            list.source = Some(page.source);
            list.next = page.next;
        }
        Err(why) => list.fault = Some(why),
    }
    if std::mem::take(&mut list.opens) {
        match list.rows.as_slice() {
            [row] => {
                let receipt = row.receipt.clone();
                return front::open(model, receipt);
            }
            [] => {
                let words = model.past.words.clone();
                model.refuse(format!("no receipt {words} is known"));
            }
            _ => {}
        }
    }
    ask_on(model)
}

/// A key for the screen.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    if model.past.front.is_some() {
        return front::update(model, command);
    }
    if model.past.typing.is_some() {
        return update_typing(model, command);
    }
    if let Some(effects) = chart::update(model, command) {
        return effects;
    }
    let list = &mut model.past.list;
    if let Some(at) = moved(list.at, list.rows.len(), command) {
        if at == list.at && matches!(command, Command::Down | Command::PageDown | Command::Last) {
            // At the end: whoever goes on wants what is older, and what failed to be tried again.
            (list.empty, list.fault) = (0, None);
        }
        list.at = at;
        return ask_on(model);
    }
    match command {
        Command::Accept | Command::Confirm => {
            let Some(receipt) = list.highlighted().map(|row| row.receipt.clone()) else {
                return Effects::none();
            };
            return front::open(model, receipt);
        }
        Command::Filter => model.past.typing = Some((Asks::Words, Line::of(&model.past.words))),
        Command::Chart => return chart::toggle(model),
        Command::Day => model.past.typing = Some((Asks::Day, Line::default())),
        Command::Scope => {
            model.past.scope = match model.past.scope {
                LiveScope::Own => LiveScope::All,
                LiveScope::All => LiveScope::Own,
            };
            return changed(model);
        }
        Command::Back if !model.past.words.is_empty() || model.past.day.is_some() => {
            if std::mem::take(&mut model.past.words).is_empty() {
                model.past.day = None;
            }
            return changed(model);
        }
        Command::Back if !model.dismiss_alert() => model.go_home(),
        _ => {}
    }
    Effects::none()
}

fn update_typing(model: &mut Model, command: Command) -> Effects {
    let Some((asks, line)) = &mut model.past.typing else {
        return Effects::none();
    };
    match command {
        Command::Edit(Edit::Backspace) | Command::Back if line.is_empty() => model.past.typing = None,
        Command::Edit(edit) => {
            line.edit(edit);
        }
        Command::Back => line.clear(),
        Command::Accept | Command::Confirm => {
            let (asks, text) = (*asks, line.text().trim().to_owned());
            return typed(model, asks, text);
        }
        _ => {}
    }
    Effects::none()
}

/// What was typed is meant.
fn typed(model: &mut Model, asks: Asks, text: String) -> Effects {
    match asks {
        Asks::Words => model.past.words = text,
        Asks::Day if text.is_empty() || text.eq_ignore_ascii_case("all") => model.past.day = None,
        Asks::Day => {
            let Some(day) = day_typed(&text, model.today()) else {
                if let Some((_, line)) = &mut model.past.typing {
                    line.spend();
                }
                model.refuse(format!("“{text}” is no day: 2026-03-02, 2/3, today, yesterday, or all"));
                return Effects::none();
            };
            model.past.day = Some(day);
        }
    }
    model.past.typing = None;
    changed(model)
}

/// Text for the screen. What came `at_once` is a scan or a paste.
pub(super) fn insert(model: &mut Model, text: &str, at_once: bool) -> Effects {
    if at_once && let Some(receipt) = receipt_in(model, text) {
        return find(model, &receipt);
    }
    match &mut model.past.typing {
        Some((_, line)) if model.past.front.is_none() => line.insert(text),
        _ if at_once => model.ignore_scan("it is no receipt's number; F2 sells goods"),
        _ if model.past.front.is_none() => model.mention("to look for a receipt, press / first"),
        _ => {}
    }
    Effects::none()
}

/// A scan: a receipt is found, from wherever one is on this screen. Whether it was one.
pub(super) fn scanned(model: &mut Model, label: &Label) -> Option<Effects> {
    let receipt = receipt_in(model, &label.code)?;
    Some(find(model, &receipt))
}

fn find(model: &mut Model, receipt: &Receipt) -> Effects {
    let past = &mut model.past;
    (past.front, past.typing, past.chart, past.back_to) = (None, None, None, None);
    past.words = receipt.to_string();
    let effects = changed(model);
    model.past.list.opens = true;
    effects
}

/// Puts back what was typed before keys that were a scan.
pub(super) fn restore(model: &mut Model, before: Option<Line>) {
    if let (Some((_, line)), Some(before)) = (&mut model.past.typing, before) {
        *line = before;
    }
}
