//! [`Chain`]: the addresses in `X-Forwarded-For` and `Forwarded` (RFC 7239), from the right.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, HeaderName, header};

use crate::error::KeyError;

/// Elements that are kept of a chain; those further left are only counted.
pub(super) const MOST_HOPS: usize = 16;

/// The right end of a list of forwarded elements. Reading takes one pass over the field and no
/// memory of its own.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    /// A ring: element `n` from the left stands at `n % MOST_HOPS`.
    last: [&'a [u8]; MOST_HOPS],
    len: usize,
    syntax: Syntax,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    /// A bare address.
    Node,
    /// `for=node;by=node`
    Pairs,
}

impl<'a> Chain<'a> {
    pub(super) fn list(headers: &'a HeaderMap, name: &HeaderName) -> Self {
        Self::read(headers, name, Syntax::Node)
    }

    pub(super) fn forwarded(headers: &'a HeaderMap) -> Self {
        Self::read(headers, &header::FORWARDED, Syntax::Pairs)
    }

    fn read(headers: &'a HeaderMap, name: &HeaderName, syntax: Syntax) -> Self {
        let mut chain = Self {
            last: [&[]; MOST_HOPS],
            len: 0,
            syntax,
        };
        for value in headers.get_all(name) {
            for element in split(value.as_bytes(), b',') {
                if !element.is_empty() {
                    chain.last[chain.len % MOST_HOPS] = element;
                    chain.len += 1;
                }
            }
        }
        chain
    }

    /// Elements in the field, those that are not kept included.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Reads the address at a place from the right, the nearest proxy's being 1.
    pub(super) fn at(&self, place: usize) -> Result<IpAddr, KeyError> {
        if place > MOST_HOPS {
            return Err(KeyError::TooManyHops { most: MOST_HOPS });
        }
        let Some(index) = self.len.checked_sub(place) else {
            return Err(KeyError::TooFewHops {
                found: self.len,
                needed: place,
            });
        };
        let element = self.last[index % MOST_HOPS];
        let node = match self.syntax {
            Syntax::Node => Some(element),
            Syntax::Pairs => node_of(element),
        };
        match node {
            None => Err(KeyError::Hidden { at: place }),
            Some(node) if is_hidden(node) => Err(KeyError::Hidden { at: place }),
            Some(node) => address(node).ok_or(KeyError::Malformed { at: place }),
        }
    }
}

/// Finds the node of the `for` parameter (RFC 7239 section 5.2), its quotes removed.
fn node_of(element: &[u8]) -> Option<&[u8]> {
    split(element, b';').find_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (&pair[..equals], &pair[equals + 1..]);
        name.eq_ignore_ascii_case(b"for").then(|| unquoted(value))
    })
}

fn unquoted(value: &[u8]) -> &[u8] {
    let inner = value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""));
    inner.unwrap_or(value)
}

/// Whether a node is `unknown` or obfuscated (RFC 7239 sections 6.2 and 6.3).
fn is_hidden(node: &[u8]) -> bool {
    node.eq_ignore_ascii_case(b"unknown") || node.first() == Some(&b'_')
}

/// Reads an address with or without brackets and port.
fn address(node: &[u8]) -> Option<IpAddr> {
    let node = std::str::from_utf8(node).ok()?;
    if let Some(bracketed) = node.strip_prefix('[') {
        let (addr, port) = bracketed.split_once(']')?;
        let addr: Ipv6Addr = addr.parse().ok()?;
        return is_port(port).then_some(IpAddr::V6(addr).to_canonical());
    }
    if let Ok(addr) = node.parse::<IpAddr>() {
        return Some(addr.to_canonical());
    }
    let (addr, _) = node.split_once(':')?;
    let addr: Ipv4Addr = addr.parse().ok()?;
    is_port(&node[node.find(':')?..]).then_some(IpAddr::V4(addr))
}

/// Whether this is nothing, `:8080` or an obfuscated `:_port` (RFC 7239 section 6).
fn is_port(text: &str) -> bool {
    match text.strip_prefix(':') {
        None => text.is_empty(),
        Some(port) => port.parse::<u16>().is_ok() || port.starts_with('_'),
    }
}

/// Splits at a separator outside of quoted strings and trims spaces and tabs.
fn split(mut rest: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let end = end_of(rest, separator);
        let piece = &rest[..end];
        done = end == rest.len();
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(trimmed(piece))
    })
}

fn end_of(text: &[u8], separator: u8) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    let end = text.iter().position(|byte| {
        let ends = !quoted && *byte == separator;
        quoted ^= *byte == b'"' && !escaped;
        escaped = quoted && *byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(text.len())
}

fn trimmed(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text
        .iter()
        .position(|byte| !blank(byte))
        .unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| !blank(byte))
        .map_or(start, |last| last + 1);
    &text[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_brackets_and_ports() {
        for (node, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:80", Some("192.0.2.1")),
            ("192.0.2.1:_x", Some("192.0.2.1")),
            ("192.0.2.1:99999", None),
            ("192.0.2.1:", None),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("[2001:db8::1]443", None),
            ("[2001:db8::1", None),
            ("[192.0.2.1]", None),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("fe80::1%eth0", None),
            ("example.com", None),
            ("", None),
        ] {
            let expected = expected.map(|addr| addr.parse::<IpAddr>().unwrap());
            assert_eq!(address(node.as_bytes()), expected, "{node}");
        }
    }

    #[test]
    fn separators_within_quotes_do_not_split() {
        let pieces = |text: &'static str| -> Vec<_> {
            split(text.as_bytes(), b',')
                .map(|piece| std::str::from_utf8(piece).unwrap())
                .collect()
        };
        assert_eq!(pieces(r#"a="x,\",y" , b"#), [r#"a="x,\",y""#, "b"]);
        assert_eq!(pieces("a,,b,"), ["a", "", "b", ""]);
        assert_eq!(pieces(r#"a="open, b"#), [r#"a="open, b"#]);
    }
}
