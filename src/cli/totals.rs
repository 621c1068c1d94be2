//! `rxtill totals`: what each outlet has sold of each drug, from the topic of sales into the totals topic.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::{output, till};
use crate::domain::clock::Clock as _;
use crate::runtime::interrupt::Interrupt;
use crate::runtime::open::{self, Who};
use crate::store::ports::totals::SoldEvents;
use crate::store::totals::TotalsFile;
use crate::stream::totals::{self, Figures, KafkaTotals, Plan, Ports, Progress, TotalsError};

/// How often it says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// Keep the totals topic: what each outlet has sold of each drug, and for how much
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only these partitions of the topic of sales, such as 0,2 [default: all that no other process has]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = clap::value_parser!(i32).range(0..))]
    partitions: Vec<i32>,
    /// At most so many partitions, so that others can have the rest
    #[arg(long, value_name = "N", conflicts_with = "partitions", value_parser = clap::value_parser!(u64).range(1..))]
    most: Option<u64>,
    /// Stop at the end that the topic of sales has now
    #[arg(long)]
    until_end: bool,
    /// Forget what was counted here, and begin with the sums of the store
    #[arg(long, value_name = "WHAT")]
    rebuild_from: Option<Source>,
}

/// What totals can be made from again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Source {
    /// The sales in the database
    Store,
}

/// How far it is.
#[derive(Debug, Serialize)]
struct Said<'a> {
    done: bool,
    #[serde(flatten)]
    figures: Figures,
    behind: Option<u64>,
    partitions: Vec<Partition>,
    /// Partitions that other processes have.
    elsewhere: Vec<i32>,
    waits_for: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Partition {
    partition: i32,
    next: i64,
}

impl<'a> Said<'a> {
    fn of(progress: &'a Progress, done: bool) -> Self {
        let partition = |(partition, next): (&i32, &i64)| Partition {
            partition: *partition,
            next: *next,
        };
        Self {
            done,
            figures: progress.figures,
            behind: progress.behind,
            partitions: progress.partitions.iter().map(partition).collect(),
            elsewhere: progress.elsewhere.iter().copied().collect(),
            waits_for: progress.trouble.as_deref(),
        }
    }
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = &self.figures;
        let list = |numbers: &[i32]| numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
        let ours: Vec<i32> = self.partitions.iter().map(|partition| partition.partition).collect();
        if ours.is_empty() {
            f.write_str("no partition")?;
        } else {
            write!(f, "partitions {}", list(&ours))?;
        }
        write!(
            f,
            ": {} read, {} counted, {} totals published",
            figures.read, figures.counted, figures.published
        )?;
        for (count, what) in [
            (figures.repeated, "repeated"),
            (figures.known, "in the totals before"),
            (figures.unnumbered, "without a number or price"),
            (figures.unreadable, "unreadable"),
            (figures.untracked, "of a till with too many holes"),
            (self.behind.unwrap_or(0), "to go"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        if !self.elsewhere.is_empty() {
            write!(f, "; other processes have {}", list(&self.elsewhere))?;
        }
        match self.waits_for {
            Some(reason) => write!(f, "; waiting: {reason}"),
            None => Ok(()),
        }
    }
}

impl From<TotalsError> for Failure {
    fn from(error: TotalsError) -> Self {
        match error {
            TotalsError::NoPartition(_) => Self::usage(error),
            error => Self::failed(error),
        }
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments, mut interrupt: Interrupt) -> Result<Outcome, Failure> {
    let until_end = arguments.until_end;
    let (said, mut heard) = watch::channel(Progress::default());
    let (stop, stopped) = watch::channel(false);
    let (ports, plan) = open(context, arguments).await?;
    let mut work = Box::pin(totals::run(ports, plan, said, stopped));
    let mut say = interval(SAY_EVERY);
    say.set_missed_tick_behavior(MissedTickBehavior::Delay);
    say.reset();
    let mut is_interrupted = false;
    let done = loop {
        tokio::select! {
            done = &mut work => break done?,
            () = interrupt.heard(), if !is_interrupted => {
                is_interrupted = true;
                stop.send_replace(true);
            }
            _ = say.tick() => {
                if heard.has_changed().unwrap_or(false) {
                    let progress = heard.borrow_and_update().clone();
                    tell(context, &Said::of(&progress, false))?;
                }
            }
        }
    };
    let last = Said::of(&done, true);
    context.output.answer(&last, &last)?;
    if is_interrupted && until_end {
        return Err(Failure::failed(
            "interrupted before the end of the topic; run it again to go on",
        ));
    }
    Ok(Outcome::Fine)
}

/// How far it is: an answer of its own for programs, a word beside the answer for people.
fn tell(context: &Context, said: &Said<'_>) -> Result<(), Failure> {
    if context.output.json {
        return context.output.answer(said, "");
    }
    output::note(&said.to_string());
    Ok(())
}

async fn open(context: &Context, arguments: Arguments) -> Result<(Ports, Plan), Failure> {
    let config = &context.config;
    let Some(kafka) = &config.kafka else {
        return Err(Failure::usage(
            "the totals are made from topic to topic, and there is no [kafka] in the configuration; rxtill report has the \
             sums of the store",
        ));
    };
    let settings = open::kafka_settings(kafka);
    open::private_folder(&config.data_dir)
        .map_err(|error| Failure::failed(format!("the data folder {}: {error}", config.data_dir.display())))?;
    let fresh = context.clock.new_id();
    let state = TotalsFile::open(&config.data_dir, &settings.topic, fresh).await;
    let state = Arc::new(state.map_err(Failure::failed)?);
    // The leases are in the store. Where it is away, they are waited for.
    let store = till::store_or_later(context).await?;
    let rebuild_from: Option<Arc<dyn SoldEvents>> = match arguments.rebuild_from {
        Some(Source::Store) => {
            let engine = open::engine(config, Who::Auditor).await?;
            Some(Arc::new(open::over(config, engine)))
        }
        None => None,
    };
    let clock = context.clock.clone();
    let ports = Ports {
        state,
        topics: Arc::new(KafkaTotals::new(settings.clone(), clock.clone())),
        leases: Arc::new(store),
        rebuild_from,
        sales: Arc::new(settings),
        clock,
    };
    let plan = Plan {
        partitions: arguments.partitions.into_iter().collect(),
        most: arguments.most.map(|most| usize::try_from(most).unwrap_or(usize::MAX)),
        until_end: arguments.until_end,
    };
    Ok((ports, plan))
}
