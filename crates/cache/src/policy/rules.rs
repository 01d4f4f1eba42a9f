//! [`Policy`]: what kind of cache this is, and where it goes beyond or stays behind what the RFC allows.

use core::time::Duration;

use http::{HeaderMap, HeaderName, StatusCode, header::CDN_CACHE_CONTROL};

use super::{
    Defences, Rule,
    told::{Targets, Told},
};
use crate::{
    field::ResponseDirectives,
    head::{Line, lines},
};

/// The rules by which a cache decides; its default is a shared cache as RFC 9111 describes it, with the defences on.
///
/// ```
/// use eaves_cache::policy::{Defences, Kind, Policy};
///
/// let browser = Policy::default().kind(Kind::Private);
/// let proxy = Policy::standards_only();
/// assert_eq!(proxy.in_force(), Defences::OFF);
/// # assert_eq!(browser.cache_kind(), Kind::Private);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) kind: Kind,
    pub(super) heuristic_percent: u32,
    pub(super) heuristic_cap: Duration,
    pub(super) stale_on_error: Duration,
    pub(super) cap: Duration,
    pub(super) defaults: Vec<(StatusCode, Duration)>,
    pub(super) defences: Defences,
    pub(super) targets: Targets,
    pub(super) rules: Vec<Rule>,
    pub(super) keyed: Vec<HeaderName>,
}

/// Whose requests a cache serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 9111 knows these two")]
pub enum Kind {
    /// One user's: `private` may be kept, `s-maxage` does not count.
    Private,
    /// Many users'.
    #[default]
    Shared,
}

/// Where the directives of a response stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Control {
    /// In Cache-Control, beside Expires.
    #[default]
    General,
    /// In a targeted field, beside nothing.
    Targeted,
}

/// Whether a defence that goes beyond the standards is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a switch has two positions")]
pub enum Guard {
    /// What the standards allow is allowed.
    Off,
    /// The defence refuses.
    On,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            kind: Kind::Shared,
            heuristic_percent: 10,
            heuristic_cap: Duration::from_secs(86_400),
            stale_on_error: Duration::from_secs(86_400),
            cap: Duration::MAX,
            defaults: Vec::new(),
            defences: Defences::ON,
            targets: Targets::of([CDN_CACHE_CONTROL]),
            rules: Vec::new(),
            keyed: Vec::new(),
        }
    }
}

impl Policy {
    /// Returns the rules of a shared cache that does what the standards say and nothing beside it.
    #[must_use]
    pub fn standards_only() -> Self {
        Self {
            defences: Defences::OFF,
            ..Self::default()
        }
    }

    /// Says whose requests the cache serves.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the heuristic lifetime (RFC 9111 section 4.2.2): so many percent of the time since the last
    /// modification, at most `cap`. Zero percent switches heuristics off.
    #[must_use]
    pub fn heuristic(mut self, percent: u32, cap: Duration) -> Self {
        self.heuristic_percent = percent;
        self.heuristic_cap = cap;
        self
    }

    /// Sets how long stale may be served when the origin fails and the response itself says nothing about it
    /// (RFC 9111 section 4.2.4). A `stale-if-error` of the response replaces this.
    #[must_use]
    pub fn stale_on_error(mut self, window: Duration) -> Self {
        self.stale_on_error = window;
        self
    }

    /// Says whether a shared cache keeps a response with Set-Cookie only if it is marked `public` or has `s-maxage`.
    /// The RFC allows more; what it allows has handed one user's session to another.
    #[must_use]
    pub fn set_cookie(mut self, guard: Guard) -> Self {
        self.defences.set_cookie = guard;
        self
    }

    /// Says which defences are in force.
    #[must_use]
    pub fn defences(mut self, defences: Defences) -> Self {
        self.defences = defences;
        self
    }

    /// Sets the longest lifetime that any response has here, whatever it says.
    #[must_use]
    pub fn cap_lifetime(mut self, most: Duration) -> Self {
        self.cap = most;
        self
    }

    /// Sets the lifetime of responses of a status that come without one of their own: `404` for ten seconds. It goes
    /// before the heuristic; what forbids storing forbids it still.
    #[must_use]
    pub fn lifetime_of(mut self, status: StatusCode, lifetime: Duration) -> Self {
        self.defaults.retain(|(known, _)| *known != status);
        self.defaults.push((status, lifetime));
        self
    }

    /// Sets the targeted fields (RFC 9213) that a shared cache obeys, the most specific first; `CDN-Cache-Control`
    /// unless set. The first that is there and valid replaces Cache-Control and Expires.
    #[must_use]
    pub fn targets(mut self, fields: impl IntoIterator<Item = HeaderName>) -> Self {
        self.targets = Targets::of(fields);
        self
    }

    /// Adds a rule of the operator's; the first that fits a request and the status of its answer counts.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Names fields of requests that are part of what responses are found by: they cannot change what others get, and
    /// [`Defences::unkeyed`] does not refuse them. A layer (feature `tower`) adds those of its
    /// [`KeyRules`](crate::key::KeyRules) by itself.
    #[must_use]
    pub fn keyed(mut self, fields: impl IntoIterator<Item = HeaderName>) -> Self {
        self.keyed.extend(fields);
        self
    }

    /// The targeted fields that this cache obeys.
    pub(super) fn obeyed(&self) -> &Targets {
        if self.is_shared() {
            &self.targets
        } else {
            Targets::NONE
        }
    }

    /// What the fields of a response tell this cache.
    pub(super) fn told_by<'a>(&'a self, headers: &'a HeaderMap) -> Told<'a> {
        self.told_by_lines(lines(headers), headers)
    }

    /// The same, where the lines of these fields are at hand.
    pub(super) fn told_by_lines<'a>(
        &'a self,
        lines: impl Iterator<Item = Line<'a>>,
        headers: &'a HeaderMap,
    ) -> Told<'a> {
        let mut told = Told::by(self.obeyed());
        lines.for_each(|line| told.add(line));
        if !told.is_targeted() {
            return told;
        }
        let mut targets = self.obeyed().iter();
        if let Some(directives) =
            targets.find_map(|name| ResponseDirectives::targeted(headers, name))
        {
            told.directives = directives;
            told.control = Control::Targeted;
        }
        told
    }

    /// Returns whose requests the cache serves.
    #[must_use]
    pub const fn cache_kind(&self) -> Kind {
        self.kind
    }

    /// Returns the defences in force.
    #[must_use]
    pub const fn in_force(&self) -> Defences {
        self.defences
    }

    pub(super) fn is_shared(&self) -> bool {
        self.kind == Kind::Shared
    }
}
