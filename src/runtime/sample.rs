//! The sample pharmacy, loaded as any file is: what the welcome screen offers.
use std::io;

use csv::ByteRecord;

use super::import::{ImportError, ImportJob, RefusedRows, import};
use crate::domain::clock::Clock;
use crate::domain::dimension::Dimension;
use crate::store::star::Store;

/// In this order: stock lies in outlets.
const FILES: [(Dimension, &str); 4] = [
    (Dimension::Outlet, include_str!("../../data/sample/outlets.csv")),
    (Dimension::Employee, include_str!("../../data/sample/employees.csv")),
    (Dimension::Doctor, include_str!("../../data/sample/doctors.csv")),
    (Dimension::Drug, include_str!("../../data/sample/drugs.csv")),
];

/// Loads the sample pharmacy. Again, it changes nothing that is as it was.
///
/// # Errors
/// When the store cannot be written, or holds something that speaks against a row of the sample.
pub async fn load_sample(store: &Store, clock: &dyn Clock) -> Result<(), ImportError> {
    for (dimension, text) in FILES {
        let job = ImportJob {
            dimension,
            maps: &[],
            sets: &[],
            by: "sample",
            clock,
        };
        import(store, text.as_bytes(), &job, &mut NoneRefused).await?;
    }
    Ok(())
}

/// A refused row of the sample ends the loading.
struct NoneRefused;

impl RefusedRows for NoneRefused {
    fn refuse(&mut self, _header: &ByteRecord, _row: &ByteRecord, line: u64, reason: &str) -> io::Result<()> {
        Err(io::Error::other(format!("line {line} of the sample: {reason}")))
    }
}
