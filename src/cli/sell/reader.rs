//! Lines from a file or standard input, read aside: a source that says nothing does not keep the till from closing.
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use tokio::sync::mpsc;

use crate::cli::outcome::Failure;

/// A sale of 500 lines is far shorter.
const LONGEST: u64 = 1 << 20;
/// Lines read ahead.
const AHEAD: usize = 16;

/// The lines, each without its end.
pub(super) type Lines = mpsc::Receiver<io::Result<Vec<u8>>>;

/// Begins to read `file`, `-` for standard input.
pub(super) fn lines(file: &Path) -> Result<Lines, Failure> {
    let source: Box<dyn BufRead + Send> = if file == Path::new("-") {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let opened = File::open(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
        Box::new(BufReader::new(opened))
    };
    let (lines, received) = mpsc::channel(AHEAD);
    // Detached: it ends with the source, or with the program.
    drop(tokio::task::spawn_blocking(move || read(source, &lines)));
    Ok(received)
}

fn read(mut source: Box<dyn BufRead + Send>, lines: &mpsc::Sender<io::Result<Vec<u8>>>) {
    loop {
        let line = next(&mut *source).transpose();
        let Some(line) = line else { return };
        let failed = line.is_err();
        if lines.blocking_send(line).is_err() || failed {
            return;
        }
    }
}

fn next(source: &mut dyn BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    source.take(LONGEST).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.len() as u64 == LONGEST && !line.ends_with(b"\n") {
        return Err(io::Error::other(format!("a line is longer than {LONGEST} bytes")));
    }
    Ok(Some(line))
}
