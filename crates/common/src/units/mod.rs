//! Quantities as people write them: `64MiB`, `250ms`, `5%`, `100/1m burst 20`, `10.0.0.0/8`.
//!
//! Each type reads text through [`FromStr`](core::str::FromStr), prints it through
//! [`Display`](core::fmt::Display) and, with the `serde` feature, is that text in any format.
//! Printing is exact: what is printed reads back as the same value. A mistake is a [`UnitError`]
//! that knows where it is and says what to write instead.
//!
//! Numbers are decimal integers or fractions and never pass through floating point; so `humantime`
//! (which needs std) and `bytesize` (which rounds) serve as oracles in the tests only.

mod byte_size;
mod error;
#[cfg(feature = "governor")]
mod governor;
mod ip_prefix;
mod rate;
mod ratio;
mod scan;
#[cfg(feature = "serde")]
mod serde;
mod time_span;

pub use byte_size::ByteSize;
pub use error::UnitError;
pub use ip_prefix::IpPrefix;
pub use rate::Rate;
pub use ratio::Ratio;
pub use time_span::TimeSpan;
