//! [`Policy::decide`]: what to do about a request, given what is stored (RFC 9111 section 4).

use core::{ops::Range, time::Duration};

use eaves_common::time::Now;
use http::Method;

use super::{Lifetime, Meta, Policy, Remaining, RequestHead, Wanted, asked::Asked, operator};
use crate::{field::RequestDirectives, head::Head};

/// What to do about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Decision {
    /// Serve the stored response whole.
    Hit {
        /// Its age, for the Age field.
        age: Duration,
        /// What is left of its lifetime.
        remaining: Remaining,
    },
    /// Serve the stored response although it is stale.
    HitStale {
        /// Its age, for the Age field.
        age: Duration,
        /// By how much its lifetime is over.
        remaining: Remaining,
        /// Whether to validate it meanwhile.
        revalidate: Revalidate,
    },
    /// The client has the stored response already.
    Respond304 {
        /// Its age, for the Age field.
        age: Duration,
        /// What is left of its lifetime.
        remaining: Remaining,
    },
    /// Serve a part of the stored response.
    HitRange {
        /// Its age, for the Age field.
        age: Duration,
        /// What is left of its lifetime.
        remaining: Remaining,
        /// The offsets to serve; their end is not included.
        range: Range<u64>,
    },
    /// Serve several parts of the stored response.
    HitRanges {
        /// Its age, for the Age field.
        age: Duration,
        /// What is left of its lifetime.
        remaining: Remaining,
        /// The offsets to serve, in order; their ends are not included.
        ranges: Vec<Range<u64>>,
    },
    /// Nothing of the ranges that the client wants is there.
    Respond416 {
        /// Its age, for the Age field.
        age: Duration,
        /// What is left of its lifetime.
        remaining: Remaining,
    },
    /// Ask the origin whether the stored response still holds.
    Validate {
        /// Why it may not be served as it is.
        why: Why,
    },
    /// Nothing stored fits: ask the origin.
    Miss {
        /// Whether others who ask for the same may wait for the answer.
        collapse: Collapse,
    },
    /// The request is not for a cache: pass it on, keep nothing.
    Bypass {
        /// Why it is not.
        reason: Bypass,
    },
    /// Nothing stored fits, and the client wants no contact with the origin (RFC 9111 section 5.2.1.7).
    GatewayTimeout,
}

/// Whether a stale response that is served is validated in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "now or not")]
pub enum Revalidate {
    /// The client takes it stale, nothing else was promised.
    No,
    /// `stale-while-revalidate` (RFC 5861 section 3): validate it now, without the client waiting.
    Background,
}

/// Why a stored response has to be validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// The response says `no-cache`.
    NoCache,
    /// The request says `no-cache`, `max-age` or `min-fresh`, and this response does not satisfy it.
    Request,
    /// Its lifetime is over.
    Stale,
}

/// Whether requests may share the answer to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "they share it or not")]
pub enum Collapse {
    /// The answer may be for this client alone: conditions, a range, HEAD.
    No,
    /// The answer will be a whole response.
    Yes,
}

/// Why a request is not for a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bypass {
    /// It has content that the key does not see; a defence beyond the RFC.
    FatGet,
    /// Its method is not GET or HEAD.
    Method,
    /// It overrides its method by a field; a defence beyond the RFC.
    MethodOverride,
    /// It says `no-store`.
    NoStore,
    /// The operator says so.
    Operator,
    /// Its head is so large or so strange that an origin may fail for it; a defence beyond the RFC.
    Oversize,
    /// If-Match or If-Unmodified-Since: conditions that only the origin can judge.
    Precondition,
    /// What is stored is not fresh, and must not be touched by a request that names another host, scheme or path in a
    /// field; a defence beyond the RFC.
    Unkeyed,
}

impl Bypass {
    /// Returns the reason as one word for Cache-Status and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FatGet => "fat-get",
            Self::Method => "method",
            Self::MethodOverride => "method-override",
            Self::NoStore => "request-no-store",
            Self::Operator => "operator",
            Self::Oversize => "oversize",
            Self::Precondition => "precondition",
            Self::Unkeyed => "unkeyed",
        }
    }
}

impl Policy {
    /// Decides about a request. `stored` is the newest stored response that the request selects, if any;
    /// `len` is the length of its body, if that is complete.
    pub fn decide(
        &self,
        request: RequestHead<'_>,
        stored: Option<&Head>,
        len: Option<u64>,
        now: Now,
    ) -> Decision {
        let asked = Asked::of(request.headers);
        if let Some(reason) = self.bypass_asked(request, &asked) {
            return Decision::Bypass { reason };
        }
        let Some(stored) = stored else {
            return self.miss(request, &asked);
        };
        let asks = &asked.directives;
        match self.usable(asks, stored.meta(), now) {
            Ok(revalidate) => serve((request, &asked), stored, len, now, revalidate),
            Err(_) if asks.only_if_cached => Decision::GatewayTimeout,
            Err(_) if asked.unkeyed && self.is_tainted(request, stored) => Decision::Bypass {
                reason: Bypass::Unkeyed,
            },
            Err(why) => Decision::Validate { why },
        }
    }

    /// Says whether a request is not for a cache, whatever is stored.
    #[must_use]
    pub fn bypass(&self, request: RequestHead<'_>) -> Option<Bypass> {
        self.bypass_asked(request, &Asked::of(request.headers))
    }

    fn bypass_asked(&self, request: RequestHead<'_>, asked: &Asked) -> Option<Bypass> {
        if !matches!(*request.method, Method::GET | Method::HEAD) {
            return Some(Bypass::Method);
        }
        if asked.precondition {
            return Some(Bypass::Precondition);
        }
        if let Some(reason) = self.defences.bypass(request, asked) {
            return Some(reason);
        }
        if operator::lifetime(&self.rules, request, None) == Some(Lifetime::Bypass) {
            return Some(Bypass::Operator);
        }
        let asks = &asked.directives;
        (asks.no_store && !asks.only_if_cached).then_some(Bypass::NoStore)
    }

    fn miss(&self, request: RequestHead<'_>, asked: &Asked) -> Decision {
        if asked.directives.only_if_cached {
            return Decision::GatewayTimeout;
        }
        // Its answer may be something other than the whole response.
        let less = request.method == Method::HEAD || asked.conditional || asked.range;
        let tainted = self.defences.taints(request.headers, asked, &self.keyed);
        let alone = less || tainted;
        let collapse = if alone { Collapse::No } else { Collapse::Yes };
        Decision::Miss { collapse }
    }

    /// Says whether an answer to this request must not touch what is stored.
    fn is_tainted(&self, request: RequestHead<'_>, stored: &Head) -> bool {
        self.defences
            .has_unkeyed(request.headers, &stored.varies_on(), &self.keyed)
    }

    /// RFC 9111 section 4: fresh, or allowed to be served stale, and good enough for the request.
    fn usable(
        &self,
        asks: &RequestDirectives,
        meta: &Meta,
        now: Now,
    ) -> Result<Option<Revalidate>, Why> {
        if meta.no_cache {
            return Err(Why::NoCache);
        }
        let remaining = meta.remaining(now);
        // RFC 8246 section 2: however old, it is what the origin has; only no-cache wants to be told so again.
        let settled = meta.immutable && remaining.is_fresh();
        let too_old = !settled && asks.max_age.is_some_and(|most| meta.age(now) > most);
        if asks.no_cache || (too_old && asks.max_stale.is_none()) {
            return Err(Why::Request);
        }
        match remaining {
            Remaining::Fresh(left) if asks.min_fresh.is_some_and(|least| left < least) => {
                Err(Why::Request)
            }
            Remaining::Fresh(_) => Ok(None),
            Remaining::Stale(_) if meta.never_stale || asks.min_fresh.is_some() => Err(Why::Stale),
            Remaining::Stale(over) if asks.max_stale.is_some_and(|most| over <= most) => {
                Ok(Some(Revalidate::No))
            }
            // A client that names an age wants none that is stale beside it.
            Remaining::Stale(over)
                if over < meta.stale_while_revalidate && asks.max_age.is_none() =>
            {
                Ok(Some(Revalidate::Background))
            }
            Remaining::Stale(_) => Err(Why::Stale),
        }
    }
}

fn serve(
    (request, asked): (RequestHead<'_>, &Asked),
    stored: &Head,
    len: Option<u64>,
    now: Now,
    stale: Option<Revalidate>,
) -> Decision {
    let (age, remaining) = (stored.meta().age(now), stored.meta().remaining(now));
    if let Some(revalidate) = stale {
        return Decision::HitStale {
            age,
            remaining,
            revalidate,
        };
    }
    if !asked.conditional && !asked.range {
        return Decision::Hit { age, remaining };
    }
    match Wanted::of(request, stored, len) {
        Wanted::NotModified => Decision::Respond304 { age, remaining },
        Wanted::Part(range) => Decision::HitRange {
            age,
            remaining,
            range,
        },
        Wanted::Parts(ranges) => Decision::HitRanges {
            age,
            remaining,
            ranges,
        },
        Wanted::Unsatisfiable => Decision::Respond416 { age, remaining },
        Wanted::Whole => Decision::Hit { age, remaining },
    }
}
