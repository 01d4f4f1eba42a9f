//! From a query's bytes to a response's bytes.

use crate::{
    edns::Edns,
    error::BuildError,
    message::{Builder, Flags, Header, Opcode, Question, Rcode, View},
    record::{Class, Rtype},
    zone::{Answer, Transport, Zone, Zones, answer::Writing},
};

/// What to do with a query.
///
/// ```
/// use eaves_dns::zone::{Reply, Transport, Zones};
///
/// let mut buf = [0; 512];
/// assert_eq!(Zones::default().respond(b"junk", Transport::DATAGRAM, &mut buf), Reply::Drop);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Reply {
    /// Nothing is sent: it was a response, or not even a header.
    Drop,
    /// The first octets of the buffer are sent.
    Send(Answer),
}

/// A query that can be answered.
struct Query<'q> {
    header: Header,
    question: Option<Question<'q>>,
    edns: Option<Edns<'q>>,
    limit: usize,
}

impl Zones {
    /// Answers a query from the zone closest above its name. What is no query gets the error it
    /// deserves, and a response gets none, so that servers never answer one another for ever.
    pub fn respond(&self, query: &[u8], transport: Transport, buf: &mut [u8]) -> Reply {
        let (query, fault) = match Query::read(query, transport) {
            Err(Unreadable) => return Reply::Drop,
            Ok(read) => read,
        };
        let zone = query.question.and_then(|question| self.zone_for(&question));
        query.respond(fault, zone, buf)
    }
}

impl Zone {
    /// Answers a query, REFUSED when its name is not within the zone; see [`Zones::respond`].
    pub fn respond(&self, query: &[u8], transport: Transport, buf: &mut [u8]) -> Reply {
        let (query, fault) = match Query::read(query, transport) {
            Err(Unreadable) => return Reply::Drop,
            Ok(read) => read,
        };
        let is_within =
            |question: &Question<'_>| question.name.to_name_buf().is_within(self.origin());
        let zone = query
            .question
            .as_ref()
            .filter(|question| is_within(question));
        let zone = zone.map(|_| self);
        query.respond(fault, zone, buf)
    }
}

/// Writes an error response to a query, whatever of it can be read, or says to send nothing.
///
/// ```
/// use eaves_dns::{Rcode, zone::{Reply, Transport, refuse}};
///
/// let query = b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\x03www\0\0\x01\0\x01";
/// let mut buf = [0; 512];
/// let Reply::Send(answer) = refuse(query, Rcode::SERVFAIL, Transport::DATAGRAM, &mut buf) else {
///     unreachable!()
/// };
/// assert_eq!((answer.rcode, answer.len), (Rcode::SERVFAIL, query.len()));
/// ```
pub fn refuse(query: &[u8], rcode: Rcode, transport: Transport, buf: &mut [u8]) -> Reply {
    match Query::read(query, transport) {
        Err(Unreadable) => Reply::Drop,
        Ok((query, fault)) => query.respond(Some(fault.unwrap_or(rcode)), None, buf),
    }
}

/// Not a query, and not to be answered.
struct Unreadable;

/// Says whether nobody can ask for a type: NXNAME stands in lists of types only (RFC 9824 section 3.5),
/// OPT and TSIG belong to messages.
fn is_no_type(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::NXNAME | Rtype::OPT | Rtype::TSIG)
}

impl<'q> Query<'q> {
    /// Reads a query; with it, the response code it deserves if it cannot be answered.
    fn read(bytes: &'q [u8], transport: Transport) -> Result<(Self, Option<Rcode>), Unreadable> {
        let view = View::parse(bytes).map_err(|_| Unreadable)?;
        let header = view.header();
        if header.is_response() {
            return Err(Unreadable);
        }
        let question = view.question();
        let edns = view.edns();
        let fault = if header.opcode != Opcode::QUERY {
            Some(Rcode::NOTIMP)
        } else if view.counts()[0] != 1
            || !matches!(&question, Ok(Some(question)) if !is_no_type(question.rtype))
            || edns.is_err()
        {
            Some(Rcode::FORMERR)
        } else if matches!(edns, Ok(Some(edns)) if edns.version > 0) {
            Some(Rcode::BADVERS)
        } else {
            None
        };
        let edns = edns.ok().flatten();
        let query = Self {
            header,
            question: question.ok().flatten(),
            limit: transport.limit(edns.as_ref()),
            edns,
        };
        Ok((query, fault))
    }

    fn respond(&self, fault: Option<Rcode>, zone: Option<&Zone>, buf: &mut [u8]) -> Reply {
        match self.write(fault, zone, buf) {
            Ok(answer) => Reply::Send(answer),
            // The buffer has no room for header and question.
            Err(_) => Reply::Drop,
        }
    }

    fn write(
        &self,
        fault: Option<Rcode>,
        zone: Option<&Zone>,
        buf: &mut [u8],
    ) -> Result<Answer, BuildError> {
        let mut builder = Builder::new(buf, self.response_header())?;
        builder.limit(self.limit);
        if self.edns.is_some() {
            builder.reserve(Edns::default().len())?;
        }
        if let Some(question) = &self.question {
            builder.question(question)?;
        }
        let (mut builder, lookups) = match (fault.or_else(|| self.refusal()), zone, &self.question)
        {
            (None, Some(zone), Some(question)) => Writing::new(zone, builder).write(question)?,
            (fault, ..) => {
                builder.set_rcode(fault.unwrap_or(Rcode::REFUSED));
                (builder, 0)
            }
        };
        if let Some(edns) = &self.edns {
            builder.edns(&Edns {
                dnssec_ok: edns.dnssec_ok,
                ..Edns::default()
            })?;
        }
        let header = builder.header();
        Ok(Answer {
            len: builder.finish().len(),
            rcode: header.rcode,
            truncated: header.flags.contains(Flags::TC),
            lookups,
        })
    }

    /// Classes other than IN and transfers are not served.
    fn refusal(&self) -> Option<Rcode> {
        let question = self.question.as_ref()?;
        let is_transfer = matches!(question.rtype, Rtype::AXFR | Rtype::IXFR);
        (question.class != Class::IN || is_transfer).then_some(Rcode::REFUSED)
    }

    fn response_header(&self) -> Header {
        Header {
            flags: Flags::QR | self.header.flags.only(Flags::RD | Flags::CD),
            rcode: Rcode::NOERROR,
            ..self.header
        }
    }
}
