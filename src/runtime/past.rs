//! What was sold before: a page of the list, or a whole receipt, of the store of record and of this till's own journal.
//! Somebody looks on: a store that does not answer soon is away, and what the journal has is shown and called that.
use std::time::Duration;

use jiff::civil::Date;
use tokio::time::timeout;

use crate::app::past::{PastFrom, PastPage, PastReceipt, PastSource};
use crate::domain::chart::SalesChart;
use crate::domain::past::{Journaled, PastPlace, PastRow, PastSale, PastState, PastWanted, StoredPast};
use crate::domain::sale::Receipt;
use crate::store::journal::{JournalError, JournalReader, JournalSale, SaleState};
use crate::store::star::Store;

/// A store that takes longer is away.
const ANSWER: Duration = Duration::from_secs(5);
/// Sums of a month may take longer: they are of every line.
const CHART: Duration = Duration::from_secs(30);
/// Receipts of a page.
const PAGE: usize = 50;
/// Of the sales on their way, the newest so many are listed.
const MOST_UNSENT: u32 = 500;
/// The journal is read so many sales at a time, and at most so many times for a page.
const AT_ONCE: u32 = 200;
const MOST_READS: u32 = 10;

/// A page of receipts. Where the store is not to be heard at its beginning, of this till's journal, if it has one.
///
/// # Errors
/// In words, when there are none to be had.
pub async fn page(
    store: &Store,
    journal: Option<&JournalReader>,
    wanted: &PastWanted,
    from: PastFrom,
    is_away: bool,
) -> Result<PastPage, String> {
    let disk = |error: JournalError| format!("this till's disk failed: {error}");
    let (behind, why) = match from {
        PastFrom::Journal(series, number) => (Some((series, number)), String::from("the database is away")),
        PastFrom::Newest if is_away => (None, String::from("the database is away")),
        PastFrom::Newest | PastFrom::Store(_) => {
            let behind = match from {
                PastFrom::Store(place) => Some(place),
                PastFrom::Newest | PastFrom::Journal(..) => None,
            };
            // First what is on its way: what arrives meanwhile is in the store's answer.
            let unsent = match journal {
                Some(journal) => journal.newest_unsent(MOST_UNSENT).await.map_err(disk)?,
                None => Vec::new(),
            };
            match timeout(ANSWER, store.past(wanted, behind, PAGE)).await {
                Ok(Ok(page)) => return Ok(merged(page.sales, unsent, wanted, (behind, page.reached))),
                Ok(Err(error)) if behind.is_some() => return Err(format!("older ones were not read: {error}")),
                Err(_) if behind.is_some() => return Err(String::from("older ones were not read: no answer in time")),
                Ok(Err(error)) => (None, format!("the database: {error}")),
                Err(_) => (None, String::from("the database does not answer")),
            }
        }
    };
    match journal {
        Some(journal) => own(journal, wanted, behind, why).await.map_err(disk),
        None => Err(why),
    }
}

/// The store's, and among them what is on its way.
fn merged(
    mut sales: Vec<PastSale>,
    unsent: Vec<JournalSale>,
    wanted: &PastWanted,
    (behind, reached): (Option<PastPlace>, Option<PastPlace>),
) -> PastPage {
    for sale in unsent.into_iter().map(past_sale) {
        let place = sale.place();
        let is_here = behind.is_none_or(|behind| place < behind) && reached.is_none_or(|reached| place >= reached);
        let is_known = sales
            .iter()
            .any(|known| known.record.sale_id() == sale.record.sale_id());
        if is_here && !is_known && wanted.has(&sale.record) {
            sales.push(sale);
        }
    }
    sales.sort_by_key(|sale| std::cmp::Reverse(sale.place()));
    PastPage {
        rows: sales.into_iter().map(PastRow::from).collect(),
        next: reached.map(PastFrom::Store),
        source: PastSource::Store,
    }
}

/// This till's own alone.
async fn own(
    journal: &JournalReader,
    wanted: &PastWanted,
    mut behind: Option<(u32, u64)>,
    why: String,
) -> Result<PastPage, JournalError> {
    let mut rows = Vec::new();
    let mut has_older = true;
    for _ in 0..MOST_READS {
        let read = journal.sales_before(behind, AT_ONCE).await?;
        has_older = read.len() == AT_ONCE as usize;
        let mut read = read.into_iter();
        for sale in read.by_ref() {
            let document = &sale.record.document;
            behind = Some((document.series, document.number));
            if wanted.has(&sale.record) {
                rows.push(PastRow::from(past_sale(sale)));
            }
            if rows.len() == PAGE {
                break;
            }
        }
        if rows.len() == PAGE || !has_older {
            has_older |= read.next().is_some();
            break;
        }
    }
    Ok(PastPage {
        rows,
        next: behind
            .filter(|_| has_older)
            .map(|(series, number)| PastFrom::Journal(series, number)),
        source: PastSource::Journal(why),
    })
}

fn past_sale(sale: JournalSale) -> PastSale {
    let JournalSale { record, state } = sale;
    let state = match state {
        SaleState::Provisional | SaleState::Queued => PastState::Queued,
        SaleState::Committed => PastState::Committed,
        SaleState::Parked(why) => PastState::Parked(why),
        SaleState::Struck(why) => PastState::Struck(why),
    };
    PastSale { record, state }
}

/// The sums of receipts by the day and the hour, up to that day, in that currency.
///
/// # Errors
/// In words, when there are none to be had in time.
pub async fn chart(store: &Store, wanted: &PastWanted, until: Date, currency: &str) -> Result<Box<SalesChart>, String> {
    match timeout(CHART, store.chart(wanted, until, currency)).await {
        Ok(Ok(chart)) => Ok(Box::new(chart)),
        Ok(Err(error)) => Err(format!("the database: {error}")),
        Err(_) => Err(String::from(
            "no answer in time: of one outlet, or without words, it is sooner there",
        )),
    }
}

/// All that is known of a receipt.
///
/// # Errors
/// In words, when nothing is.
pub async fn receipt(
    store: &Store,
    journal: Option<&JournalReader>,
    receipt: &Receipt,
) -> Result<Box<PastReceipt>, String> {
    let disk = |error: JournalError| format!("this till's disk failed: {error}");
    let (here, there) = tokio::join!(kept(journal, receipt), timeout(ANSWER, store.past_receipt(receipt)));
    let here = here.map_err(disk)?;
    let (there, unheard) = match there {
        Ok(Ok(there)) => (there, None),
        Ok(Err(error)) => (None, Some(error.to_string())),
        Err(_) => (None, Some(String::from("it does not answer"))),
    };
    let mut whole = match (there, here) {
        (Some(there), here) => {
            let is_it = |sale: &JournalSale| sale.record.hash == there.sale.record.hash;
            let journaled = here
                .filter(|(sale, _)| is_it(sale))
                .and_then(|(_, journaled)| journaled);
            stored(there, journaled)
        }
        (None, Some((sale, journaled))) => {
            let PastSale { record, state } = past_sale(sale);
            PastReceipt {
                record,
                state,
                journaled,
                recorded_at: None,
                published: None,
                original: None,
                returns: Vec::new(),
                unheard,
            }
        }
        (None, None) => {
            return Err(match unheard {
                Some(why) if journal.is_some() => {
                    format!("{receipt} is not in this till's journal, and the database was not read: {why}")
                }
                Some(why) => format!("the database was not read: {why}"),
                None => format!("no receipt {receipt} is known"),
            });
        }
    };
    let Some(journal) = journal else {
        return Ok(Box::new(whole));
    };
    let returns = journal.returns_of(whole.record.sale_id()).await.map_err(disk)?;
    for sale in returns.into_iter().map(past_sale) {
        let receipt = sale.record.receipt();
        if whole.returns.iter().all(|known| known.receipt != receipt) {
            whole.returns.push(sale.into());
        }
    }
    if let (None, Some(original)) = (&whole.original, whole.record.document.sale.refund_of) {
        let original = journal.sale(original).await.map_err(disk)?;
        whole.original = original.map(|sale| past_sale(sale).into());
    }
    Ok(Box::new(whole))
}

fn stored(there: StoredPast, journaled: Option<Journaled>) -> PastReceipt {
    PastReceipt {
        record: there.sale.record,
        state: there.sale.state,
        journaled,
        recorded_at: Some(there.recorded_at),
        published: Some(there.published),
        original: there.original.map(PastRow::from),
        returns: there.returns.into_iter().map(PastRow::from).collect(),
        unheard: None,
    }
}

/// The sale of this till's own, and when it was kept.
async fn kept(
    journal: Option<&JournalReader>,
    receipt: &Receipt,
) -> Result<Option<(JournalSale, Option<Journaled>)>, JournalError> {
    let Some(journal) = journal.filter(|journal| receipt.till == *journal.till()) else {
        return Ok(None);
    };
    let Some(sale) = journal.sale_at(receipt.series, receipt.number).await? else {
        return Ok(None);
    };
    let journaled = journal.journaled(receipt.series, receipt.number).await?;
    Ok(Some((sale, journaled)))
}
