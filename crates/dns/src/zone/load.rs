//! Making a zone from records, with all that is wrong told at once.

use std::{collections::HashMap, rc::Rc};

use crate::{
    name::{Name, NameBuf},
    rdata::{Rdata, RdataBuf},
    record::{Class, Rtype, Ttl},
    zone::{
        RrsetView, Zone,
        find::Found,
        node::{Node, Rrset},
        problem::{Fault, Problem, Severity},
    },
    zonefile::{Entry, Scanned, Scanner},
};

/// Collects the records of a zone.
///
/// ```
/// use eaves_dns::{NameBuf, zone::Loader, zonefile::Scanner};
///
/// let origin: NameBuf = "example.".parse()?;
/// let text = b"$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 60\n@ NS ns\nns A 192.0.2.53\n";
/// let mut loader = Loader::new(&origin);
/// loader.scan(Scanner::new(text, &origin).file("example.zone"));
/// let load = loader.finish();
/// assert!(load.zone.is_some());
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Debug)]
pub struct Loader {
    origin: NameBuf,
    names: HashMap<NameBuf, Vec<Item>>,
    problems: Vec<Problem>,
    /// The file that what is missing is missing from.
    main_file: Option<Rc<str>>,
    /// How many files were included.
    included: usize,
}

/// A zone, if there is no error, and what was found wrong.
///
/// ```
/// use eaves_dns::{Name, zone::Zone};
///
/// assert!(Zone::parse("nonsense", Name::ROOT).into_result().is_err());
/// ```
#[derive(Debug)]
#[must_use]
pub struct Load {
    /// The zone, unless a problem is an error.
    pub zone: Option<Zone>,
    /// Errors and warnings, by file and line.
    pub problems: Vec<Problem>,
}

impl Load {
    /// Returns the zone, warnings left aside.
    ///
    /// # Errors
    /// With all problems, when one of them is an error.
    pub fn into_result(self) -> Result<Zone, Vec<Problem>> {
        self.zone.ok_or(self.problems)
    }
}

#[derive(Debug)]
struct Item {
    rtype: Rtype,
    ttl: Ttl,
    rdata: Box<[u8]>,
    place: Place,
}

/// Gives the text of an included file, or says why there is none.
pub type Include<'i> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'i;

/// How deep files may include one another.
const MAX_DEPTH: usize = 8;
/// How many files may be included: one that includes itself twice would otherwise do so without end, nearly.
const MAX_FILES: usize = 10_000;

#[derive(Clone, Debug, Default)]
struct Place {
    file: Rc<str>,
    line: usize,
    column: usize,
}

impl Loader {
    /// Starts an empty zone.
    #[must_use]
    pub fn new(origin: &Name) -> Self {
        Self {
            origin: origin.to_owned(),
            names: HashMap::new(),
            problems: Vec::new(),
            main_file: None,
            included: 0,
        }
    }

    /// Takes all records of a scanner; an `$INCLUDE` is an error here.
    pub fn scan(&mut self, scanner: Scanner<'_>) {
        self.scan_with(scanner, &mut |file| Err(format!("{file} is not at hand")));
    }

    /// Takes all records of a scanner; `include` gets the name of a file and returns its text.
    /// Files include one another at most eight deep, and are 10 000 at most.
    pub fn scan_with(&mut self, scanner: Scanner<'_>, include: &mut Include<'_>) {
        self.scan_nested(scanner, include, 0);
    }

    fn scan_nested(&mut self, mut scanner: Scanner<'_>, include: &mut Include<'_>, depth: usize) {
        let file: Rc<str> = scanner.file_name().into();
        self.main_file.get_or_insert_with(|| Rc::clone(&file));
        while let Some(entry) = scanner.next_entry() {
            match entry {
                Ok(Entry::Record(record)) => {
                    let place = Place::new(&file, record.line);
                    self.take(&record, place);
                }
                Ok(Entry::Include {
                    file: name,
                    origin,
                    line,
                }) => {
                    let text = self.count_file(depth).and_then(|()| include(&name));
                    match text {
                        Ok(text) => {
                            let inner = scanner.included(&text, &name, &origin);
                            self.scan_nested(inner, include, depth + 1);
                        }
                        Err(reason) => {
                            let place = Place::new(&file, line);
                            self.report(&place, None, None, Fault::Include(reason));
                        }
                    }
                }
                Err(error) => self.problems.push(error.into()),
            }
        }
    }

    /// Counts a file that is to be included from files so deep, or says why it is not.
    fn count_file(&mut self, depth: usize) -> Result<(), String> {
        if depth >= MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} deep"));
        }
        if self.included >= MAX_FILES {
            return Err(format!("more than {MAX_FILES} files"));
        }
        self.included += 1;
        Ok(())
    }

    /// Takes a record made by a program.
    pub fn add(&mut self, owner: &Name, ttl: Ttl, rdata: &RdataBuf) {
        let record = Scanned {
            owner,
            class: Class::IN,
            ttl,
            rtype: rdata.rtype(),
            rdata: rdata.as_wire(),
            line: 0,
        };
        self.take(&record, Place::default());
    }

    /// Checks the whole and makes the zone.
    pub fn finish(mut self) -> Load {
        self.check_apex();
        let mut places = HashMap::new();
        let mut nodes = HashMap::new();
        for (name, items) in core::mem::take(&mut self.names) {
            self.check_cname(&name, &items);
            self.check_alone(&name, &items);
            let node = self.node(&name, &items, &mut places);
            nodes.insert(name, node);
        }
        count_children(&self.origin, &mut nodes);
        let zone = Zone::from_nodes(self.origin.clone(), nodes);
        self.check_targets(&zone, &places);
        let order = |a: &Problem, b: &Problem| {
            (&a.file, a.line, a.column, &a.owner).cmp(&(&b.file, b.line, b.column, &b.owner))
        };
        self.problems.sort_by(order);
        let is_error = |problem: &Problem| problem.severity() == Severity::Error;
        let is_broken = self.problems.iter().any(is_error);
        Load {
            zone: (!is_broken).then_some(zone),
            problems: self.problems,
        }
    }

    fn take(&mut self, record: &Scanned<'_>, place: Place) {
        let fault = if record.class != Class::IN {
            Fault::Class
        } else if record.rtype.is_meta() {
            Fault::Meta
        } else if !record.owner.is_within(&self.origin) {
            Fault::OutOfZone
        } else if record.rtype == Rtype::SOA && *record.owner != *self.origin {
            Fault::SoaAway
        } else {
            let item = Item {
                rtype: record.rtype,
                ttl: record.ttl,
                rdata: record.rdata.into(),
                place,
            };
            match self.names.get_mut(record.owner) {
                Some(items) => items.push(item),
                None => drop(self.names.insert(record.owner.to_owned(), vec![item])),
            }
            return;
        };
        self.report(&place, Some(record.owner), Some(record.rtype), fault);
    }

    fn report(&mut self, place: &Place, owner: Option<&Name>, rtype: Option<Rtype>, fault: Fault) {
        self.problems.push(Problem {
            file: place.file.to_string(),
            line: place.line,
            column: place.column,
            owner: owner.map(ToOwned::to_owned),
            rtype,
            fault,
        });
    }

    /// The place of what is not there at all.
    fn start(&self) -> Place {
        Place::new(&self.main_file.clone().unwrap_or_default(), 1)
    }

    fn check_apex(&mut self) {
        let origin = self.origin.clone();
        let apex = self.names.get(&origin).map_or(&[][..], Vec::as_slice);
        // A record that stands twice is one (RFC 2181 section 5).
        let mut soas: Vec<&Item> = Vec::new();
        for item in apex.iter().filter(|item| item.rtype == Rtype::SOA) {
            if soas.iter().all(|known| known.rdata != item.rdata) {
                soas.push(item);
            }
        }
        let mut faults = Vec::new();
        if soas.len() != 1 {
            let place = soas
                .last()
                .map_or_else(|| self.start(), |item| item.place.clone());
            faults.push((place, Rtype::SOA, Fault::SoaCount(soas.len())));
        }
        if !apex.iter().any(|item| item.rtype == Rtype::NS) {
            let place = soas
                .last()
                .map_or_else(|| self.start(), |item| item.place.clone());
            faults.push((place, Rtype::NS, Fault::NoNs));
        }
        for (place, rtype, fault) in faults {
            self.report(&place, Some(&origin), Some(rtype), fault);
        }
    }

    /// A CNAME stands alone, but for what DNSSEC puts beside it (RFC 4035 section 2.5).
    fn check_cname(&mut self, name: &Name, items: &[Item]) {
        let Some(cname) = items.iter().find(|item| item.rtype == Rtype::CNAME) else {
            return;
        };
        let clash = items.iter().find(|item| {
            let is_same = item.rtype == Rtype::CNAME && item.rdata == cname.rdata;
            !is_same && !matches!(item.rtype.0, 25 | 46 | 47)
        });
        if let Some(item) = clash {
            // Told where the second of the two stands.
            let is_after = cname.place.line > item.place.line;
            let second = if is_after { cname } else { item };
            self.report(
                &second.place,
                Some(name),
                Some(second.rtype),
                Fault::CnameAndOther,
            );
        }
    }

    /// Reports a second DNAME, and a DS that belongs to the parent's zone.
    fn check_alone(&mut self, name: &Name, items: &[Item]) {
        let mut dnames = items.iter().filter(|item| item.rtype == Rtype::DNAME);
        if let Some(first) = dnames.next()
            && let Some(second) = dnames.find(|item| item.rdata != first.rdata)
        {
            let fault = Fault::SeveralDnames;
            self.report(&second.place, Some(name), Some(Rtype::DNAME), fault);
        }
        let ds = items.iter().find(|item| item.rtype == Rtype::DS);
        if let Some(ds) = ds.filter(|_| *name == *self.origin) {
            self.report(&ds.place, Some(name), Some(Rtype::DS), Fault::DsAtApex);
        }
    }

    /// Groups the records of a name by type, in the order in which they came.
    fn node(&mut self, name: &NameBuf, items: &[Item], places: &mut Places) -> Node {
        let mut node = Node::default();
        for first in items {
            if node.set(first.rtype).is_some() {
                continue;
            }
            let same = || items.iter().filter(|item| item.rtype == first.rtype);
            for item in same().filter(|item| item.ttl != first.ttl) {
                let fault = Fault::TtlConflict(first.ttl);
                self.report(&item.place, Some(name), Some(item.rtype), fault);
            }
            if matches!(first.rtype, Rtype::NS | Rtype::MX | Rtype::SRV) {
                let all = same().map(|item| item.place.clone()).collect();
                places.insert((name.clone(), first.rtype), all);
            }
            let rdatas = same().map(|item| &*item.rdata);
            node.sets.push(Rrset::new(first.rtype, first.ttl, rdatas));
        }
        node
    }

    fn check_targets(&mut self, zone: &Zone, places: &Places) {
        for ((owner, rtype), places) in places {
            let Some(set) = zone.node(owner).and_then(|node| node.set(*rtype)) else {
                continue;
            };
            for (view, place) in RrsetView(set).views().zip(places) {
                if let Some(fault) = check_target(zone, owner, &view) {
                    self.report(place, Some(owner), Some(*rtype), fault);
                }
            }
        }
    }
}

/// Where the records stand whose targets are checked.
type Places = HashMap<(NameBuf, Rtype), Vec<Place>>;

impl Place {
    fn new(file: &Rc<str>, line: usize) -> Self {
        Self {
            file: Rc::clone(file),
            line,
            column: 1,
        }
    }
}

/// Makes empty non-terminals, and counts for each name those right below it.
fn count_children(origin: &Name, nodes: &mut HashMap<NameBuf, Node>) {
    let mut left: Vec<NameBuf> = nodes.keys().cloned().collect();
    nodes.entry(origin.to_owned()).or_default();
    while let Some(name) = left.pop() {
        if *name == *origin {
            continue;
        }
        let Some(parent) = name.parent() else {
            continue;
        };
        match nodes.get_mut(parent) {
            Some(node) => node.children += 1,
            None => {
                let node = Node {
                    children: 1,
                    ..Node::default()
                };
                nodes.insert(parent.to_owned(), node);
                left.push(parent.to_owned());
            }
        }
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
    let node = match zone.find(&target).found {
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
        Found::Missing => None,
    };
    let is_alias = node.is_some_and(|node| node.set(Rtype::CNAME).is_some());
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

impl From<crate::zonefile::ZonefileError> for Problem {
    fn from(error: crate::zonefile::ZonefileError) -> Self {
        Self {
            file: error.file,
            line: error.line,
            column: error.column,
            owner: error.owner,
            rtype: error.rtype,
            fault: Fault::Syntax(error.reason),
        }
    }
}
