//! What simulated clerks were told: on disk before it counts, so that whoever judges the run later knows what was promised.
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// The file in the folder of a run.
const FILE: &str = "answers.jsonl";
/// Answers that wait for the disk.
const MOST_WAITING: usize = 1_024;

/// What a clerk was told of a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// At which till.
    pub till: String,
    /// The sale.
    pub sale_id: Uuid,
    /// `committed`, `queued`, `parked` or `refused`.
    pub state: String,
    /// As printed; none: refused.
    pub receipt: Option<String>,
    /// Its lines.
    pub lines: u64,
    /// When it was told.
    pub at: Timestamp,
    /// Why it was refused or parked.
    pub reason: Option<String>,
}

impl Answer {
    /// Whether it is a promise that the sale is recorded, or will be.
    pub fn is_promise(&self) -> bool {
        ["committed", "queued"].contains(&self.state.as_str())
    }
}

/// An answer that is to be kept, and whoever waits for that.
type Waiting = (Answer, oneshot::Sender<io::Result<()>>);

/// Keeps answers. Clones write to the same file.
#[derive(Debug, Clone)]
pub struct Keeper {
    lines: mpsc::Sender<Waiting>,
}

impl Keeper {
    /// Begins the file of a run, in its folder. It ends with the last clone.
    ///
    /// # Errors
    /// When the file is there already, or cannot be made.
    pub fn begin(folder: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .open(folder.join(FILE))?;
        File::open(folder)?.sync_all()?;
        Ok(Self::of(file, 0))
    }

    /// Goes on with the file of a run that was killed. A last line that is torn was not told to anybody, and goes.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be written.
    pub fn go_on(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let whole = std::fs::read(&path)?
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last as u64 + 1);
        let file = OpenOptions::new().append(true).open(path)?;
        file.set_len(whole)?;
        file.sync_all()?;
        Ok(Self::of(file, whole))
    }

    fn of(file: File, length: u64) -> Self {
        let (lines, mut waiting) = mpsc::channel(MOST_WAITING);
        tokio::task::spawn_blocking(move || {
            let mut lines = Lines::behind(file, length);
            let mut batch: Vec<Waiting> = Vec::new();
            // All that wait share a write and an fsync.
            while waiting.blocking_recv_many(&mut batch, MOST_WAITING) > 0 {
                let kept = lines.write(batch.iter().map(|(answer, _)| answer));
                for (_, told) in batch.drain(..) {
                    let told_now = kept
                        .as_ref()
                        .copied()
                        .map_err(|fault| io::Error::new(fault.kind(), fault.to_string()));
                    // Nobody waits for it any more: it is kept all the same.
                    let _ = told.send(told_now);
                }
            }
        });
        Self { lines }
    }

    /// Keeps an answer; it counts when this returns.
    ///
    /// # Errors
    /// When it is not on disk.
    pub async fn keep(&self, answer: Answer) -> io::Result<()> {
        let gone = || io::Error::other("the file of answers is closed");
        let (told, kept) = oneshot::channel();
        self.lines.send((answer, told)).await.map_err(|_| gone())?;
        kept.await.map_err(|_| gone())?
    }
}

/// What lines are kept in.
trait Disk: io::Write {
    /// Takes away what is behind so many bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Returns once all of it would outlast a power cut.
    fn sync(&mut self) -> io::Result<()>;
}

impl Disk for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Whole lines: of a batch that was not kept nothing stays, as nobody was told of it and the next would stand behind a half.
struct Lines<D> {
    disk: D,
    /// The bytes of all batches that were kept.
    length: u64,
    /// There is something behind them.
    torn: bool,
}

impl<D: Disk> Lines<D> {
    fn behind(disk: D, length: u64) -> Self {
        Self {
            disk,
            length,
            torn: false,
        }
    }

    fn write<'a>(&mut self, answers: impl Iterator<Item = &'a Answer>) -> io::Result<()> {
        let mut text = Vec::new();
        for answer in answers {
            serde_json::to_writer(&mut text, answer)?;
            text.push(b'\n');
        }
        if self.torn {
            self.disk.cut(self.length)?;
        }
        self.torn = true;
        let written = self.disk.write_all(&text).and_then(|()| self.disk.sync());
        if let Err(fault) = written {
            // Where it cannot be cut now, that comes before the next batch.
            self.torn = self.disk.cut(self.length).is_err();
            return Err(fault);
        }
        self.torn = false;
        self.length += text.len() as u64;
        Ok(())
    }
}

/// The answers of a run. A last line that is torn was not told to anybody.
///
/// # Errors
/// When there is no such run, or a line in the middle cannot be read.
pub fn read(folder: &Path) -> io::Result<Vec<Answer>> {
    let file = BufReader::new(File::open(folder.join(FILE))?);
    let lines: Vec<Vec<u8>> = file.split(b'\n').collect::<io::Result<_>>()?;
    let mut answers = Vec::with_capacity(lines.len());
    for (number, line) in lines.iter().enumerate() {
        match serde_json::from_slice(line) {
            Ok(answer) => answers.push(answer),
            Err(_) if number + 1 == lines.len() => {}
            Err(fault) => return Err(io::Error::other(format!("line {}: {fault}", number + 1))),
        }
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn answer(number: u128) -> Answer {
        Answer {
            till: String::from("SIM001"),
            sale_id: Uuid::from_u128(number),
            state: String::from("queued"),
            receipt: Some(format!("SIM001-{number:06}")),
            lines: 2,
            at: Timestamp::UNIX_EPOCH,
            reason: None,
        }
    }

    /// A disk with room for so many bytes, which cannot be cut either while it fails.
    struct Small {
        bytes: Vec<u8>,
        room: usize,
        cuts_fail: bool,
    }

    impl io::Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let some = bytes.len().min(self.room - self.bytes.len());
            if some == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.bytes.extend_from_slice(&bytes[..some]);
            Ok(some)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Disk for Small {
        fn cut(&mut self, length: u64) -> io::Result<()> {
            if self.cuts_fail {
                return Err(io::ErrorKind::Other.into());
            }
            self.bytes.truncate(usize::try_from(length).unwrap());
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn of_answers_for_which_there_was_no_room_no_half_stays_before_the_next() {
        for cuts_fail in [false, true] {
            let disk = Small {
                bytes: Vec::new(),
                room: 400,
                cuts_fail: false,
            };
            let mut lines = Lines::behind(disk, 0);
            lines.write([answer(1)].iter()).unwrap();
            lines.disk.cuts_fail = cuts_fail;
            assert!(lines.write([answer(2), answer(3), answer(4)].iter()).is_err());
            lines.disk.room = 10_000;
            if cuts_fail {
                assert!(lines.write([answer(5)].iter()).is_err(), "not behind a half");
                lines.disk.cuts_fail = false;
            }
            lines.write([answer(6)].iter()).unwrap();
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(FILE), &lines.disk.bytes).unwrap();
            assert_eq!(read(folder.path()).unwrap(), [answer(1), answer(6)]);
        }
    }

    #[tokio::test]
    async fn answers_are_read_as_they_were_kept_and_a_torn_last_one_was_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = Keeper::begin(folder.path()).unwrap();
        for number in 1..=3 {
            keeper.keep(answer(number)).await.unwrap();
        }
        assert!(Keeper::begin(folder.path()).is_err(), "another run has another folder");
        let mut file = OpenOptions::new().append(true).open(folder.path().join(FILE)).unwrap();
        file.write_all(b"{\"till\":\"SIM0").unwrap();
        assert_eq!(read(folder.path()).unwrap(), [answer(1), answer(2), answer(3)]);
        let keeper = Keeper::go_on(folder.path()).unwrap();
        keeper.keep(answer(4)).await.unwrap();
        assert_eq!(
            read(folder.path()).unwrap(),
            [answer(1), answer(2), answer(3), answer(4)],
            "the torn one is gone"
        );
        file.write_all(b"\n{}\n").unwrap();
        assert!(read(folder.path()).is_err(), "a torn line in the middle is damage");
    }
}
