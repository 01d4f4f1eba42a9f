//! What may be wrong with a zone.

use core::{fmt, ops::Deref};

use eaves_common::{Error, ErrorKind};

use crate::{
    error::TextError,
    name::NameBuf,
    record::{Rtype, Ttl},
};

/// Something wrong with a zone, and where it stands.
///
/// ```
/// use eaves_dns::{NameBuf, zone::{Fault, Severity, Zone}};
///
/// let origin: NameBuf = "example.".parse()?;
/// let load = Zone::parse("$TTL 5\n@ NS ns\nns A 192.0.2.1\n", &origin);
/// assert!(load.zone.is_none());
/// assert_eq!(load.problems[0].fault, Fault::SoaCount(0));
/// assert_eq!(load.problems[0].severity(), Severity::Error);
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The file, as its scanner was told it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in octets, from 1.
    pub column: usize,
    /// The owner concerned.
    pub owner: Option<NameBuf>,
    /// The type concerned.
    pub rtype: Option<Rtype>,
    /// What is wrong.
    pub fault: Fault,
}

impl Problem {
    /// Says whether the zone can be served nonetheless.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.fault.severity()
    }

    /// Returns owner, type and fault, without the place.
    #[must_use]
    pub fn message(&self) -> impl fmt::Display + '_ {
        Message(self)
    }
}

struct Message<'p>(&'p Problem);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(owner) = &self.0.owner {
            match self.0.rtype {
                Some(rtype) => write!(f, "{owner} {rtype}: ")?,
                None => write!(f, "{owner}: ")?,
            }
        }
        self.0.fault.fmt(f)
    }
}

/// Prints `file:line:column: message`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line, column) = (&self.file, self.line, self.column);
        write!(f, "{file}:{line}:{column}: {}", self.message())
    }
}

/// How bad a problem is.
///
/// ```
/// use eaves_dns::zone::{Fault, Severity};
///
/// assert_eq!(Fault::OutOfZone.severity(), Severity::Warning);
/// assert_eq!(Severity::Warning.to_string(), "warning");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The zone is served nonetheless.
    Warning,
    /// The zone is not served.
    Error,
}

/// Prints `warning` or `error`.
impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// All that was found in a zone that cannot be served, warnings too, by file and line.
///
/// ```
/// use eaves_dns::{NameBuf, zone::Zone};
///
/// let origin: NameBuf = "example.".parse()?;
/// let problems = Zone::parse("$TTL 5\n@ NS ns\n@ A 192.0.2\n", &origin).into_result().unwrap_err();
/// assert!(problems.len() > 1);
/// assert!(problems.to_string().contains(":3:5: example. A: not an IPv4 address"));
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub(super) Vec<Problem>);

impl Deref for Problems {
    type Target = [Problem];

    fn deref(&self) -> &[Problem] {
        &self.0
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Prints a problem a line.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Problems {}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::with_source(ErrorKind::Invalid, "the zone cannot be served", problems)
    }
}

/// What is wrong.
///
/// ```
/// use eaves_dns::zone::Fault;
///
/// assert_eq!(Fault::NoNs.to_string(), "no NS at the apex");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Text that is no entry.
    #[error("{0}")]
    Syntax(TextError),
    /// A file that cannot be included.
    #[error("cannot include: {0}")]
    Include(String),
    /// Not one SOA at the apex.
    #[error("{0} SOA records at the apex, where one belongs")]
    SoaCount(usize),
    /// An SOA at a name other than the apex.
    #[error("SOA away from the apex")]
    SoaAway,
    /// No name server.
    #[error("no NS at the apex")]
    NoNs,
    /// A name server that is an alias (RFC 2181 section 10.3).
    #[error("name server {0} is a CNAME")]
    NsIsCname(NameBuf),
    /// A name server within the zone that has no address.
    #[error("name server {0} has no address in the zone")]
    NsWithoutAddress(NameBuf),
    /// A CNAME beside other records, or two of them (RFC 2181 section 10.1).
    #[error("CNAME and other data")]
    CnameAndOther,
    /// Several DNAMEs at a name (RFC 6672 section 2.4).
    #[error("more than one DNAME")]
    SeveralDnames,
    /// A DS at the apex, where it would be the parent's (RFC 4035 section 2.4).
    #[error("DS at the apex")]
    DsAtApex,
    /// A record of another class.
    #[error("record is not of class IN")]
    Class,
    /// A type that stands for no data, such as ANY or OPT.
    #[error("type cannot stand in a zone")]
    Meta,
    /// Rdata of several types in one `RRset`.
    #[error("rdata of another type")]
    MixedTypes,
    /// A name that is not within the zone; its record is left out.
    #[error("out of zone, left out")]
    OutOfZone,
    /// Records of one name and type with several TTLs; the first one's is taken.
    #[error("TTL differs from the RRset's {0}, which is taken")]
    TtlConflict(Ttl),
    /// A delegation to a server below it whose address is not there.
    #[error("no glue for name server {0}")]
    MissingGlue(NameBuf),
    /// An MX or SRV that leads to an alias (RFC 2181 section 10.3).
    #[error("target {0} is a CNAME")]
    TargetIsCname(NameBuf),
    /// An MX or SRV that leads to a name within the zone that has no address.
    #[error("target {0} has no address in the zone")]
    TargetWithoutAddress(NameBuf),
}

impl Fault {
    /// Says whether the zone can be served nonetheless.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::OutOfZone
            | Self::TtlConflict(_)
            | Self::MissingGlue(_)
            | Self::TargetIsCname(_)
            | Self::TargetWithoutAddress(_) => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(ErrorKind::Invalid, fault.to_string())
    }
}
