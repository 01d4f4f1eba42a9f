//! [`Record`]: a purge as bytes, for logs and for other nodes.

use super::{Mode, Purge, Target};
use crate::key::Key;

/// A purge with its epoch, as it is written down.
///
/// ```
/// use eaves_cache::purge::{Purge, Record};
///
/// let record = Record { epoch: 7, purge: Purge::tag("news").soft() };
/// assert_eq!(Record::from_bytes(&record.to_bytes()), Ok(record));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a record has these parts")]
pub struct Record {
    /// Its epoch.
    pub epoch: u64,
    /// What is purged.
    pub purge: Purge,
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A part has a value that is never written.
    #[error("record of a purge has an impossible {part} at byte {at}")]
    Invalid {
        /// Offset of the part.
        at: usize,
        /// Which part it is.
        part: &'static str,
    },
    /// The bytes end inside a part.
    #[error("record of a purge ends at byte {at}")]
    Truncated {
        /// Offset at which more bytes were needed.
        at: usize,
    },
}

impl From<RecordError> for eaves_common::Error {
    fn from(error: RecordError) -> Self {
        Self::with_source(eaves_common::ErrorKind::Invalid, "reading a purge", error)
    }
}

/// Epoch, mode and kind come before the text.
const TEXT: usize = 10;

impl Record {
    /// Writes it down: the epoch first, little endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (kind, text) = match self.purge.target() {
            Target::Everything => (0, Vec::new()),
            Target::Group { origin, group } => (1, format!("{origin} {group}").into_bytes()),
            Target::Pattern(pattern) => (2, pattern.as_str().into()),
            Target::Prefix(prefix) => (3, prefix.as_str().into()),
            Target::Tag(tag) => (4, tag.as_bytes().to_vec()),
            Target::Url(key) => (5, key.as_bytes().to_vec()),
        };
        let mut bytes = Vec::with_capacity(TEXT + text.len());
        bytes.extend_from_slice(&self.epoch.to_le_bytes());
        bytes.push(match self.purge.mode() {
            Mode::Hard => 0,
            Mode::Soft => 1,
        });
        bytes.push(kind);
        bytes.extend_from_slice(&text);
        bytes
    }

    /// Reads it back.
    ///
    /// # Errors
    /// If the bytes are not a record.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        let truncated = RecordError::Truncated { at: bytes.len() };
        let invalid = |at, part| RecordError::Invalid { at, part };
        let (epoch, rest) = bytes.split_first_chunk().ok_or(truncated)?;
        let ([mode, kind], text) = rest.split_first_chunk().ok_or(truncated)?;
        let mode = match mode {
            0 => Mode::Hard,
            1 => Mode::Soft,
            _ => return Err(invalid(8, "mode")),
        };
        let target = target(*kind, text)?;
        Ok(Self {
            epoch: u64::from_le_bytes(*epoch),
            purge: Purge::from_parts(target, mode),
        })
    }
}

fn target(kind: u8, bytes: &[u8]) -> Result<Target, RecordError> {
    let part = RecordError::Invalid {
        at: TEXT,
        part: "text",
    };
    let text = core::str::from_utf8(bytes).map_err(|_| part)?;
    let purge = match kind {
        0 if text.is_empty() => Ok(Purge::everything()),
        1 => {
            let (origin, group) = text.split_once(' ').ok_or(part)?;
            return Ok(Target::Group {
                origin: origin.into(),
                group: group.into(),
            });
        }
        2 => Purge::pattern(text),
        3 => Purge::prefix(text),
        4 => Ok(Purge::tag(text)),
        5 => return Ok(Target::Url(Key::from_stored(bytes))),
        _ => {
            return Err(RecordError::Invalid {
                at: TEXT - 1,
                part: "kind",
            });
        }
    };
    purge.map(|purge| purge.target().clone()).map_err(|_| part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn purge() -> impl Strategy<Value = Purge> {
        let text = "[a-z]{1,4}\\.example/[a-z*?]{0,6}";
        let key = "http://[a-z]{1,5}/[a-z]{0,5}".prop_map(|text| Key::from_stored(text.as_bytes()));
        let purge = prop_oneof![
            Just(Purge::everything()),
            (key.clone(), "[ -~]{1,8}").prop_map(|(key, group)| Purge::group(&key, &group)),
            text.prop_map(|text| Purge::pattern(&text).unwrap()),
            text.prop_map(|text| Purge::prefix(&text).unwrap()),
            "[!-~]{1,12}".prop_map(|tag| Purge::tag(&tag)),
            key.prop_map(Purge::url),
        ];
        (purge, any::<bool>()).prop_map(|(purge, soft)| if soft { purge.soft() } else { purge })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn what_is_written_reads_back(purge in purge(), epoch: u64) {
            let record = Record { epoch, purge };
            let bytes = record.to_bytes();
            prop_assert_eq!(Record::from_bytes(&bytes), Ok(record));
            for end in 0..TEXT {
                prop_assert!(Record::from_bytes(&bytes[..end]).is_err());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(record) = Record::from_bytes(&bytes) {
                prop_assert_eq!(Record::from_bytes(&record.to_bytes()), Ok(record));
            }
        }
    }
}
