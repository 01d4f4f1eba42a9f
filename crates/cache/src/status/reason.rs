//! [`Reason`]: every reason why a request was answered as it was.

use super::{CacheStatus, Forward};
use crate::{
    policy::{Bypass, NotStored},
    store::Refused,
};

/// Why a request was answered as it was, or why its answer was not kept: each has one form in Cache-Status and one label
/// for metrics.
///
/// ```
/// use eaves_cache::{policy::NotStored, status::Reason};
///
/// let reason = Reason::NotStored(NotStored::Private);
/// assert_eq!((reason.label(), reason.detail()), ("not-stored-private", Some("private")));
/// assert_eq!(Reason::UriMiss.label(), "uri-miss");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Served from the store.
    Hit,
    /// Nothing is stored for its URI.
    UriMiss,
    /// Something is stored, but nothing that it selects.
    VaryMiss,
    /// What is stored does not satisfy the request's own directives.
    Request,
    /// What is stored is stale, or has to be validated.
    Stale,
    /// Only a part of what it asks for is stored.
    Partial,
    /// It is not for a cache.
    Bypass(Bypass),
    /// Its answer may not be stored.
    NotStored(NotStored),
    /// Its answer may be stored, and was not kept.
    NotKept(NotKept),
    /// The client wants no contact with the origin, and nothing stored fits.
    OnlyIfCached,
    /// The origin failed.
    OriginError,
}

/// Why an answer that may be stored was not kept.
///
/// ```
/// use eaves_cache::{status::NotKept, store::Refused};
///
/// let refused = Refused::NoRoom { needed: 7 };
/// assert_eq!(NotKept::from(refused).as_str(), "no-room");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotKept {
    /// Too many small objects would have had to leave.
    Crowded,
    /// Its body is longer or shorter than was announced.
    Length,
    /// It was asked for too rarely.
    MinUses,
    /// There is no room.
    NoRoom,
    /// What would have had to leave is worth more.
    Outvalued,
    /// Those who read it stopped reading.
    Stalled,
    /// The store does not keep up.
    StoreBusy,
    /// The store cannot be used.
    StoreUnavailable,
    /// It is larger than any object may be.
    TooLarge,
}

impl NotKept {
    /// Returns the reason as one word for Cache-Status.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Crowded => "crowded",
            Self::Length => "length",
            Self::MinUses => "min-uses",
            Self::NoRoom => "no-room",
            Self::Outvalued => "outvalued",
            Self::Stalled => "stalled",
            Self::StoreBusy => "store-busy",
            Self::StoreUnavailable => "store-unavailable",
            Self::TooLarge => "too-large",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Crowded => "not-kept-crowded",
            Self::Length => "not-kept-length",
            Self::MinUses => "not-kept-min-uses",
            Self::NoRoom => "not-kept-no-room",
            Self::Outvalued => "not-kept-outvalued",
            Self::Stalled => "not-kept-stalled",
            Self::StoreBusy => "not-kept-store-busy",
            Self::StoreUnavailable => "not-kept-store-unavailable",
            Self::TooLarge => "not-kept-too-large",
        }
    }
}

impl From<NotKept> for Reason {
    fn from(reason: NotKept) -> Self {
        Self::NotKept(reason)
    }
}

impl From<Refused> for NotKept {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Busy { .. } => Self::StoreBusy,
            Refused::TooLarge { .. } => Self::TooLarge,
            Refused::NoRoom { .. } => Self::NoRoom,
            Refused::Length { .. } => Self::Length,
            Refused::Outvalued { .. } => Self::Outvalued,
            Refused::Crowded { .. } => Self::Crowded,
            Refused::Unavailable { .. } => Self::StoreUnavailable,
        }
    }
}

const BYPASSES: [Bypass; 8] = [
    Bypass::FatGet,
    Bypass::Method,
    Bypass::MethodOverride,
    Bypass::NoStore,
    Bypass::Operator,
    Bypass::Oversize,
    Bypass::Precondition,
    Bypass::Unkeyed,
];

const NOT_STORED: [NotStored; 12] = [
    NotStored::Authorization,
    NotStored::Deception,
    NotStored::Expired,
    NotStored::Method,
    NotStored::NoStore,
    NotStored::Partial,
    NotStored::Private,
    NotStored::RequestNoStore,
    NotStored::SetCookie,
    NotStored::Status,
    NotStored::Unkeyed,
    NotStored::VaryStar,
];

const NOT_KEPT: [NotKept; 9] = [
    NotKept::Crowded,
    NotKept::Length,
    NotKept::MinUses,
    NotKept::NoRoom,
    NotKept::Outvalued,
    NotKept::Stalled,
    NotKept::StoreBusy,
    NotKept::StoreUnavailable,
    NotKept::TooLarge,
];

/// Those without a reason of their own in them.
const PLAIN: [Reason; 8] = [
    Reason::Hit,
    Reason::UriMiss,
    Reason::VaryMiss,
    Reason::Request,
    Reason::Stale,
    Reason::Partial,
    Reason::OnlyIfCached,
    Reason::OriginError,
];

impl Reason {
    /// How many there are.
    pub(crate) const COUNT: usize =
        PLAIN.len() + BYPASSES.len() + NOT_STORED.len() + NOT_KEPT.len();

    /// Iterates over all reasons.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain = PLAIN.into_iter().chain(BYPASSES.map(Self::Bypass));
        let refused = NOT_STORED.into_iter().map(Self::NotStored);
        plain.chain(refused).chain(NOT_KEPT.map(Self::NotKept))
    }

    /// Its place among [`all`](Self::all).
    pub(crate) const fn index(self) -> usize {
        let bypasses = PLAIN.len();
        let not_stored = bypasses + BYPASSES.len();
        match self {
            Self::Hit => 0,
            Self::UriMiss => 1,
            Self::VaryMiss => 2,
            Self::Request => 3,
            Self::Stale => 4,
            Self::Partial => 5,
            Self::OnlyIfCached => 6,
            Self::OriginError => 7,
            Self::Bypass(reason) => bypasses + reason as usize,
            Self::NotStored(reason) => not_stored + reason as usize,
            Self::NotKept(reason) => not_stored + NOT_STORED.len() + reason as usize,
        }
    }

    /// Returns why the request went to the origin, if this reason alone tells. Why an answer was not kept stands beside
    /// whatever led to it.
    #[must_use]
    pub const fn forward(self) -> Option<Forward> {
        match self {
            Self::UriMiss => Some(Forward::UriMiss),
            Self::VaryMiss => Some(Forward::VaryMiss),
            Self::Request => Some(Forward::Request),
            Self::Stale => Some(Forward::Stale),
            Self::Partial => Some(Forward::Partial),
            Self::Bypass(Bypass::Method) => Some(Forward::Method),
            Self::Bypass(_) => Some(Forward::Bypass),
            _ => None,
        }
    }

    /// Returns what stands under `detail` in Cache-Status.
    #[must_use]
    pub const fn detail(self) -> Option<&'static str> {
        match self {
            Self::Bypass(Bypass::Method) => None,
            Self::Bypass(reason) => Some(reason.as_str()),
            Self::NotStored(reason) => Some(reason.as_str()),
            Self::NotKept(reason) => Some(reason.as_str()),
            Self::OnlyIfCached => Some("only-if-cached"),
            Self::OriginError => Some("origin-error"),
            _ => None,
        }
    }

    /// Returns the label that tells it from all others in metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Request => "request",
            Self::Stale => "stale",
            Self::Partial => "partial",
            Self::Bypass(reason) => bypass(reason),
            Self::NotStored(reason) => not_stored(reason),
            Self::NotKept(reason) => reason.label(),
            Self::OnlyIfCached => "only-if-cached",
            Self::OriginError => "origin-error",
        }
    }
}

const fn bypass(reason: Bypass) -> &'static str {
    match reason {
        Bypass::FatGet => "bypass-fat-get",
        Bypass::Method => "bypass-method",
        Bypass::MethodOverride => "bypass-method-override",
        Bypass::NoStore => "bypass-request-no-store",
        Bypass::Operator => "bypass-operator",
        Bypass::Oversize => "bypass-oversize",
        Bypass::Precondition => "bypass-precondition",
        Bypass::Unkeyed => "bypass-unkeyed",
    }
}

const fn not_stored(reason: NotStored) -> &'static str {
    match reason {
        NotStored::Authorization => "not-stored-authorization",
        NotStored::Deception => "not-stored-deception",
        NotStored::Expired => "not-stored-expired",
        NotStored::Method => "not-stored-method",
        NotStored::NoStore => "not-stored-no-store",
        NotStored::Partial => "not-stored-partial",
        NotStored::Private => "not-stored-private",
        NotStored::RequestNoStore => "not-stored-request-no-store",
        NotStored::SetCookie => "not-stored-set-cookie",
        NotStored::Status => "not-stored-status",
        NotStored::Unkeyed => "not-stored-unkeyed",
        NotStored::VaryStar => "not-stored-vary-star",
    }
}

impl From<Forward> for Reason {
    /// The reason of a request that a cache handles; one that it does not says more by [`Reason::Bypass`].
    fn from(forward: Forward) -> Self {
        match forward {
            Forward::Bypass => Self::Bypass(Bypass::Operator),
            Forward::Method => Self::Bypass(Bypass::Method),
            Forward::UriMiss => Self::UriMiss,
            Forward::VaryMiss => Self::VaryMiss,
            Forward::Request => Self::Request,
            Forward::Stale => Self::Stale,
            Forward::Partial => Self::Partial,
        }
    }
}

impl CacheStatus {
    /// Adds the detail of a reason.
    pub const fn because(self, reason: Reason) -> Self {
        match reason.detail() {
            Some(detail) => self.detail(detail),
            None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The enums end where their lists do: one more variant and this does not compile, or fails.
    #[test]
    fn the_lists_are_complete() {
        let bypass = |reason| match reason {
            Bypass::FatGet
            | Bypass::Method
            | Bypass::MethodOverride
            | Bypass::NoStore
            | Bypass::Operator
            | Bypass::Oversize
            | Bypass::Precondition
            | Bypass::Unkeyed => BYPASSES.contains(&reason),
        };
        let stored = |reason| match reason {
            NotStored::Authorization
            | NotStored::Deception
            | NotStored::Expired
            | NotStored::Method
            | NotStored::NoStore
            | NotStored::Partial
            | NotStored::Private
            | NotStored::RequestNoStore
            | NotStored::SetCookie
            | NotStored::Status
            | NotStored::Unkeyed
            | NotStored::VaryStar => NOT_STORED.contains(&reason),
        };
        assert!(bypass(Bypass::Unkeyed) && BYPASSES.len() == Bypass::Unkeyed as usize + 1);
        assert!(
            stored(NotStored::VaryStar) && NOT_STORED.len() == NotStored::VaryStar as usize + 1
        );
        assert_eq!(NOT_KEPT.len(), NotKept::TooLarge as usize + 1);
        for (at, reason) in Reason::all().enumerate() {
            assert_eq!(reason.index(), at, "{reason:?}");
        }
        assert_eq!(Reason::all().count(), Reason::COUNT);
    }

    #[test]
    fn each_reason_has_one_label_and_one_form() {
        let labels: HashSet<_> = Reason::all().map(Reason::label).collect();
        assert_eq!(labels.len(), Reason::COUNT);
        let label = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        assert!(labels.iter().all(|text| label(text)));
        let form = |reason: Reason| (reason == Reason::Hit, reason.forward(), reason.detail());
        let forms: HashSet<_> = Reason::all().map(form).collect();
        assert_eq!(forms.len(), Reason::COUNT);
    }

    /// A token of RFC 9211, or a detail that is one word, or both; a hit is neither.
    #[test]
    fn forms_read_as_rfc_9211_has_them() {
        for reason in Reason::all() {
            let status = match reason.forward() {
                Some(forward) => CacheStatus::forward(forward),
                None if reason == Reason::Hit => CacheStatus::hit(0),
                None => CacheStatus::forward(Forward::UriMiss),
            };
            let text = status.because(reason).by("eaves").to_string();
            let (hit, forwarded) = (text.contains("; hit"), text.contains("; fwd="));
            assert!(hit != forwarded, "{text}");
            let detail = text.split_once("; detail=").map(|(_, detail)| detail);
            assert_eq!(detail, reason.detail(), "{text}");
            let token = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
            assert!(
                detail.is_none_or(|detail| detail.bytes().all(token)),
                "{text}"
            );
        }
    }
}
