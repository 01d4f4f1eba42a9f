//! [`KeyRules`]: which parts of a request's target make its key.

use http::Uri;

use super::{Key, KeyError, normal};
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
