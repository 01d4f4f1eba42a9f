//! How messages travel: the two-octet length of streams (RFC 1035 section 4.2.2, RFC 7858), decoded
//! and encoded without I/O.

mod stream;

pub use stream::{StreamDecoder, frame};
