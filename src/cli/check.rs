//! `rxtill check`: is this till set up right, and what to do about each fault.
use std::fmt;
use std::future::Future;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use serde::Serialize;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use crate::config::Mysql;
use crate::domain::clock::Clock as _;
use crate::domain::name::printable;
use crate::runtime::open::{self, Who};
use crate::store::engine::Engine;
use crate::store::error::EngineError;
use crate::store::journal::{JournalError, JournalReader};
use crate::store::migrate::{self, SchemaState};
use crate::store::mysql::MySqlEngine;
use crate::stream::admin::{self, TopicOutcome};
use crate::stream::settings::KafkaSettings;

/// No part of the check takes longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// A clock that is further off puts sales on the wrong day.
const CLOCK_OFF: SignedDuration = SignedDuration::from_secs(120);

/// Is this till set up right: configuration, database, grants, broker, topics, clock
#[derive(Debug, Args)]
pub(super) struct Arguments {}

#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    detail: String,
    fix: Option<String>,
}

impl Finding {
    fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            check,
            ok: true,
            detail: detail.into(),
            fix: None,
        }
    }

    fn bad(check: &'static str, detail: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self {
            check,
            ok: false,
            detail: printable(&detail.to_string()),
            fix: Some(fix.into()),
        }
    }
}

struct Words<'a>(&'a [Finding]);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, check) in self.0.iter().enumerate() {
            if line > 0 {
                f.write_str("\n")?;
            }
            let word = if check.ok { "ok   " } else { "FAULT" };
            write!(f, "{word} {}: {}", check.check, check.detail)?;
            if let Some(fix) = &check.fix {
                write!(f, "\n      {fix}")?;
            }
        }
        Ok(())
    }
}

pub(super) async fn run(context: &Context, _: Arguments) -> Result<Outcome, Failure> {
    let config = &context.config;
    let mut checks = vec![match &config.file {
        Some(file) => Finding::good("configuration", file.display().to_string()),
        None => Finding::good("configuration", "no file: the program's own defaults"),
    }];
    checks.push(data_folder(context).await);
    match &config.mysql {
        None => checks.push(own_store(context).await),
        Some(mysql) => {
            let server = MySqlEngine::new(open::mysql_settings(mysql, Who::Till));
            checks.extend(within("database", database(context, mysql, &server)).await);
        }
    }
    if let Some(kafka) = &config.kafka {
        checks.extend(within("broker", topics(&open::kafka_settings(kafka))).await);
    }
    context.output.answer(&checks, Words(&checks))?;
    Ok(Outcome::of(checks.iter().all(|check| check.ok)))
}

/// The part's findings, or that it took too long.
async fn within(part: &'static str, findings: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    let late = || {
        let detail = format!("no answer in {} s", PATIENCE.as_secs());
        vec![Finding::bad(
            part,
            detail,
            "is it running, and can this machine reach it?",
        )]
    };
    tokio::time::timeout(PATIENCE, findings)
        .await
        .unwrap_or_else(|_| late())
}

async fn data_folder(context: &Context) -> Finding {
    let folder = context.config.data_dir.display().to_string();
    if let Err(error) = open::private_folder(&context.config.data_dir) {
        return Finding::bad("data folder", error, "give this user a folder to write in: --data-dir");
    }
    let probe = context.config.data_dir.join("check.tmp");
    if let Err(error) = tokio::fs::write(&probe, b"rxtill check").await {
        return Finding::bad(
            "data folder",
            format!("{folder}: {error}"),
            "no sale is accepted before it can be written",
        );
    }
    // It was written; a leftover does no harm.
    let _ = tokio::fs::remove_file(&probe).await;
    match JournalReader::open(&context.config.data_dir).await {
        Ok(journal) => Finding::good("data folder", format!("{folder}, journal of {}", journal.till())),
        Err(JournalError::Absent) => Finding::good("data folder", format!("{folder}, no sale yet")),
        Err(error) => Finding::bad(
            "data folder",
            error,
            "the journal is this till's promises: keep the folder as it is",
        ),
    }
}

async fn own_store(context: &Context) -> Finding {
    match open::store(&context.config, Who::Till, context.clock.as_ref()).await {
        Ok(_) => Finding::good("database", "the till's own file"),
        Err(error) => Finding::bad("database", error, "look at the data folder"),
    }
}

async fn database(context: &Context, mysql: &Mysql, server: &MySqlEngine) -> Vec<Finding> {
    let facts = match server.server_facts().await {
        Ok(facts) => facts,
        Err(error) => {
            return vec![Finding::bad(
                "database",
                error,
                "look at [mysql] hosts, user and password",
            )];
        }
    };
    let link = facts.cipher.as_deref().unwrap_or("not encrypted");
    let mut checks = vec![Finding::good(
        "database",
        format!("{}, {link}", printable(&facts.version)),
    )];
    checks.push(schema(server).await);
    checks.push(match server.ping_write().await {
        Ok(()) => Finding::good("database writes", "a till's statement was taken"),
        Err(error) => Finding::bad(
            "database writes",
            error,
            "grant the till's user its rights: sql/mysql/grants.sql",
        ),
    });
    checks.push(rights(mysql, server).await);
    let flush = facts.flush_log_at_trx_commit;
    if flush == 1 && facts.binlog.is_none_or(|sync| sync == 1) {
        checks.push(Finding::good("database durability", "each commit is on its disk"));
    } else {
        let sync = facts.binlog.map_or_else(|| "off".to_owned(), |sync| sync.to_string());
        checks.push(Finding::bad(
            "database durability",
            format!("innodb_flush_log_at_trx_commit = {flush}, sync_binlog = {sync}"),
            "set both to 1 on the server: else a power cut there loses committed sales until tills upload again",
        ));
    }
    let off = context.clock.now().duration_since(facts.clock).abs();
    checks.push(
        if off <= CLOCK_OFF + SignedDuration::try_from(facts.answered_in).unwrap_or_default() {
            Finding::good("clock", format!("{} s from the database's", off.as_secs()))
        } else {
            let detail = format!("{} s from the database's", off.as_secs());
            Finding::bad(
                "clock",
                detail,
                "set this machine's clock, or the server's: sales would be put on the wrong day",
            )
        },
    );
    checks
}

async fn schema(server: &MySqlEngine) -> Finding {
    match migrate::schema_state(server).await {
        Ok(SchemaState::Ready) => Finding::good("schema", format!("{}", migrate::KNOWN_SCHEMA)),
        Ok(SchemaState::Absent) => Finding::bad("schema", "none", "rxtill init"),
        Ok(SchemaState::Behind { found }) => {
            Finding::bad("schema", format!("{found}, not finished or older"), "rxtill init")
        }
        Ok(SchemaState::Ahead { found }) => {
            Finding::bad("schema", format!("{found}, newer than this rxtill"), "upgrade rxtill")
        }
        Err(error) => Finding::bad("schema", error, "rxtill init"),
    }
}

/// The till's own user should not read pay, where the office has a user of its own (PATH 3.10).
async fn rights(mysql: &Mysql, server: &MySqlEngine) -> Finding {
    if mysql.till.user == mysql.office.user {
        return Finding::good("rights", "not tried: till and office are one user");
    }
    match server
        .query("SELECT salary FROM employee_pay LIMIT 1", Vec::new())
        .await
    {
        Err(EngineError::Denied(_)) => Finding::good("rights", "the till's user does not read pay"),
        Err(error) => Finding::bad("rights", error, "not known: mend the schema or the link first"),
        Ok(_) => Finding::bad(
            "rights",
            "the till's user reads salaries",
            "grant it only what sql/mysql/grants.sql says",
        ),
    }
}

async fn topics(settings: &KafkaSettings) -> Vec<Finding> {
    let reports = match admin::check_topics(settings).await {
        Ok(reports) => reports,
        Err(error) => return vec![Finding::bad("broker", error, "look at [kafka] brokers, tls and sasl")],
    };
    let mut checks = vec![Finding::good("broker", "answers")];
    checks.extend(reports.into_iter().map(|report| {
        let topic = &report.plan.topic;
        match &report.outcome {
            TopicOutcome::Made | TopicOutcome::AsPlanned => Finding::good("topic", topic.clone()),
            TopicOutcome::Missing => Finding::bad("topic", format!("{topic} is not there"), "rxtill init"),
            TopicOutcome::Differs(differences) => {
                let words: Vec<_> = differences
                    .iter()
                    .map(|differs| format!("{} is {}, not {}", differs.setting, differs.found, differs.wanted))
                    .collect();
                let fix = "change the topic, or the configuration, so that they agree";
                Finding::bad("topic", format!("{topic}: {}", words.join("; ")), fix)
            }
            TopicOutcome::Refused(reason) => Finding::bad(
                "topic",
                format!("{topic}: {reason}"),
                admin::command(settings, &report.plan),
            ),
        }
    }));
    checks
}
