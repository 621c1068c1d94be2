//! Looks now and then whether the database still agrees with the chains of its sales, for whoever watches: what `rxtill verify`
//! finds is an alert among the others.
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::store::star::Store;
use crate::store::verify;

/// The first look is when the stream has been read, or nearly.
const FIRST: Duration = Duration::from_secs(20);

/// The first broken link of a till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Altered {
    /// The till.
    pub till: String,
    /// Where, and what disagrees.
    pub words: String,
}

/// Walks the chains every so often, and tells what is broken. Ends when nobody listens.
pub async fn look(store: Store, every: Duration, told: watch::Sender<Arc<Vec<Altered>>>) {
    let mut pause = FIRST.min(every);
    loop {
        tokio::select! {
            () = sleep(pause) => {}
            () = told.closed() => return,
        }
        pause = every;
        let engine = store.engine();
        let (chains, stock) = match (
            verify::verify(engine.as_ref(), None, None).await,
            verify::stock(engine.as_ref()).await,
        ) {
            (Ok(chains), Ok(stock)) => (chains, stock),
            (chains, stock) => {
                tracing::debug!(chains = ?chains.err(), stock = ?stock.err(), "the chains were not walked");
                continue;
            }
        };
        let broken = chains.into_iter().filter_map(|verdict| {
            let broken = verdict.broken?;
            Some(Altered {
                till: verdict.till,
                words: format!("{}: {}", broken.receipt, broken.reason),
            })
        });
        let moved = stock.into_iter().map(|fault| Altered {
            till: String::new(),
            words: format!("stock of {} at {}: {}", fault.drug, fault.outlet, fault.reason),
        });
        let altered: Vec<Altered> = broken.chain(moved).collect();
        told.send_if_modified(|before| {
            let is_news = **before != altered;
            *before = Arc::new(altered);
            is_news
        });
    }
}
