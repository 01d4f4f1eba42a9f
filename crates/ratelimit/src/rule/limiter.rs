//! [`Limiter`]: rules with their memory.

use std::sync::Arc;

use eaves_common::time::{Clock, Mono};
use http::HeaderValue;

use super::{Condition, Counts, Decision, Rule, counts::Counters, spec::Overrides};
#[cfg(feature = "redis")]
use crate::redis::Replica;
use crate::{
    error::BuildError,
    header,
    key::{Facts, KeyHash, KeyHasher, Part},
    meter::AnyMeter,
    table::Occupancy,
};

/// Decides about requests by several rules at once.
///
/// A request that one rule denies is counted by none. All memory is taken at construction; a check
/// allocates nothing and any number of threads may check at once.
///
/// ```
/// use eaves_common::time::{Clock, SystemClock};
/// use eaves_ratelimit::{Limiter, Rule, key::{Facts, KeyHasher, Part}, table::Capacity};
///
/// let per_client = Rule::new("per-client", "100/1m burst 20".parse()?, Capacity::new(65_536)?)?;
/// let in_total = Rule::new("in-total", "5000/1s".parse()?, Capacity::MIN)?;
/// let limiter = Limiter::new([per_client.key([Part::CLIENT_IP]), in_total], KeyHasher::random())?;
///
/// let facts = Facts::of("198.51.100.7".parse()?);
/// let decision = limiter.check(&facts, SystemClock.mono());
/// assert!(decision.is_allowed());
/// assert_eq!((decision.rule(), decision.remaining()), (Some("per-client"), Some(19)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Limiter {
    pub(super) hasher: KeyHasher,
    pub(super) rules: Vec<Active>,
    /// The different keys of the rules, so that each is hashed once a request.
    pub(super) keys: Vec<Vec<Part>>,
    /// The key of requests that lack one.
    pub(super) shared: KeyHash,
    pub(super) exempt: Vec<Condition>,
    pub(super) blocked: Vec<Condition>,
    /// Whether a rule wants to know what came of a request.
    pub(super) follows_up: bool,
    /// Whether a rule goes by dates.
    #[cfg(feature = "calendar")]
    pub(super) has_dates: bool,
    /// `RateLimit-Policy`, which is the same for every answer.
    pub(super) policy: HeaderValue,
}

/// A rule at work.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) rule: Rule,
    pub(super) meter: Arc<AnyMeter>,
    pub(super) overrides: Arc<Overrides>,
    pub(super) counters: Arc<Counters>,
    /// Which of the limiter's keys is this rule's.
    pub(super) key: usize,
}

impl Limiter {
    /// Most rules of a limiter.
    pub const MOST_RULES: usize = 32;

    /// Takes the memory for the rules; `hasher` holds the secret by which keys are hashed.
    ///
    /// # Errors
    ///
    /// If there are no rules, or over [`MOST_RULES`](Self::MOST_RULES), or two of one name, or if
    /// a rate cannot be counted exactly.
    pub fn new(
        rules: impl IntoIterator<Item = Rule>,
        hasher: KeyHasher,
    ) -> Result<Self, BuildError> {
        Self::build(rules.into_iter().collect(), hasher, Active::new)
    }

    /// Makes a limiter of other rules that goes on where this one is, to be put in its place.
    ///
    /// A rule that is known by name and counts the same keys keeps its memory; both limiters then
    /// count in it. If its rate has changed, GCRA keeps what every key owes, in units, as far as the
    /// width of its cells stays; windows and logs start afresh. Lists are to be given anew.
    ///
    /// ```
    /// use eaves_common::{live::Live, time::Mono};
    /// use eaves_ratelimit::{Limiter, Rule, key::{Facts, KeyHasher}, table::Capacity};
    ///
    /// let rule = |rate: &str| Rule::new("all", rate.parse().unwrap(), Capacity::MIN).unwrap();
    /// let live = Live::new(Limiter::new([rule("10/1h")], KeyHasher::random())?);
    /// let _ = live.load().check_cost(&Facts::default(), 8, Mono::ZERO);
    ///
    /// let candidate = live.load().reload([rule("20/1h")], Mono::ZERO)?;
    /// let version = live.propose(candidate)?;
    /// live.commit(version)?;
    /// assert_eq!(live.load().peek(&Facts::default(), 0, Mono::ZERO).remaining(), Some(12));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); this limiter is as good as before.
    pub fn reload(
        &self,
        rules: impl IntoIterator<Item = Rule>,
        now: Mono,
    ) -> Result<Self, BuildError> {
        let active = |rule: Rule, hasher: &KeyHasher| match self
            .rules
            .iter()
            .find(|old| old.rule.counts_like(&rule))
        {
            Some(old) => old.changed(rule, hasher, now),
            None => Active::new(rule, hasher),
        };
        let new = Self::build(rules.into_iter().collect(), self.hasher.clone(), active)?;
        #[cfg(feature = "calendar")]
        new.set_date_of(self);
        Ok(new)
    }

    /// Reads from a clock the time to ask this limiter with, and where a rule goes by dates tells it the
    /// date. The layers do so for each request.
    ///
    /// ```
    /// use eaves_common::time::SystemClock;
    /// use eaves_ratelimit::{Limiter, Rule, key::{Facts, KeyHasher}, table::Capacity};
    ///
    /// let rule = Rule::new("all", "1/1s".parse()?, Capacity::MIN)?;
    /// let limiter = Limiter::new([rule], KeyHasher::random())?;
    /// let decision = limiter.check(&Facts::default(), limiter.time_by(&SystemClock));
    /// assert!(decision.is_allowed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn time_by<C: Clock + ?Sized>(&self, clock: &C) -> Mono {
        #[cfg(feature = "calendar")]
        if self.has_dates {
            let now = clock.now();
            self.set_date(now);
            return now.mono;
        }
        clock.mono()
    }

    fn build(
        rules: Vec<Rule>,
        hasher: KeyHasher,
        active: impl Fn(Rule, &KeyHasher) -> Result<Active, BuildError>,
    ) -> Result<Self, BuildError> {
        let (count, most) = (rules.len(), Self::MOST_RULES);
        if count == 0 || count > most {
            return Err(BuildError::Rules { count, most });
        }
        let mut limiter = Self {
            shared: hasher.keyless(),
            policy: header::policy(&rules),
            follows_up: false,
            #[cfg(feature = "calendar")]
            has_dates: false,
            hasher,
            rules: Vec::new(),
            keys: Vec::new(),
            exempt: Vec::new(),
            blocked: Vec::new(),
        };
        for rule in rules {
            #[cfg(feature = "redis")]
            rule.check_sharing(&limiter.hasher)?;
            let active = active(rule, &limiter.hasher)?;
            limiter.add(active)?;
        }
        Ok(limiter)
    }

    /// Lets requests pass for which any of these holds, unseen by all rules.
    #[must_use]
    pub fn exempt(self, any_of: impl IntoIterator<Item = Condition>) -> Self {
        let exempt = any_of.into_iter().collect();
        Self { exempt, ..self }
    }

    /// Denies requests for which any of these holds, unless they are exempt.
    #[must_use]
    pub fn blocked(self, any_of: impl IntoIterator<Item = Condition>) -> Self {
        let blocked = any_of.into_iter().collect();
        Self { blocked, ..self }
    }

    fn add(&mut self, active: Active) -> Result<(), BuildError> {
        let name = active.rule.name();
        if self.rules.iter().any(|other| other.rule.name() == name) {
            return Err(BuildError::Duplicate {
                name: name.to_owned(),
            });
        }
        self.follows_up |= active.meter.is_concurrency() || active.meter.is_penalty();
        #[cfg(feature = "calendar")]
        {
            self.has_dates |= active.meter.dated().is_some();
        }
        let parts = active.rule.parts();
        let known = self.keys.iter().position(|known| known == parts);
        let key = known.unwrap_or_else(|| {
            self.keys.push(parts.to_vec());
            self.keys.len() - 1
        });
        self.rules.push(Active { key, ..active });
        Ok(())
    }

    /// Decides about a request that costs one unit, and counts it if it is allowed.
    pub fn check(&self, facts: &Facts<'_>, now: Mono) -> Decision<'_> {
        self.check_cost(facts, 1, now)
    }

    /// Returns what each rule has decided so far.
    pub fn counts(&self) -> impl Iterator<Item = RuleCounts<'_>> {
        self.rules.iter().map(|active| RuleCounts {
            rule: active.rule.name(),
            counts: active.counters.sum(),
        })
    }

    /// Refuses what cannot be decided without asking a store: strict rules.
    #[cfg(all(feature = "redis", feature = "tower"))]
    pub(crate) fn check_asks_nobody(&self) -> Result<(), BuildError> {
        let strict = |active: &&Active| active.meter.replica().is_some_and(|own| own.is_strict());
        let strict = self.rules.iter().find(strict);
        strict.map_or(Ok(()), |active| {
            Err(BuildError::Distributed {
                rule: active.rule.name().to_owned(),
                needs: "`redis::DistributionLayer`: `RateLimitLayer` asks no store",
            })
        })
    }

    /// The memory of rules that nodes share.
    #[cfg(feature = "redis")]
    pub(crate) fn replicas(&self) -> impl Iterator<Item = &Arc<Replica>> {
        let rules = self.rules.iter();
        let own = rules.clone().flat_map(|active| active.overrides.values());
        let meters = rules.map(|active| &*active.meter).chain(own);
        meters.filter_map(AnyMeter::replica)
    }

    /// Returns how full each rule's table is; walks all of them.
    pub fn occupancy(&self, now: Mono) -> impl Iterator<Item = (&str, Occupancy)> {
        self.rules
            .iter()
            .map(move |active| (active.rule.name(), active.meter.occupancy(now)))
    }
}

impl Active {
    fn new(rule: Rule, hasher: &KeyHasher) -> Result<Self, BuildError> {
        Ok(Self {
            meter: Arc::new(rule.meter()?),
            overrides: Arc::new(rule.overrides(hasher)?),
            counters: Arc::new(Counters::new()),
            key: 0,
            rule,
        })
    }

    /// The same rule after a change, with what can be kept.
    fn changed(&self, rule: Rule, hasher: &KeyHasher, now: Mono) -> Result<Self, BuildError> {
        let same = rule.rates_like(&self.rule);
        let (meter, overrides) = if same {
            (Arc::clone(&self.meter), Arc::clone(&self.overrides))
        } else {
            let carried = self.meter.carried(rule.rate(), now);
            let meter = carried.map_or_else(|| rule.meter(), Ok)?;
            (Arc::new(meter), Arc::new(rule.overrides(hasher)?))
        };
        let counters = Arc::clone(&self.counters);
        Ok(Self {
            rule,
            meter,
            overrides,
            counters,
            key: 0,
        })
    }

    /// The meter that counts this key.
    #[inline]
    pub(super) fn meter_of(&self, key: KeyHash) -> &AnyMeter {
        if self.overrides.is_empty() {
            return &self.meter;
        }
        self.overrides.get(&key).unwrap_or(&self.meter)
    }
}

/// The [`Counts`] of one rule.
///
/// ```
/// use eaves_ratelimit::{Limiter, Rule, key::KeyHasher, table::Capacity};
///
/// let rule = Rule::new("all", "1/1s".parse()?, Capacity::new(8)?)?;
/// let limiter = Limiter::new([rule], KeyHasher::random())?;
/// for rule in limiter.counts() {
///     println!("{}: {} allowed, {} denied", rule.rule, rule.counts.allowed, rule.counts.denied);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleCounts<'a> {
    /// The rule's name.
    pub rule: &'a str,
    /// What it has decided.
    pub counts: Counts,
}
