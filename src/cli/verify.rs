//! `rxtill verify`: the chains of the store, link by link, its stock, and what journal and topic say to it. It works
//! beside an open till.
use std::fmt;

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use crate::domain::name::printable;
use crate::domain::sale::TillId;
use crate::runtime::open::{self, Who};
use crate::runtime::witness::{self, Testimony, Unheard};
use crate::store::journal::{JournalError, JournalReader};
use crate::store::verify::{self, StockFault, TillVerdict};

/// Walk the hash chains and the receipt numbers; name the first broken link of each till
///
/// Then the store's stock against its movements, and the store against its other witnesses: this till's journal, and the
/// topic, if there is one.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only this till
    #[arg(long)]
    till: Option<TillId>,
}

#[derive(Debug, Serialize)]
struct Report {
    tills: Vec<Verdict>,
    /// Where stock and movements disagree. Not looked at for one till alone.
    stock: Vec<Stock>,
    /// What the topic was good for, where there is one.
    topic: Option<Topic>,
}

#[derive(Debug, Serialize)]
struct Stock {
    outlet: String,
    drug: String,
    reason: String,
}

impl From<StockFault> for Stock {
    fn from(fault: StockFault) -> Self {
        let StockFault { outlet, drug, reason } = fault;
        Self { outlet, drug, reason }
    }
}

#[derive(Debug, Serialize)]
struct Topic {
    name: String,
    /// Sale events heard, repeats too, and records that are none.
    events: u64,
    others: u64,
    /// Why it could not be heard to its end, and so is no witness.
    unheard: Option<String>,
}

#[derive(Debug, Serialize)]
struct Verdict {
    till: String,
    sales: u64,
    ok: bool,
    parked: Vec<String>,
    broken_at: Option<String>,
    reason: Option<String>,
    /// What else was asked than the store itself.
    witnesses: Vec<&'static str>,
    /// Who could have been asked, and was not.
    unheard: Vec<UnheardWitness>,
}

#[derive(Debug, Serialize)]
struct UnheardWitness {
    witness: &'static str,
    reason: String,
}

/// Why a witness was not asked.
struct Silence {
    /// The till whose journal is here.
    journal: Result<TillId, String>,
    /// None: it was heard.
    topic: Option<String>,
}

impl Silence {
    /// About a till that those witnesses spoke of.
    fn of(&self, witnesses: &[&str]) -> Vec<UnheardWitness> {
        let journal = match &self.journal {
            Ok(till) => format!("the one on this machine is {till}'s"),
            Err(reason) => reason.clone(),
        };
        let topic = self.topic.as_ref().map(|reason| ("topic", reason.clone()));
        [Some(("journal", journal)), topic]
            .into_iter()
            .flatten()
            .filter(|(witness, _)| !witnesses.contains(witness))
            .map(|(witness, reason)| UnheardWitness {
                witness,
                reason: printable(&reason),
            })
            .collect()
    }
}

impl Verdict {
    fn of(verdict: TillVerdict, silence: &Silence) -> Self {
        let (broken_at, reason) = verdict.broken.map(|broken| (broken.receipt, broken.reason)).unzip();
        Self {
            till: verdict.till,
            sales: verdict.sales,
            ok: broken_at.is_none(),
            parked: verdict.parked,
            broken_at,
            reason,
            unheard: silence.of(&verdict.witnesses),
            witnesses: verdict.witnesses,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tills.is_empty() {
            f.write_str("no till has sold anything yet")?;
        }
        for (line, till) in self.tills.iter().enumerate() {
            if line > 0 {
                f.write_str("\n")?;
            }
            let name = printable(&till.till);
            match (&till.broken_at, &till.reason) {
                (Some(receipt), Some(reason)) => {
                    write!(f, "{name}: BROKEN at {}: {}", printable(receipt), printable(reason))?;
                }
                _ => write!(f, "{name}: {} sales, whole", till.sales)?,
            }
            if !till.parked.is_empty() {
                write!(f, ", {} parked", till.parked.len())?;
            }
            match till.witnesses.as_slice() {
                [] => f.write_str("; no witness but the database")?,
                witnesses => write!(f, "; witnesses: {}", witnesses.join(", "))?,
            }
            for UnheardWitness { witness, reason } in &till.unheard {
                write!(f, "; no {witness}: {reason}")?;
            }
        }
        for Stock { outlet, drug, reason } in &self.stock {
            let (outlet, drug) = (printable(outlet), printable(drug));
            write!(f, "\nstock of {drug} at {outlet}: BROKEN: {}", printable(reason))?;
        }
        match &self.topic {
            None => Ok(()),
            Some(Topic {
                name,
                unheard: Some(reason),
                ..
            }) => {
                write!(
                    f,
                    "\ntopic {name}: no witness, it could not be heard to its end: {}",
                    printable(reason)
                )
            }
            Some(topic) => {
                write!(f, "\ntopic {}: {} events heard", topic.name, topic.events)?;
                match topic.others {
                    0 => Ok(()),
                    others => write!(f, ", {others} records that are none"),
                }
            }
        }
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Outcome, Failure> {
    let store = context.store(Who::Auditor).await?;
    let journal = match JournalReader::open(&context.config.data_dir).await {
        Ok(journal) => Ok(journal),
        Err(JournalError::Absent) => Err("this machine has none".to_owned()),
        // What cannot be read is no witness; the others are heard all the same.
        Err(error) => Err(error.to_string()),
    };
    let engine = store.engine();
    let till = arguments.till.as_ref();
    let mut verdicts = verify::verify(engine.as_ref(), till, journal.as_ref().ok())
        .await
        .map_err(Failure::failed)?;
    let stock = match till {
        Some(_) => Vec::new(),
        None => verify::stock(engine.as_ref()).await.map_err(Failure::failed)?,
    };
    let topic = match &context.config.kafka {
        None => None,
        Some(kafka) => {
            let settings = open::kafka_settings(kafka);
            let heard = Box::pin(witness::hear(engine.as_ref(), &settings, context.clock.clone(), till)).await;
            Some(topic(settings.topic, heard, &mut verdicts)?)
        }
    };
    let silence = Silence {
        journal: journal.map(|journal| journal.till().clone()),
        topic: match &topic {
            None => Some("the configuration has no [kafka]".to_owned()),
            Some(topic) => topic.unheard.clone(),
        },
    };
    let report = Report {
        tills: verdicts
            .into_iter()
            .map(|verdict| Verdict::of(verdict, &silence))
            .collect(),
        stock: stock.into_iter().map(Into::into).collect(),
        topic,
    };
    context.output.answer(&report, &report)?;
    Ok(Outcome::of(
        report.tills.iter().all(|till| till.ok) && report.stock.is_empty(),
    ))
}

/// Brings what the topic said into the verdicts.
fn topic(name: String, heard: Result<Testimony, Unheard>, verdicts: &mut Vec<TillVerdict>) -> Result<Topic, Failure> {
    let mut testimony = match heard {
        Ok(testimony) => testimony,
        Err(Unheard::Store(error)) => return Err(Failure::failed(format!("the store: {error}"))),
        Err(unheard) => {
            return Ok(Topic {
                name,
                events: 0,
                others: 0,
                unheard: Some(unheard.to_string()),
            });
        }
    };
    for verdict in &mut *verdicts {
        verdict.witnesses.push("topic");
        // The first broken link is the chain's own, where it has one.
        let said = testimony.broken.remove(&verdict.till);
        verdict.broken = verdict.broken.take().or(said);
    }
    // Tills of which the store has nothing.
    verdicts.extend(testimony.broken.into_iter().map(|(till, broken)| TillVerdict {
        till,
        sales: 0,
        parked: Vec::new(),
        broken: Some(broken),
        witnesses: vec!["topic"],
    }));
    Ok(Topic {
        name,
        events: testimony.events,
        others: testimony.others,
        unheard: None,
    })
}
