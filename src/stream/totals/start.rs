//! Beginning anew: from the totals that are published, or from the store. [`super`] has the reasons.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio::sync::mpsc;

use super::processor::{Taken, own, row};
use super::{TotalsError, TotalsTopics};
use crate::domain::event::{SaleEvent, StreamEvent};
use crate::domain::name::printable;
use crate::domain::seen::SeenSeqs;
use crate::domain::totals::{PairTotal, pair_of};
use crate::store::ports::totals::{Counted, Numbers, ReadTo, SoldEvents, TotalRow, TotalsState};
use crate::stream::partitioner::partition_of;

/// Chunks of the totals topic that wait to be put aside.
const CHUNKS: usize = 4;

/// A partition to begin with.
pub(super) struct Anew<'a> {
    pub taken: &'a Taken,
    /// The first offset that is still there.
    pub first: i64,
    /// The offset behind the last.
    pub end: i64,
}

impl Anew<'_> {
    fn read_from(&self, next: i64) -> ReadTo {
        ReadTo {
            partition: self.taken.partition,
            next,
            // Behind those published until then, or without their places in the topic.
            hold: self.end,
            epoch: self.taken.epoch,
            last: String::new(),
        }
    }
}

/// Refuses to go on where the brokers have deleted what was not counted.
pub(super) fn is_covered(partition: i32, next: i64, first: i64) -> Result<(), TotalsError> {
    if first <= next {
        return Ok(());
    }
    Err(TotalsError::NotCovered {
        partition,
        what: format!(
            "the brokers have deleted the records {next} to {} before they were counted",
            first - 1
        ),
    })
}

/// The published totals, put aside, and where to read on.
pub(super) async fn from_topic(
    state: &dyn TotalsState,
    topics: &dyn TotalsTopics,
    anew: &BTreeMap<i32, Anew<'_>>,
    others: &[i32],
    count: i32,
) -> Result<Counted, TotalsError> {
    state.put_nothing_aside().await?;
    let (into, mut chunks) = mpsc::channel(CHUNKS);
    let mut published = Published {
        state,
        anew,
        others,
        count,
        unplaced: BTreeSet::new(),
    };
    let reading = async { topics.totals(into).await.map_err(TotalsError::from) };
    let taking = async {
        while let Some(values) = chunks.recv().await {
            published.take(&values).await?;
        }
        Ok(())
    };
    tokio::try_join!(reading, taking)?;
    let unplaced = published.unplaced;
    let mut begun = Counted::default();
    for (partition, anew) in anew {
        let checkpoint = anew.taken.checkpoint.as_ref();
        if checkpoint.is_some_and(|checkpoint| checkpoint.next > anew.end) {
            return Err(TotalsError::MadeAnew { partition: *partition });
        }
        let pairs = state.pairs_aside(*partition).await?;
        if let Some(checkpoint) = checkpoint.filter(|checkpoint| checkpoint.pairs <= pairs) {
            is_covered(*partition, checkpoint.next, anew.first)?;
            begun.read.push(anew.read_from(checkpoint.next));
            begun.numbers.extend(checkpoint.numbers.iter().cloned());
        } else {
            from_the_beginning(*partition, anew, &unplaced)?;
            begun.read.push(anew.read_from(anew.first));
        }
    }
    Ok(begun)
}

/// Without a checkpoint, the numbers are found by reading all of the partition.
fn from_the_beginning(partition: i32, anew: &Anew<'_>, unplaced: &BTreeSet<String>) -> Result<(), TotalsError> {
    if anew.first > 0 {
        return Err(TotalsError::NotCovered {
            partition,
            what: format!(
                "the topic begins at record {}, and nothing says what was counted of those before",
                anew.first
            ),
        });
    }
    if let Some(pair) = unplaced.first() {
        return Err(TotalsError::NotCovered {
            partition,
            what: format!(
                "the total of “{}” was made from the store, and nothing says from which sales",
                printable(pair)
            ),
        });
    }
    Ok(())
}

/// The totals topic, as it is read.
struct Published<'a> {
    state: &'a dyn TotalsState,
    anew: &'a BTreeMap<i32, Anew<'a>>,
    others: &'a [i32],
    count: i32,
    /// Pairs whose newest total has no place in the topic of sales.
    unplaced: BTreeSet<String>,
}

impl Published<'_> {
    async fn take(&mut self, values: &[Vec<u8>]) -> Result<(), TotalsError> {
        // What is no total of ours, such as the older tracker's, is passed over: it is written over when the pair sells.
        let totals: Vec<PairTotal> = values.iter().filter_map(|value| PairTotal::read(value).ok()).collect();
        let pairs: Vec<String> = totals.iter().map(PairTotal::pair).collect();
        let mut newest: HashMap<String, PairTotal> = HashMap::new();
        for row in self.state.aside(&pairs).await? {
            newest.insert(row.pair.clone(), own(&row)?);
        }
        for (pair, total) in pairs.into_iter().zip(totals) {
            self.check(&pair, &total)?;
            if newest.get(&pair).is_none_or(|before| !is_behind(&total, before)) {
                newest.insert(pair, total);
            }
        }
        let mut rows = Vec::with_capacity(newest.len());
        for (pair, total) in newest {
            if total.source.is_some() {
                self.unplaced.remove(&pair);
            } else {
                self.unplaced.insert(pair);
            }
            rows.push(row(&total, self.home(&total))?);
        }
        Ok(self.state.put_aside(&rows).await?)
    }

    fn check(&self, pair: &str, total: &PairTotal) -> Result<(), TotalsError> {
        let Some(begins) = total.partitions().find(|partition| self.anew.contains_key(partition)) else {
            return Ok(());
        };
        if let Some(partition) = total.partitions().find(|partition| self.others.contains(partition)) {
            let pair = printable(pair);
            return Err(TotalsError::Shared { pair, partition });
        }
        let is_beyond = |partition: &i32| {
            let end = self.anew.get(partition).map(|anew| anew.end);
            end.zip(total.counted_to(*partition)).is_some_and(|(end, to)| to >= end)
        };
        if total.partitions().any(|partition| is_beyond(&partition)) {
            return Err(TotalsError::MadeAnew { partition: begins });
        }
        Ok(())
    }

    /// The partition that a total belongs to.
    fn home(&self, total: &PairTotal) -> i32 {
        match (total.source, &total.last) {
            (Some(source), _) => source.partition,
            (None, StreamEvent::Sale(sale)) => partition_of(sale.key().as_bytes(), self.count),
            (None, _) => 0,
        }
    }
}

/// Whether `total` was written before `other`, though it was read later: a request that was given up may be written late.
fn is_behind(total: &PairTotal, other: &PairTotal) -> bool {
    other
        .partitions()
        .any(|partition| total.counted_to(partition) < other.counted_to(partition))
}

/// The store's sales, summed up and put aside. The topic is then read from its beginning: what the store had is known by
/// its number and only placed, the rest is counted.
pub(super) async fn from_store(
    state: &dyn TotalsState,
    store: &dyn SoldEvents,
    anew: &BTreeMap<i32, Anew<'_>>,
    count: i32,
) -> Result<Counted, TotalsError> {
    state.put_nothing_aside().await?;
    let mut numbers: BTreeMap<(i32, String, u32), SeenSeqs> = BTreeMap::new();
    for series in store.sold_series().await? {
        let mut after = 0;
        while let Some((events, last)) = store.sold_after(&series, after).await? {
            after = last;
            let home = |event: &SaleEvent| partition_of(event.key().as_bytes(), count);
            let ours: Vec<SaleEvent> = events.into_iter().filter(|e| anew.contains_key(&home(e))).collect();
            for event in &ours {
                let source = (home(event), event.till_id.clone(), event.series);
                numbers.entry(source).or_default().note(event.seq);
            }
            put_aside(state, ours, count).await?;
        }
    }
    let numbers = numbers.into_iter().map(|((partition, till, series), seen)| Numbers {
        partition,
        till,
        series,
        seen,
    });
    Ok(Counted {
        read: anew.values().map(|anew| anew.read_from(anew.first)).collect(),
        numbers: numbers.collect(),
        totals: Vec::new(),
    })
}

async fn put_aside(state: &dyn TotalsState, events: Vec<SaleEvent>, count: i32) -> Result<(), TotalsError> {
    let events: Vec<StreamEvent> = events
        .into_iter()
        .map(|event| StreamEvent::Sale(Box::new(event)))
        .collect();
    let mut pairs: Vec<String> = events.iter().filter_map(pair_of).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut totals: HashMap<String, PairTotal> = HashMap::new();
    for row in state.aside(&pairs).await? {
        totals.insert(row.pair.clone(), own(&row)?);
    }
    for event in &events {
        let Some(pair) = pair_of(event) else { continue };
        let total = totals.entry(pair).or_insert_with(|| PairTotal::before(event));
        let last = total.last.clone();
        // Absurd amounts are in no total, as when they are read from the topic.
        if total.count(event, None).is_ok() && sold_at(&last) > sold_at(event) {
            total.last = last;
        }
    }
    let mut rows: Vec<TotalRow> = Vec::with_capacity(totals.len());
    for total in totals.values() {
        let StreamEvent::Sale(sale) = &total.last else { continue };
        rows.push(row(total, partition_of(sale.key().as_bytes(), count))?);
    }
    Ok(state.put_aside(&rows).await?)
}

fn sold_at(event: &StreamEvent) -> Option<jiff::Timestamp> {
    match event {
        StreamEvent::Sale(sale) => Some(sale.sold_at),
        _ => None,
    }
}
