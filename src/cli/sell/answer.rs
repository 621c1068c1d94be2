//! What became of a line, for people and programs.
use std::fmt;

use serde::Serialize;
use uuid::Uuid;

use crate::domain::name::printable;
use crate::store::sync::{SaleAnswer, SaleOutcome};

/// What became of a line.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    line: u64,
    /// None when the line names none that could be read, and none was minted for it.
    sale_id: Option<Uuid>,
    receipt: Option<String>,
    state: &'static str,
    /// None when it was refused before its goods had prices.
    total: Option<String>,
    repeated: bool,
    error: Option<String>,
}

impl Answer {
    /// Nothing of it was recorded.
    pub(super) fn refused(line: u64, sale_id: Option<Uuid>, total: Option<String>, reason: &str) -> Self {
        Self {
            line,
            sale_id,
            receipt: None,
            state: "refused",
            total,
            repeated: false,
            error: Some(printable(reason)),
        }
    }

    /// As the till answered; `places` of the sale's currency.
    pub(super) fn given(line: u64, answer: SaleAnswer, places: u32) -> Self {
        let state = answer.state.as_str();
        let error = match answer.state {
            SaleOutcome::Committed | SaleOutcome::Queued => None,
            SaleOutcome::Parked(reason) => Some(printable(&reason)),
            SaleOutcome::Refused(refusal) => Some(printable(&refusal.to_string())),
        };
        Self {
            line,
            sale_id: Some(answer.sale_id),
            receipt: answer.receipt,
            state,
            total: Some(answer.total.fixed(places)),
            repeated: answer.repeated,
            error,
        }
    }

    pub(super) fn is_well(&self) -> bool {
        matches!(self.state, "committed" | "queued")
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.state)?;
        for part in [&self.receipt, &self.total].into_iter().flatten() {
            write!(f, " {part}")?;
        }
        if self.repeated {
            f.write_str(", recorded before")?;
        }
        match &self.error {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}
