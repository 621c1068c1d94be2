//! What does not fit into memory is put aside in the data folder: events of the topic in sorted runs, and lists of names.
//!
//! The files have no name from the first, so that nothing of them is left after a failure, or a kill.
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::domain::reconcile::{Named, Told};

/// Events that are held before they are put aside: some 40 MB.
pub const HELD: usize = 400_000;
/// Of a run that is read, or a list that is written.
const BUFFER: usize = 64 * 1024;

/// Takes events in any order.
pub struct Sorter {
    folder: PathBuf,
    held: Vec<Told>,
    most: usize,
    runs: Vec<File>,
}

impl Sorter {
    /// Puts runs of `most` events aside in that folder.
    pub fn new(folder: &Path, most: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            held: Vec::new(),
            most: most.max(1),
            runs: Vec::new(),
        }
    }

    /// Takes one.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn push(&mut self, told: Told) -> io::Result<()> {
        self.held.push(told);
        if self.held.len() < self.most {
            return Ok(());
        }
        self.held.sort_unstable();
        let mut run = BufWriter::with_capacity(BUFFER, tempfile::tempfile_in(&self.folder)?);
        for told in self.held.drain(..) {
            run.write_all(&told.to_bytes())?;
        }
        let mut run = run.into_inner().map_err(io::IntoInnerError::into_error)?;
        run.seek(SeekFrom::Start(0))?;
        self.runs.push(run);
        Ok(())
    }

    /// All of them, in order.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn sorted(mut self) -> io::Result<Sorted> {
        self.held.sort_unstable();
        let files = self
            .runs
            .into_iter()
            .map(|file| Run::File(BufReader::with_capacity(BUFFER, file)));
        let mut sorted = Sorted {
            runs: files.chain([Run::Held(self.held.into_iter())]).collect(),
            heads: BinaryHeap::new(),
        };
        for index in 0..sorted.runs.len() {
            sorted.refill(index)?;
        }
        Ok(sorted)
    }
}

enum Run {
    File(BufReader<File>),
    Held(std::vec::IntoIter<Told>),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Told>> {
        let file = match self {
            Self::Held(held) => return Ok(held.next()),
            Self::File(file) => file,
        };
        let mut bytes = [0; Told::BYTES];
        match file.read_exact(&mut bytes) {
            Ok(()) => Ok(Some(Told::from_bytes(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Events in order.
pub struct Sorted {
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<(Told, usize)>>,
}

impl Sorted {
    /// The next one, which stays.
    pub fn peek(&self) -> Option<&Told> {
        self.heads.peek().map(|Reverse((told, _))| told)
    }

    /// Takes the next one.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn take_next(&mut self) -> io::Result<Option<Told>> {
        let Some(Reverse((told, run))) = self.heads.pop() else {
            return Ok(None);
        };
        self.refill(run)?;
        Ok(Some(told))
    }

    fn refill(&mut self, run: usize) -> io::Result<()> {
        if let Some(told) = self.runs[run].next()? {
            self.heads.push(Reverse((told, run)));
        }
        Ok(())
    }
}

/// Events by name, in the order in which they were found.
pub struct Names {
    file: BufWriter<File>,
    count: u64,
}

impl Names {
    /// None yet.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::with_capacity(BUFFER, tempfile::tempfile_in(folder)?),
            count: 0,
        })
    }

    /// Adds one.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn push(&mut self, named: &Named) -> io::Result<()> {
        self.file.write_all(&named.to_bytes())?;
        self.count += 1;
        Ok(())
    }

    /// All are found.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn end(self) -> io::Result<List> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(List {
            file,
            count: self.count,
        })
    }
}

/// A list of events by name, however long.
pub struct List {
    file: File,
    count: u64,
}

impl List {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// From the first. One reader at a time: they share their place.
    ///
    /// # Errors
    /// When the disk failed.
    pub fn names(&self) -> io::Result<impl Iterator<Item = io::Result<Named>> + use<>> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        let mut file = BufReader::with_capacity(BUFFER, file);
        Ok((0..self.count).map(move |_| {
            let mut bytes = [0; Named::BYTES];
            file.read_exact(&mut bytes)?;
            Ok(Named::from_bytes(&bytes))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reconcile::tests::event;

    fn told(till: &str, seq: u64) -> Told {
        Told::of(&event(till, seq), 0).unwrap()
    }

    #[test]
    fn events_of_many_runs_come_in_the_order_of_their_places_and_none_is_lost_or_doubled() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), 7);
        let mut order: Vec<u64> = (1..=100).collect();
        fastrand::Rng::with_seed(6).shuffle(&mut order);
        for seq in order {
            sorter.push(told("T02", seq)).unwrap();
            sorter.push(told("T01", seq)).unwrap();
        }
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            0,
            "nothing is left after a kill"
        );
        let mut all = sorter.sorted().unwrap();
        for till in ["T01", "T02"] {
            for seq in 1..=100 {
                assert_eq!(all.peek(), Some(&told(till, seq)));
                assert_eq!(all.take_next().unwrap(), Some(told(till, seq)));
            }
        }
        assert_eq!(all.take_next().unwrap(), None);
    }

    #[test]
    fn a_list_of_names_is_read_as_often_as_somebody_wants() {
        let folder = tempfile::tempdir().unwrap();
        let mut names = Names::new(folder.path()).unwrap();
        let all: Vec<Named> = (1..=3).map(|seq| Named::from(&told("T01", seq))).collect();
        for named in &all {
            names.push(named).unwrap();
        }
        let list = names.end().unwrap();
        assert_eq!(list.count(), 3);
        for _ in 0..2 {
            assert_eq!(list.names().unwrap().collect::<io::Result<Vec<_>>>().unwrap(), all);
        }
        assert_eq!(list.names().unwrap().take(1).count(), 1);
        assert_eq!(list.names().unwrap().count(), 3);
    }
}
