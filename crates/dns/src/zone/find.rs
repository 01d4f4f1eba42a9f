//! Finding what a zone says of a name (RFC 1034 section 4.3.2, RFC 4592).

use crate::{
    name::{Name, NameBuf},
    record::Rtype,
    zone::{
        Zone,
        node::{Node, Rrset},
    },
};

/// What a zone has at a name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'z, 'n> {
    /// The name itself; without records, it is an empty non-terminal.
    Name(&'z Node),
    /// The name is made up by a wildcard.
    Wildcard(&'z Node),
    /// The name is, or lies below, one that is delegated.
    Cut(&'n Name, &'z Node),
    /// The name lies below one whose subtree is elsewhere.
    Redirected(&'n Name, &'z Rrset),
    /// There is no such name.
    Missing,
}

/// A search and how many names it looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'z, 'n> {
    pub(crate) found: Found<'z, 'n>,
    pub(crate) lookups: u32,
}

impl Zone {
    /// Goes down from the apex, one look-up per label, to the name or to what stops it: a cut, or
    /// a name that is not there. The name lies within the zone. So no search costs more than the name's labels and a wildcard.
    pub(crate) fn find<'n>(&self, name: &'n Name) -> Search<'_, 'n> {
        let mut starts = [0_u8; 128];
        let below = self.labels_below(name, &mut starts);
        let mut lookups = 1;
        let mut node = self.node(self.origin());
        let above = name.as_wire().len() - self.origin().as_wire().len();
        let mut encloser = Name::cast(&name.as_wire()[above..]);
        for &start in below.iter().rev() {
            if let Some(dname) = node.and_then(|node| node.set(Rtype::DNAME)) {
                let found = Found::Redirected(encloser, dname);
                return Search { found, lookups };
            }
            let at = Name::cast(&name.as_wire()[usize::from(start)..]);
            lookups += 1;
            let Some(next) = self.node(at) else {
                return Search {
                    found: self.wildcard(encloser),
                    lookups: lookups + 1,
                };
            };
            if next.set(Rtype::NS).is_some() {
                return Search {
                    found: Found::Cut(at, next),
                    lookups,
                };
            }
            (node, encloser) = (Some(next), at);
        }
        Search {
            found: node.map_or(Found::Missing, Found::Name),
            lookups,
        }
    }

    /// The wildcard below the closest encloser, the only one that may answer (RFC 4592 section
    /// 3.3.1): a name in between, empty or not, keeps those above it out.
    fn wildcard<'n>(&self, encloser: &Name) -> Found<'_, 'n> {
        let Ok(name) = NameBuf::child(b"*", encloser) else {
            return Found::Missing;
        };
        self.node(&name).map_or(Found::Missing, Found::Wildcard)
    }

    /// The offsets of those labels of `name` that stand below the apex.
    fn labels_below<'s>(&self, name: &Name, starts: &'s mut [u8; 128]) -> &'s [u8] {
        let skip = name
            .as_wire()
            .len()
            .saturating_sub(self.origin().as_wire().len());
        let (mut at, mut count) = (0, 0);
        for label in name.labels() {
            if at >= skip {
                break;
            }
            starts[count] = at as u8;
            count += 1;
            at += 1 + label.len();
        }
        &starts[..count]
    }
}
