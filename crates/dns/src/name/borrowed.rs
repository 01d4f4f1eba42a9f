//! Names as contiguous uncompressed bytes.

use core::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use ref_cast::{RefCastCustom, ref_cast_custom};

use crate::{
    error::NameError,
    name::{Labels, NameBuf, NameRef, fold, text},
};

/// A name in uncompressed wire form; unsized, used as `&Name` as `str` is used as `&str`.
///
/// ```
/// use eaves_dns::{Name, NameBuf};
///
/// let name: NameBuf = "www.Example.org.".parse()?;
/// let zone: NameBuf = "example.ORG.".parse()?;
/// assert!(name.is_below(&zone));
/// assert_eq!(name.parent(), Some(&*zone));
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(RefCastCustom)]
#[repr(transparent)]
pub struct Name([u8]);

impl Name {
    /// The root.
    pub const ROOT: &'static Self = Self::cast(&[0]);

    /// Takes bytes that were checked to be one uncompressed name.
    #[ref_cast_custom]
    pub(crate) const fn cast(wire: &[u8]) -> &Self;

    /// Takes an uncompressed wire form, which must fill the slice.
    ///
    /// # Errors
    /// When the bytes are anything else.
    pub fn from_wire(wire: &[u8]) -> Result<&Self, NameError> {
        let (name, end) = NameRef::read(wire, 0).map_err(|_| NameError::Wire)?;
        if name.is_compressed() || end != wire.len() {
            return Err(NameError::Wire);
        }
        Ok(Self::cast(wire))
    }

    /// Returns the uncompressed wire form.
    #[must_use]
    #[inline]
    pub fn as_wire(&self) -> &[u8] {
        &self.0
    }

    /// Walks over the labels from left to right, the root's left out.
    #[must_use]
    pub fn labels(&self) -> Labels<'_> {
        Labels::new(&self.0, 0)
    }

    /// Says whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// Says whether the first label is `*` (RFC 4592 section 2.1.1).
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with(b"\x01*")
    }

    /// Returns the name without its first label, or `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<&Self> {
        let first = usize::from(self.0[0]);
        (first != 0).then(|| Self::cast(&self.0[1 + first..]))
    }

    /// Walks over the name itself, its parent, and so on to the root.
    pub fn ancestors(&self) -> impl Iterator<Item = &Self> {
        core::iter::successors(Some(self), |name| name.parent())
    }

    /// Says whether the name is `ancestor` or lies below it.
    #[must_use]
    pub fn is_within(&self, ancestor: &Self) -> bool {
        let Some(skip) = self.0.len().checked_sub(ancestor.0.len()) else {
            return false;
        };
        // The tail must begin at a label: only walking from the left can tell.
        let mut at = 0;
        while at < skip {
            at += 1 + usize::from(self.0[at]);
        }
        at == skip && fold::equal(&self.0[skip..], &ancestor.0)
    }

    /// Says whether the name lies below `ancestor` and is another.
    #[must_use]
    pub fn is_below(&self, ancestor: &Self) -> bool {
        self.0.len() > ancestor.0.len() && self.is_within(ancestor)
    }

    /// Returns the longest name that both are within.
    #[must_use]
    pub fn common_suffix<'n>(&'n self, other: &Self) -> &'n Self {
        self.ancestors()
            .find(|name| other.is_within(name))
            .unwrap_or(Self::ROOT)
    }

    /// Copies the name with its ASCII letters in lower case (RFC 4034 section 6.2).
    #[must_use]
    pub fn to_lowercase(&self) -> NameBuf {
        let mut scratch = [0; 255];
        let wire = &mut scratch[..self.0.len()];
        wire.copy_from_slice(&self.0);
        wire.make_ascii_lowercase();
        NameBuf::from_checked(wire)
    }
}

impl ToOwned for Name {
    type Owned = NameBuf;

    fn to_owned(&self) -> NameBuf {
        NameBuf::from_checked(&self.0)
    }
}

impl PartialEq for Name {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        fold::equal(&self.0, &other.0)
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The canonical order of RFC 4034 section 6.1: label by label from the right.
impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = ([0; 128], [0; 128]);
        let (a, b) = (
            label_starts(&self.0, &mut left),
            label_starts(&other.0, &mut right),
        );
        for (&x, &y) in a.iter().rev().zip(b.iter().rev()) {
            let order = fold::compare(label_at(&self.0, x), label_at(&other.0, y));
            if order != Ordering::Equal {
                return order;
            }
        }
        a.len().cmp(&b.len())
    }
}

fn label_starts<'s>(wire: &[u8], starts: &'s mut [u8; 128]) -> &'s [u8] {
    let (mut at, mut count) = (0, 0);
    while wire[at] != 0 {
        starts[count] = at as u8;
        count += 1;
        at += 1 + usize::from(wire[at]);
    }
    &starts[..count]
}

fn label_at(wire: &[u8], start: u8) -> &[u8] {
    let start = usize::from(start);
    &wire[start + 1..=start + usize::from(wire[start])]
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut folded = [0; 256];
        let (chunks, rest) = self.0.as_chunks::<8>();
        for (to, from) in folded.as_chunks_mut::<8>().0.iter_mut().zip(chunks) {
            *to = fold::word(u64::from_le_bytes(*from)).to_le_bytes();
        }
        let start = chunks.len() * 8;
        for (to, from) in folded[start..].iter_mut().zip(rest) {
            *to = from.to_ascii_lowercase();
        }
        state.write(&folded[..self.0.len()]);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write_name(self.labels(), f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
