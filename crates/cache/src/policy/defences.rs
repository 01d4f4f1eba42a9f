//! [`Defences`]: refusals that go beyond the standards, against poisoned and deceived caches.
//!
//! A cache answers many by what one request brought about. Whatever in that request is not part of the key must not
//! change what others get: such requests are answered from what is stored, or passed on and not stored.

use http::{HeaderMap, HeaderName, Method, header::CONTENT_TYPE};

use super::{
    Bypass, Guard, NotStored, RequestHead, ResponseHead, VaryOn,
    asked::{Asked, has_unkeyed},
    told::Told,
    varies_on,
};

/// Which defences are in force; each has its own switch.
///
/// ```
/// use eaves_cache::policy::{Defences, Guard, Policy};
///
/// let defences = Defences { set_cookie: Guard::Off, ..Defences::ON };
/// assert_eq!(Policy::default().defences(defences).in_force().deception, Guard::On);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain switches, changed by struct update"
)]
pub struct Defences {
    /// A response whose Content-Type contradicts the extension of its path is not stored: `/account/x.css` that
    /// answers with a page is somebody's account.
    pub deception: Guard,
    /// A GET or HEAD with content is passed on: origins may obey the content, the key does not see it.
    pub fat_get: Guard,
    /// A request that overrides its method by a field is passed on.
    pub method_override: Guard,
    /// A request with fields so large or so strange that an origin may fail for it is passed on.
    pub oversize: Guard,
    /// A response with Set-Cookie is stored only if it is marked `public` or has `s-maxage`.
    pub set_cookie: Guard,
    /// A request with fields that name another host, scheme or path is not stored, unless the response varies on them or
    /// the operator keyed them.
    pub unkeyed: Guard,
}

impl Defences {
    /// All in force.
    pub const ON: Self = Self::all(Guard::On);
    /// None in force: what the standards say, and nothing else.
    pub const OFF: Self = Self::all(Guard::Off);

    const fn all(guard: Guard) -> Self {
        Self {
            deception: guard,
            fat_get: guard,
            method_override: guard,
            oversize: guard,
            set_cookie: guard,
            unkeyed: guard,
        }
    }

    /// Why a request is passed on whatever is stored.
    pub(super) fn bypass(&self, request: RequestHead<'_>, asked: &Asked) -> Option<Bypass> {
        if self.method_override == Guard::On && asked.overrides {
            return Some(Bypass::MethodOverride);
        }
        if self.fat_get == Guard::On && asked.content {
            return Some(Bypass::FatGet);
        }
        (self.oversize == Guard::On && is_strange(request, asked)).then_some(Bypass::Oversize)
    }

    /// Says whether a request has a field that names another host, scheme or path, and that the operator did not key.
    pub(super) fn taints(&self, request: &HeaderMap, asked: &Asked, keyed: &[HeaderName]) -> bool {
        self.unkeyed == Guard::On
            && asked.unkeyed
            && has_unkeyed(request, |name| keyed.iter().any(|known| known == name))
    }

    /// Why a response that the standards allow to store is not stored.
    pub(super) fn refusal(
        &self,
        (request, asked): (RequestHead<'_>, &Asked),
        response: ResponseHead<'_>,
        told: &Told<'_>,
        keyed: &[HeaderName],
    ) -> Option<NotStored> {
        let public = told.directives.public || told.directives.s_maxage.is_some();
        if self.set_cookie == Guard::On && told.sets_cookie() && !public {
            return Some(NotStored::SetCookie);
        }
        if self.deception == Guard::On && contradicts(request.uri.path(), response.headers) {
            return Some(NotStored::Deception);
        }
        // `varies_on` is paid for only by requests that have such a field.
        let unkeyed =
            asked.unkeyed && self.has_unkeyed(request.headers, &varies_on(response.headers), keyed);
        if unkeyed || self.bypass(request, asked).is_some() {
            return Some(NotStored::Unkeyed);
        }
        None
    }

    /// Says whether a request has a field of this kind that the response does not vary on.
    pub(super) fn has_unkeyed(
        &self,
        request: &HeaderMap,
        response: &VaryOn,
        keyed: &[HeaderName],
    ) -> bool {
        let varies = |name: &str| response.names().any(|known| known == name);
        let keyed = |name: &str| keyed.iter().any(|known| known == name);
        self.unkeyed == Guard::On && has_unkeyed(request, |name| varies(name) || keyed(name))
    }
}

/// The longest value, and the longest target, that any origin takes without complaint.
const LONGEST: usize = 8 * 1024;

/// Control characters cannot stand in a `HeaderValue`, so that lengths are what is left to look at.
fn is_strange(request: RequestHead<'_>, asked: &Asked) -> bool {
    let target = request
        .uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    // Origins take 8 to 16 KiB of head in all.
    let long = asked.longest > LONGEST || asked.total + target > 2 * LONGEST;
    long || request.method == Method::CONNECT
}

/// What a path's extension promises, and what Content-Type says.
fn contradicts(path: &str, headers: &HeaderMap) -> bool {
    let mark = path.bytes().rposition(|byte| matches!(byte, b'.' | b'/'));
    let Some(dot) = mark.filter(|at| path.as_bytes()[*at] == b'.') else {
        return false;
    };
    let Some(kinds) = promised(&path[dot + 1..]) else {
        return false;
    };
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        return false;
    };
    let kind = kind.as_bytes().to_ascii_lowercase();
    !kinds
        .iter()
        .any(|promised| kind.starts_with(promised.as_bytes()))
}

/// How the media types of files with this extension begin, if they are static files.
fn promised(extension: &str) -> Option<&'static [&'static str]> {
    let mut folded = [0; 8];
    let place = folded.get_mut(..extension.len())?;
    place.copy_from_slice(extension.as_bytes());
    place.make_ascii_lowercase();
    let mut known = EXTENSIONS.iter();
    known
        .find(|(known, _)| *known == folded)
        .map(|(_, kinds)| *kinds)
}

/// Extensions of static files, filled up with zeros so that one is compared as one word, and how the media types of such
/// files begin.
const EXTENSIONS: [([u8; 8], &[&str]); 18] = [
    (*b"avif\0\0\0\0", &["image/"]),
    (*b"css\0\0\0\0\0", &["text/css", "text/plain"]),
    (*b"gif\0\0\0\0\0", &["image/"]),
    (*b"ico\0\0\0\0\0", &["image/"]),
    (*b"jpeg\0\0\0\0", &["image/"]),
    (*b"jpg\0\0\0\0\0", &["image/"]),
    (
        *b"js\0\0\0\0\0\0",
        &[
            "text/javascript",
            "application/javascript",
            "application/x-javascript",
            "text/plain",
        ],
    ),
    (
        *b"mjs\0\0\0\0\0",
        &["text/javascript", "application/javascript"],
    ),
    (*b"mp3\0\0\0\0\0", &["audio/"]),
    (*b"mp4\0\0\0\0\0", &["video/", "audio/"]),
    (
        *b"pdf\0\0\0\0\0",
        &["application/pdf", "application/octet-stream"],
    ),
    (*b"png\0\0\0\0\0", &["image/"]),
    (*b"svg\0\0\0\0\0", &["image/"]),
    (*b"ttf\0\0\0\0\0", &["font/", "application/"]),
    (*b"webm\0\0\0\0", &["video/", "audio/"]),
    (*b"webp\0\0\0\0", &["image/"]),
    (*b"woff\0\0\0\0", &["font/", "application/"]),
    (*b"woff2\0\0\0", &["font/", "application/"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_promise_in_any_case() {
        for (known, kinds) in EXTENSIONS {
            let known = String::from_utf8(known.to_vec()).unwrap();
            let known = known.trim_end_matches('\0');
            assert_eq!(promised(known), Some(kinds), "{known}");
            assert_eq!(promised(&known.to_uppercase()), Some(kinds), "{known}");
            assert_eq!(promised(&format!("{known}x")), None, "{known}x");
        }
        for unknown in ["", "html", "cs", "averylongextension"] {
            assert_eq!(promised(unknown), None, "{unknown}");
        }
    }
}
