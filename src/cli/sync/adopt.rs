//! `rxtill sync --adopt-store`: the history of the till's own file goes to the database.
use std::fmt;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::outcome::{Failure, Outcome};
use crate::domain::name::printable;
use crate::runtime::open::{self, Who};
use crate::store::journal::{Journal, JournalError, JournalReader};
use crate::store::star::adopt::{self, Adopted, Adopting};

/// So many names of a list are shown to people.
const SHOWN: usize = 5;

#[derive(Debug, Serialize)]
struct Report {
    /// What both sides have of it now.
    sales: u64,
    lines: u64,
    money: String,
    /// What went in at this run.
    sales_brought: u64,
    events_brought: u64,
    rows_brought: u64,
    /// Rows that the database has under another lasting id.
    known_as_others: Vec<String>,
}

impl From<Adopted> for Report {
    fn from(adopted: Adopted) -> Self {
        Self {
            sales: adopted.both.sales,
            lines: adopted.both.lines,
            money: adopted.both.money.to_string(),
            sales_brought: adopted.sales,
            events_brought: adopted.events,
            rows_brought: adopted.rows,
            known_as_others: adopted.twins.iter().map(|name| printable(name)).collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "adopted: {} sales, {} audit events and {} rows went in now",
            self.sales_brought, self.events_brought, self.rows_brought
        )?;
        if !self.known_as_others.is_empty() {
            let some = self.known_as_others.iter().take(SHOWN).cloned().collect::<Vec<_>>();
            write!(f, "\nknown to the database under other ids: {}", some.join(", "))?;
            if let Some(more) = self.known_as_others.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                write!(f, " and {more} more")?;
            }
        }
        write!(
            f,
            "\nfile and database have the same {} sales, {} lines, {} in all",
            self.sales, self.lines, self.money
        )
    }
}

pub(super) async fn run(context: &Context, file: &Path) -> Result<Outcome, Failure> {
    let config = &context.config;
    if config.mysql.is_none() {
        return Err(Failure::usage(
            "there is no database to adopt the store into: the configuration has no [mysql]",
        ));
    }
    if !file.is_file() {
        return Err(Failure::failed(format!("{}: there is no such file", file.display())));
    }
    match JournalReader::open(&config.data_dir).await {
        Ok(_) => {}
        // Opening it would make one, of an installation that nobody knows.
        Err(JournalError::Absent) => {
            return Err(Failure::failed(format!(
                "{} has no journal: a store is adopted where its own till is",
                config.data_dir.display()
            )));
        }
        Err(error) => return Err(Failure::failed(error)),
    }
    // Until the end: the till is closed meanwhile.
    let journal = Journal::open(&config.data_dir, &config.till.id, context.clock.clone()).await;
    let journal = journal.map_err(Failure::failed)?;
    let from = open::embedded(file, context.clock.as_ref()).await?;
    let store = context.store(Who::Office).await?;
    let progress = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}") {
        progress.set_style(style);
    }
    let whose = (journal.till(), journal.installation());
    let adopting = Box::pin(adopt::adopt(from.as_ref(), &store, whose, |step| match step {
        Adopting::Rows => progress.set_message("rows"),
        Adopting::Sales(there, of) => {
            progress.set_length(of);
            progress.set_position(there);
            progress.set_message("sales");
        }
        Adopting::Comparing => progress.set_message("comparing"),
    }));
    let adopted = adopting.await;
    progress.finish_and_clear();
    let report = Report::from(adopted.map_err(Failure::failed)?);
    context.output.answer(&report, &report)?;
    Ok(Outcome::Fine)
}
