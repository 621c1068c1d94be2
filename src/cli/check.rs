//! `rxtill check`: is this till set up right, and what to do about each fault. It changes nothing.
mod broker;
mod database;
mod folder;
mod keys;

use std::fmt;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tokio::time::timeout;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::till;
use crate::domain::name::printable;
use crate::runtime::interrupt::Interrupt;

/// No part of the check takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Is this till set up right: configuration, database, grants, broker, topics, clock
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Show what each pressed key and a test scan arrive as, and check nothing else
    #[arg(long)]
    keys: bool,
}

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
            detail: printable(&detail.into()),
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

pub(super) async fn run(context: &Context, arguments: Arguments, interrupt: Interrupt) -> Result<Outcome, Failure> {
    if arguments.keys {
        return keys::run(context, interrupt).await;
    }
    super::unless(interrupt, look(context)).await
}

/// Looks at all of it.
async fn look(context: &Context) -> Result<Outcome, Failure> {
    let config = &context.config;
    let mut found = vec![match (till::keymap(config), &config.file) {
        // All else in it was read, or nothing would run; the bindings are only looked at by the till.
        (Err(fault), _) => Finding::bad("configuration", fault, "mend that line: the till does not open with it"),
        (Ok(_), Some(file)) => Finding::good("configuration", file.display().to_string()),
        (Ok(_), None) => Finding::good("configuration", "no file: the program's own defaults"),
    }];
    within("data folder", &mut found, async |found| {
        found.push(folder::look(config).await);
    })
    .await;
    within("database", &mut found, async |found| match &config.mysql {
        None => database::own(config, found).await,
        Some(mysql) => database::look(config, mysql, context.clock.as_ref(), found).await,
    })
    .await;
    if let Some(kafka) = &config.kafka {
        within("broker", &mut found, async |found| broker::look(kafka, found).await).await;
    }
    context.output.answer(&found, Words(&found))?;
    Ok(Outcome::of(found.iter().all(|finding| finding.ok)))
}

/// Looks at one part; what was found in time stays, and that the rest took too long is a finding.
async fn within(part: &'static str, found: &mut Vec<Finding>, look: impl AsyncFnOnce(&mut Vec<Finding>)) {
    if timeout(PATIENCE, look(found)).await.is_err() {
        let detail = format!("no answer in {} s", PATIENCE.as_secs());
        let fix = "is it running, and can this machine reach it?";
        found.push(Finding::bad(part, detail, fix));
    }
}
