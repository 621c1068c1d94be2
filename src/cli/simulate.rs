//! `rxtill simulate`: many tills at once, by a scenario, in real time (PATH 5.7).
mod load;
mod printed;
mod tills;

use std::time::Duration;

use clap::Args;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use crate::domain::clock::Clock as _;
use crate::domain::scenario::{Pace, Setting, Theme};
use crate::runtime::interrupt::Interrupt;

/// Simulate many tills at once, through the real path
///
/// They are called SIM001 and so on, and are left out of reports unless asked for. Who buys what of whom, and what goes wrong,
/// is a scenario's: the same seed gives the same one.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How many tills
    #[arg(long, default_value_t = 6, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=900))]
    tills: u32,
    /// Sales a second, all tills together
    #[arg(long, default_value_t = 1.0, value_name = "R")]
    rate: f64,
    /// For how long
    #[arg(long, default_value_t = 60, value_name = "S")]
    seconds: u32,
    /// What happens: ordinary, fraud, mistakes, or the name of a rule such as `split_sales`
    #[arg(long, default_value = "ordinary", value_name = "NAME")]
    scenario: Theme,
    /// Of chance
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// In how many outlets they stand [default: in all that there are]
    #[arg(long, value_name = "K", conflicts_with = "outlet")]
    outlets: Option<usize>,
    /// In this outlet alone, by its name or id
    #[arg(long, value_name = "OUTLET")]
    outlet: Option<String>,
    /// The number of the first till: simulations at the same time need tills of their own
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=999_999))]
    first: u32,
    /// Load the sample pharmacy first
    #[arg(long)]
    sample: bool,
    /// Send the events of a made-up chain straight to the topics, without tills and without a database
    #[arg(long, conflicts_with_all = ["outlet", "first", "sample"])]
    stream_only: bool,
    /// Go on with an earlier run that was killed, as it was asked for
    #[arg(long, value_name = "RUN", conflicts_with_all = ["tills", "rate", "seconds", "scenario", "seed", "outlets", "outlet",
        "first", "sample", "stream_only", "check"])]
    resume: Option<String>,
    /// Simulate nothing: judge an earlier run against store and topic
    #[arg(long, value_name = "RUN", conflicts_with = "stream_only")]
    check: Option<String>,
}

impl Arguments {
    fn setting(&self, context: &Context) -> Result<Setting, Failure> {
        if !(self.rate > 0.0 && self.rate <= 100_000.0) {
            return Err(Failure::usage("--rate is above 0, and at most 100000"));
        }
        Ok(Setting {
            theme: self.scenario,
            seed: self.seed,
            run: context.clock.new_id(),
            start: context.clock.now(),
            pace: Pace::Steady {
                rate: self.rate,
                seconds: self.seconds,
            },
            transport: self.stream_only,
        })
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments, interrupt: Interrupt) -> Result<Outcome, Failure> {
    match (&arguments.check, &arguments.resume) {
        (Some(run), _) => tills::check(context, run, interrupt).await,
        (None, Some(run)) => Box::pin(tills::resume(context, run, interrupt)).await,
        (None, None) if arguments.stream_only => load::run(context, &arguments, interrupt).await,
        (None, None) => Box::pin(tills::run(context, &arguments, interrupt)).await,
    }
}

/// Seconds with a place after the point.
fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 10.0).round() / 10.0
}
