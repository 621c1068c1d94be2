//! What holds whatever is told to a till: looked at around every message of every test.
use std::collections::{HashMap, HashSet};

use rxtill::app::model::Over;
use rxtill::app::question::{About, Question};
use rxtill::app::sale::Found;
use rxtill::app::shelf::Bearer;
use rxtill::app::{Command, Effect, Message, Model, RequestId};
use rxtill::domain::basket::Basket;
use rxtill::domain::money::{Money, Quantity};
use rxtill::domain::scan::Label;
use uuid::Uuid;

/// What is remembered from one message to the next.
#[derive(Debug, Default)]
pub struct Walls {
    /// Drugs that were scanned or chosen: undoing brings them back.
    known: HashSet<Uuid>,
    /// Sales whose answer is out.
    asked: HashSet<RequestId>,
    /// The basket about which a question is asked.
    about: Option<Uuid>,
}

/// What was there before a message.
pub struct Before {
    /// Base units by drug, in all baskets.
    units: HashMap<Uuid, Quantity>,
    /// Rows by basket.
    rows: HashMap<Uuid, usize>,
    question: Option<Question>,
    waiting: Option<Uuid>,
    /// Drugs of which the message may bring more.
    may_come: HashSet<Uuid>,
    recovers: bool,
}

/// Those of goods to sell that can be seen or are on their way.
fn baskets(model: &Model) -> impl Iterator<Item = &Basket> {
    let sale = &model.sale;
    let held = sale.held.iter().map(|held| &held.basket);
    let waiting = sale.waiting.iter().map(|waiting| &waiting.basket);
    let all = sale.basket.iter().chain(held).chain(waiting);
    all.filter(|basket| basket.refund_of.is_none())
}

fn units(model: &Model) -> HashMap<Uuid, Quantity> {
    let mut units = HashMap::new();
    for basket in baskets(model) {
        for (drug, wanted) in basket.wanted() {
            let had = units.entry(drug.uuid).or_insert(Quantity::ZERO);
            *had += wanted;
        }
    }
    units
}

fn rows(model: &Model) -> HashMap<Uuid, usize> {
    baskets(model).map(|basket| (basket.sale_id, basket.rows())).collect()
}

fn question(model: &Model) -> Option<&Question> {
    match &model.over {
        Some(Over::Question(question)) => Some(question),
        _ => None,
    }
}

impl Walls {
    /// What is there, and what this message may bring.
    pub fn before(&self, model: &Model, message: &Message) -> Before {
        let mut may_come = HashSet::new();
        match message {
            Message::Scanned { text, .. } => {
                let label = Label::read(text, model.today());
                if let Some(Bearer::Pack(drug, _)) = model.shelf.bearer(&label.code) {
                    may_come.insert(drug.uuid);
                }
            }
            Message::Asked(_) => {
                may_come.extend(&self.known);
                if let Found::Drugs(list) = &model.sale.found {
                    may_come.extend(list.here().map(|hit| hit.drug.uuid));
                }
                if let Some(Over::Card(card)) = &model.over {
                    may_come.insert(card.drug.uuid);
                    may_come.extend(card.equals.iter().map(|drug| drug.uuid));
                }
            }
            _ => {}
        }
        Before {
            units: units(model),
            rows: rows(model),
            question: question(model).cloned(),
            waiting: model.sale.waiting.as_ref().map(|waiting| waiting.basket.sale_id),
            may_come,
            recovers: matches!(message, Message::CatalogueChanged(_)) && baskets(model).next().is_none(),
        }
    }

    /// Whether the message left everything as it may be.
    pub fn check(&mut self, before: &Before, message: &Message, model: &Model, wanted: &[Effect]) {
        self.goods(before, message, model);
        self.baskets(before, message, model);
        Self::answers(before, message, model);
        self.sales(message, model, wanted);
        self.about = match question(model) {
            Some(asked) if before.question.as_ref().is_some_and(|was| was.about == asked.about) => self.about,
            _ => model.sale.basket.as_ref().map(|basket| basket.sale_id),
        };
    }

    /// Nothing comes that was not scanned or chosen.
    fn goods(&mut self, before: &Before, message: &Message, model: &Model) {
        let now = units(model);
        for (drug, units) in &now {
            let had = before.units.get(drug).copied().unwrap_or(Quantity::ZERO);
            let may_come = before.recovers || before.may_come.contains(drug);
            assert!(
                *units <= had || may_come,
                "{message:?} brought {units} in place of {had}"
            );
        }
        self.known.extend(now.into_keys());
        for basket in baskets(model) {
            let lines: Money = basket.lines.iter().map(|line| line.total(2)).sum();
            assert_eq!(basket.total(2), lines, "a total is the sum of its lines");
        }
    }

    /// None goes but by an answer of the store, or by a person who was asked about this very one.
    fn baskets(&self, before: &Before, message: &Message, model: &Model) {
        let now = rows(model);
        let gone = before
            .rows
            .iter()
            .filter(|(id, rows)| **rows > 0 && !now.contains_key(*id));
        for (id, rows) in gone {
            let was_sold = matches!(message, Message::SaleAnswered { .. }) && before.waiting == Some(*id);
            let was_cancelled = matches!(&before.question, Some(asked) if asked.about == About::CancelBasket)
                && *message == Message::Asked(Command::Yes)
                && self.about == Some(*id);
            // One after the other is taken out, or what added it undone.
            let was_last = *rows == 1 && matches!(message, Message::Asked(_)) && before.question.is_none();
            assert!(
                was_sold || was_cancelled || was_last,
                "{message:?} lost a basket of {rows} rows"
            );
        }
    }

    /// A question goes by a key that was read when it could be, and by nothing else.
    fn answers(before: &Before, message: &Message, model: &Model) {
        let (Some(was), None) = (&before.question, question(model)) else {
            return;
        };
        let is_void = matches!(message, Message::SaleAnswered { .. });
        let is_answer = matches!(message, Message::Asked(Command::Yes | Command::No | Command::Back));
        let read = was
            .seen_at
            .is_some_and(|seen| model.now.duration_since(seen).abs().as_millis() >= 250);
        assert!(is_void || (is_answer && read), "{message:?} answered {was:?}");
    }

    /// A sale is made by a key that makes it, is exact, and what waits for its answer gets one or is asked about.
    fn sales(&mut self, message: &Message, model: &Model, wanted: &[Effect]) {
        if let Message::SaleAnswered { request, .. } = message {
            self.asked.remove(request);
        }
        for effect in wanted {
            let Effect::Sell { request, agreed, .. } = effect else {
                continue;
            };
            self.asked.insert(*request);
            let makes_it = [Command::Accept, Command::Confirm, Command::Pay, Command::Yes];
            assert!(
                makes_it.into_iter().any(|command| *message == Message::Asked(command)),
                "{message:?} sold something"
            );
            assert_eq!(agreed.total, agreed.lines.iter().map(|line| line.total).sum::<Money>());
            assert_eq!(
                agreed.total,
                agreed.payments.iter().map(|paid| paid.amount).sum::<Money>()
            );
            assert!(agreed.refund_of.is_some() || !agreed.total.is_negative());
            assert!(agreed.refund_of.is_none() || agreed.total <= Money::ZERO);
            for paid in &agreed.payments {
                assert_eq!(paid.tendered - paid.change, paid.amount);
            }
        }
        if let Some(waiting) = &model.sale.waiting {
            assert!(
                self.asked.contains(&waiting.request) || question(model).is_some(),
                "nobody answers for a sale any more"
            );
        }
    }
}
