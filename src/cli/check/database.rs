//! The store of record: this till's own file, or a server and what it lets the till do.
use std::io::ErrorKind;
use std::sync::Arc;

use jiff::SignedDuration;

use super::Finding;
use crate::config::{Config, Mysql, MysqlTls};
use crate::domain::clock::{Clock, TOLERANCE};
use crate::domain::link_fault::LinkFault;
use crate::runtime::open::{self, Who};
use crate::store::engine::Engine;
use crate::store::error::{EngineError, StoreError};
use crate::store::migrate::{self, SchemaState};
use crate::store::mysql::{MySqlEngine, ServerFacts};
use crate::store::ports::{Outbox as _, RelayMode};
use crate::store::sqlite::SqliteEngine;

/// What the till's own user gets.
const GRANTS: &str = "give the till's user what sql/mysql/grants.sql says, and no more";
/// Tables from which a till never deletes (PATH 3.10).
const NEVER_DELETED: [&str; 9] = [
    "sale",
    "sale_parked",
    "sale_resolved",
    "fact_sale",
    "fact_payment",
    "stock_movement",
    "sale_outbox",
    "row_history",
    "till_event",
];

/// The till's own file. It is not made here.
pub(super) async fn own(config: &Config, found: &mut Vec<Finding>) {
    const CHECK: &str = "database";
    let file = open::store_file(&config.data_dir);
    match tokio::fs::metadata(&file).await {
        Ok(there) if there.len() > 0 => {}
        Err(error) if error.kind() != ErrorKind::NotFound => {
            let detail = format!("{}: {error}", file.display());
            found.push(Finding::bad(CHECK, detail, "look at the data folder"));
            return;
        }
        _ => {
            found.push(Finding::good(CHECK, "the till's own file, made at the first start"));
            return;
        }
    }
    let opened = async {
        let engine = SqliteEngine::open(&file).await?;
        let state = migrate::schema_state(&engine).await?;
        Ok::<_, StoreError>((engine, state))
    };
    match opened.await {
        Ok((engine, SchemaState::Ready)) => {
            let detail = format!("the till's own file, schema {}", migrate::KNOWN_SCHEMA);
            found.push(Finding::good(CHECK, detail));
            relay(config, Arc::new(engine), found).await;
        }
        Ok((_, SchemaState::Absent | SchemaState::Behind { .. })) => {
            found.push(Finding::good(
                CHECK,
                "the till's own file, made ready at the next start",
            ));
        }
        Ok((_, SchemaState::Ahead { found: newest })) => found.push(newer(CHECK, newest)),
        Err(error) => {
            let detail = format!("{}: {error}", file.display());
            let fix = "it holds this till's sales: keep it, and look at the disk";
            found.push(Finding::bad(CHECK, detail, fix));
        }
    }
}

/// The server.
pub(super) async fn look(config: &Config, mysql: &Mysql, clock: &dyn Clock, found: &mut Vec<Finding>) {
    let server = Arc::new(MySqlEngine::new(open::mysql_settings(mysql, Who::Till)));
    let facts = match server.server_facts().await {
        Ok(facts) => facts,
        Err(error) => {
            let reason = error.to_string();
            let fix = way_in(&reason, mysql.tls);
            found.push(Finding::bad("database", reason, fix));
            return;
        }
    };
    let link = facts.cipher.as_deref().unwrap_or("not encrypted");
    found.push(Finding::good("database", format!("{}, {link}", facts.version)));
    found.push(durability(&facts));
    found.push(against(clock, &facts));
    let schema = schema(&server).await;
    let is_ready = schema.ok;
    found.push(schema);
    // Without its tables every further answer would be about them.
    if is_ready {
        found.push(writes(&server).await);
        found.push(rights(mysql, &server).await);
        relay(config, server, found).await;
    }
}

/// Who carries events to the brokers is one value for the fleet, kept in the database (PATH 4.4): a configuration that
/// says otherwise is not heard before `init`.
async fn relay(config: &Config, engine: Arc<dyn Engine>, found: &mut Vec<Finding>) {
    const CHECK: &str = "relay";
    let Some(kafka) = &config.kafka else { return };
    let wanted = open::relay_mode(kafka.relay).as_str();
    found.push(
        match open::over(config, engine).relay_mode().await.map(RelayMode::as_str) {
            Ok(mode) if mode == wanted => Finding::good(CHECK, mode),
            Ok(mode) => Finding::bad(
                CHECK,
                format!("{mode} for all tills by the database, {wanted} by this configuration"),
                "rxtill init sets it for all tills as this configuration says; or change [kafka] relay",
            ),
            Err(error) => Finding::bad(CHECK, error, GRANTS),
        },
    );
}

/// What to do where no host lets the till in.
fn way_in(reason: &str, tls: MysqlTls) -> &'static str {
    match LinkFault::told_in(reason) {
        // MariaDB says no more than that where it wants TLS, and so does MySQL where the user's account wants it.
        Some(LinkFault::Login) if tls == MysqlTls::Off => {
            "look at [mysql] user and password; or the server wants TLS: set [mysql] tls = \"required\""
        }
        Some(fault) => mended(fault),
        None => by_number(reason),
    }
}

fn by_number(reason: &str) -> &'static str {
    let says = |number: u16| reason.contains(&format!("(error {number})"));
    if says(1049) {
        "rxtill init makes the database"
    } else if says(1044) {
        "rxtill init makes the database; then give the till's user what sql/mysql/grants.sql says"
    } else if reason.contains("read-only") || reason.contains("no quorum") {
        "name a host that takes writes in [mysql] hosts"
    } else {
        "is the server running, and do [mysql] hosts and tls fit it?"
    }
}

/// What mends a way in that is shut.
fn mended(fault: LinkFault) -> &'static str {
    match fault {
        LinkFault::Login | LinkFault::LoginKind | LinkFault::NoLogin => {
            "look at [mysql] user and password ($RXTILL_MYSQL_PASSWORD, or password_file)"
        }
        LinkFault::Authorities => "name a readable file of PEM certificates as [mysql] ca",
        LinkFault::Authority => "name the file of the authority that signed the server's certificate as [mysql] ca",
        LinkFault::Expired => "the server needs a new certificate; or is this machine's clock ahead?",
        LinkFault::Early => "set this machine's clock: it is behind the server's certificate",
        LinkFault::HostName => "name the host in [mysql] hosts as its certificate does",
        LinkFault::Certificate => "the server needs another certificate",
        LinkFault::NoTls => "give the server a certificate; or [mysql] tls = \"preferred\", which does without",
        LinkFault::WantsTls | LinkFault::HungUp => "set [mysql] tls to required, verify-ca or verify-identity",
    }
}

fn durability(facts: &ServerFacts) -> Finding {
    const CHECK: &str = "database durability";
    let wanted = [
        ("innodb_flush_log_at_trx_commit", Some(facts.flush_log_at_trx_commit)),
        // None: there is no binary log to be written out.
        ("sync_binlog", facts.binlog),
    ];
    let wrong: Vec<_> = wanted
        .into_iter()
        .filter_map(|(setting, is)| is.filter(|is| *is != 1).map(|is| format!("{setting} = {is}")))
        .collect();
    if wrong.is_empty() {
        return Finding::good(CHECK, "each commit is on its disk");
    }
    let fix = "set to 1 on the server: else a power cut there loses committed sales until tills upload again";
    Finding::bad(CHECK, wrong.join(", "), fix)
}

/// This machine's clock against the server's.
fn against(clock: &dyn Clock, facts: &ServerFacts) -> Finding {
    let off = clock.now().duration_since(facts.clock).abs();
    let detail = format!("{} s from the database's", off.as_secs());
    if off <= TOLERANCE + SignedDuration::try_from(facts.answered_in).unwrap_or_default() {
        return Finding::good("clock", detail);
    }
    let fix = "set this machine's clock, or the server's: sales would be put on the wrong day";
    Finding::bad("clock", detail, fix)
}

async fn schema(server: &MySqlEngine) -> Finding {
    const CHECK: &str = "schema";
    match migrate::schema_state(server).await {
        Ok(SchemaState::Ready) => Finding::good(CHECK, format!("{}", migrate::KNOWN_SCHEMA)),
        // A user without a right to it does not see a table either.
        Ok(SchemaState::Absent) => Finding::bad(
            CHECK,
            "none that the till's user sees",
            "rxtill init; if that was run, give the till's user what sql/mysql/grants.sql says",
        ),
        Ok(SchemaState::Behind { found }) => {
            Finding::bad(CHECK, format!("{found}, not finished or older"), "rxtill init")
        }
        Ok(SchemaState::Ahead { found }) => newer(CHECK, found),
        Err(error) => Finding::bad(CHECK, error, GRANTS),
    }
}

fn newer(check: &'static str, found: i64) -> Finding {
    let detail = format!("schema {found}, newer than this rxtill's {}", migrate::KNOWN_SCHEMA);
    Finding::bad(check, detail, "upgrade rxtill")
}

async fn writes(server: &MySqlEngine) -> Finding {
    const CHECK: &str = "database writes";
    let Err(error) = server.ping_write().await else {
        return Finding::good(CHECK, "a till's statement was taken");
    };
    let fix = match &error {
        EngineError::Denied(_) => GRANTS,
        EngineError::Retryable { next_host: true, .. } => {
            "the server takes no writes now: name one that does in [mysql] hosts"
        }
        _ => "something on the server holds writes up: look at its log, and at what runs there",
    };
    Finding::bad(CHECK, error, fix)
}

/// The till's own user neither reads pay nor removes what was sold, where the office has a user of its own (PATH 3.10).
async fn rights(mysql: &Mysql, server: &MySqlEngine) -> Finding {
    const CHECK: &str = "rights";
    if mysql.till.user == mysql.office.user {
        return Finding::good(CHECK, "not tried: till and office are one user");
    }
    let mut too_much = Vec::new();
    match may(server, "SELECT salary FROM employee_pay WHERE 1 = 0").await {
        Ok(true) => too_much.push("reads pay".to_owned()),
        Ok(false) => {}
        Err(error) => return not_known(&error),
    }
    for table in NEVER_DELETED {
        // Tried on no row: a right is looked at before any row is.
        match may(server, &format!("DELETE FROM {table} WHERE 1 = 0")).await {
            Ok(true) => too_much.push(format!("deletes from {table}")),
            Ok(false) => {}
            Err(error) => return not_known(&error),
        }
    }
    // Rights are given once: a table that came with an upgrade wants them anew.
    match may(server, "SELECT id FROM row_history WHERE 1 = 0").await {
        Ok(true) => {}
        Ok(false) => {
            let detail = "the till's user has no right to row_history: no row can be saved at a till";
            return Finding::bad(CHECK, detail, GRANTS);
        }
        Err(error) => return not_known(&error),
    }
    if too_much.is_empty() {
        Finding::good(CHECK, "the till's user neither reads pay nor deletes")
    } else {
        Finding::bad(CHECK, format!("the till's user {}", too_much.join(", ")), GRANTS)
    }
}

/// Whether the till's user has the right to this statement.
async fn may(server: &MySqlEngine, sql: &str) -> Result<bool, EngineError> {
    match server.execute(sql, Vec::new()).await {
        Ok(_) => Ok(true),
        Err(EngineError::Denied(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn not_known(error: &EngineError) -> Finding {
    Finding::bad("rights", error, "not known: mend the link to the database first")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_server_that_may_lose_commits_is_told_by_the_setting() {
        let told = |flush, binlog| {
            let facts = ServerFacts {
                version: String::new(),
                flush_log_at_trx_commit: flush,
                binlog,
                clock: jiff::Timestamp::UNIX_EPOCH,
                answered_in: Duration::ZERO,
                cipher: None,
            };
            durability(&facts).detail
        };
        for binlog in [None, Some(1)] {
            assert_eq!(told(1, binlog), "each commit is on its disk");
        }
        assert_eq!(told(2, None), "innodb_flush_log_at_trx_commit = 2");
        assert_eq!(told(0, Some(0)), "innodb_flush_log_at_trx_commit = 0, sync_binlog = 0");
    }

    #[test]
    fn a_server_that_does_not_let_in_is_mended_by_what_it_said() {
        for (reason, fix) in [
            (
                "h:1: Unknown database 'x' (error 1049)",
                "rxtill init makes the database",
            ),
            (
                "h:1: user or password not taken (Access denied for user 'x' (error 1045))",
                "user and password",
            ),
            (
                "h:1: certificate expired (invalid peer certificate: …)",
                "new certificate",
            ),
            (
                "h:1: the server is read-only; i:1: the cluster node has no quorum",
                "takes writes",
            ),
            ("h:1: Connection refused (os error 111)", "is the server running"),
        ] {
            let said = way_in(reason, MysqlTls::Preferred);
            assert!(said.contains(fix), "{reason}: {said}");
        }
        // Without TLS, a server that wants it may say no more than that.
        let said = way_in("h:1: user or password not taken (error 1045)", MysqlTls::Off);
        assert!(said.contains("or the server wants TLS"), "{said}");
        for fault in LinkFault::ALL {
            assert_eq!(way_in(fault.words(), MysqlTls::VerifyCa), mended(fault));
        }
    }
}
