//! Vary (RFC 9111 section 4.1): which request fields select a response, and how their values compare.

use http::{HeaderMap, HeaderName, header};

use crate::field::members;

/// The request fields that a response varies on: lower case, sorted, each once.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::VARY};
/// use eaves_cache::policy::varies_on;
///
/// let mut headers = HeaderMap::new();
/// headers.append(VARY, HeaderValue::from_static("Foo, accept"));
/// headers.append(VARY, HeaderValue::from_static("FOO"));
/// assert_eq!(varies_on(&headers).names().collect::<Vec<_>>(), ["accept", "foo"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VaryOn {
    names: Vec<HeaderName>,
}

/// Reads the Vary of a response. A member that is no field name is left out: no request has such a field.
#[must_use]
pub fn varies_on(headers: &HeaderMap) -> VaryOn {
    let mut names: Vec<HeaderName> = members(headers, &header::VARY)
        .filter_map(|member| HeaderName::from_bytes(member).ok())
        .collect();
    names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
    names.dedup();
    VaryOn { names }
}

impl VaryOn {
    pub(crate) fn from_names(names: Vec<HeaderName>) -> Self {
        Self { names }
    }

    /// Iterates over the names.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(HeaderName::as_str)
    }

    /// Says whether every request gets the same response.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Appends the selecting values of a request: equal bytes if and only if the requests match.
    ///
    /// Lines of a field are combined, and whitespace around list members does not count; Accept-Encoding,
    /// Accept-Language and Accept are compared without case. A field that is absent differs from an empty one.
    pub(crate) fn write_selection(&self, request: &HeaderMap, out: &mut Vec<u8>) {
        for name in &self.names {
            out.extend_from_slice(b"\0");
            if !request.contains_key(name) {
                continue;
            }
            out.extend_from_slice(b"=");
            let folds = matches!(*name, header::ACCEPT_ENCODING | header::ACCEPT_LANGUAGE);
            for member in members(request, name) {
                out.push(b',');
                let start = out.len();
                out.extend_from_slice(member);
                if folds {
                    out[start..].make_ascii_lowercase();
                }
            }
        }
    }

    /// Says whether two requests select the same response.
    #[must_use]
    pub fn matches(&self, one: &HeaderMap, other: &HeaderMap) -> bool {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        self.write_selection(one, &mut a);
        self.write_selection(other, &mut b);
        a == b
    }
}
