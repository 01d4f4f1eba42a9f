//! [`Kept`]: memory over a disk, and the clean end after which the next process has what both held.

use std::{path::Path, sync::Arc, time::Duration};

use eaves_cache::store::{
    Memory, Store,
    disk::{CloseError, Disk, DiskConfig, OpenError},
    tier::{Drained, Step, Tier},
};
use eaves_common::{
    time::{Clock as _, SystemClock},
    units::ByteSize,
};

/// A store that a restart leaves as it was, if the process is asked to end and given a little time for it.
#[derive(Debug)]
pub struct Kept {
    tier: Arc<Tier>,
    disk: Arc<Disk>,
}

impl Kept {
    /// Opens a folder, below so many bytes of memory.
    ///
    /// # Errors
    /// If another process uses the folder, or it cannot be used.
    pub fn open(dir: &Path, disk: ByteSize, memory: ByteSize) -> Result<Self, OpenError> {
        let disk = Arc::new(Disk::open(dir, &DiskConfig::new(disk))?);
        let tier = Tier::new(Memory::new(memory.as_u64()), disk.clone());
        Ok(Self {
            tier: Arc::new(tier),
            disk,
        })
    }

    /// Returns what a cache is given.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        self.tier.clone()
    }

    /// Writes down what memory alone holds, so many bytes and so long at most, and closes the disk. What is asked for
    /// meanwhile is still served.
    ///
    /// # Errors
    /// If the disk does not take what is to be safe; the next process then finds out what is.
    ///
    /// # Cancel safety
    /// Dropped, it leaves what is written by then, and the disk open.
    pub async fn end(&self, bytes: ByteSize, time: Duration) -> Result<Drained, CloseError> {
        let mut drain = self.tier.drain(bytes, SystemClock.mono() + time);
        loop {
            match drain.step(SystemClock.mono()) {
                Step::More => tokio::task::yield_now().await,
                Step::Wait => tokio::time::sleep(Duration::from_millis(1)).await,
                Step::Done => break,
            }
        }
        let disk = self.disk.clone();
        let closed = tokio::task::spawn_blocking(move || disk.close()).await;
        closed.expect("closing does not panic")?;
        Ok(drain.drained())
    }
}
