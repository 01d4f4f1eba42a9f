//! How several rules become one decision: look at all, judge all, then count all or none.

use std::cmp::Reverse;

use arrayvec::ArrayVec;
use eaves_common::time::Mono;

use super::{Condition, Decision, Limiter, Missing, Reason, counts::Event, limiter::Active};
use crate::{
    key::{Facts, KeyHash},
    meter::{AnyMeter, Look, Reading, Verdict},
};

/// A rule that applies to the request, and what its table says of the key.
pub(super) struct Step<'a> {
    pub(super) active: &'a Active,
    pub(super) key: KeyHash,
    pub(super) look: Look,
    pub(super) reading: Reading<'a>,
}

pub(super) type Steps<'a> = ArrayVec<Step<'a>, { Limiter::MOST_RULES }>;

/// A request lacks the key of a rule that denies such requests.
pub(super) struct Keyless<'a>(&'a Active);

impl Limiter {
    /// Decides about a request of this cost, and counts it if it is allowed.
    pub fn check_cost(&self, facts: &Facts<'_>, cost: u64, now: Mono) -> Decision<'_> {
        if let Some(reason) = self.listed(facts) {
            return self.unmetered(reason);
        }
        let mut steps = Steps::new();
        if let Err(keyless) = self.look(facts, cost, now, &mut steps) {
            return self.turned_away(&keyless);
        }
        if !steps.iter().any(Step::denies) {
            let settled = steps.iter_mut().position(|step| !step.settle(cost, now));
            // Only a lost race denies here: what the rules before it counted is given back.
            for step in &steps[..settled.unwrap_or(0)] {
                step.give_back(cost, now);
            }
        }
        steps.iter().for_each(|step| step.turn_away(now));
        self.counted(&steps, now)
    }

    /// The decision about a request that lacks a key, counted.
    pub(super) fn turned_away<'a>(&'a self, Keyless(active): &Keyless<'a>) -> Decision<'a> {
        active.counters.count(Event::Missing);
        active.counters.count(Event::Denied);
        self.keyless(active)
    }

    /// The decision of the rule that binds, counted by all rules.
    pub(super) fn counted<'a>(&'a self, steps: &[Step<'a>], now: Mono) -> Decision<'a> {
        let decision = self.decide(steps);
        if self.follows_up {
            follow_up(steps, decision.is_allowed(), now);
        }
        for step in steps {
            step.count(decision.is_allowed(), step.key == self.shared);
        }
        decision
    }

    /// Decides about a request of this cost without counting it: `remaining` is what there is before
    /// it.
    pub fn peek(&self, facts: &Facts<'_>, cost: u64, now: Mono) -> Decision<'_> {
        if let Some(reason) = self.listed(facts) {
            return self.unmetered(reason);
        }
        let mut steps = Steps::new();
        if let Err(Keyless(active)) = self.look(facts, cost, now, &mut steps) {
            return self.keyless(active);
        }
        for step in &mut steps {
            step.reading = step.reading.uncounted();
        }
        self.decide(&steps)
    }

    /// Counts units without asking, by every rule that applies: what a request turned out to cost
    /// beyond what it was checked for. A key may then owe up to twice its burst.
    pub fn charge(&self, facts: &Facts<'_>, units: u64, now: Mono) {
        for (active, key) in self.applying(facts).flatten() {
            active.meter_of(key).charge(key, units, now);
        }
    }

    /// Gives units back to every rule that applies: of a request that was counted and then not
    /// served, or cost less than it was checked for.
    pub fn refund(&self, facts: &Facts<'_>, units: u64, now: Mono) {
        for (active, key) in self.applying(facts).flatten() {
            let meter = active.meter_of(key);
            if !meter.is_concurrency() {
                meter.refund(key, units, now); // a place is given back by its `Hold`
            }
        }
    }

    /// Looks the request up in the table of every rule that applies, so that their cache misses
    /// overlap, and judges it by each.
    pub(super) fn look<'a>(
        &'a self,
        facts: &Facts<'_>,
        cost: u64,
        now: Mono,
        steps: &mut Steps<'a>,
    ) -> Result<(), Keyless<'a>> {
        for applying in self.applying(facts) {
            let (active, key) = applying?;
            let (look, reading) = active.meter_of(key).look(key, cost, now);
            steps.push(Step {
                active,
                key,
                look,
                reading,
            });
        }
        Ok(())
    }

    /// The rules that apply to a request, each with the request's key.
    pub(super) fn applying<'a>(
        &'a self,
        facts: &Facts<'_>,
    ) -> impl Iterator<Item = Result<(&'a Active, KeyHash), Keyless<'a>>> {
        let keys: ArrayVec<Option<KeyHash>, { Self::MOST_RULES }> = self
            .keys
            .iter()
            .map(|parts| self.hasher.hash_parts(parts, facts).ok())
            .collect();
        let applying = move |active: &&Active| active.rule.applies(facts);
        self.rules
            .iter()
            .filter(applying)
            .filter_map(
                move |active| match (keys[active.key], active.rule.on_missing()) {
                    (Some(key), _) => Some(Ok((active, key))),
                    (None, Missing::Deny) => Some(Err(Keyless(active))),
                    (None, Missing::Share) => Some(Ok((active, self.shared))),
                    (None, Missing::Skip) => None,
                },
            )
    }

    /// The decision of the rule that binds.
    fn decide<'a>(&'a self, steps: &[Step<'a>]) -> Decision<'a> {
        let shadow = steps
            .iter()
            .find(|step| step.is_over() && step.active.rule.is_shadow());
        let denying = steps.iter().filter(|step| step.denies());
        let speaks = |step: &&Step<'_>| !step.active.rule.is_shadow() && !step.meter().is_penalty();
        let enforced = steps.iter().filter(speaks);
        let binding = denying.max_by_key(|step| step.patience()).or_else(|| {
            enforced.min_by_key(|step| {
                (
                    step.reading.remaining(),
                    Reverse(step.reading.reset_after()),
                )
            })
        });
        Decision {
            reason: binding.map_or(Reason::Unlimited, |step| Reason::of(step.reading.verdict())),
            rule: binding.map(|step| step.active.rule.name()),
            reading: binding.map(|step| step.reading),
            shadow: shadow.map(|step| step.active.rule.name()),
            policy: &self.policy,
        }
    }

    fn keyless<'a>(&'a self, active: &'a Active) -> Decision<'a> {
        Decision {
            rule: Some(active.rule.name()),
            ..self.unmetered(Reason::MissingKey)
        }
    }

    pub(super) fn unmetered(&self, reason: Reason) -> Decision<'_> {
        Decision {
            reason,
            rule: None,
            reading: None,
            shadow: None,
            policy: &self.policy,
        }
    }

    /// What the limiter's lists say of a request.
    pub(super) fn listed(&self, facts: &Facts<'_>) -> Option<Reason> {
        let any = |list: &[Condition]| list.iter().any(|condition| condition.holds(facts));
        if any(&self.exempt) {
            return Some(Reason::Exempt);
        }
        any(&self.blocked).then_some(Reason::Blocked)
    }
}

/// Tells rules what came of a request: a penalty box that another rule has denied it, and a shadow of
/// concurrency that it is under way all the same.
fn follow_up(steps: &[Step<'_>], passes: bool, now: Mono) {
    let denied = steps
        .iter()
        .any(|step| step.denies() && !step.meter().is_penalty());
    for step in steps {
        match step.meter() {
            AnyMeter::Penalty(penalty) if denied => penalty.charge(step.key, 1, now),
            AnyMeter::Concurrency(places) if passes && step.is_over() => {
                places.charge(step.key, step.reading.cost(), now);
            }
            _ => {}
        }
    }
}

impl<'a> Step<'a> {
    pub(super) fn meter(&self) -> &'a AnyMeter {
        self.active.meter_of(self.key)
    }

    fn is_over(&self) -> bool {
        !self.reading.is_allowed()
    }

    pub(super) fn denies(&self) -> bool {
        self.is_over() && !self.active.rule.is_shadow()
    }

    /// How long the request would have to wait; for ever is longest.
    fn patience(&self) -> (bool, std::time::Duration) {
        let never = self.reading.verdict() == Verdict::Impossible;
        (never, self.reading.retry_after().unwrap_or_default())
    }

    /// Counts the request by this rule, judging anew as often as another thread is faster. Returns
    /// whether the request may pass.
    pub(super) fn settle(&mut self, cost: u64, now: Mono) -> bool {
        let meter = self.meter();
        while self.reading.is_allowed() {
            if let Some(reading) = meter.commit(&self.look, (self.key, self.reading), now) {
                self.reading = reading;
                break;
            }
            (self.look, self.reading) = meter.look(self.key, cost, now);
        }
        !self.denies()
    }

    pub(super) fn give_back(&self, cost: u64, now: Mono) {
        if self.reading.is_allowed() {
            self.meter().refund(self.key, cost, now);
        }
    }

    /// Lets the meter know if the request does not fit.
    pub(super) fn turn_away(&self, now: Mono) {
        if self.is_over() {
            self.meter().turn_away(self.key, self.reading.cost(), now);
        }
    }

    fn count(&self, passes: bool, keyless: bool) {
        let counters = &self.active.counters;
        if keyless {
            counters.count(Event::Missing);
        }
        match (self.is_over(), self.active.rule.is_shadow()) {
            (true, true) => counters.count(Event::ShadowDenied),
            (true, false) => counters.count(Event::Denied),
            (false, _) if passes => counters.count(Event::Allowed),
            (false, _) => {}
        }
    }
}
