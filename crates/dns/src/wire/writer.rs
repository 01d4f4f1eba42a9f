//! Writing a message into a caller's buffer.

use crate::{
    error::BuildError,
    name::{NameRef, SCRATCH},
    wire::{
        Sink,
        compress::{Place, Recent, Suffixes, Table},
    },
};

/// Appends fields to a buffer up to a limit, and compresses names against those written before.
///
/// ```
/// use eaves_dns::{NameBuf, wire::{Sink, Writer}};
///
/// let name: NameBuf = "mail.example.".parse()?;
/// let mut buf = [0; 64];
/// let mut writer = Writer::new(&mut buf);
/// writer.put(&[0; 12]).unwrap();
/// writer.compressed(name.as_ref().into()).unwrap();
/// writer.compressed(name.as_ref().into()).unwrap();
/// assert_eq!(writer.written()[26..], [0xc0, 12]);
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Debug)]
pub struct Writer<'b> {
    buf: &'b mut [u8],
    pos: usize,
    limit: usize,
    names: Table,
    recent: Recent,
}

impl<'b> Writer<'b> {
    /// Writes into `buf`, of which at most 65535 bytes are used.
    #[must_use]
    pub fn new(buf: &'b mut [u8]) -> Self {
        let limit = buf.len().min(usize::from(u16::MAX));
        Self {
            buf,
            pos: 0,
            limit,
            names: Table::new(),
            recent: Recent::default(),
        }
    }

    /// Returns what was written.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.buf[..self.pos]
    }

    /// Returns how many bytes were written.
    #[must_use]
    pub fn position(&self) -> usize {
        self.pos
    }

    /// Returns the limit in bytes.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Lowers or raises the limit, within the buffer.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.min(self.buf.len()).min(usize::from(u16::MAX));
    }

    /// Takes back what was written from `pos` on.
    pub fn rewind(&mut self, pos: usize) {
        if pos < self.pos {
            self.pos = pos;
            self.names.forget(pos);
            self.recent = Recent::default();
        }
    }

    /// Overwrites two octets that were written before.
    pub(crate) fn patch_u16(&mut self, at: usize, value: u16) {
        if let Some(slot) = self.buf[..self.pos].get_mut(at..at + 2) {
            slot.copy_from_slice(&value.to_be_bytes());
        }
    }

    /// Gives the buffer back, with the number of bytes written.
    pub(crate) fn into_parts(self) -> (&'b mut [u8], usize) {
        (self.buf, self.pos)
    }

    /// Writes a length field of two octets and what `body` writes behind it.
    #[inline]
    pub(crate) fn with_len(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        let at = self.pos;
        self.put(&[0, 0])?;
        body(self)?;
        let len = u16::try_from(self.pos - at - 2).map_err(|_| BuildError::TooLong)?;
        self.patch_u16(at, len);
        Ok(())
    }

    /// Writes a name: its labels up to a suffix written before, and a pointer to that.
    #[inline]
    fn compress(&mut self, name: NameRef<'_>) -> Result<(), BuildError> {
        if let Some(suffixes) = Suffixes::<8>::of(name) {
            return self.compress_with(name, &suffixes);
        }
        self.compress_long(name)
    }

    #[cold]
    fn compress_long(&mut self, name: NameRef<'_>) -> Result<(), BuildError> {
        match Suffixes::<127>::of(name) {
            Some(suffixes) => self.compress_with(name, &suffixes),
            None => self.name(name),
        }
    }

    #[inline]
    fn compress_with<const N: usize>(
        &mut self,
        name: NameRef<'_>,
        suffixes: &Suffixes<'_, N>,
    ) -> Result<(), BuildError> {
        let at = self.pos;
        let Some((fresh, target)) = self.names.find(&self.buf[..at], suffixes) else {
            self.name(name)?;
            self.names.learn(at, N, suffixes);
            self.recent.push(Place::flat(at, name.len()));
            return Ok(());
        };
        let mut labels = suffixes.labels(fresh);
        let pointer = (0xc000 | target).to_be_bytes();
        if let Err(full) = labels
            .try_for_each(|label| self.put(label))
            .and_then(|()| self.put(&pointer))
        {
            self.pos = at;
            return Err(full);
        }
        self.names.learn(at, fresh, suffixes);
        let whole = if fresh == 0 { usize::from(target) } else { at };
        self.recent.push(Place::new(whole, name.len()));
        Ok(())
    }

    #[cold]
    fn full(&self) -> BuildError {
        BuildError::Full { limit: self.limit }
    }
}

impl Sink for Writer<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), BuildError> {
        let end = self.pos + bytes.len();
        if end > self.limit {
            return Err(self.full());
        }
        self.buf[self.pos..end].copy_from_slice(bytes);
        self.pos = end;
        Ok(())
    }

    #[inline]
    fn name(&mut self, name: NameRef<'_>) -> Result<(), BuildError> {
        match name.as_flat() {
            Some(flat) => self.put(flat),
            None => self.put(name.copy_to(&mut [0; SCRATCH])),
        }
    }

    #[inline]
    fn compressed(&mut self, name: NameRef<'_>) -> Result<(), BuildError> {
        if let Some(known) = self.recent.find(&self.buf[..self.pos], name) {
            return self.put(&(0xc000 | known).to_be_bytes());
        }
        self.compress(name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::{NameBuf, wire::Reader};

    /// How many octets names take if each points to the longest suffix that stands before it.
    fn least(names: &[NameBuf]) -> usize {
        let (mut known, mut len) = (HashSet::new(), 0);
        for name in names {
            let whole = name.as_wire().len();
            let suffixes = || name.ancestors().filter(|suffix| !suffix.is_root());
            let found = suffixes().find(|suffix| known.contains(&suffix.to_lowercase()));
            len += found.map_or(whole, |suffix| whole - suffix.as_wire().len() + 2);
            known.extend(suffixes().map(crate::Name::to_lowercase));
        }
        len
    }

    fn names() -> impl Strategy<Value = Vec<NameBuf>> {
        let label = "[aAbB]|www|WWW|net|[a-c]{8}|gtld-servers|GTLD-servers|[ab]-the-middle-is-not-hashed-[ab]";
        let name = proptest::collection::vec(label, 0..5);
        let name = name.prop_map(|labels| format!("{}.", labels.join(".")).parse().unwrap());
        proptest::collection::vec(name, 0..12)
    }

    proptest! {
        #[test]
        fn every_known_suffix_is_pointed_to(names in names(), split in 0..12_usize) {
            let mut buf = [0xee; 2048];
            let mut writer = Writer::new(&mut buf);
            writer.put(&[0; 12]).unwrap();
            // The second half comes from a message, where names are compressed themselves.
            let mut message = [0; 2048];
            let mut source = Writer::new(&mut message);
            source.put(&[0; 12]).unwrap();
            for name in &names {
                source.compressed(name.into()).unwrap();
            }
            let (_, source_len) = source.into_parts();
            let mut reader = Reader::at(&message[..source_len], 12);
            for (place, name) in names.iter().enumerate() {
                let read = reader.name().unwrap();
                prop_assert_eq!(&read.to_name_buf(), name);
                prop_assert_eq!(read, NameRef::from(name));
                writer.compressed(if place < split { name.into() } else { read }).unwrap();
            }
            let mut reader = Reader::at(writer.written(), 12);
            for name in &names {
                prop_assert_eq!(reader.name().unwrap(), NameRef::from(name));
            }
            prop_assert!(reader.is_empty());
            prop_assert_eq!(writer.position() - 12, least(&names));
        }

        #[test]
        fn what_was_taken_back_is_not_pointed_to(names in names(), kept in 0..12_usize) {
            let mut buf = [0; 2048];
            let mut writer = Writer::new(&mut buf);
            writer.put(&[0; 12]).unwrap();
            let kept = kept.min(names.len());
            for name in &names[..kept] {
                writer.compressed(name.into()).unwrap();
            }
            let mark = writer.position();
            for name in &names[kept..] {
                writer.compressed(name.into()).unwrap();
            }
            writer.rewind(mark);
            for name in &names {
                writer.compressed(name.into()).unwrap();
            }
            let mut reader = Reader::at(writer.written(), 12);
            for name in names[..kept].iter().chain(&names) {
                prop_assert_eq!(reader.name().unwrap(), NameRef::from(name));
            }
            prop_assert!(reader.is_empty());
        }
    }
}
