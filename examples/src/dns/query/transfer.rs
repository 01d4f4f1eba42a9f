//! Transfers of whole zones (RFC 5936): many messages answer one question.

use eaves_common::{Error, ErrorKind};
use eaves_dns::{Message, Rcode, Rtype, Section};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{
    Ask, Carrier,
    check::{check, continues},
    render::records,
    stream::{self, Conversation},
    tls, too_late, write,
};

/// What a transfer amounted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transferred {
    /// Records, the SOA at both ends counted twice.
    pub records: u64,
    /// Messages.
    pub messages: u64,
    /// Their octets.
    pub octets: u64,
    /// SOA records seen: the second is the last record.
    ends: u64,
}

/// Asks for a whole zone over TCP or TLS, and shows its records as they come.
///
/// # Errors
/// When the server cannot be reached, refuses, takes longer than one try for a message, or sends what is no
/// zone.
pub async fn transfer(
    ask: &Ask,
    id: u16,
    show: &mut impl FnMut(&str) -> std::io::Result<()>,
) -> Result<Transferred, Error> {
    let server = ask.resolve().await?;
    let question = write(ask, id)?;
    let limit = ask.timeout;
    match ask.carrier {
        Carrier::Https => {
            let message = "zones are transferred over TCP or TLS, not HTTPS";
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        Carrier::Tls => {
            let connected = timeout(limit, tls::connect(ask, server, &[])).await;
            let stream = connected.unwrap_or_else(|_| Err(too_late(ask)))?;
            receive(ask, Conversation::new(stream, server), &question, show).await
        }
        Carrier::Udp | Carrier::Tcp => {
            let connected = timeout(limit, stream::connect(server)).await;
            let stream = connected.unwrap_or_else(|_| Err(too_late(ask)))?;
            receive(ask, Conversation::new(stream, server), &question, show).await
        }
    }
}

async fn receive(
    ask: &Ask,
    mut conversation: Conversation<impl AsyncRead + AsyncWrite + Unpin>,
    question: &[u8],
    show: &mut impl FnMut(&str) -> std::io::Result<()>,
) -> Result<Transferred, Error> {
    let asked = timeout(ask.timeout, conversation.ask(question)).await;
    asked.unwrap_or_else(|_| Err(too_late(ask)))?;
    let mut transferred = Transferred::default();
    while transferred.ends < 2 {
        let next = timeout(ask.timeout, conversation.next()).await;
        let bytes = next.unwrap_or_else(|_| Err(too_late(ask)))?;
        let message = match transferred.messages {
            0 => check(question, bytes)?,
            _ => continues(question, bytes)?,
        };
        transferred.count(&message)?;
        show(&records(&message, Section::Answer)).map_err(|error| {
            Error::with_source(ErrorKind::Unavailable, "showing the zone", error)
        })?;
    }
    Ok(transferred)
}

impl Transferred {
    /// Counts a message of the transfer.
    fn count(&mut self, message: &Message) -> Result<(), Error> {
        let refused = |message: String| Err(Error::new(ErrorKind::Invalid, message));
        let header = message.header();
        let rcode = message
            .edns()
            .map_or(header.rcode, |edns| edns.rcode(header.rcode));
        if rcode != Rcode::NOERROR {
            return refused(format!("the transfer was refused: {rcode}"));
        }
        for record in message.section(Section::Answer) {
            let is_end = record.rtype() == Rtype::SOA;
            if self.ends == 2 || (self.records == 0 && !is_end) {
                return refused("a zone begins with its SOA and ends with it".to_owned());
            }
            self.ends += u64::from(is_end);
            self.records += 1;
        }
        if self.records == 0 {
            return refused("a transfer without records".to_owned());
        }
        self.messages += 1;
        self.octets += message.as_bytes().len() as u64;
        Ok(())
    }
}
