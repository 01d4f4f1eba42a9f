//! DNS response-rate limiting: an authoritative server that cannot be used to flood others.
//!
//! Over UDP anybody can ask in another's name, so it is answers that are limited, not questions: per
//! block of the address they would go to, and per what they say, so that a flood of one kind leaves
//! the others alone. Of the answers over the limit most are dropped, and some *slip*: they go out
//! truncated, so that a real client behind a spoofed address can come back over TCP.
//!
//! This module knows no DNS messages: the caller says what an answer is ([`Kind`]) and does as it
//! is told ([`Action`]). Answers over TCP need no limit: do not ask. Those to clients with a valid server
//! cookie (RFC 7873) need none either, which the caller says ([`Asker::Proven`]).

mod asker;
mod kind;
mod limiter;
mod settings;

pub use asker::Asker;
pub use kind::{Action, Kind};
pub use limiter::{Counts, ResponseLimiter};
pub use settings::Settings;
