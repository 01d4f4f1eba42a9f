//! [`EntityTag`]: validators and how they compare (RFC 9110 section 8.8.3).

/// An entity tag, borrowed from its field.
///
/// Text that is no entity tag by the grammar (unquoted, an odd weakness flag) is opaque and strong: two equal
/// ones compare equal, which is how origins that send them mean it.
///
/// ```
/// use eaves_cache::field::EntityTag;
///
/// let (weak, strong) = (EntityTag::new(b"W/\"1\""), EntityTag::new(b"\"1\""));
/// assert!(weak.weakly_equals(strong));
/// assert!(!weak.strongly_equals(strong));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntityTag<'a> {
    opaque: &'a [u8],
    strength: Strength,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Strength {
    Strong,
    Weak,
}

impl<'a> EntityTag<'a> {
    /// Reads one entity tag.
    #[must_use]
    pub fn new(value: &'a [u8]) -> Self {
        match value.strip_prefix(b"W/") {
            Some(opaque) => Self {
                opaque,
                strength: Strength::Weak,
            },
            None => Self {
                opaque: value,
                strength: Strength::Strong,
            },
        }
    }

    /// Says whether this tag is a strong validator.
    #[must_use]
    pub fn is_strong(self) -> bool {
        self.strength == Strength::Strong
    }

    /// Compares as If-None-Match does: by the opaque text alone.
    #[must_use]
    pub fn weakly_equals(self, other: EntityTag<'_>) -> bool {
        self.opaque == other.opaque
    }

    /// Compares as If-Range does: equal, and neither is weak.
    #[must_use]
    pub fn strongly_equals(self, other: EntityTag<'_>) -> bool {
        self.is_strong() && other.is_strong() && self.opaque == other.opaque
    }
}
