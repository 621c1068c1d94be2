//! `rxtill simulate` through real tills, `--resume` and `--check`.
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use super::printed::{PrintedCheck, PrintedRun, Shares, Wrong};
use super::{Arguments, seconds};
use crate::cli::context::Context;
use crate::cli::outcome::{Failure, Outcome};
use crate::cli::output;
use crate::cli::till::store_or_later;
use crate::domain::clock::Clock as _;
use crate::domain::scenario::{Scenario, Stands, World};
use crate::runtime::interrupt::Interrupt;
use crate::runtime::open::{self, Who};
use crate::runtime::sample::load_sample;
use crate::runtime::simulate;
use crate::runtime::simulate::course::{Course, Reached};
use crate::runtime::simulate::crew::{self, CrewPlan};
use crate::runtime::simulate::judged::{self, Judgement};
use crate::store::ports::{Outbox as _, RelayMode};
use crate::store::star::Store;
use crate::store::sync::SyncOptions;

pub(super) async fn run(context: &Context, arguments: &Arguments, interrupt: Interrupt) -> Result<Outcome, Failure> {
    let setting = arguments.setting(context)?;
    if arguments.sample {
        let office = context.store(Who::Office).await?;
        let loaded = load_sample(&office, context.clock.as_ref()).await;
        loaded.map_err(|fault| Failure::failed(format!("the sample pharmacy: {fault}")))?;
    }
    let store = context.store(Who::Till).await?;
    let course = Course {
        scenario: setting.theme.to_string(),
        seed: setting.seed,
        run: setting.run,
        start: setting.start,
        rate: arguments.rate,
        seconds: arguments.seconds,
        tills: arguments.tills,
        first: arguments.first,
        outlets: arguments.outlets,
        outlet: arguments.outlet.clone(),
    };
    let world = Arc::new(world(context, &course, &store).await?);
    let run = setting.start.strftime("%Y%m%d-%H%M%S-").to_string() + &setting.run.simple().to_string()[28..];
    let plan = plan(context, store, &run);
    let folder = plan.folder.display();
    open::private_folder(&plan.folder).map_err(|fault| Failure::failed(format!("{folder}: {fault}")))?;
    course
        .keep(&plan.folder)
        .map_err(|fault| Failure::failed(format!("{folder}: {fault}")))?;
    output::note(&format!("run {run}"));
    let scenario = Scenario::new(world, setting);
    play(context, &plan, (run, &course), scenario, None, interrupt).await
}

/// `--resume`: from where the run was killed, as it was asked for. Its tills have their journals; a database that is away is not
/// waited for, as no till does.
pub(super) async fn resume(context: &Context, run: &str, interrupt: Interrupt) -> Result<Outcome, Failure> {
    check_name(run)?;
    let store = store_or_later(context).await?;
    let plan = earlier(context, store, run)?;
    let folder = plan.folder.display();
    let course = Course::read(&plan.folder)
        .map_err(|fault| Failure::usage(format!("{folder} is no run that can go on: {fault}")))?;
    let setting = course.setting().map_err(Failure::usage)?;
    let world = Arc::new(world(context, &course, &plan.store).await?);
    let reached = Reached::of(&plan.folder, Scenario::new(Arc::clone(&world), setting));
    let reached = match reached {
        // It was killed before its tills were open.
        Err(fault) if fault.kind() == ErrorKind::NotFound => None,
        reached => Some(reached.map_err(|fault| Failure::failed(format!("{folder}: {fault}")))?),
    };
    let answered = reached.as_ref().map_or(0, Reached::answered);
    output::note(&format!("run {run} goes on after {answered} answered sales"));
    let scenario = Scenario::new(world, setting);
    play(context, &plan, (run.to_owned(), &course), scenario, reached, interrupt).await
}

async fn play(
    context: &Context,
    plan: &CrewPlan,
    (run, course): (String, &Course),
    scenario: Scenario,
    reached: Option<Reached>,
    mut interrupt: Interrupt,
) -> Result<Outcome, Failure> {
    let begun = context.clock.now();
    let world = Arc::clone(scenario.world());
    tracing::info!(run, tills = world.tills.len(), "simulating");
    let resumed = reached.as_ref().map(Reached::answered);
    let came = Box::pin(crew::work(plan, scenario, reached, interrupt.heard())).await;
    let mut came = came.map_err(Failure::failed)?;
    let took = context.clock.now().duration_since(begun).unsigned_abs();
    let judgement = judge(context, plan).await?;
    let wrong = Wrong::new(&judgement, came.unsent);
    let printed = PrintedRun {
        run,
        tills: world.tills.len(),
        outlets: world.outlets.len(),
        scenario: course.scenario.clone(),
        seed: course.seed,
        resumed_after: resumed,
        answered: judgement.answered,
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
    check_name(run)?;
    let store = context.store(Who::Auditor).await?;
    let plan = earlier(context, store, run)?;
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

/// A run's name becomes a path.
fn check_name(run: &str) -> Result<(), Failure> {
    if run.is_empty() || !run.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(Failure::usage(format!("“{run}” is no run")));
    }
    Ok(())
}

/// The plan of a run that was.
fn earlier(context: &Context, store: Store, run: &str) -> Result<CrewPlan, Failure> {
    let plan = plan(context, store, run);
    if plan.folder.is_dir() {
        return Ok(plan);
    }
    let folder = plan.folder.display();
    Err(Failure::usage(format!("there is no run {run} in {folder}")))
}

async fn world(context: &Context, course: &Course, store: &Store) -> Result<World, Failure> {
    let (catalogue, _) = context.catalogue(store).await?;
    let only = match &course.outlet {
        Some(named) => Some(catalogue.find_outlet(named).map_err(Failure::usage)?),
        None => None,
    };
    let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let stands = Stands {
        tills: number(course.tills),
        first: number(course.first),
        outlets: course.outlets,
        only,
    };
    let world = World::of(&catalogue, &stands, course.seed, course.start);
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
