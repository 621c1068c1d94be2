//! The data folder: can it be written, whose journal is in it, and who has it open.
use std::path::Path;

use super::Finding;
use crate::config::Config;
use crate::runtime::open;
use crate::store::journal::{Holder, JournalError, JournalReader};

const CHECK: &str = "data folder";
/// Written and removed again.
const PROBE: &str = "check.tmp";

/// Looks at the data folder.
pub(super) async fn look(config: &Config) -> Finding {
    let folder = &config.data_dir;
    let shown = folder.display();
    if let Err(error) = open::private_folder(folder) {
        return Finding::bad(CHECK, error, "give this user a folder to write in: --data-dir");
    }
    let probe = folder.join(PROBE);
    if let Err(error) = tokio::fs::write(&probe, b"rxtill check").await {
        let fix = "no sale is accepted before it can be written";
        return Finding::bad(CHECK, format!("{shown}: {error}"), fix);
    }
    // It was written; a leftover does no harm.
    let _ = tokio::fs::remove_file(&probe).await;
    match journal(config).await {
        Ok(journal) => Finding::good(CHECK, format!("{shown}, {journal}")),
        Err(error @ JournalError::OtherTill { .. }) => Finding::bad(
            CHECK,
            error,
            "set [till] id to the journal's till, or give this till its own folder: [till] data_dir",
        ),
        Err(error) => Finding::bad(
            CHECK,
            error,
            "the journal is this till's promises: keep the folder as it is",
        ),
    }
}

/// The journal in words.
async fn journal(config: &Config) -> Result<String, JournalError> {
    let journal = match JournalReader::open(&config.data_dir).await {
        Err(JournalError::Absent) => return Ok("no sale yet".to_owned()),
        opened => opened?,
    };
    if *journal.till() != config.till.id {
        return Err(JournalError::OtherTill {
            found: journal.till().to_string(),
            asked: config.till.id.to_string(),
        });
    }
    let holder = JournalReader::holder(&config.data_dir).await?;
    Ok(match holder {
        None => format!("journal of {}", journal.till()),
        Some(Holder { till, pid }) => format!("journal of {}, {}", journal.till(), standing(&till, pid)),
    })
}

/// What is known of the process that had the journal last and did not say that it closed it: it may have been killed.
fn standing(till: &str, pid: u32) -> String {
    match is_a_till(pid) {
        Some(true) => format!("{till} is open (pid {pid})"),
        Some(false) => format!("not open: process {pid} ended without closing it"),
        None => format!("{till} was opened by process {pid}, which has not closed it"),
    }
}

/// Whether the process is one of this program; none where the system does not say.
fn is_a_till(pid: u32) -> Option<bool> {
    let processes = Path::new("/proc");
    if !processes.join("self/comm").exists() {
        return None;
    }
    let name = std::fs::read_to_string(processes.join(pid.to_string()).join("comm"));
    Some(name.is_ok_and(|name| name.trim_end() == env!("CARGO_PKG_NAME")))
}
