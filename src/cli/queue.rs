//! `rxtill queue`: what is unsent or parked on this till, and why. It works beside an open till.
mod settle;

use std::fmt;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use crate::domain::clock::Clock as _;
use crate::domain::name::printable;
use crate::runtime::open::{self, Who};
use crate::store::journal::{JournalError, JournalReader, JournalSale, JournalStatus, SaleState};
use crate::store::ports::{Outbox as _, RelayMode};

/// What is queued or parked on this till, and why
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// One sale of this till, as it was agreed, and where it stands
    Show {
        /// Its `sale_id`
        sale_id: Uuid,
    },
    /// Record what is parked after all, where the reason is gone
    Retry {
        /// One sale's `sale_id` [default: all that are parked]
        sale_id: Option<Uuid>,
    },
    /// Record a parked sale at other rows than those that it names, which the database does not know
    Map(settle::MapArguments),
    /// Say that a parked sale is never recorded: it keeps its number, and is in no report
    Strike(settle::StrikeArguments),
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Outcome, Failure> {
    match arguments.what {
        None => list(context).await,
        Some(What::Show { sale_id }) => show(context, sale_id).await,
        Some(What::Retry { sale_id }) => settle::retry(context, sale_id).await,
        Some(What::Map(arguments)) => settle::map(context, arguments).await,
        Some(What::Strike(arguments)) => settle::strike(context, arguments).await,
    }
}

#[derive(Debug, Serialize)]
struct Queue {
    unsent: u64,
    oldest_s: Option<i64>,
    /// Prescribers who were added here and are not in the store yet.
    doctors_unsent: u64,
    /// Audit events that are not in the store yet; sales are counted apart.
    events_unsent: u64,
    parked: Vec<Parked>,
    /// None where the store does not answer.
    outbox_waiting: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Parked {
    sale_id: Uuid,
    receipt: String,
    reason: String,
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.oldest_s {
            Some(seconds) => write!(f, "unsent: {}, the oldest for {seconds} s", self.unsent)?,
            None => write!(f, "unsent: {}", self.unsent)?,
        }
        match self.outbox_waiting {
            Some(events) => write!(f, "\nstream: {events} events waiting")?,
            None => write!(f, "\nstream: unknown, the database does not answer")?,
        }
        if self.doctors_unsent > 0 {
            write!(f, "\ndoctors unsent: {}", self.doctors_unsent)?;
        }
        if self.events_unsent > 0 {
            write!(f, "\nevents unsent: {}", self.events_unsent)?;
        }
        write!(f, "\nparked: {}", self.parked.len())?;
        for sale in &self.parked {
            write!(f, "\n  {} {}: {}", sale.receipt, sale.sale_id, printable(&sale.reason))?;
        }
        Ok(())
    }
}

async fn list(context: &Context) -> Result<Outcome, Failure> {
    let status = match JournalReader::open(&context.config.data_dir).await {
        Ok(journal) => journal.status().await.map_err(Failure::failed)?,
        // A till that was never opened owes nothing.
        Err(JournalError::Absent) => JournalStatus::default(),
        Err(error) => return Err(Failure::failed(error)),
    };
    let age = |since: Timestamp| context.clock.now().duration_since(since).as_secs().max(0);
    let queue = Queue {
        unsent: status.unsent,
        oldest_s: status.oldest.map(age),
        doctors_unsent: status.doctors,
        events_unsent: status.events,
        parked: status
            .parked
            .into_iter()
            .map(|sale| Parked {
                sale_id: sale.sale_id,
                receipt: sale.receipt.to_string(),
                reason: sale.reason,
            })
            .collect(),
        outbox_waiting: outbox_waiting(context).await,
    };
    context.output.answer(&queue, &queue)?;
    Ok(Outcome::Fine)
}

/// Events of this till that wait for the broker. Where nobody publishes they are kept, not waiting (PATH 4.4).
async fn outbox_waiting(context: &Context) -> Option<u64> {
    if context.config.mysql.is_none() && !open::store_file(&context.config.data_dir).exists() {
        // Not opened yet, and not made by asking.
        return Some(0);
    }
    let engine = open::engine(&context.config, Who::Till).await.ok()?;
    let store = open::over(&context.config, engine);
    if store.relay_mode().await.ok()? != RelayMode::On {
        return Some(0);
    }
    let waiting = store.waiting().await.ok()?;
    let own = waiting
        .into_iter()
        .find(|waiting| waiting.till == context.config.till.id);
    Some(own.map_or(0, |waiting| waiting.events))
}

#[derive(Debug, Serialize)]
struct Shown {
    sale_id: Uuid,
    receipt: String,
    state: &'static str,
    reason: Option<String>,
    hash: String,
    /// The canonical document, byte by byte.
    sale: Box<RawValue>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.receipt, self.sale_id, self.state)?;
        if let Some(reason) = &self.reason {
            write!(f, ", {}", printable(reason))?;
        }
        let document: serde_json::Value = serde_json::from_str(self.sale.get()).unwrap_or_default();
        // JSON writes control characters as escapes; the rest is made harmless.
        let pretty = serde_json::to_string_pretty(&document).unwrap_or_default();
        for line in pretty.lines() {
            write!(f, "\n{}", printable(line))?;
        }
        Ok(())
    }
}

/// Where a sale stands, and why.
fn words(state: SaleState) -> (&'static str, Option<String>) {
    match state {
        SaleState::Provisional => ("provisional", None),
        SaleState::Queued => ("queued", None),
        SaleState::Committed => ("committed", None),
        SaleState::Parked(reason) => ("parked", Some(reason)),
        SaleState::Struck(reason) => ("struck", Some(reason)),
    }
}

async fn show(context: &Context, sale_id: Uuid) -> Result<Outcome, Failure> {
    let journal = JournalReader::open(&context.config.data_dir).await;
    let sale = match journal {
        Ok(journal) => journal.sale(sale_id).await.map_err(Failure::failed)?,
        Err(error) => return Err(Failure::failed(error)),
    };
    let Some(JournalSale { record, state }) = sale else {
        return Err(Failure::failed(format!("this till has no sale {sale_id}")));
    };
    let receipt = record.receipt().to_string();
    let (state, reason) = words(state);
    let sale = String::from_utf8(record.bytes).map_err(Failure::failed)?;
    let shown = Shown {
        sale_id,
        receipt,
        state,
        reason,
        hash: record.hash.to_string(),
        sale: RawValue::from_string(sale).map_err(Failure::failed)?,
    };
    context.output.answer(&shown, &shown)?;
    Ok(Outcome::Fine)
}
