//! `rxtill init`: the schema, the topics, how the fleet relays, and a till's new machine.
use std::fmt;

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use crate::domain::name::printable;
use crate::domain::sale::TillId;
use crate::runtime::open::{self, OpenError, Who};
use crate::store::journal::Journal;
use crate::store::mysql::MySqlEngine;
use crate::store::star::Store;
use crate::store::sync::take_over;
use crate::stream::admin::{self, TopicOutcome, TopicReport};
use crate::stream::settings::KafkaSettings;

/// Create or upgrade the schema and create the topics; safe to run again
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// This machine replaces a lost one: its receipts go on in the till's next series
    #[arg(long, value_name = "TILL")]
    take_over: Option<TillId>,
}

#[derive(Debug, Serialize)]
struct Done {
    schema: i64,
    statements: u32,
    topics: Vec<Topic>,
    series: Option<Series>,
}

#[derive(Debug, Serialize)]
struct Topic {
    name: String,
    ok: bool,
    detail: String,
    fix: Option<String>,
}

#[derive(Debug, Serialize)]
struct Series {
    till: String,
    series: u32,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.statements {
            0 => write!(f, "database: schema {} is there", self.schema)?,
            n => write!(f, "database: schema {} made, {n} statements", self.schema)?,
        }
        for topic in &self.topics {
            write!(f, "\ntopic {}: {}", topic.name, topic.detail)?;
            if let Some(fix) = &topic.fix {
                write!(f, "\n  {fix}")?;
            }
        }
        if let Some(Series { till, series }) = &self.series {
            write!(f, "\nthis machine is {till} now, in series {series}")?;
        }
        Ok(())
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Outcome, Failure> {
    let config = &context.config;
    if let Some(till) = &arguments.take_over
        && *till != config.till.id
    {
        return Err(Failure::usage(format!(
            "this machine is {} by its configuration: set [till] id = \"{till}\" first",
            config.till.id
        )));
    }
    if let Some(mysql) = &config.mysql {
        let server = MySqlEngine::new(open::mysql_settings(mysql, Who::Office));
        server.create_database().await.map_err(OpenError::from)?;
    }
    let engine = open::engine(config, Who::Office).await?;
    let report = open::init(config, engine.as_ref(), context.clock.as_ref()).await?;
    let store = open::over(config, engine);
    let mut topics = Vec::new();
    if let Some(kafka) = &config.kafka {
        let mode = open::relay_mode(kafka.relay);
        store.set_relay_mode(mode).await.map_err(OpenError::from)?;
        topics = make_topics(&open::kafka_settings(kafka)).await;
    }
    let series = match arguments.take_over {
        Some(_) => Some(succeed(context, &store).await?),
        None => None,
    };
    let done = Done {
        schema: report.schema,
        statements: report.statements,
        topics,
        series,
    };
    context.output.answer(&done, &done)?;
    Ok(Outcome::of(done.topics.iter().all(|topic| topic.ok)))
}

/// This machine's journal goes on where the till's last one ended (PATH 2.4).
async fn succeed(context: &Context, store: &Store) -> Result<Series, Failure> {
    let config = &context.config;
    let journal = Journal::open(&config.data_dir, &config.till.id, context.clock.clone()).await;
    let journal = journal.map_err(Failure::failed)?;
    let head = take_over(&journal, store).await.map_err(Failure::failed)?;
    Ok(Series {
        till: config.till.id.to_string(),
        series: head.series,
    })
}

/// Makes the topics; where that cannot be, each is told with the command that makes it (PATH 5.3).
async fn make_topics(settings: &KafkaSettings) -> Vec<Topic> {
    match admin::ensure_topics(settings).await {
        Ok(reports) => reports.into_iter().map(|report| topic(settings, report)).collect(),
        Err(error) => admin::plans(settings)
            .into_iter()
            .map(|plan| Topic {
                detail: printable(&error.to_string()),
                fix: Some(admin::command(settings, &plan)),
                name: plan.topic,
                ok: false,
            })
            .collect(),
    }
}

fn topic(settings: &KafkaSettings, TopicReport { plan, outcome }: TopicReport) -> Topic {
    let (ok, detail) = match outcome {
        TopicOutcome::Made => (true, "made".to_owned()),
        TopicOutcome::AsPlanned => (true, "is there".to_owned()),
        // Somebody chose these settings: told, and no failure.
        TopicOutcome::Differs(differences) => {
            let differences = differences.into_iter().map(|difference| {
                format!(
                    "{} is {}, not {}",
                    difference.setting, difference.found, difference.wanted
                )
            });
            let words: Vec<_> = differences.collect();
            (true, format!("is there, but {}", words.join("; ")))
        }
        TopicOutcome::Missing => (false, "is not there yet: run init again".to_owned()),
        TopicOutcome::Refused(reason) => (false, format!("the brokers refuse it: {}", printable(&reason))),
    };
    Topic {
        fix: (!ok).then(|| admin::command(settings, &plan)),
        name: plan.topic,
        ok,
        detail,
    }
}
