//! `rxtill sell`: sales as JSON lines, through the rules, journal, sync and relay of the screen.
mod line;
mod reader;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use self::line::Wanted;
use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::till;
use crate::config::OversellRule;
use crate::domain::catalogue::{Catalogue, Outlet};
use crate::domain::clock::Clock as _;
use crate::domain::name::printable;
use crate::domain::outlet::NoOutlet;
use crate::runtime::interrupt::Interrupt;
use crate::runtime::task;
use crate::runtime::till::{OpenTill, Seller};
use crate::store::ports::{Outbox as _, Oversell};
use crate::store::star::Store;
use crate::store::sync::SaleOutcome;
use crate::stream::relay::RelayState;

/// How long the events of the last sales are waited for; what is not published then goes with the next relay.
const PUBLISHED: Duration = Duration::from_secs(10);
/// How often the outbox is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(50);

/// Record sales given as JSON lines
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A file with one sale a line, - for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// What happens when the book says that there is too little [default: refuse, or `[sale] oversell`]
    #[arg(long, value_enum)]
    oversell: Option<Short>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Short {
    Allow,
    Refuse,
}

pub(super) async fn run(context: &Context, arguments: Arguments, mut interrupt: Interrupt) -> Result<Outcome, Failure> {
    let lines = reader::lines(&arguments.file)?;
    let store = till::store_or_later(context).await?;
    let (catalogue, _) = context.catalogue(&store).await?;
    let outlet = till::outlet(context, &catalogue).await.map_err(no_outlet)?;
    tracing::info!(outlet = outlet.name, "selling");
    let (till, mut notices) = till::open_till(context, store.clone(), Some(outlet.id)).await?;
    task::spawn(async move {
        while let Some(notice) = notices.recv().await {
            tracing::info!(?notice, "sync");
        }
    });
    let counter = Counter {
        context,
        catalogue: &catalogue,
        outlet,
        oversell: oversell(context, arguments.oversell),
        seller: till.seller(),
    };
    let ended = serve(&counter, lines, &mut interrupt).await;
    if matches!(ended, Ok(Ended::AtEnd { .. })) {
        tokio::select! {
            () = published(&till, &store) => {}
            () = interrupt.heard() => {}
        }
    }
    till.close().await;
    match ended? {
        Ended::AtEnd { all_well } => Ok(Outcome::of(all_well)),
        Ended::Interrupted => Err(Failure::failed(
            "interrupted; what was answered is recorded, and the same lines can be given again",
        )),
    }
}

/// How the lines came to an end.
enum Ended {
    AtEnd { all_well: bool },
    Interrupted,
}

/// A line is not broken off: the interrupt is heard between lines.
async fn serve(counter: &Counter<'_>, mut lines: reader::Lines, interrupt: &mut Interrupt) -> Result<Ended, Failure> {
    let mut all_well = true;
    let mut number = 0;
    loop {
        let line = tokio::select! {
            biased;
            () = interrupt.heard() => return Ok(Ended::Interrupted),
            line = lines.recv() => line,
        };
        let Some(line) = line else {
            return Ok(Ended::AtEnd { all_well });
        };
        number += 1;
        let line = line.map_err(Failure::failed)?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = counter.sell(number, &line).await?;
        all_well &= answer.is_well();
        counter.context.output.answer(&answer, &answer)?;
    }
}

/// What became of a line.
#[derive(Debug, Serialize)]
struct Answer {
    line: u64,
    /// None when the line has none and none was minted.
    sale_id: Option<Uuid>,
    receipt: Option<String>,
    state: &'static str,
    /// None when it was refused before there was one.
    total: Option<String>,
    repeated: bool,
    error: Option<String>,
}

impl Answer {
    fn refused(line: u64, sale_id: Option<Uuid>, reason: &str) -> Self {
        Self {
            line,
            sale_id,
            receipt: None,
            state: "refused",
            total: None,
            repeated: false,
            error: Some(printable(reason)),
        }
    }

    fn is_well(&self) -> bool {
        matches!(self.state, "committed" | "queued")
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.state)?;
        for part in [&self.receipt, &self.total].into_iter().flatten() {
            write!(f, " {part}")?;
        }
        if self.repeated {
            f.write_str(", recorded before")?;
        }
        match &self.error {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// The counter without a clerk.
struct Counter<'a> {
    context: &'a Context,
    catalogue: &'a Catalogue,
    outlet: Arc<Outlet>,
    oversell: Oversell,
    seller: Seller,
}

impl Counter<'_> {
    async fn sell(&self, line: u64, text: &[u8]) -> Result<Answer, Failure> {
        let wanted: Wanted = match serde_json::from_slice(text) {
            Ok(wanted) => wanted,
            Err(error) => return Ok(Answer::refused(line, None, &error.to_string())),
        };
        let given = wanted.sale_id;
        let sale_id = given.unwrap_or_else(|| self.context.clock.new_id());
        let now = self.context.clock.now();
        let (agreed, flags) = match wanted.agree(sale_id, &self.outlet, now, self.catalogue) {
            Ok(agreed) => agreed,
            Err(reason) => return Ok(Answer::refused(line, given, &reason)),
        };
        let answer = self
            .seller
            .sell(agreed, flags, self.oversell)
            .await
            .map_err(Failure::failed)?;
        let state = answer.state.as_str();
        let error = match answer.state {
            SaleOutcome::Committed | SaleOutcome::Queued => None,
            SaleOutcome::Parked(reason) => Some(printable(&reason)),
            SaleOutcome::Refused(refusal) => Some(printable(&refusal.to_string())),
        };
        Ok(Answer {
            line,
            sale_id: Some(answer.sale_id),
            receipt: answer.receipt,
            state,
            total: Some(answer.total.fixed(self.outlet.currency.places)),
            repeated: answer.repeated,
            error,
        })
    }
}

/// What the configuration can mend is bad usage.
fn no_outlet(reason: NoOutlet) -> Failure {
    match reason {
        NoOutlet::NoneYet => Failure::failed(reason),
        NoOutlet::NotFound(_) | NoOutlet::Several => Failure::usage(reason),
    }
}

fn oversell(context: &Context, flag: Option<Short>) -> Oversell {
    match (flag, context.config.oversell) {
        (Some(Short::Allow), _) | (None, OversellRule::Allow) => Oversell::Hold,
        // There is no clerk to ask.
        (Some(Short::Refuse), _) | (None, OversellRule::Ask | OversellRule::Refuse) => Oversell::Refuse,
    }
}

/// Waits until the till's events are published, or it is plain that they will not be now.
async fn published(till: &OpenTill, store: &Store) {
    let Some(relay) = till.relay() else { return };
    let deadline = Instant::now() + PUBLISHED;
    while Instant::now() < deadline {
        let hopeless = matches!(
            relay.status.borrow().state,
            RelayState::Down { .. } | RelayState::StoreAway { .. } | RelayState::Kept | RelayState::Debezium
        );
        if hopeless {
            return;
        }
        match store.unmarked(till.journal().till(), 1).await {
            Ok(rows) if !rows.is_empty() => sleep(LOOK).await,
            Ok(_) | Err(_) => return,
        }
    }
}
