//! The topic of sales from its first record to the end that it has at the start, for whoever has to hear all of it.
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::domain::clock::Clock;
use crate::store::error::EngineError;
use crate::stream::fault::StreamError;
use crate::stream::live::{self, LiveFrom, LiveOptions, LiveRecord, LiveSource, LiveUpdate, StreamState};
use crate::stream::settings::KafkaSettings;

/// Without anything new from the brokers for this long, they have fallen silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// Updates on their way.
const UPDATES: usize = 4;

/// Why the topic was not heard to its end.
#[derive(Debug, Error)]
pub enum Unheard {
    /// The store did not answer.
    #[error("the store: {0}")]
    Store(#[from] EngineError),
    /// The brokers did not.
    #[error("{0}")]
    Stream(#[from] StreamError),
    /// The brokers fell silent; what they said last.
    #[error("the brokers fell silent: {0}")]
    Silent(String),
}

/// The topic while it is read.
pub(super) struct WholeTopic {
    updates: mpsc::Receiver<LiveUpdate>,
    first: BTreeMap<i32, i64>,
    was_made_again: bool,
    state: String,
}

impl WholeTopic {
    /// The next records, a few hundred at most; none at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<LiveRecord>>, Unheard> {
        loop {
            let Ok(Some(update)) = timeout(PATIENCE, self.updates.recv()).await else {
                return Err(Unheard::Silent(std::mem::take(&mut self.state)));
            };
            match update {
                LiveUpdate::Records(records) => return Ok(Some(records)),
                LiveUpdate::End => return Ok(None),
                // Deleted while we read.
                LiveUpdate::Gap { partition, to, .. } => {
                    self.first.insert(partition, to);
                }
                LiveUpdate::Restarted { .. } => self.was_made_again = true,
                LiveUpdate::State(StreamState::Reconnecting { reason, .. }) => self.state = reason,
                LiveUpdate::State(_) => {}
            }
        }
    }

    /// The first offset of each partition that was not deleted.
    pub fn first(&self) -> &BTreeMap<i32, i64> {
        &self.first
    }

    /// Whether it was truncated or made again while it was read: what was read before is of another log.
    pub fn was_made_again(&self) -> bool {
        self.was_made_again
    }
}

/// Lets `work` read the topic.
pub(super) async fn read<T, E: From<Unheard>>(
    settings: &KafkaSettings,
    clock: Arc<dyn Clock>,
    work: impl AsyncFnOnce(&mut WholeTopic) -> Result<T, E>,
) -> Result<T, E> {
    let first = live::first_offsets(settings).await.map_err(Unheard::from)?;
    let (sender, updates) = mpsc::channel(UPDATES);
    let (_commands, commanded) = mpsc::channel(1);
    let options = LiveOptions {
        until_end: true,
        ..LiveOptions::sales(LiveFrom::Beginning)
    };
    let source = LiveSource::Kafka(settings.clone());
    let reading = async {
        let mut topic = WholeTopic {
            updates,
            first,
            was_made_again: false,
            state: "no answer".to_owned(),
        };
        // The feed ends with its reader.
        work(&mut topic).await
    };
    let feed = live::run(source, options, commanded, sender, clock, pending());
    tokio::join!(reading, feed).0
}
