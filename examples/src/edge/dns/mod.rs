//! DNS on sockets: UDP datagrams and TCP streams around one answering function.

mod replies;
mod tcp;
mod udp;

pub use replies::Replies;
pub use tcp::{TcpCounters, TcpLimits, serve_tcp};
pub use udp::serve_udp;

use std::net::SocketAddr;

/// How a query came, which decides how long its answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A datagram: the answer fits what the client advertised.
    Udp,
    /// A stream: up to 65,535 bytes.
    Tcp,
}

/// Answers one message: bytes in, bytes out.
pub trait Answer: Clone + Send + Sync + 'static {
    /// Writes the answer to `query` into `buffer`, which has room for any; returns its length, 0
    /// for silence.
    fn answer(
        &self,
        query: &[u8],
        from: SocketAddr,
        transport: Transport,
        buffer: &mut [u8],
    ) -> usize;
}
