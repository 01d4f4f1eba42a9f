//! Dynamic updates (RFC 2136): prerequisites and changes as types. Class and empty rdata say on the
//! wire what is meant; here it is said by name.

use crate::{
    error::{BuildError, WireError},
    message::{Builder, Head, Opcode, Question, Record, Records, Section, View},
    name::NameRef,
    rdata::RdataBuf,
    record::{Class, Rtype, Ttl},
};

/// A received update.
///
/// ```
/// use eaves_dns::{Builder, Class, Header, NameBuf, Opcode, Question, Rtype, View};
/// use eaves_dns::update::{Prerequisite, Update};
///
/// let zone: NameBuf = "example.".parse()?;
/// let mut buf = [0; 512];
/// let header = Header { opcode: Opcode::UPDATE, ..Header::default() };
/// let mut builder = Builder::new(&mut buf, header)?;
/// builder.question(&Question::new(&zone, Rtype::SOA))?;
/// let wanted = Prerequisite::NameInUse { name: (&zone).into() };
/// wanted.push(&mut builder, Class::IN)?;
///
/// let update = Update::read(View::parse(builder.finish())?)?;
/// assert_eq!(update.prerequisites()?.next().unwrap()?, wanted);
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Update<'a> {
    view: View<'a>,
    zone: Question<'a>,
}

/// What must hold before an update is made (section 2.4).
///
/// ```
/// use eaves_dns::{Name, Rtype, update::Prerequisite};
///
/// let prerequisite = Prerequisite::RrsetExists { name: Name::ROOT.into(), rtype: Rtype::NS };
/// assert_ne!(prerequisite, Prerequisite::NameInUse { name: Name::ROOT.into() });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prerequisite<'a> {
    /// There is a record of the type.
    RrsetExists {
        /// The owner.
        name: NameRef<'a>,
        /// The type.
        rtype: Rtype,
    },
    /// There is this record; all those of one name and type are the whole `RRset`.
    RecordExists {
        /// The owner.
        name: NameRef<'a>,
        /// The rdata.
        rdata: RdataBuf,
    },
    /// There is no record of the type.
    RrsetMissing {
        /// The owner.
        name: NameRef<'a>,
        /// The type.
        rtype: Rtype,
    },
    /// There is a record of any type.
    NameInUse {
        /// The owner.
        name: NameRef<'a>,
    },
    /// There is no record of any type.
    NameNotInUse {
        /// The owner.
        name: NameRef<'a>,
    },
}

/// What an update does (section 2.5).
///
/// ```
/// use eaves_dns::{Name, update::Edit};
///
/// let edit = Edit::DeleteName { name: Name::ROOT.into() };
/// assert_eq!(edit.clone(), edit);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit<'a> {
    /// Adds a record.
    Add {
        /// The owner.
        name: NameRef<'a>,
        /// The time to live.
        ttl: Ttl,
        /// The rdata.
        rdata: RdataBuf,
    },
    /// Deletes all records of a type.
    DeleteRrset {
        /// The owner.
        name: NameRef<'a>,
        /// The type.
        rtype: Rtype,
    },
    /// Deletes all records of a name.
    DeleteName {
        /// The owner.
        name: NameRef<'a>,
    },
    /// Deletes a record.
    DeleteRecord {
        /// The owner.
        name: NameRef<'a>,
        /// The rdata.
        rdata: RdataBuf,
    },
}

impl<'a> Update<'a> {
    /// Takes an update: opcode UPDATE and one question, of type SOA, that names the zone.
    ///
    /// # Errors
    /// When the message is anything else.
    pub fn read(view: View<'a>) -> Result<Self, WireError> {
        let bad = WireError::Invalid {
            at: 4,
            what: "an update has one question, of type SOA",
        };
        if view.header().opcode != Opcode::UPDATE || view.counts()[0] != 1 {
            return Err(bad);
        }
        let zone = view.question()?.filter(|zone| zone.rtype == Rtype::SOA);
        Ok(Self {
            view,
            zone: zone.ok_or(bad)?,
        })
    }

    /// Returns the zone's name.
    #[must_use]
    pub fn zone(&self) -> NameRef<'a> {
        self.zone.name
    }

    /// Walks over the prerequisites.
    ///
    /// # Errors
    /// When the question is malformed; each item when it is not of a form the RFC knows.
    pub fn prerequisites(
        &self,
    ) -> Result<impl Iterator<Item = Result<Prerequisite<'a>, WireError>> + use<'a>, WireError>
    {
        let class = self.zone.class;
        let records: Records<'a> = self.view.section(Section::Answer)?;
        Ok(records.map(move |record| Prerequisite::read(&record?, class)))
    }

    /// Walks over what is to be done.
    ///
    /// # Errors
    /// When something before is malformed; each item when it is not of a form the RFC knows.
    pub fn edits(
        &self,
    ) -> Result<impl Iterator<Item = Result<Edit<'a>, WireError>> + use<'a>, WireError> {
        let class = self.zone.class;
        let records: Records<'a> = self.view.section(Section::Authority)?;
        Ok(records.map(move |record| Edit::read(&record?, class)))
    }
}

fn bad(record: &Record<'_>, what: &'static str) -> WireError {
    WireError::Invalid {
        at: record.name().offset(),
        what,
    }
}

impl<'a> Prerequisite<'a> {
    fn read(record: &Record<'a>, zone: Class) -> Result<Self, WireError> {
        let (name, rtype) = (record.name(), record.rtype());
        let is_empty = record.rdata_len() == 0;
        if record.ttl_field() != 0 {
            return Err(bad(record, "prerequisite with a TTL"));
        }
        match (record.class(), rtype) {
            (Class::ANY, Rtype::ANY) if is_empty => Ok(Self::NameInUse { name }),
            (Class::NONE, Rtype::ANY) if is_empty => Ok(Self::NameNotInUse { name }),
            (Class::ANY, _) if is_empty => Ok(Self::RrsetExists { name, rtype }),
            (Class::NONE, _) if is_empty => Ok(Self::RrsetMissing { name, rtype }),
            (class, _) if class == zone && !rtype.is_meta() => Ok(Self::RecordExists {
                name,
                rdata: record.to_rdata_buf()?,
            }),
            _ => Err(bad(record, "prerequisite of no known form")),
        }
    }

    /// Appends the prerequisite to an update of a zone of `class`.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn push(&self, builder: &mut Builder<'_>, class: Class) -> Result<(), BuildError> {
        let (name, rtype, class, rdata) = match self {
            Self::RrsetExists { name, rtype } => (*name, *rtype, Class::ANY, &[][..]),
            Self::RecordExists { name, rdata } => (*name, rdata.rtype(), class, rdata.as_wire()),
            Self::RrsetMissing { name, rtype } => (*name, *rtype, Class::NONE, &[][..]),
            Self::NameInUse { name } => (*name, Rtype::ANY, Class::ANY, &[][..]),
            Self::NameNotInUse { name } => (*name, Rtype::ANY, Class::NONE, &[][..]),
        };
        let ttl = Ttl::ZERO;
        push(
            builder,
            Section::Answer,
            &Head {
                name,
                rtype,
                class,
                ttl,
            },
            rdata,
        )
    }
}

impl<'a> Edit<'a> {
    fn read(record: &Record<'a>, zone: Class) -> Result<Self, WireError> {
        let (name, rtype) = (record.name(), record.rtype());
        let is_empty = record.rdata_len() == 0;
        let has_ttl = record.ttl_field() != 0;
        match (record.class(), rtype) {
            (Class::ANY, Rtype::ANY) if is_empty && !has_ttl => Ok(Self::DeleteName { name }),
            (Class::ANY, _) if is_empty && !has_ttl => Ok(Self::DeleteRrset { name, rtype }),
            (Class::NONE, _) if !rtype.is_meta() && !has_ttl => Ok(Self::DeleteRecord {
                name,
                rdata: record.to_rdata_buf()?,
            }),
            (class, _) if class == zone && !rtype.is_meta() => Ok(Self::Add {
                name,
                ttl: record.ttl(),
                rdata: record.to_rdata_buf()?,
            }),
            _ => Err(bad(record, "edit of no known form")),
        }
    }

    /// Appends the edit to an update of a zone of `class`.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn push(&self, builder: &mut Builder<'_>, class: Class) -> Result<(), BuildError> {
        let zero = Ttl::ZERO;
        let (name, rtype, class, ttl, rdata) = match self {
            Self::Add { name, ttl, rdata } => (*name, rdata.rtype(), class, *ttl, rdata.as_wire()),
            Self::DeleteRrset { name, rtype } => (*name, *rtype, Class::ANY, zero, &[][..]),
            Self::DeleteName { name } => (*name, Rtype::ANY, Class::ANY, zero, &[][..]),
            Self::DeleteRecord { name, rdata } => {
                (*name, rdata.rtype(), Class::NONE, zero, rdata.as_wire())
            }
        };
        push(
            builder,
            Section::Authority,
            &Head {
                name,
                rtype,
                class,
                ttl,
            },
            rdata,
        )
    }
}

fn push(
    builder: &mut Builder<'_>,
    section: Section,
    head: &Head<'_>,
    rdata: &[u8],
) -> Result<(), BuildError> {
    if rdata.is_empty() {
        return builder.push_empty(section, head);
    }
    builder.push_wire(section, head, rdata)
}
