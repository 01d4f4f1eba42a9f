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

/// How many pointers one name may lead through. Reading a name costs as many steps as it has, each time:
/// so there are few more than the 34 that a name in `ip6.arpa` takes, if each label points on to the next.
/// No deeper names are in use.
pub(crate) const MAX_POINTERS: usize = 40;

/// How many octets a name may have.
const ROOM: usize = 255;

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
    /// Each pointer must lead to before the run of labels it ends, and there may be at most
    /// [`MAX_POINTERS`]: so no name loops, and none costs more than its 255 octets and those pointers.
    #[inline]
    pub(crate) fn read(buf: &'a [u8], start: usize) -> Result<(Self, usize), WireError> {
        match labels_end(buf, start, ROOM) {
            Some((end, 0)) => Ok((Self::flat_to(buf, start, end), end + 1)),
            Some((end, 0xc0..)) => Self::read_pointer(buf, start, end),
            Some((at, _)) => Err(WireError::Label { at }),
            None => Err(no_end(buf, start, start, ROOM)),
        }
    }

    /// As [`NameRef::read`], where only a name without pointers is looked for; returns the offset of its
    /// last octet with it.
    #[inline]
    pub(crate) fn read_flat(buf: &'a [u8], start: usize) -> Option<(Self, usize)> {
        let (end, last) = labels_end(buf, start, ROOM)?;
        (last == 0).then(|| (Self::flat_to(buf, start, end), end))
    }

    #[inline]
    fn flat_to(buf: &'a [u8], start: usize, end: usize) -> Self {
        Self {
            buf,
            start: start as u32,
            len: (end - start + 1) as u8,
            compressed: false,
        }
    }

    /// Goes on at the first pointer.
    #[inline]
    fn read_pointer(
        buf: &'a [u8],
        start: usize,
        pointer: usize,
    ) -> Result<(Self, usize), WireError> {
        let (mut at, mut floor, mut len) = (pointer, start, pointer - start);
        for _ in 0..MAX_POINTERS {
            if at + 1 >= buf.len() {
                return Err(truncated(buf));
            }
            let to = target(buf, at);
            if to >= floor {
                return Err(WireError::Pointer { at });
            }
            let Some((end, last)) = labels_end(buf, to, ROOM - len) else {
                return Err(no_end(buf, start, to, ROOM - len));
            };
            (at, floor, len) = (end, to, len + end - to);
            match last {
                0 => {
                    let name = Self {
                        buf,
                        start: start as u32,
                        len: (len + 1) as u8,
                        compressed: true,
                    };
                    return Ok((name, pointer + 2));
                }
                0xc0.. => {}
                _ => return Err(WireError::Label { at }),
            }
        }
        Err(WireError::Pointer { at })
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

    /// Counts the pointers of the name that was written to a message at `start`.
    pub(crate) fn pointers(message: &[u8], start: u16) -> usize {
        let (mut at, mut count) = (usize::from(start), 0);
        while let Some((end, 0xc0..)) = labels_end(message, at, ROOM) {
            (at, count) = (target(message, end), count + 1);
        }
        count
    }

    /// Returns the buffer that the name stands in.
    #[inline]
    pub(crate) fn source(&self) -> &'a [u8] {
        self.buf
    }
}

/// Finds what ends the labels at `start`, which have less than `room` octets: where it stands, and the
/// octet, which is zero or no length.
#[inline]
fn labels_end(buf: &[u8], start: usize, room: usize) -> Option<(usize, u8)> {
    let within = &buf[..buf.len().min(start.saturating_add(room))];
    let mut at = start;
    while let Some(&octet) = within.get(at) {
        if !matches!(octet, 1..=63) {
            return Some((at, octet));
        }
        at += 1 + usize::from(octet);
    }
    None
}

/// Why the labels at `run`, of the name at `start`, have no end.
#[cold]
fn no_end(buf: &[u8], start: usize, run: usize, room: usize) -> WireError {
    let mut at = run;
    while let Some(&octet) = buf.get(at)
        && at - run < room
    {
        at += 1 + usize::from(octet);
    }
    match at - run < room {
        true => truncated(buf),
        false => WireError::NameTooLong { at: start },
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
        if x != y && !is_pointer.0 && !is_pointer.1 {
            return false;
        }
        match (a.get(from..i), b.get(other..j)) {
            (Some([]), Some(_)) => {}
            (Some(p), Some(q)) if fold::equal(p, q) => {}
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
