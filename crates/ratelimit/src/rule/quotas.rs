//! Quotas by the calendar: the date they go by, and what of them survives a restart.

use eaves_common::time::{Mono, Now};

use super::{Limiter, limiter::Active};
use crate::{
    key::KeyHash,
    meter::{Dated, Snapshot},
};

/// What a key has used of a rule's quota, for a disk.
///
/// ```
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_ratelimit::{Limiter, Rule, key::{Facts, KeyHasher}, meter::Algorithm, table::Capacity};
///
/// fn limiter() -> Result<Limiter, Box<dyn std::error::Error>> {
///     let rule = Rule::new("monthly", "1000/30d".parse()?, Capacity::MIN)?;
///     let rule = rule.algorithm(Algorithm::Calendar).zone("Europe/Zurich".parse()?);
///     Ok(Limiter::new([rule], KeyHasher::with_seed(0x5eed))?) // the same over a restart
/// }
/// let now = Now { mono: Mono::ZERO, wall: Wall::from_secs(1_700_000_000) };
/// let before = limiter()?;
/// before.set_date(now);
/// let _ = before.check_cost(&Facts::default(), 400, now.mono);
/// let saved = before.quotas();
/// // ... the process restarts ...
/// let after = limiter()?;
/// after.set_date(now);
/// assert_eq!(after.restore_quotas(&saved, now.mono), 1);
/// assert_eq!(after.peek(&Facts::default(), 0, now.mono).remaining(), Some(600));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SavedQuota {
    /// The rule's name.
    pub rule: String,
    /// The key's hash.
    pub key: u64,
    /// What it has used, and of which period.
    pub snapshot: Snapshot,
}

impl Limiter {
    /// Says whether a rule goes by dates, so that [`set_date`](Self::set_date) is due.
    #[must_use]
    pub const fn needs_date(&self) -> bool {
        self.has_dates
    }

    /// Tells the rules of [`Algorithm::Calendar`](crate::meter::Algorithm::Calendar) what date it is.
    ///
    /// From then on they go by the monotonic times that requests come with, so it is told at the start and
    /// again from time to time, lest corrections of the wall clock be missed; the layers tell it with each
    /// request. A limiter that was never told takes the zero of those times for 1970.
    pub fn set_date(&self, now: Now) {
        for (_, quota) in self.dated() {
            quota.set_date(now);
        }
    }

    /// Returns what keys have used of their quotas by the calendar; walks all of them.
    ///
    /// Keys are told by hashes, so whoever takes them up has to hash as this limiter does: by
    /// [`KeyHasher::with_seed`](crate::key::KeyHasher::with_seed) with the same seed in the same build, or,
    /// over builds and nodes, by `KeyHasher::shared` (feature `redis`).
    #[must_use]
    pub fn quotas(&self) -> Vec<SavedQuota> {
        let mut quotas = Vec::new();
        for (active, quota) in self.dated() {
            quota.each(|key, state| {
                quotas.push(SavedQuota {
                    rule: active.rule.name().to_owned(),
                    key: key.as_u64(),
                    snapshot: state.snapshot(),
                });
            });
        }
        quotas
    }

    /// Takes up quotas where a snapshot left them, and returns of how many keys; the others are of rules
    /// that are no more. A key that has used more by now stays as it is.
    pub fn restore_quotas(&self, saved: &[SavedQuota], now: Mono) -> usize {
        let restored = saved.iter().filter(|saved| {
            let key = KeyHash::new(saved.key);
            let rule = self
                .rules
                .iter()
                .find(|active| active.rule.name() == saved.rule);
            let quota = rule.and_then(|active| active.meter_of(key).dated());
            quota
                .inspect(|quota| quota.restore(key, saved.snapshot, now))
                .is_some()
        });
        restored.count()
    }

    /// Goes by the dates of the limiter before it.
    pub(super) fn set_date_of(&self, other: &Self) {
        if let Some((_, old)) = other.dated().next() {
            self.dated().for_each(|(_, quota)| quota.set_date_of(old));
        }
    }

    /// The rules that go by dates, keys with quotas of their own among them.
    fn dated(&self) -> impl Iterator<Item = (&Active, &Dated)> {
        self.rules.iter().flat_map(|active| {
            let meters = std::iter::once(&*active.meter).chain(active.overrides.values());
            meters.filter_map(move |meter| Some((active, meter.dated()?)))
        })
    }
}
