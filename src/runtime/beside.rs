//! A viewer beside an open till (PATH 1.6): it reads the till's journal and store, and writes neither. No relay, no outbox
//! of its own: what it says of the stream, it reads from the outbox that the open till publishes.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use crate::app::Message;
use crate::app::role::Holder;
use crate::app::status::{Database, Status, Stream};
use crate::domain::clock::Clock;
use crate::domain::sale::TillId;
use crate::store::error::StoreError;
use crate::store::journal::{JournalError, JournalReader};
use crate::store::ports::{Outbox as _, RelayMode};
use crate::store::star::Store;

/// How often journal, outbox and holder are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// An answer of the store that takes longer is none.
const ANSWER: Duration = Duration::from_secs(5);

/// What the store of record is to a viewer.
pub struct Watched {
    /// The store of record.
    pub store: Store,
    /// Whether it is the till's own file.
    pub is_own: bool,
    /// Whether there are brokers.
    pub has_stream: bool,
}

/// The open till, as seen from beside it.
pub struct Beside {
    journal: JournalReader,
    data_dir: PathBuf,
    holder: Holder,
    /// Whether its process can be seen from here: elsewhere (a container's neighbour) its absence says nothing.
    in_sight: bool,
}

impl Beside {
    /// Beside the process `pid`, which has the journal in `data_dir` open; 0: it did not say.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn open(data_dir: &Path, pid: u32) -> Result<Self, JournalError> {
        let journal = JournalReader::open(data_dir).await?;
        let holder = Holder {
            till: journal.till().to_string(),
            pid: Some(pid).filter(|pid| *pid != 0),
            is_open: true,
        };
        Ok(Self {
            journal,
            data_dir: data_dir.to_owned(),
            in_sight: holder.pid.is_some_and(is_running),
            holder,
        })
    }

    /// Its journal, to be read.
    pub fn journal(&self) -> &JournalReader {
        &self.journal
    }

    /// Whose journal it is.
    pub fn till(&self) -> &TillId {
        self.journal.till()
    }

    /// Who has it open.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Tells how the till stands, until nobody listens.
    pub async fn tell(
        mut self,
        watched: Watched,
        clock: Arc<dyn Clock>,
        catalogue: watch::Receiver<Option<Timestamp>>,
        news: mpsc::Sender<Message>,
    ) {
        let mut status = Status {
            stream: Stream::Unknown { since: None },
            ..Status::default()
        };
        let mut away = None;
        loop {
            match self.journal.status().await {
                Ok(journal) => {
                    status.unsent = journal.unsent;
                    status.oldest = journal.oldest;
                    status.parked = journal.parked_count;
                    status.doctors = journal.doctors;
                    status.events = journal.events;
                }
                Err(error) => tracing::debug!(%error, "the till's journal was not read"),
            }
            let answer = timeout(ANSWER, outbox(&watched, self.till())).await;
            match answer {
                Ok(Ok((stream, waiting))) => {
                    away = None;
                    status.database = if watched.is_own { Database::Own } else { Database::Up };
                    (status.stream, status.waiting) = (stream, waiting);
                }
                failed => {
                    tracing::debug!(?failed, "the store does not answer");
                    let since = *away.get_or_insert_with(|| clock.now());
                    status.database = Database::Away { since };
                    if watched.has_stream {
                        status.stream = Stream::Unknown { since: Some(since) };
                    }
                }
            }
            status.catalogue_at = *catalogue.borrow();
            self.look_at_holder().await;
            let told = async {
                news.send(Message::StatusChanged(Box::new(status.clone()))).await?;
                news.send(Message::HolderChanged(self.holder.clone())).await
            };
            if told.await.is_err() {
                return;
            }
            sleep(LOOK).await;
        }
    }

    /// The holder as of now.
    async fn look_at_holder(&mut self) {
        let said = match JournalReader::holder(&self.data_dir).await {
            Ok(said) => said,
            Err(error) => {
                tracing::debug!(%error, "who has the journal was not read");
                return;
            }
        };
        let pid = said.as_ref().map(|said| said.pid).filter(|pid| *pid != 0);
        if pid.is_some() && pid != self.holder.pid {
            self.in_sight = pid.is_some_and(is_running);
        }
        let killed = self.in_sight && !pid.is_some_and(is_running);
        self.holder.is_open = said.is_some() && !killed;
        self.holder.pid = pid.or(self.holder.pid);
    }
}

/// Whether a process can be seen. Where that cannot be told, none can.
fn is_running(pid: u32) -> bool {
    cfg!(target_os = "linux") && Path::new("/proc").join(pid.to_string()).exists()
}

/// How the stream of the till's events stands, as its outbox says, and how many wait there.
async fn outbox(watched: &Watched, till: &TillId) -> Result<(Stream, u64), StoreError> {
    let waiting = watched.store.waiting().await?;
    let waiting = waiting.iter().find(|one| one.till == *till).map_or(0, |one| one.events);
    if !watched.has_stream {
        return Ok((Stream::Own, waiting));
    }
    let stream = match watched.store.relay_mode().await? {
        RelayMode::On => Stream::Elsewhere,
        RelayMode::Off => Stream::Kept,
        RelayMode::Debezium => Stream::Debezium,
    };
    Ok((stream, waiting))
}
