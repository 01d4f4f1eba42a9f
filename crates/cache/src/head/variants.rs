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
    /// Variants with an entity tag, the one stored last first.
    pub(crate) tagged: Vec<Tagged>,
}

/// A stored variant, and the entity tag that it had when it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tagged {
    pub(crate) tag: Vec<u8>,
    /// What follows the URI in its key.
    pub(crate) key: Vec<u8>,
}

impl Variants {
    /// How many sets of fields one URL may vary on; the oldest is forgotten.
    pub(crate) const MOST: usize = 4;

    pub(crate) fn new(set: u64, on: Selector) -> Self {
        Self {
            set,
            on: vec![on],
            tagged: Vec::new(),
        }
    }

    /// How many variants of one URL are known by their tags.
    const MOST_TAGGED: usize = 8;
    /// The longest tag, and the longest rest of a key, that are worth a place in each record.
    const LONGEST: usize = 512;

    /// Remembers a variant by its tag, in place of what stood under its key or had that tag.
    pub(crate) fn remember(&mut self, tag: &[u8], key: &[u8]) {
        self.tagged
            .retain(|known| known.tag != tag && known.key != key);
        if tag.len().max(key.len()) > Self::LONGEST {
            return;
        }
        let (tag, key) = (tag.to_vec(), key.to_vec());
        self.tagged.insert(0, Tagged { tag, key });
        self.tagged.truncate(Self::MOST_TAGGED);
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
        write_len(self.tagged.len(), &mut out);
        for Tagged { tag, key } in &self.tagged {
            for part in [tag, key] {
                write_len(part.len(), &mut out);
                out.extend_from_slice(part);
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
        let mut tagged = Vec::new();
        for _ in 0..reader.len()? {
            let len = reader.len()?;
            let tag = reader.take(len)?.to_vec();
            let len = reader.len()?;
            let key = reader.take(len)?.to_vec();
            tagged.push(Tagged { tag, key });
        }
        Ok(Self { set, on, tagged })
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
        for at in 0..10u8 {
            variants.remember(&[at], &[at / 2]);
        }
        variants.remember(&[0; 513], &[9]);
        let tags: Vec<u8> = variants.tagged.iter().map(|known| known.tag[0]).collect();
        assert_eq!(tags, [9, 7, 5, 3, 1]);
        assert_eq!(Variants::read(&variants.to_bytes()), Ok(variants));
    }

    #[test]
    fn a_record_cut_anywhere_is_refused() {
        let mut variants = Variants::new(7, on("a, bcd"));
        variants.remember(b"\"1\"", b" key");
        let bytes = variants.to_bytes();
        for end in 0..bytes.len() {
            assert!(Record::read(bytes[..end].to_vec()).is_err(), "{end}");
        }
    }
}
