//! What is asked while the money is keyed, so that a refusal after money is rare (COUNTER 3.2): the store about the basket,
//! store and journal about a reference. Nothing waits for an answer, and one that comes late is ignored.
use jiff::Timestamp;
use uuid::Uuid;

use super::Refusal;
use crate::app::audit;
use crate::app::effect::{Effect, Effects};
use crate::app::message::RequestId;
use crate::app::model::Model;
use crate::app::question::too_soon;
use crate::app::settings::OversellRule;
use crate::app::status::Database;
use crate::domain::basket::{ReferenceUse, Terms, reference_of};
use crate::domain::catalogue::Tender;

/// What is known of the basket before the money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Word {
    /// Nobody was asked, or nobody knows.
    #[default]
    None,
    /// The store was asked.
    Asked(RequestId),
    /// Nothing is in its way.
    Clear,
    /// The clerk is asked whether they hold what the book does not have.
    Short {
        /// What there is too little of.
        what: Vec<Shortage>,
        /// When it was first on the screen; none: nobody has seen it yet.
        seen_at: Option<Timestamp>,
    },
    /// They hold it.
    Held,
    /// It cannot be sold, and why.
    Refused(String),
}

/// A drug of which there is too little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// The drug as sold.
    pub drug: String,
    /// Base units left.
    pub remaining: String,
    /// Base units wanted.
    pub wanted: String,
    /// The base unit's name.
    pub unit: String,
    /// When the figure was read; none: it is the book's of now.
    pub as_of: Option<Timestamp>,
}

/// What the store says of a basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objections {
    /// What a sale of it would be refused for; empty: nothing.
    Known(Vec<Refusal>),
    /// It does not answer.
    Away,
}

/// A reference that was typed, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedReference {
    /// The number of the request.
    pub request: RequestId,
    /// The tender.
    pub tender: Uuid,
    /// As it is kept.
    pub reference: String,
    /// What is known; none: the answer is out.
    pub word: Option<ReferenceWord>,
}

/// What is known of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceWord {
    /// The store and this till have never seen it.
    NotUsed,
    /// This till has not; the store does not answer.
    NotUsedHere,
    /// It was used.
    Used(ReferenceUse),
}

/// The payment opens: asks the store, unless it is known to be away.
pub(super) fn ask(model: &mut Model) -> Effects {
    model.sale.word = Word::None;
    if matches!(model.status.database, Database::Away { .. }) {
        go_by_figures(model);
        return Effects::none();
    }
    let (Some(basket), Some(outlet), Some(employee)) = (&model.sale.basket, &model.outlet, &model.seller) else {
        return Effects::none();
    };
    let terms = Terms {
        outlet: outlet.clone(),
        employee: employee.clone(),
        at: model.now,
    };
    // Without payments: what cannot be agreed at all is said when the money is taken.
    let Ok(offered) = basket.offer(&terms, model.shelf.catalogue()) else {
        return Effects::none();
    };
    let request = model.request();
    model.sale.word = Word::Asked(request);
    let offered = Box::new(offered);
    Effect::AskObjections { request, offered }.into()
}

/// The store has answered, or does not.
pub(in crate::app) fn answered(model: &mut Model, request: RequestId, objections: Objections) {
    if model.sale.word != Word::Asked(request) || model.sale.payment.is_none() {
        return;
    }
    let refusals = match objections {
        Objections::Known(refusals) => refusals,
        Objections::Away => return go_by_figures(model),
    };
    let mut short = Vec::new();
    for refusal in refusals {
        match refusal {
            Refusal::ShortStock {
                drug,
                remaining,
                wanted,
                unit,
            } => short.push(Shortage {
                drug,
                remaining,
                wanted,
                unit,
                as_of: None,
            }),
            Refusal::Other(words) => {
                model.sale.word = Word::Refused(words);
                return;
            }
        }
    }
    judge(model, short);
}

/// The store is away: the figures of its last answer, less what was sold here since.
fn go_by_figures(model: &mut Model) {
    let (Some(stock), Some(basket), Some(outlet)) = (&model.stock, &model.sale.basket, &model.outlet) else {
        return;
    };
    let mut short: Vec<Shortage> = Vec::new();
    if stock.outlet == outlet.id && basket.refund_of.is_none() {
        for (drug, wanted) in basket.wanted() {
            let Some(remaining) = stock.by_drug.get(&drug.id).filter(|left| **left < wanted) else {
                continue;
            };
            short.push(Shortage {
                drug: drug.label(),
                remaining: remaining.to_string(),
                wanted: wanted.to_string(),
                unit: drug.base_unit.clone(),
                as_of: Some(stock.read_at),
            });
        }
    }
    judge(model, short);
}

/// What too little means here: a question, a refusal, or nothing. Of a controlled drug nobody holds what the book does not
/// have.
fn judge(model: &mut Model, what: Vec<Shortage>) {
    let controlled = |short: &&Shortage| {
        let lines = model.sale.basket.iter().flat_map(|basket| &basket.lines);
        lines
            .filter(|line| line.drug.label() == short.drug)
            .any(|line| line.drug.controlled_limit.is_some())
    };
    let refused = match model.settings.oversell {
        OversellRule::Refuse => what.first(),
        OversellRule::Ask | OversellRule::Allow => what.iter().find(controlled),
    };
    model.sale.word = if let Some(short) = refused {
        Word::Refused(short.words(model))
    } else if what.is_empty() || model.settings.oversell == OversellRule::Allow {
        Word::Clear
    } else {
        Word::Short { what, seen_at: None }
    };
}

impl Shortage {
    /// "Panadol 500 mg tablet: the book says 2 tab, you sell 10", with the age of a figure that is not of now.
    pub fn words(&self, model: &Model) -> String {
        let Self {
            drug,
            remaining,
            wanted,
            unit,
            as_of,
        } = self;
        match as_of {
            Some(at) => format!("{drug}: {remaining} {unit} {}, you sell {wanted}", model.figure_of(*at)),
            None => format!("{drug}: the book says {remaining} {unit}, you sell {wanted}"),
        }
    }
}

/// Whether the clerk is asked something here that no key must answer before it was seen.
pub(in crate::app) fn awaits_sight(model: &Model) -> bool {
    matches!(&model.sale.word, Word::Short { seen_at: None, .. }) && model.sale.payment.is_some()
}

/// The screen was drawn with it.
pub(in crate::app) fn seen(model: &mut Model) {
    let now = model.now;
    if let Word::Short { seen_at, .. } = &mut model.sale.word {
        seen_at.get_or_insert(now);
    }
}

/// Yes or no to the question in the payment.
pub(super) fn reply(model: &mut Model, holds: bool) {
    let Word::Short { seen_at, .. } = model.sale.word else {
        return;
    };
    if too_soon(seen_at, model.now) {
        return model.too_soon();
    }
    if holds {
        model.sale.word = Word::Held;
        model.mention("you hold them: the sale says so");
    } else {
        model.sale.word = Word::None;
        model.sale.payment = None;
        model.mention("back in the basket: no money was taken for what is not there");
    }
}

/// Why no money is to be taken now.
pub(super) fn in_the_way(model: &Model) -> Option<String> {
    match &model.sale.word {
        Word::Short { .. } => Some(String::from("first: do you hold them? y or n")),
        Word::Refused(why) => Some(format!("{why}: take no money, Esc goes to the basket")),
        _ => {
            let used = model.sale.taken.iter().find_map(|taken| {
                let reference = reference_of(&taken.tender, taken.reference.as_deref()).ok()??;
                let used = used(model, &taken.tender, &reference)?;
                Some(format!("{} {reference}: {used}", taken.tender.name))
            });
            used.map(|used| format!("{used}; Backspace on the empty line takes it out"))
        }
    }
}

fn used<'a>(model: &'a Model, tender: &Tender, reference: &str) -> Option<&'a ReferenceUse> {
    match known(model, tender, reference)?.word.as_ref()? {
        ReferenceWord::Used(used) => Some(used),
        _ => None,
    }
}

/// What was asked about a tender's reference as it is kept.
pub fn known<'a>(model: &'a Model, tender: &Tender, reference: &str) -> Option<&'a AskedReference> {
    let asked = model.sale.references.iter();
    asked
        .filter(|asked| asked.tender == tender.uuid)
        .find(|asked| asked.reference == reference)
}

/// Why a reference that was typed is not taken.
pub(super) fn why_not(model: &Model, tender: &Tender, typed: &str) -> Option<String> {
    let reference = reference_of(tender, Some(typed)).ok()??;
    let used = used(model, tender, &reference)?;
    Some(format!("{} {reference}: {used}. Each is one payment", tender.name))
}

/// A reference was typed so far that it may be one: asks whether it was used.
pub(super) fn ask_reference(model: &mut Model) -> Effects {
    let Some(payment) = model.sale.payment.as_ref().filter(|payment| payment.amount.is_some()) else {
        return Effects::none();
    };
    let tender = payment.tender.clone();
    let Ok(Some(reference)) = reference_of(&tender, Some(payment.entry.text())) else {
        return Effects::none();
    };
    if !tender.reference_unique || known(model, &tender, &reference).is_some() {
        return Effects::none();
    }
    let (request, tender) = (model.request(), tender.uuid);
    model.sale.references.push(AskedReference {
        request,
        tender,
        reference: reference.clone(),
        word: None,
    });
    Effect::AskReference {
        request,
        tender,
        reference,
    }
    .into()
}

/// It is known whether a reference was used.
pub(in crate::app) fn reference_known(model: &mut Model, request: RequestId, word: ReferenceWord) {
    let mut asked = model.sale.references.iter_mut();
    let Some(asked) = asked.find(|asked| asked.request == request) else {
        return;
    };
    asked.word = Some(word.clone());
    if let ReferenceWord::Used(used) = word {
        let tender = asked.tender;
        audit::reference_repeated(model, tender, &used);
    }
}
