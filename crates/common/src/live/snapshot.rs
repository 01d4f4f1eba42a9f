//! What readers get: [`Ref`] into a snapshot of the running value and the one on trial.

use core::{fmt, ops::Deref};
use std::sync::Arc;

use arc_swap::Guard;

use crate::units::Ratio;

/// A value as it was when it was loaded; it stays that while this is held.
///
/// Holding many of them for long is correct, but makes later loads on the same thread slower.
///
/// ```
/// use eaves_common::live::Live;
///
/// let live = Live::new(1);
/// let before = live.load();
/// let version = live.propose(2)?;
/// live.commit(version)?;
/// assert_eq!((*before, *live.load()), (1, 2));
/// # Ok::<(), eaves_common::live::LiveError>(())
/// ```
pub struct Ref<T> {
    snapshot: Guard<Arc<Snapshot<T>>>,
    side: Side,
}

#[derive(Clone, Copy)]
enum Side {
    Stable,
    Trial,
}

impl<T> Ref<T> {
    pub(super) fn stable(snapshot: Guard<Arc<Snapshot<T>>>) -> Self {
        let side = Side::Stable;
        Self { snapshot, side }
    }

    pub(super) fn for_key(snapshot: Guard<Arc<Snapshot<T>>>, key_hash: u64) -> Self {
        let tries = |trial: &Trial<T>| trial.serves(key_hash);
        let side = match &snapshot.trial {
            Some(trial) if tries(trial) => Side::Trial,
            _ => Side::Stable,
        };
        Self { snapshot, side }
    }

    /// Returns the version of this value.
    #[must_use]
    pub fn version(&self) -> Version {
        self.kept().version
    }

    pub(super) fn serial(&self) -> Serial {
        self.snapshot.serial
    }

    fn kept(&self) -> &Kept<T> {
        match (self.side, &self.snapshot.trial) {
            (Side::Trial, Some(trial)) => &trial.kept,
            _ => &self.snapshot.stable,
        }
    }
}

impl<T> Deref for Ref<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.kept().value
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ref")
            .field("version", &self.version())
            .field("value", &**self)
            .finish()
    }
}

/// The number of a value: counts from 1, is never used twice, and stays with its value.
///
/// ```
/// use eaves_common::live::Live;
///
/// assert_eq!(Live::new("first").version().to_string(), "1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Version(u64);

impl Version {
    pub(super) const FIRST: Self = Self(1);

    pub(super) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns the number, for example for a metric.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl From<u64> for Version {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value and its number; shared by the snapshots that hold it and the history.
pub(super) struct Kept<T> {
    version: Version,
    value: T,
}

impl<T> Kept<T> {
    pub(super) fn first(value: T) -> Self {
        Self::new(Version::FIRST, value)
    }

    pub(super) fn new(version: Version, value: T) -> Self {
        Self { version, value }
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }
}

/// Counts what readers got, so that a listener knows what it has heard of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Serial(u64);

/// Both values that readers may get; replaced as one.
pub(super) struct Snapshot<T> {
    serial: Serial,
    stable: Arc<Kept<T>>,
    trial: Option<Trial<T>>,
}

struct Trial<T> {
    kept: Arc<Kept<T>>,
    share: Ratio,
}

impl<T> Snapshot<T> {
    pub(super) fn of(stable: Arc<Kept<T>>) -> Self {
        Self {
            serial: Serial::default(),
            stable,
            trial: None,
        }
    }

    pub(super) fn with_trial(&self, kept: Arc<Kept<T>>, share: Ratio) -> Self {
        Self {
            stable: self.stable(),
            serial: self.serial,
            trial: Some(Trial { kept, share }),
        }
    }

    /// This snapshot as the one that follows `before`.
    pub(super) fn after(self, before: &Self) -> Self {
        let serial = Serial(before.serial.0.wrapping_add(1));
        Self { serial, ..self }
    }

    /// This snapshot without its trial, if it has one.
    pub(super) fn without_trial(&self) -> Option<Self> {
        self.trial.as_ref().map(|_| Self::of(self.stable()))
    }

    pub(super) fn stable(&self) -> Arc<Kept<T>> {
        Arc::clone(&self.stable)
    }

    pub(super) fn version(&self) -> Version {
        self.stable.version
    }

    pub(super) fn on_trial(&self) -> Option<(Version, Ratio)> {
        let trial = self.trial.as_ref()?;
        Some((trial.kept.version, trial.share))
    }
}

impl<T> Trial<T> {
    /// Whether the key's point in 0..1 lies below the share. The point is drawn anew for each
    /// version, so that it is not always the same keys that try everything first.
    fn serves(&self, key_hash: u64) -> bool {
        let point = mix(key_hash ^ mix(self.kept.version.0));
        u128::from(point) * BILLION < u128::from(self.share.as_billionths()) << 64
    }
}

/// Spreads close inputs over all 64 bits (the finalizer of `SplitMix64`).
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const BILLION: u128 = 1_000_000_000;
