//! [`Prefix`] and [`Pattern`]: which URLs a purge means, decided in time linear in both texts.

use memchr::memmem;

/// URLs that begin alike: `a.example/img/` under any scheme, `https://a.example/` under one.
///
/// The text is compared with the normal form of URLs: lower-case host, no default port.
///
/// ```
/// use eaves_cache::purge::Prefix;
///
/// let prefix = Prefix::new("A.example/img/")?;
/// assert!(prefix.matches(b"https://a.example/img/1.png"));
/// assert!(!prefix.matches(b"https://a.example/text/"));
/// # Ok::<(), eaves_cache::purge::TextError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(Box<str>);

/// URLs of a form, in which each `*` stands for any characters: those before the first slash stay within the host, and
/// those behind it go on to the end. A query is looked at only if the pattern has a `?`.
///
/// ```
/// use eaves_cache::purge::Pattern;
///
/// let pattern = Pattern::new("*.a.example/*.png")?;
/// assert!(pattern.matches(b"http://img.a.example/x/1.png?size=2"));
/// assert!(!pattern.matches(b"http://a.example/x/1.png"));
/// # Ok::<(), eaves_cache::purge::TextError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: Box<str>,
    /// Where the scheme's separator ends; 0 if any scheme will do.
    host: usize,
    /// Where the path begins.
    path: usize,
}

/// Why a text means no URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// It is empty, which would mean everything; there is a purge of its own for that.
    #[error("text of a purge is empty")]
    Empty,
    /// It is longer than a URL may be.
    #[error("text of a purge has {len} bytes, and at most {most} are taken")]
    TooLong {
        /// Its length.
        len: usize,
        /// The longest that is taken.
        most: usize,
    },
}

impl From<TextError> for eaves_common::Error {
    fn from(error: TextError) -> Self {
        Self::with_source(eaves_common::ErrorKind::Invalid, "reading a purge", error)
    }
}

/// The longest text of a prefix or pattern.
const MOST: usize = 8 * 1024;

/// The text with scheme and host in lower case, and where host and path begin in it.
fn normal(text: &str) -> Result<(Box<str>, usize, usize), TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    let len = text.len();
    if len > MOST {
        return Err(TextError::TooLong { len, most: MOST });
    }
    let first = text.find(['/', '?']).unwrap_or(len);
    let host = match text[..first].strip_suffix(':') {
        Some(_) if text[first..].starts_with("//") => first + 2,
        _ => 0,
    };
    let path = text[host..].find('/').map_or(len, |at| host + at);
    let mut text = text.to_owned();
    text[..path].make_ascii_lowercase();
    Ok((text.into(), host, path))
}

/// The text of a URL without its scheme.
fn without_scheme(url: &[u8]) -> &[u8] {
    memmem::find(url, b"://").map_or(url, |at| &url[at + 3..])
}

impl Prefix {
    /// Takes a text.
    ///
    /// # Errors
    /// If it is empty or too long.
    pub fn new(text: &str) -> Result<Self, TextError> {
        normal(text).map(|(text, _, _)| Self(text))
    }

    /// Returns the text, with its host in lower case.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether a URL begins so.
    #[must_use]
    pub fn matches(&self, url: &[u8]) -> bool {
        let url = if self.0.contains("://") {
            url
        } else {
            without_scheme(url)
        };
        url.starts_with(self.0.as_bytes())
    }

    /// The longest prefix that means all that either means; `None` if that is everything.
    pub(super) fn widened(&self, other: &Self) -> Option<Self> {
        let schemes = (self.0.contains("://"), other.0.contains("://"));
        let (one, two) = match schemes {
            (true, false) => (without_scheme(self.0.as_bytes()), other.0.as_bytes()),
            (false, true) => (self.0.as_bytes(), without_scheme(other.0.as_bytes())),
            _ => (self.0.as_bytes(), other.0.as_bytes()),
        };
        let len = one.iter().zip(two).take_while(|(a, b)| a == b).count();
        let mut common = String::from_utf8_lossy(&one[..len]).into_owned();
        // Cut inside a character, or inside the scheme: the whole of what is left would not be a prefix of either.
        common.truncate(
            common
                .find(char::REPLACEMENT_CHARACTER)
                .unwrap_or(common.len()),
        );
        if schemes == (true, true) && !common.contains("://") {
            return None;
        }
        (!common.is_empty()).then(|| Self(common.into()))
    }
}

impl Pattern {
    /// Takes a glob.
    ///
    /// # Errors
    /// If it is empty or too long.
    pub fn new(glob: &str) -> Result<Self, TextError> {
        let (text, host, path) = normal(glob)?;
        Ok(Self { text, host, path })
    }

    /// Returns the glob, with its host in lower case.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.text
    }

    /// Says whether a URL is of this form.
    #[must_use]
    pub fn matches(&self, url: &[u8]) -> bool {
        let pattern = self.text.as_bytes();
        let rest = match self.host {
            0 => without_scheme(url),
            host => match url.strip_prefix(&pattern[..host]) {
                Some(rest) => rest,
                None => return false,
            },
        };
        let (host, path) = rest.split_at(memchr::memchr(b'/', rest).unwrap_or(rest.len()));
        let path = match memchr::memchr(b'?', path) {
            Some(at) if !self.text.contains('?') => &path[..at],
            _ => path,
        };
        // A pattern of a host alone means all that is there.
        let whole = self.path == pattern.len();
        glob(&pattern[self.host..self.path], host) && (whole || glob(&pattern[self.path..], path))
    }

    /// The prefix that means all that this means; `None` if that is everything.
    pub(super) fn widened(&self) -> Option<Prefix> {
        let end = self.text.find('*').unwrap_or(self.text.len());
        let literal = &self.text[..end];
        (literal.len() > self.host).then(|| Prefix(literal.into()))
    }
}

/// Each literal part is looked for once, from where the one before it ended: what is found first leaves most room for
/// those that follow.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let mut parts = pattern.split(|&b| b == b'*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = memmem::find(rest, part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The slow obvious form.
    fn slow(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|at| slow(rest, &text[at..])),
            Some((first, rest)) => text.first() == Some(first) && slow(rest, &text[1..]),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn a_glob_means_what_the_obvious_form_means(pattern in "[ab*]{0,8}", text in "[ab]{0,12}") {
            prop_assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), slow(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn what_is_wider_matches_all_that_either_matched(
            one in "(http://|https://)?[ab]{1,2}(/[ab]{0,3})?",
            two in "(http://|https://)?[ab]{1,2}(/[ab]{0,3})?",
            url in "(http|https)://[ab]{1,2}/[ab]{0,4}",
        ) {
            let (one, two) = (Prefix::new(&one).unwrap(), Prefix::new(&two).unwrap());
            let matched = one.matches(url.as_bytes()) || two.matches(url.as_bytes());
            let wide = one.widened(&two);
            prop_assert!(!matched || wide.is_none_or(|wide| wide.matches(url.as_bytes())));
        }

        #[test]
        fn a_prefix_made_of_a_pattern_matches_all_that_it_matched(
            pattern in "(http://)?[ab*]{1,3}(/[ab*]{0,4})?",
            url in "(http|https)://[ab]{1,3}/[ab]{0,4}",
        ) {
            let pattern = Pattern::new(&pattern).unwrap();
            let wide = pattern.widened();
            prop_assert!(!pattern.matches(url.as_bytes()) || wide.is_none_or(|wide| wide.matches(url.as_bytes())));
        }
    }

    #[test]
    fn patterns_split_hosts_from_paths() {
        for (pattern, url, expected) in [
            ("a.example/*", "http://a.example/x/y", true),
            ("a.example", "http://a.example/x/y", true),
            ("a.example", "http://b.a.example/x/y", false),
            ("*a.example/x", "http://b.a.example/x", true),
            ("*/x", "http://b.a.example/y/x", false),
            ("*/*/x", "http://b.a.example/y/x", true),
            ("https://*", "http://a.example/", false),
            ("https://*", "https://a.example/", true),
            ("a.example/x", "http://a.example/x?q", true),
            ("a.example/x?*", "http://a.example/x?q", true),
            ("a.example/x?*", "http://a.example/x", false),
        ] {
            let matches = Pattern::new(pattern).unwrap().matches(url.as_bytes());
            assert_eq!(matches, expected, "{pattern} {url}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_linear_time() {
        let pattern = format!("a/{}b", "a*".repeat(4000));
        let url = format!("http://a/{}", "a".repeat(1 << 20));
        assert!(!Pattern::new(&pattern).unwrap().matches(url.as_bytes()));
        assert_eq!(Pattern::new("").err(), Some(TextError::Empty));
    }
}
