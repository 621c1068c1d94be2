//! The supervisor's screen: the stream of all outlets, what is kept of it, and the store to look things up in. There is no
//! till behind it: nothing is sold, and nothing but notes on alerts is written.
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event;
use futures_util::Stream;
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::{mpsc, watch};

use super::catalogue::CatalogueSource;
use super::feed::{Feed, Seat};
use super::hands::{LookingHands, Stores};
use super::input::Scanner;
use super::screen::{Glass, LIVE, NEWS, ScreenError, on_terminal};
use super::shell::{Inbox, ShellError};
use super::stock::Figures;
use super::strokes::Strokes;
use super::{news, task};
use crate::app::{Model, Settings};
use crate::domain::catalogue::CatalogueChanges;
use crate::domain::clock::Clock;
use crate::domain::supervision::Thresholds;
use crate::keymap::Keymap;
use crate::store::kept_watch::KeptWatch;
use crate::store::star::Store;
use crate::stream::live::LiveSource;
use crate::ui::Theme;

/// How often the notes of others are looked for.
const NOTES: Duration = Duration::from_secs(5);

/// All that a supervisor's screen is made of.
pub struct WatchParts {
    /// The store of record, by the supervisor's account.
    pub store: Store,
    /// The stream.
    pub source: LiveSource,
    /// Where the catalogue comes from.
    pub catalogue: CatalogueSource,
    /// What the disk kept of it.
    pub kept: CatalogueChanges,
    /// Where what is learnt of the stream is kept.
    pub file: Arc<KeptWatch>,
    /// Who watches, where that was said.
    pub name: Option<String>,
    /// What the configuration says.
    pub settings: Settings,
    /// Of the rules.
    pub thresholds: Thresholds,
    /// How often the chains of the store are walked; zero: not here.
    pub verifies: Duration,
    /// Bindings.
    pub keymap: Keymap,
    /// Colours and signs.
    pub theme: Theme,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Where the log is, to be named after a fault.
    pub log: Option<PathBuf>,
}

/// Takes the terminal and watches until somebody quits, `stop` is ready, or the terminal is gone.
///
/// # Errors
/// When there is no terminal, or it refuses; after a fault.
pub async fn run(parts: WatchParts, stop: impl Future<Output = ()>) -> Result<(), ScreenError> {
    let (mouse, log) = (parts.settings.mouse, parts.log.clone());
    on_terminal(mouse, log, stop, async |terminal, guard, stop| {
        Box::pin(run_on(parts, terminal, Strokes::read(), stop, move || drop(guard))).await
    })
    .await
}

/// The same on any terminal: `give_back` is called as soon as the loop has ended.
///
/// # Errors
/// As [`run`].
pub async fn run_on<B, S>(
    parts: WatchParts,
    terminal: Terminal<B>,
    events: S,
    stop: impl Future<Output = ()>,
    give_back: impl FnOnce(),
) -> Result<(), ScreenError>
where
    B: Backend,
    ShellError: From<B::Error>,
    S: Stream<Item = io::Result<Event>> + Unpin,
{
    let (news, news_in) = mpsc::channel(NEWS);
    let (live, live_in) = mpsc::channel(LIVE);
    let inbox = Inbox {
        news: news_in,
        live: live_in,
    };
    let kept_stock = parts.catalogue.kept_stock();
    let (kept_at, _) = watch::channel(None);
    let (_, nobody_added) = watch::channel(Vec::new());
    let (known_to, known) = watch::channel(Arc::default());
    task::spawn(news::tell_catalogue(
        parts.catalogue,
        parts.kept,
        Arc::default(),
        Arc::clone(&parts.clock),
        news.clone(),
        nobody_added,
        (kept_at, known_to),
    ));
    let feed = Feed::open(Seat {
        source: parts.source,
        store: parts.store.clone(),
        thresholds: parts.thresholds,
        known,
        file: Some(parts.file),
        clock: Arc::clone(&parts.clock),
        news: news.clone(),
        live,
        notes: NOTES,
        verifies: Some(parts.verifies).filter(|every| !every.is_zero()),
        tells_status: true,
    });
    let figures = Figures::new(parts.store.clone(), kept_stock);
    let stores = Stores {
        till: parts.store.clone(),
        office: parts.store,
    };
    let hands = LookingHands::new((stores, figures, None), feed, news, Arc::clone(&parts.clock));
    let model = Model::supervisor(parts.settings, parts.name, parts.clock.now());
    let glass = Glass {
        terminal,
        events,
        keymap: Arc::new(parts.keymap),
        scanner: Scanner::default(),
        theme: parts.theme,
        clock: parts.clock,
    };
    let (ended, hands) = glass.shell(model, inbox, hands).run(stop).await;
    give_back();
    hands.close().await;
    Ok(ended?)
}
