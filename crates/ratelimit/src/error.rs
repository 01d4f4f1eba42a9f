//! What can go wrong while limits are built and keys are read. A request over its limit is no
//! error but a [`Decision`](crate::Decision).

use eaves_common::{
    Error, ErrorKind,
    units::{Rate, UnitError},
};

use crate::table::Capacity;

/// A limit that cannot be built.
///
/// ```
/// use eaves_ratelimit::{BuildError, table::Capacity};
///
/// let error = Capacity::new(3).unwrap_err();
/// assert_eq!(error.to_string(), "a table of 3 cells is out of range, use 8 to 1073741824");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No algorithm bears this name.
    #[error(
        "`{found}` is no algorithm, use concurrency, fixed, gcra, log, penalty, two-window, window or, with the feature, calendar"
    )]
    Algorithm {
        /// What was written.
        found: String,
    },
    /// A rule cannot be shared by nodes.
    #[cfg(feature = "redis")]
    #[error("the rule `{rule}` cannot be distributed without {needs}")]
    Distributed {
        /// The rule's name.
        rule: String,
        /// What it lacks.
        needs: &'static str,
    },
    /// Two rules bear one name.
    #[error("two rules are called `{name}`")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A table of so many cells cannot be.
    #[error(
        "a table of {cells} cells is out of range, use {} to {}",
        Capacity::MIN.cells(),
        Capacity::MAX.cells()
    )]
    Capacity {
        /// What was asked for.
        cells: usize,
    },
    /// A number of cells is not understood.
    #[error("`{text}` is no number of cells, write it out, such as `65536`")]
    Cells {
        /// What was written.
        text: String,
    },
    /// A condition is not understood.
    #[error(
        "`{text}` is no condition, write for example `path is /api/*` or `client.ip is not 10.0.0.0/8`"
    )]
    Condition {
        /// What was written.
        text: String,
    },
    /// A condition names addresses that are none.
    #[error("in `{text}`: {error}")]
    ConditionAddress {
        /// What was written.
        text: String,
        /// What is wrong with the first of them that is wrong.
        error: UnitError,
    },
    /// A rule has a setting that its algorithm makes no use of.
    #[error(
        "the rule `{rule}` has a `{setting}`, which only the algorithm `{algorithm}` makes use of"
    )]
    Idle {
        /// The rule's name.
        rule: String,
        /// The setting.
        setting: &'static str,
        /// The algorithm that has it.
        algorithm: &'static str,
    },
    /// A key with a rate of its own does not fit the rule's key.
    #[error("`{text}` is no key of the rule `{rule}`, write one value for each part of its key")]
    OverrideKey {
        /// The rule's name.
        rule: String,
        /// What was written.
        text: String,
    },
    /// A part of a key is not understood.
    #[error("`{part}` is no part of a key, use {expected}")]
    KeyPart {
        /// What was written.
        part: String,
        /// What can be written.
        expected: &'static str,
    },
    /// A meter other than GCRA cannot hold the rate.
    #[error(transparent)]
    Meter(#[from] crate::meter::MeterError),
    /// A rule's name cannot stand in a header field.
    #[error("the rule name `{name}` is not usable, use 1 to 64 printable ASCII characters")]
    Name {
        /// The name.
        name: String,
    },
    /// No arithmetic here can hold the rate exactly.
    #[error("{rate} cannot be counted exactly, lower the burst or the rate")]
    Rate {
        /// The rate.
        rate: Rate,
    },
    /// A limiter without rules, or with too many of them.
    #[error("{count} rules are out of range, use 1 to {most}")]
    Rules {
        /// How many there were.
        count: usize,
        /// How many there may be.
        most: usize,
    },
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::with_source(ErrorKind::Invalid, "building a rate limit", error)
    }
}

/// A request from which the client's address or another part of a key cannot be had.
///
/// ```
/// use eaves_ratelimit::KeyError;
///
/// let error = KeyError::TooFewHops { found: 0, needed: 1 };
/// assert_eq!(error.to_string(), "0 forwarded addresses where 1 is due");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Every address in the chain is a trusted proxy's.
    #[error("all of the {found} forwarded addresses are trusted proxies")]
    AllTrusted {
        /// Addresses in the chain.
        found: usize,
    },
    /// The address is hidden on purpose (RFC 7239 section 6.2 and 6.3) or not there.
    #[error("forwarded element {at} from the right names no address")]
    Hidden {
        /// Its place, counted from the nearest proxy, which is 1.
        at: usize,
    },
    /// An element of the chain cannot be read.
    #[error("forwarded element {at} from the right cannot be read")]
    Malformed {
        /// Its place, counted from the nearest proxy, which is 1.
        at: usize,
    },
    /// The request lacks this part of the key.
    #[error("the request lacks part {at} of the key")]
    Missing {
        /// Its place among the parts, from 0.
        at: usize,
    },
    /// The chain is shorter than the number of trusted proxies.
    #[error("{found} forwarded addresses where {needed} is due")]
    TooFewHops {
        /// Addresses in the chain.
        found: usize,
        /// The trusted proxies in front of this service.
        needed: usize,
    },
    /// The chain of trusted proxies goes on beyond what is examined.
    #[error("more than {most} trusted proxies in a row")]
    TooManyHops {
        /// How many are examined.
        most: usize,
    },
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::with_source(ErrorKind::Invalid, "reading the key of a request", error)
    }
}
