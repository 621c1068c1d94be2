//! `rxtill queue retry`, `map` and `strike`: what is parked is recorded after all, at the rows that it names or at others,
//! or never is (PATH 2.3).
//!
//! The store has the bytes and does it in one transaction a sale; the journal only learns it. Beside an open till that is
//! left to the till, which compares its parked sales with the store every few seconds.
use std::fmt;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use super::words;
use crate::cli::context::Context;
use crate::cli::outcome::{Failure, Outcome};
use crate::domain::catalogue::{Catalogue, Employee};
use crate::domain::mending::{Mapping, Named, StandIn};
use crate::domain::name::{printable, tidy};
use crate::domain::right::may_mend_sales;
use crate::domain::sale::SaleRecord;
use crate::runtime::open::Who;
use crate::store::error::StoreError;
use crate::store::journal::{Journal, JournalError, JournalReader, JournalSale, SaleState};
use crate::store::ports::Recorded;
use crate::store::star::Store;
use crate::store::sync::settle;

/// What a parked sale is recorded as
#[derive(Debug, Args)]
pub(super) struct MapArguments {
    /// Its `sale_id`
    sale_id: Uuid,
    /// Who says so: a manager, by name, phone number or id
    #[arg(long, value_name = "EMPLOYEE")]
    by: String,
    /// The line, from 1, whose drug the next --drug is; may be left out where the sale has one line
    #[arg(long, value_name = "N")]
    line: Vec<u32>,
    /// The drug of that line: its code, id or exact name
    #[arg(long)]
    drug: Vec<String>,
    /// Who sold
    #[arg(long)]
    employee: Option<String>,
    /// Who prescribed
    #[arg(long)]
    doctor: Option<String>,
    /// Where it was sold
    #[arg(long)]
    outlet: Option<String>,
    /// The payment, from 1, whose tender the next --tender is; may be left out where the sale has one payment
    #[arg(long, value_name = "N")]
    payment: Vec<u32>,
    /// How that was paid
    #[arg(long)]
    tender: Vec<String>,
}

/// Why a parked sale is never recorded
#[derive(Debug, Args)]
pub(super) struct StrikeArguments {
    /// Its `sale_id`
    sale_id: Uuid,
    /// Who says so: a manager, by name, phone number or id
    #[arg(long, value_name = "EMPLOYEE")]
    by: String,
    /// The reason, which stays beside the receipt for good
    #[arg(long, value_name = "REASON")]
    why: String,
}

/// What was asked for, and what became of it.
#[derive(Debug, Serialize)]
struct Settled {
    #[serde(rename = "retried")]
    sales: Vec<Tried>,
}

/// What became of one.
#[derive(Debug, Serialize)]
struct Tried {
    sale_id: Uuid,
    receipt: String,
    state: &'static str,
    reason: Option<String>,
}

impl Tried {
    fn of(record: &SaleRecord, state: SaleState) -> Self {
        let (state, reason) = words(state);
        Self {
            sale_id: record.sale_id(),
            receipt: record.receipt().to_string(),
            state,
            reason: reason.as_deref().map(printable),
        }
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.receipt, self.sale_id, self.state)?;
        match &self.reason {
            Some(reason) => write!(f, ", {reason}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sales.is_empty() {
            return f.write_str("nothing is parked");
        }
        for (at, sale) in self.sales.iter().enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}{sale}")?;
        }
        Ok(())
    }
}

/// Records what is parked where the reason is gone.
pub(super) async fn retry(context: &Context, sale_id: Option<Uuid>) -> Result<Outcome, Failure> {
    let wanted = asked_for(context, sale_id).await?;
    let mut sales = Vec::with_capacity(wanted.len());
    if wanted.iter().any(is_parked) {
        let store = context.store(Who::Till).await?;
        for JournalSale { record, state } in wanted {
            let by = format!("{}, queue retry", record.document.till);
            let state = match state {
                SaleState::Parked(_) => became(store.mend(&record, &by).await, SaleState::Committed)?,
                state => state,
            };
            sales.push(Tried::of(&record, state));
        }
        learn(context, &store).await?;
    } else {
        sales.extend(wanted.into_iter().map(|sale| Tried::of(&sale.record, sale.state)));
    }
    let answer = Settled { sales };
    context.output.answer(&answer, &answer)?;
    Ok(Outcome::of(answer.sales.iter().all(|sale| sale.state == "committed")))
}

/// Records a parked sale at other rows than those that it names.
pub(super) async fn map(context: &Context, arguments: MapArguments) -> Result<Outcome, Failure> {
    let sale = the_one(context, arguments.sale_id).await?;
    let store = context.store(Who::Till).await?;
    let (catalogue, _) = context.catalogue(&store).await?;
    let by = manager(&catalogue, &arguments.by)?;
    let mapping = mapping(&arguments, &sale.record, &catalogue)?;
    let state = match sale.state {
        SaleState::Parked(_) => {
            let by = format!("{}, {}", by.name, sale.record.document.till);
            became(store.mend_as(&sale.record, &by, &mapping).await, SaleState::Committed)?
        }
        state => state,
    };
    told(context, &store, Tried::of(&sale.record, state), "committed").await
}

/// Says that a parked sale is never recorded.
pub(super) async fn strike(context: &Context, arguments: StrikeArguments) -> Result<Outcome, Failure> {
    let why = printable(&tidy(&arguments.why));
    if why.is_empty() {
        return Err(Failure::usage(
            "--why wants a reason: it stays beside the receipt for good",
        ));
    }
    let sale = the_one(context, arguments.sale_id).await?;
    let store = context.store(Who::Till).await?;
    let (catalogue, _) = context.catalogue(&store).await?;
    let by = manager(&catalogue, &arguments.by)?;
    let state = match sale.state {
        SaleState::Parked(_) => {
            let by = format!("{}, {}", by.name, sale.record.document.till);
            became(store.strike(&sale.record, &by, &why).await, SaleState::Struck(why))?
        }
        state => state,
    };
    told(context, &store, Tried::of(&sale.record, state), "struck").await
}

async fn told(context: &Context, store: &Store, tried: Tried, wanted: &str) -> Result<Outcome, Failure> {
    learn(context, store).await?;
    context.output.answer(&tried, &tried)?;
    Ok(Outcome::of(tried.state == wanted))
}

fn is_parked(sale: &JournalSale) -> bool {
    matches!(sale.state, SaleState::Parked(_))
}

/// The one sale, however it stands; else all that are parked.
async fn asked_for(context: &Context, sale_id: Option<Uuid>) -> Result<Vec<JournalSale>, Failure> {
    let journal = match (JournalReader::open(&context.config.data_dir).await, sale_id) {
        (Ok(journal), _) => journal,
        // A till that was never opened has parked nothing.
        (Err(JournalError::Absent), None) => return Ok(Vec::new()),
        (Err(error), _) => return Err(Failure::failed(error)),
    };
    let ids: Vec<Uuid> = if let Some(sale_id) = sale_id {
        vec![sale_id]
    } else {
        let status = journal.status().await.map_err(Failure::failed)?;
        status.parked.into_iter().map(|sale| sale.sale_id).collect()
    };
    let mut sales = Vec::with_capacity(ids.len());
    for id in ids {
        let sale = journal.sale(id).await.map_err(Failure::failed)?;
        sales.push(sale.ok_or_else(|| Failure::failed(format!("this till has no sale {id}")))?);
    }
    Ok(sales)
}

async fn the_one(context: &Context, sale_id: Uuid) -> Result<JournalSale, Failure> {
    let sale = asked_for(context, Some(sale_id)).await?.pop();
    sale.ok_or_else(|| Failure::failed(format!("this till has no sale {sale_id}")))
}

/// Who settles it, if they may.
fn manager(catalogue: &Catalogue, who: &str) -> Result<Arc<Employee>, Failure> {
    let who = catalogue.find_employee(who).map_err(Failure::failed)?;
    if may_mend_sales(&who.role) {
        return Ok(who);
    }
    let (name, role) = (printable(&who.name), printable(&who.role));
    Err(Failure::failed(format!(
        "{name} is a {role}: only a manager maps or strikes a parked sale"
    )))
}

fn mapping(wanted: &MapArguments, record: &SaleRecord, catalogue: &Catalogue) -> Result<Mapping, Failure> {
    let sale = &record.document.sale;
    let mut mapping = Mapping::default();
    for (line, drug) in numbered("--line", "--drug", (&wanted.line, &wanted.drug), sale.lines.len())? {
        let (drug, _) = catalogue.find_drug(drug).map_err(Failure::failed)?;
        mapping.put(
            Named::Line(line),
            stand_in(drug.uuid, &format!("{} {}", drug.code, drug.label())),
        );
    }
    let payments = (wanted.payment.as_slice(), wanted.tender.as_slice());
    for (payment, tender) in numbered("--payment", "--tender", payments, sale.payments.len())? {
        let tender = catalogue.find_tender(tender).map_err(Failure::failed)?;
        mapping.put(Named::Payment(payment), stand_in(tender.uuid, &tender.name));
    }
    if let Some(who) = &wanted.employee {
        let who = catalogue.find_employee(who).map_err(Failure::failed)?;
        mapping.put(Named::Employee, stand_in(who.uuid, &who.name));
    }
    if let Some(who) = &wanted.doctor {
        let who = catalogue.find_doctor(who).map_err(Failure::failed)?;
        mapping.put(Named::Doctor, stand_in(who.uuid, &who.name));
    }
    if let Some(place) = &wanted.outlet {
        let place = catalogue.find_outlet(place).map_err(Failure::failed)?;
        mapping.put(Named::Outlet, stand_in(place.uuid, &place.name));
    }
    if mapping.is_empty() {
        return Err(Failure::usage(
            "say what it is recorded as: --line N --drug CODE, --employee, --doctor, --outlet or --tender",
        ));
    }
    Ok(mapping)
}

fn stand_in(row: Uuid, name: &str) -> StandIn {
    StandIn {
        row,
        name: name.to_owned(),
    }
}

/// Each of the words with its number; one word alone is of the only one there is.
fn numbered<'a>(
    number: &str,
    word: &str,
    (numbers, words): (&[u32], &'a [String]),
    there: usize,
) -> Result<Vec<(u32, &'a str)>, Failure> {
    match (numbers, words) {
        ([], [only]) if there == 1 => Ok(vec![(1, only)]),
        _ if numbers.len() == words.len() => {
            Ok(numbers.iter().copied().zip(words.iter().map(String::as_str)).collect())
        }
        _ => Err(Failure::usage(format!("each {word} wants its {number} before it"))),
    }
}

/// How the sale stands after it was tried.
fn became(done: Result<Recorded, StoreError>, then: SaleState) -> Result<SaleState, Failure> {
    match done {
        Ok(_) => Ok(then),
        Err(StoreError::Permanent(reason) | StoreError::ChainConflict(reason)) => Ok(SaleState::Parked(reason)),
        Err(StoreError::Rejected(refusal)) => Ok(SaleState::Parked(refusal.to_string())),
        Err(error @ StoreError::Retryable { .. }) => Err(Failure::failed(error)),
    }
}

/// The journal learns it, unless a till is open, which then finds it by itself.
async fn learn(context: &Context, store: &Store) -> Result<(), Failure> {
    let clock = Arc::clone(&context.clock);
    match Journal::open(&context.config.data_dir, &context.config.till.id, clock).await {
        Ok(journal) => settle(&journal, store).await.map_err(Failure::failed),
        Err(JournalError::InUse { .. }) => Ok(()),
        Err(error) => Err(Failure::failed(error)),
    }
}
