//! [`Policy`]: all terms together.

use std::time::Duration;

use super::{Ejection, Errors, Overdue, Probes, Ramp, Stall, Tiers, Trial, Veto, ranges::Section};
use crate::config::Problems;

/// How evidence becomes verdicts. The defaults suit a web service with more than a handful of
/// requests per second.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::monitor::Policy;
///
/// let mut policy = Policy::default();
/// policy.errors.in_row = 5;
/// policy.ejection.hold = Duration::from_secs(2);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Policy {
    /// Which errors on traffic put an origin out.
    pub errors: Errors,
    /// Which silence on traffic does.
    pub stall: Stall,
    /// For how long and how many of the pool.
    pub ejection: Ejection,
    /// How one that was put out shows that it serves again.
    pub trial: Trial,
    /// How one that is taken back grows to its full share.
    pub ramp: Ramp,
    /// How many probes there are, and how far they and other checkers are believed.
    pub probes: Probes,
    /// When a probe is as good as failed before its deadline.
    pub overdue: Overdue,
    /// When good traffic outweighs probes that fail.
    pub veto: Veto,
    /// What falls to the tiers below the first.
    pub tiers: Tiers,
    /// An origin whose average latency is so many times the pool's median gets less traffic.
    pub slow_ratio: f64,
    /// With a smaller share of healthy members everybody serves.
    pub panic_share: f64,
    /// Traffic is looked at this often.
    #[cfg_attr(feature = "serde", serde(with = "super::span"))]
    pub tick: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            errors: Errors::default(),
            stall: Stall::default(),
            ejection: Ejection::default(),
            trial: Trial::default(),
            ramp: Ramp::default(),
            probes: Probes::default(),
            overdue: Overdue::default(),
            veto: Veto::default(),
            tiers: Tiers::default(),
            slow_ratio: 2.5,
            panic_share: 0.5,
            tick: Duration::from_millis(100),
        }
    }
}

impl Policy {
    pub(crate) fn check(&self, problems: &mut Problems) {
        self.errors.check(Section::new("policy.errors", problems));
        self.stall.check(Section::new("policy.stall", problems));
        self.ejection
            .check(Section::new("policy.ejection", problems));
        self.trial.check(Section::new("policy.trial", problems));
        self.ramp.check(Section::new("policy.ramp", problems));
        self.probes.check(Section::new("policy.probes", problems));
        self.overdue.check(Section::new("policy.overdue", problems));
        self.veto.check(Section::new("policy.veto", problems));
        self.tiers.check(Section::new("policy.tiers", problems));
        let mut own = Section::new("policy", problems);
        own.number("slow_ratio", self.slow_ratio, 1.0..=1000.0);
        own.share("panic_share", self.panic_share);
        own.time("tick", self.tick);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "serde")]
    fn times_in_configurations_are_texts() {
        let read = serde_json::from_str::<Policy>;
        let policy =
            read(r#"{"tick": "50ms", "errors": {"half_life": "5s"}, "veto": {"samples": 9.0}}"#)
                .unwrap();
        assert_eq!(policy.tick, Duration::from_millis(50));
        assert_eq!(policy.errors.half_life, Duration::from_secs(5));
        let text = serde_json::to_string(&policy).unwrap();
        assert!(text.contains(r#""hold":"500ms""#), "{text}");
        assert_eq!(read(&text).unwrap(), policy);
        let error = read(r#"{"tick": "5"}"#).unwrap_err().to_string();
        assert!(
            error.starts_with("expected a unit after the number, write for example `250ms`"),
            "{error}"
        );
    }

    #[test]
    fn the_defaults_pass_and_every_mistake_is_told_with_its_key_and_range() {
        let mut problems = Problems::default();
        Policy::default().check(&mut problems);
        assert!(problems.into_result().is_ok());
        let mut policy = Policy::default();
        policy.errors.in_row = 0;
        policy.errors.share = 1.5;
        policy.errors.half_life = Duration::ZERO;
        policy.stall.ratio = f64::NAN;
        policy.stall.least = Duration::from_secs(90_000);
        policy.ejection.most = -0.1;
        policy.trial.share = 2.0;
        policy.ramp.from = f64::INFINITY;
        policy.probes.at_once = 0;
        policy.overdue.phi = 101.0;
        policy.veto.samples = -1.0;
        policy.tiers.overprovision = 0.9;
        policy.slow_ratio = 0.5;
        let mut problems = Problems::default();
        policy.check(&mut problems);
        let told = problems.into_result().unwrap_err().to_string();
        for line in [
            "policy.errors.in_row: 0 is out of range, use 1 or more",
            "policy.errors.share: 1.5 is out of range, use 0 to 1",
            "policy.errors.half_life: 0ns is out of range, use 1ms to 1d",
            "policy.stall.ratio: NaN is out of range, use 1 to 1000",
            "policy.stall.least: 90000s is out of range, use 0s to 1d",
            "policy.ejection.most: -0.1 is out of range, use 0 to 1",
            "policy.trial.share: 2 is out of range, use 0 to 1",
            "policy.ramp.from: inf is out of range, use 0 to 1",
            "policy.probes.at_once: 0 is out of range, use 1 or more",
            "policy.overdue.phi: 101 is out of range, use 0 to 100",
            "policy.veto.samples: -1 is out of range, use 0 to 1000000",
            "policy.tiers.overprovision: 0.9 is out of range, use 1 to 100",
            "policy.slow_ratio: 0.5 is out of range, use 1 to 1000",
        ] {
            assert!(told.contains(line), "{line:?} is missing in {told}");
        }
    }
}
