//! A store in memory that keeps the fence and loses everything else: replies, requests, time.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use rust_decimal::Decimal;
use tokio::time::sleep;
use uuid::Uuid;

use crate::domain::audit::AuditRecord;
use crate::domain::chain::Hash;
use crate::domain::money::Quantity;
use crate::domain::prescriber::NewDoctor;
use crate::domain::sale::{Party, SaleRecord, TillId};
use crate::store::error::{Refusal, StoreError};
use crate::store::ports::{
    AddedDoctor, Head, KeptEvent, Oversell, ParkedPlace, Recorded, Registration, Resolution, SaleStore, StoredSale,
};

/// So many tablets are more than there are: refused to a clerk, recorded when it happened.
pub(super) const TOO_MANY: u32 = 90;
/// The name of those who are added at the till.
pub(super) const ADDED: &str = "Otieno";
/// The name of one whom the store cannot hold.
pub(super) const UNFIT_DOCTOR: &str = "Unfit";
/// A sale of so many cannot be held as it is.
pub(super) const UNFIT: u32 = 77;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing.
    None,
    /// It never arrives, and that is known.
    Refused,
    /// It is done, and the reply is lost.
    ReplyLost,
    /// It never arrives, and nothing is heard.
    Hangs,
    /// It is done, and nothing is heard.
    DoneAndHangs,
    /// It arrives at some later time; the connection is lost now.
    Late,
    /// It takes so many milliseconds.
    Slow(u64),
    /// As [`Fault::Refused`], for so many calls.
    Down(u32),
}

/// What the store keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub(super) heads: BTreeMap<u32, Head>,
    pub(super) sales: Vec<SaleRecord>,
    /// By link: two sales may have had one id.
    pub(super) parked: BTreeMap<Hash, String>,
    /// Those whose id is another sale's: only their place in the chain is kept.
    pub(super) apart: BTreeSet<Hash>,
    /// Parked once, and recorded after all.
    pub(super) mended: BTreeSet<Hash>,
    /// Prescribers who were added at the till.
    pub(super) doctors: BTreeSet<Uuid>,
    /// Audit events, by series and number.
    pub(super) events: BTreeMap<(u32, u64), AuditRecord>,
}

/// What happens to audit events, and to them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum EventFault {
    #[default]
    None,
    /// They are refused for now.
    Away,
    /// Nothing is heard.
    Hangs,
    /// They can never be held.
    Unfit,
}

/// What an attempt is to record.
#[derive(Debug, Clone)]
enum Content {
    Facts(Oversell),
    Parked(String),
    Apart(Box<StoredSale>),
}

pub(super) struct Faulty {
    pub(super) kept: Mutex<Kept>,
    script: Mutex<VecDeque<Fault>>,
    random: Mutex<Option<fastrand::Rng>>,
    /// Commits on their way.
    late: Mutex<Vec<(SaleRecord, Content)>>,
    event_fault: Mutex<EventFault>,
    attempts: AtomicU32,
    /// How often commit and park were called, and how often something else.
    pub(super) tried: AtomicU32,
    pub(super) calls: AtomicU32,
}

impl Faulty {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            kept: Mutex::default(),
            script: Mutex::default(),
            random: Mutex::default(),
            late: Mutex::default(),
            event_fault: Mutex::default(),
            attempts: AtomicU32::new(0),
            tried: AtomicU32::new(0),
            calls: AtomicU32::new(0),
        })
    }

    /// What happens to the next calls of commit and park, one each.
    pub(super) fn script(&self, faults: &[Fault]) {
        self.script.lock().unwrap().extend(faults);
    }

    /// What happens to audit events from now on.
    pub(super) fn with_events(&self, fault: EventFault) {
        *self.event_fault.lock().unwrap() = fault;
    }

    fn event_fault(&self) -> EventFault {
        *self.event_fault.lock().unwrap()
    }

    /// Nothing more happens to the next calls.
    pub(super) fn calm(&self) {
        self.script.lock().unwrap().clear();
    }

    /// From now on calls fail at random; `None`: no more.
    pub(super) fn random(&self, random: Option<fastrand::Rng>) {
        *self.random.lock().unwrap() = random;
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    /// A backup is restored; what was on its way to the old server is lost.
    pub(super) fn restore(&self, backup: Kept) {
        self.late.lock().unwrap().clear();
        *self.kept() = backup;
    }

    /// What was on its way arrives.
    pub(super) fn deliver(&self) {
        let late: Vec<_> = self.late.lock().unwrap().drain(..).collect();
        for (record, content) in late {
            // Whether it goes through is the fence's to say; nobody hears of it. What happened is recorded.
            let content = match content {
                Content::Facts(_) => Content::Facts(Oversell::Record),
                other => other,
            };
            let _ = self.kept().apply(&record, &content);
        }
    }

    fn fault(&self) -> Fault {
        if let Some(fault) = self.script.lock().unwrap().pop_front() {
            return fault;
        }
        let mut random = self.random.lock().unwrap();
        let Some(random) = random.as_mut() else {
            return Fault::None;
        };
        match random.u32(0..24) {
            0 => Fault::Refused,
            1 | 2 => Fault::ReplyLost,
            3 => Fault::Hangs,
            4 => Fault::DoneAndHangs,
            5 | 6 => Fault::Late,
            7..=9 => Fault::Slow(random.u64(1..4_000)),
            10 => Fault::Down(random.u32(1..8)),
            _ => Fault::None,
        }
    }

    async fn attempt(&self, record: &SaleRecord, content: Content) -> Result<Recorded, StoreError> {
        let _alone = Alone::enter(&self.attempts);
        self.tried.fetch_add(1, Ordering::Relaxed);
        let lost = |in_doubt| StoreError::Retryable {
            reason: "lost connection".to_owned(),
            in_doubt,
        };
        let fault = self.fault();
        if matches!(fault, Fault::Late) {
            self.late.lock().unwrap().push((record.clone(), content));
            return Err(lost(true));
        }
        match fault {
            Fault::Refused | Fault::Late => return Err(lost(false)),
            Fault::Down(calls) => {
                let mut script = self.script.lock().unwrap();
                script.extend((0..calls).map(|_| Fault::Refused));
                return Err(lost(false));
            }
            Fault::Hangs => pending().await,
            Fault::Slow(milliseconds) => sleep(Duration::from_millis(milliseconds)).await,
            Fault::None | Fault::ReplyLost | Fault::DoneAndHangs => {}
        }
        // Attempts of one till wait for each other in the store, so an earlier one may arrive first.
        if fault == Fault::None && self.random.lock().unwrap().as_mut().is_some_and(|r| r.u32(0..3) == 0) {
            self.deliver();
        }
        let answer = self.kept().apply(record, &content);
        match fault {
            Fault::ReplyLost => Err(lost(true)),
            Fault::DoneAndHangs => pending().await,
            _ => answer,
        }
    }

    /// Reading and registering: it may fail, or take long.
    async fn other(&self) -> Result<(), StoreError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let scripted = matches!(self.script.lock().unwrap().front(), Some(Fault::Refused | Fault::Hangs));
        let random = self
            .random
            .lock()
            .unwrap()
            .as_mut()
            .map_or(9, |random| random.u32(0..20));
        let fault = if scripted { self.fault() } else { Fault::None };
        match (fault, random) {
            (Fault::Hangs, _) | (_, 0) => pending().await,
            (Fault::Refused, _) | (_, 1) => Err(StoreError::Retryable {
                reason: "connection refused".to_owned(),
                in_doubt: false,
            }),
            _ => Ok(()),
        }
    }
}

/// Proves that a till has one attempt at a time.
struct Alone<'a>(&'a AtomicU32);

impl<'a> Alone<'a> {
    fn enter(attempts: &'a AtomicU32) -> Self {
        assert_eq!(attempts.fetch_add(1, Ordering::SeqCst), 0, "two attempts at a time");
        Self(attempts)
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Kept {
    fn apply(&mut self, record: &SaleRecord, content: &Content) -> Result<Recorded, StoreError> {
        let document = &record.document;
        let quantity = document.sale.lines[0].unit_qty;
        let fence = self
            .heads
            .get(&document.series)
            .is_some_and(|head| head.number + 1 == document.number && head.hash == record.prev_hash);
        if !fence {
            return if self.sales.iter().any(|sale| sale.hash == record.hash) {
                Ok(Recorded {
                    repeated: true,
                    parked: self.parked.contains_key(&record.hash),
                    below_zero: Vec::new(),
                    used_before: Vec::new(),
                    too_much_back: None,
                })
            } else {
                let words = format!("{}: another chain", record.receipt());
                Err(StoreError::ChainConflict(words))
            };
        }
        let apart = matches!(content, Content::Apart(_));
        if self.sale(record.sale_id()).is_some() && !apart {
            return Err(StoreError::Permanent("duplicate key: sale".to_owned()));
        }
        let many = quantity >= Quantity::new(Decimal::from(TOO_MANY));
        let mut below_zero = Vec::new();
        match content {
            Content::Facts(_) if quantity == Quantity::new(Decimal::from(UNFIT)) => {
                return Err(StoreError::Permanent("unknown drug".to_owned()));
            }
            Content::Facts(_) if document.sale.doctor.as_ref().is_some_and(|named| !self.knows(named)) => {
                return Err(StoreError::Permanent("doctor is not in the database".to_owned()));
            }
            Content::Facts(Oversell::Refuse) if many => {
                return Err(StoreError::Rejected(Refusal::Other("too little".to_owned())));
            }
            Content::Facts(_) if many => below_zero.push(("Aspirin 300 mg".to_owned(), -Quantity::ONE)),
            Content::Facts(_) => {}
            Content::Parked(reason) => {
                self.parked.insert(record.hash, reason.clone());
            }
            Content::Apart(other) => {
                self.apart.insert(record.hash);
                if !other.record.document.sale.same_agreement(&document.sale) {
                    self.parked.insert(record.hash, "another sale has its id".to_owned());
                }
            }
        }
        if let Some(head) = self.heads.get_mut(&document.series) {
            head.number = document.number;
            head.hash = record.hash;
            head.sale_id = Some(record.sale_id());
        }
        self.sales.push(record.clone());
        Ok(Recorded {
            repeated: false,
            parked: self.parked.contains_key(&record.hash),
            below_zero,
            used_before: Vec::new(),
            too_much_back: None,
        })
    }

    /// Whoever was not added at the till was there from the first.
    fn knows(&self, named: &Party) -> bool {
        named.name != ADDED || self.doctors.contains(&named.id)
    }

    /// The sale that has this id.
    pub(super) fn sale(&self, sale_id: Uuid) -> Option<&SaleRecord> {
        let has = |sale: &&SaleRecord| sale.sale_id() == sale_id && !self.apart.contains(&sale.hash);
        self.sales.iter().find(has)
    }

    /// Everything that waits is recorded after all.
    pub(super) fn mend(&mut self) {
        let waiting = std::mem::take(&mut self.parked);
        self.mended.extend(waiting.into_keys());
    }

    pub(super) fn open(&mut self, installation: Uuid) -> Head {
        let newest = self.heads.values().next_back().cloned();
        let (series, hash) = match newest {
            Some(head) if head.installation == installation && head.number == 0 => return head,
            Some(head) => (head.series + 1, head.hash),
            None => (1, Hash::GENESIS),
        };
        let head = Head {
            series,
            number: 0,
            hash,
            sale_id: None,
            installation,
        };
        self.heads.insert(series, head.clone());
        head
    }
}

#[async_trait]
impl SaleStore for Faulty {
    async fn register(&self, _till: &TillId, installation: Uuid) -> Result<Registration, StoreError> {
        self.other().await?;
        let mut kept = self.kept();
        let newest = match kept.heads.values().next_back().cloned() {
            Some(head) => head,
            None => kept.open(installation),
        };
        Ok(if newest.installation == installation {
            Registration::Ours(newest)
        } else {
            Registration::Taken { series: newest.series }
        })
    }

    async fn open_series(&self, _till: &TillId, installation: Uuid) -> Result<Head, StoreError> {
        self.other().await?;
        Ok(self.kept().open(installation))
    }

    async fn heads(&self, _till: &TillId) -> Result<Vec<Head>, StoreError> {
        self.other().await?;
        Ok(self.kept().heads.values().cloned().collect())
    }

    async fn commit(&self, record: &SaleRecord, oversell: Oversell) -> Result<Recorded, StoreError> {
        self.attempt(record, Content::Facts(oversell)).await
    }

    async fn park(&self, record: &SaleRecord, reason: &str) -> Result<Recorded, StoreError> {
        self.attempt(record, Content::Parked(reason.to_owned())).await
    }

    async fn set_apart(&self, record: &SaleRecord, other: &StoredSale) -> Result<Recorded, StoreError> {
        self.attempt(record, Content::Apart(Box::new(other.clone()))).await
    }

    async fn parked(&self, _till: &TillId) -> Result<Vec<ParkedPlace>, StoreError> {
        self.other().await?;
        let kept = self.kept();
        let waits = kept.sales.iter().filter(|sale| kept.parked.contains_key(&sale.hash));
        let mended = kept.sales.iter().filter(|sale| kept.mended.contains(&sale.hash));
        let place = |sale: &SaleRecord, resolution| ParkedPlace {
            series: sale.document.series,
            number: sale.document.number,
            resolution,
        };
        let places = waits.map(|sale| place(sale, None));
        Ok(places
            .chain(mended.map(|sale| place(sale, Some(Resolution::Mended))))
            .collect())
    }

    async fn add_doctor(&self, doctor: &NewDoctor) -> Result<AddedDoctor, StoreError> {
        let lost = |in_doubt| StoreError::Retryable {
            reason: "lost connection".to_owned(),
            in_doubt,
        };
        if doctor.name == UNFIT_DOCTOR {
            return Err(StoreError::Permanent("value too long".to_owned()));
        }
        let fault = self.fault();
        match fault {
            Fault::Hangs => pending().await,
            Fault::Refused | Fault::Late | Fault::Down(_) => return Err(lost(false)),
            Fault::Slow(milliseconds) => sleep(Duration::from_millis(milliseconds)).await,
            Fault::None | Fault::ReplyLost | Fault::DoneAndHangs => {}
        }
        self.kept().doctors.insert(doctor.uuid);
        match fault {
            Fault::ReplyLost => Err(lost(true)),
            Fault::DoneAndHangs => pending().await,
            _ => Ok(AddedDoctor::default()),
        }
    }

    async fn keep_event(&self, record: &AuditRecord) -> Result<KeptEvent, StoreError> {
        match self.event_fault() {
            EventFault::None => {}
            EventFault::Away => {
                return Err(StoreError::Retryable {
                    reason: "no such table".to_owned(),
                    in_doubt: false,
                });
            }
            EventFault::Hangs => pending().await,
            EventFault::Unfit => return Err(StoreError::Permanent("value too long".to_owned())),
        }
        let mut kept = self.kept();
        if kept.events.values().any(|event| event.event_id == record.event_id) {
            return Ok(KeptEvent::Known);
        }
        let place = (record.place.series, record.place.seq);
        let of_series = kept.events.keys().filter(|(series, _)| *series == place.0);
        let newest = of_series.map(|(_, seq)| *seq).max().unwrap_or(0);
        if kept.events.contains_key(&place) {
            return Ok(KeptEvent::NumberTaken { newest });
        }
        kept.events.insert(place, record.clone());
        Ok(KeptEvent::Kept { after: newest })
    }

    async fn newest_events(&self, _till: &TillId) -> Result<Vec<(u32, u64)>, StoreError> {
        let kept = self.kept();
        let newest: BTreeMap<u32, u64> = kept.events.keys().copied().collect();
        Ok(newest.into_iter().collect())
    }

    async fn find(&self, sale_id: Uuid) -> Result<Option<StoredSale>, StoreError> {
        self.other().await?;
        let kept = self.kept();
        Ok(kept.sale(sale_id).map(|record| StoredSale {
            record: record.clone(),
            parked: kept.parked.get(&record.hash).cloned(),
        }))
    }

    async fn sales(&self, _till: &TillId, series: u32, from: u64, limit: u32) -> Result<Vec<SaleRecord>, StoreError> {
        self.other().await?;
        let kept = self.kept();
        let mut sales: Vec<_> = kept
            .sales
            .iter()
            .filter(|sale| sale.document.series == series && sale.document.number >= from)
            .cloned()
            .collect();
        sales.sort_by_key(|sale| sale.document.number);
        sales.truncate(limit as usize);
        Ok(sales)
    }
}
