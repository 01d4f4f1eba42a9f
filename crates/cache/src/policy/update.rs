//! Freshening a stored response by a 304 or a HEAD (RFC 9111 sections 3.2, 4.3.4 and 4.3.5).

use http::{
    HeaderValue,
    header::{AGE, CONTENT_LENGTH, ETAG, LAST_MODIFIED},
};

use super::{Policy, RequestHead, ResponseHead, Times, told::Told};
use crate::{
    field::EntityTag,
    head::{Head, Merge, Validators, keep_storable},
};

/// What a 304 or a HEAD's 200 does to a stored response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "it is about the stored response or not"
)]
pub enum Freshened {
    /// The stored response under its updated head.
    Updated(Head),
    /// The answer is about another response than the stored one: it must change nothing.
    Mismatch,
}

impl Policy {
    /// Applies a 304 to the stored response it was asked about.
    ///
    /// Every field replaces the stored ones of its name, but for Content-Length and what is never stored; the age
    /// starts anew from this answer.
    pub fn freshen(
        &self,
        request: RequestHead<'_>,
        stored: &Head,
        answer: ResponseHead<'_>,
        times: Times,
    ) -> Freshened {
        let mut told = Told::by(self.obeyed());
        let merged = Merge::pack(stored, answer.headers, |line| told.add(line));
        if !is_about(merged.tags, merged.modified) {
            return Freshened::Mismatch;
        }
        // A clone is dearer than all the rest; few answers need one.
        if told.names_fields() || merged.lists_fields() {
            return Freshened::Updated(self.freshen_by_map(request, stored, answer, times));
        }
        if merged.modified.new.is_none() {
            told.take_last_modified(stored.meta().last_modified);
        }
        let meta = self.meta((request, stored.meta().status), &told, times);
        Freshened::Updated(merged.head(meta))
    }

    /// The same where fields have to be looked up in what results: those that Connection or a qualified directive
    /// lists, and targeted ones.
    fn freshen_by_map(
        &self,
        request: RequestHead<'_>,
        stored: &Head,
        answer: ResponseHead<'_>,
        times: Times,
    ) -> Head {
        let mut headers = stored.to_headers();
        headers.remove(AGE);
        let mut update = answer.headers.clone();
        keep_storable(&mut update);
        update.remove(CONTENT_LENGTH);
        for name in update.keys() {
            headers.remove(name);
        }
        for (name, value) in &update {
            headers.append(name.clone(), value.clone());
        }
        // What it now says must not be sent again without asking may have been stored before.
        keep_storable(&mut headers);
        let meta = self.meta(
            (request, stored.meta().status),
            &self.told_by(&headers),
            times,
        );
        Head::new(meta, &headers)
    }

    /// Applies a 200 that answered a HEAD to the stored response of a GET, whose body has `len` bytes.
    ///
    /// It is about the stored response if no validator and no length contradicts it; otherwise the stored response
    /// counts as stale.
    pub fn freshen_by_head(
        &self,
        request: RequestHead<'_>,
        (stored, len): (&Head, u64),
        answer: ResponseHead<'_>,
        times: Times,
    ) -> Freshened {
        let length = answer.headers.get(CONTENT_LENGTH);
        let same_length =
            length.is_none_or(|length| length.as_bytes() == len.to_string().as_bytes());
        let validators = [ETAG, LAST_MODIFIED];
        let same = validators.iter().all(|name| {
            let new = answer.headers.get(name).map(HeaderValue::as_bytes);
            new.is_none() || new == stored.field(name)
        });
        if same && same_length {
            self.freshen(request, stored, answer, times)
        } else {
            Freshened::Mismatch
        }
    }
}

/// RFC 9111 section 4.3.4: a strong validator must be the stored one; a weak one too; without any, the answer is
/// taken as about what was asked.
fn is_about(tags: Validators<'_>, modified: Validators<'_>) -> bool {
    if let Some(new) = tags.new.map(EntityTag::new) {
        let Some(old) = tags.old.map(EntityTag::new) else {
            return false;
        };
        return if new.is_strong() {
            new.strongly_equals(old)
        } else {
            new.weakly_equals(old)
        };
    }
    let Validators { new, old } = modified;
    new.is_none() || old.is_none() || new == old
}

#[cfg(test)]
pub(super) mod tests {
    use http::{HeaderMap, HeaderName, StatusCode};
    use proptest::prelude::*;

    use super::*;
    use crate::policy::Storage;

    pub(in crate::policy) fn fields() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
        let field = prop::sample::select(vec![
            ("date", "Mon, 21 Sep 2026 14:13:20 GMT"),
            ("date", "Mon, 21 Sep 2026 14:13:21 GMT"),
            ("cache-control", "max-age=60"),
            ("cache-control", "no-cache, public"),
            ("cache-control", "private=\"x-one\", max-age=9"),
            ("cdn-cache-control", "max-age=7"),
            ("connection", "x-one"),
            ("connection", "Keep-Alive"),
            ("keep-alive", "5"),
            ("age", "3"),
            ("expires", "0"),
            ("vary", "x-one"),
            ("x-one", "1"),
            ("x-one", "2"),
            ("x-two", "1"),
            ("last-modified", "Mon, 21 Sep 2026 13:13:20 GMT"),
            ("last-modified", "Mon, 21 Sep 2026 13:13:21 GMT"),
            ("content-length", "17"),
            ("content-type", "text/plain"),
            ("content-type", "text/x-plain"),
            ("vary", "accept-encoding"),
            ("etag", "\"1\""),
            ("etag", "\"2\""),
            ("etag", "W/\"2\""),
            ("set-cookie", "a=b"),
        ]);
        prop::collection::vec(field, 0..8)
    }

    pub(in crate::policy) fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let field = |(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        let mut headers = HeaderMap::new();
        for (name, value) in fields.iter().copied().map(field) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn a_new_last_modified_counts_and_a_kept_one_stays() {
        const OLD: (&str, &str) = ("last-modified", "Thu, 01 Jan 1970 00:00:01 GMT");
        const NEW: (&str, &str) = ("last-modified", "Thu, 01 Jan 1970 00:00:02 GMT");
        let policy = Policy::default();
        let request = http::Request::get("http://a.example/").body(()).unwrap();
        let tag = ("etag", "\"1\"");
        for (old, new, secs) in [
            (&[tag, OLD][..], &[tag, NEW][..], 2),
            (&[tag, OLD], &[tag], 1),
            (&[tag], &[tag, NEW], 2),
        ] {
            let (old, new) = (headers(old), headers(new));
            let response = |status, headers| ResponseHead { status, headers };
            let stored = response(StatusCode::OK, &old);
            let stored = policy.keep((&request).into(), stored, Times::default());
            let answer = response(StatusCode::NOT_MODIFIED, &new);
            let freshened = policy.freshen(
                (&request).into(),
                &stored.unwrap(),
                answer,
                Times::default(),
            );
            let Freshened::Updated(head) = freshened else {
                panic!("it has the same tag")
            };
            let modified = eaves_common::time::Wall::from_secs(secs);
            assert_eq!(head.meta().last_modified, Some(modified), "{old:?} {new:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// Both ways to merge come to the same fields and numbers.
        #[test]
        fn heads_merge_as_their_fields_do(old in fields(), new in fields()) {
            let policy = Policy::standards_only().lifetime_of(StatusCode::OK, core::time::Duration::from_secs(5));
            let request = http::Request::get("http://a.example/").body(()).unwrap();
            let mut old = headers(&old);
            keep_storable(&mut old);
            let stored = ResponseHead { status: StatusCode::OK, headers: &old };
            let stored = match policy.storage(RequestHead::from(&request), stored, Times::default()) {
                Storage::Store(meta) => Head::new(meta, &old),
                Storage::Refuse(_) => return Ok(()),
            };
            let new = headers(&new);
            let answer = ResponseHead { status: StatusCode::NOT_MODIFIED, headers: &new };
            let freshened = policy.freshen((&request).into(), &stored, answer, Times::default());
            let value = |name: &HeaderName| new.get(name).map(HeaderValue::as_bytes);
            let opaque = |tag: &[u8]| tag.strip_prefix(b"W/").unwrap_or(tag).to_vec();
            let about = match (value(&ETAG), stored.field(&ETAG)) {
                (Some(new), old) if new.starts_with(b"W/") => old.map(opaque) == Some(opaque(new)),
                (Some(new), old) => old == Some(new),
                (None, _) => {
                    let pair = value(&LAST_MODIFIED).zip(stored.field(&LAST_MODIFIED));
                    pair.is_none_or(|(new, old)| new == old)
                }
            };
            prop_assert_eq!(freshened != Freshened::Mismatch, about);
            if let Freshened::Updated(head) = freshened {
                let mapped = policy.freshen_by_map((&request).into(), &stored, answer, Times::default());
                prop_assert_eq!(head.meta(), mapped.meta());
                prop_assert_eq!(head.to_headers(), mapped.to_headers());
            }
        }
    }
}
