//! When the topic shows a sale: from the answer at the counter to a reader in the same process.
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::Times;
use crate::domain::clock::Clock;
use crate::domain::event::StreamEvent;
use crate::stream::live::{self, LiveFrom, LiveOptions, LiveSource, LiveUpdate, StreamState};
use crate::stream::settings::KafkaSettings;

/// How long the feed is waited for before the first sale; then it goes on without.
const LIVE: Duration = Duration::from_secs(20);

/// Sales that were answered and not seen, or seen and not answered.
#[derive(Debug, Default)]
struct Open {
    told: HashMap<Uuid, Instant>,
    seen: HashMap<Uuid, Instant>,
    times: Times,
}

/// Counts how long sales take from their answer to a reader. Clones share the figures.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched(Arc<Mutex<Open>>);

impl Watched {
    fn with<T>(&self, change: impl FnOnce(&mut Open) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A sale was answered as committed.
    pub fn told(&self, sale: Uuid) {
        let now = Instant::now();
        self.with(|open| match open.seen.remove(&sale) {
            // The reader was quicker than the clerk.
            Some(_) => open.times.add(Duration::ZERO),
            None => _ = open.told.insert(sale, now),
        });
    }

    fn seen(&self, sale: Uuid) {
        let now = Instant::now();
        self.with(|open| match open.told.remove(&sale) {
            Some(told) => open.times.add(now - told),
            None => _ = open.seen.insert(sale, now),
        });
    }

    /// What was counted.
    pub fn times(&self) -> Times {
        self.with(|open| std::mem::take(&mut open.times))
    }

    /// Reads the topic from now on until `stop` is ready; `ready` is told when it reads.
    pub async fn read(
        self,
        settings: KafkaSettings,
        tills: Vec<String>,
        clock: Arc<dyn Clock>,
        ready: Arc<Notify>,
        stop: impl Future<Output = ()> + Send,
    ) {
        const UPDATES: usize = 64;
        let (sender, mut updates) = mpsc::channel(UPDATES);
        let (_commands, commanded) = mpsc::channel(1);
        let options = LiveOptions::sales(LiveFrom::Now);
        let feed = live::run(LiveSource::Kafka(settings), options, commanded, sender, clock, stop);
        let reading = async {
            while let Some(update) = updates.recv().await {
                match update {
                    LiveUpdate::State(StreamState::Live) => ready.notify_one(),
                    LiveUpdate::Records(records) => {
                        for record in records {
                            if let Ok(StreamEvent::Sale(sale)) = &record.event
                                && sale.line_no == 1
                                && tills.contains(&sale.till_id)
                            {
                                self.seen(sale.sale_id);
                            }
                        }
                    }
                    _ => {}
                }
            }
        };
        tokio::join!(feed, reading);
    }
}

/// Waits until the feed reads.
pub(super) async fn until_ready(ready: &Notify) {
    if timeout(LIVE, ready.notified()).await.is_err() {
        tracing::warn!("the stream is not live: how long events take is not measured from the first one on");
    }
}
