//! The till on a screen: everything opened is handed to the loop, and closed in order after it.
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{Event, EventStream};
use futures_util::Stream;
use ratatui::Terminal;
use ratatui::backend::Backend;
use thiserror::Error;
use tokio::sync::{Notify, mpsc, watch};

use super::catalogue::CatalogueSource;
use super::feed::Feed;
use super::hands::TillHands;
use super::news;
use super::shell::{Inbox, Shell, ShellError};
use super::terminal::{self, Guard};
use super::till::OpenTill;
use super::{recover, task};
use crate::app::{Model, Settings};
use crate::domain::catalogue::CatalogueChanges;
use crate::domain::clock::Clock;
use crate::keymap::Keymap;
use crate::store::journal::JournalError;
use crate::store::star::Store;
use crate::store::sync::Notice;
use crate::stream::live::LiveSource;
use crate::stream::settings::KafkaSettings;
use crate::ui::Theme;

/// Answers that wait for the screen.
const NEWS: usize = 64;
/// Batches of live records that wait for it.
const LIVE: usize = 4;

/// All that a till on a screen is made of.
pub struct Parts {
    /// The open till.
    pub till: OpenTill,
    /// What sync has to say.
    pub notices: mpsc::Receiver<Notice>,
    /// The store of record.
    pub store: Store,
    /// The brokers; none: the live screen follows the till's own outbox.
    pub kafka: Option<KafkaSettings>,
    /// Where the catalogue comes from.
    pub catalogue: CatalogueSource,
    /// What the disk kept of it.
    pub kept: CatalogueChanges,
    /// What the configuration says.
    pub settings: Settings,
    /// Bindings.
    pub keymap: Keymap,
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
    let (guard, terminal) = Guard::enter(parts.log.clone()).map_err(ShellError::from)?;
    let mut faulty = false;
    let stop = async {
        tokio::select! {
            () = stop => {}
            () = terminal::fault() => faulty = true,
        }
    };
    run_on(parts, terminal, EventStream::new(), stop, move || drop(guard)).await?;
    if faulty { Err(ScreenError::Fault) } else { Ok(()) }
}

/// The same on any terminal: `give_back` is called as soon as the loop has ended.
///
/// # Errors
/// As [`run`].
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
    let journal = parts.till.journal();
    let (last, draft) = (journal.last_sale().await?, journal.draft().await?);
    let recovering = recover::recovering(last.as_ref(), draft.as_deref());
    let model = Model::new(parts.settings, parts.clock.now(), recovering);
    let (news, news_in) = mpsc::channel(NEWS);
    let (live, live_in) = mpsc::channel(LIVE);
    let source = match parts.kafka {
        Some(settings) => LiveSource::Kafka(settings),
        None => LiveSource::Outbox {
            outbox: Arc::new(parts.store.clone()),
            till: parts.till.journal().till().clone(),
            wake: Arc::clone(parts.till.committed()),
        },
    };
    let refresh = Arc::new(Notify::new());
    let (kept_at, watched) = watch::channel(None);
    task::spawn(news::tell_catalogue(
        parts.catalogue,
        parts.kept,
        Arc::clone(&refresh),
        Arc::clone(&parts.clock),
        news.clone(),
        kept_at,
    ));
    let relay = parts.till.relay().map(|relay| relay.status.clone());
    task::spawn(news::tell_status(parts.till.status(), relay, watched, news.clone()));
    task::spawn(news::tell_notices(parts.notices, news.clone()));
    let hands = TillHands::new(
        parts.till.seller(),
        parts.till.journal().clone(),
        parts.store,
        Feed::new(source, live, Arc::clone(&parts.clock)),
        refresh,
        news,
        Arc::clone(&parts.clock),
    );
    let shell = Shell {
        terminal,
        events,
        inbox: Inbox {
            news: news_in,
            live: live_in,
        },
        hands,
        model,
        keymap: Arc::new(parts.keymap),
        theme: parts.theme,
        clock: parts.clock,
    };
    let (ended, hands) = shell.run(stop).await;
    give_back();
    hands.drain().await;
    parts.till.close().await;
    Ok(ended?)
}
