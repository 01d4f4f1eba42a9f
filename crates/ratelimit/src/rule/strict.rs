//! A decision in two steps, between which a store is asked about the strict rules.

use std::sync::Arc;

use eaves_common::time::Mono;

use super::{
    Decision, Limiter,
    check::{Step, Steps},
};
use crate::{
    key::{Facts, KeyHash},
    meter::Verdict,
    redis::{Replica, Told},
};

/// The first step of a decision.
pub(crate) enum Planned<'a> {
    /// There is nothing to ask.
    Decided(Decision<'a>),
    /// The store has to be asked.
    Ask(Box<Ask<'a>>),
}

/// A request that no rule denies by what this node knows.
pub(crate) struct Ask<'a> {
    steps: Steps<'a>,
}

/// What a store says of a request.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    /// Whether the strict rules let it pass, and have counted it.
    pub(crate) passes: bool,
    /// What each strict rule says of its key, and whether the request fitted under it.
    pub(crate) told: Vec<(Told, bool)>,
}

impl<'a> Ask<'a> {
    /// The strict rules, each with the request's key and whether it may deny.
    pub(crate) fn strict(&self) -> impl Iterator<Item = (&'a Arc<Replica>, KeyHash, bool)> {
        self.steps.iter().filter_map(|step| {
            let replica = step.strict()?;
            Some((replica, step.key, !step.active.rule.is_shadow()))
        })
    }
}

impl Limiter {
    /// Decides what can be decided here: a denial, or that no strict rule applies.
    pub(crate) fn plan(&self, facts: &Facts<'_>, cost: u64, now: Mono) -> Planned<'_> {
        if let Some(reason) = self.listed(facts) {
            return Planned::Decided(self.unmetered(reason));
        }
        let mut steps = Steps::new();
        if let Err(keyless) = self.look(facts, cost, now, &mut steps) {
            return Planned::Decided(self.turned_away(&keyless));
        }
        if steps.iter().all(|step| step.strict().is_none()) {
            return Planned::Decided(self.check_cost(facts, cost, now));
        }
        for step in &mut steps {
            if let Some(replica) = step.strict() {
                step.reading = replica.recall(step.key, cost, now);
            }
        }
        if steps.iter().any(Step::denies) {
            steps.iter().for_each(|step| step.turn_away(now));
            return Planned::Decided(self.counted(&steps, now));
        }
        Planned::Ask(Box::new(Ask { steps }))
    }

    /// Decides by what the store said, or without it.
    pub(crate) fn conclude<'a>(
        &'a self,
        ask: Box<Ask<'a>>,
        ruling: Option<&Ruling>,
        cost: u64,
        now: Mono,
    ) -> Decision<'a> {
        let mut steps = ask.steps;
        match ruling {
            Some(ruling) => rule(&mut steps, ruling, cost),
            None => go_without(&mut steps, cost, now),
        }
        let passes = ruling.is_none_or(|ruling| ruling.passes);
        if passes && !steps.iter().any(Step::denies) {
            settle(&mut steps, ruling.is_some(), cost, now);
        }
        // The store was told of this request by the strict rules.
        let untold = |step: &&Step<'_>| ruling.is_none() || step.strict().is_none();
        steps
            .iter()
            .filter(untold)
            .for_each(|step| step.turn_away(now));
        self.counted(&steps, now)
    }
}

/// Takes the store's word for the strict rules.
fn rule(steps: &mut Steps<'_>, ruling: &Ruling, cost: u64) {
    let mut told = ruling.told.iter();
    for step in steps.iter_mut() {
        let Some(replica) = step.strict() else {
            continue;
        };
        let Some((told, fits)) = told.next() else {
            return;
        };
        let verdict = if *fits {
            Verdict::Allowed
        } else {
            Verdict::Denied
        };
        step.reading = replica.reading(verdict, cost, told.debt);
    }
}

/// Lets the strict rules decide as they do without a store.
fn go_without(steps: &mut Steps<'_>, cost: u64, now: Mono) {
    for step in steps.iter_mut() {
        if step.strict().is_some() {
            (step.look, step.reading) = step.meter().look(step.key, cost, now);
        }
    }
}

/// Counts the request by the rules that have not counted it yet, or by none.
fn settle(steps: &mut Steps<'_>, ruled: bool, cost: u64, now: Mono) {
    let is_counted = |step: &Step<'_>| ruled && step.strict().is_some();
    let lost = steps
        .iter_mut()
        .position(|step| !is_counted(step) && !step.settle(cost, now));
    let Some(lost) = lost else {
        return;
    };
    for (at, step) in steps.iter().enumerate() {
        if is_counted(step) || at < lost {
            step.give_back(cost, now);
        }
    }
}

impl<'a> Step<'a> {
    /// The rule's memory, if it is strict.
    fn strict(&self) -> Option<&'a Arc<Replica>> {
        self.meter().replica().filter(|replica| replica.is_strict())
    }
}
