//! The till on a screen: everything opened is handed to the loop, and closed in order after it.
use std::cell::Cell;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event;
use futures_util::Stream;
use ratatui::Terminal;
use ratatui::backend::Backend;
use thiserror::Error;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use super::beside::{Beside, Watched};
use super::catalogue::CatalogueSource;
use super::feed::{Feed, Seat};
use super::hands::{LookingHands, Stores, TillHands};
use super::input::{Reader, Scanner};
use super::news;
use super::shell::{Hands, Inbox, Shell, ShellError};
use super::stock::Figures;
use super::strokes::Strokes;
use super::terminal::{self, Guard};
use super::till::{OpenTill, TillError, TillPlan};
use super::{clock_watch, recover, task};
use crate::app::{Effect, Model, Screen, Settings};
use crate::domain::catalogue::CatalogueChanges;
use crate::domain::clock::Clock;
use crate::domain::supervision::Thresholds;
use crate::keymap::Keymap;
use crate::store::journal::JournalError;
use crate::store::sync::Notice;
use crate::stream::live::LiveSource;
use crate::stream::settings::KafkaSettings;
use crate::ui::Theme;
use crate::ui::places::Places;

/// Answers that wait for the screen.
pub(super) const NEWS: usize = 64;
/// Batches of live records that wait for it.
pub(super) const LIVE: usize = 8;
/// How often a till looks for what supervisors noted on alerts.
const NOTES: Duration = Duration::from_secs(30);

/// Whether the screen is the till, or looks on beside it.
pub enum Opened {
    /// The open till, and what its sync has to say.
    Till(Box<OpenTill>, mpsc::Receiver<Notice>),
    /// Beside a till that another process has open.
    Beside(Beside),
}

impl Opened {
    /// Opens the till; where another process has it open, what can be seen from beside it.
    ///
    /// # Errors
    /// As [`OpenTill::open`], and when the other's journal cannot be read.
    pub async fn open(plan: TillPlan) -> Result<Self, TillError> {
        let data_dir = plan.data_dir.clone();
        match OpenTill::open(plan).await {
            Ok((till, notices)) => Ok(Self::Till(Box::new(till), notices)),
            Err(TillError::Journal(JournalError::InUse { till, pid })) => {
                tracing::info!(till, pid, "open already: this is a viewer");
                Ok(Self::Beside(Beside::open(&data_dir, pid).await?))
            }
            Err(error) => Err(error),
        }
    }
}

/// All that a screen is made of.
pub struct Parts {
    /// The till, or what is seen of it.
    pub opened: Opened,
    /// The store of record.
    pub stores: Stores,
    /// The brokers; none: the live screen follows the till's own outbox.
    pub kafka: Option<KafkaSettings>,
    /// Where the catalogue comes from.
    pub catalogue: CatalogueSource,
    /// What the disk kept of it.
    pub kept: CatalogueChanges,
    /// The device that opens the drawer; none: it is opened by its key.
    pub drawer: Option<PathBuf>,
    /// What the configuration says.
    pub settings: Settings,
    /// Of the rules by which supervision raises alerts.
    pub thresholds: Thresholds,
    /// Bindings.
    pub keymap: Keymap,
    /// What scanners send around a code.
    pub scanner: Scanner,
    /// Colours and signs.
    pub theme: Theme,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Where the log is, to be named after a fault.
    pub log: Option<PathBuf>,
}

/// Why the screen ended, other than as wished.
#[derive(Debug, Error)]
pub enum ScreenError {
    /// The terminal.
    #[error(transparent)]
    Shell(#[from] ShellError),
    /// The journal could not be read at the start.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A task panicked; what it said was told already.
    #[error("the till was closed because of a fault of its own")]
    Fault,
}

/// Takes the terminal and works until somebody quits, `stop` is ready, or the terminal is gone. It is given back before
/// anything else is closed. A fault of any task ends it too: a till of which a part is missing does not work on.
///
/// # Errors
/// When there is no terminal, or it refuses; after a fault.
pub async fn run(parts: Parts, stop: impl Future<Output = ()>) -> Result<(), ScreenError> {
    let (mouse, log) = (parts.settings.mouse, parts.log.clone());
    on_terminal(mouse, log, stop, async |terminal, guard, stop| {
        Box::pin(run_on(parts, terminal, Strokes::read(), stop, move || drop(guard))).await
    })
    .await
}

/// Takes the terminal for that work, which is to end when `stop` is ready or a task has panicked.
///
/// # Errors
/// When there is no terminal, or it refuses; after a fault.
pub(super) async fn on_terminal(
    mouse: bool,
    log: Option<PathBuf>,
    stop: impl Future<Output = ()>,
    work: impl AsyncFnOnce(terminal::Screen, Guard, Pin<&mut dyn Future<Output = ()>>) -> Result<(), ScreenError>,
) -> Result<(), ScreenError> {
    let (guard, terminal) = Guard::enter(mouse, log).map_err(ShellError::from)?;
    let faulty = Cell::new(false);
    let stop = pin!(async {
        tokio::select! {
            () = stop => {}
            () = terminal::fault() => faulty.set(true),
        }
    });
    work(terminal, guard, stop).await?;
    if faulty.get() { Err(ScreenError::Fault) } else { Ok(()) }
}

/// The same on any terminal: `give_back` is called as soon as the loop has ended.
///
/// # Errors
/// As [`run`].
#[expect(
    clippy::too_many_lines,
    reason = "put together once, in the order in which it is taken apart"
)]
pub async fn run_on<B, S>(
    parts: Parts,
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
    let (till, wake) = match &parts.opened {
        Opened::Till(till, _) => (till.journal().till(), Arc::clone(till.committed())),
        // Nobody wakes it: it looks now and then.
        Opened::Beside(beside) => (beside.till(), Arc::default()),
    };
    let till = till.clone();
    let catalogue = match &parts.opened {
        Opened::Till(..) => parts.catalogue,
        Opened::Beside(_) => parts.catalogue.look_only(),
    };
    let kept_stock = catalogue.kept_stock();
    let has_stream = parts.kafka.is_some();
    let source = match parts.kafka {
        Some(settings) => LiveSource::Kafka(settings),
        None => LiveSource::Outbox {
            outbox: Arc::new(parts.stores.till.clone()),
            till: till.clone(),
            wake,
        },
    };
    let refresh = Arc::new(Notify::new());
    let (kept_at, catalogue_at) = watch::channel(None);
    let own = match &parts.opened {
        Opened::Till(till, _) => till.journal().doctors().await?,
        Opened::Beside(_) => Vec::new(),
    };
    let (own, own_doctors) = watch::channel(own);
    let (known_to, known) = watch::channel(Arc::default());
    task::spawn(news::tell_catalogue(
        catalogue,
        parts.kept,
        Arc::clone(&refresh),
        Arc::clone(&parts.clock),
        news.clone(),
        own_doctors,
        (kept_at, known_to),
    ));
    let stores = match &parts.opened {
        Opened::Till(..) => parts.stores,
        // Who only looks on needs no pay.
        Opened::Beside(_) => Stores {
            office: parts.stores.till.clone(),
            till: parts.stores.till,
        },
    };
    let store = stores.till.clone();
    let figures = Figures::new(store.clone(), kept_stock);
    figures.tell_kept(&news).await;
    let journal = match &parts.opened {
        Opened::Till(till, _) => till.journal().reader().await?,
        Opened::Beside(beside) => beside.journal().clone(),
    };
    let feed = Feed::open(Seat {
        source,
        store: store.clone(),
        thresholds: parts.thresholds,
        known,
        file: None,
        clock: Arc::clone(&parts.clock),
        news: news.clone(),
        live,
        notes: NOTES,
        verifies: None,
        tells_status: false,
    });
    let looking = LookingHands::new(
        (stores, figures, Some(journal)),
        feed,
        news.clone(),
        Arc::clone(&parts.clock),
    );
    let glass = Glass {
        terminal,
        events,
        keymap: Arc::new(parts.keymap),
        scanner: parts.scanner,
        theme: parts.theme,
        clock: Arc::clone(&parts.clock),
    };
    match parts.opened {
        Opened::Till(mut till, notices) => {
            let (standing, stands) = watch::channel(None);
            till.start_heartbeat(stands);
            let journal = till.journal();
            let (last, draft) = (journal.last_sale().await?, journal.draft().await?);
            let recovering = recover::recovering(last.as_ref(), draft.as_deref());
            let model = Model::new(parts.settings, parts.clock.now(), recovering);
            let relay = till.relay().map(|relay| relay.status.clone());
            task::spawn(news::tell_status(till.status(), relay, catalogue_at, news.clone()));
            task::spawn(clock_watch::tell_clock(
                journal.clone(),
                model.settings.has_server.then_some(store),
                Arc::clone(&parts.clock),
                till.status(),
                news.clone(),
            ));
            task::spawn(news::tell_notices(notices, news));
            let hands = TillHands::new(looking, till.seller(), journal.clone(), (refresh, own))
                .with_drawer(parts.drawer)
                .telling_standing(standing);
            let (ended, hands) = glass.shell(model, inbox, hands).run(stop).await;
            give_back();
            hands.drain().await;
            till.close().await;
            Ok(ended?)
        }
        Opened::Beside(beside) => {
            let stood_in = recover::last_outlet_in(beside.journal()).await?;
            // Whoever asked for another till sees the one whose folder it is.
            let settings = Settings { till, ..parts.settings };
            let model = Model::viewer(settings, beside.holder().clone(), parts.clock.now(), stood_in);
            let watched = Watched {
                store,
                is_own: !model.settings.has_server,
                has_stream,
            };
            task::spawn(beside.tell(watched, parts.clock, catalogue_at, news));
            let (ended, _) = glass.shell(model, inbox, looking).run(stop).await;
            give_back();
            Ok(ended?)
        }
    }
}

/// What a shell is made of besides its model and its hands.
pub(super) struct Glass<B: Backend, S> {
    pub terminal: Terminal<B>,
    pub events: S,
    pub keymap: Arc<Keymap>,
    pub scanner: Scanner,
    pub theme: Theme,
    pub clock: Arc<dyn Clock>,
}

impl<B: Backend, S> Glass<B, S> {
    pub fn shell<H: Hands>(self, model: Model, inbox: Inbox, mut hands: H) -> Shell<B, S, H> {
        // What is in front at the start is told like any change of it.
        hands.perform(Effect::Watch(model.screen == Screen::Live));
        Shell {
            terminal: self.terminal,
            events: self.events,
            reader: Reader::new(self.scanner),
            idle_at: Instant::now(),
            inbox,
            hands,
            model,
            keymap: self.keymap,
            theme: self.theme,
            places: Places::default(),
            clock: self.clock,
        }
    }
}
