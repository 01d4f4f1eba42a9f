//! [`Live`] and its [`Builder`].

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;

use super::{
    bell::Bell,
    control::Control,
    error::LiveError,
    event::Event,
    snapshot::{Kept, Ref, Snapshot, Version},
    subscription::Subscription,
};
use crate::{Error, units::Ratio};

/// A value that many read while it is replaced, with checks before and a way back after.
///
/// Clones share the value.
///
/// ```
/// use eaves_common::{Error, ErrorKind, live::Live};
///
/// let limit = Live::builder(100_u32)
///     .check(|candidate: &u32, _running: &u32| match candidate {
///         0 => Err(Error::new(ErrorKind::Invalid, "a limit of 0 lets nobody in")),
///         _ => Ok(()),
///     })
///     .build();
///
/// assert!(limit.propose(0).is_err()); // says why; 100 stays
/// let version = limit.propose(200)?; // staged, serves nobody yet
/// assert_eq!(*limit.load(), 100);
/// limit.commit(version)?;
/// assert_eq!(*limit.load(), 200);
/// limit.revert(version)?;
/// assert_eq!(*limit.load(), 100);
/// # Ok::<(), eaves_common::live::LiveError>(())
/// ```
pub struct Live<T>(Arc<Shared<T>>);

/// What all clones, and weakly all subscriptions, hold.
pub(super) struct Shared<T> {
    snapshot: ArcSwap<Snapshot<T>>,
    control: Mutex<Control<T>>,
    check: Check<T>,
    bell: Arc<Bell>,
}

type Check<T> = Box<dyn Fn(&T, &T) -> Result<(), Error> + Send + Sync>;

impl<T> Live<T> {
    /// Makes a live value without checks, which keeps the last eight versions.
    pub fn new(value: T) -> Self {
        Self::builder(value).build()
    }

    /// Begins a live value with a check or another length of history.
    pub fn builder(value: T) -> Builder<T> {
        Builder {
            value,
            check: Box::new(|_, _| Ok(())),
            keep: DEFAULT_KEEP,
        }
    }

    /// Returns the running value: lock-free and without allocation.
    #[must_use]
    pub fn load(&self) -> Ref<T> {
        self.0.load()
    }

    /// Returns the value for one key: the one on trial if the key falls in the trial's share, else
    /// the running one. A key stays on its side while the share stays, and on the trial's side
    /// while it grows; another candidate is tried on other keys.
    ///
    /// The hash may be of any quality; it is mixed again here.
    #[must_use]
    pub fn load_for(&self, key_hash: u64) -> Ref<T> {
        Ref::for_key(self.0.snapshot.load(), key_hash)
    }

    /// Returns the version of the running value.
    #[must_use]
    pub fn version(&self) -> Version {
        self.load().version()
    }

    /// Returns the version that waits for its commit, on trial or not.
    #[must_use]
    pub fn staged(&self) -> Option<Version> {
        self.control().staged()
    }

    /// Returns the version on trial and the share of keys that it serves.
    #[must_use]
    pub fn on_trial(&self) -> Option<(Version, Ratio)> {
        self.0.snapshot.load().on_trial()
    }

    /// Checks `candidate` against the running value and stages it; it serves nobody yet.
    ///
    /// A candidate staged before is withdrawn. The check runs on this thread and holds no lock.
    ///
    /// # Errors
    /// [`LiveError::Rejected`] if the check refuses it: the running value, and a candidate staged
    /// before, stay. [`LiveError::Overtaken`] if another version was committed during the check.
    pub fn propose(&self, candidate: T) -> Result<Version, LiveError> {
        let running = self.load();
        let verdict = (self.0.check)(&candidate, &running);
        self.change(|control, snapshot| match verdict {
            Err(reason) => Err(control.reject(reason)),
            Ok(()) if snapshot.version() != running.version() => {
                Err(LiveError::Overtaken(snapshot.version()))
            }
            Ok(()) => Ok(control.stage(candidate, snapshot)),
        })
    }

    /// Serves the staged `version` to a share of keys, see [`load_for`](Self::load_for); a trial
    /// that runs takes the new share.
    ///
    /// # Errors
    /// [`LiveError::NotStaged`] if `version` is not the staged one.
    pub fn trial(&self, version: Version, share: Ratio) -> Result<(), LiveError> {
        self.change(|control, snapshot| {
            let next = control.trial(version, share, snapshot)?;
            Ok(((), Some(next)))
        })
    }

    /// Makes the staged `version` the running one, for all keys.
    ///
    /// # Errors
    /// [`LiveError::NotStaged`] if `version` is not the staged one.
    pub fn commit(&self, version: Version) -> Result<(), LiveError> {
        self.change(|control, snapshot| {
            let next = control.commit(version, snapshot)?;
            Ok(((), Some(next)))
        })
    }

    /// Takes the staged `version` back, and ends its trial; the running value stays.
    ///
    /// # Errors
    /// [`LiveError::NotStaged`] if `version` is not the staged one.
    pub fn withdraw(&self, version: Version) -> Result<(), LiveError> {
        self.change(|control, snapshot| {
            let next = control.withdraw(version, snapshot)?;
            Ok(((), next))
        })
    }

    /// Leaves the running version `from` and returns to the one that ran before it, for all keys;
    /// a staged candidate was checked against `from` and is withdrawn.
    ///
    /// Returns the version that runs now. Repeated, it goes back as far as the history reaches.
    ///
    /// # Errors
    /// [`LiveError::NotRunning`] if another version runs by now, [`LiveError::NothingBefore`] if
    /// the history holds no earlier one.
    pub fn revert(&self, from: Version) -> Result<Version, LiveError> {
        self.change(|control, snapshot| {
            let next = control.revert(from, snapshot)?;
            Ok((next.version(), Some(next)))
        })
    }

    /// Returns what happened to the last versions, oldest first; as many entries as four for each
    /// version kept.
    #[must_use]
    pub fn history(&self) -> Vec<Event> {
        self.control().events()
    }

    /// Begins to listen for changes of what readers get, from now on.
    #[must_use]
    pub fn subscribe(&self) -> Subscription<T> {
        Subscription::new(&self.0, Arc::clone(&self.0.bell))
    }

    /// Runs a change under the writers' lock; rings if it made another snapshot.
    fn change<R>(
        &self,
        change: impl FnOnce(&mut Control<T>, &Snapshot<T>) -> Changed<T, R>,
    ) -> Result<R, LiveError> {
        let mut control = self.control();
        let now = self.0.snapshot.load();
        let (result, next) = change(&mut control, &now)?;
        let Some(next) = next else {
            return Ok(result);
        };
        self.0.snapshot.store(Arc::new(next.after(&now)));
        drop(control);
        self.0.bell.ring();
        Ok(result)
    }

    fn control(&self) -> MutexGuard<'_, Control<T>> {
        // Changes are whole or not at all: a panic of a value's drop leaves nothing half done.
        self.0
            .control
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A change's result, and the snapshot that readers get from now on if it is another.
type Changed<T, R> = Result<(R, Option<Snapshot<T>>), LiveError>;

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: fmt::Debug> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.load();
        f.debug_struct("Live")
            .field("version", &running.version())
            .field("value", &*running)
            .field("on_trial", &self.on_trial())
            .finish_non_exhaustive()
    }
}

impl<T> Shared<T> {
    pub(super) fn load(&self) -> Ref<T> {
        Ref::stable(self.snapshot.load())
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        self.bell.ring();
    }
}

/// Settings of a [`Live`] value that is about to start.
///
/// ```
/// use eaves_common::live::Live;
///
/// let live = Live::builder("first").keep(2).build();
/// assert_eq!(live.version().as_u64(), 1);
/// ```
#[must_use]
pub struct Builder<T> {
    value: T,
    check: Check<T>,
    keep: usize,
}

impl<T> Builder<T> {
    /// Checks every candidate (first argument) beside the running value (second) before it is staged.
    pub fn check(
        self,
        check: impl Fn(&T, &T) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Self {
        Self {
            check: Box::new(check),
            ..self
        }
    }

    /// Keeps up to `versions` earlier values to revert to.
    pub fn keep(self, versions: usize) -> Self {
        Self {
            keep: versions,
            ..self
        }
    }

    /// Starts the value as version 1; the check is not asked about it.
    pub fn build(self) -> Live<T> {
        let first = Kept::first(self.value);
        Live(Arc::new(Shared {
            control: Mutex::new(Control::new(first.version(), self.keep)),
            snapshot: ArcSwap::from_pointee(Snapshot::of(Arc::new(first))),
            check: self.check,
            bell: Arc::default(),
        }))
    }
}

impl<T: fmt::Debug> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("value", &self.value)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

const DEFAULT_KEEP: usize = 8;
