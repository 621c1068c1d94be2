//! `rxtill reconcile`: the database against the topic of sales, event by event. It works beside open tills.
use std::cell::Cell;
use std::fmt;
use std::io;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::context::Context;
use super::outcome::{Failure, Outcome};
use crate::domain::clock::Clock as _;
use crate::domain::name::printable;
use crate::domain::reconcile::{Counts, Edge, Period};
use crate::runtime::open::{self, Who};
use crate::runtime::reconcile::{self as work, List, Reconciliation, Sent, Step};
use crate::stream::producer::KafkaProducer;
use crate::stream::relay::again::PATIENCE;

/// So many of each list are named to people; programs are given all of them.
const SHOWN: usize = 5;

/// Compare the database with the topic of sales, event by event: what is missing, extra or different
///
/// An event that waits in the outbox, that the brokers deleted by age, or whose sale is parked is not missing.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only sales of that day of their outlet or later, or at that moment (RFC 3339) or later
    #[arg(long, value_name = "WHEN")]
    since: Option<Edge>,
    /// Only sales of that day of their outlet or earlier, or before that moment (RFC 3339)
    #[arg(long, value_name = "WHEN")]
    until: Option<Edge>,
    /// Send again what is missing, in order, under each till's lease
    #[arg(long)]
    republish: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    database: u64,
    topic: u64,
    repeated: u64,
    waiting: u64,
    expired: u64,
    parked: u64,
    missing: Ids<'a>,
    extra: Ids<'a>,
    different: Ids<'a>,
    /// Events that no broker will ever take: the outbox has the reason.
    set_aside: u64,
    /// Records of the topic that are no sale events of this program's.
    others: u64,
    /// Events that were sent again; null: nobody asked for it.
    sent: Option<u64>,
    unsent: Vec<Unsent<'a>>,
}

#[derive(Serialize)]
struct Unsent<'a> {
    till: &'a str,
    events: u64,
    reason: String,
}

/// The ids of a list, read from the disk as they are written.
struct Ids<'a>(&'a List);

impl Serialize for Ids<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ids = serializer.serialize_seq(None)?;
        for named in self.0.names().map_err(S::Error::custom)? {
            ids.serialize_element(&named.map_err(S::Error::custom)?.event_id)?;
        }
        ids.end()
    }
}

impl<'a> Report<'a> {
    fn of(found: &'a Reconciliation, sent: Option<&'a Sent>) -> Self {
        let Counts {
            database,
            topic,
            repeated,
            waiting,
            expired,
            set_aside,
            parked,
        } = found.counts;
        let unsent = sent.map(|sent| sent.unsent.as_slice()).unwrap_or_default();
        Self {
            database,
            topic,
            repeated,
            waiting,
            expired,
            parked,
            missing: Ids(&found.missing),
            extra: Ids(&found.extra),
            different: Ids(&found.different),
            set_aside,
            others: found.others,
            sent: sent.map(|sent| sent.events),
            unsent: unsent
                .iter()
                .map(|unsent| Unsent {
                    till: &unsent.till,
                    events: unsent.events,
                    reason: printable(&unsent.reason),
                })
                .collect(),
        }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "database: {} events\ntopic: {}", self.database, self.topic)?;
        for (count, words) in [(self.repeated, "repeated"), (self.others, "records that are none")] {
            if count > 0 {
                write!(f, ", {count} {words}")?;
            }
        }
        for (count, words) in [
            (self.waiting, "waiting to be published"),
            (self.expired, "expired: the brokers deleted them by age"),
            (self.set_aside, "set aside: no broker takes them"),
            (self.parked, "lines of parked sales, without events yet"),
        ] {
            if count > 0 {
                write!(f, "\n{count} {words}")?;
            }
        }
        for (what, Ids(list)) in [
            (
                "missing: acknowledged by the brokers, and not in the topic",
                &self.missing,
            ),
            ("extra: in the topic, and not in the database", &self.extra),
            ("different: the topic has another one", &self.different),
        ] {
            some(f, what, list)?;
        }
        if let Some(sent) = self.sent {
            write!(f, "\n{sent} sent again")?;
        }
        for Unsent { till, events, reason } in &self.unsent {
            write!(f, "\n{till}: {events} not sent: {reason}")?;
        }
        if self.missing.0.count() + self.extra.0.count() + self.different.0.count() == 0 {
            f.write_str("\nthe topic has what the database has")?;
        }
        Ok(())
    }
}

/// The first few of a list.
fn some(f: &mut fmt::Formatter<'_>, what: &str, list: &List) -> fmt::Result {
    if list.count() == 0 {
        return Ok(());
    }
    write!(f, "\n{} {what}", list.count())?;
    for event in list.names().map_err(|_| fmt::Error)?.take(SHOWN) {
        let event = event.map_err(|_| fmt::Error)?;
        write!(f, "\n  {event}: {}", event.event_id)?;
    }
    match list.count().saturating_sub(SHOWN as u64) {
        0 => Ok(()),
        more => write!(f, "\n  and {more} more: --json has all of them"),
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Outcome, Failure> {
    let config = &context.config;
    let Some(kafka) = &config.kafka else {
        return Err(Failure::usage(
            "there is no topic to compare with: the configuration has no [kafka]. rxtill verify compares what is kept here",
        ));
    };
    let settings = open::kafka_settings(kafka);
    let store = context.store(Who::Auditor).await?;
    let folder = |error: io::Error| Failure::failed(format!("{}: {error}", config.data_dir.display()));
    open::private_folder(&config.data_dir).map_err(folder)?;
    let progress = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        progress.set_style(style);
    }
    let shown = Cell::new(0);
    let tell = |what: &str, count: u64| {
        // A line for each page would cost more than the page.
        if count / 1_000 != shown.replace(count / 1_000) {
            progress.tick();
            progress.set_message(format!("{what}: {count}"));
        }
    };
    let period = Period {
        since: arguments.since,
        until: arguments.until,
    };
    let compared = Box::pin(work::reconcile(
        store.engine().as_ref(),
        &settings,
        context.clock.clone(),
        (&config.data_dir, period),
        |step| match step {
            Step::Topic(count) => tell("records of the topic read", count),
            Step::Store(count) => tell("events of the database compared", count),
        },
    ));
    let found = compared.await.map_err(Failure::failed)?;
    let sent = if arguments.republish {
        let producer = KafkaProducer::new(settings.clone(), context.clock.clone());
        let holder = format!("reconcile {}", context.clock.new_id());
        let sending = Box::pin(work::send(
            (store.engine().as_ref(), &store, &producer),
            (&settings.topic, &holder),
            &found.missing,
            PATIENCE,
            |count| tell("events sent again", count),
        ));
        Some(sending.await.map_err(folder)?)
    } else {
        None
    };
    progress.finish_and_clear();
    let report = Report::of(&found, sent.as_ref());
    context.output.answer(&report, &report)?;
    let is_whole = match &sent {
        // All of it was sent: the next look finds it.
        Some(sent) => sent.unsent.is_empty(),
        None => found.missing.count() == 0,
    };
    Ok(Outcome::of(
        is_whole && found.extra.count() + found.different.count() == 0,
    ))
}
