//! The headless verbs: one file each, the same code paths as the screen, an honest exit code.
mod check;
mod context;
mod import;
mod init;
mod looks;
mod outcome;
mod output;
mod queue;
mod reconcile;
mod report;
pub mod sell;
mod simulate;
mod sync;
mod tail;
mod till;
mod totals;
mod verify;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use tracing::level_filters::LevelFilter;

use self::context::Context;
use self::looks::Looks;
pub use self::outcome::{Failure, Outcome};
use self::output::Output;
use crate::config::{Config, Overrides};
use crate::runtime::clock::SystemClock;
use crate::runtime::interrupt::Interrupt;
use crate::runtime::logging::{self, Echo};
use crate::ui::Theme;

/// A till for pharmacies: sales to the database, live over Kafka.
#[derive(Debug, Parser)]
#[command(name = "rxtill", version, about, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// Flags of every verb.
#[derive(Debug, Args)]
struct Common {
    /// The configuration file [default: ./rxtill.toml, else rxtill.toml in the platform's configuration folder]
    #[arg(long, global = true, env = "RXTILL_CONFIG", value_name = "PATH")]
    config: Option<PathBuf>,
    /// Keep everything in this till's own files, whatever the configuration says of servers
    #[arg(long, global = true)]
    local: bool,
    /// Where journal, embedded store and logs are kept [default: the platform's data folder]
    #[arg(long, global = true, env = "RXTILL_DATA_DIR", value_name = "PATH")]
    data_dir: Option<PathBuf>,
    /// How much is logged: off, error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<LevelFilter>,
    /// Print JSON for other programs
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    looks: Looks,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::Arguments),
    Import(import::Arguments),
    Queue(queue::Arguments),
    Reconcile(reconcile::Arguments),
    Report(report::Arguments),
    Verify(verify::Arguments),
    Check(check::Arguments),
    Sell(sell::Arguments),
    Tail(tail::Arguments),
    Totals(totals::Arguments),
    Sync(sync::Arguments),
    Watch(watch::Arguments),
    Simulate(simulate::Arguments),
}

/// Loads the configuration, starts the log, runs the verb, and says how it ended: 0 done, 1 failed or a difference
/// found, 2 bad usage or configuration.
pub fn run(arguments: Arguments) -> ExitCode {
    let ended = begin(arguments);
    if let Err(failure) = &ended {
        output::complain(failure);
    }
    match ended {
        Ok(outcome) => outcome.into(),
        Err(failure) => failure.into(),
    }
}

fn begin(Arguments { common, verb }: Arguments) -> Result<Outcome, Failure> {
    let overrides = Overrides {
        file: common.config,
        local: common.local,
        data_dir: common.data_dir,
        log_level: common.log_level,
    };
    let environment = |name: &str| std::env::var_os(name);
    let config = Config::load(overrides, &environment).map_err(Failure::usage)?;
    let theme = common.looks.theme(config.screen.theme, &environment);
    // A verb that cannot log (a read-only disk) works all the same: `check` has to say so.
    let has_screen = matches!(verb, None | Some(Verb::Watch(_)));
    let echo = if has_screen { Echo::Nothing } else { Echo::Warnings };
    let log = logging::start(&config.data_dir, config.log_level, echo).ok();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    let done = runtime.block_on(async {
        let interrupt = Interrupt::listen().map_err(Failure::failed)?;
        let context = Context {
            config,
            output: Output { json: common.json },
            clock: Arc::new(SystemClock),
        };
        let folder = log.as_ref().map(|log| log.folder().to_owned());
        match verb {
            None => till::run(&context, theme, folder, interrupt).await,
            Some(verb) => dispatch(verb, &context, (theme, folder), interrupt).await,
        }
    });
    // What is still blocked on a disk or a socket does not hold the answer up.
    runtime.shutdown_background();
    done
}

async fn dispatch(
    verb: Verb,
    context: &Context,
    (theme, log): (Theme, Option<PathBuf>),
    interrupt: Interrupt,
) -> Result<Outcome, Failure> {
    match verb {
        Verb::Init(arguments) => unless(interrupt, init::run(context, arguments)).await,
        Verb::Import(arguments) => unless(interrupt, import::run(context, arguments)).await,
        Verb::Queue(arguments) => unless(interrupt, queue::run(context, arguments)).await,
        Verb::Reconcile(arguments) => unless(interrupt, reconcile::run(context, arguments)).await,
        Verb::Report(arguments) => unless(interrupt, report::run(context, arguments)).await,
        Verb::Verify(arguments) => unless(interrupt, verify::run(context, arguments)).await,
        Verb::Check(arguments) => check::run(context, arguments, interrupt).await,
        // Following has no end but this.
        Verb::Tail(arguments) => Box::pin(tail::run(context, arguments, interrupt)).await,
        Verb::Totals(arguments) => Box::pin(totals::run(context, arguments, interrupt)).await,
        // An open till closes in order.
        Verb::Sell(arguments) => Box::pin(sell::run(context, arguments, interrupt)).await,
        Verb::Sync(arguments) => Box::pin(sync::run(context, arguments, interrupt)).await,
        Verb::Watch(arguments) => Box::pin(watch::run(context, arguments, (theme, log), interrupt)).await,
        Verb::Simulate(arguments) => Box::pin(simulate::run(context, arguments, interrupt)).await,
    }
}

/// For work that can be broken off anywhere: what is done is done in transactions, and can be run again.
async fn unless(
    mut interrupt: Interrupt,
    work: impl Future<Output = Result<Outcome, Failure>>,
) -> Result<Outcome, Failure> {
    tokio::select! {
        done = work => done,
        () = interrupt.heard() => Err(Failure::failed("interrupted; run it again to go on")),
    }
}
