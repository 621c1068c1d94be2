//! The topic as a witness to the store (PATH 2.5): each of its events against the store's rows, and each event that the
//! brokers acknowledged against the topic. Whoever alters the store cannot take back what was published.
//!
//! In bounded memory: of each till's events, the numbers seen as intervals.
use std::collections::BTreeMap;
use std::sync::Arc;

use super::whole_topic::{self, WholeTopic};
use crate::domain::clock::Clock;
use crate::domain::event::{SaleEvent, StreamEvent};
use crate::domain::sale::TillId;
use crate::domain::seen::SeenSeqs;
use crate::store::engine::Engine;
use crate::store::verify::Broken;
use crate::store::verify::topic::{self, Acknowledged};
use crate::stream::live::LiveRecord;
use crate::stream::partitioner::partition_of;
use crate::stream::settings::KafkaSettings;

pub use super::whole_topic::Unheard;

/// A topic that somebody fills with tills of his own invention makes no longer list.
const MOST_TILLS: usize = 10_000;

/// What the topic said.
#[derive(Debug, Default)]
pub struct Testimony {
    /// Sale events that were heard, repeats too.
    pub events: u64,
    /// Records that are no sale events of this program's.
    pub others: u64,
    /// By till: the first event that does not agree with the store.
    pub broken: BTreeMap<String, Broken>,
}

/// Hears the topic from its beginning to its present end, about `till` or every till.
///
/// # Errors
/// When it could not be heard to its end; events that do not agree are no error.
pub async fn hear(
    engine: &dyn Engine,
    settings: &KafkaSettings,
    clock: Arc<dyn Clock>,
    till: Option<&TillId>,
) -> Result<Testimony, Unheard> {
    // What was acknowledged by now is before the end that the topic has in a moment.
    let until = topic::now(engine).await?;
    let mut hearing = Hearing {
        engine,
        till,
        first: BTreeMap::new(),
        seen: BTreeMap::new(),
        lowest: BTreeMap::new(),
        found: BTreeMap::new(),
        testimony: Testimony::default(),
    };
    whole_topic::read(settings, clock, async |topic: &mut WholeTopic| {
        while let Some(records) = topic.next().await? {
            hearing.records(&records).await?;
        }
        hearing.first.clone_from(topic.first());
        Ok::<(), Unheard>(())
    })
    .await?;
    hearing.expect_acknowledged(until).await?;
    Ok(hearing.conclude())
}

struct Hearing<'a> {
    engine: &'a dyn Engine,
    till: Option<&'a TillId>,
    /// The first offset of each partition that was not deleted.
    first: BTreeMap<i32, i64>,
    seen: BTreeMap<(String, u32), SeenSeqs>,
    /// The lowest number seen of a till and series in a partition.
    lowest: BTreeMap<(String, u32, i32), u64>,
    /// By till: series and number of the first event that does not agree, and why.
    found: BTreeMap<String, ((u32, u64), Broken)>,
    testimony: Testimony,
}

impl Hearing<'_> {
    async fn records(&mut self, records: &[LiveRecord]) -> Result<(), Unheard> {
        let mut events: Vec<(&SaleEvent, i32)> = Vec::new();
        for record in records {
            match &record.event {
                Ok(StreamEvent::Sale(event)) => {
                    self.testimony.events += 1;
                    if self.till.is_none_or(|till| till.as_str() == event.till_id) {
                        events.push((event, record.partition));
                    }
                }
                _ => self.testimony.others += 1,
            }
        }
        let sales: Vec<&SaleEvent> = events.iter().map(|(event, _)| *event).collect();
        let answers = topic::disowned(self.engine, &sales).await?;
        for ((event, partition), reason) in events.into_iter().zip(answers) {
            if let Some(reason) = reason {
                self.found(&event.till_id, (event.series, event.seq), &event.receipt, reason);
                continue;
            }
            let till = event.till_id.clone();
            self.seen
                .entry((till.clone(), event.series))
                .or_default()
                .note(event.seq);
            let lowest = self.lowest.entry((till, event.series, partition)).or_insert(event.seq);
            *lowest = event.seq.min(*lowest);
        }
        Ok(())
    }

    /// Whatever the brokers acknowledged is there, unless they have deleted it since.
    async fn expect_acknowledged(&mut self, until: jiff::Timestamp) -> Result<(), Unheard> {
        for (till, series) in topic::series(self.engine).await? {
            if self.till.is_some_and(|wanted| *wanted != till) {
                continue;
            }
            let mut last: Option<Acknowledged> = None;
            'series: loop {
                let page = topic::acknowledged(self.engine, (&till, series), last.as_ref(), until).await?;
                for event in &page {
                    if !self.is_there(&till, series, event) && !self.may_be_deleted(&till, series, event) {
                        let reason = "the brokers acknowledged an event of this sale, and the topic does not have it";
                        let receipt = event.receipt.to_string();
                        self.found(till.as_str(), (series, event.seq), &receipt, reason);
                        break 'series;
                    }
                }
                match page.into_iter().next_back() {
                    Some(event) => last = Some(event),
                    None => break,
                }
            }
        }
        Ok(())
    }

    fn is_there(&self, till: &TillId, series: u32, event: &Acknowledged) -> bool {
        // An event that was heard and disagrees has been told.
        let seen = self.seen.get(&(till.as_str().to_owned(), series));
        seen.is_some_and(|seen| seen.contains(event.seq))
    }

    /// Brokers delete from the front: what comes after something that is still in the same partition was not deleted.
    fn may_be_deleted(&self, till: &TillId, series: u32, event: &Acknowledged) -> bool {
        if self.first.values().all(|first| *first == 0) {
            return false;
        }
        let count = i32::try_from(self.first.len()).unwrap_or(i32::MAX);
        let partition = partition_of(event.outlet.to_string().as_bytes(), count);
        let lowest = self.lowest.get(&(till.as_str().to_owned(), series, partition));
        lowest.is_none_or(|lowest| event.seq < *lowest)
    }

    fn found(&mut self, till: &str, place: (u32, u64), receipt: &str, reason: &str) {
        let known = self.found.get(till);
        if known.is_some_and(|(before, _)| *before <= place) || (known.is_none() && self.found.len() >= MOST_TILLS) {
            return;
        }
        let broken = Broken {
            receipt: receipt.to_owned(),
            reason: reason.to_owned(),
        };
        self.found.insert(till.to_owned(), (place, broken));
    }

    fn conclude(self) -> Testimony {
        let broken = self
            .found
            .into_iter()
            .map(|(till, (_, broken))| (till, broken))
            .collect();
        Testimony {
            broken,
            ..self.testimony
        }
    }
}
