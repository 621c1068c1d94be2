//! Following a till's own outbox, where there are no brokers.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;

use super::{Closed, LiveCommand, LiveFrom, LiveOptions, LiveRecord, LiveUpdate, MOST_RECORDS, StreamState, tell};
use crate::domain::clock::Clock;
use crate::domain::event::{EventTopic, StreamEvent, Unreadable};
use crate::domain::sale::TillId;
use crate::store::error::StoreError;
use crate::store::ports::{Outbox, OutboxRow};
use crate::stream::backoff::Backoff;

/// Without a wake, how often to look.
const POLL: Duration = Duration::from_secs(1);

/// Offsets of a series begin so far after those of the one before: numbers begin anew, and offsets may not.
const SERIES_APART: u64 = 1 << 40;

/// Series and number of an event; before the first, no series.
type Place = (u32, u64);

/// The offset at which an event is told.
fn offset_of((series, seq): Place) -> i64 {
    let before = u64::from(series.saturating_sub(1)) * SERIES_APART;
    i64::try_from(before.saturating_add(seq)).unwrap_or(i64::MAX)
}

/// The place after which a reader goes on whose next offset is that.
fn place_before(next: i64) -> Place {
    let last = u64::try_from(next.saturating_sub(1)).unwrap_or(0);
    let series = u32::try_from(last / SERIES_APART + 1).unwrap_or(u32::MAX);
    (series, last % SERIES_APART)
}

/// A feed from an outbox.
pub(super) struct Follower {
    outbox: Arc<dyn Outbox>,
    till: TillId,
    wake: Arc<Notify>,
    options: LiveOptions,
    updates: mpsc::Sender<LiveUpdate>,
    clock: Arc<dyn Clock>,
    /// The last event that was told of each topic that was looked at.
    places: BTreeMap<EventTopic, Place>,
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
            places: BTreeMap::new(),
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
                Ok(found) => {
                    trouble = None;
                    backoff.reset();
                    let full = found.iter().any(|(_, rows)| rows.len() >= MOST_RECORDS);
                    for (topic, rows) in found {
                        self.pass_on(topic, rows).await?;
                    }
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

    async fn look(&mut self) -> Result<Vec<(EventTopic, Vec<OutboxRow>)>, StoreError> {
        let limit = u32::try_from(MOST_RECORDS).unwrap_or(u32::MAX);
        let mut found = Vec::new();
        for topic in self.options.topics.clone() {
            let place = match self.places.get(&topic) {
                Some(place) => *place,
                None => self.begin(topic).await?,
            };
            let rows = self.outbox.after(&self.till, topic, place, limit).await?;
            found.push((topic, place, rows));
        }
        // Only once all were found are they as good as told.
        let found = found.into_iter().map(|(topic, place, rows)| {
            let last = rows.last().map_or(place, |row| (row.series, row.seq));
            self.places.insert(topic, last);
            (topic, rows)
        });
        Ok(found.collect())
    }

    async fn begin(&self, topic: EventTopic) -> Result<Place, StoreError> {
        if let Some(next) = self.options.resume.get(&(topic, 0)) {
            return Ok(place_before(*next));
        }
        match self.options.from {
            LiveFrom::Now => self.outbox.newest(&self.till, topic).await,
            LiveFrom::Beginning | LiveFrom::At(_) => Ok((0, 0)),
        }
    }

    async fn pass_on(&self, topic: EventTopic, rows: Vec<OutboxRow>) -> Result<(), Closed> {
        let received_at = self.clock.now();
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            let event = StreamEvent::read_from(topic, Some(row.payload.as_bytes()));
            if self.is_before_the_start(topic, &event) {
                continue;
            }
            records.push(LiveRecord {
                topic,
                partition: 0,
                offset: offset_of((row.series, row.seq)),
                received_at,
                event,
            });
        }
        if records.is_empty() {
            return Ok(());
        }
        tell(&self.updates, LiveUpdate::Records(records)).await
    }

    /// Rows do not say when they came, events say when they happened.
    fn is_before_the_start(&self, topic: EventTopic, event: &Result<StreamEvent, Unreadable>) -> bool {
        let LiveFrom::At(start) = self.options.from else {
            return false;
        };
        let happened = match event {
            Ok(StreamEvent::Sale(sale)) => sale.sold_at,
            Ok(StreamEvent::Audit(audit)) => audit.at,
            _ => return false,
        };
        happened < start && !self.options.resume.contains_key(&(topic, 0))
    }

    async fn say(&mut self, state: StreamState) -> Result<(), Closed> {
        if self.state.as_ref() == Some(&state) {
            return Ok(());
        }
        self.state = Some(state.clone());
        tell(&self.updates, LiveUpdate::State(state)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_go_on_over_series_and_lead_back_to_where_a_reader_was() {
        assert_eq!(offset_of((1, 3)), 3);
        let places = [(1, 1), (1, 900), (2, 1), (7, 42)];
        let offsets = places.map(offset_of);
        assert!(offsets.is_sorted_by(|a, b| a < b), "{offsets:?}");
        assert_eq!(offsets.map(|offset| place_before(offset + 1)), places);
        assert_eq!(place_before(0), (1, 0), "before the first");
        assert_eq!(place_before(i64::MIN), (1, 0));
    }
}
