//! What is wrong with a configuration, and where it says so.
use std::fmt;
use std::path::Path;

use thiserror::Error;

/// Where a setting was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file, at a line counted from 1.
    Line(String, usize),
    /// In a file as a whole.
    File(String),
    /// In a variable of the environment.
    Variable(String),
}

impl Place {
    pub(super) fn file(path: &Path) -> Self {
        Self::File(path.display().to_string())
    }

    pub(super) fn line(path: &Path, text: &str, offset: usize) -> Self {
        let before = text.as_bytes().iter().take(offset);
        Self::Line(
            path.display().to_string(),
            before.filter(|byte| **byte == b'\n').count() + 1,
        )
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, line) => write!(f, "{file}:{line}"),
            Self::File(file) => f.write_str(file),
            Self::Variable(name) => write!(f, "${name}"),
        }
    }
}

/// A configuration that cannot be used; says which file and line, or which variable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {reason}")]
pub struct ConfigError {
    /// Where.
    pub place: Place,
    /// What is wrong, and where near, what was probably meant.
    pub reason: String,
}

impl ConfigError {
    /// A fault at `place`.
    pub fn new(place: Place, reason: impl Into<String>) -> Self {
        Self {
            place,
            reason: reason.into(),
        }
    }
}
