//! The log: a file a day in the data folder, never the screen.
//!
//! Other people's crates are held to warnings, whatever level is asked for: below that they write what a login sends.
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;

use super::open;

/// Days of which a log is kept.
const DAYS: usize = 14;

/// Whether warnings go to standard error too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// No: a screen is drawn.
    Nothing,
    /// Yes: a verb runs.
    Warnings,
}

/// Keeps the log open. Dropped, it writes what is still on the way to the disk.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    _writer: WorkerGuard,
}

impl Log {
    /// The folder with the logs, `rxtill.<date>.log` each.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The folder of the logs in a data folder.
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("log")
}

/// Begins to log into `data_dir`, also what a panic says.
///
/// # Errors
/// When no log can be written there.
pub fn start(data_dir: &Path, level: LevelFilter, echo: Echo) -> io::Result<Log> {
    let folder = folder(data_dir);
    // Made here, and for this user only: the appender complains on standard error of a folder that is not there.
    open::private_folder(&folder)?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("rxtill")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(&folder)
        .map_err(io::Error::other)?;
    // A log line is not worth a wait of the screen's.
    let (file, writer) = tracing_appender::non_blocking(file);
    let to_file = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(file)
        .with_filter(ours(level));
    let to_people = (echo == Echo::Warnings).then(|| {
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .with_writer(io::stderr)
            // What other crates say is for the log: what matters of it comes back in our own words.
            .with_filter(Targets::new().with_target("rxtill", LevelFilter::WARN.min(level)))
    });
    let all = tracing_subscriber::registry().with(to_file).with(to_people);
    // Only a second start in one process finds a log in place, and that one serves as well.
    let _ = tracing::subscriber::set_global_default(all);
    record_panics(echo, folder.clone());
    Ok(Log {
        folder,
        _writer: writer,
    })
}

/// This program's own lines at `level`, everyone else's at warnings at most.
fn ours(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("rxtill", level)
}

fn record_panics(echo: Echo, folder: PathBuf) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!("panic: {panic}");
        before(panic);
        if echo == Echo::Warnings {
            let _ = writeln!(
                io::stderr(),
                "rxtill stopped by a fault of its own. The log is in {}",
                folder.display()
            );
        }
    }));
}
