//! A sale in its place in the till's chain, and its canonical bytes (PATH section 2).
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::{Agreed, Receipt, SaleFlag, TillId};
use crate::domain::chain::Hash;

/// The version of the canonical document that this program writes.
const DOCUMENT_FORMAT: u32 = 1;

/// The canonical document: the agreement with its place in the till's chain. Its key order is this declaration's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleDocument {
    /// The version of this shape.
    pub format: u32,
    /// The till.
    pub till: TillId,
    /// Its series.
    pub series: u32,
    /// The receipt's number in it.
    pub number: u64,
    /// The number of this sale's first event in the till's series (PATH 5.1); line k has `first_seq + k - 1`.
    pub first_seq: u64,
    /// The receipt that the customer holds, where the sale had to move to another series (PATH 2.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<String>,
    /// What was agreed.
    pub sale: Agreed,
}

/// Why bytes are no sale.
#[derive(Debug, Error)]
pub enum SaleBytesError {
    /// Not the document's JSON.
    #[error("not a sale document: {0}")]
    Shape(#[from] serde_json::Error),
    /// Written by a newer program.
    #[error("sale document of format {0}: upgrade rxtill")]
    Newer(u32),
}

/// The place that the journal gives a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainPlace {
    /// The till.
    pub till: TillId,
    /// Its series.
    pub series: u32,
    /// The receipt's number.
    pub number: u64,
    /// The number of its first event.
    pub first_seq: u64,
    /// The link before.
    pub prev_hash: Hash,
}

/// A sale in its place: what the journal fsyncs, and what every attempt carries unchanged (PATH 1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleRecord {
    /// The link before.
    pub prev_hash: Hash,
    /// This sale's link.
    pub hash: Hash,
    /// The canonical bytes: made once, carried verbatim.
    pub bytes: Vec<u8>,
    /// What the bytes say.
    pub document: SaleDocument,
    /// What is known of it besides, outside the hash.
    pub flags: Vec<SaleFlag>,
}

impl SaleRecord {
    /// Puts `sale` in its `place`: makes the canonical bytes and the hash, once.
    ///
    /// # Errors
    /// When the document cannot be written as JSON, which a document made of these types always can.
    pub fn make(sale: Agreed, place: ChainPlace, flags: Vec<SaleFlag>) -> Result<Self, SaleBytesError> {
        Self::placed(sale, place, None, flags)
    }

    /// The same agreement in another `place`, with the receipt that was printed for it (PATH 2.4).
    ///
    /// # Errors
    /// As [`SaleRecord::make`].
    pub fn moved_to(&self, place: ChainPlace) -> Result<Self, SaleBytesError> {
        Self::placed(
            self.document.sale.clone(),
            place,
            Some(self.printed()),
            self.flags.clone(),
        )
    }

    fn placed(
        sale: Agreed,
        place: ChainPlace,
        printed: Option<String>,
        flags: Vec<SaleFlag>,
    ) -> Result<Self, SaleBytesError> {
        let ChainPlace {
            till,
            series,
            number,
            first_seq,
            prev_hash,
        } = place;
        let document = SaleDocument {
            format: DOCUMENT_FORMAT,
            till,
            series,
            number,
            first_seq,
            printed,
            sale,
        };
        let bytes = serde_json::to_vec(&document)?;
        Ok(Self {
            prev_hash,
            hash: prev_hash.then(&bytes),
            bytes,
            document,
            flags,
        })
    }

    /// Reads a record back from what a journal or store kept. The hash is taken as kept: `verify` compares it.
    ///
    /// # Errors
    /// When the bytes are no sale document, or of a newer format.
    pub fn read(prev_hash: Hash, hash: Hash, bytes: Vec<u8>, flags: Vec<SaleFlag>) -> Result<Self, SaleBytesError> {
        let document: SaleDocument = serde_json::from_slice(&bytes)?;
        if document.format > DOCUMENT_FORMAT {
            return Err(SaleBytesError::Newer(document.format));
        }
        Ok(Self {
            prev_hash,
            hash,
            bytes,
            document,
            flags,
        })
    }

    /// The sale's id.
    pub fn sale_id(&self) -> Uuid {
        self.document.sale.sale_id
    }

    /// The id of its row where another sale has its own (the sale is set apart): it follows from the bytes.
    pub fn apart_id(&self) -> Uuid {
        Uuid::new_v5(&self.sale_id(), self.hash.to_string().as_bytes())
    }

    /// The receipt's number.
    pub fn receipt(&self) -> Receipt {
        Receipt {
            till: self.document.till.clone(),
            series: self.document.series,
            number: self.document.number,
        }
    }

    /// The receipt as the customer holds it.
    pub fn printed(&self) -> String {
        self.document
            .printed
            .clone()
            .unwrap_or_else(|| self.receipt().to_string())
    }

    /// The number of the event after this sale's last.
    pub fn next_seq(&self) -> u64 {
        self.document.first_seq + self.document.sale.lines.len() as u64
    }
}
