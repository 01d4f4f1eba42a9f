//! Freshening a stored response by a 304 or a HEAD (RFC 9111 sections 3.2, 4.3.4 and 4.3.5).

use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AGE, CONTENT_LENGTH, ETAG, LAST_MODIFIED},
};

use super::{Meta, Policy, ResponseHead, Times};
use crate::{
    field::EntityTag,
    head::{Head, keep_storable},
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
    pub fn freshen(&self, stored: &Head, answer: ResponseHead<'_>, times: Times) -> Freshened {
        if !is_about(stored, answer.headers) {
            return Freshened::Mismatch;
        }
        let mut headers = stored.to_headers();
        // Both are about the answer that brought them.
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
        let meta = self.updated_meta(stored.meta().status, &headers, times);
        Freshened::Updated(Head::new(meta, &headers))
    }

    /// Applies a 200 that answered a HEAD to the stored response of a GET, whose body has `len` bytes.
    ///
    /// It is about the stored response if no validator and no length contradicts it; otherwise the stored response
    /// counts as stale.
    pub fn freshen_by_head(
        &self,
        stored: &Head,
        len: u64,
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
            self.freshen(stored, answer, times)
        } else {
            Freshened::Mismatch
        }
    }

    fn updated_meta(&self, status: StatusCode, headers: &HeaderMap, times: Times) -> Meta {
        let (directives, control) = self.directives(headers);
        self.meta(
            ResponseHead { status, headers },
            (&directives, control),
            times,
        )
    }
}

/// RFC 9111 section 4.3.4: a strong validator must be the stored one; a weak one too; without any, the answer is
/// taken as about what was asked.
fn is_about(stored: &Head, answer: &HeaderMap) -> bool {
    if let Some(tag) = answer.get(ETAG) {
        let (new, old) = (EntityTag::new(tag.as_bytes()), stored.field(&ETAG));
        let Some(old) = old.map(EntityTag::new) else {
            return false;
        };
        return if new.is_strong() {
            new.strongly_equals(old)
        } else {
            new.weakly_equals(old)
        };
    }
    match (answer.get(LAST_MODIFIED), stored.field(&LAST_MODIFIED)) {
        (Some(new), Some(old)) => new.as_bytes() == old,
        _ => true,
    }
}
