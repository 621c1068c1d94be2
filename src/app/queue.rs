//! What is unsent or parked on this till: looked at, tried again, mapped, struck (PATH 2.3). The list is read from the
//! journal, so that it is there when nothing else is; what is done with a parked sale is done by the database.
mod mapping;
mod striking;

use std::sync::Arc;

pub use self::mapping::{Mending, what_is_it};
pub(super) use self::mapping::{candidates, chosen, gaps_found, map_it};
pub use self::striking::Striking;
pub(super) use self::striking::{strike_it, update as update_striking};
use super::command::Command;
use super::dimension::aside::moved;
use super::effect::{Effect, Effects};
use super::message::RequestId;
use super::model::{Model, Screen};
use super::past;
use super::status::{Database, Status, age};
use crate::domain::mending::Mapping;
use crate::domain::money::Money;
use crate::domain::past::{PastSale, PastState};
use crate::domain::right::may_mend_sales;
use crate::domain::sale::SaleRecord;

/// What is to become of a parked sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settle {
    /// It is recorded at the rows that it names.
    Retry,
    /// It is recorded at others.
    Map(Mapping),
    /// It never is, and why.
    Strike(String),
}

/// What the journal has that is not settled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueList {
    /// Parked ones first, then those on their way; each the oldest first.
    pub sales: Vec<PastSale>,
    /// So many more are not listed.
    pub more: u64,
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    /// What was read; none before the first answer.
    pub list: Option<QueueList>,
    /// The highlighted one.
    pub at: usize,
    /// Why it was not read.
    pub fault: Option<String>,
    asked: Option<RequestId>,
    /// The sale for which the database was asked to do something, and what for.
    settling: Option<Settling>,
    /// The sale whose rows are being chosen.
    pub(super) mending: Option<Mending>,
}

#[derive(Debug, Clone)]
struct Settling {
    request: RequestId,
    receipt: String,
    done: &'static str,
}

impl Queue {
    /// The sales that are listed.
    pub fn sales(&self) -> &[PastSale] {
        self.list.as_ref().map_or(&[], |list| &list.sales)
    }

    /// The highlighted one.
    pub fn highlighted(&self) -> Option<&PastSale> {
        self.sales().get(self.at)
    }

    /// The highlighted one, where it is parked.
    pub fn parked_here(&self) -> Option<&SaleRecord> {
        let here = self.highlighted()?;
        matches!(here.state, PastState::Parked(_)).then_some(&here.record)
    }
}

/// What it comes to, in its own currency.
pub fn total(record: &SaleRecord) -> String {
    let sale = &record.document.sale;
    Money::fixed(sale.total, sale.currency.places)
}

/// The screen comes to the front, with what is true now.
pub(super) fn show(model: &mut Model) -> Effects {
    model.screen = Screen::Queue;
    ask(model)
}

fn ask(model: &mut Model) -> Effects {
    let request = model.request();
    model.queue.asked = Some(request);
    Effect::ReadQueue { request }.into()
}

/// Sales went, came or were parked: whoever looks at them sees it.
pub(super) fn status_changed(model: &mut Model, before: &Status) -> Effects {
    let standing = |status: &Status| (status.unsent, status.parked, status.oldest);
    if model.screen != Screen::Queue || standing(before) == standing(&model.status) {
        return Effects::none();
    }
    ask(model)
}

/// The list, or why there is none. The highlight stays on its sale.
pub(super) fn read(model: &mut Model, request: RequestId, answer: Result<QueueList, String>) {
    let queue = &mut model.queue;
    if queue.asked != Some(request) {
        return;
    }
    queue.asked = None;
    match answer {
        Ok(list) => {
            let here = queue.highlighted().map(|sale| sale.record.hash);
            let same = |sale: &PastSale| Some(sale.record.hash) == here;
            let at = list.sales.iter().position(same).unwrap_or(queue.at);
            queue.at = at.min(list.sales.len().saturating_sub(1));
            (queue.list, queue.fault) = (Some(list), None);
        }
        Err(why) => queue.fault = Some(why),
    }
}

/// A key for the screen.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    if let Some(at) = moved(model.queue.at, model.queue.sales().len(), command) {
        model.queue.at = at;
        return Effects::none();
    }
    match command {
        Command::Accept | Command::Confirm => {
            let receipt = model.queue.highlighted().map(|sale| sale.record.receipt());
            let Some(receipt) = receipt else { return Effects::none() };
            return past::open_from(model, receipt, Screen::Queue);
        }
        Command::Retry => {
            let Some(record) = may_settle(model) else {
                return Effects::none();
            };
            let by = who(model);
            return settle(model, &record, Settle::Retry, by);
        }
        Command::Map => return mapping::open(model),
        Command::Strike => striking::open(model),
        Command::Back if !model.dismiss_alert() => model.go_home(),
        _ => {}
    }
    Effects::none()
}

/// The parked sale under the cursor, where the database could do something with it now; else it is said why not.
fn may_settle(model: &mut Model) -> Option<Arc<SaleRecord>> {
    let Some(record) = model.queue.parked_here().cloned() else {
        let why = match model.queue.highlighted() {
            Some(_) => "it is on its way, and goes by itself: only what is parked is settled by hand",
            None => "nothing is parked",
        };
        model.mention(why);
        return None;
    };
    if let Database::Away { since } = model.status.database {
        let away = age(since, model.now);
        model.refuse(format!(
            "the database, which is to record it, is away {away}: once it is back"
        ));
        return None;
    }
    if let Some(settling) = &model.queue.settling {
        let receipt = settling.receipt.clone();
        model.mention(format!("{receipt} is being settled: one after the other"));
        return None;
    }
    Some(Arc::new(record))
}

/// The same, where whoever sells may say what a sale is recorded as, or that it never is.
fn may_mend(model: &mut Model) -> Option<Arc<SaleRecord>> {
    let record = may_settle(model)?;
    let role = model.seller.as_ref().map(|seller| seller.role.as_str());
    if role.is_some_and(may_mend_sales) {
        return Some(record);
    }
    model.refuse("only a manager maps or strikes a parked sale: F12 says who is here");
    None
}

/// Who settles it, in the words of its resolution.
fn who(model: &Model) -> String {
    let till = &model.settings.till;
    match &model.seller {
        Some(seller) => format!("{}, {till}", seller.name),
        None => till.to_string(),
    }
}

fn settle(model: &mut Model, record: &SaleRecord, how: Settle, by: String) -> Effects {
    let request = model.request();
    let receipt = record.printed();
    let done = match how {
        Settle::Retry | Settle::Map(_) => "is recorded",
        Settle::Strike(_) => "is struck: it keeps its number, and is in no figure",
    };
    model.mention(format!("{receipt}: asking the database …"));
    model.queue.settling = Some(Settling { request, receipt, done });
    Effect::SettleSale {
        request,
        sale: Box::new(record.clone()),
        how,
        by,
    }
    .into()
}

/// What became of a parked sale, or why it is as it was.
pub(super) fn settled(model: &mut Model, request: RequestId, answer: Result<(), String>) -> Effects {
    let settling = model.queue.settling.take_if(|settling| settling.request == request);
    let Some(Settling { receipt, done, .. }) = settling else {
        return Effects::none();
    };
    match answer {
        Ok(()) => model.say(format!("{receipt} {done}")),
        Err(why) => model.refuse(format!("{receipt} is parked as before: {why}")),
    }
    if model.screen == Screen::Queue {
        ask(model)
    } else {
        Effects::none()
    }
}
