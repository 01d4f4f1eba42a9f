//! Answering a question from a zone, straight into the caller's buffer.

use crate::{
    edns::Edns,
    error::BuildError,
    message::{Builder, Flags, Head, Question, Rcode, Section},
    name::{Name, NameBuf, NameRef},
    rdata::{Cname, Rdata},
    record::{Class, Rtype, Ttl},
    zone::{
        RrsetView, Zone,
        find::Found,
        node::{Node, Rrset},
    },
};

/// How many aliases are followed before the answer is left as it is.
const MAX_ALIASES: usize = 8;
/// How many targets of an `RRset` get their addresses added.
const MAX_TARGETS: usize = 32;

/// What carries the answer, which says how large it may be.
///
/// ```
/// use eaves_dns::{edns::Edns, zone::Transport};
///
/// assert_eq!(Transport::DATAGRAM.limit(None), 512);
/// let edns = Edns { udp_size: 4096, ..Edns::default() };
/// assert_eq!(Transport::DATAGRAM.limit(Some(&edns)), 1232);
/// assert_eq!(Transport::Stream.limit(None), 65535);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// UDP: 512 octets, or what the client takes, but no more than this.
    Datagram {
        /// The most that is sent whatever the client takes.
        max: u16,
    },
    /// TCP, TLS, HTTPS, QUIC.
    Stream,
}

impl Transport {
    /// UDP up to a size that is not fragmented on common paths.
    pub const DATAGRAM: Self = Self::Datagram {
        max: Edns::SAFE_UDP_SIZE,
    };

    /// Returns how large an answer may be for a client that sent `edns`.
    #[must_use]
    pub fn limit(self, edns: Option<&Edns<'_>>) -> usize {
        match self {
            Self::Datagram { max } => {
                let wanted = edns.map_or(512, |edns| edns.udp_size);
                usize::from(wanted.clamp(512, max.max(512)))
            }
            Self::Stream => usize::from(u16::MAX),
        }
    }
}

/// An answer that was written, and what it says.
///
/// ```
/// use eaves_dns::{NameBuf, Rcode, zone::{Reply, Transport, Zone, Zones}};
///
/// let origin: NameBuf = "example.".parse()?;
/// let text = "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 60\n@ NS ns\nns A 192.0.2.53\n";
/// let zones: Zones = [Zone::parse(text, &origin).into_result()?].into_iter().collect();
///
/// let query = b"\0\x07\0\0\0\x01\0\0\0\0\0\0\x02ns\x07example\0\0\x01\0\x01";
/// let mut buf = [0; 512];
/// let Reply::Send(answer) = zones.respond(query, Transport::DATAGRAM, &mut buf) else {
///     panic!("a query is answered");
/// };
/// assert_eq!((answer.len, answer.rcode, answer.truncated), (44, Rcode::NOERROR, false));
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Answer {
    /// How many octets of the buffer it fills.
    pub len: usize,
    /// The response code, EDNS's bits included.
    pub rcode: Rcode,
    /// The client should ask again over a stream.
    pub truncated: bool,
    /// How many names were looked up: depends on the question's labels, not on the zone's size.
    pub lookups: u32,
}

/// An answer being written.
pub(crate) struct Writing<'z, 'b> {
    zone: &'z Zone,
    builder: Builder<'b>,
    truncated: bool,
    lookups: u32,
}

/// Whether an `RRset` was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    Enough,
    TooLittle,
}

impl<'z, 'b> Writing<'z, 'b> {
    /// Goes on after the question was written.
    pub(crate) fn new(zone: &'z Zone, builder: Builder<'b>) -> Self {
        Self {
            zone,
            builder,
            truncated: false,
            lookups: 0,
        }
    }

    /// Follows RFC 1034 section 4.3.2 and hands the builder back.
    pub(crate) fn write(
        mut self,
        question: &Question<'_>,
    ) -> Result<(Builder<'b>, u32), BuildError> {
        let mut name = question.name.to_name_buf();
        for hop in 0..=MAX_ALIASES {
            match self.step(&name, question.rtype, hop)? {
                Some(next) if next.is_within(self.zone.origin()) => name = next,
                _ => break,
            }
        }
        if self.truncated {
            let flags = self.builder.header().flags | Flags::TC;
            self.builder.set_flags(flags);
        }
        Ok((self.builder, self.lookups))
    }

    /// Writes what the zone says of one name; returns the name to go on with, if it is an alias.
    fn step(
        &mut self,
        name: &Name,
        rtype: Rtype,
        hop: usize,
    ) -> Result<Option<NameBuf>, BuildError> {
        let search = self.zone.find(name);
        self.lookups += search.lookups;
        let node = match search.found {
            Found::Cut(cut, node) if rtype != Rtype::DS || cut != name => {
                self.refer(cut, node, hop)?;
                return Ok(None);
            }
            Found::Redirected(owner, dname) => {
                self.authoritative(hop);
                let target = self.redirect(name, owner, dname)?;
                // Who asks for the alias has it.
                return Ok(target.filter(|_| rtype != Rtype::CNAME));
            }
            Found::Cut(_, node) | Found::Name(node) | Found::Wildcard(node) => node,
            Found::Missing => {
                self.builder.set_rcode(Rcode::NXDOMAIN);
                self.authoritative(hop);
                self.deny()?;
                return Ok(None);
            }
        };
        self.authoritative(hop);
        self.answer(name, node, rtype)
    }

    fn answer(
        &mut self,
        name: &Name,
        node: &Node,
        rtype: Rtype,
    ) -> Result<Option<NameBuf>, BuildError> {
        if rtype != Rtype::CNAME
            && rtype != Rtype::ANY
            && let Some(alias) = node.set(Rtype::CNAME)
        {
            let room = self.put(Section::Answer, name, alias)?;
            self.truncated |= room == Room::TooLittle;
            return Ok(match RrsetView(alias).views().next() {
                Some(Rdata::Cname(cname)) if room == Room::Enough => {
                    Some(cname.target.to_name_buf())
                }
                _ => None,
            });
        }
        // One RRset is an answer to ANY (RFC 8482 section 4.1).
        let set = match rtype {
            Rtype::ANY => node.sets.first(),
            _ => node.set(rtype),
        };
        let Some(set) = set else {
            self.deny()?;
            return Ok(None);
        };
        match self.put(Section::Answer, name, set)? {
            Room::Enough => self.add_addresses(set, None)?,
            Room::TooLittle => self.truncated = true,
        }
        Ok(None)
    }

    /// Answers with a DNAME and the CNAME that follows from it (RFC 6672 section 3.2); returns where that
    /// leads. A name that becomes too long is a name there cannot be (section 2.2).
    fn redirect(
        &mut self,
        name: &Name,
        owner: &Name,
        dname: &Rrset,
    ) -> Result<Option<NameBuf>, BuildError> {
        let mark = self.builder.mark();
        let room = self.put(Section::Answer, owner, dname)?;
        let Some(Rdata::Dname(view)) = RrsetView(dname).views().next() else {
            return Ok(None);
        };
        if room == Room::TooLittle {
            self.truncated = true;
            return Ok(None);
        }
        let Some(target) = moved(name, owner, &view.target.to_name_buf()) else {
            self.builder.set_rcode(Rcode::YXDOMAIN);
            return Ok(None);
        };
        let alias = Rdata::Cname(Cname {
            target: (&target).into(),
        });
        match self
            .builder
            .push(Section::Answer, name, Class::IN, dname.ttl, &alias)
        {
            Ok(()) => Ok(Some(target)),
            Err(BuildError::Full { .. } | BuildError::Count) => {
                self.builder.rewind(mark);
                self.truncated = true;
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// AA speaks of the first owner name in the answer (RFC 1035 section 4.1.1).
    fn authoritative(&mut self, hop: usize) {
        if hop == 0 {
            let flags = self.builder.header().flags | Flags::AA;
            self.builder.set_flags(flags);
        }
    }

    /// Refers to the servers of a zone below.
    fn refer(&mut self, cut: &Name, node: &Node, hop: usize) -> Result<(), BuildError> {
        debug_assert!(hop <= MAX_ALIASES, "aliases are bounded");
        let Some(servers) = node.set(Rtype::NS) else {
            return Ok(());
        };
        match self.put(Section::Authority, cut, servers)? {
            Room::Enough => self.add_addresses(servers, Some(cut)),
            Room::TooLittle => {
                self.truncated = true;
                Ok(())
            }
        }
    }

    /// Adds the SOA that says how long "no" lasts (RFC 2308 sections 3 and 5).
    fn deny(&mut self) -> Result<(), BuildError> {
        let origin = self.zone.origin();
        let apex = self.zone.node(origin);
        let Some(soa) = apex.and_then(|apex| apex.set(Rtype::SOA)) else {
            return Ok(());
        };
        let ttl = match RrsetView(soa).views().next() {
            Some(Rdata::Soa(view)) => soa.ttl.min(Ttl::from_wire(view.minimum)),
            _ => soa.ttl,
        };
        let room = self.put_with_ttl(Section::Authority, origin, soa, ttl)?;
        self.truncated |= room == Room::TooLittle;
        Ok(())
    }

    /// Adds addresses of the hosts that `set` names. Those below a cut are glue, without which a
    /// referral is of no use: if they do not fit, it is truncated (RFC 9471 section 3.1).
    fn add_addresses(&mut self, set: &Rrset, cut: Option<&Name>) -> Result<(), BuildError> {
        if !matches!(set.rtype, Rtype::NS | Rtype::MX | Rtype::SRV) {
            return Ok(());
        }
        for view in RrsetView(set).views().take(MAX_TARGETS) {
            let Some(target) = host_of(&view).and_then(|host| host.as_name()) else {
                continue;
            };
            if !target.is_within(self.zone.origin()) {
                continue;
            }
            self.lookups += 1;
            let is_needed = cut.is_some_and(|cut| target.is_within(cut));
            let Some(node) = self.zone.node(target) else {
                continue;
            };
            for rtype in [Rtype::A, Rtype::AAAA] {
                let Some(addresses) = node.set(rtype) else {
                    continue;
                };
                let room = self.put(Section::Additional, target, addresses)?;
                self.truncated |= is_needed && room == Room::TooLittle;
            }
        }
        Ok(())
    }

    fn put(&mut self, section: Section, owner: &Name, set: &Rrset) -> Result<Room, BuildError> {
        self.put_with_ttl(section, owner, set, set.ttl)
    }

    /// Writes an `RRset` whole or not at all (RFC 2181 section 9).
    fn put_with_ttl(
        &mut self,
        section: Section,
        owner: &Name,
        set: &Rrset,
        ttl: Ttl,
    ) -> Result<Room, BuildError> {
        let head = Head {
            name: owner.into(),
            rtype: set.rtype,
            class: Class::IN,
            ttl,
        };
        let mark = self.builder.mark();
        for rdata in set.rdatas() {
            match self.builder.push_wire(section, &head, rdata) {
                Ok(()) => {}
                Err(BuildError::Full { .. } | BuildError::Count) => {
                    self.builder.rewind(mark);
                    return Ok(Room::TooLittle);
                }
                Err(other) => return Err(other),
            }
        }
        Ok(Room::Enough)
    }
}

/// Puts `target` in the place of `owner`, within which `name` lies.
fn moved(name: &Name, owner: &Name, target: &Name) -> Option<NameBuf> {
    let own = name.as_wire().len() - owner.as_wire().len();
    NameBuf::from_wire(&[&name.as_wire()[..own], target.as_wire()].concat()).ok()
}

fn host_of<'v>(view: &Rdata<'v>) -> Option<NameRef<'v>> {
    match view {
        Rdata::Ns(ns) => Some(ns.server),
        Rdata::Mx(mx) => Some(mx.exchange),
        Rdata::Srv(srv) => Some(srv.target),
        _ => None,
    }
}
