//! The crate's errors: [`ConfigError`] when a pool is built or edited, [`ParseError`] for text.

use core::fmt;

use eaves_common::{Error, ErrorKind};

/// Everything that is wrong with a pool's configuration.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::{Monitor, PoolConfig, pool::OriginConfig};
///
/// let addr = "192.0.2.1:80".parse().unwrap();
/// let config = PoolConfig::new("web")
///     .origin(OriginConfig::new("a", addr))
///     .origin(OriginConfig::new("a", addr).weight(2_000_000));
/// let error = Monitor::new(config, 1, Now::default()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "origins[1].name: \"a\" is taken by origins[0], use another\n\
///      origins[1].weight: 2000000 is out of range, use 0 to 1000000",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Where, as in `origins[1].weight`.
    pub path: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl ConfigError {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// Returns the problems in the order of the configuration.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{}: {}", problem.path, problem.message)?;
        }
        Ok(())
    }
}

impl core::error::Error for ConfigError {}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::with_source(
            ErrorKind::Invalid,
            "the pool's configuration is refused",
            error,
        )
    }
}

/// Text that does not say what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The name of a preset.
    #[error("there is no preset {name:?}, use api, batch, low-traffic or web")]
    Preset {
        /// The name.
        name: String,
    },
    /// A regular expression.
    #[cfg(feature = "regex")]
    #[error("no regular expression, or too large a one: {detail}")]
    Regex {
        /// What is wrong with it.
        detail: String,
    },
    /// A part of a status set.
    #[error("{part:?} is neither a status from 200 to 599 nor a range such as 200-299")]
    Status {
        /// The part.
        part: String,
    },
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::with_source(ErrorKind::Invalid, "reading health settings", error)
    }
}
