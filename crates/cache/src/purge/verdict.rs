//! [`Verdict`]: what purges mean for a stored response; [`Purged`]: how many there were.

use eaves_common::time::Wall;

use super::Target;

/// What purges mean for a stored response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "it holds, is stale, or is gone")]
pub enum Verdict {
    /// None concerns it.
    Holds,
    /// It is stale since then.
    Stale {
        /// When it was purged.
        since: Wall,
    },
    /// It must not be used at all.
    Void,
}

/// How many purges were issued, by what they were about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purged {
    /// Of everything.
    pub everything: u64,
    /// Of groups.
    pub groups: u64,
    /// Of patterns.
    pub patterns: u64,
    /// Of prefixes.
    pub prefixes: u64,
    /// Of tags.
    pub tags: u64,
    /// Of URLs.
    pub urls: u64,
    /// Times that two prefixes or patterns became one.
    pub widened: u64,
}

impl Purged {
    /// Returns how many were issued.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.everything + self.groups + self.patterns + self.prefixes + self.tags + self.urls
    }

    pub(super) fn count(&mut self, target: &Target) {
        *match target {
            Target::Everything => &mut self.everything,
            Target::Group { .. } => &mut self.groups,
            Target::Pattern(_) => &mut self.patterns,
            Target::Prefix(_) => &mut self.prefixes,
            Target::Tag(_) => &mut self.tags,
            Target::Url(_) => &mut self.urls,
        } += 1;
    }
}
