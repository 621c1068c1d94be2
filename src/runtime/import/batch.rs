//! One batch into the store: again where the store was busy, in halves where one row spoils it for the others.
use std::time::Duration;

use csv::ByteRecord;

use super::{ImportError, RefusedRows};
use crate::domain::import::ImportRow;
use crate::store::error::StoreError;
use crate::store::star::Store;
use crate::store::star::import::{BatchReport, ImportTerms};

/// Attempts at a batch before the import gives up: some 30 s of a database that is away.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Collects rows and loads them.
pub(super) struct Loader<'a> {
    store: &'a Store,
    terms: ImportTerms<'a>,
    header: &'a ByteRecord,
    sink: &'a mut dyn RefusedRows,
    rows: Vec<ImportRow>,
    /// Each row as the file has it.
    records: Vec<ByteRecord>,
    report: BatchReport,
    refused: u64,
}

impl<'a> Loader<'a> {
    pub fn new(
        store: &'a Store,
        terms: ImportTerms<'a>,
        header: &'a ByteRecord,
        sink: &'a mut dyn RefusedRows,
    ) -> Self {
        Self {
            store,
            terms,
            header,
            sink,
            rows: Vec::new(),
            records: Vec::new(),
            report: BatchReport::default(),
            refused: 0,
        }
    }

    /// Rows that wait to be loaded.
    pub fn waiting(&self) -> usize {
        self.rows.len()
    }

    pub fn take(&mut self, row: ImportRow, record: ByteRecord) {
        self.rows.push(row);
        self.records.push(record);
    }

    pub fn refuse(&mut self, record: &ByteRecord, line: u64, reason: &str) -> Result<(), ImportError> {
        self.refused += 1;
        self.sink
            .refuse(self.header, record, line, reason)
            .map_err(ImportError::Refused)
    }

    /// What was done, and how many rows were refused.
    pub fn into_report(self) -> (BatchReport, u64) {
        (self.report, self.refused)
    }

    /// Loads what waits.
    pub async fn load(&mut self) -> Result<(), ImportError> {
        let rows = std::mem::take(&mut self.rows);
        let records = std::mem::take(&mut self.records);
        let (mut refused, mut loaded) = (Vec::new(), 0);
        let mut parts = vec![rows.as_slice()];
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            match self.attempt(part).await {
                Ok(mut report) => {
                    loaded += part.len();
                    refused.append(&mut report.refused);
                    self.report.add(report);
                }
                Err(StoreError::Permanent(reason)) if part.len() == 1 => refused.push((part[0].line, reason)),
                Err(StoreError::Permanent(_)) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
                Err(error) => return Err(error.into()),
            }
        }
        if loaded == 0
            && rows.len() > 1
            && let Some((line, reason)) = refused.first()
        {
            // None of them could be loaded: that is the database's fault, not the rows'.
            let words = format!("from line {line} on: {reason}");
            return Err(StoreError::Permanent(words).into());
        }
        refused.sort_unstable();
        for (line, reason) in refused {
            if let Some(at) = rows.iter().position(|row| row.line == line) {
                self.refuse(&records[at], line, &reason)?;
            }
        }
        Ok(())
    }

    async fn attempt(&self, rows: &[ImportRow]) -> Result<BatchReport, StoreError> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.store.import(rows, &self.terms).await {
                Err(StoreError::Retryable { reason, .. }) => {
                    tracing::warn!(%reason, "a batch of the import is tried again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                done => return done,
            }
        }
        self.store.import(rows, &self.terms).await
    }
}
