//! [`Setting`]: a value in effect and where it came from.

use std::{fmt, sync::Arc};

/// A value in effect, as `edge print` lists it.
///
/// Prints in one line: `cache.memory = 64MiB (default)`.
///
/// ```
/// use eaves_common::config::Reader;
///
/// let config = Reader::new()
///     .env("EAVES_", [("EAVES_WORKERS", "8")])
///     .read_with(|table| Some(table.value::<u16>("workers").default(2)))
///     .unwrap();
/// assert_eq!(config.effective()[0].to_string(), "workers = 8 (env EAVES_WORKERS)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub(crate) path: Box<str>,
    pub(crate) value: Option<Box<str>>,
    pub(crate) source: Source,
}

impl Setting {
    /// Returns the path of the key, for example `pools[1].weight`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the value as it may be written, or `None` for an optional one that is not set.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Returns where the value came from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value().unwrap_or("unset");
        write!(f, "{} = {value} ({})", self.path, self.source)
    }
}

/// Where a value in effect came from.
///
/// ```
/// use eaves_common::config::{Reader, Source};
///
/// let read = Reader::new().read_with(|table| Some(table.value::<u16>("workers").default(2)));
/// assert_eq!(*read.unwrap().effective()[0].source(), Source::Default);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// It was not written: the type's own default.
    Default,
    /// It was written in a text, usually a file.
    File {
        /// The name of the text.
        name: Arc<str>,
        /// The line, from 1.
        line: usize,
    },
    /// The environment variable of this name.
    Variable(Arc<str>),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Variable(name) => write!(f, "env {name}"),
        }
    }
}
