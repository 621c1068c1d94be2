//! Who gives a receipt its number, and how it reads.
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A till's name in the company, such as `T01`: 1 to 16 letters, digits, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TillId(String);

/// The text cannot be a till's id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("“{0}” is no till id: 1 to 16 letters, digits, - or _")]
pub struct NotATillId(String);

impl TillId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The only till of a shop that has named none.
impl Default for TillId {
    fn default() -> Self {
        Self("T01".to_owned())
    }
}

impl FromStr for TillId {
    type Err = NotATillId;
    fn from_str(text: &str) -> Result<Self, NotATillId> {
        let fit = (1..=16).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fit {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotATillId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for TillId {
    type Error = NotATillId;
    fn try_from(text: String) -> Result<Self, NotATillId> {
        text.parse()
    }
}

impl From<TillId> for String {
    fn from(id: TillId) -> Self {
        id.0
    }
}

impl fmt::Display for TillId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A receipt's number: till, series, and its number in it. Series 1 reads `T01-000001`, later ones `T01.2-000001`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt {
    /// The till that gave it.
    pub till: TillId,
    /// The till's series, from 1.
    pub series: u32,
    /// From 1, without a gap in its series.
    pub number: u64,
}

/// The text is no receipt's number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("“{0}” is no receipt's number")]
pub struct NotAReceipt(String);

impl FromStr for Receipt {
    type Err = NotAReceipt;
    /// As it is printed: at least six digits behind the last `-`.
    fn from_str(text: &str) -> Result<Self, NotAReceipt> {
        let read = || {
            let (till, number) = text.rsplit_once('-')?;
            let (till, series) = match till.rsplit_once('.') {
                Some((till, series)) => (till, series.parse().ok().filter(|series| *series > 1)?),
                None => (till, 1),
            };
            let is_number = number.len() >= 6 && number.bytes().all(|b| b.is_ascii_digit());
            Some(Self {
                till: till.parse().ok()?,
                series,
                number: number.parse().ok().filter(|number| *number > 0 && is_number)?,
            })
        };
        read().ok_or_else(|| NotAReceipt(text.to_owned()))
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.series {
            1 => f.pad(&format!("{}-{:06}", self.till, self.number)),
            series => f.pad(&format!("{}.{series}-{:06}", self.till, self.number)),
        }
    }
}
