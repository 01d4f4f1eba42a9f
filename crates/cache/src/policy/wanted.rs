//! [`Wanted`]: how much of a stored response a request wants (RFC 9110 sections 13 and 14).

use core::ops::Range;

use http::{Method, header::RANGE};

use super::{Condition, RequestHead, conditional::if_range_holds};
use crate::{field::RangeSet, head::Head};

/// How much of a stored response answers a request.
///
/// ```
/// use eaves_cache::{head::Head, policy::{Policy, Storage, Times, Wanted}};
/// use http::{Request, Response, header::{CACHE_CONTROL, RANGE}};
///
/// let request = Request::get("http://a.example/").header(RANGE, "bytes=2-").body(()).unwrap();
/// let response = Response::builder().header(CACHE_CONTROL, "max-age=60").body(()).unwrap();
/// let stored = Policy::default().storage((&request).into(), (&response).into(), Times::default());
/// let Storage::Store(meta) = stored else { return };
/// let head = Head::new(meta, response.headers());
/// assert_eq!(Wanted::of((&request).into(), &head, Some(10)), Wanted::Part(2..10));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "RFC 9110 has these answers")]
pub enum Wanted {
    /// Nothing: the client has it.
    NotModified,
    /// One range; its end is not included.
    Part(Range<u64>),
    /// Several ranges, as `multipart/byteranges`.
    Parts(Vec<Range<u64>>),
    /// Ranges of which nothing is there: 416.
    Unsatisfiable,
    /// All of it.
    Whole,
}

impl Wanted {
    /// Evaluates the conditions and ranges of a request. `len` is the length of the stored body, if that is known.
    ///
    /// A Range that cannot be read is ignored, as RFC 9110 section 14.2 asks for.
    pub fn of(request: RequestHead<'_>, stored: &Head, len: Option<u64>) -> Self {
        if Condition::evaluate(request, stored) == Condition::Met {
            return Self::NotModified;
        }
        let (Some(value), Some(len)) = (request.headers.get(RANGE), len) else {
            return Self::Whole;
        };
        if request.method != Method::GET || stored.meta().status != 200 || len == 0 {
            return Self::Whole;
        }
        let Some(set) = RangeSet::parse(value.as_bytes()) else {
            return Self::Whole;
        };
        if !if_range_holds(request.headers, stored) {
            return Self::Whole;
        }
        let mut ranges = set.within(len);
        match ranges.len() {
            0 => Self::Unsatisfiable,
            1 => Self::Part(ranges.remove(0)),
            _ => Self::Parts(ranges),
        }
    }
}
