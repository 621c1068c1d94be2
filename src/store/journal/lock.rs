//! The lock on the data folder: the right to write the journal (PATH 1.6).
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::Path;

use super::error::JournalError;
use crate::domain::sale::TillId;

const FILE: &str = "till.lock";

/// Held as long as it lives; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
    /// Whoever had it last did not let go of it: they were killed, or the power went.
    was_left: bool,
}

/// Who has the lock, by its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The till that is open.
    pub till: String,
    /// The process that has it, 0 when it did not say.
    pub pid: u32,
}

impl FolderLock {
    /// Takes the lock, and writes in it who has it.
    pub(super) fn take(dir: &Path, till: &TillId) -> Result<Self, JournalError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(dir.join(FILE))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Self::holder(&mut file)),
            Err(TryLockError::Error(e)) => return Err(e.into()),
        }
        let mut left = String::new();
        // What is no text was left too.
        let was_left = file.read_to_string(&mut left).is_err() || !left.is_empty();
        let mut lock = Self { file, was_left };
        if let Err(error) = lock.sign(till) {
            // A full disk: the lock is held all the same, and what else is written says so to whoever sells.
            tracing::warn!(%error, "who has the data folder could not be written into it");
        }
        Ok(lock)
    }

    /// Says whose it is.
    fn sign(&mut self, till: &TillId) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{till} {}", std::process::id())
    }

    /// Whether whoever had it last did not let go of it.
    pub(super) fn was_left(&self) -> bool {
        self.was_left
    }

    fn holder(file: &mut File) -> JournalError {
        let mut text = String::new();
        // Where it cannot be read (it is being written), the words are poorer and the answer is the same.
        let _ = file.read_to_string(&mut text);
        let Holder { till, pid } = said(&text).unwrap_or_else(|| Holder {
            till: "the till".to_owned(),
            pid: 0,
        });
        JournalError::InUse { till, pid }
    }
}

impl Drop for FolderLock {
    /// Whoever looks at the file knows that the till was closed. After a kill, the words stay.
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

fn said(text: &str) -> Option<Holder> {
    let mut words = text.split_whitespace();
    Some(Holder {
        till: words.next()?.to_owned(),
        pid: words.next().and_then(|pid| pid.parse().ok()).unwrap_or(0),
    })
}

/// Who said last that they have the lock; none once they let go of it. It is not asked for: somebody who takes it at this
/// moment must not find it taken.
pub(super) fn last_holder(dir: &Path) -> Result<Option<Holder>, JournalError> {
    match fs::read_to_string(dir.join(FILE)) {
        Ok(text) => Ok(said(&text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes the data folder, for this user only.
pub(super) fn make_folder(dir: &Path) -> Result<(), JournalError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    Ok(builder.create(dir)?)
}
