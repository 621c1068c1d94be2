//! Following a till's own outbox, where there are no brokers.
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;

use super::sightings::{Seen, Sightings};
use super::{Closed, LiveCommand, LiveFrom, LiveOptions, LiveRecord, LiveUpdate, MOST_RECORDS, StreamState, tell};
use crate::domain::clock::Clock;
use crate::domain::event::StreamEvent;
use crate::domain::sale::TillId;
use crate::store::error::StoreError;
use crate::store::ports::{Outbox, OutboxRow};
use crate::stream::backoff::Backoff;

/// Without a wake, how often to look.
const POLL: Duration = Duration::from_secs(1);

/// A feed from an outbox.
pub(super) struct Follower {
    outbox: Arc<dyn Outbox>,
    till: TillId,
    wake: Arc<Notify>,
    options: LiveOptions,
    updates: mpsc::Sender<LiveUpdate>,
    clock: Arc<dyn Clock>,
    sightings: Sightings,
    /// Series and number of the last event that was told; unknown before the first look.
    place: Option<(u32, u64)>,
    state: Option<StreamState>,
}

impl Follower {
    pub(super) fn new(
        outbox: Arc<dyn Outbox>,
        till: TillId,
        wake: Arc<Notify>,
        options: LiveOptions,
        updates: mpsc::Sender<LiveUpdate>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            outbox,
            till,
            wake,
            options,
            updates,
            clock,
            sightings: Sightings::default(),
            place: None,
            state: None,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<LiveCommand>) -> Result<(), Closed> {
        let since = self.clock.now();
        self.say(StreamState::Connecting { since }).await?;
        let wake = Arc::clone(&self.wake);
        let mut backoff = Backoff::default();
        let mut commanded = true;
        let mut trouble = None;
        loop {
            let pause = match self.look().await {
                Ok(rows) => {
                    trouble = None;
                    backoff.reset();
                    let full = rows.len() >= MOST_RECORDS;
                    self.pass_on(rows).await?;
                    if full {
                        continue;
                    }
                    self.say(StreamState::Live).await?;
                    if self.options.until_end {
                        return tell(&self.updates, LiveUpdate::End).await;
                    }
                    POLL
                }
                Err(error) => {
                    let since = *trouble.get_or_insert_with(|| self.clock.now());
                    let reason = error.to_string();
                    self.say(StreamState::Reconnecting { since, reason }).await?;
                    backoff.pause()
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = wake.notified() => {}
                // One till, one partition, and no fetch to lengthen: nothing to change.
                command = commands.recv(), if commanded => commanded = command.is_some(),
            }
        }
    }

    async fn look(&mut self) -> Result<Vec<OutboxRow>, StoreError> {
        let place = match (self.place, self.options.from) {
            (Some(place), _) => place,
            (None, LiveFrom::Now) => self.outbox.newest(&self.till).await?,
            (None, LiveFrom::Beginning | LiveFrom::At(_)) => (0, 0),
        };
        let limit = u32::try_from(MOST_RECORDS).unwrap_or(u32::MAX);
        let rows = self.outbox.after(&self.till, place, limit).await?;
        self.place = Some(rows.last().map_or(place, |row| (row.series, row.seq)));
        Ok(rows)
    }

    async fn pass_on(&mut self, rows: Vec<OutboxRow>) -> Result<(), Closed> {
        let received_at = self.clock.now();
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            let event = StreamEvent::read(Some(row.payload.as_bytes()));
            // Rows do not say when they came, events say when they were sold.
            if let (LiveFrom::At(time), Ok(StreamEvent::Sale(sale))) = (self.options.from, &event)
                && sale.sold_at < time
            {
                continue;
            }
            let offset = i64::try_from(row.seq).unwrap_or(i64::MAX);
            let seen = match &event {
                Ok(event) => self.sightings.note(event, 0, offset),
                Err(_) => Seen::New,
            };
            records.push(LiveRecord {
                partition: 0,
                offset,
                received_at,
                event,
                seen,
            });
        }
        if records.is_empty() {
            return Ok(());
        }
        tell(&self.updates, LiveUpdate::Records(records)).await
    }

    async fn say(&mut self, state: StreamState) -> Result<(), Closed> {
        if self.state.as_ref() == Some(&state) {
            return Ok(());
        }
        self.state = Some(state.clone());
        tell(&self.updates, LiveUpdate::State(state)).await
    }
}
