//! The lock on the data folder: the right to write the journal (PATH 1.6).
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use super::error::JournalError;
use crate::domain::sale::TillId;

const FILE: &str = "till.lock";

/// Held as long as it lives; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
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
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{till} {}", std::process::id())?;
        Ok(Self { _file: file })
    }

    fn holder(file: &mut File) -> JournalError {
        let mut text = String::new();
        // Where it cannot be read (it is being written), the words are poorer and the answer is the same.
        let _ = file.read_to_string(&mut text);
        let mut words = text.split_whitespace();
        JournalError::InUse {
            till: words.next().unwrap_or("the till").to_owned(),
            pid: words.next().and_then(|pid| pid.parse().ok()).unwrap_or(0),
        }
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
