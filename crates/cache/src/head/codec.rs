//! The bytes of a head: fixed numbers first, so that a decision reads them without touching the fields.

use core::time::Duration;

use eaves_common::time::{Mono, Now, Wall};
use http::StatusCode;

use crate::policy::{Basis, Meta};

/// Why stored bytes are no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// The bytes end inside a part.
    #[error("stored head ends at byte {at}")]
    Truncated {
        /// Offset at which more bytes were needed.
        at: usize,
    },
    /// A part has a value that is never written.
    #[error("stored head has an impossible {part} at byte {at}")]
    Invalid {
        /// Offset of the part.
        at: usize,
        /// Which part it is.
        part: &'static str,
    },
}

impl From<HeadError> for eaves_common::Error {
    fn from(error: HeadError) -> Self {
        Self::with_source(
            eaves_common::ErrorKind::Invalid,
            "reading a stored head",
            error,
        )
    }
}

/// A cursor over stored bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], HeadError> {
        let truncated = HeadError::Truncated {
            at: self.bytes.len(),
        };
        let end = self.at.checked_add(count).ok_or(truncated)?;
        let taken = self.bytes.get(self.at..end).ok_or(truncated)?;
        self.at = end;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, HeadError> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn u64(&mut self) -> Result<u64, HeadError> {
        let mut number = [0; 8];
        number.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(number))
    }

    /// A length in seven-bit groups, the lowest first; four of them at most.
    pub(super) fn len(&mut self) -> Result<usize, HeadError> {
        let at = self.at;
        let mut len = 0;
        for group in 0..4 {
            let byte = self.byte()?;
            len |= usize::from(byte & 0x7f) << (7 * group);
            if byte < 0x80 {
                return Ok(len);
            }
        }
        Err(HeadError::Invalid { at, part: "length" })
    }

    pub(super) fn invalid(&self, part: &'static str) -> HeadError {
        HeadError::Invalid { at: self.at, part }
    }
}

/// The longest a part can be: four groups of seven bits.
pub(super) const LONGEST: usize = (1 << 28) - 1;

pub(super) fn write_len(len: usize, out: &mut Vec<u8>) {
    debug_assert!(len <= LONGEST, "header parts are far shorter");
    let mut rest = len.min(LONGEST);
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

pub(super) const META_LEN: usize = 8 + 2 + 8 * 8 + 2;

/// Where the epoch stands, so that it can be set after the rest was written.
pub(super) const ASKED: core::ops::Range<usize> = 1..9;

const NO_CACHE: u8 = 1;
const NEVER_STALE: u8 = 2;
const IMMUTABLE: u8 = 4;

pub(super) fn write_meta(meta: &Meta, out: &mut [u8]) {
    let numbers = [
        meta.received.mono.as_nanos(),
        meta.received.wall.as_nanos(),
        nanos(meta.initial_age),
        nanos(meta.lifetime),
        meta.date.as_nanos(),
        meta.last_modified.map_or(u64::MAX, Wall::as_nanos),
        nanos(meta.stale_while_revalidate),
        meta.stale_if_error.map_or(u64::MAX, nanos),
    ];
    let (asked, rest) = out.split_at_mut(8);
    asked.copy_from_slice(&meta.asked.to_le_bytes());
    let (status, rest) = rest.split_at_mut(2);
    status.copy_from_slice(&meta.status.as_u16().to_le_bytes());
    let (places, rest) = rest.split_at_mut(8 * numbers.len());
    for (place, number) in places.chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    let flag = |set: bool, bit: u8| if set { bit } else { 0 };
    rest[0] = basis_code(meta.basis);
    rest[1] = flag(meta.no_cache, NO_CACHE)
        | flag(meta.never_stale, NEVER_STALE)
        | flag(meta.immutable, IMMUTABLE);
}

pub(super) fn read_meta(reader: &mut Reader<'_>) -> Result<Meta, HeadError> {
    let asked = reader.u64()?;
    let status = reader.take(2)?;
    let status = u16::from_le_bytes([status[0], status[1]]);
    let status = StatusCode::from_u16(status).map_err(|_| reader.invalid("status"))?;
    let mut numbers = [0; 8];
    for number in &mut numbers {
        *number = reader.u64()?;
    }
    let [
        mono,
        wall,
        age,
        lifetime,
        date,
        modified,
        while_revalidate,
        if_error,
    ] = numbers;
    let basis = basis_of(reader.byte()?).ok_or_else(|| reader.invalid("basis"))?;
    let flags = reader.byte()?;
    Ok(Meta {
        status,
        received: Now {
            mono: Mono::from_nanos(mono),
            wall: Wall::from_nanos(wall),
        },
        initial_age: Duration::from_nanos(age),
        lifetime: Duration::from_nanos(lifetime),
        basis,
        date: Wall::from_nanos(date),
        last_modified: (modified != u64::MAX).then(|| Wall::from_nanos(modified)),
        immutable: flags & IMMUTABLE != 0,
        no_cache: flags & NO_CACHE != 0,
        never_stale: flags & NEVER_STALE != 0,
        stale_while_revalidate: Duration::from_nanos(while_revalidate),
        asked,
        stale_if_error: (if_error != u64::MAX).then(|| Duration::from_nanos(if_error)),
    })
}

const BASES: [Basis; 6] = [
    Basis::None,
    Basis::SMaxage,
    Basis::MaxAge,
    Basis::Expires,
    Basis::Heuristic,
    Basis::Operator,
];

fn basis_code(basis: Basis) -> u8 {
    BASES
        .iter()
        .position(|known| *known == basis)
        .unwrap_or_default() as u8
}

fn basis_of(code: u8) -> Option<Basis> {
    BASES.get(usize::from(code)).copied()
}

fn nanos(duration: Duration) -> u64 {
    // One below the mark for "none"; 584 years either way.
    u64::try_from(duration.as_nanos())
        .unwrap_or(u64::MAX)
        .min(u64::MAX - 1)
}
