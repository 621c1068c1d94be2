//! `rxtill verify`: the chains of the store, link by link. It works beside an open till.
use std::fmt;

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use crate::domain::name::printable;
use crate::domain::sale::TillId;
use crate::runtime::open::Who;
use crate::store::journal::{JournalError, JournalReader};
use crate::store::verify::{TillVerdict, verify};

/// Walk the hash chains and the receipt numbers; name the first broken link of each till
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only this till
    #[arg(long)]
    till: Option<TillId>,
}

#[derive(Debug, Serialize)]
struct Report {
    tills: Vec<Verdict>,
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
}

impl From<TillVerdict> for Verdict {
    fn from(verdict: TillVerdict) -> Self {
        let (broken_at, reason) = verdict.broken.map(|broken| (broken.receipt, broken.reason)).unzip();
        Self {
            till: verdict.till,
            sales: verdict.sales,
            ok: broken_at.is_none(),
            parked: verdict.parked,
            broken_at,
            reason,
            witnesses: verdict.witnesses,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tills.is_empty() {
            return f.write_str("no till has sold anything yet");
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
        }
        Ok(())
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Outcome, Failure> {
    let store = context.store(Who::Till).await?;
    let journal = match JournalReader::open(&context.config.data_dir).await {
        Ok(journal) => Some(journal),
        Err(JournalError::Absent) => None,
        Err(error) => return Err(Failure::failed(error)),
    };
    let verdicts = verify(store.engine().as_ref(), arguments.till.as_ref(), journal.as_ref()).await;
    let tills: Vec<Verdict> = verdicts.map_err(Failure::failed)?.into_iter().map(Into::into).collect();
    let report = Report { tills };
    context.output.answer(&report, &report)?;
    Ok(Outcome::of(report.tills.iter().all(|till| till.ok)))
}
