//! [`Fault`]: something that goes wrong with some origins for some time.

use std::time::Duration;

use eaves_common::{time::Mono, units::TimeSpan};
use serde::Deserialize;

/// Something that goes wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What.
    pub kind: Kind,
    /// How much of it: a share, a factor or a time, as the kind asks; kinds that know no more or less
    /// ignore it.
    pub value: Option<Value>,
    /// Which origins, by their place in the file; all if there is no such key.
    pub origins: Option<Vec<usize>>,
    /// From when; from the start if there is no such key.
    #[serde(default)]
    pub from: TimeSpan,
    /// Until when; until the end if there is no such key, a restart until it is over.
    pub to: Option<TimeSpan>,
    /// Whom it hits, where the kind leaves that open.
    #[serde(default)]
    pub scope: Scope,
}

/// The kinds of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Connections and probes get no answer at all.
    Blackhole,
    /// The checker is cut off: its probes fail, traffic is fine.
    CheckerCut,
    /// A share of answers are errors; `value` is the share, 0.3 without it.
    Errors,
    /// Refuses for a while, is good for a while, and so on; `value` is how long each lasts, 7 s without it.
    Flap,
    /// Probes fail, traffic is fine; `value` is the share of probes, all without it.
    ProbeOnly,
    /// Connections and probes are refused.
    Refuse,
    /// Refuses for `value`, 3 s without it, then is slow and has little capacity while it warms up.
    Restart,
    /// Answers take `value` times as long, 10 times without it.
    Slow,
}

impl Kind {
    /// What a scenario's file calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Blackhole => "blackhole",
            Self::CheckerCut => "checker_cut",
            Self::Errors => "errors",
            Self::Flap => "flap",
            Self::ProbeOnly => "probe_only",
            Self::Refuse => "refuse",
            Self::Restart => "restart",
            Self::Slow => "slow",
        }
    }
}

/// How much of a fault: a number, or a time.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A share, a factor or seconds.
    Number(f64),
    /// A time, as in `"7s"`.
    Span(TimeSpan),
}

/// Whom a fault hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Requests and probes.
    #[default]
    Both,
    /// Probes alone.
    Probes,
    /// Requests alone.
    Traffic,
}

/// The state that all faults together put an origin in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) blackhole: bool,
    pub(super) refused: bool,
    /// The share of errors beyond the background.
    pub(super) errors: f64,
    pub(super) probe_errors: f64,
    pub(super) slow: f64,
    pub(super) capacity: f64,
}

impl Default for Condition {
    fn default() -> Self {
        Self {
            blackhole: false,
            refused: false,
            errors: 0.0,
            probe_errors: 0.0,
            slow: 1.0,
            capacity: 1.0,
        }
    }
}

/// How an origin warms up after a restart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Warmth {
    pub(super) time: Duration,
    pub(super) slow: f64,
    pub(super) capacity: f64,
}

impl Fault {
    /// Adds what this fault does to `origin` at `now`.
    pub(super) fn apply(
        &self,
        origin: usize,
        now: Mono,
        warmth: Warmth,
        condition: &mut Condition,
    ) {
        let Some(age) = now
            .checked_since(self.start())
            .filter(|_| self.hits(origin) && now < self.end(warmth))
        else {
            return;
        };
        match self.kind {
            Kind::Blackhole => condition.blackhole = true,
            Kind::Refuse => condition.refused = true,
            Kind::CheckerCut => condition.probe_errors = 1.0,
            Kind::ProbeOnly => mingle(&mut condition.probe_errors, self.number(1.0)),
            Kind::Errors => self.apply_errors(condition),
            Kind::Slow => condition.slow *= self.number(10.0),
            Kind::Flap => {
                let half = self.time(7.0).max(Duration::from_millis(1));
                condition.refused |= (age.as_nanos() / half.as_nanos()).is_multiple_of(2);
            }
            Kind::Restart if age < self.time(3.0) => condition.refused = true,
            Kind::Restart => {
                condition.slow *= warmth.slow;
                condition.capacity *= warmth.capacity;
            }
        }
    }

    pub(super) fn hits(&self, origin: usize) -> bool {
        let origins = self.origins.as_ref();
        origins.is_none_or(|origins| origins.contains(&origin))
    }

    pub(super) fn start(&self) -> Mono {
        Mono::ZERO + self.from.as_duration()
    }

    /// Returns when what this fault does changes next.
    pub(super) fn change_after(&self, now: Mono, warmth: Warmth) -> Mono {
        let age = now - self.start();
        let inner = match self.kind {
            Kind::Flap => {
                let half = self.time(7.0).max(Duration::from_millis(1));
                let passed = (age.as_nanos() / half.as_nanos()) as u32;
                self.start() + half * (passed + 1)
            }
            Kind::Restart => self.start() + self.time(3.0),
            _ => Mono::MAX,
        };
        let changes = [self.start(), inner, self.end(warmth)].into_iter();
        changes.filter(|&at| at > now).min().unwrap_or(Mono::MAX)
    }

    pub(super) fn end(&self, warmth: Warmth) -> Mono {
        match (self.to, self.kind) {
            (Some(to), _) => Mono::ZERO + to.as_duration(),
            (None, Kind::Restart) => self.start() + self.time(3.0) + warmth.time,
            (None, _) => Mono::MAX,
        }
    }

    fn apply_errors(&self, condition: &mut Condition) {
        let share = self.number(0.3);
        if self.scope != Scope::Probes {
            mingle(&mut condition.errors, share);
        }
        if self.scope != Scope::Traffic {
            mingle(&mut condition.probe_errors, share);
        }
    }

    fn number(&self, default: f64) -> f64 {
        match self.value {
            None => default,
            Some(Value::Number(number)) => number,
            Some(Value::Span(span)) => span.as_duration().as_secs_f64(),
        }
    }

    fn time(&self, default: f64) -> Duration {
        Duration::try_from_secs_f64(self.number(default)).unwrap_or_default()
    }
}

/// Two independent causes of errors.
fn mingle(share: &mut f64, other: f64) {
    *share = 1.0 - (1.0 - *share) * (1.0 - other);
}
