//! `rxtill simulate --stream-only`.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{Arguments, seconds};
use crate::cli::context::Context;
use crate::cli::outcome::{Failure, Outcome};
use crate::domain::clock::Clock as _;
use crate::domain::scenario::stream::Stream;
use crate::domain::scenario::{Scenario, Size, World};
use crate::runtime::interrupt::Interrupt;
use crate::runtime::{open, simulate};

/// As it is printed.
#[derive(Debug, Serialize)]
struct Printed {
    tills: usize,
    sales: u64,
    events: u64,
    seconds: f64,
    events_per_s: f64,
    failed: u64,
    behind_s: f64,
    reason: Option<String>,
}

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} tills, {} sales, {} events in {} s: {} a second",
            self.tills, self.sales, self.events, self.seconds, self.events_per_s
        )?;
        if self.behind_s >= 1.0 {
            write!(f, "; it fell behind by {} s", self.behind_s)?;
        }
        if self.failed > 0 {
            write!(f, "; {} events were not taken", self.failed)?;
        }
        match &self.reason {
            Some(reason) => write!(f, "; the brokers said: {reason}"),
            None => Ok(()),
        }
    }
}

pub(super) async fn run(
    context: &Context,
    arguments: &Arguments,
    mut interrupt: Interrupt,
) -> Result<Outcome, Failure> {
    let kafka = context.config.kafka.as_ref();
    let kafka = kafka.ok_or_else(|| Failure::usage("--stream-only needs [kafka] in the configuration"))?;
    let settings = open::kafka_settings(kafka);
    let tills = usize::try_from(arguments.tills).unwrap_or(usize::MAX);
    let outlets = arguments.outlets.unwrap_or(12).clamp(1, tills);
    let size = Size {
        outlets,
        tills,
        drugs: 5_000,
        doctors: outlets * 10,
    };
    let world = Arc::new(World::made_up(arguments.seed, size).apart());
    let setting = arguments.setting(context)?;
    let stream = Stream::new(Scenario::new(world, setting));
    let loaded = simulate::load::load(stream, &settings, context.clock.clone(), interrupt.heard()).await;
    let took = context.clock.now().duration_since(setting.start).unsigned_abs();
    let printed = Printed {
        tills,
        sales: loaded.sales,
        events: loaded.events,
        seconds: seconds(took),
        events_per_s: a_second(loaded.events, took),
        failed: loaded.failed,
        behind_s: seconds(loaded.behind),
        reason: loaded.reason,
    };
    context.output.answer(&printed, &printed)?;
    Ok(Outcome::of(printed.failed == 0))
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn a_second(events: u64, took: Duration) -> f64 {
    (events as f64 / took.as_secs_f64().max(0.001)).round()
}
