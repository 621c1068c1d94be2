//! What was published long ago leaves the outbox (PATH 4.4): its events are in the topic, and can be made again from the facts.
//!
//! A till's own account deletes nothing, so this is done by a till that has the office's, or one on its own file. More than one
//! at a time do no harm.
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::sleep;

use crate::store::ports::Outbox as _;
use crate::store::star::Store;

/// How often it is looked for what is old enough.
const EVERY: Duration = Duration::from_hours(1);
/// Between two short transactions, so that sales come through.
const BETWEEN: Duration = Duration::from_millis(500);

/// What is needed for it.
#[derive(Clone)]
pub struct Tidying {
    /// By an account that may delete from the outbox.
    pub store: Store,
    /// How old it must be.
    pub days: u32,
}

/// Tidies until `stop` is ready.
pub(super) async fn run(tidying: Tidying, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    loop {
        let tidied = tokio::select! {
            biased;
            () = &mut stop => return,
            tidied = tidying.store.purge(tidying.days) => tidied,
        };
        let pause = match tidied {
            Ok(0) => EVERY,
            Ok(rows) => {
                tracing::debug!(rows, "published events left the outbox");
                BETWEEN
            }
            // Away, or the account may not: it is no part of selling.
            Err(error) => {
                tracing::debug!(%error, "the outbox was not tidied");
                EVERY
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = sleep(pause) => {}
        }
    }
}
