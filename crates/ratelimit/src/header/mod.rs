//! The `RateLimit` and `RateLimit-Policy` fields, and `Retry-After`.
//!
//! Fields follow [`DRAFT`]; both are structured fields (RFC 9651), lists of quoted names with
//! parameters. A [`Decision`](crate::Decision) writes them; they belong in headers, never in
//! trailers.
//!
//! For a rule `100/1m burst 20` the policy says `q=100;w=60`, while `r` never exceeds the 20 that are
//! possible at once. A burst above the count is the quota itself, of the time in which it comes
//! back. Windows are whole seconds: 5 per 100 ms read `q=50;w=1`. The effective window `t` ends when there
//! is one unit more than the `r` that are left, rounded up, and `Retry-After` never before it.

mod field;

pub(crate) use field::{policy, ratelimit, retry_after};
use http::HeaderName;

/// The draft that the fields follow.
pub const DRAFT: &str = "draft-ietf-httpapi-ratelimit-headers-11";

/// `RateLimit`: how the binding rule stands.
pub const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// `RateLimit-Policy`: all rules.
pub const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// gRPC's status code of a call over its limit, `RESOURCE_EXHAUSTED`.
pub const GRPC_RESOURCE_EXHAUSTED: u8 = 8;

/// gRPC's status code of a call that lacks what a rule needs, `INVALID_ARGUMENT`.
pub const GRPC_INVALID_ARGUMENT: u8 = 3;

/// gRPC's status code of a call that is denied for good, `PERMISSION_DENIED`.
pub const GRPC_PERMISSION_DENIED: u8 = 7;
