//! Disks that fail and lose power when a simulated history says so (docs/histories.md).
//!
//! On a thread that simulates, the journal's work runs at once, so that one seed gives one order of events. What is cut off
//! is what was written and not fsynced: a part of it may have reached the disk, up to any byte.
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::Journal;
use super::error::JournalError;
use super::file::FILE;
use super::tests::set_limit;

/// What happens to the disk of one folder.
#[derive(Debug)]
pub(crate) struct Disk {
    /// The power goes in the operation after so many.
    pub(crate) cut_after: Option<u32>,
    /// One operation in so many fails, before or after it was done; 0: none.
    pub(crate) fails: u32,
    /// Of all that is left to chance.
    pub(crate) random: fastrand::Rng,
    /// The next operation is done, and said to have failed.
    fails_next: bool,
    /// Bytes of the log that were fsynced.
    synced: u64,
    /// It has no power: nothing that runs on it goes on.
    off: bool,
}

thread_local! {
    static DISKS: RefCell<Option<BTreeMap<PathBuf, Disk>>> = const { RefCell::new(None) };
    /// The power went in the operation that this thread has just done.
    static WENT: Cell<bool> = const { Cell::new(false) };
    /// The next fsync is forgotten.
    static FORGOTTEN: Cell<bool> = const { Cell::new(false) };
}

/// This thread simulates, as long as this lives.
pub(crate) struct Simulated(());

impl Simulated {
    pub(crate) fn begin() -> Self {
        DISKS.set(Some(BTreeMap::new()));
        Self(())
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        DISKS.set(None);
    }
}

/// Whether this thread simulates.
pub(super) fn is_simulated() -> bool {
    DISKS.with_borrow(Option::is_some)
}

/// Puts a disk under a folder, with power.
pub(crate) fn plug_in(folder: &Path, cut_after: Option<u32>, fails: u32, random: fastrand::Rng) {
    let disk = Disk {
        cut_after,
        fails,
        random,
        fails_next: false,
        synced: log_length(folder),
        off: false,
    };
    DISKS.with_borrow_mut(|disks| disks.get_or_insert_default().insert(folder.to_owned(), disk));
}

/// Whether the folder's disk is without power.
pub(crate) fn is_off(folder: &Path) -> bool {
    with(folder, |disk| disk.off).unwrap_or(false)
}

/// The next operation on the folder's disk is done, and said to have failed.
pub(crate) fn fail_next(folder: &Path) {
    with(folder, |disk| disk.fails_next = true);
}

/// From now on the journal is read and not written, or is written again.
pub(crate) fn read_only(journal: &Journal, is: bool) {
    set_limit(journal, is.then_some(0));
}

/// What is found in `folder` after its till was killed, with or without power, is copied to `to`.
pub(crate) fn salvage(folder: &Path, to: &Path, power_lost: bool) {
    fs::create_dir_all(to).unwrap();
    fs::copy(folder.join(FILE), to.join(FILE)).unwrap();
    let Ok(log) = fs::read(log(folder)) else { return };
    let written = log.len();
    let kept = if power_lost {
        let torn = with(folder, |disk| {
            let synced = usize::try_from(disk.synced).unwrap_or(written).min(written);
            disk.random.usize(synced..=written)
        });
        torn.unwrap_or(written)
    } else {
        written
    };
    fs::write(self::log(to), &log[..kept]).unwrap();
}

/// The next change of this thread's journals is not fsynced.
pub(super) fn forget_fsync() {
    FORGOTTEN.set(true);
}

/// Does `work` on the folder's disk, unless that fails.
pub(super) fn around<T>(folder: &Path, work: impl FnOnce() -> Result<T, JournalError>) -> Result<T, JournalError> {
    let failure = || Err(JournalError::Disk("the simulated disk fails".to_owned()));
    let fails = with(folder, |disk| {
        if std::mem::take(&mut disk.fails_next) {
            return Some(false);
        }
        let hit = disk.fails > 0 && disk.random.u32(0..disk.fails) == 0;
        hit.then(|| disk.random.bool())
    });
    if fails == Some(Some(true)) {
        return failure();
    }
    let before = log_length(folder);
    let done = work();
    let length = log_length(folder);
    let forgotten = FORGOTTEN.take();
    let went = with(folder, |disk| {
        let went = disk.cut_after == Some(0);
        disk.cut_after = disk.cut_after.map(|left| left.saturating_sub(1));
        disk.off |= went;
        // Where the power goes, the operation's own fsync is not through.
        // Reading writes nothing, and so syncs nothing.
        if !went && !forgotten && length != before {
            disk.synced = length;
        }
        went
    });
    WENT.set(went == Some(true));
    if fails == Some(Some(false)) {
        return failure();
    }
    done
}

/// After work on a disk: nothing more, where the power went with it; else others have their turn.
pub(super) async fn after() {
    if WENT.take() {
        std::future::pending::<()>().await;
    }
    tokio::task::yield_now().await;
}

fn with<T>(folder: &Path, look: impl FnOnce(&mut Disk) -> T) -> Option<T> {
    DISKS.with_borrow_mut(|disks| disks.as_mut()?.get_mut(folder).map(look))
}

fn log(folder: &Path) -> PathBuf {
    folder.join(format!("{FILE}-wal"))
}

fn log_length(folder: &Path) -> u64 {
    fs::metadata(log(folder)).map_or(0, |found| found.len())
}
