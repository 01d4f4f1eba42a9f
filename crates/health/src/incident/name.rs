//! [`Name`]: what pools, origins and sites are called, cheap to clone and of bounded length.

use std::{borrow::Borrow, fmt, sync::Arc};

/// The name of a pool, an origin or a site; clones share its text.
///
/// A name over 120 bytes is cut, and a hash of the whole keeps it apart from others with the same
/// beginning.
///
/// ```
/// use eaves_health::incident::Name;
///
/// assert_eq!(Name::new("web").as_str(), "web");
/// assert!(Name::new(&"x".repeat(1_000)).as_str().len() <= 120);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// Makes a name.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.len() <= MAX {
            return Self(text.into());
        }
        let kept = cut(text, MAX - 17);
        Self(format!("{kept}~{:016x}", fnv(text.as_bytes())).into())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Ok(Self::new(&text))
    }
}

/// Longest name in bytes.
const MAX: usize = 120;

/// The longest beginning of `text` that has at most `max` bytes.
pub(super) fn cut(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// FNV-1a: names stay the same across restarts, which std's hasher does not promise.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_with_one_beginning_stay_apart_and_reading_one_back_keeps_it() {
        let (a, b) = ("ä".repeat(99) + "a", "ä".repeat(99) + "b");
        let (a, b) = (Name::new(&a), Name::new(&b));
        assert_ne!(a, b);
        assert_eq!(Name::new(a.as_str()), a);
        assert!(a.as_str().len() <= MAX);
    }
}
