//! The till says once a minute that it is there, and how it stands (docs/events.md). Nobody waits for that, and what goes
//! wrong with it is told nowhere but in the log: whether a till is silent is for others to see.
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use crate::domain::clock::Clock;
use crate::domain::heartbeat::{Figures, Heartbeat, Standing};
use crate::domain::sale::TillId;
use crate::store::ports::{Outbox as _, RelayMode};
use crate::store::star::Store;
use crate::store::sync::{Link, SyncStatus};
use crate::store::verify::topic;
use crate::stream::heartbeat::HeartbeatSender;
use crate::stream::settings::KafkaSettings;

/// How often a till says that it is there.
pub const EVERY: Duration = Duration::from_mins(1);
/// The database's clock, and who relays, are asked for so often.
const ASK_EVERY: Duration = Duration::from_mins(10);
/// A database that takes longer says nothing of its clock.
const ANSWER: Duration = Duration::from_secs(5);

/// What a till needs for it.
pub struct HeartbeatPlan {
    /// The till.
    pub till: TillId,
    /// The store of record, to be asked rarely.
    pub store: Store,
    /// The brokers.
    pub kafka: KafkaSettings,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// How often; [`EVERY`] but in tests.
    pub every: Duration,
}

/// What the database said when it was last asked.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    at: Option<Instant>,
    /// Whether anybody is to publish; none: it never said.
    publishes: Option<bool>,
    skew_ms: Option<i64>,
}

/// Says it as soon as it is known where the till stands, whenever somebody else sells, and every minute, until `stop` is
/// ready. With `relay = "off"` nothing leaves the shop, and so nothing of this.
pub async fn run(
    plan: HeartbeatPlan,
    mut standing: watch::Receiver<Option<Standing>>,
    status: watch::Receiver<SyncStatus>,
    stop: impl Future<Output = ()>,
) {
    let session = plan.clock.new_id();
    let sender = HeartbeatSender::new(plan.kafka.clone(), Arc::clone(&plan.clock));
    let beating = async {
        let mut said = Said::default();
        let mut minutes = interval(plan.every);
        minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // Whoever knew where the till stands is gone: so is the till.
            tokio::select! {
                _ = minutes.tick() => {}
                changed = standing.changed() => if changed.is_err() { return },
            }
            let Some(stands) = standing.borrow_and_update().clone() else {
                continue;
            };
            let now = status.borrow().clone();
            ask(&plan, &now, &mut said).await;
            if said.publishes == Some(false) {
                continue;
            }
            let beat = beat(&plan, session, stands, &now, said.skew_ms);
            match sender.send(&beat).await {
                Ok(()) => tracing::trace!("a heartbeat was sent"),
                Err(error) => tracing::debug!(reason = %error, "a heartbeat was not sent"),
            }
        }
    };
    let (mut beating, mut stop) = (pin!(beating), pin!(stop));
    // One that is on its way is dropped: nobody waits for it when the till closes.
    tokio::select! {
        () = &mut stop => {}
        () = &mut beating => {}
    }
}

fn beat(
    plan: &HeartbeatPlan,
    session: Uuid,
    standing: Standing,
    status: &SyncStatus,
    clock_skew_ms: Option<i64>,
) -> Heartbeat {
    let at = plan.clock.now();
    let age = |oldest: Timestamp| u64::try_from(at.duration_since(oldest).as_secs()).unwrap_or(0);
    let figures = Figures {
        unsent: status.unsent,
        oldest_s: status.oldest.map(age),
        parked: status.parked,
        clock_skew_ms,
    };
    Heartbeat::of((&plan.till, session), at, standing, figures, env!("CARGO_PKG_VERSION"))
}

/// Asks the database for its clock and for who relays, where it is time to, and it is not known to be away.
async fn ask(plan: &HeartbeatPlan, status: &SyncStatus, said: &mut Said) {
    let is_recent = said.at.is_some_and(|at| at.elapsed() < ASK_EVERY);
    if is_recent || matches!(status.database, Link::Down { .. }) {
        return;
    }
    let before = plan.clock.now();
    let asking = async {
        let theirs = topic::now(plan.store.engine().as_ref())
            .await
            .map_err(|error| error.to_string())?;
        let after = plan.clock.now();
        let mode = plan.store.relay_mode().await.map_err(|error| error.to_string())?;
        Ok::<_, String>((theirs, after, mode))
    };
    match timeout(ANSWER, asking).await {
        Ok(Ok((theirs, after, mode))) => {
            let ours = before.as_millisecond().midpoint(after.as_millisecond());
            *said = Said {
                at: Some(Instant::now()),
                publishes: Some(mode != RelayMode::Off),
                // The till's own file has the till's own clock.
                skew_ms: (status.database != Link::Local).then(|| ours - theirs.as_millisecond()),
            };
        }
        Ok(Err(reason)) => tracing::debug!(reason, "the database's clock was not read"),
        Err(_) => tracing::debug!("the database's clock was not read in time"),
    }
}
