//! [`Aside`]: what of a request selects a response beside the URI and the fields that Vary names.

use http::{HeaderMap, HeaderName, HeaderValue, header::COOKIE};

use crate::{
    field::{SearchVariance, trim},
    policy::VaryOn,
};

/// The query where responses say how much of it counts, and the fields and cookies that the operator keyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Aside {
    /// With its `?`; `None` where it is part of the URI's key.
    search: Option<Vec<u8>>,
    /// Names and values of what the operator keyed.
    keyed: Vec<u8>,
}

impl Aside {
    pub(super) fn new(
        search: Option<Vec<u8>>,
        (headers, cookies): (&[HeaderName], &[String]),
        request: &HeaderMap,
    ) -> Self {
        let mut keyed = Vec::new();
        for name in headers {
            keyed.extend_from_slice(name.as_str().as_bytes());
            keyed.push(b' ');
        }
        VaryOn::from_names(headers.to_vec()).write_selection(request, &mut keyed);
        for name in cookies {
            // Neither a name nor a value holds these bytes.
            keyed.push(b';');
            keyed.extend_from_slice(name.as_bytes());
            for value in cookies_of(request, name) {
                keyed.push(0);
                keyed.extend_from_slice(value);
            }
        }
        Self { search, keyed }
    }

    /// What a response says about its query, where that is asked for.
    pub(crate) fn variance(&self, headers: &HeaderMap) -> SearchVariance {
        match self.search {
            Some(_) => SearchVariance::of(headers),
            None => SearchVariance::default(),
        }
    }

    /// Says whether responses say how much of a query counts.
    pub(crate) fn obeys_search(&self) -> bool {
        self.search.is_some()
    }

    /// Appends what selects a response of this variance: equal bytes if and only if the requests match.
    pub(crate) fn write(&self, variance: &SearchVariance, out: &mut Vec<u8>) {
        if let Some(search) = &self.search {
            if variance.is_default() {
                block(QUERY, search, out);
            } else {
                block(VARIANCE, variance.to_field().as_bytes(), out);
                let query = search.strip_prefix(b"?").unwrap_or(search);
                block(QUERY, &variance.normal_form(query), out);
            }
        }
        if !self.keyed.is_empty() {
            block(KEYED, &self.keyed, out);
        }
    }

    /// Says whether two requests select the same response of this variance.
    #[cfg(feature = "tower")]
    pub(crate) fn matches(&self, other: &Self, variance: &SearchVariance) -> bool {
        let form = |aside: &Self| {
            let mut bytes = Vec::new();
            aside.write(variance, &mut bytes);
            bytes
        };
        form(self) == form(other)
    }
}

/// What a block is about. No field's name begins with these bytes, and with its length in front no block can be taken
/// for another.
const QUERY: u8 = 2;
const VARIANCE: u8 = 3;
const KEYED: u8 = 4;

fn block(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// The values of a cookie, in order (RFC 6265 section 4.2.1).
fn cookies_of<'a>(request: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let lines = request.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|&byte| byte == b';'));
    pairs.filter_map(move |pair| {
        let at = pair.iter().position(|&byte| byte == b'=')?;
        (trim(&pair[..at]) == name.as_bytes()).then(|| trim(&pair[at + 1..]))
    })
}
