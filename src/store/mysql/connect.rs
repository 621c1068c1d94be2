//! Reaches the first host that answers and can write.
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, DriverError, Error, IoError, Row};

use super::super::error::EngineError;
use super::link::{Line, Link, WAIT_IDLE_S, within};
use super::settings::{MySqlSettings, TlsMode};
use crate::domain::link_fault::LinkFault;

/// The session of PATH 3.2, and whether this server can write, in one round trip. `SELECT 1` would be answered by a
/// cluster node without a quorum. Backslashes are plain characters, as in SQLite.
const SESSION: &str = "\
    SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
    SET NAMES utf8mb4 COLLATE utf8mb4_bin; \
    SET SESSION time_zone = '+00:00', \
        sql_mode = 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES', \
        innodb_lock_wait_timeout = 2, lock_wait_timeout = 10 \
        /*M!100300 , idle_write_transaction_timeout = 3 */";

/// The host numbered `index`, logged in, set up, and able to write.
pub(super) async fn connect(settings: &MySqlSettings, index: usize, host: &(String, u16)) -> Result<Link, EngineError> {
    let name = format!("{}:{}", host.0, host.1);
    if let Some(why) = settings.unusable_ca().await {
        return Err(EngineError::Retryable {
            reason: format!("{name}: {} ({why})", LinkFault::Authorities.words()),
            next_host: true,
        });
    }
    let set_up = async {
        let mut line = log_in(settings, host, true).await?;
        let fault = set_up(line.get()?).await?;
        Ok((line, fault))
    };
    let (line, fault) = within(settings.connect_timeout, set_up)
        .await
        .map_err(|failure| elsewhere(failure.at_statement(&name)))?;
    if let Some(fault) = fault {
        return Err(EngineError::Retryable {
            reason: format!("{name}: {fault}"),
            next_host: true,
        });
    }
    Ok(Link::new(line, index, name, settings.call_timeout))
}

/// Creates the settings' database where it is missing.
pub(super) async fn create_database(settings: &MySqlSettings, host: &(String, u16)) -> Result<(), EngineError> {
    const UNKNOWN_DATABASE: u16 = 1049;
    let name = format!("{}:{}", host.0, host.1);
    let limit = settings.connect_timeout;
    match within(limit, log_in(settings, host, true)).await {
        Ok(_) => return Ok(()),
        Err(failure) if failure.code() == Some(UNKNOWN_DATABASE) => {}
        Err(failure) => return Err(failure.at_statement(&name)),
    }
    // A name cannot be a parameter.
    let sql = format!(
        "CREATE DATABASE IF NOT EXISTS `{}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        settings.database.replace('`', "``")
    );
    let create = async {
        let mut line = log_in(settings, host, false).await?;
        line.get()?.query_drop(sql).await
    };
    within(limit, create)
        .await
        .map_err(|failure| failure.at_statement(&name))
}

async fn log_in(settings: &MySqlSettings, host: &(String, u16), database: bool) -> mysql_async::Result<Line> {
    let encrypted = settings.tls != TlsMode::Off;
    match Conn::new(settings.options(host, encrypted, database)).await {
        Err(error) if settings.tls == TlsMode::Preferred && is_about_tls(&error) => {
            Conn::new(settings.options(host, false, database)).await
        }
        other => other,
    }
    .map(Line::new)
}

fn is_about_tls(error: &Error) -> bool {
    matches!(
        error,
        Error::Driver(DriverError::NoClientSslFlagFromServer) | Error::Io(IoError::Tls(_))
    )
}

/// Why a server cannot write, or `None`.
async fn set_up(conn: &mut Conn) -> mysql_async::Result<Option<&'static str>> {
    let sql = format!(
        "{SESSION}, wait_timeout = {WAIT_IDLE_S}; \
         SELECT @@read_only OR @@innodb_read_only; \
         SHOW STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_provider_name')"
    );
    let mut answers = conn.query_iter(sql).await?;
    let mut rows: Vec<Row> = Vec::new();
    while !answers.is_empty() {
        rows.extend(answers.collect::<Row>().await?);
    }
    let mut rows = rows.into_iter();
    let read_only = rows.next().map(i64::from_row_opt).and_then(Result::ok);
    if read_only != Some(0) {
        return Ok(Some("the server is read-only"));
    }
    let cluster: Vec<(String, String)> = rows.filter_map(|row| FromRow::from_row_opt(row).ok()).collect();
    let says = |name: &str, what: &str| cluster.iter().any(|(n, v)| n == name && v == what);
    // A MariaDB outside any cluster says that it is not ready, and names no provider.
    let outside = cluster.is_empty() || says("wsrep_provider_name", "");
    if !outside && !says("wsrep_ready", "ON") {
        return Ok(Some("the cluster node has no quorum"));
    }
    Ok(None)
}

/// Whatever keeps us from a session is a reason to try the next host.
fn elsewhere(error: EngineError) -> EngineError {
    match error {
        EngineError::Retryable { reason, .. }
        | EngineError::InDoubt(reason)
        | EngineError::Duplicate(reason)
        | EngineError::Constraint(reason)
        | EngineError::Denied(reason)
        | EngineError::Permanent(reason) => EngineError::Retryable {
            reason,
            next_host: true,
        },
    }
}
