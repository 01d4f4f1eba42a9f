//! Writing a message.

use crate::{
    edns::Edns,
    error::BuildError,
    message::{Flags, Header, Question, Rcode, Record, Section},
    name::NameRef,
    rdata::{Rdata, write_message},
    record::{Class, Rtype, Ttl},
    wire::{Reader, Sink, Writer},
};

/// Writes a message into a caller's buffer, without allocating. What does not fit is taken back
/// whole, so that the message is valid after every call.
///
/// ```
/// use eaves_dns::{Builder, Class, Flags, Header, NameBuf, Question, Rtype, Section, Ttl, View};
/// use eaves_dns::rdata::A;
///
/// let name: NameBuf = "www.example.".parse()?;
/// let mut buf = [0; 512];
/// let header = Header { id: 7, flags: Flags::QR | Flags::AA, ..Header::default() };
/// let mut builder = Builder::new(&mut buf, header)?;
/// builder.question(&Question::new(&name, Rtype::A))?;
/// let rdata = A { address: [192, 0, 2, 1].into() }.into();
/// builder.push(Section::Answer, &name, Class::IN, Ttl::from_secs(60), &rdata)?;
/// let message = builder.finish();
/// assert_eq!(message.len(), 12 + 17 + 16);
/// assert_eq!(View::parse(message)?.answers()?.count(), 1);
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Debug)]
pub struct Builder<'b> {
    writer: Writer<'b>,
    header: Header,
    counts: [u16; 4],
    reserved: usize,
}

/// All of a record but its rdata.
///
/// ```
/// use eaves_dns::{Class, Head, Name, Rtype, Ttl};
///
/// let head = Head { name: Name::ROOT.into(), rtype: Rtype::NS, class: Class::IN, ttl: Ttl::ZERO };
/// assert!(head.name.is_root());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head<'a> {
    /// The owner.
    pub name: NameRef<'a>,
    /// The type.
    pub rtype: Rtype,
    /// The class.
    pub class: Class,
    /// The time to live.
    pub ttl: Ttl,
}

/// A place in a message to go back to, from [`Builder::mark`].
///
/// ```
/// use eaves_dns::{Builder, Header, Name, Question, Rtype};
///
/// let mut buf = [0; 512];
/// let mut builder = Builder::new(&mut buf, Header::default())?;
/// let mark = builder.mark();
/// builder.question(&Question::new(Name::ROOT, Rtype::NS))?;
/// builder.rewind(mark);
/// assert_eq!(builder.finish().len(), 12);
/// # Ok::<(), eaves_dns::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pos: usize,
    counts: [u16; 4],
}

impl<'b> Builder<'b> {
    /// Starts a message that may fill the buffer, or 65535 octets.
    ///
    /// # Errors
    /// When there is no room for the header.
    pub fn new(buf: &'b mut [u8], header: Header) -> Result<Self, BuildError> {
        let mut writer = Writer::new(buf);
        writer.put(&[0; Header::LEN])?;
        Ok(Self {
            writer,
            header,
            counts: [0; 4],
            reserved: 0,
        })
    }

    /// Lowers the size limit, within the buffer.
    pub fn limit(&mut self, limit: usize) {
        self.writer.set_limit(limit.saturating_sub(self.reserved));
    }

    /// Keeps room for what [`Builder::release`] gives free again, such as OPT or TSIG.
    ///
    /// # Errors
    /// When that much room is not left.
    pub fn reserve(&mut self, len: usize) -> Result<(), BuildError> {
        let limit = self.writer.limit();
        if limit < self.writer.position() + len {
            return Err(BuildError::Full { limit });
        }
        self.reserved += len;
        self.writer.set_limit(limit - len);
        Ok(())
    }

    /// Gives all reserved room free.
    pub fn release(&mut self) {
        let limit = self.writer.limit() + self.reserved;
        self.reserved = 0;
        self.writer.set_limit(limit);
    }

    /// Appends a question.
    ///
    /// # Errors
    /// When it does not fit, or records were written before.
    pub fn question(&mut self, question: &Question<'_>) -> Result<(), BuildError> {
        self.entry(0, |writer| question.write(writer))
    }

    /// Appends a record of typed rdata.
    ///
    /// # Errors
    /// When it does not fit, or a later section was written to before.
    #[inline]
    pub fn push<'n>(
        &mut self,
        section: Section,
        name: impl Into<NameRef<'n>>,
        class: Class,
        ttl: Ttl,
        rdata: &Rdata<'_>,
    ) -> Result<(), BuildError> {
        let head = Head {
            name: name.into(),
            rtype: rdata.rtype(),
            class,
            ttl,
        };
        self.record(section, &head, |writer| rdata.write(writer))
    }

    /// Appends a record of uncompressed rdata, as [`crate::RdataBuf::as_wire`] gives it.
    ///
    /// # Errors
    /// When it does not fit, or a later section was written to before.
    #[inline]
    pub fn push_wire(
        &mut self,
        section: Section,
        head: &Head<'_>,
        rdata: &[u8],
    ) -> Result<(), BuildError> {
        self.record(section, head, |writer| {
            write_message((head.class, head.rtype), Reader::new(rdata), writer)
        })
    }

    /// Appends a record without rdata, as updates have them (RFC 2136 section 2.4).
    ///
    /// # Errors
    /// When it does not fit, or a later section was written to before.
    pub fn push_empty(&mut self, section: Section, head: &Head<'_>) -> Result<(), BuildError> {
        self.record(section, head, |_| Ok(()))
    }

    /// Appends a record of another message.
    ///
    /// # Errors
    /// When it does not fit, its rdata is malformed, or a later section was written to before.
    pub fn push_record(&mut self, section: Section, record: &Record<'_>) -> Result<(), BuildError> {
        let rdata = match record.rdata_len() {
            0 => None,
            _ => Some(record.rdata().map_err(BuildError::Rdata)?),
        };
        self.entry(1 + section as usize, |writer| {
            writer.compressed(record.name())?;
            writer.put(&record.rtype().0.to_be_bytes())?;
            writer.put(&record.class().0.to_be_bytes())?;
            writer.put(&record.ttl_field().to_be_bytes())?;
            writer.with_len(|writer| match rdata {
                Some(rdata) => rdata.write(writer),
                None => Ok(()),
            })
        })
    }

    /// Appends an OPT record, for which reserved room is given free.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn edns(&mut self, edns: &Edns<'_>) -> Result<(), BuildError> {
        self.release();
        let rcode = self.header.rcode;
        self.entry(3, |writer| edns.write(rcode, writer))
    }

    /// Changes the flags.
    pub fn set_flags(&mut self, flags: Flags) {
        self.header.flags = flags;
    }

    /// Returns the header.
    #[must_use]
    pub fn header(&self) -> Header {
        self.header
    }

    /// Changes the response code; its upper bits go into OPT if that is written later.
    pub fn set_rcode(&mut self, rcode: Rcode) {
        self.header.rcode = rcode;
    }

    /// Returns the place reached, to go back to.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            pos: self.writer.position(),
            counts: self.counts,
        }
    }

    /// Takes back what was written since `mark`.
    pub fn rewind(&mut self, mark: Mark) {
        self.writer.rewind(mark.pos);
        self.counts = mark.counts;
    }

    /// Returns how many octets were written.
    #[must_use]
    pub fn position(&self) -> usize {
        self.writer.position()
    }

    /// Writes header and counts and returns the message.
    #[must_use]
    pub fn finish(mut self) -> &'b [u8] {
        self.writer.patch_u16(0, self.header.id);
        self.writer.patch_u16(2, self.header.bits());
        for (place, count) in self.counts.into_iter().enumerate() {
            self.writer.patch_u16(4 + 2 * place, count);
        }
        let (buf, len) = self.writer.into_parts();
        &buf[..len]
    }

    #[inline]
    fn record(
        &mut self,
        section: Section,
        head: &Head<'_>,
        rdata: impl FnOnce(&mut Writer<'b>) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        self.entry(1 + section as usize, |writer| {
            writer.compressed(head.name)?;
            let [t0, t1] = head.rtype.0.to_be_bytes();
            let [c0, c1] = head.class.0.to_be_bytes();
            let [l0, l1, l2, l3] = head.ttl.as_secs().to_be_bytes();
            writer.put(&[t0, t1, c0, c1, l0, l1, l2, l3])?;
            writer.with_len(rdata)
        })
    }

    /// Writes an entry of a section, or nothing.
    #[inline]
    fn entry(
        &mut self,
        section: usize,
        write: impl FnOnce(&mut Writer<'b>) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        if self.counts[section + 1..].iter().any(|count| *count > 0) {
            return Err(BuildError::Order);
        }
        let count = self.counts[section]
            .checked_add(1)
            .ok_or(BuildError::Count)?;
        let start = self.writer.position();
        if let Err(error) = write(&mut self.writer) {
            self.writer.rewind(start);
            return Err(error);
        }
        self.counts[section] = count;
        Ok(())
    }
}
