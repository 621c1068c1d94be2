//! A receipt that is brought back: what of it comes back. The money is `payment`'s, which pays out here.
//!
//! It stands in the place of the basket, and only where there is none: goods are not sold and taken back on one receipt.
//! A till that is killed meanwhile has recorded nothing of it, and says so at its next start.
use std::sync::Arc;

use uuid::Uuid;

use super::{payment, receipt};
use crate::app::command::{Command, Edit};
use crate::app::effect::{Effect, Effects};
use crate::app::message::{Moment, RequestId};
use crate::app::model::Model;
use crate::app::question::About;
use crate::app::shelf::Bearer;
use crate::app::text::Line;
use crate::domain::basket::Original;
use crate::domain::catalogue::{Drug, Tender};
use crate::domain::money::{Money, Quantity};
use crate::domain::sale::{Agreed, Receipt, SaleKind};
use crate::domain::scan::Label;

/// No quantity has more digits: a code typed as one is seen here.
const MOST_DIGITS: usize = 7;

/// What a page up or down steps over.
const PAGE: isize = 5;

/// What is known of a receipt.
#[derive(Debug, Clone, PartialEq)]
pub enum ReceiptAnswer {
    /// It is a sale.
    Sold {
        /// As it is printed.
        receipt: String,
        /// What was agreed.
        sale: Box<Agreed>,
        /// What came back of it before.
        returns: Vec<Agreed>,
        /// Whether the store was heard too: else other tills may have taken more back.
        is_whole: bool,
    },
    /// Nobody knows it.
    NotFound,
    /// It is not this till's, and the store does not answer.
    Away,
    /// Nothing can come back of it, and why.
    Refused(String),
}

/// A receipt that is being looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looking {
    request: RequestId,
    receipt: Receipt,
}

/// The return in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returning {
    /// The receipt that was brought, as it is printed.
    pub receipt: String,
    /// The id of the sale that gives it back.
    pub sale_id: Uuid,
    /// The sale, and what came back of it before.
    pub original: Original,
    /// How much of each line comes back now, in the unit by which it was sold.
    pub chosen: Vec<Quantity>,
    /// Which lines are of drugs on prescription, or controlled.
    pub is_watched: Vec<bool>,
    /// The line that keys are for.
    pub at: usize,
    /// What is typed: how many of it.
    pub entry: Line,
    /// Whether the store was heard too.
    pub is_whole: bool,
}

impl Returning {
    /// How many lines the receipt has.
    pub fn lines(&self) -> usize {
        self.original.sale().lines.len()
    }

    /// How much of a line comes back now.
    pub fn chosen(&self, at: usize) -> Quantity {
        self.chosen.get(at).copied().unwrap_or(Quantity::ZERO)
    }

    /// What that costs.
    pub fn cost(&self, at: usize) -> Money {
        self.original
            .cost(at, self.chosen(at), self.original.sale().currency.places)
    }

    /// What is to be given back for all of it.
    pub fn total(&self) -> Money {
        (0..self.lines()).map(|at| self.cost(at)).sum()
    }

    /// Whether anything comes back.
    pub fn is_begun(&self) -> bool {
        self.chosen.iter().any(|quantity| !quantity.is_zero())
    }

    fn choose(&mut self, at: usize, quantity: Quantity) {
        if let Some(chosen) = self.chosen.get_mut(at) {
            *chosen = quantity;
        }
    }

    fn step(&mut self, down: isize) {
        let last = self.lines().saturating_sub(1);
        self.at = self.at.saturating_add_signed(down).min(last);
    }

    /// The unit of a line, for words.
    fn unit(&self, at: usize) -> &str {
        self.original.sale().lines.get(at).map_or("", |line| &line.unit)
    }
}

pub(super) fn may_open(model: &Model) -> Result<(), &'static str> {
    if model.sale.basket.as_ref().is_some_and(|basket| !basket.is_untouched()) {
        return Err("the basket in front comes first: finish it, or hold it (F9); then the return");
    }
    if model.outlet.is_none() {
        return Err(model.no_outlet());
    }
    Ok(())
}

/// A receipt was brought: looks for it.
pub(in crate::app) fn open(model: &mut Model, receipt: Receipt) -> Effects {
    if let Some(returning) = model.sale.returning.as_ref().filter(|returning| returning.is_begun()) {
        let receipt = returning.receipt.clone();
        model.refuse(format!(
            "the return of {receipt} comes first: finish it, or Esc leaves it"
        ));
        return Effect::Ring.into();
    }
    if let Err(why) = may_open(model) {
        model.refuse(why);
        return Effect::Ring.into();
    }
    model.sale.clear_entry();
    model.mention(format!("looking for {receipt} …"));
    let request = model.request();
    model.sale.looking = Some(Looking {
        request,
        receipt: receipt.clone(),
    });
    Effect::FindReceipt { request, receipt }.into()
}

/// It is known what a receipt is.
pub(in crate::app) fn found(model: &mut Model, request: RequestId, answer: ReceiptAnswer, moment: Moment) {
    let Some(looking) = model.sale.looking.take_if(|looking| looking.request == request) else {
        return;
    };
    let asked = looking.receipt;
    let (receipt, sale, returns, is_whole) = match answer {
        ReceiptAnswer::Sold {
            receipt,
            sale,
            returns,
            is_whole,
        } => (receipt, *sale, returns, is_whole),
        ReceiptAnswer::NotFound => return model.refuse(format!("no receipt {asked} is known")),
        ReceiptAnswer::Away => {
            return model.refuse(format!(
                "{asked} is not this till's, and the database does not answer: try again once it does"
            ));
        }
        ReceiptAnswer::Refused(why) => return model.refuse(format!("{asked}: {why}")),
    };
    if sale.kind != SaleKind::Sale {
        return model.refuse(format!("{receipt} is a return itself: nothing of it comes back"));
    }
    if sale.currency != *model.currency() {
        let (then, now) = (&sale.currency.code, &model.currency().code);
        return model.refuse(format!("{receipt} was paid in {then}, and here {now} is given back"));
    }
    let original = Original::new(sale, &returns);
    if original.is_all_back() {
        return model.refuse(format!("all of {receipt} came back before"));
    }
    if let Err(why) = may_open(model) {
        return model.refuse(format!("{receipt} was found; {why}"));
    }
    let catalogue = model.shelf.catalogue();
    let is_watched = |drug: &Drug| drug.prescription_only || drug.controlled_limit.is_some();
    let lines = original.sale().lines.iter();
    let is_watched = lines
        .map(|line| {
            let drug = catalogue.drugs().find(|drug| drug.uuid == line.drug);
            drug.is_some_and(|drug| is_watched(drug))
        })
        .collect();
    let chosen = vec![Quantity::ZERO; original.sale().lines.len()];
    model.sale.next_customer();
    model.notice = None;
    model.sale.returning = Some(Returning {
        receipt,
        sale_id: moment.fresh_id,
        original,
        chosen,
        is_watched,
        at: 0,
        entry: Line::default(),
        is_whole,
    });
}

/// Characters, while a return is in front: how many.
pub(super) fn insert(model: &mut Model, text: &str) {
    let Some(returning) = &mut model.sale.returning else {
        return;
    };
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        returning.entry.insert(text);
    } else {
        model.refuse("digits: how many of the line come back; Enter: all of it");
    }
}

/// A key, while a return is in front.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    let Some(returning) = &mut model.sale.returning else {
        return Effects::none();
    };
    let is_typed = !returning.entry.is_empty();
    match command {
        Command::Accept => accept(model),
        Command::Up | Command::Down | Command::PageUp | Command::PageDown | Command::Pay | Command::Confirm
            if is_typed =>
        {
            model.refuse("Enter takes what is typed, Esc drops it");
        }
        Command::Up => returning.step(-1),
        Command::Down => returning.step(1),
        Command::PageUp => returning.step(-PAGE),
        Command::PageDown => returning.step(PAGE),
        Command::Edit(Edit::Delete | Edit::Backspace) | Command::TakeOut if !is_typed => take_out(model),
        Command::Edit(edit) => {
            returning.entry.edit(edit);
        }
        Command::Pay | Command::Confirm => return pay_out(model),
        Command::Back if is_typed => returning.entry.clear(),
        Command::Back if model.dismiss_alert() => {}
        Command::Back | Command::CancelBasket => leave(model),
        Command::Return => model.mention("a receipt is in front: finish its return, or Esc leaves it"),
        _ => {}
    }
    Effects::none()
}

/// Enter: so many of the line as typed, or all of it; then the next line.
fn accept(model: &mut Model) {
    let Some(returning) = &mut model.sale.returning else {
        return;
    };
    let (at, left) = (returning.at, returning.original.left(returning.at));
    let text = returning.entry.text();
    let unit = returning.unit(at).to_owned();
    let quantity = match text.parse::<Quantity>() {
        _ if left.is_zero() => Err(String::from("nothing of this line is left to come back")),
        _ if text.is_empty() => Ok(left),
        _ if text.bytes().take_while(u8::is_ascii_digit).count() > MOST_DIGITS => {
            Err(String::from("that looks like a code, not like a quantity"))
        }
        Ok(quantity) if quantity > left => Err(format!("at most {left} {unit} can come back")),
        Ok(quantity) if !quantity.is_whole() && !returning.original.is_divided(at) => {
            Err(format!("{quantity} {unit}: a {unit} cannot be divided"))
        }
        Ok(quantity) => Ok(quantity),
        Err(fault) => Err(fault.to_string()),
    };
    match quantity {
        Ok(quantity) => {
            returning.choose(at, quantity);
            returning.entry.clear();
            returning.step(1);
        }
        Err(why) => {
            returning.entry.spend();
            model.refuse(why);
        }
    }
}

fn take_out(model: &mut Model) {
    if let Some(returning) = &mut model.sale.returning {
        returning.choose(returning.at, Quantity::ZERO);
        returning.entry.clear();
    }
}

/// A scan, while a return is in front: one more of its line.
pub(super) fn scanned(model: &mut Model, label: &Label, repeated: bool) -> Effects {
    let code = &label.code;
    if repeated {
        model.mention("repeat ignored");
        return Effects::none();
    }
    let bearer = match model.shelf.bearer(code) {
        Some(Bearer::Pack(drug, pack)) => Ok((drug.uuid, drug.packs.get(pack).map(|pack| pack.factor))),
        Some(Bearer::Inactive(drug)) => Ok((drug.uuid, None)),
        Some(Bearer::Several) => Err(format!("several drugs have {code}: ↑↓ chooses the line")),
        None if let Some(receipt) = receipt::receipt_in(model, code) => return open(model, receipt),
        None => Err(format!("{code} is not on this receipt")),
    };
    let added = bearer.and_then(|(drug, factor)| one_more(model, drug, factor));
    if let Err(why) = added {
        model.refuse(why);
        return Effect::Ring.into();
    }
    Effects::none()
}

/// One more of a drug comes back, by a pack of so many base units: of a line that was sold by it, or of any other.
fn one_more(model: &mut Model, drug: Uuid, factor: Option<Quantity>) -> Result<(), String> {
    let Some(returning) = &mut model.sale.returning else {
        return Ok(());
    };
    let lines = &returning.original.sale().lines;
    let mut of_drug: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].drug == drug).collect();
    of_drug.sort_by_key(|at| Some(lines[*at].unit_factor) != factor);
    if of_drug.is_empty() {
        return Err(String::from("that is not on this receipt"));
    }
    for at in of_drug {
        let unit = lines[at].unit_factor.decimal();
        let more = factor.map_or(Quantity::ONE, |factor| Quantity::new(factor.decimal() / unit));
        let sum = returning.chosen(at) + more;
        if sum <= returning.original.left(at) && (sum.is_whole() || returning.original.is_divided(at)) {
            returning.choose(at, sum);
            returning.at = at;
            returning.entry.clear();
            return Ok(());
        }
    }
    Err(String::from("no more of that can come back of this receipt"))
}

/// Goes on to the money.
fn pay_out(model: &mut Model) -> Effects {
    let Some(returning) = &model.sale.returning else {
        return Effects::none();
    };
    if !returning.is_begun() {
        model.refuse("nothing is chosen: Enter takes back all of a line, digits so many of it");
        return Effects::none();
    }
    let places = model.currency().places;
    let basket = returning
        .original
        .basket(returning.sale_id, &returning.chosen, model.shelf.catalogue(), places);
    match basket {
        Ok(basket) => {
            model.sale.basket = Some(basket);
            payment::open(model)
        }
        Err(fault) => {
            model.refuse(fault.to_string());
            Effects::none()
        }
    }
}

/// Back from the money: the lines are chosen again, and what they make is made anew.
pub(super) fn back_in_front(model: &mut Model) {
    if model.sale.returning.is_some() && model.sale.payment.is_none() {
        model.sale.basket = None;
    }
}

fn leave(model: &mut Model) {
    let begun = model.sale.returning.as_ref().is_some_and(Returning::is_begun);
    if begun || !model.sale.taken.is_empty() {
        model.ask(About::CancelBasket);
    } else {
        super::cancel(model);
    }
}

/// By which tender the money goes back at first: the one that the tender of most of it names.
pub(super) fn pays_by(model: &Model) -> Option<Arc<Tender>> {
    let sale = model.sale.returning.as_ref()?.original.sale();
    let most = sale.payments.iter().max_by_key(|paid| paid.amount)?;
    let tenders = model.shelf.catalogue().tenders();
    let then = tenders.iter().find(|tender| tender.uuid == most.tender)?;
    if then.refund_as.is_empty() {
        return Some(Arc::clone(then));
    }
    model.shelf.catalogue().find_tender(&then.refund_as).ok()
}
