//! Loads a CSV file into a dimension, batch by batch: what `rxtill import` and the sample pharmacy do.
//!
//! The columns are settled before anything is loaded. A row that cannot be is refused with its line and its reason, and
//! does not hold up the others; a file that breaks off is loaded as far as it could be read, and told.
mod batch;

use std::io::{self, BufRead as _, BufReader, Read};

use csv::ByteRecord;
use flate2::read::MultiGzDecoder;
use jiff::tz::TimeZone;
use thiserror::Error;

use self::batch::Loader;
use crate::domain::clock::Clock;
use crate::domain::dimension::Dimension;
use crate::domain::import::{ColumnFault, Columns, FileSeen, ImportRow};
use crate::store::error::StoreError;
use crate::store::star::Store;
use crate::store::star::import::{BatchReport, ImportTerms};

/// Rows of one transaction: many enough that it costs little, few enough that no till waits long for the change number.
const BATCH: usize = 1_000;

/// No row is longer: a file that goes on without the end of one (a few bytes that unpack to gigabytes) is not read on.
const LONGEST_ROW: usize = 1 << 20;
/// No file has more: the keys of each are remembered to its end.
const MOST_ROWS: u64 = 10_000_000;

/// What is to be loaded, and how its columns are read.
pub struct ImportJob<'a> {
    /// Into which dimension.
    pub dimension: Dimension,
    /// Field and column, where they differ.
    pub maps: &'a [(String, String)],
    /// Field and constant.
    pub sets: &'a [(String, String)],
    /// Who imports.
    pub by: &'a str,
    /// The time, and the mint of ids.
    pub clock: &'a dyn Clock,
}

/// Where refused rows go.
pub trait RefusedRows: Send + Sync {
    /// Takes one refused row, as the file has it, with the file's header. They come in the order of their lines, but for
    /// those that only the database could refuse.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn refuse(&mut self, header: &ByteRecord, row: &ByteRecord, line: u64, reason: &str) -> io::Result<()>;
}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows read, without the header.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
    /// What the others did.
    pub loaded: BatchReport,
    /// Columns that feed no field.
    pub unread: Vec<String>,
    /// Why the file could not be read to its end, and after which line.
    pub cut_off: Option<String>,
}

/// Why a file was not loaded, or not on to its end. Whole batches before that are loaded.
#[derive(Debug, Error)]
pub enum ImportError {
    /// It has no header that can be read.
    #[error("{0}")]
    Header(String),
    /// Its columns are not those that are needed.
    #[error(transparent)]
    Columns(#[from] ColumnFault),
    /// The database does not take it.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The refused rows cannot be kept.
    #[error("the refused rows cannot be written: {0}")]
    Refused(io::Error),
}

/// The file's text, unpacked where its first bytes say that it is gzip, whatever its name.
///
/// # Errors
/// When it cannot be read.
pub fn unpacked<'a>(file: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut file = BufReader::with_capacity(64 * 1024, file);
    if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        Ok(Box::new(MultiGzDecoder::new(file)))
    } else {
        Ok(Box::new(file))
    }
}

/// Loads `text` into the store. Safe to run again: what is there as the file has it is left alone.
///
/// # Errors
/// As [`ImportError`] says. A row that is refused is none.
pub async fn import(
    store: &Store,
    text: impl Read + Send,
    job: &ImportJob<'_>,
    refused: &mut dyn RefusedRows,
) -> Result<ImportReport, ImportError> {
    let text = Row {
        text,
        left: LONGEST_ROW,
    };
    let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header = csv
        .byte_headers()
        .map_err(|error| ImportError::Header(format!("the file cannot be read: {}", broken(&error))))?
        .clone();
    let columns = columns(&header, job)?;
    let terms = ImportTerms {
        dimension: job.dimension,
        by: job.by,
        today: job.clock.now().to_zoned(TimeZone::UTC).date(),
        clock: job.clock,
    };
    let mut loader = Loader::new(store, terms, &header, refused);
    let mut seen = FileSeen::default();
    let mut report = ImportReport {
        unread: columns.unread().to_vec(),
        ..ImportReport::default()
    };
    let mut record = ByteRecord::new();
    let mut last_line = 1;
    loop {
        match csv.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                report.cut_off = Some(format!("after line {last_line}: {}", broken(&error)));
                break;
            }
        }
        csv.get_mut().left = LONGEST_ROW;
        if report.rows == MOST_ROWS {
            report.cut_off = Some(format!("after line {last_line}: more than {MOST_ROWS} rows"));
            break;
        }
        report.rows += 1;
        last_line = record.position().map_or(last_line, csv::Position::line);
        let row = checked(&header, &columns, &record, job.dimension, last_line).and_then(|row| {
            seen.note(&row, &row.natural_key())?;
            Ok(row)
        });
        match row {
            Ok(row) => loader.take(row, record.clone()),
            Err(reason) => loader.refuse(&record, last_line, &reason)?,
        }
        if loader.waiting() >= BATCH {
            loader.load().await?;
        }
    }
    loader.load().await?;
    (report.loaded, report.refused) = loader.into_report();
    Ok(report)
}

/// A text of which no more than so much is read before somebody says that a row of it has ended.
struct Row<R> {
    text: R,
    left: usize,
}

impl<R: Read> Read for Row<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.left);
        if length == 0 && !buffer.is_empty() {
            return Err(io::Error::other(format!("a row is longer than {LONGEST_ROW} bytes")));
        }
        let read = self.text.read(&mut buffer[..length])?;
        self.left -= read;
        Ok(read)
    }
}

fn columns(header: &ByteRecord, job: &ImportJob<'_>) -> Result<Columns, ImportError> {
    let names: Option<Vec<_>> = header.iter().map(|name| std::str::from_utf8(name).ok()).collect();
    let names =
        names.ok_or_else(|| ImportError::Header("the header is not UTF-8: save the file as UTF-8".to_owned()))?;
    if names.iter().all(|name| name.trim().is_empty()) {
        return Err(ImportError::Header(
            "the file is empty: its first line names the columns".to_owned(),
        ));
    }
    let names: Vec<_> = names.into_iter().map(str::trim).collect();
    Ok(Columns::new(job.dimension, &names, job.maps, job.sets)?)
}

fn checked(
    header: &ByteRecord,
    columns: &Columns,
    record: &ByteRecord,
    dimension: Dimension,
    line: u64,
) -> Result<ImportRow, String> {
    if record.len() != columns.width() {
        return Err(format!(
            "{} cells, where the header has {}",
            record.len(),
            columns.width()
        ));
    }
    let mut cells = Vec::with_capacity(record.len());
    for (cell, name) in record.iter().zip(header) {
        cells.push(std::str::from_utf8(cell).map_err(|error| {
            let name = String::from_utf8_lossy(name);
            format!("column {name}: byte {} is not UTF-8", error.valid_up_to() + 1)
        })?);
    }
    ImportRow::check(dimension, line, columns.cells(&cells))
}

/// Why no more can be read.
fn broken(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the compressed file ends in the middle".to_owned()
        }
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}
