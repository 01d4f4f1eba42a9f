//! [`Health`]: whether the disk takes writes, and when to try again if it does not.

use core::time::Duration;
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use eaves_common::time::Mono;

/// Why the disk takes no writes.
///
/// ```
/// use eaves_cache::store::disk::Trouble;
///
/// assert_eq!(Trouble::Full.to_string(), "disk is full");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// It reported an error.
    #[error("disk fails")]
    Failing,
    /// It has no room, though the budget allows more.
    #[error("disk is full")]
    Full,
    /// It may be read only.
    #[error("disk is read-only")]
    ReadOnly,
}

impl Trouble {
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::WriteZero => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly,
            _ => Self::Failing,
        }
    }
}

/// What is known of the disk.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    trouble: Option<Trouble>,
    retry: Mono,
    pause: Duration,
}

/// How long writes are refused after a first failure; doubled for each one that follows, up to a minute.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Health {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.lock().trouble
    }

    /// Says whether a write may be tried.
    pub(super) fn admit(&self, now: Mono) -> Result<(), Trouble> {
        let state = self.lock();
        match state.trouble {
            Some(trouble) if now < state.retry => Err(trouble),
            _ => Ok(()),
        }
    }

    pub(super) fn failed(&self, trouble: Trouble, now: Mono) {
        let mut state = self.lock();
        if state.retry == Mono::MAX {
            return;
        }
        state.pause = match state.trouble {
            Some(_) => (state.pause * 2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        state.trouble = Some(trouble);
        state.retry = now + state.pause;
    }

    pub(super) fn worked(&self) {
        self.lock().trouble = None;
    }

    /// Says whether nothing is ever written again.
    pub(super) fn is_given_up(&self) -> bool {
        self.lock().retry == Mono::MAX
    }

    /// Never tries again.
    pub(super) fn give_up(&self, trouble: Trouble) {
        let mut state = self.lock();
        state.trouble = Some(trouble);
        state.retry = Mono::MAX;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_tried_again_after_pauses_that_double() {
        let health = Health::default();
        let mut now = Mono::from_secs(100);
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            health.failed(Trouble::Full, now);
            let end = now + Duration::from_secs(pause);
            let before = now + Duration::from_millis(pause * 1000 - 1);
            assert_eq!(health.admit(before), Err(Trouble::Full));
            assert_eq!(health.admit(end), Ok(()));
            now = end;
        }
        health.worked();
        assert_eq!(health.trouble(), None);
        health.failed(Trouble::Failing, now);
        assert_eq!(health.admit(now + Duration::from_secs(1)), Ok(()));
    }
}
