//! [`Purge`]: what is purged, and how.

use http::Uri;

use super::{Pattern, Prefix, TextError};
use crate::key::Key;

/// What is to be purged.
///
/// ```
/// use eaves_cache::purge::{Mode, Purge};
///
/// let purge = Purge::prefix("a.example/news/")?.soft();
/// assert_eq!(purge.mode(), Mode::Soft);
/// assert_eq!(purge.to_string(), "soft prefix a.example/news/");
/// # Ok::<(), eaves_cache::purge::TextError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until it is applied"]
pub struct Purge {
    target: Target,
    mode: Mode,
}

/// What becomes of what is purged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it goes or is stale")]
pub enum Mode {
    /// It is as if it had never been stored.
    #[default]
    Hard,
    /// It is stale from now on: validated before use, and usable while that happens or when the origin fails, where
    /// its directives allow it.
    Soft,
}

/// What a purge is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Everything.
    Everything,
    /// Responses of an origin with a member of Cache-Groups (RFC 9875).
    Group {
        /// The origin, as keys begin: `https://a.example`.
        origin: Box<str>,
        /// The group.
        group: Box<str>,
    },
    /// URLs of a form.
    Pattern(Pattern),
    /// URLs that begin alike.
    Prefix(Prefix),
    /// Responses with a tag in Surrogate-Key or Cache-Tag.
    Tag(Box<str>),
    /// A URL, all variants of it.
    Url(Key),
}

impl Purge {
    const fn of(target: Target) -> Self {
        Self {
            target,
            mode: Mode::Hard,
        }
    }

    pub(super) const fn from_parts(target: Target, mode: Mode) -> Self {
        Self { target, mode }
    }

    /// Purges everything.
    pub const fn everything() -> Self {
        Self::of(Target::Everything)
    }

    /// Purges the responses of a URL's origin that are in a group (RFC 9875 section 2).
    pub fn group(url: &Key, group: &str) -> Self {
        Self::of(Target::Group {
            origin: origin(url).into(),
            group: group.into(),
        })
    }

    /// Purges the URLs that match a glob.
    ///
    /// # Errors
    /// If the text is empty or too long.
    pub fn pattern(glob: &str) -> Result<Self, TextError> {
        Pattern::new(glob).map(|pattern| Self::of(Target::Pattern(pattern)))
    }

    /// Purges the URLs that begin with a text: host and path, with or without a scheme before them.
    ///
    /// # Errors
    /// If the text is empty or too long.
    pub fn prefix(text: &str) -> Result<Self, TextError> {
        Prefix::new(text).map(|prefix| Self::of(Target::Prefix(prefix)))
    }

    /// Purges the responses that have a tag.
    pub fn tag(tag: &str) -> Self {
        Self::of(Target::Tag(tag.into()))
    }

    /// Purges a URL, all variants of it.
    pub const fn url(key: Key) -> Self {
        Self::of(Target::Url(key))
    }

    /// Makes stale what is purged, instead of removing it.
    pub fn soft(mut self) -> Self {
        self.mode = Mode::Soft;
        self
    }

    /// Returns what is purged.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Returns what becomes of it.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }
}

impl TryFrom<&Uri> for Purge {
    type Error = crate::key::KeyError;

    /// The purge of an absolute URI under the default rules for keys.
    fn try_from(uri: &Uri) -> Result<Self, Self::Error> {
        Key::of_uri(uri).map(Self::url)
    }
}

impl core::fmt::Display for Purge {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self.mode {
            Mode::Hard => "hard ",
            Mode::Soft => "soft ",
        })?;
        match &self.target {
            Target::Everything => f.write_str("everything"),
            Target::Group { origin, group } => write!(f, "group {group} of {origin}"),
            Target::Pattern(pattern) => write!(f, "pattern {}", pattern.as_str()),
            Target::Prefix(prefix) => write!(f, "prefix {}", prefix.as_str()),
            Target::Tag(tag) => write!(f, "tag {tag}"),
            Target::Url(key) => write!(f, "url {key}"),
        }
    }
}

/// Scheme and authority of a key.
pub(super) fn origin(key: &Key) -> String {
    let text = String::from_utf8_lossy(key.as_bytes());
    let host = text.find("://").map_or(0, |at| at + 3);
    let end = text[host..].find('/').map_or(text.len(), |at| host + at);
    text[..end].to_owned()
}
