//! A message read where it lies.

use crate::{
    edns::{Edns, EdnsOption, OptionCode},
    error::WireError,
    message::{Header, Question, Questions, Record, Records, Section},
    name::LastPointer,
    record::{Class, Rtype},
    wire::Reader,
};

/// A message over borrowed bytes: only its header is read at once, the rest when asked for.
/// Nothing is allocated, and nothing is believed: counts are met or an error is returned.
///
/// ```
/// use eaves_dns::View;
///
/// let view = View::parse(b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\0\0\x01\0\x01")?;
/// assert_eq!(view.header().id, 0x1234);
/// assert_eq!(view.question()?.unwrap().to_string(), "www. IN A");
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    bytes: &'a [u8],
    header: Header,
    counts: [u16; 4],
}

impl<'a> View<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// When there are fewer than twelve octets.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        let (header, counts) = Header::read(bytes)?;
        Ok(Self {
            bytes,
            header,
            counts,
        })
    }

    /// Returns the header.
    #[must_use]
    pub fn header(&self) -> Header {
        self.header
    }

    /// Returns the counts as they stand: questions, answers, authority, additional.
    #[must_use]
    pub fn counts(&self) -> [u16; 4] {
        self.counts
    }

    /// Returns the whole message.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Walks over the questions.
    #[must_use]
    pub fn questions(&self) -> Questions<'a> {
        Questions::new(Reader::at(self.bytes, Header::LEN), self.counts[0])
    }

    /// Returns the first question, if the message has any.
    ///
    /// # Errors
    /// When it is malformed.
    #[inline]
    pub fn question(&self) -> Result<Option<Question<'a>>, WireError> {
        if self.counts[0] == 0 {
            return Ok(None);
        }
        Question::first(self.bytes).map(Some)
    }

    /// Walks over the answer section; [`Records::next_section`] goes on from there.
    ///
    /// # Errors
    /// When a question before it is malformed.
    #[inline]
    pub fn answers(&self) -> Result<Records<'a>, WireError> {
        let mut reader = Reader::at(self.bytes, Header::LEN);
        for _ in 0..self.counts[0] {
            reader.skip_name()?;
            reader.array::<4>("question")?;
        }
        let [_, answer, authority, additional] = self.counts;
        Ok(Records::new(reader, [answer, authority, additional]))
    }

    /// Walks over a section.
    ///
    /// # Errors
    /// When something before it is cut off.
    pub fn section(&self, section: Section) -> Result<Records<'a>, WireError> {
        let mut records = self.answers()?;
        while records.section() != section {
            match records.next_section()? {
                Some(next) => records = next,
                None => break,
            }
        }
        Ok(records)
    }

    /// Reads the OPT record (RFC 6891), if there is one.
    ///
    /// # Errors
    /// When a record is malformed, OPT stands twice or its owner is not the root.
    pub fn edns(&self) -> Result<Option<Edns<'a>>, WireError> {
        let mut found = None;
        if self.counts[3] == 0 {
            return Ok(found);
        }
        for record in self.section(Section::Additional)? {
            let record = record?;
            if record.rtype() != Rtype::OPT {
                continue;
            }
            let edns = Edns::from_record(&record)?;
            if found.replace(edns).is_some() {
                return Err(WireError::Invalid {
                    at: record.name().offset(),
                    what: "second OPT record",
                });
            }
        }
        Ok(found)
    }

    /// Checks the whole message: every name and all rdata, that OPT and TSIG stand where they must,
    /// and that nothing follows. In updates, where rdata may be empty, it is checked where it is
    /// not. Of EDNS options, those that clients see in answers are checked (client subnet, cookie,
    /// extended error, report channel); others are left to who reads them typed.
    ///
    /// # Errors
    /// With the first fault.
    pub fn check(&self) -> Result<(), WireError> {
        let mut reader = Reader::at(self.bytes, Header::LEN);
        for _ in 0..self.counts[0] {
            Question::read(&mut reader)?;
        }
        let mut last = LastPointer::default();
        let mut opts = 0;
        for (section, count) in (1_usize..).zip(&self.counts[1..]) {
            for left in (0..*count).rev() {
                let record = Record::read(&mut reader, &mut last)?;
                if record.rdata_len() > 0 || self.header.opcode != crate::Opcode::UPDATE {
                    record.rdata()?;
                }
                if matches!(record.rtype(), Rtype::OPT | Rtype::TSIG) {
                    check_place(&record, section, left, &mut opts)?;
                }
            }
        }
        reader.finish()
    }
}

/// OPT belongs into the additional section, once (RFC 6891 section 6.1.1), TSIG to its end (RFC 8945
/// section 5.1).
fn check_place(
    record: &Record<'_>,
    section: usize,
    left: u16,
    opts: &mut u16,
) -> Result<(), WireError> {
    let is_opt = record.rtype() == Rtype::OPT;
    let invalid = |what| {
        let at = record.name().offset();
        Err(WireError::Invalid { at, what })
    };
    if section != 3 || !(is_opt || (left == 0 && record.class() == Class::ANY)) {
        return invalid("OPT or TSIG record out of its place");
    }
    if !is_opt {
        return Ok(());
    }
    *opts += 1;
    if *opts > 1 {
        return invalid("second OPT record");
    }
    if !record.name().is_root() {
        return invalid("OPT record has an owner");
    }
    let mut options = record.rdata_reader();
    while !options.is_empty() {
        let code = OptionCode(options.u16("option code")?);
        let len = options.u16("option length")?;
        let start = options.position();
        let octets = options.bytes(usize::from(len), "option")?;
        EdnsOption::check(code, octets).map_err(|error| error.moved(start))?;
    }
    Ok(())
}
