//! A sale in its place in the till's chain, and its canonical bytes (PATH section 2).
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::{Agreed, Receipt, SaleFlag, TillId};
use crate::domain::chain::Hash;

/// The newest version of the canonical document that this program knows.
const NEWEST_FORMAT: u32 = FORMAT_WITH_BATCHES;
/// Without a batch in any line.
const FORMAT_WITHOUT_BATCHES: u32 = 1;
/// With batches. A program that knows only format 1 would pass over the batch as it does over any key that it does not
/// know: `verify` would call a fact row right whose batch it never compared, and a sale that moves to another series would
/// lose it, with the hash of the new bytes to vouch for it. So it is told by the number to read no further. Sales without
/// batches stay format 1, which every program reads.
const FORMAT_WITH_BATCHES: u32 = 2;

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
            format: format_of(&sale),
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
        if document.format > NEWEST_FORMAT {
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

/// The oldest format that says all of a sale.
fn format_of(sale: &Agreed) -> u32 {
    if sale.lines.iter().any(|line| line.batch.is_some()) {
        FORMAT_WITH_BATCHES
    } else {
        FORMAT_WITHOUT_BATCHES
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::batch::Batch;

    /// What a till of format 1 wrote, before lines could have a batch, and the hash that it gave it.
    const OLDER: &str = concat!(
        r#"{"format":1,"till":"T01","series":1,"number":1,"first_seq":1"#,
        r#","sale":{"sale_id":"01900000-0000-7000-8000-000000000001","kind":"sale""#,
        r#","sold_at":"2026-11-20T09:14:03.412Z","sold_local":"2026-11-20T12:14:03.412","currency":{"code":"KES""#,
        r#","places":2},"employee":{"id":"01a20906-1cfc-7112-996f-b79b3f0c3f46","name":"John"}"#,
        r#","outlet":{"id":"01a20906-1c91-7667-8ead-b2dd95b73b80","name":"Mirema meds","region":"Nairobi"}"#,
        r#","doctor":{"id":"01a20906-1d6a-7489-a24c-710f521219de","name":"Mwabili"},"refund_of":null"#,
        r#","lines":[{"drug":"01a20906-1e11-731f-89bb-f275f9461d79","code":"PANA500","name":"Panadol 500 mg""#,
        r#","unit":"tab","unit_qty":"4","unit_factor":"1","unit_price":"5","discount":"0","tax":{"code":"E""#,
        r#","rate":"0","amount":"0"},"total":"20"},{"drug":"01a20906-1e11-731f-89bb-f275f9461d79","code":"PANA500""#,
        r#","name":"Panadol 500 mg","unit":"strip 10","unit_qty":"2","unit_factor":"10","unit_price":"45""#,
        r#","discount":"5","tax":{"code":"E","rate":"0","amount":"0"},"total":"85"}]"#,
        r#","payments":[{"tender":"67c4435d-5819-55e5-bb98-97a2d8595d69","name":"Cash","amount":"105""#,
        r#","tendered":"200","change":"95","reference":null}],"total":"105"}}"#,
    );
    const ITS_HASH: &str = "87d6eab00b864148a5a6c34408e7443efd722989b73f24a309fa5bd0d415d13c";

    fn older() -> SaleRecord {
        let hash = ITS_HASH.parse().unwrap();
        SaleRecord::read(Hash::GENESIS, hash, OLDER.into(), Vec::new()).unwrap()
    }

    fn place() -> ChainPlace {
        ChainPlace {
            till: "T01".parse().unwrap(),
            series: 1,
            number: 1,
            first_seq: 1,
            prev_hash: Hash::GENESIS,
        }
    }

    fn with_batch(number: Option<&str>) -> Agreed {
        let mut sale = older().document.sale;
        let number = number.map(str::to_owned);
        let expiry = Some(date(2028, 3, 31));
        sale.lines[1].batch = Some(Batch { number, expiry });
        sale
    }

    #[test]
    fn a_sale_from_before_there_were_batches_reads_and_hashes_as_it_did() {
        let older = older();
        assert_eq!(Hash::GENESIS.then(&older.bytes).to_string(), ITS_HASH);
        assert!(older.document.sale.lines.iter().all(|line| line.batch.is_none()));
        let again = SaleRecord::make(older.document.sale.clone(), place(), Vec::new()).unwrap();
        assert_eq!(String::from_utf8(again.bytes.clone()).unwrap(), OLDER);
        assert_eq!(again, older);
    }

    #[test]
    fn a_batch_is_the_last_key_of_its_line_and_no_other_byte_is_another_one() {
        for (number, words) in [(Some("L41B"), r#""L41B""#), (None, "null")] {
            let made = SaleRecord::make(with_batch(number), place(), Vec::new()).unwrap();
            let batch = format!(r#","total":"85","batch":{{"number":{words},"expiry":"2028-03-31"}}}}"#);
            let expected =
                OLDER
                    .replacen(r#"{"format":1"#, r#"{"format":2"#, 1)
                    .replacen(r#","total":"85"}"#, &batch, 1);
            assert_eq!(String::from_utf8(made.bytes.clone()).unwrap(), expected);
            let read = SaleRecord::read(made.prev_hash, made.hash, made.bytes.clone(), Vec::new());
            assert_eq!(read.unwrap(), made);
        }
    }

    #[test]
    fn a_sale_keeps_its_batch_in_another_series() {
        let made = SaleRecord::make(with_batch(Some("L41B")), place(), Vec::new()).unwrap();
        let moved = made.moved_to(ChainPlace { series: 2, ..place() }).unwrap();
        assert_eq!(moved.document.sale, made.document.sale);
        assert_eq!((moved.document.format, moved.printed()), (2, "T01-000001".to_owned()));
    }

    #[test]
    fn a_document_of_a_newer_format_is_not_read_for_what_is_known_of_it() {
        let newer = OLDER.replacen(r#"{"format":1"#, r#"{"format":3"#, 1);
        let read = SaleRecord::read(Hash::GENESIS, Hash::GENESIS, newer.into_bytes(), Vec::new());
        assert!(matches!(read, Err(SaleBytesError::Newer(3))));
    }
}
