//! [`Normalise`]: fewer values of the request fields that responses vary on, before anything is selected or asked.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE},
};

use crate::field::{members, trim};

/// How request fields are reduced to what an origin tells apart.
///
/// Browsers write Accept-Encoding and Accept-Language in thousands of ways, and a response that varies on them is stored
/// once for each. An operator who knows what the origin offers has each replaced by what comes of it. The origin gets
/// what the key is made of, so that no client can bring about what another is served.
///
/// ```
/// use eaves_cache::policy::Normalise;
/// use http::{HeaderMap, HeaderValue, header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE}};
///
/// let normalise = Normalise::default().codings(["br", "gzip"]).languages(["en", "de"]);
/// let mut headers = HeaderMap::new();
/// headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("deflate, gzip;q=1.0, *;q=0"));
/// headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("fr, de-AT;q=0.9, en;q=0.8"));
/// normalise.apply(&mut headers);
/// assert_eq!(headers[ACCEPT_ENCODING], "gzip");
/// assert_eq!(headers[ACCEPT_LANGUAGE], "de");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Normalise {
    codings: Vec<String>,
    languages: Vec<String>,
    others: Vec<(HeaderName, Reduce)>,
}

/// Makes of all values of a field the one that counts; `None` removes the field.
pub type Reduce = fn(&HeaderMap) -> Option<HeaderValue>;

impl Normalise {
    /// Sets the content codings that the origin offers. Accept-Encoding names those of them that the client accepts, in
    /// this order, or `identity`.
    #[must_use]
    pub fn codings<T: Into<String>>(mut self, offered: impl IntoIterator<Item = T>) -> Self {
        self.codings = offered.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the languages that the origin offers. Accept-Language names the one that the client likes best, or the first
    /// if it likes none.
    #[must_use]
    pub fn languages<T: Into<String>>(mut self, offered: impl IntoIterator<Item = T>) -> Self {
        self.languages = offered.into_iter().map(Into::into).collect();
        self
    }

    /// Reduces another field.
    #[must_use]
    pub fn field(mut self, name: HeaderName, reduce: Reduce) -> Self {
        self.others.push((name, reduce));
        self
    }

    /// Replaces the fields of a request; one that is absent stays so.
    pub fn apply(&self, headers: &mut HeaderMap) {
        if !self.codings.is_empty() && headers.contains_key(ACCEPT_ENCODING) {
            let accepted = self.accepted(headers);
            set(
                headers,
                &ACCEPT_ENCODING,
                HeaderValue::try_from(accepted).ok(),
            );
        }
        if !self.languages.is_empty() && headers.contains_key(ACCEPT_LANGUAGE) {
            let best = HeaderValue::from_str(self.best_language(headers)).ok();
            set(headers, &ACCEPT_LANGUAGE, best);
        }
        for (name, reduce) in &self.others {
            if headers.contains_key(name) {
                let reduced = reduce(headers);
                set(headers, name, reduced);
            }
        }
    }

    /// RFC 9110 section 12.5.3.
    fn accepted(&self, headers: &HeaderMap) -> String {
        let accepts = |coding: &String| {
            let weight = |name: &str| {
                let mut all = members(headers, &ACCEPT_ENCODING).map(weighted);
                all.find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
                    .map(|(_, weight)| weight)
            };
            weight(coding)
                .or_else(|| weight("*"))
                .is_some_and(|weight| weight > 0)
        };
        let accepted: Vec<&str> = self
            .codings
            .iter()
            .filter(|coding| accepts(coding))
            .map(String::as_str)
            .collect();
        if accepted.is_empty() {
            "identity".to_owned()
        } else {
            accepted.join(", ")
        }
    }

    /// The lookup of RFC 4647 section 3.4, from the range with the largest weight on; of equal ones the first counts.
    fn best_language(&self, headers: &HeaderMap) -> &str {
        let mut best = (&self.languages[0], 0);
        for (range, weight) in members(headers, &ACCEPT_LANGUAGE).map(weighted) {
            if weight <= best.1 {
                continue;
            }
            let offered = if range == b"*" {
                self.languages.first()
            } else {
                self.lookup(range)
            };
            if let Some(language) = offered {
                best = (language, weight);
            }
        }
        best.0
    }

    /// Cuts subtags off the end of a range until it is one that is offered.
    fn lookup(&self, mut range: &[u8]) -> Option<&String> {
        loop {
            let mut offered = self.languages.iter();
            if let Some(language) =
                offered.find(|known| known.as_bytes().eq_ignore_ascii_case(range))
            {
                return Some(language);
            }
            let dash = range.iter().rposition(|byte| *byte == b'-')?;
            range = &range[..dash];
        }
    }
}

fn set(headers: &mut HeaderMap, name: &HeaderName, value: Option<HeaderValue>) {
    match value {
        Some(value) => _ = headers.insert(name, value),
        None => _ = headers.remove(name),
    }
}

/// A member and its weight in thousandths (RFC 9110 section 12.4.2); what is no weight counts as none given.
fn weighted(member: &[u8]) -> (&[u8], u32) {
    let mut parts = member.split(|byte| *byte == b';').map(trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| match part {
        [b'q' | b'Q', b'=', weight @ ..] => thousandths(weight),
        _ => None,
    });
    (name, weight.unwrap_or(1000))
}

fn thousandths(text: &[u8]) -> Option<u32> {
    let (whole, rest) = text.split_first()?;
    let digits = match rest {
        [] | [b'.'] => &[],
        [b'.', digits @ ..] if digits.len() <= 3 => digits,
        _ => return None,
    };
    if !digits.iter().all(u8::is_ascii_digit) || !matches!(whole, b'0' | b'1') {
        return None;
    }
    let digit = |at: usize| u32::from(digits.get(at).map_or(0, |digit| digit - b'0'));
    let part = digit(0) * 100 + digit(1) * 10 + digit(2);
    Some((u32::from(whole - b'0') * 1000 + part).min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(name: HeaderName, value: &'static str) -> String {
        let normalise = Normalise::default()
            .codings(["br", "gzip"])
            .languages(["en", "de", "pt-BR"])
            .field(http::header::COOKIE, |_| None);
        let mut headers = HeaderMap::new();
        headers.insert(&name, HeaderValue::from_static(value));
        normalise.apply(&mut headers);
        headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
            .to_owned()
    }

    #[test]
    fn codings_are_those_that_both_know() {
        for (value, expected) in [
            ("gzip, deflate, br, zstd", "br, gzip"),
            ("GZIP;q=0.5", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("*", "br, gzip"),
            ("*;q=0", "identity"),
            ("gzip;q=0.000, *;q=0.1", "br"),
            ("", "identity"),
            ("gzip;q=x", "gzip"),
        ] {
            assert_eq!(reduced(ACCEPT_ENCODING, value), expected, "{value}");
        }
    }

    #[test]
    fn the_language_is_the_one_that_is_liked_best() {
        for (value, expected) in [
            ("de", "de"),
            ("de-AT-1996, en;q=0.9", "de"),
            ("fr, en;q=0.2, de;q=0.7", "de"),
            ("fr", "en"),
            ("*", "en"),
            ("pt-br", "pt-BR"),
            ("pt", "en"),
            ("de;q=0, en;q=0", "en"),
            ("de, en", "de"),
        ] {
            assert_eq!(reduced(ACCEPT_LANGUAGE, value), expected, "{value}");
        }
    }

    #[test]
    fn other_fields_are_the_operators_to_reduce() {
        assert_eq!(reduced(http::header::COOKIE, "a=b"), "");
        assert_eq!(reduced(http::header::ACCEPT, "text/html"), "text/html");
    }
}
