//! [`Parts`]: what rests under the key of a response of which only parts have come.

use core::ops::Range;

use http::{
    HeaderMap,
    header::{CONTENT_LENGTH, CONTENT_RANGE},
};

use super::{
    codec::{HeadError, Reader, write_len},
    compact::Head,
    storable::keep_storable,
};
use crate::policy::Meta;

/// The parts of one response that are stored, each under a key of its own.
///
/// `set` is part of each of these keys and is never used again: removing this record makes all of them unreachable.
/// `head` is the head of the whole, as if it had come with status 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) set: u64,
    pub(crate) complete: u64,
    /// Sorted, and none overlaps another.
    pub(crate) pieces: Vec<Range<u64>>,
    pub(crate) head: Head,
}

impl Parts {
    /// How many parts of one response are kept; the next one takes the place of all.
    pub(crate) const MOST: usize = 64;

    /// Adds a part; says whether there was room. What overlaps it is left out from now on.
    pub(crate) fn add(&mut self, piece: Range<u64>) -> bool {
        self.pieces
            .retain(|known| known.end <= piece.start || piece.end <= known.start);
        if self.pieces.len() >= Self::MOST {
            return false;
        }
        let at = self
            .pieces
            .partition_point(|known| known.start < piece.start);
        self.pieces.insert(at, piece);
        true
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![PARTS];
        out.extend_from_slice(&self.set.to_le_bytes());
        out.extend_from_slice(&self.complete.to_le_bytes());
        write_len(self.pieces.len(), &mut out);
        for piece in &self.pieces {
            out.extend_from_slice(&piece.start.to_le_bytes());
            out.extend_from_slice(&piece.end.to_le_bytes());
        }
        out.extend_from_slice(self.head.as_bytes());
        out
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, HeadError> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != PARTS {
            return Err(HeadError::Invalid {
                at: 0,
                part: "version",
            });
        }
        let (set, complete) = (reader.u64()?, reader.u64()?);
        let mut pieces: Vec<Range<u64>> = Vec::new();
        for _ in 0..reader.len()? {
            let piece = reader.u64()?..reader.u64()?;
            let follows = pieces.last().is_none_or(|last| last.end <= piece.start);
            if piece.is_empty() || piece.end > complete || !follows {
                return Err(reader.invalid("piece"));
            }
            pieces.push(piece);
        }
        Ok(Self {
            set,
            complete,
            pieces,
            head: Head::from_bytes(bytes[reader.at..].to_vec())?,
        })
    }
}

/// The first byte of a record of parts.
pub(super) const PARTS: u8 = 0x82;

/// The fields of the whole response that a 206 is a part of.
pub(crate) fn whole_fields(answer: &HeaderMap, complete: u64) -> HeaderMap {
    let mut headers = answer.clone();
    keep_storable(&mut headers);
    headers.remove(CONTENT_RANGE);
    headers.insert(CONTENT_LENGTH, complete.into());
    headers
}

/// A head without fields, for what is only found through another record.
pub(crate) fn bare_head(meta: Meta) -> Head {
    Head::new(meta, &HeaderMap::new())
}

#[cfg(test)]
mod tests {
    use http::{Request, Response, header::CACHE_CONTROL};
    use proptest::prelude::*;

    use super::*;
    use crate::policy::{Policy, Storage, Times};

    fn parts(pieces: Vec<Range<u64>>) -> Parts {
        let request = Request::get("http://a.example/").body(()).unwrap();
        let response = Response::builder()
            .header(CACHE_CONTROL, "max-age=60")
            .body(())
            .unwrap();
        let stored =
            Policy::default().storage((&request).into(), (&response).into(), Times::default());
        let Storage::Store(meta) = stored else {
            panic!("it may be stored")
        };
        Parts {
            set: 7,
            complete: 100,
            pieces,
            head: Head::new(meta, response.headers()),
        }
    }

    #[test]
    fn parts_stay_sorted_and_apart() {
        let mut parts = parts(Vec::new());
        for piece in [50..60, 0..10, 5..20, 60..61, 90..100, 80..95] {
            assert!(parts.add(piece));
        }
        assert_eq!(parts.pieces, [5..20, 50..60, 60..61, 80..95]);
    }

    #[test]
    fn there_are_never_more_than_the_most() {
        let mut parts = parts(Vec::new());
        let most = Parts::MOST as u64;
        assert!((0..most).all(|at| parts.add(at..at + 1)));
        assert!(!parts.add(most..most + 1));
        assert!(parts.add(3..4), "in place of another");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn parts_read_back_and_nothing_else_does(cuts in prop::collection::btree_set(0u64..=100, 0..20), cut in any::<prop::sample::Index>()) {
            let cuts: Vec<u64> = cuts.into_iter().collect();
            let parts = parts(cuts.chunks_exact(2).map(|pair| pair[0]..pair[1]).collect());
            let bytes = parts.to_bytes();
            prop_assert_eq!(Parts::read(&bytes), Ok(parts));
            prop_assert!(Parts::read(&bytes[..cut.index(bytes.len())]).is_err());
        }
    }
}
