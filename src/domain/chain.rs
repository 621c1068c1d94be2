//! The hash chain over a till's sales (PATH section 2).
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A link of a till's chain: SHA-256 over the previous link's 32 bytes and the sale's canonical bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first sale of a till's first series is linked to.
    pub const GENESIS: Self = Self([0; 32]);

    /// The link that follows this one.
    #[must_use]
    pub fn then(self, canonical_bytes: &[u8]) -> Self {
        Self(
            Sha256::new()
                .chain_update(self.0)
                .chain_update(canonical_bytes)
                .finalize()
                .into(),
        )
    }

    /// The first eight hex digits, as printed on a receipt.
    pub fn short(self) -> String {
        self.to_string()[..8].to_owned()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// The text is not 64 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hash of 64 hex digits")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let text = text.as_bytes();
        if text.len() != 64 {
            return Err(NotAHash);
        }
        let digit = |b: u8| match b {
            b'0'..=b'9' => Ok(b - b'0'),
            b'a'..=b'f' => Ok(b - b'a' + 10),
            _ => Err(NotAHash),
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_depends_on_the_one_before_and_on_every_byte() {
        let first = Hash::GENESIS.then(b"a");
        assert_eq!(first, Hash::GENESIS.then(b"a"));
        assert_ne!(first, Hash::GENESIS.then(b"b"));
        assert_ne!(first.then(b"b"), Hash::GENESIS.then(b"b"));
        // SHA-256 of 32 zero bytes and "a", by another implementation.
        assert_eq!(
            first.to_string(),
            "41a0370c3d9f42773a59e8e01651911cf43b1e3f66944cbb690029debc4eb647"
        );
        assert_eq!(first.to_string().parse(), Ok(first));
    }

    #[test]
    fn only_64_lower_case_hex_digits_are_a_hash() {
        assert_eq!("AB".repeat(32).parse::<Hash>(), Err(NotAHash));
        assert_eq!("ab".parse::<Hash>(), Err(NotAHash));
        assert_eq!("é".repeat(32).parse::<Hash>(), Err(NotAHash));
    }
}
