//! Seeded schedules: faults at every call, kills between any two steps, restored backups.
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::faulty::{Kept, TOO_MANY, UNFIT};
use super::*;
use crate::domain::sale::SaleRecord;
use crate::store::error::Refusal;

/// How many schedules are run; `RXTILL_SCHEDULES` asks for more.
const SCHEDULES: u64 = 12;
const LIVES: u32 = 6;
const SALES_IN_LIFE: u32 = 8;

/// Ends after so many polls: a kill between two steps of whatever runs in it.
struct Killed<F> {
    inner: Pin<Box<F>>,
    polls: u32,
}

impl<F: Future<Output = ()>> Future for Killed<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.polls == 0 {
            return Poll::Ready(());
        }
        self.polls -= 1;
        self.inner.as_mut().poll(context)
    }
}

/// What clerks were told, kept outside the till.
#[derive(Default)]
struct Told {
    /// The receipts of each sale that was answered committed, queued or parked: one, unless a journal was restored that
    /// had forgotten the first.
    promised: BTreeMap<Uuid, BTreeSet<String>>,
    /// Sales that were refused and not sold again.
    refused: BTreeSet<Uuid>,
    /// A journal was restored from an older image.
    forgot: bool,
}

impl Told {
    fn hear(&mut self, answer: &SaleAnswer) {
        match (&answer.state, &answer.receipt) {
            (SaleOutcome::Refused(_), _) => {
                assert!(
                    !self.promised.contains_key(&answer.sale_id),
                    "refused after a promise: {answer:?}"
                );
                self.refused.insert(answer.sale_id);
            }
            (_, Some(receipt)) => {
                self.refused.remove(&answer.sale_id);
                let receipts = self.promised.entry(answer.sale_id).or_default();
                receipts.insert(receipt.clone());
                assert!(receipts.len() == 1 || self.forgot, "another receipt: {answer:?}");
            }
            (_, None) => panic!("no receipt: {answer:?}"),
        }
    }
}

/// What is restored from a backup in a schedule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Restored {
    Nothing,
    Store,
    Journal,
}

struct Schedule {
    bench: Bench,
    random: RefCell<fastrand::Rng>,
    told: RefCell<Told>,
    next_id: RefCell<u128>,
    tried: RefCell<Vec<(u128, u32)>>,
}

impl Schedule {
    fn chance(&self, one_in: u32) -> bool {
        self.random.borrow_mut().u32(0..one_in) == 0
    }

    fn below(&self, limit: u32) -> u32 {
        self.random.borrow_mut().u32(0..limit)
    }

    /// One life of the till: it starts, sells, and is killed somewhere.
    async fn life(&self, seed: u64) {
        let Till {
            mut sync_loop,
            sync,
            journal,
            notices: _notices,
        } = self.bench.till(seed).await;
        drop(journal);
        let clerk = async {
            if sync_loop.start().await.is_err() {
                return;
            }
            tokio::join!(Till::run(sync_loop), async {
                for _ in 0..SALES_IN_LIFE {
                    self.one_sale(&sync).await;
                }
                pending::<()>().await;
            });
        };
        let polls = self.below(400);
        let inner = Box::pin(clerk);
        let seconds = u64::from(self.below(90));
        let _ = tokio::time::timeout(Duration::from_secs(seconds), Killed { inner, polls }).await;
    }

    async fn one_sale(&self, sync: &SaleSync) {
        let again = self.chance(5) && !self.tried.borrow().is_empty();
        let (id, mut count) = if again {
            let tried = self.tried.borrow();
            tried[self.below(u32::try_from(tried.len()).unwrap()) as usize]
        } else {
            *self.next_id.borrow_mut() += 1;
            let count = match self.below(12) {
                0 => TOO_MANY,
                1 => UNFIT,
                _ => 1 + self.below(9),
            };
            (*self.next_id.borrow(), count)
        };
        // Sold again, it may go through with nobody left to hear of it.
        if again && self.told.borrow_mut().refused.remove(&Uuid::from_u128(id)) {
            count = 1;
        }
        self.tried.borrow_mut().push((id, count));
        let oversell = if self.chance(4) {
            Oversell::Record
        } else {
            Oversell::Refuse
        };
        if let Ok(answer) = sync.sell(agreed(id, count), Vec::new(), oversell).await {
            let other =
                matches!(&answer.state, SaleOutcome::Refused(Refusal::Other(words)) if words.contains("other content"));
            if !other {
                self.told.borrow_mut().hear(&answer);
            }
        }
        if self.chance(3) {
            tokio::time::sleep(Duration::from_millis(u64::from(self.below(4_000)))).await;
        }
    }

    /// A life without faults, at whose end everything is in the store.
    async fn settle(&self) {
        self.bench.store.random(None);
        self.bench.store.deliver();
        let mut till = self.bench.till(0).await;
        till.sync_loop.start().await.unwrap();
        till.during(|sync, journal, _| async move {
            until(&sync, |status| status.unsent == 0 && status.database == Link::Up).await;
            self.agree(&journal).await;
        })
        .await;
    }

    /// The promises.
    async fn agree(&self, journal: &Journal) {
        let kept = self.bench.store.kept().clone();
        let told = std::mem::take(&mut *self.told.borrow_mut());
        for (sale_id, receipts) in &told.promised {
            let (apart, recorded): (Vec<_>, Vec<_>) = kept
                .sales
                .iter()
                .filter(|sale| sale.sale_id() == *sale_id)
                .partition(|sale| kept.apart.contains(&sale.hash));
            assert_eq!(recorded.len(), 1, "{sale_id} was answered as {receipts:?}");
            // Every receipt that was handed out is that sale's, or of the same sale once more, or waits for a person.
            for receipt in receipts {
                let of_receipt = |sale: &&&SaleRecord| sale.printed() == *receipt;
                let mut standing = recorded.iter().chain(&apart);
                let sale = standing.find(of_receipt).unwrap_or_else(|| panic!("{receipt} is lost"));
                let repeats = sale.document.sale.same_agreement(&recorded[0].document.sale);
                assert!(repeats || kept.parked.contains_key(&sale.hash), "{receipt} is lost");
            }
        }
        for sale_id in &told.refused {
            assert!(kept.sale(*sale_id).is_none(), "{sale_id} was refused");
            assert_eq!(journal.sale(*sale_id).await.unwrap(), None);
        }
        whole(&kept);
        for chain in journal.chains().await.unwrap() {
            let head = &kept.heads[&chain.series];
            assert!(head.number >= chain.number, "series {}", chain.series);
        }
        let last = journal.chains().await.unwrap().pop().unwrap();
        assert_eq!(
            (last.number, last.hash),
            (kept.heads[&last.series].number, kept.heads[&last.series].hash)
        );
        *self.told.borrow_mut() = told;
    }
}

/// Numbers without a gap, links without a break, event numbers without a hole, in every series.
fn whole(kept: &Kept) {
    for (series, head) in &kept.heads {
        let mut sales: Vec<_> = kept
            .sales
            .iter()
            .filter(|sale| sale.document.series == *series)
            .collect();
        sales.sort_by_key(|sale| sale.document.number);
        let mut before: Option<&SaleRecord> = None;
        for (number, sale) in (1_u64..).zip(&sales) {
            assert_eq!(sale.document.number, number, "series {series}");
            assert_eq!(sale.hash, sale.prev_hash.then(&sale.bytes));
            assert_eq!(sale.document.first_seq, before.map_or(1, SaleRecord::next_seq));
            if let Some(before) = before {
                assert_eq!(sale.prev_hash, before.hash);
            }
            before = Some(sale);
        }
        assert_eq!(head.number, sales.len() as u64);
    }
}

fn run(seed: u64, restored: Restored) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let schedule = Schedule {
            bench: Bench::new(),
            random: RefCell::new(fastrand::Rng::with_seed(seed)),
            told: RefCell::default(),
            next_id: RefCell::new(1_000),
            tried: RefCell::default(),
        };
        let backup_at = schedule.below(LIVES);
        let mut backup = None;
        for life in 0..LIVES {
            let faults = fastrand::Rng::with_seed(seed * 1_000 + u64::from(life));
            schedule.bench.store.random(Some(faults));
            schedule.life(seed + u64::from(life)).await;
            if life == backup_at {
                backup = Some(Backup::take(&schedule.bench).await);
            }
        }
        Box::pin(schedule.settle()).await;
        if restored != Restored::Nothing {
            drop(schedule.bench.open(schedule.bench.dir.path()).await);
            backup.unwrap().restore(&schedule, restored);
            schedule.bench.store.random(Some(fastrand::Rng::with_seed(seed)));
            schedule.life(seed).await;
            Box::pin(schedule.settle()).await;
        }
    });
}

struct Backup {
    store: Kept,
    journal: TempDir,
}

impl Backup {
    async fn take(bench: &Bench) -> Self {
        // Whatever still held the folder when the till was killed has let go once it can be opened.
        drop(bench.open(bench.dir.path()).await);
        let journal = tempfile::tempdir().unwrap();
        copy(bench.dir.path(), journal.path());
        Self {
            store: bench.store.kept().clone(),
            journal,
        }
    }

    fn restore(self, schedule: &Schedule, what: Restored) {
        let bench = &schedule.bench;
        match what {
            Restored::Nothing => {}
            Restored::Store => bench.store.restore(self.store),
            Restored::Journal => {
                // What this journal has forgotten is asked for again: whoever feeds the till has no backup of its own.
                schedule.told.borrow_mut().forgot = true;
                for file in std::fs::read_dir(bench.dir.path()).unwrap() {
                    std::fs::remove_file(file.unwrap().path()).unwrap();
                }
                copy(self.journal.path(), bench.dir.path());
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn schedules(restored: Restored) {
    let many = std::env::var("RXTILL_SCHEDULES")
        .ok()
        .and_then(|many| many.parse().ok())
        .unwrap_or(SCHEDULES);
    for seed in 1..=many {
        let outcome = std::panic::catch_unwind(|| run(seed, restored));
        assert!(outcome.is_ok(), "schedule {seed} broke a promise");
    }
}

#[test]
fn no_sale_is_lost_or_doubled_by_faults_and_kills() {
    schedules(Restored::Nothing);
}

#[test]
fn a_database_restored_from_a_backup_is_filled_again() {
    schedules(Restored::Store);
}

#[test]
fn a_journal_restored_from_an_image_goes_on_in_another_series() {
    schedules(Restored::Journal);
}
