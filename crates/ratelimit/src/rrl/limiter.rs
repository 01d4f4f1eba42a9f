//! [`ResponseLimiter`]: three tables and what slips.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicU8, AtomicU64, Ordering},
};

use eaves_common::{time::Mono, units::IpPrefix};

use super::{Action, Asker, Kind, Settings};
use crate::{
    error::BuildError,
    key::{KeyHash, KeyHasher},
    meter::Gcra,
    rule::Mode,
    table::{Occupancy, bucket_of},
};

/// Decides about DNS answers over UDP, in fixed memory.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::{key::KeyHasher, rrl::{Action, Kind, ResponseLimiter, Settings}};
///
/// let settings = Settings::default().answers("2/1s".parse()?);
/// let limiter = ResponseLimiter::new(settings, KeyHasher::random())?;
/// let victim = "198.51.100.7".parse()?;
/// let answer = Kind::Answer { name: b"\x03www\x07example\x00" };
/// let mut actions = (0..6).map(|_| limiter.check(victim, &answer, Mono::ZERO));
/// use Action::{Drop, Send, Truncate};
/// assert!(actions.by_ref().eq([Send, Send, Drop, Truncate, Drop, Truncate]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ResponseLimiter {
    settings: Settings,
    hasher: KeyHasher,
    answers: Gcra,
    missing: Gcra,
    errors: Gcra,
    /// How many answers were held back, by the hash of what they were: which of them slip.
    held: Box<[AtomicU8]>,
    dropped: AtomicU64,
    truncated: AtomicU64,
    proven: AtomicU64,
}

/// What became of answers, since the limiter was built.
///
/// In shadow mode it is what would have become of them: all were sent.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::{key::KeyHasher, rrl::{Asker, Kind, ResponseLimiter, Settings}};
///
/// let settings = Settings::default().errors("1/1s".parse()?).slip(2);
/// let limiter = ResponseLimiter::new(settings, KeyHasher::random())?;
/// let address = "198.51.100.7".parse()?;
/// for asker in [Asker::Claimed(address), Asker::Claimed(address), Asker::Proven(address)] {
///     let _ = limiter.check_asker(asker, &Kind::Error, Mono::ZERO);
/// }
/// let counts = limiter.counts();
/// assert_eq!((counts.dropped, counts.truncated, counts.proven), (1, 0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Answers over a limit that were dropped.
    pub dropped: u64,
    /// Answers over a limit that slipped out truncated.
    pub truncated: u64,
    /// Answers that no limit was asked about, since a cookie proved where they go.
    pub proven: u64,
}

impl ResponseLimiter {
    /// Takes the memory.
    ///
    /// # Errors
    ///
    /// [`BuildError::Rate`] if a rate cannot be counted exactly.
    pub fn new(settings: Settings, hasher: KeyHasher) -> Result<Self, BuildError> {
        let gcra = |rate| Gcra::new(rate, settings.capacity);
        Ok(Self {
            answers: gcra(settings.answers)?,
            missing: gcra(settings.missing)?,
            errors: gcra(settings.errors)?,
            held: (0..settings.capacity.cells())
                .map(|_| AtomicU8::new(0))
                .collect(),
            dropped: AtomicU64::new(0),
            truncated: AtomicU64::new(0),
            proven: AtomicU64::new(0),
            settings,
            hasher,
        })
    }

    /// Decides about an answer to whoever asked: one to a [proven](Asker::Proven) address may go, and any
    /// other is for [`check`](Self::check).
    pub fn check_asker(&self, asker: Asker, kind: &Kind<'_>, now: Mono) -> Action {
        match asker {
            Asker::Claimed(client) => self.check(client, kind, now),
            Asker::Proven(_) => {
                self.proven.fetch_add(1, Ordering::Relaxed);
                Action::Send
            }
        }
    }

    /// Decides about an answer to the address that a datagram claims to come from, and counts it if it may
    /// go.
    pub fn check(&self, client: IpAddr, kind: &Kind<'_>, now: Mono) -> Action {
        let exempt = &self.settings.exempt;
        if exempt.iter().any(|prefix| prefix.contains(client)) {
            return Action::Send;
        }
        let block = IpPrefix::aggregate(client, self.settings.v4, self.settings.v6);
        let key = self.hasher.hash(&(block.network(), kind));
        if self.meter(kind).check(key, 1, now).is_allowed() {
            return Action::Send;
        }
        let action = self.held_back(key);
        let count = match action {
            Action::Truncate => &self.truncated,
            _ => &self.dropped,
        };
        count.fetch_add(1, Ordering::Relaxed);
        match self.settings.mode {
            Mode::Enforce => action,
            Mode::Shadow => Action::Send,
        }
    }

    /// Returns what became of answers so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            dropped: self.dropped.load(Ordering::Relaxed),
            truncated: self.truncated.load(Ordering::Relaxed),
            proven: self.proven.load(Ordering::Relaxed),
        }
    }

    /// Says how full the tables of answers, of missing names and of errors are; walks them.
    #[must_use]
    pub fn occupancy(&self, now: Mono) -> [Occupancy; 3] {
        [&self.answers, &self.missing, &self.errors].map(|meter| meter.occupancy(now))
    }

    const fn meter(&self, kind: &Kind<'_>) -> &Gcra {
        match kind {
            Kind::Answer { .. } | Kind::Referral { .. } => &self.answers,
            Kind::Error => &self.errors,
            Kind::NoSuchName { .. } => &self.missing,
        }
    }

    /// Whether an answer over the limit slips: of those counted together, every so many-th.
    fn held_back(&self, key: KeyHash) -> Action {
        let every = self.settings.slip;
        if every == 0 {
            return Action::Drop;
        }
        let held = &self.held[bucket_of(key.as_u64(), self.held.len())];
        let turn = |count: u8| Some(if count + 1 >= every { 0 } else { count + 1 });
        let before = held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, turn);
        match before {
            Ok(count) if count + 1 >= every => Action::Truncate,
            _ => Action::Drop,
        }
    }
}
