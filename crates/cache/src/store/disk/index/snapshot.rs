//! The index as a file, written at a clean stop.
//!
//! A header (magic, number of segments, length of the purge log), the number and length of each segment, then the
//! shards, each with its count. A checksum follows each of these parts.

use std::io;

use super::{Index, SHARDS, Slot, Tag};
use crate::store::disk::{
    files::{File, read_full, write_full},
    format::Sums,
};

const MAGIC: [u8; 8] = *b"eavidx01";

/// The most bytes that the snapshot of so many keys and segments takes.
pub(in crate::store::disk) const fn max_len(entries: u64, segments: u64) -> u64 {
    let lists = entries
        .saturating_mul(16)
        .saturating_add(segments.saturating_mul(12));
    lists.saturating_add(40 + SHARDS as u64 * 16)
}

/// Writes the keys of all shards; `segments` are the numbers and lengths of the segments they lie in.
pub(in crate::store::disk) fn write(
    index: &Index,
    segments: &[(u32, u64)],
    purge_len: u64,
    (file, sums): (&dyn File, Sums),
) -> io::Result<u64> {
    let mut head = Vec::with_capacity(40 + segments.len() * 12);
    head.extend_from_slice(&MAGIC);
    head.extend_from_slice(&(segments.len() as u64).to_le_bytes());
    head.extend_from_slice(&purge_len.to_le_bytes());
    for (number, len) in segments {
        head.extend_from_slice(&number.to_le_bytes());
        head.extend_from_slice(&len.to_le_bytes());
    }
    let mut at = write_part(head, 0, file, sums)?;
    for number in 0..SHARDS {
        let shard = index.shard_at(number);
        let mut part = Vec::with_capacity(shard.len() * 16 + 16);
        part.extend_from_slice(&(shard.len() as u64).to_le_bytes());
        for (rest, slot) in shard.iter() {
            part.extend_from_slice(&slot.to_bytes(*rest));
        }
        drop(shard);
        at = write_part(part, at, file, sums)?;
    }
    Ok(at)
}

fn write_part(mut part: Vec<u8>, at: u64, file: &dyn File, sums: Sums) -> io::Result<u64> {
    let sum = sums.other(&part, at);
    part.extend_from_slice(&sum.to_le_bytes());
    write_full(file, at, &part)?;
    Ok(at + part.len() as u64)
}

/// Reads the keys into an empty index and returns the length that the purge log had. None if it is not what was
/// written, or not about these segments; what the index holds is not to be used then.
pub(in crate::store::disk) fn read(
    index: &Index,
    segments: &[(u32, u64)],
    (file, len): (&dyn File, u64),
    sums: Sums,
) -> Option<u64> {
    let mut reader = Reader {
        file,
        len,
        at: 0,
        sums,
    };
    let (count, purge_len) = read_head(&mut reader, segments)?;
    if count != segments.len() as u64 {
        return None;
    }
    for number in 0..SHARDS {
        let part = reader.part(8, |first| u64_at(first, 0).checked_mul(16))?;
        for entry in part.get(8..).unwrap_or_default().chunks_exact(16) {
            let entry = entry.try_into().ok()?;
            let (rest, slot) = Slot::from_bytes(entry);
            index.restore(Tag::new(number, rest), slot);
        }
    }
    Some(purge_len)
}

fn read_head(reader: &mut Reader<'_>, segments: &[(u32, u64)]) -> Option<(u64, u64)> {
    let head = reader.part(24, |first| u64_at(first, 8).checked_mul(12))?;
    let lengths = head.get(24..).unwrap_or_default().chunks_exact(12);
    let fits = head.starts_with(&MAGIC)
        && lengths.zip(segments).all(|(known, (number, len))| {
            known[..4] == number.to_le_bytes() && known[4..] == len.to_le_bytes()
        });
    if !fits {
        return None;
    }
    Some((u64_at(&head, 8), u64_at(&head, 16)))
}

struct Reader<'a> {
    file: &'a dyn File,
    len: u64,
    at: u64,
    sums: Sums,
}

impl Reader<'_> {
    /// Reads a part whose first bytes tell how much follows, which is believed as far as the file goes.
    fn part(&mut self, first: u64, rest: impl Fn(&[u8]) -> Option<u64>) -> Option<Vec<u8>> {
        let mut part = self.read(first, self.at)?;
        let rest = rest(&part)?;
        part.append(&mut self.read(rest, self.at + first)?);
        let end = self.at + part.len() as u64;
        let sum = self.read(8, end)?;
        if self.sums.other(&part, self.at) != u64_at(&sum, 0) {
            return None;
        }
        self.at = end + 8;
        Some(part)
    }

    fn read(&self, len: u64, at: u64) -> Option<Vec<u8>> {
        let end = at.checked_add(len)?;
        if end > self.len {
            return None;
        }
        let mut bytes = vec![0; len as usize];
        let read = read_full(self.file, at, &mut bytes).ok()?;
        (read == bytes.len()).then_some(bytes)
    }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let number = bytes.get(at..).and_then(|rest| rest.first_chunk());
    number.map_or(0, |number| u64::from_le_bytes(*number))
}
