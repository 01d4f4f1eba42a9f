//! [`Replies`]: answers that nobody can turn on somebody else.

use std::{net::SocketAddr, sync::Arc};

use eaves_common::time::{Clock as _, SystemClock};
use eaves_dns::{Header, NameBuf, Rcode, Rtype, View, zone::Zones};
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
        let said = Said::of(&buffer[..length], &self.names.zones());
        let now = SystemClock.mono();
        match self.limiter.check(from.ip(), &said.kind(), now) {
            Action::Send => length,
            Action::Truncate => truncate(&mut buffer[..length]),
            Action::Drop => 0,
        }
    }
}

/// What an answer says, as far as those that say the same are counted together.
enum Said {
    Records(NameBuf),
    NoSuchName(NameBuf),
    Referral(NameBuf),
    Error,
}

impl Said {
    fn of(answer: &[u8], zones: &Zones) -> Self {
        let read = || {
            let view = View::parse(answer).ok()?;
            let question = view.question().ok()??;
            Some((view, question.name.to_name_buf(), question.rtype))
        };
        let Some((view, name, rtype)) = read() else {
            return Self::Error;
        };
        let Some(zone) = zones.closest(&name) else {
            return Self::Error;
        };
        let origin = || zone.origin().to_lowercase();
        let is_there = |rtype: Rtype| zone.rrset(&name, rtype).is_some();
        let [_, answers, authority, _] = view.counts();
        match view.header().rcode {
            Rcode::NXDOMAIN => Self::NoSuchName(origin()),
            Rcode::NOERROR if is_there(rtype) || is_there(Rtype::CNAME) => {
                Self::Records(name.to_lowercase())
            }
            Rcode::NOERROR if answers == 0 && authority > 0 => Self::Referral(origin()),
            // What a wildcard makes has as many names as anybody likes, so the zone stands for them.
            Rcode::NOERROR => Self::Records(origin()),
            _ => Self::Error,
        }
    }

    fn kind(&self) -> Kind<'_> {
        match self {
            Self::Records(name) => Kind::Answer {
                name: name.as_wire(),
            },
            Self::NoSuchName(zone) => Kind::NoSuchName {
                zone: zone.as_wire(),
            },
            Self::Referral(zone) => Kind::Referral {
                zone: zone.as_wire(),
            },
            Self::Error => Kind::Error,
        }
    }
}

/// Makes of an answer its header and question with TC set, and returns how long that is.
fn truncate(answer: &mut [u8]) -> usize {
    let end = question_end(answer).unwrap_or(Header::LEN);
    answer[2] |= TC;
    if end == Header::LEN {
        answer[4..6].fill(0);
    }
    answer[6..Header::LEN].fill(0);
    end
}

/// Where the question ends: its name is the first in the message, and so is whole.
fn question_end(message: &[u8]) -> Option<usize> {
    if message.get(4..6)? != [0, 1] {
        return None;
    }
    let mut at = Header::LEN;
    loop {
        match usize::from(*message.get(at)?) {
            0 => break,
            label @ 1..=63 => at += 1 + label,
            _ => return None,
        }
    }
    let end = at + 1 + TYPE_AND_CLASS;
    (end <= message.len()).then_some(end)
}

/// The bit of TC in the third octet (RFC 1035 section 4.1.1).
const TC: u8 = 0b10;
const TYPE_AND_CLASS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_answer_is_its_header_and_question() {
        let head = [0x12, 0x34, 0x84, 0, 0, 1, 0, 2, 0, 3, 0, 4];
        let question = b"\x01a\x04test\x00\x00\x01\x00\x01";
        let mut answer = [&head[..], question, b"and records"].concat();
        let length = truncate(&mut answer);
        let cut = [0x12, 0x34, 0x86, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        assert_eq!(answer[..length], [&cut[..], question].concat());
    }

    #[test]
    fn what_has_no_whole_question_keeps_its_header() {
        for rest in [
            &b""[..],
            b"\x01a",
            b"\x01a\x00\x00\x01",
            b"\xc0\x0c\x00\x01\x00\x01",
        ] {
            let head = [0, 0, 0x80, 1, 0, 1, 0, 0, 0, 0, 0, 0];
            let mut answer = [&head[..], rest].concat();
            assert_eq!(truncate(&mut answer), Header::LEN);
            assert_eq!(answer[2..6], [0x82, 1, 0, 0]);
        }
    }
}
