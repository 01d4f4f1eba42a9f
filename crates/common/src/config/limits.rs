//! [`Limits`]: how much configuration is read at all.

use crate::units::ByteSize;

/// Bounds on what a [`Reader`](super::Reader) reads; what goes beyond is a problem of its own.
///
/// ```
/// use eaves_common::{config::Limits, units::ByteSize};
///
/// let limits = Limits::default().size(ByteSize::from_mib(4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(super) size: ByteSize,
    pub(super) depth: usize,
    pub(super) values: usize,
    pub(super) problems: usize,
}

impl Default for Limits {
    /// 1 MiB a text, 16 levels, 100,000 values, 100 problems.
    fn default() -> Self {
        Self {
            size: ByteSize::from_mib(1),
            depth: 16,
            values: 100_000,
            problems: 100,
        }
    }
}

impl Limits {
    /// The most bytes in each text; a longer one is refused before it is parsed.
    ///
    /// While it is parsed, a text made to hurt takes up to 350 times its size (TOML; JSON and YAML
    /// up to 50), so this also bounds memory: take less for texts from strangers.
    #[must_use]
    pub fn size(self, size: ByteSize) -> Self {
        Self { size, ..self }
    }

    /// The most levels of tables and lists inside one another, up to 64.
    #[must_use]
    pub fn depth(self, depth: usize) -> Self {
        let depth = depth.min(MAX_DEPTH);
        Self { depth, ..self }
    }

    /// The most values in each text: numbers, strings, lists, tables.
    #[must_use]
    pub fn values(self, values: usize) -> Self {
        Self { values, ..self }
    }

    /// The most problems that are reported one by one; the others are counted.
    #[must_use]
    pub fn problems(self, problems: usize) -> Self {
        Self { problems, ..self }
    }
}

/// The tree is walked by recursion; this many frames fit any thread's stack.
const MAX_DEPTH: usize = 64;
