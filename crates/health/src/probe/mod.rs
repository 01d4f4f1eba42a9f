//! What a probe asks and how its answer is judged, without any I/O.
//!
//! A [`Check`] says how often and how patiently a [`Question`] is asked. The driver carries bytes
//! between the origin and an exchange ([`HttpExchange`] for HTTP/1.1, [`HttpAnswer`] where another
//! has parsed the answer, [`GrpcExchange`], [`PayloadExchange`]) or asks the question itself to judge;
//! what comes out is a [`Verdict`].

mod answer;
mod body;
mod check;
mod command;
mod dns;
mod exchange;
mod grpc;
mod http;
mod pattern;
mod payload;
mod phases;
mod question;
mod reason;
mod redirect;
mod status;
mod tls;
mod verdict;

pub use answer::{HttpAnswer, Step};
pub use check::Check;
pub use command::CommandQuestion;
pub use dns::{DnsJudgement, DnsQuery, DnsQuestion, DnsTransport};
pub use exchange::HttpExchange;
pub use grpc::{GrpcExchange, GrpcQuestion, GrpcStatus, ServingStatus};
pub use http::{HttpQuestion, HttpVersion, Reuse};
pub use pattern::Pattern;
pub use payload::{DatagramQuestion, Payload, PayloadExchange, Silence};
pub use phases::{Phase, Phases};
pub use question::Question;
pub use reason::Reason;
pub use redirect::{HttpTarget, RedirectScope, Redirects, Scheme};
pub use status::StatusSet;
pub use tls::{Handshake, Roots, TlsQuestion, Trust};
pub use verdict::{Concern, Verdict};
