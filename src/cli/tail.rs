//! `rxtill tail`: the stream as it arrives, one line a record. It works beside an open till, and without any.
mod line;
mod start;
mod totals;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout_at};

use self::line::Line;
use self::start::Start;
use self::totals::{Standing, Totals};
use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::output::{self, Reader};
use super::till;
use crate::domain::event::EventTopic;
use crate::domain::sightings::Sightings;
use crate::runtime::interrupt::Interrupt;
use crate::runtime::open;
use crate::stream::live::{self, LiveFrom, LiveOptions, LiveRecord, LiveSource, LiveUpdate, StreamState};

/// Updates that wait to be printed; the feed stops fetching while they do.
const UPDATES: usize = 8;
/// Who wants the end of the stream waits no longer for a broker that does not answer. A broker's restart takes less.
const PATIENCE: Duration = Duration::from_secs(30);

/// Print the stream of sales as it arrives, and of what happens at the tills beside them
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to begin: beginning, today, now, or a moment in RFC 3339 [default: now; with --until-end: beginning]
    #[arg(long, value_name = "WHERE")]
    from: Option<Start>,
    /// Also what happens at the tills beside their sales: audit events and heartbeats
    #[arg(long)]
    audit: bool,
    /// With each sale, how much of that drug its outlet has sold since the first record read, and for how much
    #[arg(long)]
    totals: bool,
    /// Stop after so many records
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Stop at the end that the stream has now
    #[arg(long)]
    until_end: bool,
}

pub(super) async fn run(context: &Context, arguments: Arguments, mut interrupt: Interrupt) -> Result<Outcome, Failure> {
    let until_end = arguments.until_end;
    let following = async {
        let source = source(context).await?;
        let (updates, told) = mpsc::channel(UPDATES);
        // Nothing is asked for while it runs.
        let (_commands, commanded) = mpsc::channel(1);
        let mut options = LiveOptions::sales(from(context, arguments.from, until_end).await);
        options.until_end = until_end;
        if arguments.audit {
            options.topics.push(EventTopic::Audit);
        }
        let feed = live::run(
            source,
            options,
            commanded,
            updates,
            context.clock.clone(),
            std::future::pending(),
        );
        let printing = Printer::new(context, &arguments).run(told);
        // The printer drops its end when it is done, and that ends the feed.
        let (ended, ()) = tokio::join!(printing, feed);
        ended
    };
    tokio::select! {
        done = following => done.map(|()| Outcome::Fine),
        () = output::reader_gone() => Ok(Outcome::Fine),
        () = interrupt.heard() => {
            if until_end {
                Err(Failure::failed("interrupted before the end of the stream"))
            } else {
                // Without an end, this is the way to end it.
                Ok(Outcome::Fine)
            }
        }
    }
}

/// The topics; without brokers the till's own outbox.
async fn source(context: &Context) -> Result<LiveSource, Failure> {
    if let Some(kafka) = &context.config.kafka {
        return Ok(LiveSource::Kafka(open::kafka_settings(kafka)));
    }
    Ok(LiveSource::Outbox {
        outbox: Arc::new(till::store_or_later(context).await?),
        till: context.config.till.id.clone(),
        // The till is another process: nobody here can tell of a sale, and the follower looks by itself.
        wake: Arc::new(Notify::new()),
    })
}

async fn from(context: &Context, asked: Option<Start>, until_end: bool) -> LiveFrom {
    match asked {
        None if until_end => LiveFrom::Beginning,
        None | Some(Start::Now) => LiveFrom::Now,
        Some(Start::Beginning) => LiveFrom::Beginning,
        Some(Start::At(moment)) => LiveFrom::At(moment),
        Some(Start::Today) => LiveFrom::At(start::midnight(context).await),
    }
}

/// Before the number of a partition of a topic beside that of sales.
fn beside(topic: EventTopic) -> &'static str {
    match topic {
        EventTopic::Sales => "",
        EventTopic::Audit => "audit ",
    }
}

/// Prints what the feed tells: records to standard output, how the stream stands to standard error.
struct Printer<'a> {
    context: &'a Context,
    until_end: bool,
    /// Records still to be printed; none: no limit.
    left: Option<u64>,
    sightings: Sightings,
    totals: Option<Totals>,
    /// What was last heard of brokers that do not answer, and since when.
    trouble: Option<(Instant, String)>,
    /// Whether it was said that the stream is followed.
    said_live: bool,
}

impl<'a> Printer<'a> {
    fn new(context: &'a Context, arguments: &Arguments) -> Self {
        Self {
            context,
            until_end: arguments.until_end,
            left: arguments.count,
            sightings: Sightings::default(),
            totals: arguments.totals.then(Totals::default),
            trouble: None,
            // Who reads to the end is not told that it is live there.
            said_live: arguments.until_end,
        }
    }

    async fn run(mut self, mut told: mpsc::Receiver<LiveUpdate>) -> Result<(), Failure> {
        while let Some(update) = self.next(&mut told).await? {
            if self.take(update).await?.is_break() {
                return Ok(());
            }
        }
        Err(Failure::failed("the stream is no longer followed"))
    }

    async fn next(&self, told: &mut mpsc::Receiver<LiveUpdate>) -> Result<Option<LiveUpdate>, Failure> {
        match &self.trouble {
            Some((since, reason)) if self.until_end => timeout_at(*since + PATIENCE, told.recv())
                .await
                .map_err(|_| Failure::failed(format!("the end was not reached: {reason}"))),
            _ => Ok(told.recv().await),
        }
    }

    async fn take(&mut self, update: LiveUpdate) -> Result<ControlFlow<()>, Failure> {
        match update {
            LiveUpdate::Records(records) => return self.print(records).await,
            LiveUpdate::State(state) => self.stands(state)?,
            LiveUpdate::Gap {
                topic,
                partition,
                from,
                to,
            } => output::note(&format!(
                "{}partition {partition}: the brokers have deleted the records {from} to {}",
                beside(topic),
                to - 1
            )),
            LiveUpdate::Restarted { topic, partition, from } => output::note(&format!(
                "{}partition {partition} was made again: read from its first record, {from}",
                beside(topic)
            )),
            LiveUpdate::End => return Ok(ControlFlow::Break(())),
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn print(&mut self, mut records: Vec<LiveRecord>) -> Result<ControlFlow<()>, Failure> {
        if let Some(left) = &mut self.left {
            records.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= records.len() as u64;
        }
        let mut text = String::new();
        for record in &records {
            let seen = record.note_in(&mut self.sightings);
            let standing = match &mut self.totals {
                Some(totals) => totals.count(record, seen),
                None => Standing::NotAsked,
            };
            let line = Line::new(record, seen, standing);
            text.push_str(&if self.context.output.json {
                line.json()
            } else {
                line.words()
            });
            text.push('\n');
        }
        let reader = self.context.output.lines(text).await?;
        Ok(if reader == Reader::Gone || self.left == Some(0) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    }

    fn stands(&mut self, state: StreamState) -> Result<(), Failure> {
        match state {
            StreamState::Connecting { .. } => {}
            StreamState::Live | StreamState::CatchingUp { .. } => {
                let mended = self.trouble.take().is_some();
                if mended || (!self.said_live && state == StreamState::Live) {
                    output::note(if state == StreamState::Live {
                        "live"
                    } else {
                        "reading on"
                    });
                }
                self.said_live |= state == StreamState::Live;
            }
            StreamState::TopicMissing { topic, .. } => {
                let reason = format!("the topic {topic} is missing; rxtill init makes it");
                if self.until_end {
                    return Err(Failure::failed(reason));
                }
                self.heard(reason, "waiting for it");
            }
            StreamState::Reconnecting { reason, .. } => self.heard(reason, "trying again"),
        }
        Ok(())
    }

    /// Says what the trouble is, once.
    fn heard(&mut self, reason: String, meanwhile: &str) {
        let since = self.trouble.as_ref().map(|(since, _)| *since);
        if self.trouble.as_ref().is_none_or(|(_, said)| *said != reason) {
            output::note(&format!("{reason}: {meanwhile}"));
        }
        self.trouble = Some((since.unwrap_or_else(Instant::now), reason));
    }
}
