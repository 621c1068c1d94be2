//! The live feed that the screen follows: one at a time, restarted wherever somebody wants it to begin, and supervision of
//! what it brings.
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::alerts::{self, Listeners};
use super::supervise::{self, Ask, Grounds, Resumed, Supervisor};
use super::{task, verifying};
use crate::app::Message;
use crate::app::live::LiveFrom as Wanted;
use crate::domain::clock::Clock;
use crate::domain::event::EventTopic;
use crate::domain::supervision::{Kept, Known, LiveFilter, Thresholds};
use crate::store::kept_watch::KeptWatch;
use crate::store::star::Store;
use crate::stream::live::{self, LiveCommand, LiveFrom, LiveOptions, LiveScope, LiveSource};

/// Updates that wait for supervision; the feed stops fetching while they do.
const UPDATES: usize = 8;
/// What may be asked before an answer is there.
const ASKS: usize = 16;
/// A feed that ends keeps what was learnt; a disk that takes longer is not waited for.
const ENDS: Duration = Duration::from_secs(5);

/// What a screen follows the stream with.
pub struct Seat {
    /// The stream.
    pub source: LiveSource,
    /// Where notes on alerts are.
    pub store: Store,
    /// Of the rules.
    pub thresholds: Thresholds,
    /// What the catalogue says, as it changes.
    pub known: watch::Receiver<Arc<Known>>,
    /// Where what is learnt is kept; none: a till's screen, which looks at the day.
    pub file: Option<Arc<KeptWatch>>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Answers and news of the screen.
    pub news: mpsc::Sender<Message>,
    /// What the screen takes last: what the feed brings.
    pub live: mpsc::Sender<Message>,
    /// How often the notes of others are looked for.
    pub notes: Duration,
    /// How often the chains of the store are walked; none: not here.
    pub verifies: Option<Duration>,
    /// Whether the screen is told by that how the database stands: a till is told by its sync.
    pub tells_status: bool,
}

/// Follows the stream.
pub struct Feed {
    source: LiveSource,
    grounds: Grounds,
    messages: mpsc::Sender<Message>,
    /// Where what is learnt is kept; none: a till's screen, which looks at the day.
    file: Option<Arc<KeptWatch>>,
    /// Notified when a note on an alert was written here.
    written: Arc<Notify>,
    in_sight: bool,
    running: Option<Running>,
}

/// A feed at work. Dropped, it ends.
struct Running {
    commands: mpsc::Sender<LiveCommand>,
    asks: mpsc::Sender<Ask>,
    task: JoinHandle<()>,
}

impl Feed {
    /// Looks for notes on alerts from now on; the stream is followed when somebody says from where.
    pub fn open(seat: Seat) -> Self {
        let (acknowledged_to, acknowledged) = watch::channel(Arc::default());
        let written = Arc::new(Notify::new());
        let listeners = Listeners {
            news: seat.news,
            acknowledged: acknowledged_to,
            tells_status: seat.tells_status,
            every: seat.notes,
        };
        let clock = Arc::clone(&seat.clock);
        let (altered_to, altered) = watch::channel(Arc::default());
        if let Some(every) = seat.verifies {
            task::spawn(verifying::look(seat.store.clone(), every, altered_to));
        }
        task::spawn(alerts::tell_notes(seat.store, clock, Arc::clone(&written), listeners));
        Self {
            source: seat.source,
            grounds: Grounds {
                thresholds: seat.thresholds,
                known: seat.known,
                acknowledged,
                altered,
                clock: seat.clock,
            },
            messages: seat.live,
            file: seat.file,
            written,
            in_sight: false,
            running: None,
        }
    }

    /// To be notified when a note on an alert was written here.
    pub fn notes(&self) -> Arc<Notify> {
        Arc::clone(&self.written)
    }

    /// Begins anew; what the feed before still tells bears its own number. Where what is learnt is kept, "today" is going on
    /// from there, and every other beginning is a look that leaves it as it is.
    pub fn follow(&mut self, number: u64, from: Wanted, midnight: Timestamp, outlet: Option<i64>) {
        let scope = outlet.map_or(LiveScope::All, |outlet| LiveScope::Key(outlet.to_string()));
        let file = self.file.clone().filter(|_| from == Wanted::Today);
        let begins = match from {
            Wanted::Now => LiveFrom::Now,
            Wanted::Today => LiveFrom::At(midnight),
            Wanted::Beginning => LiveFrom::Beginning,
            Wanted::At(moment) => LiveFrom::At(moment),
        };
        let (commands, commanded) = mpsc::channel(UPDATES);
        let (asks, asked) = mpsc::channel(ASKS);
        let (out, updates) = mpsc::channel(UPDATES);
        let before = self.running.take();
        let (source, grounds, messages) = (self.source.clone(), self.grounds.clone(), self.messages.clone());
        let in_sight = self.in_sight;
        let task = task::spawn(async move {
            // What was learnt by the feed before is kept before it is read again.
            if let Some(before) = before {
                before.end().await;
            }
            let resumed = match &file {
                Some(file) => supervise::resumed(file, grounds.clock.as_ref()).await,
                None => Resumed::default(),
            };
            let options = LiveOptions {
                topics: vec![EventTopic::Sales, EventTopic::Audit],
                from: resumed.first_look.map_or(begins, LiveFrom::At),
                resume: resumed.kept.as_ref().map(Kept::offsets).unwrap_or_default(),
                scope,
                in_sight,
                until_end: false,
            };
            let clock = Arc::clone(&grounds.clock);
            let supervisor = Supervisor::new(number, grounds, resumed.kept, file, messages, in_sight);
            // The feed ends with its reader.
            let reading = live::run(source, options, commanded, out, clock, std::future::pending());
            tokio::join!(reading, supervisor.run(updates, asked));
        });
        self.running = Some(Running { commands, asks, task });
    }

    /// Somebody looks, or no longer does.
    pub fn watch(&mut self, in_sight: bool) {
        self.in_sight = in_sight;
        if let Some(running) = &self.running {
            // A feed that is too busy to hear it is told at the next change.
            let _ = running.commands.try_send(LiveCommand::InSight(in_sight));
            let _ = running.asks.try_send(Ask::InSight(in_sight));
        }
    }

    /// Those rows alone, from now on and of before.
    pub fn filter(&self, number: u64, filter: Box<LiveFilter>) {
        if let Some(running) = &self.running {
            // Who types faster than it answers is answered for what was asked before; the screen asks again when it changes.
            let _ = running.asks.try_send(Ask::Filter(number, filter));
        }
    }

    /// Ends it; what was learnt is kept.
    pub async fn close(&mut self) {
        if let Some(running) = self.running.take() {
            running.end().await;
        }
    }
}

impl Running {
    async fn end(self) {
        let Self { commands, asks, task } = self;
        drop((commands, asks));
        match timeout(ENDS, task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "supervision did not end well"),
            Err(_) => tracing::warn!("supervision did not end in time"),
        }
    }
}
