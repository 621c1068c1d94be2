//! `rxtill sync`: uploads what is queued, then ends; or brings an embedded store's history to the database.
mod adopt;

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use tokio::sync::mpsc;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::{output, till};
use crate::domain::clock::Clock;
use crate::domain::name::printable;
use crate::runtime::interrupt::Interrupt;
use crate::runtime::till::Seller;
use crate::runtime::{notices, translate};
use crate::store::journal::Journal;
use crate::store::sync::{Drained, Notice, SyncEnded};

/// Upload what is queued on this till
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Bring the whole history of this till's own store (store.sqlite in its data folder) to the database instead: the same
    /// numbers, hashes and events. Safe to break off and run again
    #[arg(long, value_name = "FILE")]
    adopt_store: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Left {
    unsent: u64,
    /// Prescribers who were added here.
    doctors_unsent: u64,
    /// Audit events.
    events_unsent: u64,
    parked: u64,
    reason: Option<String>,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unsent: {}, parked: {}", self.unsent, self.parked)?;
        if self.doctors_unsent > 0 {
            write!(f, ", doctors unsent: {}", self.doctors_unsent)?;
        }
        if self.events_unsent > 0 {
            write!(f, ", events unsent: {}", self.events_unsent)?;
        }
        match &self.reason {
            Some(reason) => write!(f, "\n{reason}"),
            None => Ok(()),
        }
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments, mut interrupt: Interrupt) -> Result<Outcome, Failure> {
    if let Some(file) = &arguments.adopt_store {
        return super::unless(interrupt, adopt::run(context, file)).await;
    }
    let store = till::store_or_later(context).await?;
    let (till, mut notices) = till::open_till(context, store, None).await?;
    let teller = Teller {
        seller: till.seller(),
        journal: till.journal().clone(),
        clock: context.clock.clone(),
    };
    let drained = tokio::select! {
        drained = teller.drain(&mut notices) => drained.map_err(Failure::failed),
        () = interrupt.heard() => Err(Failure::failed("interrupted; run it again to go on")),
    };
    till.close().await;
    while let Ok(notice) = notices.try_recv() {
        say(&notice);
    }
    let drained = drained?;
    let left = Left {
        unsent: drained.unsent,
        doctors_unsent: drained.doctors,
        events_unsent: drained.events,
        parked: drained.parked,
        reason: drained.reason.as_deref().map(printable),
    };
    context.output.answer(&left, &left)?;
    Ok(Outcome::of(left.unsent + left.doctors_unsent + left.events_unsent == 0))
}

/// Says what comes up on the way, here and to supervisors: a sale that was parked, or sold more than the book had.
struct Teller {
    seller: Seller,
    journal: Journal,
    clock: Arc<dyn Clock>,
}

impl Teller {
    /// Uploads what is unsent, and then what was noted on the way.
    async fn drain(&self, notices: &mut mpsc::Receiver<Notice>) -> Result<Drained, SyncEnded> {
        let mut found = Vec::new();
        let drained = tokio::select! {
            drained = self.seller.drain() => drained?,
            never = gather(notices, &mut found) => match never {},
        };
        while let Ok(notice) = notices.try_recv() {
            say(&notice);
            found.push(notice);
        }
        let mut is_more = false;
        for notice in found {
            is_more |= notices::tell(&notice, &self.seller, &self.journal, self.clock.as_ref()).await;
        }
        if is_more {
            self.seller.drain().await
        } else {
            Ok(drained)
        }
    }
}

/// Says each at once. Broken off, it has lost none.
async fn gather(notices: &mut mpsc::Receiver<Notice>, found: &mut Vec<Notice>) -> Infallible {
    while let Some(notice) = notices.recv().await {
        say(&notice);
        found.push(notice);
    }
    std::future::pending().await
}

fn say(notice: &Notice) {
    output::note(&printable(&translate::notice(notice)));
}
