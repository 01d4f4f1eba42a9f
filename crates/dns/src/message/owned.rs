//! A message kept.

use bytes::Bytes;

use crate::{
    edns::Edns,
    error::WireError,
    message::{Header, Question, Record, Records, Section, View},
};

/// A received message over shared bytes, checked once: reading it cannot fail.
///
/// ```
/// use bytes::Bytes;
/// use eaves_dns::Message;
///
/// let bytes = Bytes::from_static(b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\0\0\x01\0\x01");
/// let message = Message::parse(bytes)?;
/// assert_eq!(message.question().unwrap().name.to_string(), "www.");
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Message {
    bytes: Bytes,
}

impl Message {
    /// Checks the whole message.
    ///
    /// # Errors
    /// As [`View::check`].
    pub fn parse(bytes: impl Into<Bytes>) -> Result<Self, WireError> {
        let bytes = bytes.into();
        View::parse(&bytes)?.check()?;
        Ok(Self { bytes })
    }

    /// Returns the header.
    #[must_use]
    pub fn header(&self) -> Header {
        self.view().map(|view| view.header()).unwrap_or_default()
    }

    /// Returns the first question, if there is one.
    #[must_use]
    pub fn question(&self) -> Option<Question<'_>> {
        self.view()?.question().ok().flatten()
    }

    /// Walks over the questions.
    pub fn questions(&self) -> impl Iterator<Item = Question<'_>> {
        let questions = self.view().map(|view| view.questions());
        questions.into_iter().flatten().filter_map(Result::ok)
    }

    /// Walks over a section.
    #[must_use]
    pub fn section(&self, section: Section) -> OwnedRecords<'_> {
        OwnedRecords(self.view().and_then(|view| view.section(section).ok()))
    }

    /// Returns the OPT record, if there is one.
    #[must_use]
    pub fn edns(&self) -> Option<Edns<'_>> {
        self.view()?.edns().ok().flatten()
    }

    /// Returns the message's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns a lazy view; `None` cannot happen, since the header was read before.
    fn view(&self) -> Option<View<'_>> {
        View::parse(&self.bytes).ok()
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Message {}

/// The records of a section of a checked message.
///
/// ```
/// use eaves_dns::{Message, Section};
///
/// let message = Message::parse(&b"\0\x07\x84\0\0\0\0\0\0\0\0\0"[..])?;
/// assert_eq!(message.section(Section::Answer).count(), 0);
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OwnedRecords<'a>(Option<Records<'a>>);

impl<'a> Iterator for OwnedRecords<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        self.0.as_mut()?.next()?.ok()
    }
}
