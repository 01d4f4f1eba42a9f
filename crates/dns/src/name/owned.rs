//! Owned names.

use core::{
    borrow::Borrow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    str::FromStr,
};

use crate::{
    error::NameError,
    name::{Name, fold, text},
};

/// Names up to this many octets are kept inline; in traffic, hardly any is longer.
const INLINE: usize = fold::PADDED;

/// An owned name; up to 62 octets are kept inline, so that it is cloned without allocation.
///
/// ```
/// use eaves_dns::NameBuf;
///
/// let name: NameBuf = r"a\.b.example.".parse()?;
/// assert_eq!(name.as_wire(), b"\x03a.b\x07example\x00");
/// assert_eq!(name.to_string(), r"a\.b.example.");
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Clone)]
pub struct NameBuf(Storage);

#[derive(Clone)]
enum Storage {
    /// Behind the name's octets are zeros.
    Inline {
        len: u8,
        wire: [u8; INLINE],
    },
    Heap(Box<[u8]>),
}

impl NameBuf {
    /// Reads presentation format; a name without a final dot is taken relative to `origin`, and
    /// `@` is the origin itself (RFC 1035 section 5.1).
    ///
    /// # Errors
    /// When the text is no name, or relative while `origin` is `None`.
    pub fn parse(text: &str, origin: Option<&Name>) -> Result<Self, NameError> {
        let mut wire = [0; 255];
        let len = text::parse_name(text.as_bytes(), origin, &mut wire)?;
        Ok(Self::from_checked(&wire[..len]))
    }

    /// Takes an uncompressed wire form, which must fill the slice.
    ///
    /// # Errors
    /// When the bytes are anything else.
    pub fn from_wire(wire: &[u8]) -> Result<Self, NameError> {
        Name::from_wire(wire).map(ToOwned::to_owned)
    }

    /// Puts a label in front of `parent`.
    ///
    /// # Errors
    /// When the label is empty or longer than 63 octets, or the name longer than 255.
    pub fn child(label: &[u8], parent: &Name) -> Result<Self, NameError> {
        match label.len() {
            0 => return Err(NameError::EmptyLabel),
            1..=63 => {}
            _ => return Err(NameError::LabelTooLong),
        }
        let mut wire = [0; 255];
        let len = 1 + label.len() + parent.as_wire().len();
        let room = wire.get_mut(..len).ok_or(NameError::NameTooLong)?;
        room[0] = label.len() as u8;
        room[1..=label.len()].copy_from_slice(label);
        room[1 + label.len()..].copy_from_slice(parent.as_wire());
        Ok(Self::from_checked(room))
    }

    /// Takes bytes that were checked to be one uncompressed name.
    pub(crate) fn from_checked(name: &[u8]) -> Self {
        let mut wire = [0; INLINE];
        match wire.get_mut(..name.len()) {
            Some(room) => {
                room.copy_from_slice(name);
                Self(Storage::Inline {
                    len: name.len() as u8,
                    wire,
                })
            }
            None => Self(Storage::Heap(name.into())),
        }
    }
}

impl Deref for NameBuf {
    type Target = Name;

    #[inline]
    fn deref(&self) -> &Name {
        match &self.0 {
            Storage::Inline { len, wire } => Name::cast(&wire[..usize::from(*len)]),
            Storage::Heap(wire) => Name::cast(wire),
        }
    }
}

impl AsRef<Name> for NameBuf {
    fn as_ref(&self) -> &Name {
        self
    }
}

impl Borrow<Name> for NameBuf {
    fn borrow(&self) -> &Name {
        self
    }
}

impl Default for NameBuf {
    /// Returns the root.
    fn default() -> Self {
        Name::ROOT.to_owned()
    }
}

impl From<&Name> for NameBuf {
    fn from(name: &Name) -> Self {
        name.to_owned()
    }
}

/// Reads presentation format; a missing final dot is added.
impl FromStr for NameBuf {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text, Some(Name::ROOT))
    }
}

impl PartialEq for NameBuf {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (
                Storage::Inline { len, wire },
                Storage::Inline {
                    len: len2,
                    wire: wire2,
                },
            ) => len == len2 && fold::equal_padded(wire, wire2, usize::from(*len)),
            _ => **self == **other,
        }
    }
}

impl Eq for NameBuf {}

impl PartialOrd for NameBuf {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for NameBuf {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for NameBuf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Display for NameBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Debug for NameBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
