//! [`Record`]: a whole record, as it is built and as it is read.

use std::sync::Arc;

use bytes::Bytes;

use super::{HEADER, Header, Place, Sums};

/// What goes into a record beside its header.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::store::disk) struct Parts<'a> {
    pub(in crate::store::disk) key: &'a [u8],
    pub(in crate::store::disk) head: &'a [u8],
    pub(in crate::store::disk) trailers: &'a [u8],
    pub(in crate::store::disk) extents: &'a [Place],
    pub(in crate::store::disk) chunks: &'a [u64],
    pub(in crate::store::disk) body: &'a [u8],
}

/// Builds a record whose place is not known yet; the lengths in `header` are those of `parts`, whatever it says.
pub(in crate::store::disk) fn build(header: &Header, parts: Parts<'_>, sums: Sums) -> Vec<u8> {
    let mut header = Header {
        key_len: parts.key.len() as u16,
        head_len: parts.head.len() as u32,
        trailers_len: parts.trailers.len() as u32,
        extents: parts.extents.len() as u32,
        ..*header
    };
    let len = header.record_len() as usize;
    let mut record = Vec::with_capacity(len);
    record.resize(HEADER, 0);
    record.extend_from_slice(parts.key);
    record.extend_from_slice(parts.head);
    record.extend_from_slice(parts.trailers);
    for place in parts.extents {
        record.extend_from_slice(&place.segment.to_le_bytes());
        record.extend_from_slice(&place.offset.to_le_bytes());
    }
    for sum in parts.chunks {
        record.extend_from_slice(&sum.to_le_bytes());
    }
    header.meta_sum = sums.meta(&record[HEADER..], header.sequence);
    if let Some(first) = record.first_chunk_mut() {
        header.write(first);
    }
    record.extend_from_slice(parts.body);
    record.resize(len, 0);
    record
}

/// Puts the checksum of the header into a record that will stand at a place.
pub(in crate::store::disk) fn seal_place(record: &mut [u8], place: Place, sums: Sums) {
    if let Some(first) = record.first_chunk() {
        let sum = sums.header(first, place);
        record[56..HEADER].copy_from_slice(&sum.to_le_bytes());
    }
}

/// An object's record, read and checked but for its body.
#[derive(Clone, Debug)]
pub(in crate::store::disk) struct Record {
    pub(in crate::store::disk) header: Header,
    pub(in crate::store::disk) key: Bytes,
    pub(in crate::store::disk) head: Bytes,
    pub(in crate::store::disk) trailers: Bytes,
    pub(in crate::store::disk) extents: Vec<Place>,
    pub(in crate::store::disk) chunks: Arc<[u64]>,
}

impl Record {
    /// Takes the parts out of bytes that begin with a header that was decoded, and reach up to the body at least.
    /// None if they are damaged.
    pub(in crate::store::disk) fn read(header: Header, bytes: &Bytes, sums: Sums) -> Option<Self> {
        let end = HEADER.checked_add(usize::try_from(header.meta_len()).ok()?)?;
        let meta = bytes.get(HEADER..end)?;
        if sums.meta(meta, header.sequence) != header.meta_sum {
            return None;
        }
        let mut at = HEADER;
        let mut take = |len: usize| {
            at += len;
            bytes.slice(at - len..at)
        };
        let key = take(usize::from(header.key_len));
        let head = take(header.head_len as usize);
        let trailers = take(header.trailers_len as usize);
        let extents = take(header.extents as usize * 8);
        let chunks = take(header.chunks() as usize * 8);
        Some(Self {
            header,
            key,
            head,
            trailers,
            extents: pairs(&extents).map(place_of).collect(),
            chunks: pairs(&chunks).map(u64::from_le_bytes).collect(),
        })
    }

    /// Where the body begins, counted from the record.
    pub(in crate::store::disk) fn body_at(&self) -> u64 {
        HEADER as u64 + self.header.meta_len()
    }
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = [u8; 8]> {
    bytes
        .chunks_exact(8)
        .filter_map(|pair| pair.try_into().ok())
}

fn place_of(pair: [u8; 8]) -> Place {
    let [a, b, c, d, e, f, g, h] = pair;
    Place {
        segment: u32::from_le_bytes([a, b, c, d]),
        offset: u32::from_le_bytes([e, f, g, h]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::Kind, *};

    const SUMS: Sums = Sums::new(7);
    const PLACE: Place = Place {
        segment: 3,
        offset: 4096,
    };

    fn header(body_len: u64, extent_len: u32) -> Header {
        Header {
            kind: Kind::Object,
            chunk_log2: 10,
            key_len: 0,
            sequence: 9,
            hash: 5,
            head_len: 0,
            trailers_len: 0,
            body_len,
            extents: 0,
            extent_len,
            meta_sum: 0,
        }
    }

    fn read(bytes: &[u8], place: Place) -> Option<Record> {
        let header = Header::decode(bytes, place, SUMS)?;
        Record::read(header, &Bytes::copy_from_slice(bytes), SUMS)
    }

    proptest! {
        #[test]
        fn what_is_built_reads_back(
            key in prop::collection::vec(any::<u8>(), 0..300),
            head in prop::collection::vec(any::<u8>(), 0..300),
            trailers in prop::collection::vec(any::<u8>(), 0..50),
            body in prop::collection::vec(any::<u8>(), 0..3000),
            in_extents in any::<bool>(),
        ) {
            let extents: Vec<Place> = (0..body.len().div_ceil(1024) as u32 * u32::from(in_extents))
                .map(|number| Place { segment: number, offset: number * 16 })
                .collect();
            let chunks: Vec<u64> = body.chunks(1024).map(|chunk| SUMS.chunk(chunk, 9, 0)).collect();
            let inline = if extents.is_empty() { &body[..] } else { &[] };
            let parts = Parts { key: &key, head: &head, trailers: &trailers, extents: &extents, chunks: &chunks, body: inline };
            let mut bytes = build(&header(body.len() as u64, 1024), parts, SUMS);
            seal_place(&mut bytes, PLACE, SUMS);
            let record = read(&bytes, PLACE).unwrap();
            prop_assert_eq!((&record.key[..], &record.head[..], &record.trailers[..]), (&key[..], &head[..], &trailers[..]));
            prop_assert_eq!((&record.extents, &record.chunks[..]), (&extents, &chunks[..]));
            prop_assert_eq!(record.header.record_len(), bytes.len() as u64);
            let at = record.body_at() as usize;
            prop_assert_eq!(&bytes[at..at + inline.len()], inline);
        }

        #[test]
        fn arbitrary_bytes_are_no_record(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(read(&bytes, PLACE).is_none());
            if bytes.len() >= HEADER {
                // With a sum that holds, the lengths are what they are: nothing may panic or be allocated by them.
                bytes[..4].copy_from_slice(b"eav1");
                seal_place(&mut bytes, PLACE, SUMS);
                let _ = read(&bytes, PLACE);
            }
        }
    }

    #[test]
    fn a_record_holds_at_its_own_place_only() {
        let mut bytes = build(
            &header(3, 0),
            Parts {
                body: b"abc",
                chunks: &[1],
                ..Parts::default()
            },
            SUMS,
        );
        seal_place(&mut bytes, PLACE, SUMS);
        assert!(read(&bytes, PLACE).is_some());
        let moved = Place {
            offset: 4112,
            ..PLACE
        };
        assert!(read(&bytes, moved).is_none());
        let reused = Place {
            segment: 4,
            ..PLACE
        };
        assert!(read(&bytes, reused).is_none());
    }
}
