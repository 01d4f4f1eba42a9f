//! [`Sums`]: the checksums of records, keyed by a secret of the folder.

use twox_hash::XxHash3_64;

use super::Place;

/// Checksums and key hashes under one secret, which is drawn when the folder is made.
#[derive(Clone, Copy)]
pub(in crate::store::disk) struct Sums(u64);

impl Sums {
    pub(in crate::store::disk) const fn new(secret: u64) -> Self {
        Self(secret)
    }

    /// The hash by which a key is found; keys come from the network, the secret does not leave the disk.
    pub(in crate::store::disk) fn key(self, key: &[u8]) -> u64 {
        XxHash3_64::oneshot_with_seed(self.0, key)
    }

    /// The sum of a header that stands at a place.
    pub(super) fn header(self, header: &[u8; 56], place: Place) -> u64 {
        let mut bytes = [0; 64];
        bytes[..56].copy_from_slice(header);
        bytes[56..60].copy_from_slice(&place.segment.to_le_bytes());
        bytes[60..].copy_from_slice(&place.offset.to_le_bytes());
        XxHash3_64::oneshot_with_seed(self.0 ^ HEADERS, &bytes)
    }

    /// The sum of what stands between a header and a body.
    pub(super) fn meta(self, meta: &[u8], sequence: u64) -> u64 {
        XxHash3_64::oneshot_with_seed(self.0 ^ META ^ sequence, meta)
    }

    /// The sum of one chunk of the body that was written under `sequence`.
    pub(in crate::store::disk) fn chunk(self, chunk: &[u8], sequence: u64, number: u64) -> u64 {
        let seed = self.0 ^ sequence.rotate_left(24) ^ number;
        XxHash3_64::oneshot_with_seed(seed, chunk)
    }

    /// The sum of any other bytes that belong to the folder.
    pub(in crate::store::disk) fn other(self, bytes: &[u8], at: u64) -> u64 {
        XxHash3_64::oneshot_with_seed(self.0 ^ OTHER ^ at, bytes)
    }
}

/// Apart, so that no sum of one sort holds for another.
const HEADERS: u64 = 0xD1B5_4A32_D192_ED03;
const META: u64 = 0x8CB9_2BA7_2F3D_8DD7;
const OTHER: u64 = 0xAEF1_7502_108E_F2D9;
