//! [`Folder`]: files of the operating system.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{File, Files};

/// A folder of the operating system.
///
/// ```
/// use eaves_cache::store::disk::{Files, Folder};
///
/// let path = tempfile::tempdir()?;
/// let (ours, theirs) = (Folder::new(path.path())?, Folder::new(path.path())?);
/// let guard = ours.lock()?;
/// assert_eq!(theirs.lock().err().map(|error| error.kind()), Some(std::io::ErrorKind::WouldBlock));
/// drop(guard);
/// assert!(theirs.lock().is_ok());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Uses a folder, which is made if it is not there.
    ///
    /// # Errors
    /// If it is not there and cannot be made.
    pub fn new(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        if !path.is_dir() {
            fs::create_dir_all(&path)?;
        }
        Ok(Self { path })
    }
}

/// The file whose lock says who has the folder; it stays behind empty.
const LOCK: &str = "lock";

impl Files for Folder {
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            if let (true, Ok(name)) = (meta.is_file(), entry.file_name().into_string()) {
                files.push((name, meta.len()));
            }
        }
        Ok(files)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        Ok(Arc::new(options.open(self.path.join(name))?))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(open(&self.path.join(name))?))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn sync(&self) -> io::Result<()> {
        // Elsewhere folders cannot be opened, and names last with the files.
        if cfg!(unix) {
            fs::File::open(&self.path)?.sync_all()?;
        }
        Ok(())
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        let path = self.path.join(LOCK);
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = match options.open(&path) {
            Err(error) if is_refusal(&error) && path.exists() => fs::File::open(&path)?,
            other => other?,
        };
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => Ok(Box::new(file)),
            Err(fs4::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(fs4::TryLockError::Error(error)) => Err(error),
        }
    }
}

fn open(path: &Path) -> io::Result<fs::File> {
    match fs::OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if is_refusal(&error) => fs::File::open(path),
        other => other,
    }
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}

impl File for fs::File {
    #[cfg(unix)]
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, at)
    }

    #[cfg(windows)]
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, at)
    }

    #[cfg(target_os = "linux")]
    fn read_now(&self, at: u64, buffer: &mut [u8]) -> Option<usize> {
        use rustix::io::{ReadWriteFlags, preadv2};
        let buffers = &mut [io::IoSliceMut::new(buffer)];
        // A file system that does not know the flag says so, and its files are read by threads that may wait.
        preadv2(self, buffers, at, ReadWriteFlags::NOWAIT).ok()
    }

    #[cfg(unix)]
    fn write_at(&self, at: u64, data: &[u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::write_at(self, data, at)
    }

    #[cfg(windows)]
    fn write_at(&self, at: u64, data: &[u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_write(self, data, at)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}
