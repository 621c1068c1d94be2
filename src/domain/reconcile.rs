//! Whether the topic has each event that the store has, and the store each that the topic has (PATH 5.6).
//!
//! Both sides come in the order of their [`Place`]s and are held one at a time; what is kept of an event is a fingerprint of
//! its values.
mod judge;
mod period;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;

use jiff::civil;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::event::SaleEvent;
use super::sale::{Receipt, TillId};

pub use judge::{Comparison, Counts, Finding, InOutbox, Own, Standing};
pub use period::{Edge, NoEdge, Period};

/// The longest id of a till.
const TILL: usize = 16;

/// A till's id in a fixed number of bytes, in the order of the ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TillKey([u8; TILL]);

impl TillKey {
    /// No till has it: for events that name what cannot be one. After all others.
    pub const NONE: Self = Self([u8::MAX; TILL]);

    /// Of a till's id, or of what somebody wrote in its stead.
    pub fn of(id: &str) -> Self {
        id.parse().map_or(Self::NONE, |till: TillId| Self::from(&till))
    }

    /// The till, if it can be one.
    pub fn till(self) -> Option<TillId> {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(TILL);
        std::str::from_utf8(&self.0[..length]).ok()?.parse().ok()
    }
}

impl From<&TillId> for TillKey {
    fn from(till: &TillId) -> Self {
        let mut key = [0; TILL];
        for (place, byte) in key.iter_mut().zip(till.as_str().bytes()) {
            *place = byte;
        }
        Self(key)
    }
}

impl fmt::Debug for TillKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.till() {
            Some(till) => write!(f, "{till}"),
            None => f.write_str("?"),
        }
    }
}

/// Where an event stands: its number in a till's series. Both sides are compared by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The till.
    pub till: TillKey,
    /// Its series.
    pub series: u32,
    /// The event's number in it.
    pub seq: u64,
}

/// The values of an event in few bytes: equal where they are, whatever bytes told them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Of an event. None where it cannot be written: no event that was read is such a one.
    pub fn of(event: &SaleEvent) -> Option<Self> {
        let text = serde_json::to_vec(event).ok()?;
        let mut short = [0; 16];
        short.copy_from_slice(&Sha256::digest(text)[..16]);
        Some(Self(short))
    }
}

/// What is kept of an event of the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// Where it stands.
    pub place: Place,
    /// Its id.
    pub event_id: Uuid,
    /// Its values.
    pub values: Fingerprint,
    /// The number of its receipt; 0 where it names none.
    pub number: u64,
    /// Its line in the sale.
    pub line_no: u32,
    /// When it was sold, in milliseconds since 1970.
    sold_at: i64,
    /// On which day by the outlet's clock, in days since 1970.
    date_sold: i32,
    /// The partition that it is in.
    pub partition: i32,
}

impl Told {
    /// The bytes of one that is put aside on the disk.
    pub const BYTES: usize = TILL + 4 + 8 + 16 + 16 + 8 + 4 + 8 + 4 + 4;

    /// Of an event that was read from that partition.
    pub fn of(event: &SaleEvent, partition: i32) -> Option<Self> {
        let receipt = event
            .receipt
            .rsplit_once('-')
            .and_then(|(_, number)| number.parse().ok());
        Some(Self {
            place: Place {
                till: TillKey::of(&event.till_id),
                series: event.series,
                seq: event.seq,
            },
            event_id: event.event_id,
            values: Fingerprint::of(event)?,
            number: receipt.unwrap_or_default(),
            line_no: event.line_no,
            sold_at: event.sold_at.as_millisecond(),
            date_sold: days(event.date_sold),
            partition,
        })
    }

    /// As it is put aside.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let mut rest = bytes.as_mut_slice();
        let mut put = |field: &[u8]| {
            let (place, after) = std::mem::take(&mut rest).split_at_mut(field.len());
            place.copy_from_slice(field);
            rest = after;
        };
        put(&self.place.till.0);
        put(&self.place.series.to_be_bytes());
        put(&self.place.seq.to_be_bytes());
        put(self.event_id.as_bytes());
        put(&self.values.0);
        put(&self.number.to_be_bytes());
        put(&self.line_no.to_be_bytes());
        put(&self.sold_at.to_be_bytes());
        put(&self.date_sold.to_be_bytes());
        put(&self.partition.to_be_bytes());
        bytes
    }

    /// As it was put aside.
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let mut rest = bytes.as_slice();
        Self {
            place: Place::next(&mut rest),
            event_id: Uuid::from_bytes(next(&mut rest)),
            values: Fingerprint(next(&mut rest)),
            number: u64::from_be_bytes(next(&mut rest)),
            line_no: u32::from_be_bytes(next(&mut rest)),
            sold_at: i64::from_be_bytes(next(&mut rest)),
            date_sold: i32::from_be_bytes(next(&mut rest)),
            partition: i32::from_be_bytes(next(&mut rest)),
        }
    }
}

impl Place {
    /// As it was put aside at the beginning of `rest`.
    fn next(rest: &mut &[u8]) -> Self {
        Self {
            till: TillKey(next(rest)),
            series: u32::from_be_bytes(next(rest)),
            seq: u64::from_be_bytes(next(rest)),
        }
    }
}

/// The first bytes of `rest`, which has as many.
fn next<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (first, after) = rest.split_at(N);
    *rest = after;
    let mut field = [0; N];
    field.copy_from_slice(first);
    field
}

/// An event by name: what is said of one that is missing, extra or different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Where it stands.
    pub place: Place,
    /// Its id.
    pub event_id: Uuid,
    /// The number of its receipt; 0 where nobody knows.
    pub number: u64,
    /// Its line in the sale.
    pub line_no: u32,
    /// The sale; nil for an event that only the topic has.
    pub sale_id: Uuid,
}

impl Named {
    /// The bytes of one that is put aside on the disk.
    pub const BYTES: usize = TILL + 4 + 8 + 16 + 8 + 4 + 16;

    /// As it is put aside.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let fields: [&[u8]; 7] = [
            &self.place.till.0,
            &self.place.series.to_be_bytes(),
            &self.place.seq.to_be_bytes(),
            self.event_id.as_bytes(),
            &self.number.to_be_bytes(),
            &self.line_no.to_be_bytes(),
            self.sale_id.as_bytes(),
        ];
        let mut bytes = [0; Self::BYTES];
        for (place, byte) in bytes.iter_mut().zip(fields.concat()) {
            *place = byte;
        }
        bytes
    }

    /// As it was put aside.
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let mut rest = bytes.as_slice();
        Self {
            place: Place::next(&mut rest),
            event_id: Uuid::from_bytes(next(&mut rest)),
            number: u64::from_be_bytes(next(&mut rest)),
            line_no: u32::from_be_bytes(next(&mut rest)),
            sale_id: Uuid::from_bytes(next(&mut rest)),
        }
    }
}

impl From<&Told> for Named {
    fn from(told: &Told) -> Self {
        Self {
            place: told.place,
            event_id: told.event_id,
            number: told.number,
            line_no: told.line_no,
            sale_id: Uuid::nil(),
        }
    }
}

/// `T01-000123 line 2`.
impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place, number, line_no, ..
        } = self;
        match place.till.till() {
            Some(till) if *number > 0 => {
                let (series, number) = (place.series, *number);
                write!(f, "{} line {line_no}", Receipt { till, series, number })
            }
            Some(till) => write!(f, "{till}, series {}, number {}", place.series, place.seq),
            None => write!(f, "no till, series {}, number {}", place.series, place.seq),
        }
    }
}

/// Days since 1970.
fn days(date: civil::Date) -> i32 {
    date.since(civil::date(1970, 1, 1)).map_or(0, |span| span.get_days())
}
