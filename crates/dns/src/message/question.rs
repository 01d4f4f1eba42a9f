//! Questions.

use core::fmt;

use crate::{
    error::{BuildError, WireError},
    message::Header,
    name::{Name, NameRef},
    record::{Class, Rtype},
    wire::{Reader, Sink},
};

/// A question: a name, a type, a class.
///
/// ```
/// use eaves_dns::{NameBuf, Question, Rtype};
///
/// let name: NameBuf = "example.org.".parse()?;
/// assert_eq!(Question::new(&name, Rtype::MX).to_string(), "example.org. IN MX");
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Question<'a> {
    /// The name asked about.
    pub name: NameRef<'a>,
    /// The type asked for.
    pub rtype: Rtype,
    /// The class.
    pub class: Class,
}

impl<'a> Question<'a> {
    /// Asks in class `IN`.
    #[must_use]
    pub fn new(name: &'a Name, rtype: Rtype) -> Self {
        Self {
            name: name.into(),
            rtype,
            class: Class::IN,
        }
    }

    /// Says whether multicast DNS asks for a unicast reply (RFC 6762 section 5.4).
    #[must_use]
    pub fn wants_unicast(&self) -> bool {
        self.class.0 & 0x8000 != 0
    }

    /// Reads the question that follows a message's header. Nothing stands before it that its name could
    /// point to, so the errors are left to the slow way.
    #[inline]
    pub(crate) fn first(message: &'a [u8]) -> Result<Self, WireError> {
        if let Some((name, end)) = NameRef::read_flat(message, Header::LEN)
            && let Some([_, t0, t1, c0, c1]) = message.get(end..).and_then(<[u8]>::first_chunk)
        {
            return Ok(Self::of(name, [*t0, *t1, *c0, *c1]));
        }
        Self::first_slowly(message)
    }

    #[cold]
    #[inline(never)]
    fn first_slowly(message: &'a [u8]) -> Result<Self, WireError> {
        Self::read(&mut Reader::at(message, Header::LEN))
    }

    #[inline]
    fn of(name: NameRef<'a>, [t0, t1, c0, c1]: [u8; 4]) -> Self {
        Self {
            name,
            rtype: Rtype(u16::from_be_bytes([t0, t1])),
            class: Class(u16::from_be_bytes([c0, c1])),
        }
    }

    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let name = reader.name()?;
        Ok(Self::of(name, reader.array("question type and class")?))
    }

    #[inline]
    pub(crate) fn write(&self, sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.compressed(self.name)?;
        let [t0, t1] = self.rtype.0.to_be_bytes();
        let [c0, c1] = self.class.0.to_be_bytes();
        sink.put(&[t0, t1, c0, c1])
    }
}

impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.class, self.rtype)
    }
}
