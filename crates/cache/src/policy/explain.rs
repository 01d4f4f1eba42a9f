//! [`Explanation`]: a decision told in steps, each with its numbers and its section.

use core::fmt;

use eaves_common::time::Now;

use super::{Bypass, Decision, Meta, Policy, Remaining, RequestHead, Why};
use crate::{field::RequestDirectives, head::Head};

/// How a decision came about.
///
/// ```
/// use eaves_cache::policy::Policy;
/// use eaves_common::time::Now;
///
/// let request = http::Request::post("http://a.example/").body(()).unwrap();
/// let told = Policy::default().explain((&request).into(), None, None, Now::default());
/// assert_eq!(told.to_string(), "\
/// request: POST has to be forwarded (RFC 9111 section 4)
/// decision: bypass, method
/// ");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    decision: Decision,
    steps: Vec<Step>,
}

/// One step of an [`Explanation`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What the step is about.
    pub about: &'static str,
    /// What was found, in a sentence with its numbers.
    pub found: String,
    /// The rule it follows, such as `RFC 9111 section 4.2.3`; empty where there is none.
    pub rule: &'static str,
}

impl Explanation {
    /// Returns the decision.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Returns the steps, in the order in which they were taken.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Puts a step in front of the others.
    pub fn prepend(&mut self, about: &'static str, found: String, rule: &'static str) {
        self.steps.insert(0, Step { about, found, rule });
    }

    fn step(&mut self, about: &'static str, found: impl Into<String>, rule: &'static str) {
        let found = found.into();
        self.steps.push(Step { about, found, rule });
    }

    fn tell_stored(&mut self, meta: &Meta, now: Now) {
        let (age, initial) = (meta.age(now), meta.initial_age);
        let sum = format!(
            "{age:?}: {initial:?} when it arrived, {:?} since",
            age.saturating_sub(initial)
        );
        self.step("age", sum, "RFC 9111 section 4.2.3");
        let lifetime = format!("{:?}, from {}", meta.lifetime, meta.basis.as_str());
        self.step("lifetime", lifetime, "RFC 9111 section 4.2.1");
        let left = match meta.remaining(now) {
            Remaining::Fresh(left) => format!("fresh for {left:?}"),
            Remaining::Stale(over) => format!("stale by {over:?}"),
        };
        self.step("freshness", left, "RFC 9111 section 4.2");
        if meta.no_cache {
            self.step(
                "response",
                "no-cache: validated before each use",
                "RFC 9111 section 5.2.2.4",
            );
        } else if meta.never_stale {
            self.step(
                "response",
                "must not be served stale",
                "RFC 9111 section 4.2.4",
            );
        }
        if meta.immutable {
            let found = "immutable: no max-age of a request validates it while it is fresh";
            self.step("response", found, "RFC 8246 section 2");
        }
        if !meta.stale_while_revalidate.is_zero() {
            let window = format!(
                "may be served stale for {:?} while it is validated",
                meta.stale_while_revalidate
            );
            self.step("response", window, "RFC 5861 section 3");
        }
        if let Some(window) = meta.stale_if_error {
            let window = format!("may be served stale for {window:?} when the origin fails");
            self.step("response", window, "RFC 5861 section 4");
        }
    }

    fn tell_request(&mut self, asks: &RequestDirectives) {
        let mut said = Vec::new();
        let lengths = [
            ("max-age", asks.max_age),
            ("max-stale", asks.max_stale),
            ("min-fresh", asks.min_fresh),
        ];
        said.extend(
            lengths
                .iter()
                .filter_map(|(name, value)| Some(format!("{name} {:?}", (*value)?))),
        );
        let flags = [
            ("no-cache", asks.no_cache),
            ("only-if-cached", asks.only_if_cached),
        ];
        said.extend(
            flags
                .iter()
                .filter(|(_, set)| *set)
                .map(|(name, _)| (*name).to_owned()),
        );
        if !said.is_empty() {
            self.step("request", said.join(", "), "RFC 9111 section 5.2.1");
        }
    }
}

impl Policy {
    /// Decides as [`decide`](Self::decide) does, and tells how.
    #[must_use]
    pub fn explain(
        &self,
        request: RequestHead<'_>,
        stored: Option<&Head>,
        len: Option<u64>,
        now: Now,
    ) -> Explanation {
        let decision = self.decide(request, stored, len, now);
        let steps = Vec::with_capacity(8);
        let mut told = Explanation { decision, steps };
        match (self.bypass(request), stored) {
            (Some(reason), _) => {
                let (found, rule) = bypass(reason, request);
                told.step("request", found, rule);
            }
            (None, None) => told.step(
                "stored",
                "nothing that this request selects",
                "RFC 9111 section 4",
            ),
            (None, Some(stored)) => {
                told.tell_request(&RequestDirectives::parse(request.headers));
                told.tell_stored(stored.meta(), now);
            }
        }
        let outcome = outcome(&told.decision);
        told.step("decision", outcome, "");
        told
    }
}

fn bypass(reason: Bypass, request: RequestHead<'_>) -> (String, &'static str) {
    match reason {
        Bypass::Method => (
            format!("{} has to be forwarded", request.method),
            "RFC 9111 section 4",
        ),
        Bypass::NoStore => ("no-store".to_owned(), "RFC 9111 section 5.2.1.5"),
        Bypass::Precondition => (
            "its precondition is for the origin".to_owned(),
            "RFC 9111 section 4.3.2",
        ),
        Bypass::Operator => ("the operator's rule".to_owned(), ""),
        other => (format!("refused by the defence {}", other.as_str()), ""),
    }
}

fn outcome(decision: &Decision) -> String {
    match decision {
        Decision::Hit { .. } => "hit".to_owned(),
        Decision::HitStale { revalidate, .. } => {
            format!("stale hit, revalidation: {revalidate:?}").to_lowercase()
        }
        Decision::Respond304 { .. } => "hit, and the client has it: 304".to_owned(),
        Decision::HitRange { range, .. } => {
            format!("hit, bytes {} to before {}", range.start, range.end)
        }
        Decision::HitRanges { ranges, .. } => format!("hit, {} ranges of bytes", ranges.len()),
        Decision::Respond416 { .. } => "hit, and nothing of the ranges is there: 416".to_owned(),
        Decision::Validate { why: Why::NoCache } => {
            "validate, since the response says no-cache".to_owned()
        }
        Decision::Validate { why: Why::Request } => {
            "validate, since the request wants it fresher".to_owned()
        }
        Decision::Validate { why: Why::Stale } => "validate, since it is stale".to_owned(),
        Decision::Miss { collapse } => {
            format!("miss, shared with others: {collapse:?}").to_lowercase()
        }
        Decision::Bypass { reason } => format!("bypass, {}", reason.as_str()),
        Decision::GatewayTimeout => {
            "504, since the client wants no contact with the origin".to_owned()
        }
    }
}

impl fmt::Display for Explanation {
    /// Writes a line for each step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            write!(f, "{}: {}", step.about, step.found)?;
            if !step.rule.is_empty() {
                write!(f, " ({})", step.rule)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
