//! [`Format`]: how a text is written; each becomes the same spanned tree.

#[cfg(feature = "json")]
mod json;
mod toml;
#[cfg(feature = "yaml")]
mod yaml;

use std::path::Path;

use super::{
    limits::Limits,
    tree::{Budget, Parsed},
};

/// How a configuration text is written.
///
/// ```
/// use std::path::Path;
/// use eaves_common::config::Format;
///
/// assert_eq!(Format::of(Path::new("edge.toml")), Some(Format::Toml));
/// assert_eq!(Format::of(Path::new("edge.conf")), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JSON (RFC 8259), without comments; feature `json`.
    #[cfg(feature = "json")]
    Json,
    /// TOML 1.1.
    Toml,
    /// YAML 1.2, one document, without anchors and tags; feature `yaml`.
    #[cfg(feature = "yaml")]
    Yaml,
}

impl Format {
    /// Returns the format that a file's name says, if it is built in.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            #[cfg(feature = "json")]
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            #[cfg(feature = "yaml")]
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// The endings that [`of`](Self::of) knows.
    pub(super) const ENDINGS: &str = match (cfg!(feature = "json"), cfg!(feature = "yaml")) {
        (false, false) => ".toml",
        (true, false) => ".toml or .json",
        (false, true) => ".toml or .yaml",
        (true, true) => ".toml, .json or .yaml",
    };

    pub(super) fn parse(self, text: &str, index: usize, limits: &Limits) -> Parsed {
        let budget = Budget::new(limits, index);
        match self {
            #[cfg(feature = "json")]
            Self::Json => json::parse(text, budget),
            Self::Toml => toml::parse(text, budget, limits.problems),
            #[cfg(feature = "yaml")]
            Self::Yaml => yaml::parse(text, budget),
        }
    }
}
