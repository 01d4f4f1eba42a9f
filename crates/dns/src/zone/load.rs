//! Making a zone from records, with all that is wrong told at once.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use crate::{
    name::{Name, NameBuf},
    rdata::RdataBuf,
    record::{Class, Rtype, Ttl},
    zone::{
        Zone,
        node::{Node, Rrset, is_same},
        problem::{Fault, Problem, Problems, Severity},
        targets::Targets,
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
    nodes: HashMap<NameBuf, Node>,
    /// The records whose targets are looked at once all names are there.
    targets: Targets,
    last_soa: Option<Place>,
    /// Names whose CNAME (true) or DNAME was reported.
    told: HashSet<(NameBuf, bool)>,
    problems: Vec<Problem>,
    /// The file that what is missing is missing from.
    main_file: Option<Rc<str>>,
    /// How many files were included.
    included: usize,
    /// How many octets they may still have.
    left_to_include: u64,
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
#[non_exhaustive]
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
    pub fn into_result(self) -> Result<Zone, Problems> {
        self.zone.ok_or(Problems(self.problems))
    }
}

/// Gives the text of an included file, or says why there is none.
pub type Include<'i> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'i;

/// How deep files may include one another.
const MAX_DEPTH: usize = 8;
/// How many files may be included: one that includes itself twice would otherwise do so without end, nearly.
const MAX_FILES: usize = 10_000;

/// How many octets included files may have together.
const MAX_OCTETS: u64 = 1 << 30;

/// Where a record stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
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
            nodes: HashMap::from([(origin.to_owned(), Node::default())]),
            targets: Targets::default(),
            last_soa: None,
            told: HashSet::new(),
            problems: Vec::new(),
            main_file: None,
            included: 0,
            left_to_include: MAX_OCTETS,
        }
    }

    /// Sets how many octets included files may have together, each counted as often as it is included. Usually
    /// there may be 2^30.
    #[must_use]
    pub fn include_limit(mut self, octets: u64) -> Self {
        self.left_to_include = octets;
        self
    }

    /// Takes all records of a scanner; an `$INCLUDE` is an error here.
    pub fn scan(&mut self, scanner: Scanner<'_>) {
        self.scan_with(scanner, &mut |file| Err(format!("{file} is not at hand")));
    }

    /// Takes all records of a scanner; `include` gets the name of a file and returns its text.
    /// Files include one another at most eight deep, and are 10 000 at most.
    pub fn scan_with(&mut self, mut scanner: Scanner<'_>, include: &mut Include<'_>) {
        self.scan_nested(&mut scanner, include, 0);
    }

    fn scan_nested(&mut self, scanner: &mut Scanner<'_>, include: &mut Include<'_>, depth: usize) {
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
                    match text.and_then(|text| self.count_octets(text)) {
                        Ok(text) => {
                            let mut inner = scanner.included(&text, &name, &origin);
                            self.scan_nested(&mut inner, include, depth + 1);
                            scanner.resume(&inner);
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

    /// Counts the octets of an included file, or says that they are too many.
    fn count_octets(&mut self, text: Vec<u8>) -> Result<Vec<u8>, String> {
        let left = self.left_to_include.checked_sub(text.len() as u64);
        self.left_to_include = left.ok_or("more octets than included files may have together")?;
        Ok(text)
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
        for node in self.nodes.values_mut() {
            node.sets.iter_mut().for_each(Rrset::finish);
        }
        self.check_apex();
        let zone = Zone::from_nodes(self.origin.clone(), core::mem::take(&mut self.nodes));
        let targets = core::mem::take(&mut self.targets);
        for (owner, rtype, place, fault) in targets.faults(&zone) {
            self.report(place, Some(owner), Some(rtype), fault);
        }
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
        let refused = if record.class != Class::IN {
            Some(Fault::Class)
        } else if record.rtype.is_meta() {
            Some(Fault::Meta)
        } else if !record.owner.is_within(&self.origin) {
            Some(Fault::OutOfZone)
        } else if record.rtype == Rtype::SOA && *record.owner != *self.origin {
            Some(Fault::SoaAway)
        } else {
            None
        };
        match refused {
            Some(fault) => self.report(&place, Some(record.owner), Some(record.rtype), fault),
            None => self.keep(record, place),
        }
    }

    /// Adds a record to its name, and reports what is wrong with it there.
    fn keep(&mut self, record: &Scanned<'_>, place: Place) {
        if !self.nodes.contains_key(record.owner) {
            self.grow(record.owner);
        }
        let Some(node) = self.nodes.get_mut(record.owner) else {
            return;
        };
        let faults = faults(node, record, &self.origin);
        let is_kept = node.push(record.rtype, record.ttl, record.rdata);
        for (fault, _) in faults.into_iter().filter(|(_, is_wrong)| *is_wrong) {
            let is_told_once = matches!(fault, Fault::CnameAndOther | Fault::SeveralDnames);
            let told = (record.owner.to_owned(), fault == Fault::CnameAndOther);
            if !is_told_once || self.told.insert(told) {
                self.report(&place, Some(record.owner), Some(record.rtype), fault);
            }
        }
        if is_kept && record.rtype == Rtype::SOA {
            self.last_soa = Some(place);
        } else if is_kept && Targets::concern(record.rtype) {
            self.targets.push(record, place);
        }
    }

    /// Makes a name and the empty non-terminals above it, and counts for each those right below.
    fn grow(&mut self, owner: &Name) {
        self.nodes.insert(owner.to_owned(), Node::default());
        let mut below = owner;
        while *below != *self.origin
            && let Some(parent) = below.parent()
        {
            if let Some(node) = self.nodes.get_mut(parent) {
                node.children += 1;
                return;
            }
            let children = 1;
            let node = Node {
                children,
                ..Node::default()
            };
            self.nodes.insert(parent.to_owned(), node);
            below = parent;
        }
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
        let apex = self.nodes.get(&self.origin);
        let soas = apex.and_then(|apex| apex.set(Rtype::SOA));
        // A record that stands twice is one (RFC 2181 section 5).
        let soas = soas.map_or(0, |set| set.rdatas().count());
        let has_ns = apex.is_some_and(|apex| apex.set(Rtype::NS).is_some());
        let place = self.last_soa.clone().unwrap_or_else(|| self.start());
        let origin = self.origin.clone();
        if soas != 1 {
            let fault = Fault::SoaCount(soas);
            self.report(&place, Some(&origin), Some(Rtype::SOA), fault);
        }
        if !has_ns {
            self.report(&place, Some(&origin), Some(Rtype::NS), Fault::NoNs);
        }
    }
}

impl Place {
    fn new(file: &Rc<str>, line: usize) -> Self {
        Self {
            file: Rc::clone(file),
            line,
            column: 1,
        }
    }
}

/// What is wrong with a record beside those that its name has already. The first, CNAME and DNAME, are
/// told once a name.
fn faults(node: &Node, record: &Scanned<'_>, origin: &Name) -> [(Fault, bool); 4] {
    let same = node.set(record.rtype);
    let is_other = || {
        let first = same.and_then(|set| set.rdatas().next());
        first.is_some_and(|first| !is_same(record.rtype, first, record.rdata))
    };
    // A CNAME stands alone, but for what DNSSEC puts beside it (RFC 4035 section 2.5).
    let may_stand_beside = |rtype: Rtype| matches!(rtype.0, 25 | 46 | 47);
    let clash = match record.rtype {
        Rtype::CNAME => {
            let mut rtypes = node.sets.iter().map(|set| set.rtype);
            is_other() || rtypes.any(|rtype| rtype != Rtype::CNAME && !may_stand_beside(rtype))
        }
        rtype => !may_stand_beside(rtype) && node.set(Rtype::CNAME).is_some(),
    };
    let is_ds = record.rtype == Rtype::DS && same.is_none();
    let ttl = same.map_or(record.ttl, |set| set.ttl);
    [
        (Fault::CnameAndOther, clash),
        (
            Fault::SeveralDnames,
            record.rtype == Rtype::DNAME && is_other(),
        ),
        (Fault::DsAtApex, is_ds && *record.owner == *origin),
        (Fault::TtlConflict(ttl), ttl != record.ttl),
    ]
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
