//! The zone itself and its versions.

use std::{collections::HashMap, sync::Arc};

use crate::{
    name::{Name, NameBuf},
    rdata::{Rdata, RdataBuf},
    record::{Rtype, Ttl},
    wire::Reader,
    zone::{
        load::{Load, Loader},
        node::{Node, Rrset},
        problem::Fault,
    },
    zonefile::Scanner,
};

/// How many changed names a version keeps beside its base before both are joined.
const MAX_CHANGES: usize = 256;

/// An immutable zone; cloning it costs two reference counts.
///
/// ```
/// use eaves_dns::{NameBuf, Rtype, zone::Zone};
///
/// let text = "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 60\n@ NS ns\nns A 192.0.2.53\n";
/// let origin: NameBuf = "example.".parse().unwrap();
/// let zone = Zone::parse(text, &origin).into_result().unwrap();
/// assert_eq!(zone.serial(), 1);
/// assert_eq!(zone.rrset(&"ns.example.".parse::<NameBuf>().unwrap(), Rtype::A).unwrap().len(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Zone {
    base: Arc<Base>,
    /// Names that differ from the base; `None` where a name is gone.
    changes: Arc<HashMap<NameBuf, Option<Arc<Node>>>>,
}

#[derive(Debug)]
struct Base {
    origin: NameBuf,
    nodes: HashMap<NameBuf, Node>,
}

/// An `RRset` to be put in place of another.
///
/// ```
/// use eaves_dns::{NameBuf, Rtype, Ttl, zone::Change};
///
/// let name: NameBuf = "www.example.".parse()?;
/// let gone = Change { name: &name, rtype: Rtype::A, ttl: Ttl::ZERO, rdata: &[] };
/// assert!(gone.rdata.is_empty());
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Change<'c> {
    /// The owner.
    pub name: &'c Name,
    /// The type.
    pub rtype: Rtype,
    /// The time to live.
    pub ttl: Ttl,
    /// The rdata, all of `rtype`; none removes the `RRset`.
    pub rdata: &'c [RdataBuf],
}

impl Zone {
    /// Reads a zone from text without `$INCLUDE`; see [`Loader`] for zones of several files.
    pub fn parse(text: &str, origin: &Name) -> Load {
        let mut loader = Loader::new(origin);
        loader.scan(Scanner::new(text.as_bytes(), origin));
        loader.finish()
    }

    pub(crate) fn from_nodes(origin: NameBuf, nodes: HashMap<NameBuf, Node>) -> Self {
        Self {
            base: Arc::new(Base { origin, nodes }),
            changes: Arc::default(),
        }
    }

    /// Returns the name of the zone's apex.
    #[must_use]
    pub fn origin(&self) -> &Name {
        &self.base.origin
    }

    /// Returns the SOA's serial.
    #[must_use]
    pub fn serial(&self) -> u32 {
        let soa = self.rrset(self.origin(), Rtype::SOA);
        match soa.and_then(|soa| soa.views().next()) {
            Some(Rdata::Soa(soa)) => soa.serial,
            _ => 0,
        }
    }

    /// Returns the records of a name and type, glue included.
    #[must_use]
    pub fn rrset(&self, name: &Name, rtype: Rtype) -> Option<RrsetView<'_>> {
        self.node(name)?.set(rtype).map(RrsetView)
    }

    /// Walks over all names in canonical order with their types. Costs a sort.
    pub fn names(&self) -> impl Iterator<Item = (&Name, impl Iterator<Item = RrsetView<'_>>)> {
        let unchanged = self.base.nodes.iter();
        let unchanged = unchanged.filter(|(name, _)| !self.changes.contains_key(*name));
        let changed = self.changes.iter();
        let changed = changed.filter_map(|(name, node)| Some((name, &**node.as_ref()?)));
        let mut all: Vec<_> = unchanged.chain(changed).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all.into_iter()
            .map(|(name, node)| (&**name, node.sets.iter().map(RrsetView)))
    }

    /// Makes a version of the zone in which one `RRset` is another, or none. All that does not
    /// change is shared; the cost is that of the names changed since the zone was loaded, of
    /// which at most 256 are kept apart before they are joined with the rest.
    ///
    /// # Errors
    /// When the name is not within the zone, rdata is of another type, a CNAME would stand beside
    /// other data, or the apex would lose its SOA or its NS.
    pub fn with_rrset(&self, change: &Change<'_>) -> Result<Self, Fault> {
        self.check(change)?;
        let mut next = self.clone();
        let rdatas = change.rdata.iter().map(RdataBuf::as_wire);
        let is_kept = !change.rdata.is_empty();
        let set = is_kept.then(|| Rrset::new(change.rtype, change.ttl, rdatas));
        if next.node(change.name).is_none() {
            next.grow(change.name);
        }
        next.edit(change.name, |node| node.replace(change.rtype, set));
        next.prune(change.name);
        if next.changes.len() > MAX_CHANGES {
            next.join();
        }
        Ok(next)
    }

    #[inline]
    pub(crate) fn node(&self, name: &Name) -> Option<&Node> {
        if !self.changes.is_empty()
            && let Some(changed) = self.changes.get(name)
        {
            return changed.as_deref();
        }
        self.base.nodes.get(name)
    }

    fn check(&self, change: &Change<'_>) -> Result<(), Fault> {
        if !change.name.is_within(self.origin()) {
            return Err(Fault::OutOfZone);
        }
        if change
            .rdata
            .iter()
            .any(|rdata| rdata.rtype() != change.rtype)
        {
            return Err(Fault::MixedTypes);
        }
        let is_apex = change.name == self.origin();
        if is_apex && change.rtype == Rtype::SOA && change.rdata.len() != 1 {
            return Err(Fault::SoaCount(change.rdata.len()));
        }
        if is_apex && change.rtype == Rtype::NS && change.rdata.is_empty() {
            return Err(Fault::NoNs);
        }
        let others = self.node(change.name).map_or(&[][..], |node| &node.sets);
        let clash = |set: &Rrset| {
            set.rtype != change.rtype && (change.rtype == Rtype::CNAME || set.rtype == Rtype::CNAME)
        };
        let is_alone = change.rtype != Rtype::CNAME || change.rdata.len() < 2;
        if !change.rdata.is_empty() && (!is_alone || others.iter().any(clash)) {
            return Err(Fault::CnameAndOther);
        }
        Ok(())
    }

    fn edit(&mut self, name: &Name, edit: impl FnOnce(&mut Node)) {
        let mut node = self.node(name).cloned().unwrap_or_default();
        edit(&mut node);
        let changes = Arc::make_mut(&mut self.changes);
        changes.insert(name.to_owned(), Some(Arc::new(node)));
    }

    /// Counts a name that was not there at its parent, and makes the empty non-terminals above it.
    fn grow(&mut self, name: &Name) {
        let mut below = name;
        while below != self.origin() {
            let Some(parent) = below.parent() else { return };
            let was_there = self.node(parent).is_some();
            self.edit(parent, |node| node.children += 1);
            if was_there {
                return;
            }
            below = parent;
        }
    }

    /// Takes names away that hold nothing any more, from `name` upwards.
    fn prune(&mut self, name: &Name) {
        let mut at = name;
        while at != self.origin() && self.node(at).is_some_and(Node::is_empty) {
            Arc::make_mut(&mut self.changes).insert(at.to_owned(), None);
            let Some(parent) = at.parent() else { return };
            self.edit(parent, |node| node.children -= 1);
            at = parent;
        }
    }

    /// Joins base and changes into one base: linear in the zone, once in many changes.
    fn join(&mut self) {
        let mut nodes = self.base.nodes.clone();
        for (name, node) in &*self.changes {
            match node {
                Some(node) => nodes.insert(name.clone(), (**node).clone()),
                None => nodes.remove(name),
            };
        }
        *self = Self::from_nodes(self.base.origin.clone(), nodes);
    }
}

/// The records of one name and type.
///
/// ```
/// use eaves_dns::{Name, Rtype, zone::Zone};
///
/// let text = "$TTL 300\n. SOA ns admin 1 7200 3600 1209600 60\n. NS ns\nns A 192.0.2.53\n";
/// let zone = Zone::parse(text, Name::ROOT).into_result().unwrap();
/// let servers = zone.rrset(Name::ROOT, Rtype::NS).unwrap();
/// assert_eq!((servers.rtype(), servers.ttl().as_secs(), servers.len()), (Rtype::NS, 300, 1));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RrsetView<'z>(pub(crate) &'z Rrset);

impl<'z> RrsetView<'z> {
    /// Returns the type.
    #[must_use]
    pub fn rtype(&self) -> Rtype {
        self.0.rtype
    }

    /// Returns the time to live.
    #[must_use]
    pub fn ttl(&self) -> Ttl {
        self.0.ttl
    }

    /// Returns how many records there are.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "no RRset is empty")]
    pub fn len(&self) -> usize {
        self.0.rdatas().count()
    }

    /// Walks over the rdata in uncompressed wire form.
    pub fn rdatas(&self) -> impl Iterator<Item = &'z [u8]> + use<'z> {
        self.0.rdatas()
    }

    /// Walks over the typed rdata.
    pub fn views(&self) -> impl Iterator<Item = Rdata<'z>> + use<'z> {
        let rtype = self.0.rtype;
        let read = move |rdata: &'z [u8]| Rdata::read(rtype, Reader::new(rdata)).ok();
        self.0.rdatas().filter_map(read)
    }
}
