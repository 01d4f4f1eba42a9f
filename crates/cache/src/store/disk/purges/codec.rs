//! The bytes of the purge log.

use crate::store::disk::format::Sums;

/// What a purge log holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::store::disk) struct Contents {
    /// Records up to this epoch may be missing.
    pub(in crate::store::disk) floor: u64,
    pub(in crate::store::disk) records: Vec<Vec<u8>>,
}

const MAGIC: [u8; 8] = *b"eavpurge";
const HEADER: usize = 24;

impl Contents {
    pub(super) fn encode(&self, sums: Sums) -> Vec<u8> {
        let mut bytes = Vec::from(MAGIC);
        bytes.extend_from_slice(&self.floor.to_le_bytes());
        let sum = sums.other(&bytes, 0);
        bytes.extend_from_slice(&sum.to_le_bytes());
        for record in &self.records {
            encode_record(record, bytes.len() as u64, sums, &mut bytes);
        }
        bytes
    }

    /// Reads a log. The records up to the first that is damaged or cut are good; `None` beside them says that
    /// something was not.
    pub(in crate::store::disk) fn decode(bytes: &[u8], sums: Sums) -> (Self, Option<()>) {
        let mut contents = Self::default();
        let whole = contents.decode_into(bytes, sums);
        (contents, whole)
    }

    fn decode_into(&mut self, bytes: &[u8], sums: Sums) -> Option<()> {
        let (checked, sum) = bytes.get(..HEADER)?.split_last_chunk()?;
        let floor = checked.strip_prefix(&MAGIC)?.first_chunk()?;
        if sums.other(checked, 0) != u64::from_le_bytes(*sum) {
            return None;
        }
        self.floor = u64::from_le_bytes(*floor);
        let mut at = HEADER;
        while at < bytes.len() {
            let len = u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize;
            let end = at.checked_add(4)?.checked_add(len)?;
            let sum = bytes.get(end..)?.first_chunk()?;
            if sums.other(&bytes[at..end], at as u64) != u64::from_le_bytes(*sum) {
                return None;
            }
            self.records.push(bytes[at + 4..end].to_vec());
            at = end + 8;
        }
        Some(())
    }
}

/// Writes a record that will stand at an offset of the file.
pub(super) fn encode_record(record: &[u8], at: u64, sums: Sums, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&(record.len() as u32).to_le_bytes());
    out.extend_from_slice(record);
    let sum = sums.other(&out[start..], at);
    out.extend_from_slice(&sum.to_le_bytes());
}

/// The epoch of a record: its first eight bytes.
pub(super) fn epoch_of(record: &[u8]) -> u64 {
    record
        .first_chunk()
        .map_or(0, |epoch| u64::from_le_bytes(*epoch))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SUMS: Sums = Sums::new(3);

    proptest! {
        #[test]
        fn what_is_written_reads_back(floor in any::<u64>(), records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let contents = Contents { floor, records };
            let (read, whole) = Contents::decode(&contents.encode(SUMS), SUMS);
            prop_assert_eq!(whole, Some(()));
            prop_assert_eq!(read, contents);
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (read, whole) = Contents::decode(&bytes, SUMS);
            prop_assert!(whole.is_none() && read.records.is_empty());
        }
    }

    #[test]
    fn a_log_cut_or_damaged_anywhere_gives_a_prefix_and_says_so() {
        let records = (0..10_u8)
            .map(|number| vec![number; usize::from(number) + 8])
            .collect();
        let contents = Contents { floor: 9, records };
        let bytes = contents.encode(SUMS);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            let (read, whole) = Contents::decode(&damaged, SUMS);
            assert!(
                whole.is_none() && contents.records.starts_with(&read.records),
                "{at}"
            );
            let (read, _) = Contents::decode(&bytes[..at], SUMS);
            assert!(contents.records.starts_with(&read.records), "{at}");
        }
    }
}
