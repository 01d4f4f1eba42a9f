//! How messages travel: the two-octet length of streams (RFC 1035 section 4.2.2, RFC 7858, RFC 9250),
//! decoded and encoded without I/O, and base64url in the address of a GET (RFC 8484).

#[cfg(feature = "tokio")]
mod codec;
mod http;
mod stream;

#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use codec::StreamCodec;
pub use http::{MEDIA_TYPE, check_quic, from_get, to_get};
pub use stream::{StreamDecoder, frame};
