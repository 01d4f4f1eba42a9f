//! [`SearchVariance`]: how much of a query selects a response (No-Vary-Search, [`SearchVariance::DRAFT`]).

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};

use super::structured::{Value, dictionary, strings};

/// Which parameters of a query, and in which order, select a response.
///
/// A field that is absent, breaks its grammar or contradicts itself means what it means without the field: every byte of
/// the query counts. So does one that names more than 128 parameters.
///
/// ```
/// use eaves_cache::field::SearchVariance;
///
/// let variance = SearchVariance::parse(b"key-order, params=(\"utm_source\")");
/// assert!(variance.equivalent(Some("a=1&b=2&utm_source=mail"), Some("b=2&a=1")));
/// assert!(!variance.equivalent(Some("a=1"), Some("a=2")));
/// assert!(SearchVariance::parse(b"except=(\"a\")").is_default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SearchVariance {
    order: Order,
    params: Params,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Order {
    #[default]
    Counts,
    Free,
}

/// Names are decoded, sorted, each once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Params {
    /// Only these count; in the draft's words, `vary params` is this list.
    Only(Vec<String>),
    /// All but these count; in the draft's words, `no-vary params` is this list.
    Without(Vec<String>),
}

impl Default for Params {
    fn default() -> Self {
        Self::Without(Vec::new())
    }
}

/// The name of the field.
const NO_VARY_SEARCH: HeaderName = HeaderName::from_static("no-vary-search");

/// More names than this are not kept beside responses.
const MOST: usize = 128;

impl SearchVariance {
    /// The revision of the draft whose model, parsing (sections 4 and 5) and comparison (section 6) these are.
    ///
    /// ```
    /// use eaves_cache::field::SearchVariance;
    ///
    /// assert_eq!(SearchVariance::DRAFT, "draft-ietf-httpbis-no-vary-search-02");
    /// ```
    pub const DRAFT: &str = "draft-ietf-httpbis-no-vary-search-02";

    /// Obtains it from the fields of a response.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(NO_VARY_SEARCH).iter();
        Self::of_lines(lines.map(http::HeaderValue::as_bytes))
    }

    /// Obtains it from the lines of the field, which are one dictionary.
    pub(crate) fn of_lines<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let joined = lines.fold(Cow::Borrowed(&[][..]), |mut joined: Cow<'a, [u8]>, line| {
            if joined.is_empty() {
                return Cow::Borrowed(line);
            }
            joined.to_mut().extend_from_slice(b", ");
            joined.to_mut().extend_from_slice(line);
            joined
        });
        Self::parse(&joined)
    }

    /// Parses the value of the field.
    #[must_use]
    pub fn parse(value: &[u8]) -> Self {
        Self::try_parse(value).unwrap_or_default()
    }

    fn try_parse(value: &[u8]) -> Option<Self> {
        let (mut order, mut params, mut except) = (None, None, None);
        dictionary(value, |key, value| match key {
            b"key-order" => order = Some(value),
            b"params" => params = Some(value),
            b"except" => except = Some(value),
            _ => {}
        })?;
        let order = match order {
            None | Some(Value::Boolean(false)) => Order::Counts,
            Some(Value::Boolean(true)) => Order::Free,
            Some(_) => return None,
        };
        let params = match (params, except) {
            (Some(Value::Boolean(true)), None) => Params::Only(Vec::new()),
            (Some(Value::Boolean(true)), Some(Value::List(list))) => Params::Only(names(list)?),
            (None | Some(Value::Boolean(false)), None) => Params::default(),
            (Some(Value::List(list)), None) => Params::Without(names(list)?),
            _ => return None,
        };
        Some(Self { order, params })
    }

    /// Says whether every byte of a query counts.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Says whether two URLs that differ at most in their queries, given without the `?`, select the same.
    #[must_use]
    pub fn equivalent(&self, one: Option<&str>, other: Option<&str>) -> bool {
        if self.is_default() {
            return one == other;
        }
        let form = |query: Option<&str>| self.normal_form(query.unwrap_or_default().as_bytes());
        form(one) == form(other)
    }

    /// The pairs of a query that count: equal bytes if and only if the queries select the same. Not for the default.
    pub(crate) fn normal_form(&self, query: &[u8]) -> Vec<u8> {
        let mut pairs: Vec<_> = form_urlencoded::parse(query)
            .filter(|(name, _)| self.counts(name))
            .collect();
        if self.order == Order::Free {
            pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        form.finish().into_bytes()
    }

    fn counts(&self, name: &str) -> bool {
        let listed = |names: &[String]| names.binary_search_by(|known| known.as_str().cmp(name));
        match &self.params {
            Params::Only(names) => listed(names).is_ok(),
            Params::Without(names) => listed(names).is_err(),
        }
    }

    /// Writes the field that means this; [`parse`](Self::parse) reads it back. Nothing for the default.
    pub(crate) fn to_field(&self) -> String {
        let (mut members, names) = match &self.params {
            Params::Only(names) => (vec!["params".to_owned()], names),
            Params::Without(names) => (Vec::new(), names),
        };
        let key = match &self.params {
            Params::Only(_) => "except",
            Params::Without(_) => "params",
        };
        if !names.is_empty() {
            // The form of a query is without quotes and backslashes.
            let quoted = names.iter().map(|name| {
                let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
                format!("\"{name}\"")
            });
            let quoted: Vec<String> = quoted.collect();
            members.push(format!("{key}=({})", quoted.join(" ")));
        }
        if self.order == Order::Free {
            members.push("key-order".to_owned());
        }
        members.join(", ")
    }
}

/// The names in a list: each is written as in a query.
fn names(list: &[u8]) -> Option<Vec<String>> {
    let listed = strings(list)?;
    (listed.len() <= MOST).then_some(())?;
    let mut names: Vec<String> = listed.iter().map(|name| decoded(name)).collect();
    names.sort_unstable();
    names.dedup();
    Some(names)
}

/// What a query's parser makes of a name; `=` and `&` stand for themselves in a list.
fn decoded(name: &[u8]) -> String {
    let mut escaped = Vec::with_capacity(name.len());
    for &byte in name {
        match byte {
            b'&' => escaped.extend_from_slice(b"%26"),
            b'=' => escaped.extend_from_slice(b"%3D"),
            _ => escaped.push(byte),
        }
    }
    let pair = form_urlencoded::parse(&escaped).next();
    pair.map_or_else(String::new, |(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variance() -> impl Strategy<Value = SearchVariance> {
        let names = || prop::collection::btree_set("[a-cé&=\"\\\\ +%]{0,3}", 0..4);
        let params = prop_oneof![
            names().prop_map(|names| Params::Only(names.into_iter().collect())),
            names().prop_map(|names| Params::Without(names.into_iter().collect())),
        ];
        let order = prop_oneof![Just(Order::Counts), Just(Order::Free)];
        (order, params).prop_map(|(order, params)| SearchVariance { order, params })
    }

    #[test]
    fn lines_are_one_dictionary() {
        let lines = [&b""[..], b"params=(\"a\")", b"key-order", b"x;y=1"];
        let joined = SearchVariance::parse(b"params=(\"a\"), key-order, x;y=1");
        assert_eq!(SearchVariance::of_lines(lines.into_iter()), joined);
        assert!(!joined.is_default());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn what_is_written_reads_back(variance in variance()) {
            prop_assert_eq!(SearchVariance::parse(variance.to_field().as_bytes()), variance);
        }

        /// The form of a query selects what the query does, and is its own form.
        #[test]
        fn forms_are_forms_of_themselves(variance in variance(), query in "[a-c=&%2+é]{0,16}") {
            let form = variance.normal_form(query.as_bytes());
            prop_assert_eq!(variance.normal_form(&form), form);
        }

        #[test]
        fn any_field_is_read(value in "[a-c=;,?01\"(): -]{0,32}") {
            let _ = SearchVariance::parse(value.as_bytes());
        }
    }
}
