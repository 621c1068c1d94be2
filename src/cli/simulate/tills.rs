//! `rxtill simulate` through real tills, and `--check`.
use std::path::PathBuf;
use std::sync::Arc;

use super::printed::{PrintedCheck, PrintedRun, Shares, Wrong};
use super::{Arguments, seconds};
use crate::cli::context::Context;
use crate::cli::outcome::{Failure, Outcome};
use crate::domain::clock::Clock as _;
use crate::domain::scenario::{Scenario, Setting, Stands, World};
use crate::runtime::interrupt::Interrupt;
use crate::runtime::open::{self, Who};
use crate::runtime::sample::load_sample;
use crate::runtime::simulate;
use crate::runtime::simulate::crew::{self, CrewPlan};
use crate::runtime::simulate::judged::{self, Judgement};
use crate::store::ports::{Outbox as _, RelayMode};
use crate::store::star::Store;
use crate::store::sync::SyncOptions;

pub(super) async fn run(
    context: &Context,
    arguments: &Arguments,
    mut interrupt: Interrupt,
) -> Result<Outcome, Failure> {
    let setting = arguments.setting(context)?;
    if arguments.sample {
        let office = context.store(Who::Office).await?;
        let loaded = load_sample(&office, context.clock.as_ref()).await;
        loaded.map_err(|fault| Failure::failed(format!("the sample pharmacy: {fault}")))?;
    }
    let store = context.store(Who::Till).await?;
    let world = Arc::new(world(context, arguments, &store).await?);
    let run = setting.start.strftime("%Y%m%d-%H%M%S-").to_string() + &setting.run.simple().to_string()[28..];
    let plan = plan(context, store, &run);
    open::private_folder(&plan.folder)
        .map_err(|fault| Failure::failed(format!("{}: {fault}", plan.folder.display())))?;
    tracing::info!(run, tills = world.tills.len(), "simulating");
    let playing = Arc::clone(&world);
    let clock = Arc::clone(&context.clock);
    let scenario = move || {
        Scenario::new(
            playing,
            Setting {
                start: clock.now(),
                ..setting
            },
        )
    };
    let came = crew::work(&plan, scenario, interrupt.heard(), Arc::clone(&world)).await;
    let mut came = came.map_err(Failure::failed)?;
    let took = context.clock.now().duration_since(setting.start).unsigned_abs();
    let judgement = judge(context, &plan).await?;
    let wrong = Wrong::new(&judgement, came.unsent);
    let printed = PrintedRun {
        run,
        tills: world.tills.len(),
        outlets: world.outlets.len(),
        scenario: setting.theme.to_string(),
        seed: setting.seed,
        sales: came.sales,
        queued: came.queued,
        notes: came.notes,
        seconds: seconds(took),
        refused: came.refused,
        refused_why: came.why,
        behind_s: seconds(came.behind),
        wrong,
        commit_ms: Shares::of(&mut came.commit),
        live_ms: plan.kafka.is_some().then(|| Shares::of(&mut came.live)),
    };
    context.output.answer(&printed, &printed)?;
    Ok(Outcome::of(printed.wrong.is_nothing()))
}

/// `--check`: what the tills of the run have unsent is uploaded first, since lost is what is not in the store afterwards.
pub(super) async fn check(context: &Context, run: &str, mut interrupt: Interrupt) -> Result<Outcome, Failure> {
    if run.is_empty() || !run.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(Failure::usage(format!("“{run}” is no run")));
    }
    let store = context.store(Who::Auditor).await?;
    let plan = plan(context, store, run);
    if !plan.folder.is_dir() {
        return Err(Failure::usage(format!(
            "there is no run {run} in {}",
            plan.folder.display()
        )));
    }
    let judging = async {
        let unsent = judged::empty_queues(&plan).await.map_err(Failure::failed)?;
        let judgement = judge(context, &plan).await?;
        let printed = PrintedCheck {
            run: run.to_owned(),
            answered: judgement.answered,
            wrong: Wrong::new(&judgement, unsent),
        };
        context.output.answer(&printed, &printed)?;
        Ok(Outcome::of(printed.wrong.is_nothing()))
    };
    tokio::select! {
        judged = judging => judged,
        () = interrupt.heard() => Err(Failure::failed("interrupted; run it again to go on")),
    }
}

async fn world(context: &Context, arguments: &Arguments, store: &Store) -> Result<World, Failure> {
    let (catalogue, _) = context.catalogue(store).await?;
    let only = match &arguments.outlet {
        Some(named) => Some(catalogue.find_outlet(named).map_err(Failure::usage)?),
        None => None,
    };
    let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let stands = Stands {
        tills: number(arguments.tills),
        first: number(arguments.first),
        outlets: arguments.outlets,
        only,
    };
    let world = World::of(&catalogue, &stands, arguments.seed, context.clock.now());
    world.map_err(Failure::failed)
}

fn plan(context: &Context, store: Store, run: &str) -> CrewPlan {
    let config = &context.config;
    let seed = context.clock.now().as_millisecond().unsigned_abs();
    let folder: PathBuf = simulate::folder(&config.data_dir, run);
    CrewPlan {
        folder,
        store,
        options: SyncOptions::new(config.till.commit_wait, config.mysql.is_none(), seed),
        kafka: config.kafka.as_ref().map(open::kafka_settings),
        clock: context.clock.clone(),
    }
}

/// Against the topic too, where the fleet publishes to it.
async fn judge(context: &Context, plan: &CrewPlan) -> Result<Judgement, Failure> {
    let publishes = plan.store.relay_mode().await.map_err(Failure::failed)? == RelayMode::On;
    let kafka = plan.kafka.as_ref().filter(|_| publishes);
    let judged = judged::judge(&plan.folder, &plan.store, kafka, context.clock.clone()).await;
    judged.map_err(Failure::failed)
}
