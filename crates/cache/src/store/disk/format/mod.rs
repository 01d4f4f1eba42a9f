//! What records look like on disk, and how damage shows.
//!
//! A segment is a row of records, each aligned to 16 bytes: a header of 64 bytes, then for an object its key, head,
//! trailers, the places of its extents and a checksum for each chunk of its body, then the body itself unless it lies
//! in extents. The header is checked with its own place in it, keyed by a secret of the folder: neither a block that
//! the disk put elsewhere, nor a body that holds what looks like a record, is ever taken for one.

mod header;
mod record;
mod sums;
mod trailers;

pub(super) use header::{ALIGN, HEADER, Header, Kind};
pub(super) use record::{Parts, Record, build, seal_place};
pub(super) use sums::Sums;
pub(super) use trailers::{read_trailers, write_trailers};

/// Where a record or an extent's bytes are. The order is that in which they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) segment: u32,
    pub(super) offset: u32,
}

impl Place {
    /// Behind all records.
    pub(super) const LAST: Self = Self {
        segment: u32::MAX,
        offset: u32::MAX,
    };
}
