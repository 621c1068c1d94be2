//! The steps of counting and publishing, each of which may be the last before a kill.
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::start::{self, Anew};
use super::{Figures, SaleRead, TotalsError, TotalsTopics};
use crate::domain::event::StreamEvent;
use crate::domain::name::printable;
use crate::domain::seen::{SeenSeqs, Sighting};
use crate::domain::totals::{EventPlace, PairTotal, pair_of};
use crate::store::error::StoreError;
use crate::store::ports::totals::{Checkpoint, Counted, Numbers, ReadTo, SoldEvents, TotalRow, TotalsState};

/// Totals in one request, at most.
const AT_ONCE: u32 = 500;

/// A partition whose lease was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The partition.
    pub partition: i32,
    /// The lease's epoch.
    pub epoch: i64,
    /// How far the totals were published by the lease's last holder.
    pub checkpoint: Option<Checkpoint>,
}

/// A till and series, and what was counted of them in each partition.
type Counts = HashMap<(String, u32), BTreeMap<i32, SeenSeqs>>;

/// Counts the events of its partitions, and publishes the totals. See [`super`].
pub struct Processor {
    state: Arc<dyn TotalsState>,
    topics: Arc<dyn TotalsTopics>,
    held: BTreeMap<i32, ReadTo>,
    counts: Counts,
    figures: Figures,
    /// Pairs of a request that was not answered. It may be written late, over what is newer.
    doubtful: Vec<String>,
}

impl Processor {
    /// Over a state, without a partition yet.
    pub fn new(state: Arc<dyn TotalsState>, topics: Arc<dyn TotalsTopics>) -> Self {
        Self {
            state,
            topics,
            held: BTreeMap::new(),
            counts: Counts::default(),
            figures: Figures::default(),
            doubtful: Vec::new(),
        }
    }

    /// Goes on with partitions whose lease was taken, from the own state where that is the newest, else from the totals
    /// topic, or from the store if it is given.
    ///
    /// # Errors
    /// When neither says what was counted before; and when state, brokers or store do not answer.
    pub async fn begin(&mut self, taken: &[Taken], rebuild: Option<&dyn SoldEvents>) -> Result<(), TotalsError> {
        let known: BTreeMap<i32, ReadTo> = self
            .state
            .read_to()
            .await?
            .into_iter()
            .map(|r| (r.partition, r))
            .collect();
        let sales = self.topics.sales().await?;
        let mut anew = BTreeMap::new();
        for taken in taken {
            let partition = taken.partition;
            let (first, end) = *sales.get(&partition).ok_or(TotalsError::NoPartition(partition))?;
            let published = taken.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.next);
            match known.get(&partition) {
                // A state that is behind what was published under its own lease came back from a backup.
                Some(read) if rebuild.is_none() && read.epoch == taken.epoch && read.next >= published => {
                    if read.next > end {
                        return Err(TotalsError::MadeAnew { partition });
                    }
                    start::is_covered(partition, read.next, first)?;
                    self.held.insert(partition, read.clone());
                }
                _ => {
                    anew.insert(partition, Anew { taken, first, end });
                }
            }
        }
        if !anew.is_empty() {
            let others: Vec<i32> = self.held.keys().copied().filter(|p| !anew.contains_key(p)).collect();
            let count = i32::try_from(sales.len()).unwrap_or(i32::MAX);
            let begun = match rebuild {
                Some(store) => start::from_store(&*self.state, store, &anew, count).await?,
                None => start::from_topic(&*self.state, &*self.topics, &anew, &others, count).await?,
            };
            self.state.begin_with(&begun, rebuild.is_some()).await?;
            self.held
                .extend(begun.read.into_iter().map(|read| (read.partition, read)));
        }
        self.counts.clear();
        for one in self.state.numbers().await? {
            self.counts
                .entry((one.till, one.series))
                .or_default()
                .insert(one.partition, one.seen);
        }
        Ok(())
    }

    /// Leaves a partition to whoever has it now.
    pub fn leave(&mut self, partition: i32) {
        self.held.remove(&partition);
    }

    /// All that there was has been read: what comes now is newer than what is published.
    pub fn caught_up(&mut self) {
        for read in self.held.values_mut() {
            read.hold = read.hold.min(read.next);
        }
    }

    /// The brokers have deleted what was before `first`: where that is the last record counted, it cannot be looked at again.
    pub fn deleted_before(&mut self, partition: i32, first: i64) {
        if let Some(read) = self.held.get_mut(&partition)
            && first >= read.next
        {
            read.last.clear();
        }
    }

    /// Its partitions, and how far each is read.
    pub fn held(&self) -> &BTreeMap<i32, ReadTo> {
        &self.held
    }

    /// What was done since the start.
    pub fn figures(&self) -> Figures {
        self.figures
    }

    /// Counts records, in one transaction. What was counted already is passed over, so a record may be given twice.
    ///
    /// # Errors
    /// When the state cannot be written, or the records are not those that were counted: then nothing is.
    pub async fn take(&mut self, records: &[SaleRead]) -> Result<(), TotalsError> {
        let mut pairs: Vec<String> = records.iter().filter_map(|r| pair_of(r.event.as_ref().ok()?)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut step = Step::new(&self.held, self.figures);
        for row in self.state.totals(&pairs).await? {
            step.totals.insert(row.pair.clone(), (own(&row)?, false));
        }
        for record in records {
            step.take(record, &self.counts)?;
        }
        if step.read.is_empty() {
            return Ok(());
        }
        self.state.count(&step.counted()?).await?;
        let Step {
            read, numbers, figures, ..
        } = step;
        self.held.extend(read);
        for ((till, series, partition), seen) in numbers {
            self.counts.entry((till, series)).or_default().insert(partition, seen);
        }
        self.figures = figures;
        Ok(())
    }

    /// Publishes some of what is to be published of these partitions; whether there was something.
    ///
    /// # Errors
    /// When the brokers do not take it, or the state cannot be written: it stays to be published.
    pub async fn publish(&mut self, partitions: &[i32]) -> Result<bool, TotalsError> {
        let is_ready = |partition: &i32| self.held.get(partition).is_some_and(|read| read.next >= read.hold);
        let ready: Vec<i32> = partitions.iter().copied().filter(is_ready).collect();
        let totals = self.state.unpublished(&ready, AT_ONCE).await?;
        if totals.is_empty() {
            return Ok(false);
        }
        if let Err(error) = self.topics.publish(&totals).await {
            self.doubtful.extend(totals.into_iter().map(|total| total.pair));
            self.doubtful.sort_unstable();
            self.doubtful.dedup();
            return Err(error.into());
        }
        self.state.published(&totals).await?;
        self.figures.published += totals.len() as u64;
        Ok(true)
    }

    /// Whether a request of totals was not answered since this was last settled.
    pub fn is_in_doubt(&self) -> bool {
        !self.doubtful.is_empty()
    }

    /// Has the totals of such requests published once more: to be called when no such request can be written any more.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub async fn settle(&mut self) -> Result<(), TotalsError> {
        self.state.publish_again(&self.doubtful).await?;
        self.doubtful.clear();
        Ok(())
    }

    /// Up to where a partition's totals are published; none while some are not, or may be written over.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn checkpoint(&self, partition: i32) -> Result<Option<Checkpoint>, TotalsError> {
        let Some(read) = self.held.get(&partition).filter(|read| read.next >= read.hold) else {
            return Ok(None);
        };
        if self.is_in_doubt() || !self.state.unpublished(&[partition], 1).await?.is_empty() {
            return Ok(None);
        }
        let numbers = self.counts.iter().filter_map(|((till, series), seen)| {
            Some(Numbers {
                partition,
                till: till.clone(),
                series: *series,
                seen: seen.get(&partition)?.clone(),
            })
        });
        Ok(Some(Checkpoint {
            next: read.next,
            numbers: numbers.collect(),
            pairs: self.state.pairs(partition).await?,
        }))
    }
}

/// A total of our own file.
pub(super) fn own(row: &TotalRow) -> Result<PairTotal, TotalsError> {
    PairTotal::read(row.value.as_bytes())
        .map_err(|e| StoreError::Permanent(format!("totals.sqlite: {}: {e}", printable(&row.pair))).into())
}

/// A total as a row.
pub(super) fn row(total: &PairTotal, partition: i32) -> Result<TotalRow, TotalsError> {
    Ok(TotalRow {
        pair: total.pair(),
        value: total.value().map_err(|e| StoreError::Permanent(e.to_string()))?,
        partition,
    })
}

/// What an event is known again by, at the same place.
fn identity(record: &SaleRead) -> String {
    match &record.event {
        Ok(StreamEvent::Sale(sale)) => sale.event_id.to_string(),
        Ok(StreamEvent::Older(older)) => format!("{} {} {}", older.drug_id, older.quantity_sold, older.date_sold),
        _ => "unreadable".to_owned(),
    }
}

/// What records change, before it is written.
struct Step<'a> {
    held: &'a BTreeMap<i32, ReadTo>,
    read: BTreeMap<i32, ReadTo>,
    numbers: HashMap<(String, u32, i32), SeenSeqs>,
    /// The totals of the records' pairs, and whether each has changed.
    totals: HashMap<String, (PairTotal, bool)>,
    figures: Figures,
}

impl<'a> Step<'a> {
    fn new(held: &'a BTreeMap<i32, ReadTo>, figures: Figures) -> Self {
        Self {
            held,
            read: BTreeMap::new(),
            numbers: HashMap::new(),
            totals: HashMap::new(),
            figures,
        }
    }

    fn take(&mut self, record: &SaleRead, counts: &Counts) -> Result<(), TotalsError> {
        let partition = record.partition;
        // A record of a partition that was left meanwhile is somebody else's.
        let Some(before) = self.read.get(&partition).or_else(|| self.held.get(&partition)) else {
            return Ok(());
        };
        if record.offset < before.next {
            let is_last = record.offset == before.next - 1 && !before.last.is_empty();
            return if is_last && before.last != identity(record) {
                Err(TotalsError::MadeAnew { partition })
            } else {
                Ok(())
            };
        }
        let hold = before.hold;
        let read = ReadTo {
            next: record.offset + 1,
            last: identity(record),
            ..before.clone()
        };
        self.read.insert(partition, read);
        self.figures.read += 1;
        let pair = record.event.as_ref().ok().and_then(pair_of);
        let (Ok(event), Some(pair)) = (&record.event, pair) else {
            self.figures.unreadable += 1;
            return Ok(());
        };
        let place = EventPlace {
            partition,
            offset: record.offset,
        };
        self.count(event, pair, place, hold, counts)
    }

    fn count(
        &mut self,
        event: &StreamEvent,
        pair: String,
        place: EventPlace,
        hold: i64,
        counts: &Counts,
    ) -> Result<(), TotalsError> {
        let sighting = self.sight(event, place.partition, counts);
        let known = self.totals.get_mut(&pair);
        if let Some((total, changed)) = known {
            if let Some(partition) = total.partitions().find(|other| !self.held.contains_key(other)) {
                let pair = printable(&pair);
                return Err(TotalsError::Shared { pair, partition });
            }
            if total.counted_to(place.partition).is_some_and(|to| place.offset <= to) {
                self.figures.known += 1;
                return Ok(());
            }
            if sighting == Some(Sighting::Repeat) && place.offset < hold {
                // It was counted before the totals were found again in the topic: here it is.
                total.found(place);
                *changed = true;
            }
        }
        if sighting == Some(Sighting::Repeat) {
            self.figures.repeated += 1;
            return Ok(());
        }
        let mut total = match self.totals.get(&pair) {
            Some((total, _)) => total.clone(),
            None => PairTotal::before(event),
        };
        if total.count(event, Some(place)).is_err() {
            self.figures.unreadable += 1;
            return Ok(());
        }
        self.totals.insert(pair, (total, true));
        self.figures.counted += 1;
        match sighting {
            None => self.figures.unnumbered += 1,
            Some(Sighting::Overflow) => self.figures.untracked += 1,
            Some(_) => {}
        }
        Ok(())
    }

    /// Notes the event's number, if it has one.
    fn sight(&mut self, event: &StreamEvent, partition: i32, counts: &Counts) -> Option<Sighting> {
        let StreamEvent::Sale(sale) = event else {
            return None;
        };
        let (till, series, seq) = (&sale.till_id, sale.series, sale.seq);
        let key = (till.clone(), series);
        // A number lives in one partition, unless partitions were added in between.
        let known = counts.get(&key);
        let is_elsewhere = known
            .into_iter()
            .flatten()
            .any(|(other, seen)| *other != partition && seen.contains(seq))
            || self
                .numbers
                .iter()
                .any(|((t, s, other), seen)| *other != partition && t == till && *s == series && seen.contains(seq));
        if is_elsewhere {
            return Some(Sighting::Repeat);
        }
        let seen = self.numbers.entry((key.0, series, partition)).or_insert_with(|| {
            known
                .and_then(|known| known.get(&partition))
                .cloned()
                .unwrap_or_default()
        });
        Some(seen.note(seq))
    }

    fn counted(&self) -> Result<Counted, TotalsError> {
        let mut totals = Vec::new();
        for (total, _) in self.totals.values().filter(|(_, changed)| *changed) {
            let partition = total.source.map_or(0, |source| source.partition);
            totals.push(row(total, partition)?);
        }
        let numbers = self.numbers.iter().map(|((till, series, partition), seen)| Numbers {
            partition: *partition,
            till: till.clone(),
            series: *series,
            seen: seen.clone(),
        });
        Ok(Counted {
            read: self.read.values().cloned().collect(),
            numbers: numbers.collect(),
            totals,
        })
    }
}
