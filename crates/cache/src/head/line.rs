//! [`Line`]: one line of a field, from a head at rest or from a message.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{codec::write_len, table};

/// One line of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) value: &'a [u8],
}

/// The name of a field: known names by their code, so that comparing them is comparing a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    Known(u8),
    Other(&'a [u8]),
}

/// Iterates over the fields of a message.
pub(crate) fn lines(headers: &HeaderMap) -> impl Iterator<Item = Line<'_>> {
    headers.iter().map(|(name, value)| Line {
        name: Name::of(name),
        value: value.as_bytes(),
    })
}

impl<'a> Name<'a> {
    pub(crate) fn of(name: &'a HeaderName) -> Self {
        match table::code(name) {
            0 => Self::Other(name.as_str().as_bytes()),
            code => Self::Known(code),
        }
    }

    pub(crate) fn is(self, name: &HeaderName) -> bool {
        match self {
            Self::Known(code) => table::name(code) == Some(name),
            Self::Other(other) => other == name.as_str().as_bytes(),
        }
    }

    /// Appends a field of this name; what cannot be one is left out.
    #[inline]
    pub(super) fn append(self, value: HeaderValue, headers: &mut HeaderMap) {
        match self {
            // By reference: an owned name is moved about and dropped again, for half of what its field costs.
            Self::Known(code) => {
                if let Some(name) = table::name(code) {
                    headers.append(name, value);
                }
            }
            Self::Other(other) => {
                if let Ok(name) = HeaderName::from_bytes(other) {
                    headers.append(name, value);
                }
            }
        }
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Known(code) => out.push(code),
            Self::Other(name) => {
                out.push(0);
                write_len(name.len(), out);
                out.extend_from_slice(name);
            }
        }
    }
}
