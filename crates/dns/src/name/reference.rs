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

    /// As [`NameRef::read`], for one owner after another: one that is the same pointer as the last needs
    /// no second check, since it stands behind that and so leads backwards too.
    #[inline]
    pub(crate) fn read_owner(
        buf: &'a [u8],
        start: usize,
        last: &mut LastPointer,
    ) -> Result<(Self, usize), WireError> {
        let octets = buf.get(start..).and_then(<[u8]>::first_chunk);
        if let Some(octets) = octets
            && last.len > 0
            && *octets == last.octets
        {
            let name = Self {
                buf,
                start: start as u32,
                len: last.len,
                compressed: true,
            };
            return Ok((name, start + 2));
        }
        let (name, end) = Self::read(buf, start)?;
        if let Some(octets) = octets
            && octets[0] >= 0xc0
        {
            *last = LastPointer {
                octets: *octets,
                len: name.len,
            };
        }
        Ok((name, end))
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
        let mut scratch = [0; SCRATCH];
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
    pub(crate) fn flat<'s>(&self, scratch: &'s mut [u8; SCRATCH]) -> &'s [u8]
    where
        'a: 's,
    {
        match self.as_flat() {
            Some(flat) => flat,
            None => self.copy_to(scratch),
        }
    }

    /// Writes the uncompressed wire form to `scratch`, which has room for it and, to be fast, a block more.
    #[inline]
    pub(crate) fn copy_to<'s>(&self, scratch: &'s mut [u8]) -> &'s [u8] {
        let (mut at, mut from) = (0, self.start as usize);
        loop {
            let mut end = from;
            let last = loop {
                match octet(self.buf, end) {
                    label @ 1..=63 => end += 1 + usize::from(label),
                    other => break other,
                }
            };
            copy_run(self.buf, from, &mut scratch[at..], end - from);
            at += end - from;
            if last == 0 {
                scratch[at] = 0;
                return &scratch[..=at];
            }
            from = target(self.buf, end);
        }
    }

    /// A name of `len` octets that was written to a message at `start`.
    #[inline]
    pub(crate) fn written(buf: &'a [u8], start: u16, len: usize) -> Self {
        Self {
            buf,
            start: start.into(),
            len: len as u8,
            compressed: true,
        }
    }

    /// Says whether the name that was written to a message at `start` is the one at `place` in `source`.
    #[inline]
    pub(crate) fn is_written(message: &[u8], start: u16, source: &[u8], place: u32) -> bool {
        same(message, start.into(), source, place as usize)
    }

    /// Returns the buffer that the name stands in.
    #[inline]
    pub(crate) fn source(&self) -> &'a [u8] {
        self.buf
    }
}

/// Says whether two checked names are the same: runs of labels are walked side by side, up to a pointer
/// in either, and then compared as a whole.
#[inline]
fn same(a: &[u8], a_start: usize, b: &[u8], b_start: usize) -> bool {
    let (mut i, mut j) = (a_start, b_start);
    loop {
        let (from, other) = (i, j);
        let (x, y) = loop {
            let (x, y) = (octet(a, i), octet(b, j));
            if x != y || x == 0 || x > 63 {
                break (x, y);
            }
            // Other names mostly begin with another octet.
            if (octet(a, i + 1) ^ octet(b, j + 1)) & !0x20 != 0 {
                return false;
            }
            (i, j) = (i + 1 + usize::from(x), j + 1 + usize::from(x));
        };
        let is_pointer = (x > 63, y > 63);
        match (a.get(from..i), b.get(other..j)) {
            (Some(p), Some(q)) if (x == y || is_pointer.0 || is_pointer.1) && fold::equal(p, q) => {
            }
            _ => return false,
        }
        match is_pointer {
            (false, false) => return true,
            (true, false) => i = target(a, i),
            (false, true) => j = target(b, j),
            (true, true) => (i, j) = (target(a, i), target(b, j)),
        }
    }
}

/// The octet at a place; zero, which ends a name, behind the end.
#[inline]
fn octet(buf: &[u8], at: usize) -> u8 {
    buf.get(at).copied().unwrap_or(0)
}

/// Where the pointer at a place leads to.
#[inline]
fn target(buf: &[u8], at: usize) -> usize {
    usize::from(octet(buf, at) & 0x3f) << 8 | usize::from(octet(buf, at + 1))
}

/// The pointer that an owner was, and the length of the name it leads to; zeros are no pointer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastPointer {
    octets: [u8; 2],
    len: u8,
}

/// Room for a name and the rest of the block that its last octets are copied with.
pub(crate) const SCRATCH: usize = 255 + BLOCK;

const BLOCK: usize = 16;

/// Copies `len` octets in blocks, of which what is too much is overwritten later.
#[inline]
fn copy_run(buf: &[u8], from: usize, to: &mut [u8], len: usize) {
    let mut done = 0;
    while done < len {
        let source = buf.get(from + done..).unwrap_or_default();
        let room = &mut to[done..];
        match (
            source.first_chunk::<BLOCK>(),
            room.first_chunk_mut::<BLOCK>(),
        ) {
            (Some(source), Some(room)) => *room = *source,
            _ => {
                room[..len - done].copy_from_slice(&source[..len - done]);
                return;
            }
        }
        done += BLOCK;
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
        same(
            self.buf,
            self.start as usize,
            other.buf,
            other.start as usize,
        )
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
        let (mut left, mut right) = ([0; SCRATCH], [0; SCRATCH]);
        Name::cast(self.flat(&mut left)).cmp(Name::cast(other.flat(&mut right)))
    }
}

impl Hash for NameRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut scratch = [0; SCRATCH];
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
