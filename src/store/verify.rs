//! Whether a till's chain in the store is what its till made (PATH 2.5).
//!
//! Each sale: its number and link, its hash over its bytes, and its bytes against its columns, fact rows, payments and the
//! events that are still kept. Then the *end* of each chain against the till's head and, where there is one, against the
//! till's journal: removing the last sales leaves an unbroken chain. Parked is not broken.
//!
//! [`topic`] has the store's side of what the topic says, which [`crate::runtime::witness`] asks, and [`told`] that of a
//! reconciliation; [`stock`] checks the book against its movements.
mod compare;
mod rows;
mod stock;
pub mod told;
pub mod topic;

use thiserror::Error;

use self::rows::{Head, Kept};
use super::engine::Engine;
use super::error::EngineError;
use super::journal::{JournalError, JournalReader, JournalSale, SaleState};
use crate::domain::chain::Hash;
use crate::domain::sale::{Receipt, SaleRecord, TillId};

pub use stock::{StockFault, stock};

/// So many sales are held at once.
const PAGE: u32 = 100;

/// What became of a till's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillVerdict {
    /// The till.
    pub till: String,
    /// Sales that were looked at: all of them, or those up to the broken one.
    pub sales: u64,
    /// Receipts of sales that wait to be mended.
    pub parked: Vec<String>,
    /// The first broken link.
    pub broken: Option<Broken>,
    /// What else was asked than the store itself.
    pub witnesses: Vec<&'static str>,
}

/// Where a chain is broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The receipt: of the altered or inserted sale, or of the first that is missing.
    pub receipt: String,
    /// In words.
    pub reason: String,
}

/// Why the chains could not be walked to their ends.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The store did not answer.
    #[error("the store: {0}")]
    Store(#[from] EngineError),
    /// The journal did not.
    #[error("the journal: {0}")]
    Journal(#[from] JournalError),
}

/// What ends a walk early.
enum Stop {
    Broken { number: u64, reason: String },
    Failed(VerifyError),
}

impl<E: Into<VerifyError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Walks the chains of `till`, or of every till, beside tills that go on selling.
///
/// # Errors
/// When store or journal could not be read; a broken chain is no error.
pub async fn verify(
    engine: &dyn Engine,
    till: Option<&TillId>,
    journal: Option<&JournalReader>,
) -> Result<Vec<TillVerdict>, VerifyError> {
    let mut verdicts: Vec<TillVerdict> = Vec::new();
    let mut series = rows::series(engine).await?;
    if let Some(journal) = journal {
        // A series of which the store has nothing left.
        for chain in journal.chains().await? {
            let known = (journal.till().as_str().to_owned(), chain.series);
            if chain.settled > 0 && !series.contains(&known) {
                series.push(known);
            }
        }
        series.sort();
    }
    for (id, series) in series {
        if till.is_some_and(|till| till.as_str() != id) {
            continue;
        }
        if verdicts.last().is_none_or(|verdict| verdict.till != id) {
            verdicts.push(TillVerdict {
                till: id.clone(),
                sales: 0,
                parked: Vec::new(),
                broken: None,
                witnesses: Vec::new(),
            });
        }
        let Some(verdict) = verdicts.last_mut().filter(|verdict| verdict.broken.is_none()) else {
            continue;
        };
        let Ok(till) = id.parse::<TillId>() else {
            let reason = "this is no till's id".to_owned();
            verdict.broken = Some(Broken { receipt: id, reason });
            continue;
        };
        let journal = journal.filter(|journal| *journal.till() == till);
        if journal.is_some() {
            verdict.witnesses = vec!["journal"];
        }
        let mut walk = Walk {
            engine,
            journal,
            till,
            series,
            last: Last::default(),
            verdict,
        };
        match walk.walk_on().await {
            Ok(()) => {}
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Broken { number, reason }) => {
                let receipt = walk.receipt(number);
                verdict.broken = Some(Broken { receipt, reason });
            }
        }
    }
    Ok(verdicts)
}

/// How far a walk came.
#[derive(Default)]
struct Last {
    number: u64,
    hash: Option<Hash>,
    next_seq: Option<u64>,
}

/// Along one series of one till.
struct Walk<'a> {
    engine: &'a dyn Engine,
    journal: Option<&'a JournalReader>,
    till: TillId,
    series: u32,
    last: Last,
    verdict: &'a mut TillVerdict,
}

impl Walk<'_> {
    async fn walk_on(&mut self) -> Result<(), Stop> {
        loop {
            // Journal, head, sales: in this order each may only know more than the one before, while the till sells.
            let ours = match self.journal {
                Some(journal) => journal.sales(self.series, self.last.number + 1, PAGE).await?,
                None => Vec::new(),
            };
            let head = rows::head(self.engine, &self.till, self.series).await?;
            let page = rows::page(self.engine, &self.till, self.series, self.last.number, PAGE).await?;
            if page.is_empty() {
                if self.is_end(&ours, head).await? {
                    return Ok(());
                }
                continue;
            }
            for kept in page {
                self.one(kept, &ours).await?;
            }
        }
    }

    async fn one(&mut self, kept: Kept, ours: &[JournalSale]) -> Result<(), Stop> {
        let expected = self.last.number + 1;
        if kept.number != expected {
            return Err(broken(expected, "this sale is missing"));
        }
        let sale = compare::read(&kept).map_err(|reason| broken(expected, reason))?;
        self.hangs(&sale).await?;
        if let Some(ours) = ours.iter().find(|ours| ours.record.document.number == expected)
            && ours.record.hash != sale.hash
        {
            return Err(broken(
                expected,
                "the till's journal has another sale under this number",
            ));
        }
        compare::columns(&kept, &sale, &self.till, self.series).map_err(|reason| broken(expected, reason))?;
        if self.last.next_seq.is_some_and(|next| next != sale.document.first_seq) {
            return Err(broken(expected, "its events do not follow those of the sale before"));
        }
        self.facts(&kept, &sale).await?;
        self.verdict.sales += 1;
        self.last = Last {
            number: expected,
            hash: Some(sale.hash),
            next_seq: Some(sale.next_seq()),
        };
        Ok(())
    }

    /// Whether the sale is linked to the one before it, or the series to an earlier one.
    async fn hangs(&self, sale: &SaleRecord) -> Result<(), Stop> {
        let hangs = match self.last.hash {
            Some(before) => sale.prev_hash == before,
            None if sale.prev_hash == Hash::GENESIS => true,
            None => rows::has_link(self.engine, &self.till, self.series, sale.prev_hash).await?,
        };
        if hangs {
            return Ok(());
        }
        let reason = "it is not linked to the sale before it: one of the two was altered, removed or put in";
        Err(broken(sale.document.number, reason))
    }

    async fn facts(&mut self, kept: &Kept, sale: &SaleRecord) -> Result<(), Stop> {
        let number = kept.number;
        if kept.waits {
            self.verdict.parked.push(self.receipt(number));
            if kept.facts.is_empty() && kept.payments.is_empty() {
                return Ok(());
            }
            // It may have been mended between two questions.
            if rows::waits(self.engine, sale.sale_id()).await? {
                return Err(broken(number, "it is parked, and has fact rows all the same"));
            }
            self.verdict.parked.pop();
        }
        if kept.struck {
            if kept.facts.is_empty() && kept.payments.is_empty() {
                return Ok(());
            }
            return Err(broken(number, "it was struck, and has fact rows all the same"));
        }
        compare::facts(kept, sale).map_err(|reason| broken(number, reason))
    }

    /// There is no further sale: whether that is right. No: there may be more by now.
    async fn is_end(&self, ours: &[JournalSale], head: Option<Head>) -> Result<bool, Stop> {
        let (number, next) = (self.last.number, self.last.number + 1);
        let settled = |sale: &&JournalSale| !matches!(sale.state, SaleState::Provisional | SaleState::Queued);
        if ours.iter().any(|sale| settled(&sale)) {
            return Err(broken(
                next,
                "this sale is missing: the till's journal has it as committed",
            ));
        }
        let Some(head) = head else {
            return Err(broken(next, "the till's head is missing"));
        };
        if head.number > number {
            return Err(broken(
                next,
                format!("this sale is missing: the till's head is at {}", head.number),
            ));
        }
        if head.number < number {
            let head = rows::head(self.engine, &self.till, self.series).await?;
            let number_now = head.map_or(0, |head| head.number);
            if number_now < number {
                return Err(broken(
                    number_now + 1,
                    "this sale was put in: the till's head is before it",
                ));
            }
            return Ok(false);
        }
        if self.last.hash.is_some_and(|hash| Some(hash) != head.hash) {
            return Err(broken(number, "the till's head has another hash"));
        }
        let Some(journal) = self.journal else { return Ok(true) };
        let chains = journal.chains().await?;
        match chains.last() {
            // Of an older series the store may know more: a journal that was restored went on in another one.
            Some(chain) if chain.series == self.series && chain.number < number => {
                let reason = "this sale was put in: the till's journal does not have it";
                Err(broken(chain.number + 1, reason))
            }
            _ => Ok(true),
        }
    }

    fn receipt(&self, number: u64) -> String {
        let (till, series) = (self.till.clone(), self.series);
        Receipt { till, series, number }.to_string()
    }
}

fn broken(number: u64, reason: impl Into<String>) -> Stop {
    Stop::Broken {
        number,
        reason: reason.into(),
    }
}
