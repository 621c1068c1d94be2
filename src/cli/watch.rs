//! `rxtill watch`: the supervisor's own screen. No till, no journal, no drawer; it reads, and writes notes on alerts.
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::sync::Notify;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::till;
use crate::runtime::catalogue::CatalogueSource;
use crate::runtime::interrupt::Interrupt;
use crate::runtime::open::{self, Who};
use crate::runtime::watching::{self, WatchParts};
use crate::store::kept_watch::KeptWatch;
use crate::stream::live::LiveSource;
use crate::ui::Theme;

/// Where it keeps what it knows, beside what a till of the same data folder keeps.
const FOLDER: &str = "watch";

/// Watch all outlets: live sales, totals, alerts, history; sells nothing
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Who watches: the name under notes on alerts [default: asked for at the first one]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

pub(super) async fn run(
    context: &Context,
    arguments: Arguments,
    (theme, log): (Theme, Option<PathBuf>),
    mut interrupt: Interrupt,
) -> Result<Outcome, Failure> {
    let config = &context.config;
    let keymap = till::keymap(config)?;
    let store = till::store_or_later_by(context, Who::Watch).await?;
    let folder = config.data_dir.join(FOLDER);
    open::private_folder(&folder).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))?;
    let (catalogue, kept) = CatalogueSource::open(store.clone(), Some(&folder)).await;
    let source = match &config.kafka {
        Some(kafka) => LiveSource::Kafka(open::kafka_settings(kafka)),
        None => LiveSource::Outbox {
            outbox: Arc::new(store.clone()),
            till: config.till.id.clone(),
            wake: Arc::new(Notify::new()),
        },
    };
    let parts = WatchParts {
        store,
        source,
        catalogue,
        kept,
        file: Arc::new(KeptWatch::open(&folder).await.map_err(Failure::failed)?),
        name: arguments.name,
        settings: till::settings(config),
        verifies: Duration::from_secs_f64(config.alerts.thresholds.facts_altered_hours * 3_600.0),
        thresholds: config.alerts.thresholds.clone(),
        keymap,
        theme,
        clock: context.clock.clone(),
        log,
    };
    Box::pin(watching::run(parts, interrupt.heard()))
        .await
        .map_err(Failure::failed)?;
    Ok(Outcome::Fine)
}
