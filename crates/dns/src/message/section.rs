//! Walking over the sections of a message.

use core::iter::FusedIterator;

use crate::{
    error::WireError,
    message::{Question, Record},
    name::LastPointer,
    wire::Reader,
};

/// The sections that hold records.
///
/// ```
/// use eaves_dns::Section;
///
/// assert!(Section::Answer < Section::Additional);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// What was asked for; in updates, the prerequisites.
    Answer,
    /// Who knows, or that nobody does; in updates, the changes.
    Authority,
    /// What may help; OPT and TSIG stand here.
    Additional,
}

impl Section {
    fn next(self) -> Option<Self> {
        match self {
            Self::Answer => Some(Self::Authority),
            Self::Authority => Some(Self::Additional),
            Self::Additional => None,
        }
    }
}

/// The questions of a message; ends after the first error.
///
/// ```
/// use eaves_dns::View;
///
/// let view = View::parse(b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\0\0\x02\0\x01")?;
/// assert_eq!(view.questions().next().unwrap()?.to_string(), ". IN NS");
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Questions<'a> {
    reader: Reader<'a>,
    left: u16,
}

impl<'a> Questions<'a> {
    pub(crate) fn new(reader: Reader<'a>, left: u16) -> Self {
        Self { reader, left }
    }
}

impl<'a> Iterator for Questions<'a> {
    type Item = Result<Question<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let question = Question::read(&mut self.reader);
        if question.is_err() {
            self.left = 0;
        }
        Some(question)
    }
}

impl FusedIterator for Questions<'_> {}

/// The records of a section; ends after the first error.
///
/// ```
/// use eaves_dns::View;
///
/// let view = View::parse(b"\0\x07\x84\0\0\0\0\x01\0\0\0\0")?;
/// assert!(view.answers()?.next().unwrap().is_err());
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    reader: Reader<'a>,
    section: Section,
    /// How many records of each section are left.
    left: [u16; 3],
    last: LastPointer,
}

impl<'a> Records<'a> {
    pub(crate) fn new(reader: Reader<'a>, counts: [u16; 3]) -> Self {
        Self {
            reader,
            section: Section::Answer,
            left: counts,
            last: LastPointer::default(),
        }
    }

    /// Returns which section this is.
    #[must_use]
    pub fn section(&self) -> Section {
        self.section
    }

    /// Moves over what is left of this section to the next, if there is one.
    ///
    /// # Errors
    /// When a record in between is cut off.
    pub fn next_section(mut self) -> Result<Option<Self>, WireError> {
        let Some(next) = self.section.next() else {
            return Ok(None);
        };
        for _ in 0..self.left[self.section as usize] {
            Record::skip(&mut self.reader)?;
        }
        self.section = next;
        Ok(Some(self))
    }

    /// Returns the offset of the next record.
    #[must_use]
    pub fn position(&self) -> usize {
        self.reader.position()
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let left = &mut self.left[self.section as usize];
        *left = left.checked_sub(1)?;
        let record = Record::read(&mut self.reader, &mut self.last);
        if record.is_err() {
            self.left = [0; 3];
        }
        Some(record)
    }
}

impl FusedIterator for Records<'_> {}
