//! [`Seat`]: where a task waits to be told what becomes of it.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// What has become of a task, and how to wake it.
///
/// Whoever tells it holds the lock of the queue that the task waits in; the seat's lock comes after that,
/// and wakers are called when both are free.
#[derive(Debug)]
pub(crate) struct Seat<F>(Mutex<State<F>>);

#[derive(Debug)]
enum State<F> {
    Waits(Waker),
    Fate(F),
    Told,
}

impl<F> Seat<F> {
    /// A seat of a task that has not been polled yet.
    pub(crate) fn taken() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::Waits(Waker::noop().clone()))))
    }

    /// Writes a fate down; returns whom to wake.
    pub(crate) fn tell(&self, fate: F) -> Option<Waker> {
        match mem::replace(&mut *self.state(), State::Fate(fate)) {
            State::Waits(waker) => Some(waker),
            State::Fate(_) | State::Told => None,
        }
    }

    /// Whom to wake, if it has not been told.
    pub(crate) fn waker(&self) -> Option<Waker> {
        match &*self.state() {
            State::Waits(waker) => Some(waker.clone()),
            State::Fate(_) | State::Told => None,
        }
    }

    /// Takes the fate, once; until there is one, this task is to be woken.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<F> {
        let waker = cx.waker().clone();
        let mut state = self.state();
        let next = match &*state {
            State::Waits(_) => State::Waits(waker),
            State::Fate(_) | State::Told => State::Told,
        };
        match mem::replace(&mut *state, next) {
            State::Fate(fate) => Poll::Ready(fate),
            State::Waits(_) | State::Told => Poll::Pending,
        }
    }

    /// Takes the fate of a task that is gone, if nobody has.
    #[cfg(feature = "tower")]
    pub(crate) fn leave(&self) -> Option<F> {
        match mem::replace(&mut *self.state(), State::Told) {
            State::Fate(fate) => Some(fate),
            State::Waits(_) | State::Told => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State<F>> {
        // It is whole after every step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fate_is_told_once_and_wakes_who_waits() {
        let seat = Seat::taken();
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(seat.poll(&cx), Poll::Pending);
        assert!(seat.waker().is_some());
        assert!(seat.tell(7).is_some());
        assert!(seat.waker().is_none(), "it has been woken");
        assert_eq!(seat.poll(&cx), Poll::Ready(7));
        assert_eq!(seat.poll(&cx), Poll::Pending);
    }

    #[cfg(feature = "tower")]
    #[test]
    fn who_is_gone_leaves_its_fate_behind() {
        let seat = Seat::taken();
        assert_eq!(Seat::<u8>::taken().leave(), None);
        let _ = seat.tell(7);
        assert_eq!(seat.leave(), Some(7));
        assert_eq!(seat.leave(), None);
    }
}
