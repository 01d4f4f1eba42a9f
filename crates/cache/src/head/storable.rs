//! Which fields of a message stay when it is forwarded or kept (RFC 9110 section 7.6.1, RFC 9111 section 3.1).

use http::{
    HeaderMap, HeaderName,
    header::{CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE},
};

use super::{
    compact::{Draft, Head},
    line::{Codes, Line, Name},
    table,
};
use crate::{
    field::{HttpDate, ResponseDirectives, members, members_of},
    policy::Meta,
};

/// Says whether a field may be stored, as far as its name alone tells.
pub(super) fn is_storable(name: Name<'_>) -> bool {
    // None of the others has a code.
    let Name::Other(name) = name else {
        return true;
    };
    !matches!(
        name,
        b"connection"
            | b"keep-alive"
            | b"proxy-authenticate"
            | b"proxy-authentication-info"
            | b"proxy-authorization"
            | b"proxy-connection"
            | b"te"
            | b"transfer-encoding"
            | b"upgrade"
    )
}

/// Says whether a line is a Connection that lists fields which may otherwise be stored: most list Keep-Alive, which never
/// is.
pub(crate) fn lists_fields(line: Line<'_>) -> bool {
    line.name == Name::Other(b"connection")
        && members_of(line.value).any(|name| !name.eq_ignore_ascii_case(b"keep-alive"))
}

/// Packs what of a response may be stored, as far as the names of its fields alone tell, behind a date if one is given.
pub(crate) fn pack_storable(
    meta: Meta,
    date: Option<HttpDate>,
    (headers, codes): (&HeaderMap, &Codes),
) -> Head {
    let mut draft = Draft::new(headers.len() * Draft::FIELD);
    if let Some(date) = date {
        let (name, value) = (Name::Known(table::DATE), date.to_string());
        let value = value.as_bytes();
        draft.add(Line { name, value });
    }
    codes
        .again(headers)
        .filter(|line| is_storable(line.name))
        .for_each(|line| draft.add(line));
    draft.seal(meta)
}

/// Removes what is about one connection alone: Connection, what it lists, and the fields known to be so.
fn keep_end_to_end(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = members(headers, &CONNECTION)
        .filter_map(|name| HeaderName::from_bytes(name).ok())
        .collect();
    for name in listed {
        headers.remove(name);
    }
    for name in [CONNECTION, TE, TRANSFER_ENCODING, UPGRADE] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers.remove("proxy-connection");
}

/// Removes what a stored response must not have: connection fields, those of proxies, and those that a qualified
/// `no-cache` or `private` lists (RFC 9111 section 5.2.2.4: without validation they must not be sent again).
pub(crate) fn keep_storable(headers: &mut HeaderMap) {
    keep_end_to_end(headers);
    for name in [PROXY_AUTHENTICATE, PROXY_AUTHORIZATION] {
        headers.remove(name);
    }
    headers.remove("proxy-authentication-info");
    if !ResponseDirectives::parse(headers).qualified {
        return;
    }
    let mut listed = Vec::new();
    ResponseDirectives::for_each_qualified(headers, |name| {
        listed.extend(HeaderName::from_bytes(name));
    });
    for name in listed {
        headers.remove(name);
    }
}
