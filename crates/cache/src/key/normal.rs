//! Normalisation that keeps the meaning (RFC 3986 section 6.2.2, RFC 9110 section 4.2.3).

use http::uri::{Authority, Scheme};

/// Writes host and port: lower case, without the scheme's default port, without user information.
pub(super) fn write_authority(scheme: &Scheme, authority: &Authority, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(authority.host().as_bytes());
    out[start..].make_ascii_lowercase();
    let default = if *scheme == Scheme::HTTPS { 443 } else { 80 };
    if let Some(port) = authority.port_u16().filter(|port| *port != default) {
        out.extend_from_slice(format!(":{port}").as_bytes());
    }
}

/// The normal form of a path, as it stands in keys.
#[cfg(feature = "sign")]
pub(crate) fn normal_path(path: &str) -> String {
    let mut out = Vec::with_capacity(path.len());
    write_path(path.as_bytes(), &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Writes a path without its dot segments (RFC 3986 section 5.2.4) and with normal percent-encoding.
pub(super) fn write_path(path: &[u8], out: &mut Vec<u8>) {
    let root = out.len();
    if path.is_empty() || path == b"*" {
        out.push(b'/');
        return;
    }
    let mut segments = path.split(|&b| b == b'/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match dots(segment) {
            0 => {
                out.push(b'/');
                write_percent(segment, out);
            }
            1 if last => out.push(b'/'),
            1 => {}
            _ => {
                let parent = out[root..]
                    .iter()
                    .rposition(|&b| b == b'/')
                    .unwrap_or_default();
                out.truncate(root + parent);
                if last {
                    out.push(b'/');
                }
            }
        }
    }
    if out.len() == root {
        out.push(b'/');
    }
}

/// One for `.`, two for `..`, also when percent-encoded; zero for any other segment.
fn dots(segment: &[u8]) -> u8 {
    let mut rest = segment;
    let mut dots = 0;
    while !rest.is_empty() && dots < 3 {
        rest = match rest {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return 0,
        };
        dots += 1;
    }
    if dots < 3 { dots } else { 0 }
}

/// Writes text with unreserved characters decoded and the hex digits of the others in upper case.
pub(super) fn write_percent(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let encoded = match (byte, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        let Some((high, low)) = encoded else {
            out.push(byte);
            continue;
        };
        rest = &after[2..];
        let value = high << 4 | low;
        let unreserved =
            value.is_ascii_alphanumeric() || matches!(value, b'-' | b'.' | b'_' | b'~');
        if unreserved && !(value.is_ascii_hexdigit() && ends_in_stray(out)) {
            out.push(value);
        } else {
            out.extend_from_slice(&[b'%', digit(high), digit(low)]);
        }
    }
}

/// Says whether text ends in a percent sign that encodes nothing, or in one and a digit: another digit behind it would
/// make it encode something.
fn ends_in_stray(text: &[u8]) -> bool {
    match text {
        [.., b'%'] => true,
        [.., b'%', digit] => digit.is_ascii_hexdigit(),
        _ => false,
    }
}

fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|value| value as u8)
}

fn digit(value: u8) -> u8 {
    b"0123456789ABCDEF"[usize::from(value & 15)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> String {
        let mut out = b"//".to_vec();
        write_path(text.as_bytes(), &mut out);
        String::from_utf8(out.split_off(2)).unwrap()
    }

    #[test]
    fn paths_lose_dot_segments_and_keep_everything_else() {
        for (input, expected) in [
            ("", "/"),
            ("/", "/"),
            ("/a/b/c/./../../g", "/a/g"),
            ("/./a", "/a"),
            ("/../..", "/"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("/a/b/..", "/a/"),
            ("/a//b/", "/a//b/"),
            ("/a/%2e%2E/b", "/b"),
            ("/...", "/..."),
            ("/.a", "/.a"),
            ("/%7Euser/%2fx", "/~user/%2Fx"),
            ("/100%", "/100%"),
            ("/%zz", "/%zz"),
            ("/%5555%4%45", "/U55%4%45"),
            ("/%%345", "/%%345"),
            ("/%%7E5", "/%~5"),
        ] {
            assert_eq!(path(input), expected, "{input}");
            assert_eq!(path(expected), expected, "normal form of {input}");
        }
    }
}
