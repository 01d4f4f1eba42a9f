//! [`Entry`]: what one node knows of one key, and what it has still to tell.

use std::time::Duration;

use eaves_common::time::Mono;

use super::{
    script::Told,
    terms::{Terms, nanos},
};
use crate::key::KeyHash;

/// How fast demand is forgotten: after this time, to one part in e.
pub(super) const MEMORY: Duration = Duration::from_millis(500);
/// A key that the store was not asked about for so long is as good as unknown.
const STALE: Duration = Duration::from_secs(5);
/// A key that the store was not asked about for so long may have become anybody's.
const COLD: Duration = Duration::from_millis(500);
/// What was admitted longer ago was paid for, as far as the node kept to its share.
const UNPAID: Duration = Duration::from_millis(500);

/// One key at one node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    pub(super) key: Option<KeyHash>,
    /// What the key is believed to owe everywhere, in nanoseconds, `at` that time.
    debt: f64,
    at: Mono,
    /// This node's part of the demand.
    share: f64,
    /// This node's demand, fading, as of when it last asked the store.
    own: f64,
    told: Option<Mono>,
    unsent: Unsent,
    /// Whether the key stands in a lane.
    pub(super) queued: bool,
    /// Whether `debt` is the store's own figure, which nobody but time and refunds lowers.
    certain: bool,
}

/// What happened to a key since the store was last told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Unsent {
    /// Units admitted, less those given back.
    pub(super) spent: i64,
    /// Units asked for.
    pub(super) wanted: u64,
    /// Requests.
    pub(super) requests: u64,
    /// When the first of them came.
    pub(super) since: Mono,
    /// This node's share when they were taken to be told.
    pub(super) share: f64,
}

/// What all nodes are, as far as an entry needs to know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crowd {
    /// Nodes that share the limit.
    pub(super) nodes: f64,
    /// Whether the store has just come back, and knows only some of them.
    pub(super) regrouping: bool,
    /// Whether the store is gone, so that nothing better is known than what it said last.
    pub(super) alone: bool,
}

/// A reply of the store about one key, and when the question was put.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) told: Told,
    /// The demand that the question told of.
    pub(super) wanted: f64,
    pub(super) asked: Mono,
}

impl Unsent {
    /// Units asked for, as the store remembers demand: faded while they waited.
    pub(super) fn demand(&self, now: Mono) -> f64 {
        let ages = nanos(now - self.since) / nanos(MEMORY);
        let kept = if ages > 1e-6 {
            -(-ages).exp_m1() / ages
        } else {
            1.0
        };
        self.wanted as f64 * kept
    }

    /// What the units admitted cost, and from how long ago on, in nanoseconds.
    ///
    /// While the store is gone this may be long. Had all of it to be paid then, nodes would pay for
    /// time that has passed for all: the store lets no debt begin before the last that it was told
    /// of. So what a node's share has paid for is left out.
    pub(super) fn bill(&self, terms: &Terms, now: Mono) -> (f64, f64) {
        let (age, unpaid) = (nanos(now - self.since), nanos(UNPAID));
        let cost = terms.cost(self.spent);
        if age <= unpaid || cost <= 0.0 {
            return (cost, age.min(unpaid));
        }
        let paid = (age - unpaid) * self.share;
        ((cost - paid).max(0.0), unpaid)
    }
}

impl Entry {
    pub(super) fn new(key: KeyHash, crowd: Crowd, now: Mono) -> Self {
        Self {
            key: Some(key),
            share: 1.0 / crowd.nodes,
            at: now,
            ..Self::default()
        }
    }

    /// What the key is believed to owe. A clock that goes back stands still.
    pub(super) fn debt(&self, now: Mono) -> f64 {
        (self.debt - nanos(now - self.at)).max(0.0)
    }

    /// Whether the debt is no guess.
    pub(super) const fn is_certain(&self) -> bool {
        self.certain
    }

    pub(super) const fn unsent(&self) -> &Unsent {
        &self.unsent
    }

    /// Counts a request that was turned away.
    pub(super) fn want(&mut self, cost: u64, now: Mono) {
        if self.unsent.requests == 0 && self.unsent.spent == 0 {
            self.unsent.since = now;
        }
        self.unsent.wanted = self.unsent.wanted.saturating_add(cost);
        self.unsent.requests += 1;
    }

    /// Counts a request that was admitted: others are taken to admit in proportion.
    pub(super) fn spend(&mut self, cost: u64, terms: &Terms, crowd: Crowd, now: Mono) {
        self.want(cost, now);
        self.grow_stale(crowd, now);
        let units = i64::try_from(cost).unwrap_or(i64::MAX);
        self.unsent.spent = self.unsent.spent.saturating_add(units);
        self.debt = self.debt(now) + terms.cost(units) / self.share;
        self.at = self.at.max(now);
        self.certain = false;
    }

    /// Gives back units that were counted.
    pub(super) fn refund(&mut self, units: u64, terms: &Terms, now: Mono) {
        let units = i64::try_from(units).unwrap_or(i64::MAX);
        if self.unsent.requests == 0 && self.unsent.spent == 0 {
            self.unsent.since = now;
        }
        self.unsent.spent = self.unsent.spent.saturating_sub(units);
        self.debt = (self.debt(now) - terms.cost(units) / self.share).max(0.0);
        self.at = self.at.max(now);
        self.certain = false;
    }

    /// Whether the store should hear of this key before its turn: if this node alone has spent a
    /// quarter of the burst, or if it has guessed so much without having been told.
    pub(super) fn is_urgent(&self, terms: &Terms, now: Mono) -> bool {
        let quarter = terms.tolerance() / 4.0;
        let spent = terms.cost(self.unsent.spent);
        let cold = self.told.is_none_or(|told| now - told > COLD);
        spent > quarter || cold && spent / self.share > quarter
    }

    /// Takes what is to be told. The key is out of its lane then.
    pub(super) fn take_unsent(&mut self) -> Unsent {
        self.queued = false;
        Unsent {
            share: self.share,
            ..std::mem::take(&mut self.unsent)
        }
    }

    /// Takes the demand alone, for a question that tells of nothing else.
    pub(super) const fn take_wanted(&mut self) -> u64 {
        std::mem::replace(&mut self.unsent.wanted, 0)
    }

    /// Learns what the key owes and how much of the demand is this node's.
    pub(super) fn hear(&mut self, heard: &Heard, terms: &Terms, crowd: Crowd, now: Mono) {
        self.share = self.share_by(heard, terms, crowd);
        let debt = self.debt_since(heard, terms, now);
        let lost = !heard.told.known && !self.is_stale(heard.asked);
        self.debt = if lost { debt.max(self.debt(now)) } else { debt };
        self.at = now;
        self.own = self.faded(heard);
        self.told = Some(heard.asked);
        self.certain = self.unsent.spent == 0 && !lost;
    }

    /// What the key owes by the store's answer and by what was admitted here since it was asked.
    fn debt_since(&self, heard: &Heard, terms: &Terms, now: Mono) -> f64 {
        // The store answered somewhere between question and answer.
        let passed = nanos(now - heard.asked) / 2.0;
        let told = heard.told.debt - passed;
        let unsent = Unsent {
            share: self.share,
            ..self.unsent
        };
        if unsent.spent == 0 {
            return told.max(0.0);
        }
        let (cost, age) = unsent.bill(terms, now);
        // What is older than the question the others have admitted their part of, and told of it.
        let cost = if unsent.since < heard.asked {
            cost
        } else {
            cost / self.share
        };
        (told.max(-age) + cost).max(0.0)
    }

    /// This node's part of the demand, with a little demand from each node taken for granted: so
    /// shares begin even, and follow what is asked as soon as that is more than a few.
    fn share_by(&self, heard: &Heard, terms: &Terms, crowd: Crowd) -> f64 {
        let lost = !heard.told.known && !self.is_stale(heard.asked);
        if lost || (crowd.alone || crowd.regrouping) && self.told.is_some() {
            return self.share; // the store does not know all nodes, or has lost its memory
        }
        let own = self.faded(heard);
        let granted = (terms.burst() as f64 / 2.0).max(1.0);
        let total = heard.told.demand.max(own);
        let share = (own + granted / crowd.nodes) / (total + granted);
        share.clamp(1.0 / (16.0 * crowd.nodes), 1.0)
    }

    fn faded(&self, heard: &Heard) -> f64 {
        let age = self.told.map_or(Duration::MAX, |told| heard.asked - told);
        self.own * (-nanos(age) / nanos(MEMORY)).exp() + heard.wanted
    }

    fn is_stale(&self, now: Mono) -> bool {
        self.told.is_none_or(|told| now - told > STALE)
    }

    /// Forgets a share that is too old, unless the store is gone: the last share is then the best
    /// there is.
    fn grow_stale(&mut self, crowd: Crowd, now: Mono) {
        if !crowd.alone && self.is_stale(now) {
            self.share = 1.0 / crowd.nodes;
        }
    }

    #[cfg(test)]
    pub(super) const fn share(&self) -> f64 {
        self.share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CROWD: Crowd = Crowd {
        nodes: 10.0,
        regrouping: false,
        alone: false,
    };

    fn terms() -> Terms {
        Terms::of("100/1s burst 100".parse().unwrap())
    }

    fn heard(debt: f64, known: bool, asked: Mono) -> Heard {
        let told = Told {
            debt,
            demand: 0.0,
            known,
        };
        Heard {
            told,
            wanted: 0.0,
            asked,
        }
    }

    #[test]
    fn a_guess_about_a_key_that_was_never_told_of_is_urgent_sooner() {
        let now = Mono::from_secs(1);
        let mut entry = Entry::new(KeyHash::new(1), CROWD, now);
        entry.spend(5, &terms(), CROWD, now);
        assert!(
            entry.is_urgent(&terms(), now),
            "ten nodes may have spent 50"
        );
        entry.hear(&heard(0.0, true, now), &terms(), CROWD, now);
        assert!(!entry.is_urgent(&terms(), now), "these are 5 of 100");
        assert!(entry.is_urgent(&terms(), now + COLD * 2));
    }

    #[test]
    fn a_store_that_lost_its_memory_frees_nobody() {
        let now = Mono::from_secs(1);
        let mut entry = Entry::new(KeyHash::new(1), CROWD, now);
        entry.hear(&heard(9e8, true, now), &terms(), CROWD, now);
        let later = now + Duration::from_millis(100);
        entry.hear(&heard(0.0, false, later), &terms(), CROWD, later);
        assert_eq!(entry.debt(later), 8e8);
        assert!(!entry.is_certain());
        // After a while without news nobody can say that it should have known.
        let much_later = later + STALE * 2;
        entry.hear(&heard(5e8, false, much_later), &terms(), CROWD, much_later);
        assert_eq!(entry.debt(much_later), 5e8);
    }

    #[test]
    fn a_share_grows_stale_unless_the_store_is_gone() {
        let now = Mono::from_secs(1);
        let late = now + STALE * 2;
        for (alone, share) in [(false, 0.1), (true, 1.0)] {
            let mut entry = Entry::new(KeyHash::new(1), CROWD, now);
            let single = Crowd {
                nodes: 1.0,
                ..CROWD
            };
            entry.hear(&heard(0.0, true, now), &terms(), single, now);
            assert_eq!(entry.share(), 1.0);
            entry.spend(1, &terms(), Crowd { alone, ..CROWD }, late);
            assert_eq!(entry.share(), share, "alone: {alone}");
        }
    }
}
