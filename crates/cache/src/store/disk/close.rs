//! Closing: everything is written and synced, then the index.

use std::{io, sync::atomic::Ordering};

use super::{
    error::CloseError, index::write_snapshot, log::Segment, open::SNAPSHOT, shared::Shared,
    stats::Count,
};

impl Shared {
    /// Takes no more work, and ends so that the next process finds its index.
    pub(super) fn close(&self) -> Result<(), CloseError> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.pool.stop();
        self.flush();
        self.write_purges();
        if self.health.is_given_up() {
            return Err(CloseError::from(io::Error::from(
                io::ErrorKind::ReadOnlyFilesystem,
            )));
        }
        if self.is_rebuilding() {
            return Err(CloseError::Rebuilding);
        }
        Ok(self.write_index()?)
    }

    fn write_index(&self) -> io::Result<()> {
        let purges = match self.purges.len() {
            Some(len) => len,
            None => self.purges.rewrite(&*self.files, self.sums)?,
        };
        for segment in self
            .segments()
            .range(self.first_segment..)
            .map(|(_, segment)| segment)
        {
            if let Some(file) = segment.file() {
                file.sync()?;
            }
        }
        let lengths = self.lengths_on_disk()?;
        self.index.drop_tombstones();
        let draft = format!("{SNAPSHOT}.new");
        let file = self.files.create(&draft)?;
        let written = write_snapshot(&self.index, &lengths, purges, (&*file, self.sums))?;
        self.counters.add(Count::WrittenByte, written);
        file.sync()?;
        self.files.rename(&draft, SNAPSHOT)?;
        self.files.sync()
    }

    /// The segments as the next process finds them: a write that failed may have lengthened one, or not.
    fn lengths_on_disk(&self) -> io::Result<Vec<(u32, u64)>> {
        let listed = self.files.list()?.into_iter();
        let mut lengths: Vec<_> = listed
            .filter_map(|(name, len)| Some((Segment::number_in(&name)?, len)))
            .collect();
        lengths.sort_unstable();
        Ok(lengths)
    }

    /// Ends without a promise: what waits is written, nothing is synced.
    pub(super) fn end(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            self.pool.stop();
            self.flush();
        }
    }
}
