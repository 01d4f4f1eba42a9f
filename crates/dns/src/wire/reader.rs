//! Reading integers, bytes and names from a message, with every access checked.

use crate::{
    error::WireError,
    name::{LastPointer, NameRef},
};

/// A position in a message that moves forward as fields are read.
///
/// ```
/// use eaves_dns::wire::Reader;
///
/// let mut reader = Reader::new(b"\x00\x0a\x04mail\x00");
/// assert_eq!(reader.u16("preference")?, 10);
/// assert_eq!(reader.name()?.to_string(), "mail.");
/// assert!(reader.is_empty());
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    buf: &'a [u8],
    pos: usize,
}

impl<'a> Reader<'a> {
    /// Starts reading at the first byte.
    #[must_use]
    pub fn new(buf: &'a [u8]) -> Self {
        Self { buf, pos: 0 }
    }

    /// Starts reading at `pos`; what stands before it can be reached by compression pointers.
    #[must_use]
    pub fn at(buf: &'a [u8], pos: usize) -> Self {
        Self {
            buf,
            pos: pos.min(buf.len()),
        }
    }

    /// Returns the offset of the next byte.
    #[must_use]
    pub fn position(&self) -> usize {
        self.pos
    }

    /// Returns how many bytes are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.buf.len() - self.pos
    }

    /// Returns the octet before the position.
    #[must_use]
    pub(crate) fn previous(&self) -> Option<u8> {
        self.before(1)
    }

    /// Returns the octet that stands `distance` before the position.
    #[must_use]
    pub(crate) fn before(&self, distance: usize) -> Option<u8> {
        self.buf.get(self.pos.checked_sub(distance)?).copied()
    }

    /// Says whether no byte is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pos == self.buf.len()
    }

    /// Reads an octet.
    ///
    /// # Errors
    /// When no byte is left.
    #[inline]
    pub fn u8(&mut self, field: &'static str) -> Result<u8, WireError> {
        let [value] = self.array(field)?;
        Ok(value)
    }

    /// Reads two octets in network order.
    ///
    /// # Errors
    /// When fewer than two bytes are left.
    #[inline]
    pub fn u16(&mut self, field: &'static str) -> Result<u16, WireError> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// Reads four octets in network order.
    ///
    /// # Errors
    /// When fewer than four bytes are left.
    #[inline]
    pub fn u32(&mut self, field: &'static str) -> Result<u32, WireError> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// Reads eight octets in network order.
    ///
    /// # Errors
    /// When fewer than eight bytes are left.
    #[inline]
    pub fn u64(&mut self, field: &'static str) -> Result<u64, WireError> {
        self.array(field).map(u64::from_be_bytes)
    }

    /// Reads a fixed number of octets.
    ///
    /// # Errors
    /// When fewer are left.
    #[inline]
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], WireError> {
        match self.buf.get(self.pos..).and_then(<[u8]>::first_chunk) {
            Some(array) => {
                self.pos += N;
                Ok(*array)
            }
            None => Err(self.truncated(field)),
        }
    }

    /// Reads `len` octets.
    ///
    /// # Errors
    /// When fewer are left.
    #[inline]
    pub fn bytes(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], WireError> {
        match self.buf[self.pos..].get(..len) {
            Some(bytes) => {
                self.pos += len;
                Ok(bytes)
            }
            None => Err(self.truncated(field)),
        }
    }

    /// Reads a length octet and that many octets.
    ///
    /// # Errors
    /// When fewer are left.
    #[inline]
    pub fn string(&mut self, field: &'static str) -> Result<&'a [u8], WireError> {
        let len = self.u8(field)?;
        self.bytes(usize::from(len), field)
    }

    /// Takes all that is left.
    #[inline]
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = &self.buf[self.pos..];
        self.pos = self.buf.len();
        rest
    }

    /// Cuts off the next `len` octets as a reader of their own, which can still follow
    /// compression pointers to what stands before them.
    ///
    /// # Errors
    /// When fewer are left.
    #[inline]
    pub fn sub(&mut self, len: usize, field: &'static str) -> Result<Self, WireError> {
        let start = self.pos;
        self.bytes(len, field)?;
        Ok(Self {
            buf: &self.buf[..self.pos],
            pos: start,
        })
    }

    /// Reads a name, which may be compressed.
    ///
    /// # Errors
    /// When it is cut off, too long, or uses a label type or pointer that is not allowed.
    #[inline]
    pub fn name(&mut self) -> Result<NameRef<'a>, WireError> {
        let (name, end) = NameRef::read(self.buf, self.pos)?;
        self.pos = end;
        Ok(name)
    }

    /// Reads an owner, after others of which `last` knows.
    #[inline]
    pub(crate) fn owner(&mut self, last: &mut LastPointer) -> Result<NameRef<'a>, WireError> {
        let (name, end) = NameRef::read_owner(self.buf, self.pos, last)?;
        self.pos = end;
        Ok(name)
    }

    /// Reads a name that may not be compressed (RFC 3597 section 4).
    ///
    /// # Errors
    /// As [`Reader::name`], and when it holds a pointer.
    #[inline]
    pub fn flat_name(&mut self) -> Result<NameRef<'a>, WireError> {
        let start = self.pos;
        let name = self.name()?;
        if name.is_compressed() {
            return Err(WireError::Pointer { at: start });
        }
        Ok(name)
    }

    /// Moves over a name without looking at what its pointers lead to.
    ///
    /// # Errors
    /// When it is cut off or uses a label type that is not in use.
    #[inline]
    pub fn skip_name(&mut self) -> Result<(), WireError> {
        loop {
            let at = self.pos;
            match self.u8("name")? {
                0 => return Ok(()),
                len @ 1..=63 => self.bytes(usize::from(len), "name").map(drop)?,
                0xc0.. => return self.u8("name").map(drop),
                _ => return Err(WireError::Label { at }),
            }
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// When bytes are left.
    #[inline]
    pub fn finish(self) -> Result<(), WireError> {
        if self.is_empty() {
            return Ok(());
        }
        Err(WireError::Trailing { at: self.pos })
    }

    #[cold]
    fn truncated(&self, field: &'static str) -> WireError {
        WireError::Truncated {
            at: self.buf.len(),
            field,
        }
    }
}
