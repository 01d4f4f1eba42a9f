//! [`KeyRules`]: which parts of a request's target make its key.

use std::sync::Arc;

use http::{HeaderName, Uri};

use super::{Aside, Key, KeyError, normal};
use crate::policy::RequestHead;

/// How keys are made. The default takes the whole query in its order, since a cache cannot know that it does not
/// matter; an operator can.
///
/// ```
/// use eaves_cache::key::{KeyRules, Query};
/// use http::Request;
///
/// let rules = KeyRules::default().sort_query().query(Query::Without(vec!["utm_*".into(), "fbclid".into()]));
/// let request = Request::get("http://a.example/x?b=2&utm_source=mail&a=1&fbclid=z").body(()).unwrap();
/// assert_eq!(rules.key((&request).into()).unwrap().to_string(), "http://a.example/x?a=1&b=2");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRules {
    order: Order,
    query: Query,
    search: Search,
    headers: Vec<HeaderName>,
    cookies: Vec<String>,
}

/// Whether responses say how much of a query counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Search {
    #[default]
    Ignored,
    Obeyed,
}

/// Which parameters of a query are part of the key. A name that ends in `*` stands for all that begin so; names are
/// compared in their normal form, with unreserved characters decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "all, some, or all but some")]
pub enum Query {
    /// All of them, in the bytes in which they came.
    #[default]
    All,
    /// Only these.
    Only(Vec<String>),
    /// All but these.
    Without(Vec<String>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    #[default]
    AsTheyCome,
    Sorted,
}

impl KeyRules {
    /// Sorts parameters by name; those of one name keep their order, which origins read as a list.
    #[must_use]
    pub fn sort_query(mut self) -> Self {
        self.order = Order::Sorted;
        self
    }

    /// Says which parameters are part of the key.
    #[must_use]
    pub fn query(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    /// Makes a field of requests part of what selects a response, as if every response varied on it: its lines are
    /// combined, whitespace around members does not count, and a field that is absent differs from an empty one.
    ///
    /// A field that is keyed is not refused by [`Defences::unkeyed`](crate::policy::Defences::unkeyed).
    ///
    /// ```
    /// use eaves_cache::key::KeyRules;
    /// use http::HeaderName;
    ///
    /// let rules = KeyRules::default().header(HeaderName::from_static("x-forwarded-proto")).cookie("currency");
    /// assert_eq!(rules.headers().count(), 1);
    /// ```
    #[must_use]
    pub fn header(mut self, name: HeaderName) -> Self {
        if !self.headers.contains(&name) {
            self.headers.push(name);
            self.headers.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        }
        self
    }

    /// Makes a cookie of requests part of what selects a response. One that is absent differs from an empty one; of one
    /// that comes more than once all values count, since origins disagree about which one does.
    #[must_use]
    pub fn cookie(mut self, name: &str) -> Self {
        if !self.cookies.iter().any(|known| known == name) {
            self.cookies.push(name.to_owned());
            self.cookies.sort_unstable();
        }
        self
    }

    /// Obeys No-Vary-Search (draft-ietf-httpbis-no-vary-search): a response may say which parameters of its query it
    /// does not depend on, and answers the queries that differ in these alone.
    ///
    /// The default leaves the field alone, since an origin that says too much there serves one page for another. Where
    /// it is obeyed, keys have no query: a hit takes one more lookup, an invalidation or a purge of a URL removes what is
    /// stored for all its queries, and so does a prefix or a pattern that looks into queries. A table of purges that
    /// others issue to directly has to name URLs by the keys of these rules.
    ///
    /// ```
    /// use eaves_cache::key::KeyRules;
    ///
    /// let rules = KeyRules::default().obey_no_vary_search();
    /// let key = rules.key_of_uri(&"http://a.example/x?a=1".parse().unwrap()).unwrap();
    /// assert_eq!(key.to_string(), "http://a.example/x");
    /// ```
    #[must_use]
    pub fn obey_no_vary_search(mut self) -> Self {
        self.search = Search::Obeyed;
        self
    }

    /// Iterates over the fields of requests that select a response.
    pub fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.headers.iter()
    }

    /// Says whether queries are part of the key of a URI.
    pub(crate) fn keeps_query(&self) -> bool {
        self.search == Search::Ignored
    }

    /// What of a request selects a response beside its key; `None` where nothing can.
    pub(crate) fn aside(&self, request: RequestHead<'_>) -> Option<Arc<Aside>> {
        let keyed = !(self.headers.is_empty() && self.cookies.is_empty());
        if self.keeps_query() && !keyed {
            return None;
        }
        let search = (!self.keeps_query()).then(|| {
            let mut bytes = Vec::new();
            if let Some(query) = request.uri.query() {
                self.write_query(query, &mut bytes);
            }
            bytes
        });
        let aside = Aside::new(search, (&self.headers, &self.cookies), request.headers);
        Some(Arc::new(aside))
    }

    /// Makes the key of a request.
    ///
    /// # Errors
    /// If no authority can be found, or Host is not one.
    pub fn key(&self, request: RequestHead<'_>) -> Result<Key, KeyError> {
        Key::under(self, request)
    }

    /// Makes the key of an absolute URI.
    ///
    /// # Errors
    /// If the URI has no authority.
    pub fn key_of_uri(&self, uri: &Uri) -> Result<Key, KeyError> {
        Key::of_uri_under(self, uri)
    }

    /// Writes a query with its `?`, or nothing if nothing of it is left.
    pub(super) fn write_query(&self, query: &str, out: &mut Vec<u8>) {
        if self.query == Query::All && self.order == Order::AsTheyCome {
            out.push(b'?');
            normal::write_percent(query.as_bytes(), out);
            return;
        }
        let mut kept: Vec<Vec<u8>> = query
            .split('&')
            .map(normal_form)
            .filter(|pair| self.keeps(name_of(pair)))
            .collect();
        if self.order == Order::Sorted {
            kept.sort_by(|a, b| name_of(a).cmp(name_of(b)));
        }
        let mut mark = b'?';
        for pair in kept {
            out.push(mark);
            out.extend_from_slice(&pair);
            mark = b'&';
        }
    }

    fn keeps(&self, name: &[u8]) -> bool {
        let listed = |names: &[String]| {
            names
                .iter()
                .any(|pattern| matches(pattern.as_bytes(), name))
        };
        match &self.query {
            Query::All => true,
            Query::Only(names) => listed(names),
            Query::Without(names) => !listed(names),
        }
    }
}

fn normal_form(pair: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(pair.len());
    normal::write_percent(pair.as_bytes(), &mut out);
    out
}

fn name_of(pair: &[u8]) -> &[u8] {
    pair.split(|&b| b == b'=').next().unwrap_or_default()
}

fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.strip_suffix(b"*") {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(rules: &KeyRules, target: &str) -> String {
        let uri = format!("http://a.example{target}").parse().unwrap();
        rules
            .key_of_uri(&uri)
            .unwrap()
            .to_string()
            .replace("http://a.example", "")
    }

    #[test]
    fn queries_are_cut_and_sorted_as_asked() {
        let only = KeyRules::default().query(Query::Only(vec!["a".into(), "b".into()]));
        let without = KeyRules::default().query(Query::Without(vec!["a".into()]));
        for (rules, target, expected) in [
            (&KeyRules::default(), "/x?b=1&a=%7e", "/x?b=1&a=~"),
            (&KeyRules::default(), "/x?", "/x?"),
            (
                &KeyRules::default().sort_query(),
                "/x?b=1&a=2&b=0&a",
                "/x?a=2&a&b=1&b=0",
            ),
            (&only, "/x?c=1&b=2&A=3", "/x?b=2"),
            (&only, "/x?c=1", "/x"),
            (&without, "/x?%61=1&ab=2", "/x?ab=2"),
        ] {
            assert_eq!(key(rules, target), expected, "{target}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// A key is a normal form: making the key of a key changes nothing.
        #[test]
        fn keys_are_normal_forms(target in "/[a-c./%2eE7&=?]{0,24}") {
            for rules in [KeyRules::default(), KeyRules::default().sort_query()] {
                let once = key(&rules, &target);
                prop_assert_eq!(key(&rules, &once), once);
            }
        }
    }
}
