//! [`Replies`]: answers that nobody can turn on somebody else.

use std::{net::SocketAddr, sync::Arc};

use eaves_common::time::{Clock as _, SystemClock};
use eaves_dns::zone::{Subject, truncate};
use eaves_ratelimit::rrl::{Action, Kind, ResponseLimiter};

use super::{Answer, Transport};
use crate::edge::names::Names;

/// Answers from zones, limited over UDP by what they say and to whom.
///
/// Over UDP anybody can ask in another's name. What is over the limit is dropped, or slips out truncated,
/// so that who really asked comes again over TCP, where addresses are proven.
#[derive(Clone, Debug)]
pub struct Replies {
    names: Names,
    limiter: Arc<ResponseLimiter>,
}

impl Replies {
    /// Limits the answers of these zones.
    #[must_use]
    pub fn new(names: Names, limiter: Arc<ResponseLimiter>) -> Self {
        Self { names, limiter }
    }
}

impl Answer for Replies {
    fn answer(
        &self,
        query: &[u8],
        from: SocketAddr,
        transport: Transport,
        buffer: &mut [u8],
    ) -> usize {
        let length = self.names.answer(query, from, transport, buffer);
        if length == 0 || transport == Transport::Tcp {
            return length;
        }
        let subject = self.names.zones().subject(&buffer[..length]);
        let now = SystemClock.mono();
        match self.limiter.check(from.ip(), &kind(&subject), now) {
            Action::Send => length,
            Action::Truncate => truncate(&mut buffer[..length]),
            Action::Drop => 0,
        }
    }
}

/// What the limiter calls the subject of an answer.
fn kind(subject: &Subject) -> Kind<'_> {
    match subject {
        Subject::Records(name) => Kind::Answer {
            name: name.as_wire(),
        },
        Subject::NoSuchName(zone) => Kind::NoSuchName {
            zone: zone.as_wire(),
        },
        Subject::Referral(zone) => Kind::Referral {
            zone: zone.as_wire(),
        },
        _ => Kind::Error,
    }
}
