//! `rxtill import`: a CSV file into a dimension.
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use csv::ByteRecord;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::context::Context;
use super::outcome::{Failure, Outcome};
use crate::domain::dimension::Dimension;
use crate::runtime::import::{self, ImportError, ImportJob, ImportReport, RefusedRows};
use crate::runtime::open::Who;

/// Upsert a dimension from a CSV file, by its natural key
///
/// The first line names the columns; a column feeds the field of its name. An empty cell, or a field without a column,
/// says nothing: what is there stays. Good rows are loaded in whole batches; refused rows go to FILE.refused.csv with
/// their line and reason, to be mended and imported again, and the exit code is then 1.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What the file holds
    #[arg(value_enum)]
    dimension: Rows,
    /// The file, as CSV in UTF-8, plain or gzip
    file: PathBuf,
    /// Read FIELD from another column
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = pair)]
    maps: Vec<(String, String)>,
    /// Give FIELD the same value in every row
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = pair)]
    sets: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rows {
    Drugs,
    Doctors,
    Employees,
    Outlets,
}

impl From<Rows> for Dimension {
    fn from(rows: Rows) -> Self {
        match rows {
            Rows::Drugs => Self::Drug,
            Rows::Doctors => Self::Doctor,
            Rows::Employees => Self::Employee,
            Rows::Outlets => Self::Outlet,
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.trim().is_empty() && !value.is_empty() => {
            Ok((field.trim().to_owned(), value.to_owned()))
        }
        _ => Err("write it as FIELD=VALUE".to_owned()),
    }
}

#[derive(Debug, Serialize)]
struct Summary {
    file: String,
    rows: u64,
    added: u64,
    changed: u64,
    unchanged: u64,
    stock_opened: u64,
    stock_skipped: u64,
    refused: u64,
    refused_file: Option<String>,
    unread_columns: Vec<String>,
    cut_off: Option<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} rows read; {} added, {} changed, {} as they were",
            self.file, self.rows, self.added, self.changed, self.unchanged
        )?;
        if self.stock_opened + self.stock_skipped > 0 {
            write!(f, "; stock opened {} times", self.stock_opened)?;
        }
        if self.stock_skipped > 0 {
            write!(f, ", left alone {} times: it has movements already", self.stock_skipped)?;
        }
        if !self.unread_columns.is_empty() {
            write!(f, "\ncolumns not read: {}", self.unread_columns.join(", "))?;
        }
        if let Some(file) = &self.refused_file {
            write!(f, "\n{} refused, with their reasons, in {file}", self.refused)?;
        }
        if let Some(why) = &self.cut_off {
            write!(f, "\nthe file breaks off {why}; what was read before is loaded")?;
        }
        Ok(())
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Outcome, Failure> {
    let path = &arguments.file;
    let unreadable = |error: io::Error| Failure::failed(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let store = context.store(Who::Office).await?;
    let progress = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} % {elapsed} {msg}") {
        progress.set_style(style);
    }
    let text = import::unpacked(progress.wrap_read(file)).map_err(unreadable)?;
    let job = ImportJob {
        dimension: arguments.dimension.into(),
        maps: &arguments.maps,
        sets: &arguments.sets,
        by: "rxtill import",
        clock: context.clock.as_ref(),
    };
    let mut refused = RefusedFile::beside(path);
    let report = import::import(&store, text, &job, &mut refused).await;
    progress.finish_and_clear();
    let report = report.map_err(|error| match error {
        ImportError::Header(_) | ImportError::Columns(_) => {
            Failure::failed(format!("{}: {error}; nothing was loaded", path.display()))
        }
        error => Failure::failed(format!("{}: {error}", path.display())),
    })?;
    let refused_file = refused.finish().map_err(Failure::failed)?;
    let well = report.refused == 0 && report.cut_off.is_none();
    let summary = summary(path, report, refused_file);
    context.output.answer(&summary, &summary)?;
    Ok(Outcome::of(well))
}

fn summary(path: &Path, report: ImportReport, refused_file: Option<PathBuf>) -> Summary {
    Summary {
        file: path.display().to_string(),
        rows: report.rows,
        added: report.loaded.added,
        changed: report.loaded.changed,
        unchanged: report.loaded.unchanged,
        stock_opened: report.loaded.stock_opened,
        stock_skipped: report.loaded.stock_skipped,
        refused: report.refused,
        refused_file: refused_file.map(|path| path.display().to_string()),
        unread_columns: report.unread,
        cut_off: report.cut_off,
    }
}

/// `FILE.refused.csv`, made at the first refused row.
struct RefusedFile {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
}

impl RefusedFile {
    fn beside(input: &Path) -> Self {
        let mut path = OsString::from(input);
        path.push(".refused.csv");
        Self {
            path: path.into(),
            writer: None,
        }
    }

    fn finish(self) -> io::Result<Option<PathBuf>> {
        let Some(mut writer) = self.writer else {
            return Ok(None);
        };
        writer.flush()?;
        Ok(Some(self.path))
    }
}

impl RefusedRows for RefusedFile {
    fn refuse(&mut self, header: &ByteRecord, row: &ByteRecord, line: u64, reason: &str) -> io::Result<()> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let mut writer = csv::WriterBuilder::new().flexible(true).from_path(&self.path)?;
                writer.write_record([&b"line"[..], b"reason"].into_iter().chain(header))?;
                none.insert(writer)
            }
        };
        let line = line.to_string();
        writer.write_record([line.as_bytes(), reason.as_bytes()].into_iter().chain(row))?;
        Ok(())
    }
}
