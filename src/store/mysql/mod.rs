//! The engine over MySQL 8.0+, MySQL 9 and MariaDB 10.6+.
mod connect;
mod error;
mod facts;
mod link;
mod settings;
mod value;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::engine::{Dialect, Engine, Row, Transaction, Value};
use super::error::EngineError;
use super::shelf::{Place, Shelf};
use crate::domain::link_fault::LinkFault;
use crate::params;
use link::Link;

pub use facts::ServerFacts;
pub use settings::{MySqlSettings, TlsMode};

/// Connections of one process at most: a sale, the relay, a screen's question, and one to spare.
const CONNECTIONS: usize = 4;

/// A connection that lay idle longer is opened anew: a firewall may have forgotten it, and the server closes it soon.
const STALE_AFTER: Duration = Duration::from_secs(30);

/// So long a refusal stands that passes only once somebody mends something. A server that counts failed handshakes (a
/// hundred by default, error 1129) else shuts this machine out, also once it is mended.
const REFUSED_FOR: Duration = Duration::from_secs(4);

/// A MySQL or MariaDB server, or one of several, as a store.
pub struct MySqlEngine {
    settings: MySqlSettings,
    shelf: Arc<Shelf<Link>>,
    preferred: Arc<Preferred>,
    /// What was last said of a login or certificate that somebody has to mend, and when.
    refused: Mutex<Option<(Instant, String)>>,
}

/// The place in the settings of the host that last answered and could write.
struct Preferred {
    index: AtomicUsize,
    hosts: usize,
}

impl Preferred {
    /// After a refusal that another host might not make, the next connection goes there.
    fn heed(&self, host: usize, error: EngineError) -> EngineError {
        if matches!(error, EngineError::Retryable { next_host: true, .. }) {
            let next = (host + 1) % self.hosts.max(1);
            // Not if somebody else moved on already.
            let _ = self
                .index
                .compare_exchange(host, next, Ordering::Relaxed, Ordering::Relaxed);
        }
        error
    }
}

impl MySqlEngine {
    /// An engine that connects when it is first used.
    pub fn new(settings: MySqlSettings) -> Self {
        let preferred = Preferred {
            index: AtomicUsize::new(0),
            hosts: settings.hosts.len(),
        };
        Self {
            settings,
            shelf: Shelf::new(CONNECTIONS),
            preferred: Arc::new(preferred),
            refused: Mutex::new(None),
        }
    }

    /// Creates the database where it is missing and the account may. `init` begins with it.
    ///
    /// # Errors
    /// When no host answers, or the account may not.
    pub async fn create_database(&self) -> Result<(), EngineError> {
        let mut faults = Vec::new();
        for host in &self.settings.hosts {
            match connect::create_database(&self.settings, host).await {
                Ok(()) => return Ok(()),
                Err(fault) => faults.push(fault.to_string()),
            }
        }
        Err(EngineError::retryable(faults.join("; ")))
    }

    /// Whether a sale could be written now: changes a row of `till_head` that is not there, and rolls back. A node that
    /// is read-only or has no quorum refuses that, where it would answer `SELECT 1`.
    ///
    /// # Errors
    /// What the server says, or that none answers.
    pub async fn ping_write(&self) -> Result<(), EngineError> {
        let mut transaction = self.begin().await?;
        let nobody = "UPDATE till_head SET receipt_no = receipt_no WHERE till_id = ? AND series = 0";
        transaction.execute(nobody, params![""]).await?;
        transaction.rollback().await;
        Ok(())
    }

    /// What the server says about itself, for `rxtill check`.
    ///
    /// # Errors
    /// What the server says, or that none answers.
    pub async fn server_facts(&self) -> Result<ServerFacts, EngineError> {
        facts::ask(self).await
    }

    /// Waits for a connection, or opens one to the first host that answers and can write.
    async fn lend(&self) -> Result<Lent, EngineError> {
        let (place, idle) = self.shelf.take().await?;
        let preferred = self.preferred.index.load(Ordering::Relaxed);
        let fresh = idle.filter(|link| link.host == preferred && link.idle() < STALE_AFTER);
        let link = match fresh {
            Some(link) => link,
            None => self.connect(preferred).await?,
        };
        Ok(Lent { place, link })
    }

    async fn connect(&self, preferred: usize) -> Result<Link, EngineError> {
        if let Some(reason) = self.refused_just_now() {
            return Err(EngineError::Retryable {
                reason,
                next_host: true,
            });
        }
        let hosts = &self.settings.hosts;
        let mut faults = Vec::new();
        for (index, host) in (0..hosts.len())
            .map(|n| (preferred + n) % hosts.len())
            .filter_map(|index| Some((index, hosts.get(index)?)))
        {
            match connect::connect(&self.settings, index, host).await {
                Ok(link) => {
                    self.preferred.index.store(index, Ordering::Relaxed);
                    return Ok(link);
                }
                Err(fault) => faults.push(fault.to_string()),
            }
        }
        let reason = faults.join("; ");
        if LinkFault::told_in(&reason).is_some() {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), reason.clone()));
        }
        Err(EngineError::Retryable {
            reason,
            next_host: true,
        })
    }

    /// Whatever of this till wants a connection next, the server's answer is the same: it is not asked for each.
    fn refused_just_now(&self) -> Option<String> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, reason) = refused.as_ref()?;
        (at.elapsed() < REFUSED_FOR).then(|| reason.clone())
    }
}

/// A borrowed connection. Dropped, it is closed; only [`Lent::give_back`] keeps it.
struct Lent {
    place: Place<Link>,
    link: Link,
}

impl Lent {
    fn give_back(self) {
        if self.link.is_whole() {
            self.place.put_back(self.link);
        }
    }
}

#[async_trait]
impl Engine for MySqlEngine {
    fn dialect(&self) -> Dialect {
        Dialect::MySql
    }

    async fn execute(&self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError> {
        let mut lent = self.lend().await?;
        let host = lent.link.host;
        let answer = lent.link.execute(sql, params).await;
        lent.give_back();
        answer
            .map(|done| done.changed)
            .map_err(|error| self.preferred.heed(host, error))
    }

    async fn query(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        let mut lent = self.lend().await?;
        let host = lent.link.host;
        let answer = lent.link.query(sql, params).await;
        lent.give_back();
        answer.map_err(|error| self.preferred.heed(host, error))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, EngineError> {
        let mut lent = self.lend().await?;
        if let Err(error) = lent.link.begin().await {
            return Err(self.preferred.heed(lent.link.host, error));
        }
        Ok(Box::new(MySqlTransaction {
            lent: Some(lent),
            preferred: Arc::clone(&self.preferred),
            last_insert_id: 0,
            failed: None,
        }))
    }
}

/// An open transaction. Its connection is given back only when COMMIT or ROLLBACK was answered.
struct MySqlTransaction {
    lent: Option<Lent>,
    preferred: Arc<Preferred>,
    last_insert_id: i64,
    /// The error that ended it (PATH 3.4).
    failed: Option<EngineError>,
}

impl MySqlTransaction {
    /// The connection, while nothing has failed; `None` leaves it to be closed if the caller gives up meanwhile.
    fn take(&mut self) -> Result<Lent, EngineError> {
        self.lent.take().ok_or_else(|| {
            self.failed
                .clone()
                .unwrap_or_else(|| EngineError::retryable("the transaction was given up during a statement"))
        })
    }

    /// Rolls back at once, so that no lock outlives the error.
    async fn fail(&mut self, lent: Lent, error: EngineError) -> EngineError {
        self.failed = Some(error.clone());
        let host = lent.link.host;
        roll_back(lent).await;
        self.preferred.heed(host, error)
    }
}

async fn roll_back(mut lent: Lent) {
    if lent.link.is_whole()
        && let Err(error) = lent.link.rollback().await
    {
        // Closing the connection rolls back.
        tracing::debug!(%error, "a connection did not roll back");
        return;
    }
    lent.give_back();
}

#[async_trait]
impl Transaction for MySqlTransaction {
    async fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError> {
        let mut lent = self.take()?;
        match lent.link.execute(sql, params).await {
            Ok(done) => {
                self.lent = Some(lent);
                self.last_insert_id = done.last_insert_id;
                Ok(done.changed)
            }
            Err(error) => Err(self.fail(lent, error).await),
        }
    }

    async fn query(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        let mut lent = self.take()?;
        match lent.link.query(sql, params).await {
            Ok(rows) => {
                self.lent = Some(lent);
                Ok(rows)
            }
            Err(error) => Err(self.fail(lent, error).await),
        }
    }

    fn last_insert_id(&self) -> i64 {
        self.last_insert_id
    }

    async fn commit(mut self: Box<Self>) -> Result<(), EngineError> {
        let mut lent = self.take()?;
        match lent.link.commit().await {
            Ok(()) => {
                lent.give_back();
                Ok(())
            }
            Err(error) => Err(self.fail(lent, error).await),
        }
    }

    async fn rollback(mut self: Box<Self>) {
        if let Some(lent) = self.lent.take() {
            roll_back(lent).await;
        }
    }
}
