//! Whether this machine's clock can be believed: compared with the till's last sale, and with the database's clock where
//! that was heard (PATH 3.9).
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::app::Message;
use crate::domain::clock::{Clock, ClockFault};
use crate::store::journal::Journal;
use crate::store::star::Store;
use crate::store::sync::{Link, SyncStatus};
use crate::store::verify::topic;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// The database is asked for its clock so often, where it answers.
const ASK_EVERY: Duration = Duration::from_mins(1);
/// A database that takes longer says nothing of its clock: nobody would know of when it speaks.
const ANSWER: Duration = Duration::from_secs(2);

/// The database's clock as it was heard last: from then on this machine's steady clock counts, which nobody sets.
#[derive(Debug, Clone, Copy)]
struct Heard {
    at: Instant,
    said: Timestamp,
}

impl Heard {
    /// By how much a clock that says `now` is ahead of it.
    fn ahead(self, now: Timestamp) -> SignedDuration {
        let since = SignedDuration::try_from(self.at.elapsed()).unwrap_or(SignedDuration::MAX);
        now.duration_since(self.said) - since
    }
}

/// Tells when the clock goes off, and when it is well again, until nobody listens. `store`: that of a server, none where
/// the till's own file is the store and has no clock of its own.
pub async fn tell_clock(
    journal: Journal,
    store: Option<Store>,
    clock: Arc<dyn Clock>,
    sync: watch::Receiver<SyncStatus>,
    news: mpsc::Sender<Message>,
) {
    let mut heard: Option<Heard> = None;
    let mut told: Option<ClockFault> = None;
    while !news.is_closed() {
        let is_due = heard.is_none_or(|heard| heard.at.elapsed() >= ASK_EVERY);
        let answers = matches!(sync.borrow().database, Link::Up);
        if let Some(store) = store.as_ref().filter(|_| is_due && answers) {
            heard = ask(store).await.or(heard);
        }
        let now = clock.now();
        let last_sale = journal.newest_at().await.unwrap_or_else(|error| {
            tracing::debug!(%error, "when the last sale was recorded was not read");
            None
        });
        let fault = ClockFault::of(now, last_sale, heard.map(|heard| heard.ahead(now)));
        if fault.map(|fault| fault.how) != told.map(|told| told.how)
            || fault
                .zip(told)
                .is_some_and(|(fault, told)| (fault.by - told.by).abs() >= SignedDuration::from_mins(1))
        {
            told = fault;
            if news.send(Message::ClockChanged(fault)).await.is_err() {
                return;
            }
        }
        // With whoever listens the journal goes too: the next start wants its lock.
        tokio::select! {
            () = sleep(LOOK) => {}
            () = news.closed() => {}
        }
    }
}

/// The database's clock. It spoke at some time between question and answer: of two minutes, seconds do not matter.
async fn ask(store: &Store) -> Option<Heard> {
    match timeout(ANSWER, topic::now(store.engine().as_ref())).await {
        Ok(Ok(said)) => Some(Heard {
            at: Instant::now(),
            said,
        }),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the database's clock was not read");
            None
        }
        Err(_) => None,
    }
}
