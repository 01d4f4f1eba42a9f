//! [`Limiter`]: rules with their memory.

use eaves_common::time::Mono;
use http::HeaderValue;

use super::{Counts, Decision, Rule, counts::Counters};
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
/// let decision = limiter.check(&facts, SystemClock.now().mono);
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
    /// `RateLimit-Policy`, which is the same for every answer.
    pub(super) policy: HeaderValue,
}

/// A rule at work.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) rule: Rule,
    pub(super) meter: AnyMeter,
    pub(super) counters: Counters,
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
        let rules: Vec<Rule> = rules.into_iter().collect();
        if rules.is_empty() || rules.len() > Self::MOST_RULES {
            return Err(BuildError::Rules {
                count: rules.len(),
                most: Self::MOST_RULES,
            });
        }
        let policy = header::policy(&rules);
        let shared = hasher.hash("a request without a key");
        let mut limiter = Self {
            hasher,
            rules: Vec::new(),
            keys: Vec::new(),
            shared,
            policy,
        };
        for rule in rules {
            limiter.add(rule)?;
        }
        Ok(limiter)
    }

    fn add(&mut self, rule: Rule) -> Result<(), BuildError> {
        if self
            .rules
            .iter()
            .any(|other| other.rule.name() == rule.name())
        {
            return Err(BuildError::Duplicate {
                name: rule.name().to_owned(),
            });
        }
        let meter = rule.meter()?;
        let known = self.keys.iter().position(|parts| parts == rule.parts());
        let key = known.unwrap_or_else(|| {
            self.keys.push(rule.parts().to_vec());
            self.keys.len() - 1
        });
        self.rules.push(Active {
            rule,
            meter,
            counters: Counters::new(),
            key,
        });
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

    /// Returns how full each rule's table is; walks all of them.
    pub fn occupancy(&self, now: Mono) -> impl Iterator<Item = (&str, Occupancy)> {
        self.rules
            .iter()
            .map(move |active| (active.rule.name(), active.meter.occupancy(now)))
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
///     println!("eaves_ratelimit_denied_total{{rule=\"{}\"}} {}", rule.rule, rule.counts.denied);
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
