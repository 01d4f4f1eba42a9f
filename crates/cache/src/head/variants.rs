//! [`Variants`]: what rests under a URL whose responses vary, instead of a response.

use http::HeaderName;

use super::{
    codec::{HeadError, Reader, write_len},
    compact::{Head, RESPONSE},
    parts::{PARTS, Parts},
};
use crate::{field::SearchVariance, policy::VaryOn};

/// What a store holds under a key: a response, or the fields that select one.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    Parts(Parts),
    Response(Head),
    Variants(Variants),
}

impl Record {
    /// Reads what a store gave back.
    pub(crate) fn read(bytes: Vec<u8>) -> Result<Self, HeadError> {
        match bytes.first() {
            Some(&RESPONSE) => Head::trusted(bytes).map(Self::Response),
            Some(&PARTS) => Parts::read(&bytes).map(Self::Parts),
            _ => Variants::read(&bytes).map(Self::Variants),
        }
    }
}

/// What of a request selects one of a URL's responses: the fields named by Vary, and how much of the query counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) vary: VaryOn,
    pub(crate) search: SearchVariance,
}

/// The sets of request fields that responses of one URL vary on, the newest first.
///
/// `set` is part of every variant's key and is never used again: removing this record makes all variants unreachable
/// at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variants {
    pub(crate) set: u64,
    pub(crate) on: Vec<Selector>,
}

impl Variants {
    /// How many sets of fields one URL may vary on; the oldest is forgotten.
    pub(crate) const MOST: usize = 4;

    pub(crate) fn new(set: u64, on: Selector) -> Self {
        Self { set, on: vec![on] }
    }

    /// Puts a set of fields first.
    pub(crate) fn promote(&mut self, on: Selector) {
        self.on.retain(|known| *known != on);
        self.on.insert(0, on);
        self.on.truncate(Self::MOST);
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![VARIANTS];
        out.extend_from_slice(&self.set.to_le_bytes());
        write_len(self.on.len(), &mut out);
        for on in &self.on {
            let search = on.search.to_field();
            write_len(search.len(), &mut out);
            out.extend_from_slice(search.as_bytes());
            write_len(on.vary.names().len(), &mut out);
            for name in on.vary.names() {
                write_len(name.len(), &mut out);
                out.extend_from_slice(name.as_bytes());
            }
        }
        out
    }

    fn read(bytes: &[u8]) -> Result<Self, HeadError> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VARIANTS {
            return Err(HeadError::Invalid {
                at: 0,
                part: "version",
            });
        }
        let set = reader.u64()?;
        let mut on = Vec::new();
        for _ in 0..reader.len()? {
            let len = reader.len()?;
            let search = SearchVariance::parse(reader.take(len)?);
            let mut names = Vec::new();
            for _ in 0..reader.len()? {
                let len = reader.len()?;
                let name = HeaderName::from_bytes(reader.take(len)?);
                names.push(name.map_err(|_| reader.invalid("field name"))?);
            }
            let vary = VaryOn::from_names(names);
            on.push(Selector { vary, search });
        }
        Ok(Self { set, on })
    }
}

/// The first byte of a record of variants.
const VARIANTS: u8 = 0x83;

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::VARY};

    use super::*;
    use crate::policy::varies_on;

    fn on(names: &'static str) -> Selector {
        let mut headers = HeaderMap::new();
        headers.insert(VARY, HeaderValue::from_static(names));
        Selector {
            vary: varies_on(&headers),
            search: SearchVariance::parse(b"key-order, params=(\"a\" \"b\")"),
        }
    }

    #[test]
    fn variants_read_back_and_forget_the_oldest() {
        let mut variants = Variants::new(7, on("a"));
        for names in ["b, c", "d", "a", "e", "f"] {
            variants.promote(on(names));
        }
        assert_eq!(variants.on, [on("f"), on("e"), on("a"), on("d")]);
        assert_eq!(Variants::read(&variants.to_bytes()), Ok(variants));
    }

    #[test]
    fn a_record_cut_anywhere_is_refused() {
        let bytes = Variants::new(7, on("a, bcd")).to_bytes();
        for end in 0..bytes.len() {
            assert!(Record::read(bytes[..end].to_vec()).is_err(), "{end}");
        }
    }
}
