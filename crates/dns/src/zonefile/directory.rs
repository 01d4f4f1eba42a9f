//! Reading included files.

use std::{io::Read as _, path::PathBuf};

/// A directory within which `$INCLUDE` may read; for [`crate::zone::Loader::scan_with`].
///
/// ```no_run
/// use eaves_dns::{NameBuf, zone::Loader, zonefile::{Directory, Scanner}};
///
/// let origin: NameBuf = "example.".parse()?;
/// let directory = Directory::new("zones");
/// let text = directory.read("example.zone").expect("it is there");
/// let mut loader = Loader::new(&origin);
/// let scanner = Scanner::new(&text, &origin).file("example.zone");
/// loader.scan_with(scanner, &mut |file| directory.read(file));
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    root: PathBuf,
    limit: u64,
}

impl Directory {
    /// Reads below `root`, files of up to 256 MiB each.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let is_here = root.as_os_str().is_empty();
        Self {
            root: if is_here { PathBuf::from(".") } else { root },
            limit: 256 << 20,
        }
    }

    /// Sets the most octets a file may have.
    #[must_use]
    pub fn limit(mut self, octets: u64) -> Self {
        self.limit = octets;
        self
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is too large, or lies outside of the directory, links followed.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let fail = |error: std::io::Error| format!("{name}: {error}");
        let root = self.root.canonicalize().map_err(fail)?;
        let path = root.join(name).canonicalize().map_err(fail)?;
        if !path.starts_with(&root) {
            return Err(format!("{name} is outside of {}", self.root.display()));
        }
        let file = std::fs::File::open(&path).map_err(fail)?;
        let mut text = Vec::new();
        file.take(self.limit + 1)
            .read_to_end(&mut text)
            .map_err(fail)?;
        if text.len() as u64 > self.limit {
            return Err(format!("{name} is larger than {} bytes", self.limit));
        }
        Ok(text)
    }
}
