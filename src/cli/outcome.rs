//! How a verb ends.
use std::fmt;
use std::process::ExitCode;

/// A verb that did what it was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is well: exit code 0.
    Fine,
    /// A difference was found, or a part was refused, and told: exit code 1.
    Difference,
}

impl Outcome {
    /// Fine, if `well`.
    pub fn of(well: bool) -> Self {
        if well { Self::Fine } else { Self::Difference }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Fine => Self::SUCCESS,
            Outcome::Difference => Self::from(1),
        }
    }
}

/// A verb that could not do what it was asked to do, in words for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Asked in a way that cannot be: exit code 2.
    Usage(String),
    /// Tried, and failed: exit code 1.
    Failed(String),
}

impl Failure {
    /// Bad usage or configuration.
    pub fn usage(reason: impl fmt::Display) -> Self {
        Self::Usage(reason.to_string())
    }

    /// A failure.
    pub fn failed(reason: impl fmt::Display) -> Self {
        Self::Failed(reason.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(reason) | Self::Failed(reason) => f.write_str(reason),
        }
    }
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Usage(_) => Self::from(2),
            Failure::Failed(_) => Self::from(1),
        }
    }
}
