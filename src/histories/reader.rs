//! A reader of the topic of sales: the real feed, the real numbers seen; what it keeps, and when it is killed, is simulated.
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::broker::Wire;
use super::machine::MachineClock;
use super::world::World;
use crate::domain::event::{EventTopic, SaleEvent, StreamEvent};
use crate::domain::mutant::{self, Mutant};
use crate::domain::sightings::{KeptSeries, Offsets, Seen, Sightings};
use crate::stream::live::{self, LiveFrom, LiveOptions, LiveRecord, LiveSource, LiveUpdate};

/// As many ids as a reader remembers that knows no numbers.
const WINDOW: usize = 12;

/// After so long without news, what was counted is kept.
const IDLE: Duration = Duration::from_secs(4);

/// An event's number: till, series, seq.
pub(super) type Number = (String, u32, u64);

/// What a reader keeps, in one transaction.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub(super) offsets: BTreeMap<i32, i64>,
    seen: Vec<KeptSeries>,
    /// How often each event was counted.
    pub(super) counted: BTreeMap<Number, u32>,
    window: VecDeque<Uuid>,
    highest: BTreeMap<(String, u32), u64>,
}

/// The reader's file.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) kept: Mutex<Kept>,
}

impl Reader {
    /// All its lives.
    pub(super) async fn run(self: Arc<Self>, world: Arc<World>, client: usize) {
        while !world.is_over() {
            let life = self.live(&world, client);
            if world.weather.is_calm() {
                life.await;
            } else {
                let _ = timeout(world.weather.seconds(2, 200), life).await;
                sleep(world.weather.seconds(0, 40)).await;
            }
        }
    }

    async fn live(&self, world: &Arc<World>, client: usize) {
        let mut now = self.kept.lock().unwrap().clone();
        let mut sightings = Sightings::restored(now.seen.clone());
        let resume: Offsets = now
            .offsets
            .iter()
            .map(|(partition, next)| ((EventTopic::Sales, *partition), *next))
            .collect();
        let options = LiveOptions {
            resume,
            in_sight: false,
            ..LiveOptions::sales(LiveFrom::Beginning)
        };
        let (told, mut updates) = mpsc::channel(4);
        let (_commands, commanded) = mpsc::channel(1);
        let source = LiveSource::Topics(Arc::new(Wire::new(&world.broker, client)));
        let feed = live::run(
            source,
            options,
            commanded,
            told,
            MachineClock::new(client),
            world.over(),
        );
        let reading = async {
            loop {
                let Ok(update) = timeout(IDLE, updates.recv()).await else {
                    self.keep(&mut now, &sightings, world);
                    continue;
                };
                let Some(update) = update else { break };
                match update {
                    LiveUpdate::Records(records) => {
                        for record in &records {
                            now.take(record, &mut sightings, world);
                        }
                        self.keep(&mut now, &sightings, world);
                    }
                    LiveUpdate::Restarted { partition, .. } => {
                        let words = format!("a reader was told that partition {partition} is another one");
                        world.ledger().broken.push(words);
                    }
                    LiveUpdate::Gap {
                        partition, from, to, ..
                    } => {
                        now.offsets.insert(partition, to);
                        let first = world.broker.sales()[usize::try_from(partition).unwrap()].first;
                        // They may have deleted more since.
                        if first <= from || to > first {
                            let words = format!("a reader was told of a gap {from}..{to} before {first}");
                            world.ledger().broken.push(words);
                        }
                    }
                    LiveUpdate::State(_) | LiveUpdate::End => {}
                }
            }
        };
        tokio::join!(feed, reading);
    }

    fn keep(&self, now: &mut Kept, sightings: &Sightings, world: &World) {
        let mut kept = self.kept.lock().unwrap();
        if mutant::is(Mutant::PlaceBeforeCounts) {
            kept.offsets.clone_from(&now.offsets);
        }
        if world.weather.is_calm() || world.weather.chance(2) {
            now.seen = sightings.kept();
            *kept = now.clone();
        }
    }
}

impl Kept {
    fn take(&mut self, record: &LiveRecord, sightings: &mut Sightings, world: &World) {
        self.offsets.insert(record.partition, record.offset + 1);
        let Ok(StreamEvent::Sale(sale)) = &record.event else {
            world.ledger().broken.push(format!("not one of ours: {record:?}"));
            return;
        };
        let seen = record.note_in(sightings);
        if seen == Seen::Differs {
            let words = format!("{} {}-{} has another content", sale.till_id, sale.series, sale.seq);
            world.ledger().broken.push(words);
        }
        if self.counts(sale, seen) {
            let number = (sale.till_id.clone(), sale.series, sale.seq);
            *self.counted.entry(number).or_default() += 1;
        }
    }

    /// Whether it is counted: by its number, unless a rule is broken.
    fn counts(&mut self, sale: &SaleEvent, seen: Seen) -> bool {
        if mutant::is(Mutant::WindowOfIds) {
            let known = self.window.contains(&sale.event_id);
            self.window.push_back(sale.event_id);
            if self.window.len() > WINDOW {
                self.window.pop_front();
            }
            return !known;
        }
        if mutant::is(Mutant::HighestNumberOnly) {
            let highest = self.highest.entry((sale.till_id.clone(), sale.series)).or_default();
            let above = sale.seq > *highest;
            *highest = sale.seq.max(*highest);
            return above;
        }
        seen.counts()
    }
}
