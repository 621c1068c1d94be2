//! On each connect: whose till it is, and whether store and journal have the same chains (PATH 2.4, 3.5).
use thiserror::Error;

use super::super::error::StoreError;
use super::super::journal::{Journal, JournalChain, JournalError, NewSeries};
use super::super::ports::{Head, Registration, SaleStore};
use super::settle::{SettleError, settle};
use crate::domain::chain::Hash;
#[cfg(test)]
use crate::domain::mutant::{self, Mutant};
use crate::domain::sale::SaleRecord;

/// What a connect found and mended.
#[derive(Debug, Default)]
pub(super) struct Connected {
    /// Another installation is the till, since that series.
    pub(super) taken: Option<u32>,
    /// Sales that the store had lost: they are unsent again.
    pub(super) unsent_again: u64,
    /// A series that was begun.
    pub(super) began: Option<Began>,
}

/// A series that was begun because store and journal disagreed.
#[derive(Debug)]
pub(super) struct Began {
    pub(super) series: u32,
    pub(super) why: String,
    /// The sales that were moved, in their new places.
    pub(super) moved: Vec<SaleRecord>,
}

/// Why a connect did not come to its end. Repeating it is always safe.
#[derive(Debug, Error)]
pub(super) enum ConnectError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Sales of this machine have no place in the store, and another machine is the till.
    #[error("the store's receipts of {0} are not this machine's: rxtill init --take-over {0} gives them a series")]
    NoPlace(String),
}

impl From<SettleError> for ConnectError {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Store(error) => Self::Store(error),
            SettleError::Journal(error) => Self::Journal(error),
        }
    }
}

/// Why a till could not be taken over.
#[derive(Debug, Error)]
pub enum TakeOverError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// `rxtill init --take-over`: this machine is the till from now on, in the next series. Safe to repeat.
///
/// # Errors
/// When the store or the journal could not.
pub async fn take_over(journal: &Journal, store: &dyn SaleStore) -> Result<Head, TakeOverError> {
    let head = store.open_series(journal.till(), journal.installation()).await?;
    begin(journal, &head, "this machine took the till over", None).await?;
    journal.set_taken(None).await?;
    Ok(head)
}

/// Registers, and compares the chains from the oldest series on.
pub(super) async fn connect(journal: &Journal, store: &dyn SaleStore) -> Result<Connected, ConnectError> {
    let mut connected = Connected::default();
    match store.register(journal.till(), journal.installation()).await? {
        Registration::Taken { series } => connected.taken = Some(series),
        Registration::Ours(head) if journal.chains().await?.is_empty() => {
            let head = if head.number == 0 {
                head
            } else {
                store.open_series(journal.till(), journal.installation()).await?
            };
            begin(journal, &head, "registered", None).await?;
        }
        Registration::Ours(_) => {}
    }
    journal.set_taken(connected.taken).await?;
    Comparison {
        journal,
        store,
        found: &mut connected,
    }
    .all()
    .await?;
    settle(journal, store).await?;
    Ok(connected)
}

struct Comparison<'a> {
    journal: &'a Journal,
    store: &'a dyn SaleStore,
    found: &'a mut Connected,
}

impl Comparison<'_> {
    async fn all(&mut self) -> Result<(), ConnectError> {
        let heads = self.store.heads(self.journal.till()).await?;
        let chains = self.journal.chains().await?;
        let Some(current) = chains.last().map(|chain| chain.series) else {
            return Ok(());
        };
        for chain in &chains {
            let head = heads.iter().find(|head| head.series == chain.series);
            let more = match head {
                Some(head) => self.one(chain, head, current).await?,
                None => self.absent(chain, current).await?,
            };
            if !more {
                return Ok(());
            }
        }
        let newest = heads.iter().map(|head| head.series).max().unwrap_or(current);
        if newest > current && self.found.taken.is_none() {
            let why = format!("the store knows series {newest}, which this till's journal does not");
            self.open(&why, None).await?;
        }
        Ok(())
    }

    /// Compares one series. Whether the next may be looked at.
    async fn one(&mut self, chain: &JournalChain, head: &Head, current: u32) -> Result<bool, ConnectError> {
        let end = self.link_at(chain, head.number).await?;
        if head.number <= chain.number && end == Some(head.hash) {
            self.found.unsent_again += self.journal.unsend_after(chain.series, head.number).await?;
            // The one at the head itself is asked for again: whether it was parked is the store's to say.
            self.journal
                .settle_through(chain.series, head.number.saturating_sub(1))
                .await?;
            return Ok(true);
        }
        #[cfg(test)]
        if mutant::is(Mutant::SeriesGoesOn) {
            return Ok(true);
        }
        let common = self.last_common(chain, head).await?;
        self.journal.settle_through(chain.series, common).await?;
        let why = if common == chain.number {
            format!("the store has more of series {} than this till's journal", chain.series)
        } else {
            format!(
                "the store has other receipts than this till's journal after number {common} of series {}",
                chain.series
            )
        };
        if chain.series == current {
            self.open(&why, Some((chain.series, common))).await?;
            return Ok(false);
        }
        if common < chain.number {
            // An older series went on elsewhere: what this till has of it goes on in the current one.
            let moved = self.move_into(current, &why, (chain.series, common)).await?;
            self.began(current, why, moved);
            return Ok(false);
        }
        Ok(true)
    }

    /// A series that the store does not know: its database is older than the series. Whether the next may be looked at.
    async fn absent(&mut self, chain: &JournalChain, current: u32) -> Result<bool, ConnectError> {
        if chain.number == 0 && chain.series != current {
            return Ok(true);
        }
        let earlier = self.journal.next_unsent().await?;
        if earlier.is_some_and(|sale| sale.document.series < chain.series) {
            // The store's chain must be whole up to here before a series can hang on it.
            return Ok(false);
        }
        if self.found.taken.is_some() {
            return Err(ConnectError::NoPlace(self.journal.till().to_string()));
        }
        let (till, installation) = (self.journal.till(), self.journal.installation());
        let head = self.store.open_series(till, installation).await?;
        if head.series == chain.series && head.hash == chain.first_link {
            self.found.unsent_again += self.journal.unsend_after(chain.series, 0).await?;
            return Ok(true);
        }
        let why = format!("the store has lost series {}", chain.series);
        let moved = begin(self.journal, &head, &why, Some((chain.series, 0))).await?;
        self.began(head.series, why, moved);
        Ok(false)
    }

    async fn open(&mut self, why: &str, move_after: Option<(u32, u64)>) -> Result<(), ConnectError> {
        if self.found.taken.is_some() {
            return Err(ConnectError::NoPlace(self.journal.till().to_string()));
        }
        let (till, installation) = (self.journal.till(), self.journal.installation());
        let head = self.store.open_series(till, installation).await?;
        let moved = begin(self.journal, &head, why, move_after).await?;
        self.began(head.series, why.to_owned(), moved);
        Ok(())
    }

    async fn move_into(&self, series: u32, why: &str, after: (u32, u64)) -> Result<Vec<SaleRecord>, ConnectError> {
        let chains = self.journal.chains().await?;
        let first_link = chains
            .iter()
            .find(|chain| chain.series == series)
            .map(|chain| chain.first_link);
        let new = NewSeries {
            series,
            first_link: first_link.unwrap_or(Hash::GENESIS),
            why: why.to_owned(),
            move_after: Some(after),
        };
        Ok(self.journal.begin_series(new).await?)
    }

    fn began(&mut self, series: u32, why: String, moved: Vec<SaleRecord>) {
        self.found.began = Some(Began { series, why, moved });
    }

    /// The journal's link at `number`, where it has one.
    async fn link_at(&self, chain: &JournalChain, number: u64) -> Result<Option<Hash>, ConnectError> {
        if number == 0 {
            return Ok(Some(chain.first_link));
        }
        if number == chain.number {
            return Ok(Some(chain.hash));
        }
        let sale = self.journal.sale_at(chain.series, number).await?;
        Ok(sale.map(|sale| sale.record.hash))
    }

    /// The last number at which both have the same link. Links hang on each other, so what is the same at a number is the
    /// same before it, and halving finds it.
    async fn last_common(&self, chain: &JournalChain, head: &Head) -> Result<u64, ConnectError> {
        let (mut same, mut differs) = (0, chain.number.min(head.number) + 1);
        while differs - same > 1 {
            let middle = same + (differs - same) / 2;
            let sales = self.store.sales(self.journal.till(), chain.series, middle, 1).await?;
            let theirs = sales
                .first()
                .filter(|sale| sale.document.number == middle)
                .map(|sale| sale.hash);
            if theirs.is_some() && theirs == self.link_at(chain, middle).await? {
                same = middle;
            } else {
                differs = middle;
            }
        }
        Ok(same)
    }
}

async fn begin(
    journal: &Journal,
    head: &Head,
    why: &str,
    move_after: Option<(u32, u64)>,
) -> Result<Vec<SaleRecord>, JournalError> {
    let new = NewSeries {
        series: head.series,
        first_link: head.hash,
        why: why.to_owned(),
        move_after,
    };
    journal.begin_series(new).await
}
