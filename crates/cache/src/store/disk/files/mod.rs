//! [`Files`]: the few operations on files that the disk store needs, so that tests can make each of them fail.

mod folder;

use std::{io, sync::Arc};

pub use folder::Folder;

/// A folder of files.
///
/// A store calls these from its own threads; they may block. An implementation for tests can count them, refuse them,
/// or forget what was not synced.
///
/// ```
/// use eaves_cache::store::disk::{Files, Folder};
///
/// let path = tempfile::tempdir()?;
/// let files = Folder::new(path.path())?;
/// files.create("a")?.write_at(0, b"hello")?;
/// assert_eq!(files.list()?, [("a".to_owned(), 5)]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Files: Send + Sync + 'static {
    /// Returns the names and lengths of all files.
    ///
    /// # Errors
    /// If the folder cannot be read.
    fn list(&self) -> io::Result<Vec<(String, u64)>>;

    /// Makes an empty file; one of that name is emptied.
    ///
    /// # Errors
    /// If it cannot be made.
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>>;

    /// Opens a file, to read and write, or to read where writing is not allowed.
    ///
    /// # Errors
    /// If it is not there or cannot be opened.
    fn open(&self, name: &str) -> io::Result<Arc<dyn File>>;

    /// Removes a file; those who have it open go on reading.
    ///
    /// # Errors
    /// If it is not there or cannot be removed.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Gives a file another name, in one step; a file that had it is gone.
    ///
    /// # Errors
    /// If it cannot be done.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes names last: what was made, renamed or removed survives a crash.
    ///
    /// # Errors
    /// If it cannot be promised.
    fn sync(&self) -> io::Result<()>;

    /// Takes the folder for this process until the guard is dropped.
    ///
    /// # Errors
    /// With [`WouldBlock`](io::ErrorKind::WouldBlock) if somebody else has it.
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>>;
}

/// An open file.
///
/// ```
/// use eaves_cache::store::disk::{Files, Folder};
///
/// let path = tempfile::tempdir()?;
/// let file = Folder::new(path.path())?.create("a")?;
/// file.write_at(3, b"lo")?;
/// let mut buffer = [9; 8];
/// assert_eq!(file.read_at(0, &mut buffer)?, 5);
/// assert_eq!(&buffer[..5], b"\0\0\0lo");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait File: Send + Sync {
    /// Reads some bytes at an offset; none at the end.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Reads as [`read_at`](Self::read_at) does, if that takes no waiting for the disk, as for what the system holds in
    /// memory; else, or where nobody can tell, returns `None` at once.
    fn read_now(&self, at: u64, buffer: &mut [u8]) -> Option<usize> {
        let _ = (at, buffer);
        None
    }

    /// Writes some of the bytes at an offset and says how many.
    ///
    /// # Errors
    /// If none can be written.
    fn write_at(&self, at: u64, data: &[u8]) -> io::Result<usize>;

    /// Makes the bytes last.
    ///
    /// # Errors
    /// If it cannot be promised; what was written since the last sync may then be lost.
    fn sync(&self) -> io::Result<()>;
}

/// Reads until the buffer is full or the file ends; says how many bytes there were.
pub(super) fn read_full(file: &dyn File, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(at + done as u64, &mut buffer[done..]) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Writes everything.
pub(super) fn write_full(file: &dyn File, mut at: u64, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        match file.write_at(at, data) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                data = data.get(written..).unwrap_or_default();
                at += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads a whole file that is expected to be no longer than `most`.
pub(super) fn read_whole(file: &dyn File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = read_full(file, bytes.len() as u64, &mut buffer)?;
        bytes.extend_from_slice(&buffer[..read]);
        if bytes.len() as u64 > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if read < buffer.len() {
            return Ok(bytes);
        }
    }
}
