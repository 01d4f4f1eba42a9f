//! What a probe asks and how its answer is judged, without any I/O.
//!
//! A [`Check`] says how often and how patiently a [`Question`] is asked. The driver carries bytes
//! between the origin and an [`HttpExchange`]; what comes out is a [`Verdict`].

mod body;
mod check;
mod exchange;
mod http;
mod status;
mod verdict;

pub use check::{Check, Question};
pub use exchange::{HttpExchange, Step};
pub use http::HttpQuestion;
pub use status::StatusSet;
pub use verdict::{Reason, Verdict};
