//! The relay's loop: whose turn it is, how long to pause, what to say.
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::adopt::{ADOPT_AFTER, ADOPT_EVERY};
use super::desk::Served;
use super::lease::Held;
use super::rest::Resting;
use super::{Backlog, RelayIdentity, RelayState, RelayStatus};
use crate::domain::clock::Clock;
use crate::domain::sale::TillId;
use crate::store::error::StoreError;
use crate::store::ports::{Outbox, RelayMode};
use crate::stream::backoff::Backoff;
use crate::stream::fault::{Fault, StreamError};
use crate::stream::producer::Producer;

/// A broker's leaders are replaced within its session timeout, 9 s by default.
const LEADER_CHANGE: Duration = Duration::from_secs(12);
/// A produce without an answer for this long is no longer ordinary.
const SLOW: Duration = Duration::from_secs(2);
/// Without a wake, the outbox is looked at after the first, then up to the second.
const IDLE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(2));
/// While events go out, the backlog is counted this often.
pub(super) const RECOUNT: Duration = Duration::from_secs(1);
/// The fleet's mode is asked for this often.
const MODE_KEPT: Duration = Duration::from_secs(10);
/// A topic that is to be tried again is not waited for in a circle.
const SHORTEST_REST: Duration = Duration::from_millis(10);
/// An idle connection is used this often, or whatever is between forgets it.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// For how long a relay whose rows are not taken leaves their lease to others: all look within this.
const STAND_BACK: Duration = Duration::from_secs(20);
/// For handing the leases back at the end.
const GOODBYE: Duration = Duration::from_secs(2);

/// Publishes a till's events, and those of tills that cannot. See [`super::relay`].
pub struct Relay {
    pub(super) identity: RelayIdentity,
    pub(super) outbox: Arc<dyn Outbox>,
    pub(super) producer: Arc<dyn Producer>,
    pub(super) held: BTreeMap<TillId, Held>,
    clock: Arc<dyn Clock>,
    status: watch::Sender<RelayStatus>,
    wake: Arc<Notify>,
    mode: Option<(RelayMode, Instant)>,
    broker_trouble: Option<Trouble>,
    store_away: Option<(Timestamp, Backoff)>,
    /// Topic and key to try the broker with, and when it last answered.
    home: (String, String),
    answered: Option<Instant>,
    counted: Instant,
    idle: Duration,
    pub(super) adopted: Option<TillId>,
    pub(super) adopt_at: Instant,
    pub(super) shunned: BTreeMap<TillId, Instant>,
    pub(super) resting: Resting,
}

/// The broker does not take events.
struct Trouble {
    since: Timestamp,
    began: Instant,
    error: StreamError,
    backoff: Backoff,
}

impl Relay {
    pub(super) fn new(
        identity: RelayIdentity,
        outbox: Arc<dyn Outbox>,
        producer: Arc<dyn Producer>,
        clock: Arc<dyn Clock>,
        status: watch::Sender<RelayStatus>,
        wake: Arc<Notify>,
    ) -> Self {
        Self {
            home: identity.home.clone(),
            identity,
            outbox,
            producer,
            held: BTreeMap::new(),
            clock,
            status,
            wake,
            mode: None,
            broker_trouble: None,
            store_away: None,
            answered: None,
            counted: Instant::now(),
            idle: IDLE.0,
            adopted: None,
            adopt_at: Instant::now() + ADOPT_EVERY,
            shunned: BTreeMap::new(),
            resting: Resting::default(),
        }
    }

    /// Relays until `shutdown` is ready, then hands its leases back. What was on its way is sent again by the next relay.
    pub async fn run(mut self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let wake = Arc::clone(&self.wake);
        'turns: loop {
            let pause = tokio::select! {
                biased;
                () = &mut shutdown => break,
                pause = self.turn() => pause,
            };
            let until = Instant::now() + pause;
            loop {
                tokio::select! {
                    biased;
                    () = &mut shutdown => break 'turns,
                    () = sleep_until(until) => break,
                    () = wake.notified() => {
                        self.idle = IDLE.0;
                        let is_of_topic = self.resting.has(&self.identity.till);
                        if (self.broker_trouble.is_none() || is_of_topic) && self.store_away.is_none() {
                            break;
                        }
                        // A sale does not shorten the pause before the next attempt, but it counts.
                        tokio::select! {
                            biased;
                            () = &mut shutdown => break 'turns,
                            () = self.recount() => {}
                        }
                    }
                }
            }
        }
        if timeout(GOODBYE, self.hand_back_all()).await.is_err() {
            tracing::warn!("the relay's leases were not handed back; they expire");
        }
    }

    /// One step; how long to pause after it.
    async fn turn(&mut self) -> Duration {
        match self.step().await {
            Ok(pause) => {
                self.store_away = None;
                pause
            }
            Err(error) => {
                let now = self.clock.now();
                let (since, backoff) = self.store_away.get_or_insert_with(|| (now, Backoff::default()));
                let (since, pause) = (*since, backoff.pause());
                let reason = error.to_string();
                self.say(RelayState::StoreAway { since, reason });
                pause
            }
        }
    }

    async fn step(&mut self) -> Result<Duration, StoreError> {
        let kept = match self.mode().await? {
            RelayMode::On => None,
            RelayMode::Off => Some(RelayState::Kept),
            RelayMode::Debezium => Some(RelayState::Debezium),
        };
        if let Some(state) = kept {
            self.hand_back_all().await;
            self.broker_trouble = None;
            self.count().await?;
            self.say(state);
            return Ok(MODE_KEPT);
        }
        if let Some(pause) = self.broker_pause().await? {
            return Ok(pause);
        }
        let till = self.identity.till.clone();
        match self.serve(&till).await? {
            Served::Progress => {
                self.idle = IDLE.0;
                if self.counted.elapsed() >= RECOUNT {
                    self.count().await?;
                }
                return Ok(Duration::ZERO);
            }
            Served::Refused { error, began, target } => {
                self.set_home(target);
                let pause = self.trouble(error, began);
                self.count().await?;
                return Ok(pause);
            }
            Served::Resting => {
                self.count().await?;
                // The broker is there: what else waits for it does not wait for that topic.
                if self.adopt().await? {
                    return Ok(Duration::ZERO);
                }
                return Ok(self.resting.pause(&till).unwrap_or(IDLE.0).max(SHORTEST_REST));
            }
            Served::HeldElsewhere => {
                self.count().await?;
                self.say(RelayState::HeldElsewhere);
            }
            Served::Nothing => {
                self.broker_trouble = None;
                self.tell(RelayState::Idle, Backlog::default());
            }
        }
        if self.adopt().await? {
            return Ok(Duration::ZERO);
        }
        let pause = self.idle;
        self.idle = (self.idle * 5 / 4).min(IDLE.1);
        Ok(pause)
    }

    async fn mode(&mut self) -> Result<RelayMode, StoreError> {
        if let Some((mode, asked)) = self.mode
            && asked.elapsed() < MODE_KEPT
        {
            return Ok(mode);
        }
        let mode = self.outbox.relay_mode().await?;
        self.mode = Some((mode, Instant::now()));
        Ok(mode)
    }

    /// Asks the broker whether it would take events, when there is reason to: after trouble, once the lease has too little
    /// time left for another attempt, or when idle for long. A pause, where it would not.
    async fn broker_pause(&mut self) -> Result<Option<Duration>, StoreError> {
        let troubled = self.broker_trouble.is_some();
        let due = if troubled {
            let own = self.held.get(&self.identity.till);
            !own.is_some_and(Held::may_produce)
        } else {
            self.answered.is_none_or(|at| at.elapsed() >= HEARTBEAT)
        };
        if !due {
            return Ok(None);
        }
        if troubled && !self.held.is_empty() {
            // No progress was made with the lease. Once others may adopt the rows, they are given the time to see that.
            self.hand_back_all().await;
            let began = self.broker_trouble.as_ref().map(|trouble| trouble.began);
            if began.is_some_and(|began| began.elapsed() > ADOPT_AFTER) {
                self.count().await?;
                return Ok(Some(STAND_BACK));
            }
        }
        let began = Instant::now();
        let (topic, key) = &self.home;
        match self.producer.probe(topic, key).await {
            Ok(()) => {
                // The trouble is over when rows were taken, or none wait: a broker with too few replicas answers too.
                self.answered = Some(Instant::now());
                Ok(None)
            }
            // The topic of the sales takes nothing: others may.
            Err(error) if error.fault.is_of_topic() && self.others_wait(&error).await? => {
                self.trouble(error, began);
                Ok(None)
            }
            Err(error) => {
                let pause = self.trouble(error, began);
                // Whoever can reach the broker may publish for us.
                self.hand_back_all().await;
                self.count().await?;
                Ok(Some(pause))
            }
        }
    }

    /// Notes that the broker did not take an event, and says so; how long to pause.
    pub(super) fn trouble(&mut self, error: StreamError, began: Instant) -> Duration {
        let now = self.clock.now();
        if self.broker_trouble.as_ref().is_none_or(|known| known.error != error) {
            tracing::warn!(reason = %error, "the broker does not take events");
        }
        let trouble = self.broker_trouble.get_or_insert_with(|| Trouble {
            since: before(now, began.elapsed()),
            began,
            error: error.clone(),
            backoff: Backoff::default(),
        });
        let pause = trouble.backoff.pause();
        trouble.error = error;
        let state = trouble.state();
        self.say(state);
        pause
    }

    /// The broker answered about events of `till`: no trouble.
    pub(super) fn broker_answered(&mut self, till: &TillId, target: (String, String)) {
        self.answered = Some(Instant::now());
        // While one of its topics takes nothing, that is what is shown.
        if !self.resting.has(&self.identity.till) {
            self.broker_trouble = None;
        }
        if *till == self.identity.till {
            self.set_home(target);
        }
    }

    /// Where the broker is tried with: a partition of the topic of the till's sales.
    fn set_home(&mut self, target: (String, String)) {
        if target.0 == self.identity.home.0 {
            self.home = target;
        }
    }

    /// The broker's topic for sales takes nothing: whether rows of another topic wait meanwhile.
    async fn others_wait(&mut self, error: &StreamError) -> Result<bool, StoreError> {
        let (till, topic) = (self.identity.till.clone(), self.home.0.clone());
        let others = self.outbox.unmarked_but(&till, std::slice::from_ref(&topic), 1).await?;
        if others.is_empty() {
            return Ok(false);
        }
        tracing::warn!(topic, reason = %error, "a topic takes no events; others go on");
        self.resting.refused(&till, &topic);
        Ok(true)
    }

    /// Counts what waits of the own till's events.
    async fn count(&mut self) -> Result<(), StoreError> {
        self.counted = Instant::now();
        let waiting = self.outbox.waiting().await?;
        let own = waiting.iter().find(|w| w.till == self.identity.till);
        let backlog = own.map_or_else(Backlog::default, |own| Backlog {
            events: own.events,
            oldest: Some(before(self.clock.now(), own.oldest)),
        });
        self.status.send_if_modified(|status| {
            let changed = status.backlog != backlog;
            status.backlog = backlog;
            changed
        });
        Ok(())
    }

    /// Counts if the store answers; if not, the next turn says so.
    async fn recount(&mut self) {
        if let Err(error) = self.count().await {
            tracing::debug!(reason = %error, "the outbox could not be counted");
        }
    }

    /// While a produce has not been answered.
    pub(super) async fn still_sending(&mut self, began: Instant) {
        if began.elapsed() >= SLOW && self.broker_trouble.is_none() {
            let since = before(self.clock.now(), began.elapsed());
            self.say(state_since(since, began, "no answer from the broker yet"));
        }
        self.recount().await;
    }

    /// Rows go out; while there is trouble, that is what is shown until the broker answered.
    pub(super) fn publishing(&self) {
        if self.broker_trouble.is_none() {
            self.say(RelayState::Publishing);
        }
    }

    pub(super) fn count_set_aside(&self) {
        self.status.send_modify(|status| status.set_aside += 1);
    }

    fn say(&self, state: RelayState) {
        let backlog = self.status.borrow().backlog;
        self.tell(state, backlog);
    }

    fn tell(&self, state: RelayState, backlog: Backlog) {
        self.status.send_if_modified(|status| {
            let changed = status.state != state || status.backlog != backlog;
            status.state = state;
            status.backlog = backlog;
            changed
        });
    }
}

impl Trouble {
    fn state(&self) -> RelayState {
        let reason = self.error.reason.clone();
        match self.error.fault {
            // These do not pass by themselves.
            Fault::NoTopic | Fault::Denied | Fault::Clock => RelayState::Down {
                since: self.since,
                reason,
            },
            _ => state_since(self.since, self.began, &reason),
        }
    }
}

fn state_since(since: Timestamp, began: Instant, reason: &str) -> RelayState {
    let reason = reason.to_owned();
    if began.elapsed() < LEADER_CHANGE {
        RelayState::ChangingLeader { since, reason }
    } else {
        RelayState::Down { since, reason }
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    SignedDuration::try_from(age)
        .ok()
        .and_then(|age| now.checked_sub(age).ok())
        .unwrap_or(now)
}
