//! Which rows stand in for those that the database does not know: chosen one after the other, then asked about as a whole.
use std::sync::Arc;

use uuid::Uuid;

use super::{Settle, may_mend, settle, total, who};
use crate::app::effect::{Effect, Effects};
use crate::app::message::RequestId;
use crate::app::model::Model;
use crate::app::picker::{self, Candidate, Choice};
use crate::app::question::About;
use crate::domain::catalogue::{Doctor, Employee, Outlet, Tender};
use crate::domain::mending::{Gap, Mapping, Named, StandIn};
use crate::domain::name::printable;
use crate::domain::sale::SaleRecord;

/// So many drugs are offered at once: more words find fewer.
const MOST_DRUGS: usize = 50;

/// A parked sale whose rows are being chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mending {
    record: Arc<SaleRecord>,
    /// What the database does not know; none: it has not said so yet.
    gaps: Result<Vec<Gap>, RequestId>,
    mapping: Mapping,
}

impl Mending {
    /// What is chosen next.
    fn next(&self) -> Option<&Gap> {
        let is_open = |gap: &&Gap| self.mapping.iter().all(|(named, _)| named != gap.named);
        self.gaps.as_ref().ok()?.iter().find(is_open)
    }

    /// What is asked once all of it is chosen.
    pub fn words(&self) -> String {
        let words = self.mapping.words(&self.record.document.sale).join("; ");
        let (receipt, total) = (self.record.printed(), total(&self.record));
        format!("Record {receipt} of {total} for good? {words}. Quantity and price stay as they were sold.")
    }
}

/// What the list to choose from is headed by.
pub fn what_is_it(model: &Model, named: Named) -> String {
    let mending = model.queue.mending.as_ref();
    let name = mending.and_then(|mending| named.name_in(&mending.record.document.sale));
    printable(&format!("{named}, {}: what is it?", name.unwrap_or_default()))
}

/// Asks the database what it does not know of the sale under the cursor.
pub(super) fn open(model: &mut Model) -> Effects {
    let Some(record) = may_mend(model) else {
        return Effects::none();
    };
    let request = model.request();
    let sale = Box::new(SaleRecord::clone(&record));
    model.mention(format!(
        "{}: asking the database what it does not know …",
        record.printed()
    ));
    model.queue.mending = Some(Mending {
        record,
        gaps: Err(request),
        mapping: Mapping::default(),
    });
    Effect::FindGaps { request, sale }.into()
}

/// What has to be mapped, or why that is not known.
pub(in crate::app) fn gaps_found(model: &mut Model, request: RequestId, answer: Result<Vec<Gap>, String>) {
    let Some(mending) = model
        .queue
        .mending
        .as_mut()
        .filter(|mending| mending.gaps == Err(request))
    else {
        return;
    };
    let receipt = mending.record.printed();
    match answer {
        Ok(gaps) if gaps.is_empty() => {
            model.queue.mending = None;
            model.mention(format!("the database knows all that {receipt} names: r records it"));
        }
        // Whoever went on to something else meanwhile is not interrupted.
        Ok(_) if model.over.is_some() => model.queue.mending = None,
        Ok(gaps) => {
            mending.gaps = Ok(gaps);
            model.notice = None;
            choose_next(model);
        }
        Err(why) => {
            model.queue.mending = None;
            model.refuse(format!("{receipt} is parked as before: {why}"));
        }
    }
}

/// The next list to choose from, or the question about all that was chosen.
fn choose_next(model: &mut Model) {
    let Some(mending) = model.queue.mending.clone() else {
        return;
    };
    match mending.next() {
        Some(gap) => picker::open(model, Choice::StandIn(gap.named), None),
        None => model.ask(About::MapSale(Box::new(mending))),
    }
}

/// A row was chosen.
pub(in crate::app) fn chosen(model: &mut Model, named: Named, row: Candidate) {
    let name = match named {
        Named::Line(_) => format!("{} {}", row.beside, row.name),
        _ => row.name,
    };
    if let Some(mending) = &mut model.queue.mending {
        mending.mapping.put(named, StandIn { row: row.uuid, name });
    }
    choose_next(model);
}

/// It is meant.
pub(in crate::app) fn map_it(model: &mut Model, mending: &Mending) -> Effects {
    model.queue.mending = None;
    let by = who(model);
    settle(model, &mending.record, Settle::Map(mending.mapping.clone()), by)
}

/// The rows that may stand in; of drugs those that `typed` finds.
pub(in crate::app) fn candidates(model: &Model, named: Named, typed: &str) -> Vec<Candidate> {
    let catalogue = model.shelf.catalogue();
    let row = |uuid: Uuid, name: &str, beside: &str| Candidate {
        uuid,
        name: name.to_owned(),
        beside: beside.trim().to_owned(),
    };
    let doctor = |doctor: &Arc<Doctor>| {
        let beside = format!("{} {}", doctor.registration_number, doctor.region);
        row(doctor.uuid, &doctor.name, &beside)
    };
    let employee = |employee: &Arc<Employee>| row(employee.uuid, &employee.name, &employee.phone_number);
    let outlet = |outlet: &Arc<Outlet>| row(outlet.uuid, &outlet.name, &outlet.region);
    let tender = |tender: &Arc<Tender>| row(tender.uuid, &tender.name, "");
    match named {
        Named::Outlet => catalogue
            .outlets()
            .iter()
            .filter(|row| row.active)
            .map(outlet)
            .collect(),
        // Who sold then may have left since.
        Named::Employee => catalogue.employees().iter().map(employee).collect(),
        // Of this till's own rows the database knows nothing.
        Named::Doctor => catalogue
            .doctors()
            .iter()
            .filter(|row| row.id > 0)
            .map(doctor)
            .collect(),
        Named::Payment(_) => catalogue.tenders().iter().map(tender).collect(),
        Named::Line(_) => {
            let search = model.shelf.drug_search();
            let hits = search.search(typed, MOST_DRUGS);
            let drugs = hits
                .matches
                .iter()
                .chain(&hits.nearest)
                .filter_map(|hit| model.shelf.drug(hit.key));
            drugs.map(|drug| row(drug.uuid, &drug.label(), &drug.code)).collect()
        }
    }
}
