//! One connection: every call on it has a limit, and what was given up half-way is closed, never used again.
use std::future::Future;
use std::time::Duration;

use futures_util::FutureExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params};
use tokio::time::{Instant, timeout};

use super::super::engine::{Row, Value};
use super::super::error::EngineError;
use super::error::Failure;
use super::value::{to_params, to_row, with_casts};

/// Seconds that the server waits for the next statement of an open transaction. A till that is frozen in the middle
/// of a sale (SIGSTOP, a suspended laptop) then gives its locks back.
const WAIT_IN_TRANSACTION_S: u32 = 3;

/// Seconds that the server keeps an idle connection.
pub(super) const WAIT_IDLE_S: u32 = 60;

/// The driver's connection. Dropped, it is closed at once: the driver's own way waits for the answers that are still
/// to come, without a limit, and keeps the server's transaction open meanwhile.
pub(super) struct Line(Option<Conn>);

impl Line {
    /// A connection that was just opened.
    pub(super) fn new(conn: Conn) -> Self {
        Self(Some(conn))
    }

    /// The driver's connection.
    pub(super) fn get(&mut self) -> mysql_async::Result<&mut Conn> {
        self.0
            .as_mut()
            .ok_or_else(|| mysql_async::DriverError::ConnectionClosed.into())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(conn) = self.0.take() {
            // The first poll marks it as closed, so that the driver does not begin its own way; then the socket goes.
            let _ = conn.disconnect().now_or_never();
        }
    }
}

/// What a statement did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub changed: u64,
    pub last_insert_id: i64,
}

/// A connection with its host's place in the settings.
pub(super) struct Link {
    line: Line,
    call_timeout: Duration,
    /// Index into the settings' hosts.
    pub host: usize,
    /// The host as the error texts name it.
    pub name: String,
    /// No call is under way, and none was given up.
    whole: bool,
    used_at: Instant,
}

impl Link {
    /// A connection whose session was set up.
    pub(super) fn new(line: Line, host: usize, name: String, call_timeout: Duration) -> Self {
        Self {
            line,
            call_timeout,
            host,
            name,
            whole: true,
            used_at: Instant::now(),
        }
    }

    /// Whether the next borrower may have it.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// How long it lay idle.
    pub(super) fn idle(&self) -> Duration {
        self.used_at.elapsed()
    }

    /// One statement.
    pub(super) async fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<Done, EngineError> {
        let sql = with_casts(sql, &params);
        let params = to_params(params)?;
        let (limit, conn) = self.start()?;
        let call = async {
            if matches!(params, Params::Empty) {
                // Without parameters there is nothing to prepare; migrations would fill the statement cache.
                conn.query_drop(sql.as_ref()).await?;
            } else {
                conn.exec_drop(sql.as_ref(), params).await?;
            }
            Ok(Done {
                changed: conn.affected_rows(),
                last_insert_id: conn.last_insert_id().and_then(|id| i64::try_from(id).ok()).unwrap_or(0),
            })
        };
        let answer = within(limit, call).await;
        self.settle(answer).map_err(|f| f.at_statement(&self.name))
    }

    /// One question.
    pub(super) async fn query(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        let sql = with_casts(sql, &params);
        let params = to_params(params)?;
        let (limit, conn) = self.start()?;
        let answer = within(limit, conn.exec(sql.as_ref(), params)).await;
        let rows: Vec<mysql_async::Row> = self.settle(answer).map_err(|f| f.at_statement(&self.name))?;
        rows.into_iter().map(to_row).collect()
    }

    /// Begins a transaction whose idle time the server limits.
    pub(super) async fn begin(&mut self) -> Result<(), EngineError> {
        let sql = format!("SET SESSION wait_timeout = {WAIT_IN_TRANSACTION_S}; START TRANSACTION");
        let answer = self.batch(&sql).await?;
        self.settle(answer).map_err(|f| f.at_statement(&self.name))
    }

    /// Commits; the server answers the COMMIT before it looks at what follows.
    pub(super) async fn commit(&mut self) -> Result<(), EngineError> {
        let sql = format!("COMMIT; SET SESSION wait_timeout = {WAIT_IDLE_S}");
        let answer = self.batch(&sql).await?;
        self.settle(answer).map_err(|f| f.at_commit(&self.name))
    }

    /// Rolls back. If that gets no answer the link is not whole, and closing it rolls back.
    pub(super) async fn rollback(&mut self) -> Result<(), EngineError> {
        let sql = format!("ROLLBACK; SET SESSION wait_timeout = {WAIT_IDLE_S}");
        let answer = self.batch(&sql).await?;
        self.settle(answer).map_err(|f| f.at_statement(&self.name))
    }

    /// The connection and its limit. Until [`Link::settle`] the link is not whole, so that a caller who drops the
    /// future in between leaves one that nobody uses again.
    fn start(&mut self) -> Result<(Duration, &mut Conn), EngineError> {
        let was_whole = std::mem::replace(&mut self.whole, false);
        match self.line.get() {
            Ok(conn) if was_whole => Ok((self.call_timeout, conn)),
            _ => Err(EngineError::retryable("the connection was closed")),
        }
    }

    /// After a refusal by the server the conversation goes on; after anything else nobody knows where it is.
    fn settle<R>(&mut self, answer: Result<R, Failure>) -> Result<R, Failure> {
        self.whole = match &answer {
            Ok(_) => true,
            Err(failure) => failure.code().is_some(),
        };
        self.used_at = Instant::now();
        answer
    }

    async fn batch(&mut self, sql: &str) -> Result<Result<(), Failure>, EngineError> {
        let (limit, conn) = self.start()?;
        Ok(within(limit, conn.query_drop(sql)).await)
    }
}

/// The answer of `call`, or [`Failure::Silent`].
pub(super) async fn within<R>(
    limit: Duration,
    call: impl Future<Output = mysql_async::Result<R>>,
) -> Result<R, Failure> {
    match timeout(limit, call).await {
        Ok(answer) => answer.map_err(Failure::from),
        Err(_) => Err(Failure::Silent(limit)),
    }
}
