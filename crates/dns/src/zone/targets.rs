//! Servers and hosts that records lead to: whether they are names that may be led to, with addresses.

use crate::{
    name::Name,
    rdata::Rdata,
    record::Rtype,
    wire::Reader,
    zone::{Zone, find::Found, load::Place, node::Node, problem::Fault},
    zonefile::Scanned,
};

/// The records that lead to names, in little room: there may be as many as a zone has records.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// Owners and rdata, one after another.
    octets: Vec<u8>,
    records: Vec<Record>,
}

#[derive(Debug)]
struct Record {
    rtype: Rtype,
    owner: u8,
    rdata: u16,
    place: Place,
}

impl Targets {
    /// Says whether records of the type are looked at.
    pub(super) fn concern(rtype: Rtype) -> bool {
        matches!(rtype, Rtype::NS | Rtype::MX | Rtype::SRV)
    }

    /// Adds a record.
    pub(super) fn push(&mut self, record: &Scanned<'_>, place: Place) {
        let owner = record.owner.as_wire();
        self.octets.extend_from_slice(owner);
        self.octets.extend_from_slice(record.rdata);
        self.records.push(Record {
            rtype: record.rtype,
            owner: owner.len() as u8,
            rdata: record.rdata.len() as u16,
            place,
        });
    }

    /// Looks at all: what is wrong, with owner, type and place.
    pub(super) fn faults(
        &self,
        zone: &Zone,
    ) -> impl Iterator<Item = (&Name, Rtype, &Place, Fault)> {
        let mut octets = &self.octets[..];
        self.records.iter().filter_map(move |record| {
            let (owner, rest) = octets.split_at_checked(record.owner.into())?;
            let (rdata, rest) = rest.split_at_checked(record.rdata.into())?;
            octets = rest;
            let owner = Name::cast(owner);
            let view = Rdata::read(record.rtype, Reader::new(rdata)).ok()?;
            let fault = check_target(zone, owner, &view)?;
            Some((owner, record.rtype, &record.place, fault))
        })
    }
}

fn check_target(zone: &Zone, owner: &Name, view: &Rdata<'_>) -> Option<Fault> {
    let (target, is_server) = match view {
        Rdata::Ns(ns) => (ns.server, true),
        Rdata::Mx(mx) => (mx.exchange, false),
        Rdata::Srv(srv) => (srv.target, false),
        _ => return None,
    };
    let target = target.to_name_buf();
    if target.is_root() || !target.is_within(zone.origin()) {
        return None;
    }
    let is_delegation = is_server && owner != zone.origin();
    let found = zone.find(&target).found;
    let node = match found {
        Found::Name(node) | Found::Wildcard(node) => Some(node),
        Found::Cut(cut, _) if is_server && (!is_delegation || target.is_within(owner)) => {
            let glue = zone.node(&target);
            let has_glue = glue.is_some_and(has_address);
            return (!has_glue).then(|| match cut == owner {
                true => Fault::MissingGlue(target.clone()),
                false => Fault::NsWithoutAddress(target.clone()),
            });
        }
        Found::Cut(..) => return None,
        Found::Missing | Found::Redirected(..) => None,
    };
    // Below a DNAME all names are aliases.
    let is_alias = matches!(found, Found::Redirected(..))
        || node.is_some_and(|node| node.set(Rtype::CNAME).is_some());
    match (is_server, is_alias, node.is_some_and(has_address)) {
        (true, true, _) => Some(Fault::NsIsCname(target)),
        (false, true, _) => Some(Fault::TargetIsCname(target)),
        (_, _, true) => None,
        (true, ..) => Some(Fault::NsWithoutAddress(target)),
        (false, ..) => Some(Fault::TargetWithoutAddress(target)),
    }
}

fn has_address(node: &Node) -> bool {
    node.set(Rtype::A).is_some() || node.set(Rtype::AAAA).is_some()
}
