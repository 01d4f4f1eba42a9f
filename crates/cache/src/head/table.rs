//! Field names that are stored as one byte.
//!
//! The order is the stored format: a name is added at the end, and none is removed.

use http::{HeaderName, header as h};

/// Returns the code of a known name; zero is never one.
pub(super) fn code(name: &HeaderName) -> Option<u8> {
    let at = NAMES.iter().position(|known| known == name)?;
    u8::try_from(at + 1).ok()
}

/// Returns the name of a code.
pub(super) fn name(code: u8) -> Option<HeaderName> {
    NAMES.get(usize::from(code).checked_sub(1)?).cloned()
}

static NAMES: [HeaderName; 50] = [
    h::DATE,
    h::CACHE_CONTROL,
    h::CONTENT_TYPE,
    h::CONTENT_LENGTH,
    h::ETAG,
    h::LAST_MODIFIED,
    h::EXPIRES,
    h::VARY,
    h::AGE,
    h::SERVER,
    h::CONTENT_ENCODING,
    h::CONTENT_LANGUAGE,
    h::CONTENT_LOCATION,
    h::CONTENT_DISPOSITION,
    h::CONTENT_RANGE,
    h::ACCEPT_RANGES,
    h::ALLOW,
    h::ALT_SVC,
    h::LINK,
    h::LOCATION,
    h::PRAGMA,
    h::RETRY_AFTER,
    h::SET_COOKIE,
    h::VIA,
    h::WARNING,
    h::WWW_AUTHENTICATE,
    h::STRICT_TRANSPORT_SECURITY,
    h::CONTENT_SECURITY_POLICY,
    h::CONTENT_SECURITY_POLICY_REPORT_ONLY,
    h::REFERRER_POLICY,
    h::X_CONTENT_TYPE_OPTIONS,
    h::X_FRAME_OPTIONS,
    h::X_XSS_PROTECTION,
    h::X_DNS_PREFETCH_CONTROL,
    h::REFRESH,
    h::CACHE_STATUS,
    h::CDN_CACHE_CONTROL,
    h::ACCESS_CONTROL_ALLOW_ORIGIN,
    h::ACCESS_CONTROL_ALLOW_HEADERS,
    h::ACCESS_CONTROL_ALLOW_METHODS,
    h::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    h::ACCESS_CONTROL_EXPOSE_HEADERS,
    h::ACCESS_CONTROL_MAX_AGE,
    HeaderName::from_static("cache-tag"),
    HeaderName::from_static("surrogate-key"),
    HeaderName::from_static("cache-groups"),
    HeaderName::from_static("no-vary-search"),
    HeaderName::from_static("timing-allow-origin"),
    HeaderName::from_static("permissions-policy"),
    HeaderName::from_static("server-timing"),
];
