//! Closing: everything is written and synced, then the index.

use std::{io, sync::atomic::Ordering};

use super::{
    error::CloseError, index::write_snapshot, open::SNAPSHOT, shared::Shared, stats::Count,
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
        if self.is_rebuilding() {
            return Err(CloseError::Rebuilding);
        }
        if let Some(trouble) = self.health.trouble() {
            return Err(CloseError::from(io::Error::other(trouble)));
        }
        Ok(self.write_index()?)
    }

    fn write_index(&self) -> io::Result<()> {
        let purges = match self.purges.len() {
            Some(len) => len,
            None => self.purges.rewrite(&*self.files, self.sums)?,
        };
        let segments: Vec<_> = self.segments().values().cloned().collect();
        let mut lengths = Vec::new();
        for segment in &segments {
            if segment.number >= self.first_segment
                && let Some(file) = segment.file()
            {
                file.sync()?;
            }
            lengths.push((segment.number, segment.len()));
        }
        self.index.drop_tombstones();
        let draft = format!("{SNAPSHOT}.new");
        let file = self.files.create(&draft)?;
        let written = write_snapshot(&self.index, &lengths, purges, (&*file, self.sums))?;
        self.counters.add(Count::WrittenByte, written);
        file.sync()?;
        self.files.rename(&draft, SNAPSHOT)?;
        self.files.sync()
    }

    /// Ends without a promise: what waits is written, nothing is synced.
    pub(super) fn end(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            self.pool.stop();
            self.flush();
        }
    }
}
