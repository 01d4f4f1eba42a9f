//! Cache-Control of requests and responses (RFC 9111 section 5.2), over all its lines.

use core::time::Duration;

use std::borrow::Cow;

use http::{
    HeaderMap, HeaderName,
    header::{CACHE_CONTROL, PRAGMA},
};

use super::{
    directive::{Directive, flag, lifetime},
    list::{members, members_of, trim, unquoted},
    structured::{Value, dictionary},
};

/// The directives of a response that bear on caching.
///
/// Names are compared without case, arguments may be quoted, the first of repeated directives counts, and a
/// lifetime that cannot be read is zero: the response is stale (RFC 9111 section 4.2.1).
///
/// ```
/// use core::time::Duration;
/// use eaves_cache::field::ResponseDirectives;
/// use http::{HeaderMap, HeaderValue, header::CACHE_CONTROL};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(CACHE_CONTROL, HeaderValue::from_static("Max-Age=\"60\", x=\"no-store\""));
/// let directives = ResponseDirectives::parse(&headers);
/// assert_eq!(directives.max_age, Some(Duration::from_secs(60)));
/// assert!(!directives.no_store);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseDirectives {
    /// `immutable` (RFC 8246): no need to validate while fresh.
    pub immutable: bool,
    /// `max-age`.
    pub max_age: Option<Duration>,
    /// `must-revalidate`: never served stale.
    pub must_revalidate: bool,
    /// `must-understand`: stored only if the status is understood.
    pub must_understand: bool,
    /// `no-cache` without field names: validated before each use.
    pub no_cache: bool,
    /// `no-store`.
    pub no_store: bool,
    /// `no-transform`.
    pub no_transform: bool,
    /// `private` without field names: not for a shared cache.
    pub private: bool,
    /// `proxy-revalidate`: `must-revalidate` for shared caches.
    pub proxy_revalidate: bool,
    /// `public`.
    pub public: bool,
    /// `s-maxage`: the lifetime in shared caches.
    pub s_maxage: Option<Duration>,
    /// `stale-if-error` (RFC 5861): how long stale may be served when the origin fails.
    pub stale_if_error: Option<Duration>,
    /// `stale-while-revalidate` (RFC 5861): how long stale may be served while it is validated.
    pub stale_while_revalidate: Option<Duration>,
    /// `no-cache` or `private` with field names: these fields are not for every user.
    pub qualified: bool,
}

impl ResponseDirectives {
    /// Reads the directives of all Cache-Control lines.
    #[must_use]
    pub fn parse(headers: &HeaderMap) -> Self {
        let mut directives = Self::default();
        for line in headers.get_all(CACHE_CONTROL) {
            directives.add_line(line.as_bytes());
        }
        directives
    }

    /// Adds the directives of one more Cache-Control line.
    pub(crate) fn add_line(&mut self, line: &[u8]) {
        let mut rest = line;
        loop {
            if let Some(behind) = self.add_usual(rest) {
                rest = behind;
                continue;
            }
            let mut members = members_of(rest);
            let Some(member) = members.next() else {
                return;
            };
            self.add(Directive::split(member));
            rest = members.rest();
        }
    }

    /// Adds the first directive of a line if it is a usual one, a flag or a number of seconds as nearly all servers write
    /// them; returns what follows its comma. Whatever is not just that is left to [`add`](Self::add), which adds those, too.
    fn add_usual<'a>(&mut self, line: &'a [u8]) -> Option<&'a [u8]> {
        let line = line.strip_prefix(b" ").unwrap_or(line);
        match line.first()?.to_ascii_lowercase() {
            b'i' => flag(line, b"immutable", &mut self.immutable),
            b'm' => lifetime(line, b"max-age", &mut self.max_age)
                .or_else(|| flag(line, b"must-revalidate", &mut self.must_revalidate)),
            b'n' => flag(line, b"no-cache", &mut self.no_cache)
                .or_else(|| flag(line, b"no-store", &mut self.no_store)),
            b'p' => flag(line, b"public", &mut self.public)
                .or_else(|| flag(line, b"private", &mut self.private)),
            b's' => lifetime(line, b"s-maxage", &mut self.s_maxage)
                .or_else(|| lifetime(line, b"stale-if-error", &mut self.stale_if_error))
                .or_else(|| {
                    let window = &mut self.stale_while_revalidate;
                    lifetime(line, b"stale-while-revalidate", window)
                }),
            _ => None,
        }
    }

    /// Reads a targeted field (RFC 9213): a dictionary of the same directives, which replaces Cache-Control and
    /// Expires for the caches it is meant for.
    ///
    /// Returns `None` if the field is not there, breaks the grammar anywhere, or has no member of a fitting type.
    ///
    /// ```
    /// use core::time::Duration;
    /// use eaves_cache::field::ResponseDirectives;
    /// use http::{HeaderMap, HeaderValue, header::CDN_CACHE_CONTROL};
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert(CDN_CACHE_CONTROL, HeaderValue::from_static("max-age=60, no-store=?0"));
    /// let directives = ResponseDirectives::targeted(&headers, &CDN_CACHE_CONTROL).unwrap();
    /// assert_eq!((directives.max_age, directives.no_store), (Some(Duration::from_secs(60)), false));
    /// ```
    #[must_use]
    pub fn targeted(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let mut lines = headers.get_all(name).iter();
        let first = lines.next()?.as_bytes();
        // Several lines are one dictionary, joined by commas.
        let joined = lines.fold(Cow::Borrowed(first), |mut joined, line| {
            joined.to_mut().extend_from_slice(b", ");
            joined.to_mut().extend_from_slice(line.as_bytes());
            joined
        });
        let mut directives = Self::default();
        let mut members = 0;
        dictionary(&joined, |key, value| members += directives.set(key, value))?;
        (members > 0).then_some(directives)
    }

    /// Sets a directive from a dictionary; returns one if its type fits or it is not known.
    fn set(&mut self, key: &[u8], value: Value<'_>) -> usize {
        let lifetime = match key {
            b"max-age" => &mut self.max_age,
            b"s-maxage" => &mut self.s_maxage,
            b"stale-if-error" => &mut self.stale_if_error,
            b"stale-while-revalidate" => &mut self.stale_while_revalidate,
            _ => return self.set_flag(key, value),
        };
        let Value::Integer(secs) = value else {
            return 0;
        };
        let Ok(secs) = u64::try_from(secs) else {
            return 0;
        };
        *lifetime = Some(Duration::from_secs(secs.min(1 << 31)));
        1
    }

    fn set_flag(&mut self, key: &[u8], value: Value<'_>) -> usize {
        let flag = match key {
            b"immutable" => &mut self.immutable,
            b"must-revalidate" => &mut self.must_revalidate,
            b"must-understand" => &mut self.must_understand,
            b"no-cache" => &mut self.no_cache,
            b"no-store" => &mut self.no_store,
            b"no-transform" => &mut self.no_transform,
            b"private" => &mut self.private,
            b"proxy-revalidate" => &mut self.proxy_revalidate,
            b"public" => &mut self.public,
            _ => return 1,
        };
        match value {
            Value::Boolean(set) => *flag = set,
            // With field names: the whole response is restricted, which is more than was asked.
            Value::List(_) | Value::Other if matches!(key, b"no-cache" | b"private") => {
                *flag = true;
            }
            _ => return 0,
        }
        1
    }

    fn add(&mut self, directive: Directive<'_>) {
        let name = directive.name;
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match name.len() {
            6 if is("public") => self.public = true,
            7 if is("max-age") => directive.lifetime(&mut self.max_age),
            7 if is("private") => directive.qualify(&mut self.private, &mut self.qualified),
            8 if is("no-cache") => {
                directive.qualify(&mut self.no_cache, &mut self.qualified);
            }
            8 if is("no-store") => self.no_store = true,
            8 if is("s-maxage") => directive.lifetime(&mut self.s_maxage),
            9 if is("immutable") => self.immutable = true,
            12 if is("no-transform") => self.no_transform = true,
            14 if is("stale-if-error") => directive.lifetime(&mut self.stale_if_error),
            15 if is("must-revalidate") => self.must_revalidate = true,
            15 if is("must-understand") => self.must_understand = true,
            16 if is("proxy-revalidate") => self.proxy_revalidate = true,
            22 if is("stale-while-revalidate") => {
                directive.lifetime(&mut self.stale_while_revalidate);
            }
            _ => {}
        }
    }

    /// Calls `each` with every field name that a qualified `no-cache` or `private` lists.
    pub(crate) fn for_each_qualified<'a>(headers: &'a HeaderMap, mut each: impl FnMut(&'a [u8])) {
        for member in members(headers, &CACHE_CONTROL) {
            let directive = Directive::split(member);
            let known = [&b"no-cache"[..], b"private"];
            if !known
                .iter()
                .any(|name| directive.name.eq_ignore_ascii_case(name))
            {
                continue;
            }
            let names = directive.argument.and_then(unquoted).unwrap_or_default();
            names
                .split(|&b| b == b',')
                .map(trim)
                .filter(|name| !name.is_empty())
                .for_each(&mut each);
        }
    }
}

/// The directives of a request.
///
/// ```
/// use eaves_cache::field::RequestDirectives;
/// use http::{HeaderMap, HeaderValue, header::PRAGMA};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
/// assert!(RequestDirectives::parse(&headers).no_cache); // for want of a Cache-Control
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestDirectives {
    /// `max-age`: nothing older.
    pub max_age: Option<Duration>,
    /// `max-stale`: what is stale by at most this is welcome; without an argument, by any time.
    pub max_stale: Option<Duration>,
    /// `min-fresh`: it must stay fresh for so long.
    pub min_fresh: Option<Duration>,
    /// `no-cache`: validate first.
    pub no_cache: bool,
    /// `no-store`: keep nothing of this exchange.
    pub no_store: bool,
    /// `only-if-cached`: no contact with the origin.
    pub only_if_cached: bool,
    /// `stale-if-error` (RFC 5861 section 4): what is stale by less than this will do if the origin fails.
    pub stale_if_error: Option<Duration>,
}

impl RequestDirectives {
    /// Reads all Cache-Control lines, or Pragma if there is none (RFC 9111 section 5.4).
    #[must_use]
    pub fn parse(headers: &HeaderMap) -> Self {
        let mut directives = Self::default();
        for member in members(headers, &CACHE_CONTROL) {
            directives.add(Directive::split(member));
        }
        if !headers.contains_key(CACHE_CONTROL) {
            directives.no_cache =
                members(headers, &PRAGMA).any(|m| m.eq_ignore_ascii_case(b"no-cache"));
        }
        directives
    }

    /// Adds the directives of one more Cache-Control line.
    pub(crate) fn add_line(&mut self, line: &[u8]) {
        for member in members_of(line) {
            self.add(Directive::split(member));
        }
    }

    fn add(&mut self, directive: Directive<'_>) {
        let name = directive.name;
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match name.len() {
            7 if is("max-age") => directive.lifetime(&mut self.max_age),
            8 if is("no-cache") => self.no_cache = true,
            8 if is("no-store") => self.no_store = true,
            9 if is("max-stale") => directive.limit(&mut self.max_stale),
            9 if is("min-fresh") => directive.lifetime(&mut self.min_fresh),
            14 if is("only-if-cached") => self.only_if_cached = true,
            14 if is("stale-if-error") => directive.lifetime(&mut self.stale_if_error),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn response(lines: &[&'static str]) -> ResponseDirectives {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CACHE_CONTROL, HeaderValue::from_static(line));
        }
        ResponseDirectives::parse(&headers)
    }

    #[test]
    fn lifetimes_are_read_as_the_rfc_asks() {
        for (lines, expected) in [
            (&["max-age=60"][..], Some(60)),
            (&["MAX-AGE=60"], Some(60)),
            (&["max-age=\"60\""], Some(60)),
            (&["max-age=0060"], Some(60)),
            (&["max-age=1, max-age=1800"], Some(1)),
            (&["max-age=1800", "max-age=1"], Some(1800)),
            (&["ext=\"max-age=3600\", max-age=1"], Some(1)),
            (&["ext=\"max-age=3600\""], None),
            (&["max-age=99999999999999999999"], Some(1 << 31)),
            (&["max-age=3600.5"], Some(0)),
            (&["max-age=-1"], Some(0)),
            (&["max-age='60'"], Some(0)),
            (&["max-age= 60"], Some(0)),
            (&["max-age =60"], Some(0)),
            (&["max-age="], Some(0)),
            (&["max-age"], Some(0)),
        ] {
            assert_eq!(
                response(lines).max_age,
                expected.map(Duration::from_secs),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn field_names_restrict_fields_and_not_the_response() {
        let named = response(&["no-cache=\"Set-Cookie\", private=\"x, y\", max-age=9"]);
        assert!(named.qualified && !named.no_cache && !named.private);
        assert!(response(&["no-cache, private=\"x\""]).no_cache);
        assert!(response(&["private=\"\""]).private);
        assert!(response(&["No-Store"]).no_store);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// Usual directives mean what they mean to the reader of all others.
        #[test]
        fn usual_directives_are_read_as_all_are(words in prop::collection::vec(prop::sample::select(WORDS), 0..14)) {
            let line = words.concat();
            let mut quick = ResponseDirectives::default();
            quick.add_line(line.as_bytes());
            let mut all = ResponseDirectives::default();
            for member in members_of(line.as_bytes()) {
                all.add(Directive::split(member));
            }
            prop_assert_eq!(quick, all, "{}", line);
        }
    }

    const WORDS: &[&str] = &[
        "max-age=1",
        "Max-Age=2",
        "max-age=\"3\"",
        "s-maxage=1",
        "s-maxage=20",
        "stale-if-error=1",
        "stale-while-revalidate=1",
        "immutable",
        "must-revalidate",
        "must-understand",
        "no-cache",
        "no-cache=\"a, b\"",
        "No-Store",
        "no-transform",
        "private",
        "proxy-revalidate",
        "public",
        "x",
        ",",
        ",",
        ",",
        ", ",
        ", ",
        ", ",
        ", ",
        "=",
        " ",
        "\t",
        "\"",
        "\\",
        "-",
        "99999999999999999999",
        "\r",
    ];

    #[test]
    fn pragma_counts_only_without_cache_control() {
        let mut headers = HeaderMap::new();
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        assert!(RequestDirectives::parse(&headers).no_cache);
        headers.insert(
            CACHE_CONTROL,
            HeaderValue::from_static("max-stale, min-fresh=5"),
        );
        let directives = RequestDirectives::parse(&headers);
        assert!(!directives.no_cache);
        assert_eq!(directives.max_stale, Some(Duration::MAX));
        assert_eq!(directives.min_fresh, Some(Duration::from_secs(5)));
    }
}
