//! Conditions: those of a client answered from a stored response (RFC 9111 section 4.3.2), and those sent to
//! the origin to validate one (section 4.3.1).

use http::{
    HeaderMap, HeaderValue,
    header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE},
};

use super::{Meta, RequestHead};
use crate::{
    field::{EntityTag, HttpDate, members},
    head::Head,
};
use eaves_common::time::Wall;

/// What a client's conditions say about a stored response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a client has it or not")]
pub enum Condition {
    /// The client has this response already: answer 304.
    Met,
    /// Send it whole.
    Unmet,
}

impl Condition {
    /// Evaluates If-None-Match, or for want of it If-Modified-Since.
    #[must_use]
    pub fn evaluate(request: RequestHead<'_>, stored: &Head) -> Self {
        let headers = request.headers;
        let met = if headers.contains_key(IF_NONE_MATCH) {
            let tag = stored.field(&ETAG);
            members(headers, &IF_NONE_MATCH).any(|asked| match tag {
                _ if asked == b"*" => true,
                Some(tag) => EntityTag::new(asked).weakly_equals(EntityTag::new(tag)),
                None => false,
            })
        } else {
            headers
                .get(IF_MODIFIED_SINCE)
                .is_some_and(|since| unmodified(since, stored.meta()))
        };
        if met && stored.meta().status.is_success() {
            Self::Met
        } else {
            Self::Unmet
        }
    }
}

/// Without Last-Modified the Date counts, which is the time of arrival when there was none.
fn unmodified(since: &HeaderValue, meta: &Meta) -> bool {
    let modified = meta.last_modified.unwrap_or(meta.date);
    HttpDate::parse(since.as_bytes(), meta.received.wall)
        .is_some_and(|since| modified.as_secs() <= since.wall().as_secs())
}

/// Says whether If-Range allows a part of the stored response (RFC 9110 section 13.1.5): strong validators only.
pub(super) fn if_range_holds(headers: &HeaderMap, stored: &Head) -> bool {
    let Some(validator) = headers.get(IF_RANGE).map(HeaderValue::as_bytes) else {
        return true;
    };
    if validator.starts_with(b"\"") || validator.starts_with(b"W/") {
        let tag = stored.field(&ETAG).unwrap_or_default();
        return EntityTag::new(validator).strongly_equals(EntityTag::new(tag));
    }
    // A date is strong only if the response was at least a second old when it was generated (section 8.8.2.2).
    let meta = stored.meta();
    let strong = |modified: Wall| meta.date.as_secs() > modified.as_secs();
    let exact = |date: HttpDate| {
        meta.last_modified
            .is_some_and(|modified| date.wall() == modified && strong(modified))
    };
    HttpDate::parse(validator, meta.received.wall).is_some_and(exact)
}

/// Puts the stored validators in place of the client's conditions and range (RFC 9111 section 4.3.1).
pub fn make_conditional(headers: &mut HeaderMap, stored: &Head) {
    strip_conditions(headers);
    let value = |name| {
        stored
            .field(name)
            .and_then(|value| HeaderValue::from_bytes(value).ok())
    };
    if let Some(tag) = value(&ETAG) {
        headers.insert(IF_NONE_MATCH, tag);
    }
    if let Some(date) = value(&LAST_MODIFIED) {
        headers.insert(IF_MODIFIED_SINCE, date);
    }
}

/// Removes conditions and ranges: asks for the whole response, whatever the client has of it.
pub fn strip_conditions(headers: &mut HeaderMap) {
    for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_RANGE, RANGE] {
        headers.remove(name);
    }
}
