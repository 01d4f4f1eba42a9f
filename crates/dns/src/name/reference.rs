//! Names within a message.

use core::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use crate::{
    error::WireError,
    name::{Labels, Name, NameBuf, fold, text},
};

/// How many pointers one name may hold: no name has more labels than this.
const MAX_POINTERS: usize = 127;

/// A checked name within a message: the message and an offset; it may be compressed.
///
/// ```
/// use eaves_dns::{NameBuf, NameRef, wire::Reader};
///
/// let bytes = b"\x07example\x00\x03www\xc0\x00";
/// let mut reader = Reader::at(bytes, 9);
/// let name = reader.name()?;
/// let wanted: NameBuf = "WWW.example.".parse().unwrap();
/// assert_eq!(name, NameRef::from(wanted.as_ref()));
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy)]
pub struct NameRef<'a> {
    buf: &'a [u8],
    start: u32,
    /// Length of the uncompressed form, 1 to 255.
    len: u8,
    compressed: bool,
}

impl<'a> NameRef<'a> {
    /// Checks the name at `start` and returns it with the offset behind it.
    ///
    /// Each pointer must lead to before the run of labels it ends, and there may be at most 127:
    /// so no name loops, and none costs more than its 255 octets and those pointers.
    #[inline]
    pub(crate) fn read(buf: &'a [u8], start: usize) -> Result<(Self, usize), WireError> {
        let mut at = start;
        let mut len = 0;
        loop {
            match buf.get(at) {
                Some(0) => break,
                Some(&label @ 1..=63) => {
                    at += 1 + usize::from(label);
                    len += 1 + usize::from(label);
                }
                Some(0xc0..) => return Self::read_pointer(buf, start, at, len),
                Some(_) => return Err(WireError::Label { at }),
                None => return Err(truncated(buf)),
            }
            if len > 254 {
                return Err(WireError::NameTooLong { at: start });
            }
        }
        let name = Self {
            buf,
            start: start as u32,
            len: (len + 1) as u8,
            compressed: false,
        };
        Ok((name, at + 1))
    }

    /// Goes on at the first pointer, at `at`, after `len` octets of labels.
    #[inline]
    fn read_pointer(
        buf: &'a [u8],
        start: usize,
        pointer: usize,
        mut len: usize,
    ) -> Result<(Self, usize), WireError> {
        let mut at = pointer;
        let mut floor = start;
        let mut hops = 0;
        loop {
            match buf.get(at) {
                Some(0) => break,
                Some(&label @ 1..=63) => {
                    at += 1 + usize::from(label);
                    len += 1 + usize::from(label);
                    if len > 254 {
                        return Err(WireError::NameTooLong { at: start });
                    }
                }
                Some(&high @ 0xc0..) => {
                    let low = *buf.get(at + 1).ok_or_else(|| truncated(buf))?;
                    let target = usize::from(high & 0x3f) << 8 | usize::from(low);
                    hops += 1;
                    if target >= floor || hops > MAX_POINTERS {
                        return Err(WireError::Pointer { at });
                    }
                    floor = target;
                    at = target;
                }
                Some(_) => return Err(WireError::Label { at }),
                None => return Err(truncated(buf)),
            }
        }
        let name = Self {
            buf,
            start: start as u32,
            len: (len + 1) as u8,
            compressed: true,
        };
        Ok((name, pointer + 2))
    }

    /// Walks over the labels.
    #[must_use]
    #[inline]
    pub fn labels(&self) -> Labels<'a> {
        Labels::new(self.buf, self.start as usize)
    }

    /// Returns the length of the uncompressed wire form in octets, 1 to 255.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "no name is empty")]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Says whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.len == 1
    }

    /// Says whether the name holds a compression pointer.
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// Returns where the name begins in its message.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.start as usize
    }

    /// Returns the name as a contiguous one, if it holds no pointer.
    #[must_use]
    pub fn as_name(&self) -> Option<&'a Name> {
        self.as_flat().map(Name::cast)
    }

    /// Copies the name out of its message.
    #[must_use]
    pub fn to_name_buf(&self) -> NameBuf {
        let mut scratch = [0; 255];
        NameBuf::from_checked(self.flat(&mut scratch))
    }

    #[inline]
    pub(crate) fn as_flat(&self) -> Option<&'a [u8]> {
        if self.compressed {
            return None;
        }
        let start = self.start as usize;
        self.buf.get(start..start + usize::from(self.len))
    }

    /// The uncompressed wire form, in place or written to `scratch`.
    #[inline]
    pub(crate) fn flat<'s>(&self, scratch: &'s mut [u8; 255]) -> &'s [u8]
    where
        'a: 's,
    {
        match self.as_flat() {
            Some(flat) => flat,
            None => self.copy_to(scratch),
        }
    }

    /// Writes the uncompressed wire form to `scratch`.
    #[inline]
    pub(crate) fn copy_to<'s>(&self, scratch: &'s mut [u8; 255]) -> &'s [u8] {
        let mut at = 0;
        for label in self.labels() {
            scratch[at] = label.len() as u8;
            scratch[at + 1..=at + label.len()].copy_from_slice(label);
            at += 1 + label.len();
        }
        scratch[at] = 0;
        &scratch[..=at]
    }
}

#[cold]
fn truncated(buf: &[u8]) -> WireError {
    WireError::Truncated {
        at: buf.len(),
        field: "name",
    }
}

impl<'a> From<&'a Name> for NameRef<'a> {
    #[inline]
    fn from(name: &'a Name) -> Self {
        Self {
            buf: name.as_wire(),
            start: 0,
            len: name.as_wire().len() as u8,
            compressed: false,
        }
    }
}

impl<'a> From<&'a NameBuf> for NameRef<'a> {
    #[inline]
    fn from(name: &'a NameBuf) -> Self {
        Self::from(&**name)
    }
}

impl PartialEq for NameRef<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        if self.len != other.len {
            return false;
        }
        if let (Some(a), Some(b)) = (self.as_flat(), other.as_flat()) {
            return fold::equal(a, b);
        }
        // Equal total length and equal labels up to the shorter end: equal names.
        self.labels()
            .zip(other.labels())
            .all(|(a, b)| fold::equal(a, b))
    }
}

impl Eq for NameRef<'_> {}

impl PartialEq<Name> for NameRef<'_> {
    fn eq(&self, other: &Name) -> bool {
        *self == NameRef::from(other)
    }
}

impl PartialEq<NameBuf> for NameRef<'_> {
    fn eq(&self, other: &NameBuf) -> bool {
        *self == NameRef::from(other)
    }
}

impl PartialOrd for NameRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The canonical order of RFC 4034 section 6.1.
impl Ord for NameRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = ([0; 255], [0; 255]);
        Name::cast(self.flat(&mut left)).cmp(Name::cast(other.flat(&mut right)))
    }
}

impl Hash for NameRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut scratch = [0; 255];
        Name::cast(self.flat(&mut scratch)).hash(state);
    }
}

impl fmt::Display for NameRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write_name(self.labels(), f)
    }
}

impl fmt::Debug for NameRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
