//! The totals, step by step: killed at each step, handed over, their state lost; and always the sums of the distinct events.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use proptest::prelude::*;
use rxtill::domain::event::{StreamEvent, Unreadable};
use rxtill::domain::money::{Money, Quantity};
use rxtill::domain::totals::{PairTotal, pair_of};
use rxtill::store::error::StoreError;
use rxtill::store::ports::totals::{Checkpoint, Counted, Numbers, ReadTo, TotalRow, TotalsState};
use rxtill::store::totals::TotalsFile;
use rxtill::stream::fault::{Fault, StreamError};
use rxtill::stream::totals::{Processor, SaleRead, Taken, TotalsError, TotalsTopics};
use tempfile::TempDir;
use tokio::sync::mpsc;
use uuid::Uuid;

const PARTITIONS: [i32; 2] = [0, 1];
/// Rows of one chunk of the totals topic.
const CHUNK: usize = 3;

fn at(partition: i32) -> usize {
    usize::try_from(partition).unwrap()
}

fn length(log: &[SaleRead]) -> i64 {
    i64::try_from(log.len()).unwrap()
}

/// A line of a sale in an outlet; outlet 1 is in partition 0, outlet 2 in partition 1.
fn sale(till: &str, seq: u64, (outlet, drug): (u32, u32), quantity: i32, total: &str) -> StreamEvent {
    let id = Uuid::new_v5(&Uuid::nil(), format!("{till} {seq}").as_bytes());
    let json = format!(
        r#"{{"schema":1,"event_id":"{id}","sale_id":"{id}","line_no":1,"kind":"sale","emp_id":2,"drug_id":{drug},"doc_id":5,
        "pharmacy_name":"outlet {outlet}","pharmacy_region":"Nairobi","quantity_sold":{quantity},"date_sold":"2024-06-20",
        "sold_at":"2024-06-20T09:14:03.412Z","outlet_id":{outlet},"till_id":"{till}","employee":"John","drug":"Aspirin",
        "doctor":null,"unit":"tab","unit_qty":"1","unit_factor":"1","unit_price":"1","discount":"0","line_total":"{total}",
        "currency":"KES","receipt":"T01-000001","chain":"{}","series":1,"seq":{seq},"lines":1,"refund_of":null}}"#,
        "0".repeat(64),
    );
    StreamEvent::read(Some(json.as_bytes())).unwrap()
}

fn older(outlet: u32, drug: u32, quantity: i32) -> StreamEvent {
    let json = format!(
        r#"{{"emp_id":2,"drug_id":{drug},"doc_id":5,"pharmacy_name":"outlet {outlet}","pharmacy_region":"Nairobi",
        "quantity_sold":{quantity},"date_sold":"2024-06-20"}}"#
    );
    StreamEvent::read(Some(json.as_bytes())).unwrap()
}

/// A lease, as the store keeps it.
#[derive(Default)]
struct Lease {
    holder: String,
    epoch: i64,
    checkpoint: Option<Checkpoint>,
}

/// Topics and leases.
#[derive(Default)]
struct World {
    sales: Mutex<[Vec<SaleRead>; 2]>,
    /// The first offset that is still there.
    first: Mutex<[i64; 2]>,
    totals: Mutex<Vec<TotalRow>>,
    leases: Mutex<BTreeMap<i32, Lease>>,
    /// The next request is broken off after so many records.
    breaks_after: Mutex<Option<usize>>,
}

#[async_trait]
impl TotalsTopics for World {
    async fn sales(&self) -> Result<BTreeMap<i32, (i64, i64)>, StreamError> {
        let (sales, first) = (self.sales.lock().unwrap(), self.first.lock().unwrap());
        let ends = sales.iter().zip(*first).map(|(log, first)| (first, length(log)));
        Ok((0..).zip(ends).collect())
    }

    async fn totals(&self, into: mpsc::Sender<Vec<Vec<u8>>>) -> Result<(), StreamError> {
        let values: Vec<Vec<u8>> = self
            .totals
            .lock()
            .unwrap()
            .iter()
            .map(|t| t.value.clone().into_bytes())
            .collect();
        for chunk in values.chunks(CHUNK) {
            into.send(chunk.to_vec()).await.unwrap();
        }
        Ok(())
    }

    async fn publish(&self, totals: &[TotalRow]) -> Result<(), StreamError> {
        let written = self
            .breaks_after
            .lock()
            .unwrap()
            .take()
            .map_or(totals.len(), |most| most.min(totals.len()));
        self.totals.lock().unwrap().extend_from_slice(&totals[..written]);
        if written < totals.len() {
            return Err(StreamError::new(Fault::Unreachable, "no answer in time"));
        }
        Ok(())
    }
}

impl World {
    fn append(&self, partition: usize, event: Result<StreamEvent, Unreadable>) {
        let log = &mut self.sales.lock().unwrap()[partition];
        let offset = length(log);
        log.push(SaleRead {
            partition: PARTITIONS[partition],
            offset,
            event,
        });
    }

    fn take(&self, partition: i32, holder: &str) -> Taken {
        let mut leases = self.leases.lock().unwrap();
        let lease = leases.entry(partition).or_default();
        if lease.holder != holder {
            holder.clone_into(&mut lease.holder);
            lease.epoch += 1;
        }
        Taken {
            partition,
            epoch: lease.epoch,
            checkpoint: lease.checkpoint.clone(),
        }
    }

    /// Quantity, revenue and what has no price, of each pair, as a reader of the topic has it.
    fn published(&self) -> BTreeMap<String, (Quantity, Money, Quantity)> {
        let totals = self.totals.lock().unwrap();
        let read = |row: &TotalRow| {
            let total = PairTotal::read(row.value.as_bytes()).unwrap();
            assert_eq!(total.pair(), row.pair);
            (row.pair.clone(), (total.quantity, total.revenue, total.unpriced))
        };
        totals.iter().map(read).collect()
    }

    /// The same, of the distinct events.
    fn truth(&self) -> BTreeMap<String, (Quantity, Money, Quantity)> {
        let mut seen = BTreeSet::new();
        let mut truth: BTreeMap<String, (Quantity, Money, Quantity)> = BTreeMap::new();
        for event in self
            .sales
            .lock()
            .unwrap()
            .iter()
            .flatten()
            .filter_map(|read| read.event.as_ref().ok())
        {
            let sum = truth.entry(pair_of(event).unwrap()).or_default();
            match event {
                StreamEvent::Sale(sale) if seen.insert((sale.till_id.clone(), sale.seq)) => {
                    sum.0 += sale.quantity_sold;
                    sum.1 += sale.total().unwrap();
                }
                StreamEvent::Older(older) => {
                    sum.0 += older.quantity_sold;
                    sum.2 += older.quantity_sold;
                }
                _ => {}
            }
        }
        truth
    }
}

/// When a processor dies: at so many writes to its state from now, before or after the write.
#[derive(Debug, Clone, Copy)]
struct Death {
    writes: usize,
    after: bool,
}

/// A state that may be the end of its processor.
struct Mortal {
    file: TotalsFile,
    death: Mutex<Option<Death>>,
}

impl Mortal {
    async fn write<T>(&self, write: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let dead = || StoreError::Permanent("killed".to_owned());
        let fate = {
            let mut death = self.death.lock().unwrap();
            if let Some(death) = &mut *death {
                death.writes = death.writes.saturating_sub(1);
            }
            death.filter(|death| death.writes == 0)
        };
        match fate {
            Some(Death { after: false, .. }) => Err(dead()),
            Some(_) => write.await.and(Err(dead())),
            None => write.await,
        }
    }
}

#[async_trait]
impl TotalsState for Mortal {
    fn holder(&self) -> &str {
        self.file.holder()
    }
    async fn read_to(&self) -> Result<Vec<ReadTo>, StoreError> {
        self.file.read_to().await
    }
    async fn numbers(&self) -> Result<Vec<Numbers>, StoreError> {
        self.file.numbers().await
    }
    async fn totals(&self, pairs: &[String]) -> Result<Vec<TotalRow>, StoreError> {
        self.file.totals(pairs).await
    }
    async fn count(&self, counted: &Counted) -> Result<(), StoreError> {
        self.write(self.file.count(counted)).await
    }
    async fn unpublished(&self, partitions: &[i32], limit: u32) -> Result<Vec<TotalRow>, StoreError> {
        self.file.unpublished(partitions, limit.min(3)).await
    }
    async fn published(&self, totals: &[TotalRow]) -> Result<(), StoreError> {
        self.write(self.file.published(totals)).await
    }
    async fn publish_again(&self, pairs: &[String]) -> Result<(), StoreError> {
        self.write(self.file.publish_again(pairs)).await
    }
    async fn pairs(&self, partition: i32) -> Result<u64, StoreError> {
        self.file.pairs(partition).await
    }
    async fn put_nothing_aside(&self) -> Result<(), StoreError> {
        self.file.put_nothing_aside().await
    }
    async fn put_aside(&self, totals: &[TotalRow]) -> Result<(), StoreError> {
        self.write(self.file.put_aside(totals)).await
    }
    async fn aside(&self, pairs: &[String]) -> Result<Vec<TotalRow>, StoreError> {
        self.file.aside(pairs).await
    }
    async fn pairs_aside(&self, partition: i32) -> Result<u64, StoreError> {
        self.file.pairs_aside(partition).await
    }
    async fn begin_with(&self, begun: &Counted, unpublished: bool) -> Result<(), StoreError> {
        self.write(self.file.begin_with(begun, unpublished)).await
    }
}

/// A process with a data folder.
struct Process {
    world: Arc<World>,
    folder: PathBuf,
    state: Arc<Mortal>,
    processor: Processor,
}

impl Process {
    async fn open(world: &Arc<World>, folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let file = TotalsFile::open(folder, "sales", Uuid::from_u128(fastrand::u128(..)))
            .await
            .unwrap();
        let state = Arc::new(Mortal {
            file,
            death: Mutex::new(None),
        });
        Self {
            world: Arc::clone(world),
            folder: folder.to_owned(),
            processor: Processor::new(state.clone(), world.clone()),
            state,
        }
    }

    async fn take(&mut self, partition: i32) -> Result<(), TotalsError> {
        let taken = self.world.take(partition, self.state.holder());
        self.processor.begin(&[taken], None).await
    }

    /// Counts up to `most` records of a partition; the last one counted comes again, as in a feed that is opened anew.
    async fn count(&mut self, partition: i32, most: usize) -> Result<(), TotalsError> {
        let Some(read) = self.processor.held().get(&partition) else {
            return Ok(());
        };
        let next = usize::try_from(read.next).unwrap();
        let records: Vec<SaleRead> = {
            let sales = self.world.sales.lock().unwrap();
            let log = &sales[at(partition)];
            log[next.saturating_sub(1)..].iter().take(most + 1).cloned().collect()
        };
        self.processor.take(&records).await
    }

    fn held(&self) -> Vec<i32> {
        self.processor.held().keys().copied().collect()
    }

    async fn publish(&mut self) -> Result<(), TotalsError> {
        while self.processor.publish(&self.held()).await? {}
        Ok(())
    }

    async fn checkpoint(&mut self) -> Result<(), TotalsError> {
        for partition in self.held() {
            if let Some(checkpoint) = self.processor.checkpoint(partition).await? {
                self.world
                    .leases
                    .lock()
                    .unwrap()
                    .get_mut(&partition)
                    .unwrap()
                    .checkpoint = Some(checkpoint);
            }
        }
        Ok(())
    }

    /// To the end of all that it holds.
    async fn finish(&mut self) -> Result<(), TotalsError> {
        for partition in self.held() {
            self.count(partition, usize::MAX - 1).await?;
        }
        self.processor.caught_up();
        self.publish().await
    }

    /// Killed, and started again in the same folder, or in an empty one.
    async fn again(self, keep: bool) -> Self {
        let (world, folder) = (self.world.clone(), self.folder.clone());
        drop(self);
        if !keep {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        Self::open(&world, &folder).await
    }
}

async fn alone(world: &Arc<World>) -> (TempDir, Process) {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::open(world, &folder.path().join("a")).await;
    for partition in PARTITIONS {
        process.take(partition).await.unwrap();
    }
    (folder, process)
}

fn some_sales(world: &World) {
    for seq in 1..=7 {
        let outlet = 1 + u32::from(seq % 2 == 0);
        let till = format!("T0{outlet}");
        let drug = 13 + u32::try_from(seq % 3).unwrap();
        world.append(outlet as usize - 1, Ok(sale(&till, seq, (outlet, drug), 2, "0.10")));
    }
    world.append(0, Ok(sale("T01", 8, (1, 13), -2, "-0.10")));
    world.append(0, Ok(older(1, 13, 4)));
    world.append(1, Err(Unreadable::new("poison")));
}

#[tokio::test]
async fn a_kill_at_any_write_loses_nothing_and_counts_nothing_twice() {
    for after in [false, true] {
        for writes in 1..12 {
            for broken in [None, Some(1)] {
                let world = Arc::new(World::default());
                some_sales(&world);
                let (_folder, mut process) = alone(&world).await;
                *process.state.death.lock().unwrap() = Some(Death { writes, after });
                *world.breaks_after.lock().unwrap() = broken;
                // Until it dies.
                let _ = process.finish().await;
                *world.breaks_after.lock().unwrap() = None;
                let mut process = process.again(true).await;
                some_sales(&world);
                for partition in PARTITIONS {
                    process.take(partition).await.unwrap();
                }
                process.finish().await.unwrap();
                assert_eq!(world.published(), world.truth(), "{writes} {after} {broken:?}");
            }
        }
    }
}

#[tokio::test]
async fn repeats_are_dropped_and_the_older_trackers_events_count_by_their_place() {
    let world = Arc::new(World::default());
    some_sales(&world);
    some_sales(&world);
    let (_folder, mut process) = alone(&world).await;
    process.finish().await.unwrap();
    let figures = process.processor.figures();
    assert_eq!(
        (
            figures.counted,
            figures.repeated,
            figures.unnumbered,
            figures.unreadable
        ),
        (10, 8, 2, 2)
    );
    assert_eq!(world.published(), world.truth());
    assert_eq!(figures.published, world.totals.lock().unwrap().len() as u64);
}

#[tokio::test]
async fn whoever_takes_a_partition_over_goes_on_from_what_is_published_and_knows_repeats_of_before() {
    let world = Arc::new(World::default());
    some_sales(&world);
    let (folder, mut first) = alone(&world).await;
    first.finish().await.unwrap();
    first.checkpoint().await.unwrap();
    // What was published after the checkpoint is in the totals too.
    world.append(0, Ok(sale("T01", 9, (1, 13), 5, "5.00")));
    world.append(0, Ok(sale("T01", 10, (1, 14), 6, "6.00")));
    *world.breaks_after.lock().unwrap() = Some(1);
    first.finish().await.unwrap_err();
    let mut second = Process::open(&world, &folder.path().join("b")).await;
    second.take(0).await.unwrap();
    assert!(second.processor.held()[&0].next >= 6, "from the checkpoint on");
    some_sales(&world);
    world.append(0, Ok(sale("T01", 10, (1, 14), 6, "6.00")));
    second.finish().await.unwrap();
    first.processor.leave(0);
    first.finish().await.unwrap();
    assert_eq!(world.published(), world.truth());
    // Back at the first: its own state is behind by now.
    second.checkpoint().await.unwrap();
    second.processor.leave(0);
    some_sales(&world);
    first.take(0).await.unwrap();
    first.finish().await.unwrap();
    assert_eq!(world.published(), world.truth());
}

#[tokio::test]
async fn a_lost_state_and_a_lost_checkpoint_are_made_good_from_the_beginning_of_the_topic() {
    let world = Arc::new(World::default());
    some_sales(&world);
    let (_folder, mut process) = alone(&world).await;
    process.finish().await.unwrap();
    let published = world.totals.lock().unwrap().len();
    world.leases.lock().unwrap().clear();
    let mut process = process.again(false).await;
    for partition in PARTITIONS {
        process.take(partition).await.unwrap();
    }
    process.finish().await.unwrap();
    assert_eq!(process.processor.figures().known, 9);
    assert_eq!(world.published(), world.truth());
    assert_eq!(world.totals.lock().unwrap().len(), published, "nothing is new");
    some_sales(&world);
    process.finish().await.unwrap();
    assert_eq!(world.published(), world.truth());
}

#[tokio::test]
async fn a_state_from_a_backup_and_a_totals_topic_that_lost_records_are_not_believed() {
    let world = Arc::new(World::default());
    some_sales(&world);
    let (folder, mut process) = alone(&world).await;
    process.finish().await.unwrap();
    let (kept, old) = (folder.path().join("a"), folder.path().join("old"));
    drop(process);
    std::fs::create_dir(&old).unwrap();
    for file in std::fs::read_dir(&kept).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), old.join(file.file_name())).unwrap();
    }
    let mut process = Process::open(&world, &kept).await;
    process.take(0).await.unwrap();
    process.take(1).await.unwrap();
    world.append(0, Ok(sale("T01", 9, (1, 13), 5, "5.00")));
    process.finish().await.unwrap();
    process.checkpoint().await.unwrap();
    drop(process);
    let mut process = Process::open(&world, &old).await;
    process.take(0).await.unwrap();
    process.take(1).await.unwrap();
    world.append(0, Ok(sale("T01", 10, (1, 13), 7, "7.00")));
    process.finish().await.unwrap();
    assert_eq!(world.published(), world.truth());
    process.checkpoint().await.unwrap();
    // Somebody made the totals topic anew.
    world.totals.lock().unwrap().clear();
    let mut process = process.again(false).await;
    process.take(0).await.unwrap();
    process.take(1).await.unwrap();
    process.finish().await.unwrap();
    assert_eq!(world.published(), world.truth());
}

#[tokio::test]
async fn where_nothing_says_what_was_counted_it_stops_and_says_what_to_do() {
    let world = Arc::new(World::default());
    some_sales(&world);
    let (_folder, mut process) = alone(&world).await;
    process.finish().await.unwrap();
    process.checkpoint().await.unwrap();
    let refused = |error: TotalsError| {
        let words = error.to_string();
        assert!(words.contains("--rebuild-from store"), "{words}");
        words
    };
    // The brokers delete what is old: a checkpoint behind it is enough.
    *world.first.lock().unwrap() = [3, 3];
    let mut process = process.again(false).await;
    process.take(0).await.unwrap();
    process.finish().await.unwrap();
    assert_eq!(world.published(), world.truth());
    // Nothing is left of state and checkpoint.
    let mut process = process.again(false).await;
    world.leases.lock().unwrap().clear();
    assert!(refused(process.take(0).await.unwrap_err()).contains("begins at record 3"));
    // The own state is behind what was deleted.
    let world = Arc::new(World::default());
    some_sales(&world);
    let (_folder, mut process) = alone(&world).await;
    process.count(0, 2).await.unwrap();
    let mut process = process.again(true).await;
    *world.first.lock().unwrap() = [4, 0];
    assert!(refused(process.take(0).await.unwrap_err()).contains("deleted the records 3 to 3"));
}

#[tokio::test]
async fn a_topic_of_sales_that_was_made_anew_is_known() {
    let world = Arc::new(World::default());
    some_sales(&world);
    let (_folder, mut process) = alone(&world).await;
    process.finish().await.unwrap();
    process.checkpoint().await.unwrap();
    let mut process = process.again(true).await;
    let log = std::mem::take(&mut world.sales.lock().unwrap()[0]);
    let anew = |error: &TotalsError| matches!(error, TotalsError::MadeAnew { partition: 0 });
    assert!(
        anew(&process.take(0).await.unwrap_err()),
        "it is shorter than what was counted"
    );
    let mut empty = process.again(false).await;
    assert!(anew(&empty.take(0).await.unwrap_err()), "shorter than the checkpoint");
    // As long, and another one.
    world.sales.lock().unwrap()[0] = log;
    empty.take(0).await.unwrap();
    world.append(0, Ok(sale("T01", 9, (1, 13), 1, "1.00")));
    empty.finish().await.unwrap();
    let events: Vec<SaleRead> = world.sales.lock().unwrap()[0].drain(..).rev().collect();
    for read in events {
        world.append(0, read.event);
    }
    world.append(0, Ok(sale("T09", 1, (1, 13), 1, "1.00")));
    let error = empty.count(0, 100).await.unwrap_err();
    assert!(anew(&error), "{error}");
}

#[tokio::test]
async fn a_pair_that_another_process_has_a_part_of_stops_it() {
    let world = Arc::new(World::default());
    // The second outlet has the first one's old name, or partitions were added.
    world.append(0, Ok(sale("T01", 1, (1, 13), 1, "1.00")));
    world.append(1, Ok(sale("T02", 1, (1, 13), 2, "2.00")));
    let (folder, mut process) = alone(&world).await;
    process.finish().await.unwrap();
    assert_eq!(world.published(), world.truth(), "one process has both");
    world.append(1, Ok(sale("T02", 2, (1, 13), 2, "2.00")));
    let mut other = Process::open(&world, &folder.path().join("b")).await;
    other.take(1).await.unwrap();
    let error = other.finish().await.unwrap_err();
    assert!(matches!(error, TotalsError::Shared { partition: 0, .. }), "{error}");
    assert!(error.to_string().contains("13--outlet 1"), "{error}");
}

#[tokio::test]
async fn a_data_folder_has_one_processor_of_one_topic() {
    let folder = tempfile::tempdir().unwrap();
    let file = TotalsFile::open(folder.path(), "sales", Uuid::from_u128(1))
        .await
        .unwrap();
    let second = TotalsFile::open(folder.path(), "sales", Uuid::from_u128(2))
        .await
        .unwrap_err();
    assert!(second.to_string().contains("another rxtill totals"), "{second}");
    let holder = file.holder().to_owned();
    drop(file);
    let other = TotalsFile::open(folder.path(), "others", Uuid::from_u128(2))
        .await
        .unwrap_err();
    assert!(other.to_string().contains("topic sales, not of others"), "{other}");
    let again = TotalsFile::open(folder.path(), "sales", Uuid::from_u128(2))
        .await
        .unwrap();
    assert_eq!(again.holder(), holder);
}

/// What happens next.
#[derive(Debug, Clone)]
enum Op {
    /// A line is sold: outlet, till, drug, quantity, cents.
    Sell(u32, u32, u32, i32, i32),
    /// An event of before comes again: its place among all.
    Repeat(usize),
    /// A till's numbers jump: something is late, and comes with [`Op::Late`].
    Skip(u32, u32),
    Late,
    Older(u32, u32, i32),
    Poison(u32),
    Count(usize, i32, usize),
    Publish(usize),
    Checkpoint(usize),
    /// A process dies at one of its next writes.
    Doom(usize, usize, bool),
    /// The next request is broken off.
    Break(usize),
    /// Killed now; its folder stays, or not.
    Kill(usize, bool),
    /// A partition changes hands.
    HandOver(i32),
}

fn op() -> impl Strategy<Value = Op> {
    let process = 0..2_usize;
    prop_oneof![
        6 => (1..3_u32, 0..2_u32, 13..16_u32, -3..9_i32, -500..9_999_i32)
            .prop_map(|(outlet, till, drug, quantity, cents)| Op::Sell(outlet, till, drug, quantity, cents)),
        2 => any::<prop::sample::Index>().prop_map(|at| Op::Repeat(at.index(1_000_000))),
        1 => (1..3_u32, 0..2_u32).prop_map(|(outlet, till)| Op::Skip(outlet, till)),
        1 => Just(Op::Late),
        1 => (1..3_u32, 13..16_u32, 1..5_i32).prop_map(|(outlet, drug, quantity)| Op::Older(outlet, drug, quantity)),
        1 => (1..3_u32).prop_map(Op::Poison),
        4 => (process.clone(), 0..2_i32, 1..9_usize).prop_map(|(process, p, most)| Op::Count(process, p, most)),
        3 => process.clone().prop_map(Op::Publish),
        2 => process.clone().prop_map(Op::Checkpoint),
        1 => (process.clone(), 1..6_usize, any::<bool>()).prop_map(|(process, n, after)| Op::Doom(process, n, after)),
        1 => (0..3_usize).prop_map(Op::Break),
        1 => (process, any::<bool>()).prop_map(|(process, keep)| Op::Kill(process, keep)),
        2 => (0..2_i32).prop_map(Op::HandOver),
    ]
}

/// Two processes, the tills of two outlets, and whose each partition is.
struct Chain {
    world: Arc<World>,
    _folder: TempDir,
    processes: [Option<Process>; 2],
    owner: [usize; 2],
    seqs: BTreeMap<(u32, u32), u64>,
    late: Vec<(u32, u32, u64)>,
    sold: Vec<(usize, StreamEvent)>,
}

impl Chain {
    async fn begin() -> Self {
        let world = Arc::new(World::default());
        let folder = tempfile::tempdir().unwrap();
        let mut processes = [const { None }; 2];
        for (process, name) in processes.iter_mut().zip(["a", "b"]) {
            *process = Some(Process::open(&world, &folder.path().join(name)).await);
        }
        let mut chain = Self {
            world,
            _folder: folder,
            processes,
            owner: [0, 1],
            seqs: BTreeMap::new(),
            late: Vec::new(),
            sold: Vec::new(),
        };
        chain.take(0).await;
        chain.take(1).await;
        chain
    }

    fn process(&mut self, index: usize) -> &mut Process {
        self.processes[index].as_mut().unwrap()
    }

    /// Its owner takes a partition; a process that dies of it is started again.
    async fn take(&mut self, partition: i32) {
        let owner = self.owner[at(partition)];
        let taken = self.process(owner).take(partition).await;
        self.survives(owner, taken).await;
    }

    /// Whatever fails is a kill.
    async fn survives(&mut self, index: usize, done: Result<(), TotalsError>) {
        if let Err(error) = done {
            let expected = ["killed", "no answer in time"];
            assert!(expected.contains(&error.to_string().as_str()), "{error}");
            self.kill(index, true).await;
        }
    }

    async fn kill(&mut self, index: usize, keep: bool) {
        let process = self.processes[index].take().unwrap().again(keep).await;
        self.processes[index] = Some(process);
        for partition in PARTITIONS {
            if self.owner[at(partition)] == index {
                self.process(index).take(partition).await.unwrap();
            }
        }
    }

    fn sell(&mut self, (outlet, till): (u32, u32), seq: u64, drug: u32, quantity: i32, cents: i32) {
        let total = rust_decimal::Decimal::new(cents.into(), 2).to_string();
        let event = sale(&format!("T{outlet}{till}"), seq, (outlet, drug), quantity, &total);
        let partition = outlet as usize - 1;
        self.world.append(partition, Ok(event.clone()));
        self.sold.push((partition, event));
    }

    fn next_seq(&mut self, till: (u32, u32)) -> u64 {
        let seq = self.seqs.entry(till).or_default();
        *seq += 1;
        *seq
    }

    async fn happens(&mut self, op: Op) {
        match op {
            Op::Sell(outlet, till, drug, quantity, cents) => {
                let seq = self.next_seq((outlet, till));
                self.sell((outlet, till), seq, drug, quantity, cents);
            }
            Op::Repeat(_) if self.sold.is_empty() => {}
            Op::Repeat(at) => {
                let (partition, event) = self.sold[at % self.sold.len()].clone();
                self.world.append(partition, Ok(event));
            }
            Op::Skip(outlet, till) => {
                let seq = self.next_seq((outlet, till));
                self.late.push((outlet, till, seq));
            }
            Op::Late => {
                if let Some((outlet, till, seq)) = self.late.pop() {
                    self.sell((outlet, till), seq, 13, 1, 100);
                }
            }
            Op::Older(outlet, drug, quantity) => self
                .world
                .append(outlet as usize - 1, Ok(older(outlet, drug, quantity))),
            Op::Poison(outlet) => self.world.append(outlet as usize - 1, Err(Unreadable::new("poison"))),
            Op::Count(process, partition, most) => {
                let done = self.process(process).count(partition, most).await;
                self.survives(process, done).await;
            }
            Op::Publish(process) => {
                let done = self.process(process).publish().await;
                self.survives(process, done).await;
            }
            Op::Checkpoint(process) => self.process(process).checkpoint().await.unwrap(),
            Op::Doom(process, writes, after) => {
                *self.process(process).state.death.lock().unwrap() = Some(Death { writes, after });
            }
            Op::Break(after) => *self.world.breaks_after.lock().unwrap() = Some(after),
            Op::Kill(process, keep) => self.kill(process, keep).await,
            Op::HandOver(partition) => {
                let before = self.owner[at(partition)];
                self.process(before).processor.leave(partition);
                self.owner[at(partition)] = 1 - before;
                self.take(partition).await;
            }
        }
    }

    /// All that there is, counted and published, whatever it takes.
    async fn settle(&mut self) {
        *self.world.breaks_after.lock().unwrap() = None;
        for index in 0..2 {
            *self.process(index).state.death.lock().unwrap() = None;
            self.process(index).finish().await.unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_the_published_totals_are_the_sums_of_the_distinct_events(ops in prop::collection::vec(op(), 10..90)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut chain = Chain::begin().await;
            for op in ops {
                chain.happens(op).await;
            }
            chain.settle().await;
            assert_eq!(chain.world.published(), chain.world.truth());
        });
    }
}
