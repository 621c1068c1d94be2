//! `rxtill` without a verb: the till on the screen.
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use crate::app::Settings;
use crate::app::settings::OversellRule;
use crate::config::{self, Config};
use crate::domain::catalogue::{Catalogue, CatalogueChanges, Outlet};
use crate::domain::clock::Clock as _;
use crate::domain::name::printable;
use crate::domain::outlet::{self, NoOutlet, Whereabouts};
use crate::keymap::Keymap;
use crate::runtime::catalogue::CatalogueSource;
use crate::runtime::input::{Scanner, Suffix};
use crate::runtime::interrupt::Interrupt;
use crate::runtime::open::{self, OpenError, Who};
use crate::runtime::recover;
use crate::runtime::screen::{self, Opened, Parts};
use crate::runtime::tidy::Tidying;
use crate::runtime::till::{OpenTill, TillError, TillPlan};
use crate::store::error::StoreError;
use crate::store::journal::JournalReader;
use crate::store::star::Store;
use crate::store::sync::{Notice, SyncOptions};
use crate::ui::Theme;

pub(super) async fn run(
    context: &Context,
    theme: Theme,
    log: Option<PathBuf>,
    mut interrupt: Interrupt,
) -> Result<Outcome, Failure> {
    let config = &context.config;
    let keymap = keymap(config)?;
    let store = store_or_later(context).await?;
    let kafka = config.kafka.as_ref().map(open::kafka_settings);
    let (catalogue, kept) = CatalogueSource::open(store.clone(), open::cache_in(config)).await;
    let mut outlets = Catalogue::default();
    outlets.apply(CatalogueChanges {
        outlets: kept.outlets.clone(),
        ..CatalogueChanges::default()
    });
    let outlet = outlet(context, &outlets).await.ok().map(|outlet| outlet.id);
    let opened = Opened::open(plan(context, store.clone(), outlet)).await?;
    let parts = Parts {
        opened,
        stores: open::stores(config, store),
        kafka,
        catalogue,
        kept,
        drawer: config.drawer.clone(),
        settings: settings(config),
        thresholds: config.alerts.thresholds.clone(),
        keymap,
        scanner: scanner(config),
        theme,
        clock: context.clock.clone(),
        log,
    };
    Box::pin(screen::run(parts, interrupt.heard()))
        .await
        .map_err(Failure::failed)?;
    Ok(Outcome::Fine)
}

/// The till of the configuration over `store`, in the row `outlet`, where that is known.
fn plan(context: &Context, store: Store, outlet: Option<i64>) -> TillPlan {
    let config = &context.config;
    let seed = context.clock.now().as_millisecond().unsigned_abs();
    let office = open::stores(config, store.clone()).office;
    let days = config.kafka.as_ref().and_then(|kafka| kafka.outbox_days);
    TillPlan {
        till: config.till.id.clone(),
        data_dir: config.data_dir.clone(),
        store,
        tidying: days.map(|days| Tidying { store: office, days }),
        options: SyncOptions::new(config.till.commit_wait, config.mysql.is_none(), seed),
        kafka: config.kafka.as_ref().map(open::kafka_settings),
        outlet,
        clock: context.clock.clone(),
    }
}

/// Opens that till, for a verb that sells: beside an open one it fails.
pub(super) async fn open_till(
    context: &Context,
    store: Store,
    outlet: Option<i64>,
) -> Result<(OpenTill, mpsc::Receiver<Notice>), TillError> {
    OpenTill::open(plan(context, store, outlet)).await
}

/// The outlet in which the till of the configuration stands.
pub(super) async fn outlet(context: &Context, catalogue: &Catalogue) -> Result<Arc<Outlet>, NoOutlet> {
    let config = &context.config;
    let whereabouts = Whereabouts {
        named: config.till.outlet.as_deref(),
        last: recover::last_outlet(&config.data_dir).await,
        own_store: config.mysql.is_none(),
    };
    let outlet = outlet::stands_in(catalogue, whereabouts)?;
    let is_said = whereabouts.named.is_some() || whereabouts.last.is_some();
    if !is_said && catalogue.outlets().iter().filter(|row| row.active).count() > 1 {
        let name = printable(&outlet.name);
        tracing::warn!("there are several outlets: this is {name}; name another as [till] outlet");
    }
    Ok(outlet)
}

/// The zone of the outlet in which this till stands; this machine's, where the outlet is not known here.
pub(super) async fn zone(context: &Context) -> TimeZone {
    outlets_zone(context).await.unwrap_or_else(|reason| {
        tracing::info!(%reason, "a day begins by this machine's clock");
        TimeZone::system()
    })
}

async fn outlets_zone(context: &Context) -> Result<TimeZone, Failure> {
    let store = store_or_later(context).await?;
    let (catalogue, _) = context.catalogue(&store).await?;
    let outlet = outlet(context, &catalogue).await.map_err(Failure::failed)?;
    Ok(outlet.zone())
}

/// The store of record. A server that is away is not waited for: the till sells without it (promise 12).
pub(super) async fn store_or_later(context: &Context) -> Result<Store, Failure> {
    store_or_later_by(context, Who::Till).await
}

/// The same by another account.
pub(super) async fn store_or_later_by(context: &Context, who: Who) -> Result<Store, Failure> {
    let config = &context.config;
    let opening = open::store(config, who, context.clock.as_ref());
    let opened = if config.mysql.is_some() && has_started(context).await {
        // A server that hangs is waited for no longer than by a clerk: what it says later, the till hears at work.
        let late = |_| {
            let reason = String::from("no answer yet");
            Err(StoreError::Retryable {
                reason,
                in_doubt: false,
            }
            .into())
        };
        timeout(config.till.commit_wait, opening).await.unwrap_or_else(late)
    } else {
        opening.await
    };
    match opened {
        Err(OpenError::Store(StoreError::Retryable { reason, .. })) if config.mysql.is_some() => {
            tracing::info!(reason, "the database is away at the start");
            Ok(open::over(config, open::engine(config, who).await?))
        }
        opened => Ok(opened?),
    }
}

/// Whether the till has started before: then it needs no server for it (promise 12).
async fn has_started(context: &Context) -> bool {
    match JournalReader::open(&context.config.data_dir).await {
        Ok(journal) => journal.chains().await.is_ok_and(|chains| !chains.is_empty()),
        Err(_) => false,
    }
}

/// The bindings of the configuration; a fault is told with its line.
pub(super) fn keymap(config: &Config) -> Result<Keymap, Failure> {
    let changes = config.keys.iter().map(|binding| {
        let keys = binding.keys.iter().map(String::as_str).collect();
        (binding.command.as_str(), keys)
    });
    Keymap::with(changes).map_err(|fault| {
        let binding = config.keys.iter().find(|binding| fault.is_about(&binding.command));
        Failure::usage(match binding {
            Some(binding) => format!("{}: [keys] {fault}", binding.place),
            None => format!("[keys]: {fault}"),
        })
    })
}

/// What scanners are set up to send.
pub(super) fn scanner(config: &Config) -> Scanner {
    Scanner {
        prefix: config.scanner.prefix.clone(),
        suffix: match config.scanner.suffix {
            config::ScannerSuffix::Any => Suffix::Any,
            config::ScannerSuffix::CarriageReturn => Suffix::Enter,
            config::ScannerSuffix::LineFeed => Suffix::LineFeed,
            config::ScannerSuffix::Tab => Suffix::Tab,
            config::ScannerSuffix::Nothing => Suffix::Nothing,
        },
    }
}

pub(super) fn settings(config: &Config) -> Settings {
    Settings {
        bell: config.scanner.bell,
        alert_sound: config.alerts.sound,
        till: config.till.id.clone(),
        outlet: config.till.outlet.clone(),
        oversell: match config.oversell {
            config::OversellRule::Ask => OversellRule::Ask,
            config::OversellRule::Allow => OversellRule::Allow,
            config::OversellRule::Refuse => OversellRule::Refuse,
        },
        has_server: config.mysql.is_some(),
        mouse: config.screen.mouse,
        has_drawer: config.drawer.is_some(),
    }
}
