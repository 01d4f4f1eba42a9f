//! `dns-query`: a small dig, over UDP, TCP, TLS (RFC 7858) and HTTPS (RFC 8484).
//!
//! [`Ask`] is what the command line says, [`query`] asks and checks that the answer is one to this
//! question, [`render`] shows it.

mod ask;
mod check;
mod datagram;
mod https;
mod render;
mod stream;
mod tls;
mod transfer;

pub use ask::{Ask, Carrier, USAGE};
pub use render::render;
pub use transfer::{Transferred, transfer};

use std::{future::Future, net::SocketAddr};

use eaves_common::{Error, ErrorKind};
use eaves_dns::{
    Builder, Flags, Header, Message, Question,
    edns::{Edns, EdnsOption, Options, PaddingPolicy},
};
use tokio::time::timeout;

use check::check;

/// An answer, and how it came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The message.
    pub message: Message,
    /// Who sent it.
    pub server: SocketAddr,
    /// What carried it in the end: TCP, if the answer over UDP was truncated.
    pub carrier: Carrier,
}

/// Asks and waits for the answer.
///
/// # Errors
/// When the server cannot be reached in time, or what it says is no answer to this question.
pub async fn query(ask: &Ask, id: u16) -> Result<Answer, Error> {
    let server = ask.resolve().await?;
    // Answers over HTTPS are cached by their octets, so that questions share an identifier
    // (RFC 8484 section 4.1).
    let id = if ask.carrier == Carrier::Https { 0 } else { id };
    let question = write(ask, id)?;
    let mut carrier = ask.carrier;
    let mut bytes = match carrier {
        Carrier::Udp => datagram::exchange(ask, server, &question).await?,
        Carrier::Tcp => in_time(ask, stream::over_tcp(server, &question)).await?,
        Carrier::Tls => in_time(ask, stream::over_tls(ask, server, &question)).await?,
        Carrier::Https => in_time(ask, https::exchange(ask, server, &question)).await?,
    };
    let mut message = check(&question, bytes)?;
    if carrier == Carrier::Udp && message.header().flags.contains(Flags::TC) && !ask.keeps_truncated
    {
        carrier = Carrier::Tcp;
        bytes = in_time(ask, stream::over_tcp(server, &question)).await?;
        message = check(&question, bytes)?;
    }
    Ok(Answer {
        message,
        server,
        carrier,
    })
}

/// Gives an exchange the time of one try.
async fn in_time(
    ask: &Ask,
    exchange: impl Future<Output = Result<Vec<u8>, Error>>,
) -> Result<Vec<u8>, Error> {
    let limit = ask.timeout;
    timeout(limit, exchange)
        .await
        .unwrap_or_else(|_| Err(too_late(ask)))
}

fn too_late(ask: &Ask) -> Error {
    let message = format!("no answer from {} within {:?}", ask.server, ask.timeout);
    Error::new(ErrorKind::Timeout, message)
}

/// Writes the question; where it travels encrypted, it is padded (RFC 8467 section 4.1).
fn write(ask: &Ask, id: u16) -> Result<Vec<u8>, Error> {
    let flags = ask.flags;
    let header = Header {
        id,
        flags,
        ..Header::default()
    };
    let mut buf = [0; 512];
    let mut builder = Builder::new(&mut buf, header)?;
    builder.question(&Question {
        class: ask.class,
        ..Question::new(&ask.name, ask.rtype)
    })?;
    let Some(udp_size) = ask.udp_size else {
        return Ok(builder.finish().to_vec());
    };
    let mut options = Vec::new();
    if ask.wants_nsid {
        Options::encode(&EdnsOption::Nsid(&[]), &mut options)?;
    }
    let policy = match ask.carrier {
        Carrier::Udp | Carrier::Tcp => PaddingPolicy::None,
        Carrier::Tls | Carrier::Https => PaddingPolicy::QUERY,
    };
    let len = builder.position() + Edns::default().len() + options.len();
    if let Some(padding) = policy.padding(len, 512) {
        let zeros = vec![0; usize::from(padding)];
        Options::encode(&EdnsOption::Padding(&zeros), &mut options)?;
    }
    builder.edns(&Edns {
        udp_size,
        dnssec_ok: ask.wants_dnssec,
        options: Options::from_wire(&options)?,
        ..Edns::default()
    })?;
    Ok(builder.finish().to_vec())
}

/// What could not be done with a server.
fn unreachable(
    server: SocketAddr,
    doing: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::with_source(
        ErrorKind::Unavailable,
        format!("{doing} {server}"),
        Box::new(error) as Box<_>,
    )
}
