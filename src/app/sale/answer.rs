//! What became of a sale.
use super::last::{LastSale, LastState};
use super::{WaitingSale, payment};
use crate::app::audit;
use crate::app::effect::{Effects, Stock};
use crate::app::message::RequestId;
use crate::app::model::{Model, Over, Screen};
use crate::app::question::About;
use crate::app::settings::OversellRule;
use crate::app::stock;
use crate::domain::basket::{Basket, BasketLine};
use crate::domain::money::Quantity;
use crate::domain::sale::SaleFlag;

/// Why a sale was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The book says that there is too little.
    ShortStock {
        /// The drug as sold.
        drug: String,
        /// Base units left by the book.
        remaining: String,
        /// Base units wanted.
        wanted: String,
        /// The base unit's name.
        unit: String,
    },
    /// Another rule, in words.
    Other(String),
}

/// What was decided about a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the store of record.
    Committed,
    /// It is promised, and will be.
    Queued,
    /// It is in the store's chain; its facts wait until it is mended.
    Parked(String),
    /// Nothing was recorded.
    Refused(Refusal),
}

/// What became of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleAnswer {
    /// What was decided.
    pub outcome: Outcome,
    /// Its receipt as printed; none when it was refused.
    pub receipt: Option<String>,
    /// Drugs whose stock by the book is below zero now: name, and what remains in base units.
    pub below_zero: Vec<(String, Quantity)>,
}

/// The answer came.
pub(in crate::app) fn answered(model: &mut Model, request: RequestId, answer: SaleAnswer) -> Effects {
    let Some(waiting) = model.sale.waiting.take_if(|waiting| waiting.request == request) else {
        return Effects::none();
    };
    let state = match answer.outcome {
        Outcome::Committed => LastState::Committed,
        Outcome::Queued => {
            stock::lower(model, &waiting.basket);
            LastState::Queued
        }
        Outcome::Parked(reason) => LastState::Parked(reason),
        Outcome::Refused(refusal) => {
            refused(model, waiting, refusal);
            return Effects::none();
        }
    };
    stock::lower_batches(model, &waiting.basket);
    audit::sold(model, &waiting.basket);
    let below: Vec<_> = answer
        .below_zero
        .iter()
        .map(|(drug, left)| format!("{drug} {left}"))
        .collect();
    if !below.is_empty() {
        model.mention(format!("sold; the book is below zero now: {}", below.join(", ")));
    }
    model.sale.last = Some(LastSale::of(&waiting.agreed, answer.receipt.unwrap_or_default(), state));
    Effects::none()
}

fn refused(model: &mut Model, waiting: WaitingSale, refusal: Refusal) {
    let (drug, remaining, wanted, unit) = match refusal {
        Refusal::ShortStock {
            drug,
            remaining,
            wanted,
            unit,
        } => (drug, remaining, wanted, unit),
        Refusal::Other(words) => return give_back(model, waiting, &words),
    };
    let why = format!("{drug}: the book says {remaining} {unit}, you sell {wanted}");
    // Of a controlled drug nobody holds what the book does not have.
    let of_drug = |line: &&BasketLine| line.drug.label() == drug;
    let controlled = waiting
        .basket
        .lines
        .iter()
        .filter(of_drug)
        .any(|line| line.drug.controlled_limit.is_some());
    if controlled || model.settings.oversell != OversellRule::Ask {
        return give_back(model, waiting, &why);
    }
    model.sale.waiting = Some(WaitingSale {
        short: Some(why),
        ..waiting
    });
    ask_short(model);
}

/// Asks whether the clerk holds what the book does not have. A question that is in front already is answered first: none is
/// lost, and the sale is never left without one.
pub(in crate::app) fn ask_short(model: &mut Model) {
    let short = model.sale.waiting.as_ref().and_then(|waiting| waiting.short.clone());
    let is_asked = matches!(model.over, Some(Over::Question(_)));
    if let Some(why) = short.filter(|_| !is_asked) {
        model.screen = Screen::Sale;
        model.ask(About::ShortStock { why });
    }
}

/// Puts the refused basket back as it was, with its tenders; what was begun meanwhile is held. What was asked or shown about
/// that goes with it: a yes to it would be one to another basket.
fn give_back(model: &mut Model, waiting: WaitingSale, why: &str) {
    audit::sale_refused(model, &waiting.agreed, why);
    let is_of_basket = match &model.over {
        Some(Over::Question(question)) => question.about.is_of_basket(),
        Some(Over::Card(card)) => card.line.is_some(),
        _ => false,
    };
    if is_of_basket {
        model.over = None;
    }
    let sale = &mut model.sale;
    let left = sale.returning.take().map(|returning| returning.receipt);
    let is_held = |basket: &Basket| !basket.is_untouched() && basket.refund_of.is_none();
    let begun = sale.basket.take().filter(is_held);
    let its = std::mem::take(&mut sale.taken);
    let awaited = sale.awaits();
    let places = waiting.agreed.currency.places;
    let given = payment::given(&waiting.taken, places);
    sale.payment = None;
    sale.awaited = None;
    sale.looking = None;
    sale.taken = waiting.taken;
    sale.selected = None;
    sale.takes = None;
    sale.settling = None;
    sale.note = None;
    sale.scanned_row = None;
    sale.changes.clear();
    sale.clear_entry();
    let is_return = waiting.returning.is_some();
    match waiting.returning {
        Some(returning) => sale.returning = Some(*returning),
        None => sale.basket = Some(waiting.basket),
    }
    // The money first: a narrow screen cuts the end.
    let back = match (given.is_empty(), is_return) {
        (true, _) => String::new(),
        (false, false) => format!("; give back {given} or change it"),
        (false, true) => format!("; take back {given}"),
    };
    let mut words = if is_return {
        format!("not given back{back}: {why}. The return is back")
    } else {
        format!("not sold{back}: {why}. The basket is back")
    };
    if let Some(begun) = begun {
        let ticket = model.put_aside(begun, its, awaited);
        words = format!("{words}; the next one is held as #{ticket}");
    }
    if let Some(receipt) = left {
        words = format!("{words}; the return of {receipt} was begun: scan it again");
    }
    model.screen = Screen::Sale;
    model.alert(words);
}

/// Short of stock by the book: yes, the goods are in hand.
pub(in crate::app) fn hold(model: &mut Model) -> Effects {
    let Some(mut waiting) = model.sale.waiting.take() else {
        return Effects::none();
    };
    waiting.request = model.request();
    waiting.short = None;
    waiting.flags.push(SaleFlag::ShortStock);
    payment::sell(model, waiting, Stock::Held)
}

/// Short of stock by the book: no.
pub(in crate::app) fn let_go(model: &mut Model, why: &str) {
    if let Some(waiting) = model.sale.waiting.take() {
        give_back(model, waiting, why);
    }
}
