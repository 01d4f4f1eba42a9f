//! [`Policy`]: how evidence becomes verdicts.

use std::time::Duration;

use crate::{config::Problems, pool::Spill, state::HoldTerms};

/// How evidence becomes verdicts. The defaults suit a web service with more than a handful of
/// requests per second.
///
/// ```
/// use eaves_health::monitor::Policy;
///
/// let mut policy = Policy::default();
/// policy.consecutive_errors = 5;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Policy {
    /// Errors in a row on traffic that put an origin out.
    pub consecutive_errors: u32,
    /// In this time the weight of results halves.
    pub half_life: Duration,
    /// An origin whose errors look like this share rather than like the rest of the pool is put out.
    pub error_share: f64,
    /// A smaller share of errors in the rest of the pool counts as this.
    pub error_floor: f64,
    /// The same while others are missing, whose load the rest has to take: errors that come of too
    /// much of it must not put out one after another.
    pub strained_floor: f64,
    /// Probes that say down are not believed while so many results...
    pub veto_samples: f64,
    /// ...hold a smaller share of errors.
    pub veto_share: f64,
    /// Requests that succeed since probes began to fail, with no larger share of errors, outweigh them too.
    pub veto_successes: u32,
    /// What an origin counts as before its first probes.
    pub initial: Initial,
    /// Votes of other checkers count for so long, see [`Monitor::handle_vote`](crate::Monitor::handle_vote).
    pub vote_life: Duration,
    /// A probe counts as failed before its deadline if its silence is as surprising as this by what
    /// answers took before, see [`Accrual`](crate::state::Accrual); 0 leaves it to the deadline.
    pub overdue_phi: f64,
    /// No probe is overdue before this.
    pub overdue_least: Duration,
    /// When probes fail for this share of the pool, and traffic meets no errors there, the prober is suspected.
    pub suspect_share: f64,
    /// So many requests in flight without a single answer...
    pub stall_requests: u32,
    /// ...for so many times the usual latency...
    pub stall_ratio: f64,
    /// ...and at least so long put an origin out.
    pub stall_least: Duration,
    /// At most this share of the members, but at least one, is put out for what traffic met. Beyond
    /// that a worse origin displaces a milder one.
    pub max_ejected: f64,
    /// The first hold of an origin that was put out; it doubles each time.
    pub hold: Duration,
    /// The longest hold.
    pub hold_longest: Duration,
    /// In this time half of the past ejections are forgotten.
    pub hold_half_life: Duration,
    /// The share of its traffic that an origin gets on trial.
    pub trial_share: f64,
    /// Requests that must succeed in a row before it is taken back.
    pub trial_successes: u32,
    /// The same for one that was put out for its share of errors.
    pub share_trial_successes: u32,
    /// In panic mode, requests that must succeed in a row before an origin counts as healthy.
    pub panic_successes: u32,
    /// A trial that sees no traffic for this long is passed.
    pub trial_patience: Duration,
    /// The time in which an origin that is taken back grows to its full share.
    pub ramp: Duration,
    /// The share it starts from.
    pub ramp_from: f64,
    /// An origin whose average latency is so many times the pool's median gets less traffic.
    pub slow_ratio: f64,
    /// With a smaller share of healthy members everybody serves.
    pub panic_share: f64,
    /// A tier takes all of the traffic while its live weight times this is at least its weight; what
    /// is beyond it spills to the next tier.
    pub overprovision: f64,
    /// The most of the traffic that goes below the first tier while that has anybody: what lies there
    /// may be too small for all of it.
    pub spill_limit: f64,
    /// Traffic is looked at this often.
    pub tick: Duration,
    /// Probes under way at once.
    pub max_probes: usize,
    /// Probes set off by errors may add this share to the planned ones.
    pub triggered_share: f64,
}

/// What an origin counts as before its first probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Initial {
    /// As down: it needs as many good probes as one that went down, and warms up.
    Down,
    /// As nothing: the first probe decides.
    #[default]
    Probed,
    /// As healthy: it serves at once, and as many bad probes take it down as anybody.
    Up,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            consecutive_errors: 3,
            half_life: Duration::from_secs(2),
            error_share: 0.25,
            error_floor: 0.005,
            strained_floor: 0.1,
            veto_samples: 5.0,
            veto_share: 0.05,
            veto_successes: 3,
            initial: Initial::Probed,
            vote_life: Duration::from_secs(30),
            overdue_phi: 0.0,
            overdue_least: Duration::from_millis(150),
            suspect_share: 0.2,
            stall_requests: 5,
            stall_ratio: 10.0,
            stall_least: Duration::from_millis(250),
            max_ejected: 1.0,
            hold: Duration::from_millis(500),
            hold_longest: Duration::from_secs(30),
            hold_half_life: Duration::from_secs(30),
            trial_share: 0.01,
            trial_successes: 3,
            share_trial_successes: 10,
            panic_successes: 10,
            trial_patience: Duration::from_secs(1),
            ramp: Duration::from_secs(5),
            ramp_from: 0.05,
            slow_ratio: 2.5,
            panic_share: 0.5,
            overprovision: 1.4,
            spill_limit: 1.0,
            tick: Duration::from_millis(100),
            max_probes: 512,
            triggered_share: 0.3,
        }
    }
}

impl Policy {
    pub(crate) fn hold_terms(&self) -> HoldTerms {
        HoldTerms {
            base: self.hold,
            longest: self.hold_longest,
            half_life: self.hold_half_life,
        }
    }

    pub(crate) fn spill(&self) -> Spill {
        Spill {
            overprovision: self.overprovision,
            limit: self.spill_limit,
        }
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        for (key, share) in [
            ("error_share", self.error_share),
            ("error_floor", self.error_floor),
            ("strained_floor", self.strained_floor),
            ("veto_share", self.veto_share),
            ("suspect_share", self.suspect_share),
            ("max_ejected", self.max_ejected),
            ("trial_share", self.trial_share),
            ("ramp_from", self.ramp_from),
            ("panic_share", self.panic_share),
            ("spill_limit", self.spill_limit),
            ("triggered_share", self.triggered_share),
        ] {
            if !(0.0..=1.0).contains(&share) {
                problems.add(
                    format!("policy.{key}"),
                    format!("{share} is out of range, use 0 to 1"),
                );
            }
        }
        if !(0.0..=100.0).contains(&self.overdue_phi) {
            let message = format!("{} is out of range, use 0 to 100", self.overdue_phi);
            problems.add("policy.overdue_phi", message);
        }
        if !(1.0..=100.0).contains(&self.overprovision) {
            let message = format!("{} is out of range, use 1 to 100", self.overprovision);
            problems.add("policy.overprovision", message);
        }
        for (key, value) in [
            ("half_life", self.half_life),
            ("hold", self.hold),
            ("hold_longest", self.hold_longest),
            ("hold_half_life", self.hold_half_life),
            ("tick", self.tick),
            ("vote_life", self.vote_life),
            ("overdue_least", self.overdue_least),
        ] {
            let fits = (Duration::from_millis(1)..=Duration::from_secs(86_400)).contains(&value);
            if !fits {
                problems.add(
                    format!("policy.{key}"),
                    format!("{value:?} is out of range, use 1ms to 1d"),
                );
            }
        }
        for (key, value) in [
            ("consecutive_errors", self.consecutive_errors as usize),
            ("max_probes", self.max_probes),
        ] {
            if value == 0 {
                problems.add(format!("policy.{key}"), "0 is out of range, use 1 or more");
            }
        }
    }
}
