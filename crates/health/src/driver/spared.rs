//! [`Spared`]: origins that pass with concerns, and had better be spared.

use std::collections::HashMap;

use crate::{
    OriginId,
    monitor::Fitness,
    probe::{Check, Concern, Verdict},
};

/// Origins whose latest probes passed with a concern. As with failures, several in a row make a
/// change: `fall` concerns spare an origin, `rise` passes without one end that.
///
/// That a certificate expires some day is told, but is no reason to send requests elsewhere.
#[derive(Debug, Default)]
pub(super) struct Spared(HashMap<OriginId, Streak>);

#[derive(Debug, Default)]
struct Streak {
    is_spared: bool,
    /// Verdicts in a row that say otherwise.
    contrary: u32,
}

impl Spared {
    /// Takes a verdict; returns the origin's fitness if that changes.
    pub(super) fn observe(
        &mut self,
        origin: OriginId,
        check: &Check,
        verdict: &Verdict,
    ) -> Option<Fitness> {
        let concerned = match verdict {
            Verdict::Degraded { concern, .. } => {
                !matches!(concern, Concern::CertificateExpires { .. })
            }
            Verdict::Pass { .. } => false,
            Verdict::Fail(_) => return None,
        };
        if !concerned && !self.0.contains_key(&origin) {
            return None;
        }
        let streak = self.0.entry(origin).or_default();
        if streak.is_spared == concerned {
            streak.contrary = 0;
        } else {
            streak.contrary += 1;
        }
        let needed = if concerned { check.fall } else { check.rise };
        let changes = streak.contrary >= needed;
        if changes {
            streak.is_spared = concerned;
            streak.contrary = 0;
        }
        if !concerned && !streak.is_spared {
            self.0.remove(&origin);
        }
        changes.then_some(match concerned {
            true => Fitness::Degraded,
            false => Fitness::Full,
        })
    }

    /// Forgets those who have left, once there are more than the pool has members.
    pub(super) fn prune(&mut self, members: usize, is_member: impl Fn(OriginId) -> bool) {
        if self.0.len() > members {
            self.0.retain(|&origin, _| is_member(origin));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::probe::Reason;

    #[test]
    fn it_takes_several_in_a_row() {
        let check = Check::tcp().fall(2).rise(3);
        let mut spared = Spared::default();
        let origin = OriginId::new(7);
        let latency = Duration::ZERO;
        let slow = Concern::Slow {
            took: latency,
            allowed: latency,
        };
        let verdict = |sign| match sign {
            '+' => Verdict::Pass { latency },
            '~' => Verdict::Degraded {
                latency,
                concern: slow.clone(),
            },
            'c' => Verdict::Degraded {
                latency,
                concern: Concern::CertificateExpires { days: 1 },
            },
            _ => Verdict::Fail(Reason::Status { status: 503 }),
        };
        let told: String = "~+~~~++~+c+-~-~"
            .chars()
            .map(
                |sign| match spared.observe(origin, &check, &verdict(sign)) {
                    Some(Fitness::Degraded) => 'D',
                    Some(Fitness::Full) => 'F',
                    None => '.',
                },
            )
            .collect();
        assert_eq!(told, "...D......F...D");
        assert_eq!(spared.0.len(), 1);
        spared.prune(0, |_| false);
        assert!(spared.0.is_empty());
    }
}
