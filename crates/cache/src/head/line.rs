//! [`Line`]: one line of a field, from a head at rest or from a message.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    codec::write_len,
    table::{self, Code},
};

/// One line of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) value: &'a [u8],
}

/// The name of a field: known names by their code, so that comparing them is comparing a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    Known(Code),
    Other(&'a [u8]),
}

/// Iterates over the fields of a message.
pub(crate) fn lines(headers: &HeaderMap) -> impl Iterator<Item = Line<'_>> {
    headers
        .iter()
        .map(|(name, value)| Line::of(table::code(name), name, value))
}

/// The codes of a message's names, so that who goes over its lines twice looks them up once.
pub(crate) struct Codes {
    codes: [u8; 48],
}

impl Codes {
    pub(crate) const NONE: Self = Self { codes: [0; 48] };

    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut codes = Self::NONE;
        codes.note(headers).for_each(drop);
        codes
    }

    /// Iterates over the fields of a message and notes their codes.
    pub(crate) fn note<'a>(&mut self, headers: &'a HeaderMap) -> impl Iterator<Item = Line<'a>> {
        headers.iter().enumerate().map(|(at, (name, value))| {
            let code = table::code(name);
            if let Some(place) = self.codes.get_mut(at) {
                *place = code as u8;
            }
            Line::of(code, name, value)
        })
    }

    /// Iterates over the fields of the same message once more.
    pub(crate) fn again<'a>(&self, headers: &'a HeaderMap) -> impl Iterator<Item = Line<'a>> {
        headers.iter().enumerate().map(|(at, (name, value))| {
            let noted = self.codes.get(at).copied().map(Code::from);
            let code = noted.unwrap_or_else(|| table::code(name));
            Line::of(code, name, value)
        })
    }
}

#[cold]
fn append_other(name: &[u8], value: HeaderValue, headers: &mut HeaderMap) {
    if let Ok(name) = HeaderName::from_bytes(name) {
        headers.append(name, value);
    }
}

impl<'a> Line<'a> {
    fn of(code: Code, name: &'a HeaderName, value: &'a HeaderValue) -> Self {
        Self {
            name: Name::with(code, name),
            value: value.as_bytes(),
        }
    }
}

impl<'a> Name<'a> {
    pub(crate) fn of(name: &'a HeaderName) -> Self {
        Self::with(table::code(name), name)
    }

    fn with(code: Code, name: &'a HeaderName) -> Self {
        match code {
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
    #[inline(always)]
    pub(super) fn append(self, value: HeaderValue, headers: &mut HeaderMap) {
        match self {
            // By reference: an owned name is moved about and dropped again, for half of what its field costs.
            Self::Known(code) => {
                if let Some(name) = table::name(code) {
                    headers.append(name, value);
                }
            }
            Self::Other(other) => append_other(other, value, headers),
        }
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Known(code) => out.push(code as u8),
            Self::Other(name) => {
                out.push(0);
                write_len(name.len(), out);
                out.extend_from_slice(name);
            }
        }
    }
}
