//! [`DnsQuestion`]: a DNS query, whose bytes and judgement come from a trait.

use core::fmt::Debug;
use std::sync::Arc;

/// A DNS query to an origin that is a name server.
///
/// ```
/// use eaves_health::probe::{DnsJudgement, DnsQuery, DnsQuestion, DnsTransport};
///
/// /// Asks for the root's SOA, and is content with any answer that has its id.
/// #[derive(Debug)]
/// struct Root;
///
/// impl DnsQuery for Root {
///     fn query(&self, id: u16) -> Vec<u8> {
///         let mut query = id.to_be_bytes().to_vec();
///         query.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1]);
///         query
///     }
///
///     fn judge(&self, id: u16, answer: &[u8]) -> DnsJudgement {
///         match answer {
///             [a, b, ..] if [*a, *b] == id.to_be_bytes() => DnsJudgement::Pass,
///             _ => DnsJudgement::Stray,
///         }
///     }
/// }
///
/// let question = DnsQuestion::new(Root);
/// assert_eq!(question.transport, DnsTransport::Udp);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DnsQuestion {
    /// Makes the query and judges its answer.
    pub query: Arc<dyn DnsQuery>,
    /// How it travels.
    pub transport: DnsTransport,
}

/// Makes a DNS query and judges its answer.
pub trait DnsQuery: Debug + Send + Sync {
    /// Returns the query with this id, which the prober draws at random.
    fn query(&self, id: u16) -> Vec<u8>;

    /// Judges what came back.
    fn judge(&self, id: u16, answer: &[u8]) -> DnsJudgement;
}

/// What to make of a DNS answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DnsJudgement {
    /// It is as it should be.
    Pass,
    /// It is not, for this reason.
    Fail(String),
    /// It does not belong to the query; the prober waits on.
    Stray,
    /// It was cut to fit a datagram (RFC 1035 section 4.1.1); the prober asks again over TCP.
    Truncated,
}

/// How a DNS query travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DnsTransport {
    /// Over TCP, with its length before it (RFC 1035 section 4.2.2).
    Tcp,
    /// In a datagram; over TCP if the answer was cut.
    #[default]
    Udp,
}

impl DnsQuestion {
    /// Asks over UDP.
    pub fn new(query: impl DnsQuery + 'static) -> Self {
        Self {
            query: Arc::new(query),
            transport: DnsTransport::default(),
        }
    }

    /// Sets how the query travels.
    #[must_use]
    pub fn transport(mut self, transport: DnsTransport) -> Self {
        self.transport = transport;
        self
    }
}

impl PartialEq for DnsQuestion {
    /// Queries are the same if they are the same object.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.query, &other.query) && self.transport == other.transport
    }
}
