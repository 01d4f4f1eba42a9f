//! What a proxy removes and adds between two hops (RFC 9110 section 7.6).

use http::{
    HeaderMap, HeaderName, HeaderValue, Version,
    header::{CONNECTION, TE, TRANSFER_ENCODING, UPGRADE, VIA},
};

/// Removes the fields that belong to one connection only: those that `Connection` names, and those
/// that RFC 9110 section 7.6.1 lists even if it does not name them.
///
/// ```
/// use eaves_examples::edge::http::strip_hop_by_hop;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut head = HeaderMap::new();
/// head.insert("connection", HeaderValue::from_static("close, X-Hop"));
/// head.insert("x-hop", HeaderValue::from_static("1"));
/// head.insert("x-end", HeaderValue::from_static("1"));
/// strip_hop_by_hop(&mut head);
/// assert_eq!(head.len(), 1);
/// ```
pub fn strip_hop_by_hop(head: &mut HeaderMap) {
    let named: Vec<HeaderName> = head
        .get_all(CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        head.remove(name);
    }
    for name in [CONNECTION, TE, TRANSFER_ENCODING, UPGRADE] {
        head.remove(name);
    }
    for name in ["keep-alive", "proxy-connection"] {
        head.remove(name);
    }
}

/// Adds this hop to the `Via` field (RFC 9110 section 7.6.3).
#[derive(Clone, Debug)]
pub struct Via(HeaderValue, HeaderValue);

impl Via {
    /// Makes the field's member for a hop called `pseudonym`.
    ///
    /// # Panics
    ///
    /// Panics if `pseudonym` is not a token.
    #[must_use]
    pub fn new(pseudonym: &str) -> Self {
        let member = |version: &str| {
            HeaderValue::from_str(&format!("{version} {pseudonym}"))
                .expect("a pseudonym is a token")
        };
        Self(member("1.1"), member("1.0"))
    }

    /// Appends this hop as one that received the message in `version`.
    pub fn append(&self, version: Version, head: &mut HeaderMap) {
        let member = if version < Version::HTTP_11 {
            &self.1
        } else {
            &self.0
        };
        head.append(VIA, member.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_one_connection_are_removed_with_all_their_lines() {
        let mut head = HeaderMap::new();
        for (name, value) in [
            ("connection", "x-one, close"),
            ("connection", "X-Two"),
            ("x-one", "1"),
            ("x-one", "2"),
            ("x-two", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("proxy-connection", "close"),
            ("etag", "\"a\""),
        ] {
            head.append(name, HeaderValue::from_static(value));
        }
        strip_hop_by_hop(&mut head);
        assert_eq!(
            head.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
            ["etag"]
        );
    }

    #[test]
    fn via_is_appended_and_names_the_version_received() {
        let mut head = HeaderMap::new();
        head.append(VIA, HeaderValue::from_static("1.1 other"));
        Via::new("eaves").append(Version::HTTP_10, &mut head);
        let lines: Vec<_> = head.get_all(VIA).iter().collect();
        assert_eq!(lines, ["1.1 other", "1.0 eaves"]);
    }
}
