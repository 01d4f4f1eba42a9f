//! [`Header`]: the first 64 bytes of a record.

use super::{Place, Sums};

/// What a record is, and how long its parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::disk) struct Header {
    pub(in crate::store::disk) kind: Kind,
    /// The length of a chunk of the body, as a power of two.
    pub(in crate::store::disk) chunk_log2: u8,
    pub(in crate::store::disk) key_len: u16,
    /// Which body this is; the checksums of its chunks depend on it.
    pub(in crate::store::disk) sequence: u64,
    /// The hash of the key.
    pub(in crate::store::disk) hash: u64,
    pub(in crate::store::disk) head_len: u32,
    pub(in crate::store::disk) trailers_len: u32,
    pub(in crate::store::disk) body_len: u64,
    /// How many extents the body lies in; none if it follows in this record.
    pub(in crate::store::disk) extents: u32,
    /// The length of each extent but the last.
    pub(in crate::store::disk) extent_len: u32,
    /// The checksum of what stands between this header and the body.
    pub(in crate::store::disk) meta_sum: u64,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::disk) enum Kind {
    /// A response, with its body or the places of it.
    Object = 1,
    /// A part of a body.
    Extent = 2,
    /// The removal of a key.
    Tombstone = 3,
}

/// The length of a header.
pub(in crate::store::disk) const HEADER: usize = 64;
/// Records begin at multiples of this.
pub(in crate::store::disk) const ALIGN: u64 = 16;

const MAGIC: [u8; 4] = *b"eav1";

impl Header {
    /// Reads a header that stands at a place, unless it is none or damaged.
    pub(in crate::store::disk) fn decode(bytes: &[u8], place: Place, sums: Sums) -> Option<Self> {
        let bytes: &[u8; HEADER] = bytes.get(..HEADER)?.try_into().ok()?;
        if bytes[..4] != MAGIC {
            return None;
        }
        let checked: &[u8; 56] = bytes.first_chunk()?;
        if sums.header(checked, place) != u64_at(bytes, 56) {
            return None;
        }
        let header = Self {
            kind: Kind::of(bytes[4])?,
            chunk_log2: bytes[5],
            key_len: u16::from_le_bytes([bytes[6], bytes[7]]),
            sequence: u64_at(bytes, 8),
            hash: u64_at(bytes, 16),
            head_len: u32_at(bytes, 24),
            trailers_len: u32_at(bytes, 28),
            body_len: u64_at(bytes, 32),
            extents: u32_at(bytes, 40),
            extent_len: u32_at(bytes, 44),
            meta_sum: u64_at(bytes, 48),
        };
        header.is_consistent().then_some(header)
    }

    /// Writes the header without its own checksum, which depends on its place.
    pub(super) fn write(&self, out: &mut [u8; HEADER]) {
        out[..4].copy_from_slice(&MAGIC);
        out[4] = self.kind as u8;
        out[5] = self.chunk_log2;
        out[6..8].copy_from_slice(&self.key_len.to_le_bytes());
        out[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        out[16..24].copy_from_slice(&self.hash.to_le_bytes());
        out[24..28].copy_from_slice(&self.head_len.to_le_bytes());
        out[28..32].copy_from_slice(&self.trailers_len.to_le_bytes());
        out[32..40].copy_from_slice(&self.body_len.to_le_bytes());
        out[40..44].copy_from_slice(&self.extents.to_le_bytes());
        out[44..48].copy_from_slice(&self.extent_len.to_le_bytes());
        out[48..56].copy_from_slice(&self.meta_sum.to_le_bytes());
    }

    /// The length of a chunk.
    pub(in crate::store::disk) const fn chunk(&self) -> u64 {
        1 << self.chunk_log2
    }

    /// How many chunks the body has; those of a bare extent are listed with the object.
    pub(in crate::store::disk) const fn chunks(&self) -> u64 {
        match self.kind {
            Kind::Object => self.body_len.div_ceil(self.chunk()),
            _ => 0,
        }
    }

    /// The length of what stands between the header and the body.
    pub(in crate::store::disk) const fn meta_len(&self) -> u64 {
        let lists = self.chunks().saturating_add(self.extents as u64);
        let text = self.key_len as u64 + self.head_len as u64 + self.trailers_len as u64;
        text.saturating_add(lists.saturating_mul(8))
    }

    /// The length of the body in this record.
    pub(in crate::store::disk) const fn inline_len(&self) -> u64 {
        if self.extents == 0 { self.body_len } else { 0 }
    }

    /// The length of the whole record, up to where the next one begins.
    pub(in crate::store::disk) const fn record_len(&self) -> u64 {
        let len = (HEADER as u64)
            .saturating_add(self.meta_len())
            .saturating_add(self.inline_len());
        match len.checked_next_multiple_of(ALIGN) {
            Some(len) => len,
            None => u64::MAX,
        }
    }

    /// Says whether the numbers fit one another; a sum may hold by chance.
    fn is_consistent(&self) -> bool {
        let chunk = self.chunk_log2 < 32 && self.record_len() <= u64::from(u32::MAX);
        chunk && (self.extents == 0 || self.has_extents())
    }

    fn has_extents(&self) -> bool {
        let len = u64::from(self.extent_len);
        len > 0
            && len.is_multiple_of(self.chunk())
            && self.body_len.div_ceil(len) == u64::from(self.extents)
    }
}

impl Kind {
    const fn of(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Object),
            2 => Some(Self::Extent),
            3 => Some(Self::Tombstone),
            _ => None,
        }
    }
}

fn u32_at(bytes: &[u8; HEADER], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8; HEADER], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
