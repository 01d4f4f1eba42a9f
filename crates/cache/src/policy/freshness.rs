//! Lifetime and age (RFC 9111 sections 4.2.1 to 4.2.3).

use core::time::Duration;

use eaves_common::time::Wall;
use http::StatusCode;

use super::{
    Policy, Times,
    rules::Control,
    told::{Once, Told},
};

/// What a freshness lifetime rests on.
///
/// ```
/// use eaves_cache::policy::Basis;
///
/// assert_eq!(Basis::SMaxage.as_str(), "s-maxage");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Basis {
    /// The `s-maxage` directive.
    SMaxage,
    /// The `max-age` directive.
    MaxAge,
    /// Expires less Date.
    Expires,
    /// A share of the time since the last modification.
    Heuristic,
    /// Nothing gives it a lifetime.
    None,
    /// The operator's lifetime for its status.
    Operator,
}

impl Basis {
    /// Returns the name of what the lifetime rests on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SMaxage => "s-maxage",
            Self::MaxAge => "max-age",
            Self::Expires => "expires",
            Self::Heuristic => "heuristic",
            Self::None => "none",
            Self::Operator => "operator",
        }
    }

    /// Says whether the origin gave the lifetime itself.
    #[must_use]
    pub const fn is_explicit(self) -> bool {
        matches!(self, Self::SMaxage | Self::MaxAge | Self::Expires)
    }
}

/// The dates of a response, as far as they can be read.
pub(super) struct Dates {
    /// Date, or the time of arrival for want of one.
    pub(super) date: Wall,
    pub(super) last_modified: Option<Wall>,
}

impl Dates {
    pub(super) fn read(told: &Told<'_>, times: Times) -> Self {
        let arrived = times.response.wall;
        Self {
            date: told.date(arrived).unwrap_or(arrived),
            last_modified: told.last_modified(arrived),
        }
    }
}

impl Policy {
    /// The lifetime under the operator's cap.
    pub(super) fn lifetime(
        &self,
        status: StatusCode,
        told: &Told<'_>,
        dates: &Dates,
        times: Times,
    ) -> (Duration, Basis) {
        let (lifetime, basis) = self.own_lifetime(status, told, dates, times);
        (lifetime.min(self.cap), basis)
    }

    /// The first of s-maxage, max-age, Expires and the heuristic that applies (RFC 9111 section 4.2.1).
    fn own_lifetime(
        &self,
        status: StatusCode,
        told: &Told<'_>,
        dates: &Dates,
        times: Times,
    ) -> (Duration, Basis) {
        let directives = &told.directives;
        if let (true, Some(lifetime)) = (self.is_shared(), directives.s_maxage) {
            return (lifetime, Basis::SMaxage);
        }
        if let Some(lifetime) = directives.max_age {
            return (lifetime, Basis::MaxAge);
        }
        if told.control == Control::General && told.expires != Once::Absent {
            let expires = told.expires(times.response.wall);
            return (
                expires.map_or(Duration::ZERO, |at| at - dates.date),
                Basis::Expires,
            );
        }
        if let Some((_, lifetime)) = self.defaults.iter().find(|(known, _)| *known == status) {
            return (*lifetime, Basis::Operator);
        }
        match dates.last_modified {
            Some(modified) if is_heuristically_cacheable(status) || directives.public => {
                let lifetime = (dates.date - modified) / 100 * self.heuristic_percent;
                (lifetime.min(self.heuristic_cap), Basis::Heuristic)
            }
            _ => (Duration::ZERO, Basis::None),
        }
    }
}

/// Corrected initial age (RFC 9111 section 4.2.3): the larger of what Date and what Age say.
pub(super) fn initial_age(told: &Told<'_>, dates: &Dates, times: Times) -> Duration {
    let apparent = times.response.wall - dates.date;
    let delay = times.response.mono - times.request.mono;
    let corrected = told.age().saturating_add(delay);
    apparent.max(corrected)
}

/// The statuses that RFC 9110 section 15.1 calls heuristically cacheable, less 206, which is not stored whole.
pub(super) fn is_heuristically_cacheable(status: StatusCode) -> bool {
    matches!(
        status.as_u16(),
        200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501
    )
}
