//! [`Gate`]: a shaper that futures wait at.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use eaves_common::time::{Clock, Mono, SystemClock};

use super::{Arrival, Passed, Policy, Refused, Shaper, Ticket};
use crate::{key::KeyHash, wait::Timer};

/// Lets tasks pass at a steady rate, each key getting its share; clones are the same gate.
///
/// No task runs behind it: the waiting task whose turn is next keeps the time.
///
/// ```
/// use std::hash::BuildHasher;
/// use eaves_ratelimit::{key::KeyHash, shape::{Gate, Policy}};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// # runtime.block_on(async {
/// let gate = Gate::new(Policy::new("1000/1s burst 1".parse()?, 100)?, tokio::time::sleep);
/// let tenant = KeyHash::new(7);
/// for _ in 0..3 {
///     gate.pass(tenant, 1).await.expect("it may wait ten seconds");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Gate<T, C = SystemClock> {
    queue: Arc<Mutex<Shaper<Arc<Seat>>>>,
    policy: Policy,
    timer: T,
    clock: C,
}

/// How long a task waited when its turn came, or why it has to go.
type Fate = Result<Duration, Refused<()>>;
type Seat = crate::wait::Seat<Fate>;

impl<T: Timer> Gate<T> {
    /// Makes a gate.
    #[must_use]
    pub fn new(policy: Policy, timer: T) -> Self {
        Self {
            queue: Arc::new(Mutex::new(Shaper::new(policy))),
            policy,
            timer,
            clock: SystemClock,
        }
    }
}

impl<T: Timer + Clone, C: Clock + Clone> Gate<T, C> {
    /// Reads time from another clock; a gate of its own, at which nobody waits.
    #[must_use]
    pub fn clock<D: Clock>(self, clock: D) -> Gate<T, D> {
        Gate {
            queue: Arc::new(Mutex::new(Shaper::new(self.policy))),
            policy: self.policy,
            timer: self.timer,
            clock,
        }
    }

    /// Waits until a request of so many units may pass; says how long it waited.
    ///
    /// # Errors
    ///
    /// [`Refused`] if it waited as long as it may, the gate is full, or it costs more than the burst.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it gives up its place; units whose turn had come are lost.
    #[must_use]
    pub fn pass(&self, key: KeyHash, cost: u64) -> Pass<T, C> {
        Pass {
            gate: self.clone(),
            request: (key, cost),
            place: None,
            sleep: None,
        }
    }

    /// Returns how many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue().len()
    }

    /// Puts a request in the queue.
    fn enter(&self, (key, cost): (KeyHash, u64)) -> Result<(Arc<Seat>, Ticket), Refused<()>> {
        let seat = Seat::taken();
        let now = self.clock.mono();
        let arrival = self.queue().push(key, cost, Arc::clone(&seat), now);
        match arrival {
            Arrival::Refused(refused) => Err(without_item(&refused)),
            Arrival::Waits { ticket, displaced } => {
                let waker = displaced.and_then(|refused| refuse(&refused));
                waker.into_iter().for_each(Waker::wake);
                Ok((seat, ticket))
            }
        }
    }

    /// Lets pass and refuses whoever is due, and says when `seat` has to look again.
    fn look(&self, seat: Option<&Arc<Seat>>) -> Mono {
        let now = self.clock.mono();
        let mut wakers = Vec::new();
        let mut queue = self.queue();
        while let Some(refused) = queue.expire(now) {
            wakers.extend(refuse(&refused));
        }
        while let Some(passed) = queue.pop(now) {
            wakers.extend(pass(&passed));
        }
        let next = queue.peek();
        let is_next = next.is_some_and(|next| seat.is_some_and(|seat| Arc::ptr_eq(next, seat)));
        if !is_next {
            wakers.extend(next.and_then(|next| next.waker())); // it keeps the time from now on
        }
        let again = match queue.poll_timeout() {
            Some(again) if is_next => again,
            _ => now + self.policy.longest,
        };
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
        again
    }

    fn queue(&self) -> MutexGuard<'_, Shaper<Arc<Seat>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pass(passed: &Passed<Arc<Seat>>) -> Option<Waker> {
    passed.item.tell(Ok(passed.waited))
}

fn refuse(refused: &Refused<Arc<Seat>>) -> Option<Waker> {
    refused.item.tell(Err(without_item(refused)))
}

fn without_item(refused: &Refused<Arc<Seat>>) -> Refused<()> {
    Refused {
        item: (),
        key: refused.key,
        waited: refused.waited,
        reason: refused.reason,
    }
}

impl<T: Clone, C: Clone> Clone for Gate<T, C> {
    fn clone(&self) -> Self {
        Self {
            queue: Arc::clone(&self.queue),
            policy: self.policy,
            timer: self.timer.clone(),
            clock: self.clock.clone(),
        }
    }
}

impl<T, C> fmt::Debug for Gate<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// The future of [`Gate::pass`].
///
/// ```
/// use eaves_ratelimit::shape::Pass;
/// # fn future<T: eaves_ratelimit::wait::Timer + Clone, C: eaves_common::time::Clock + Clone>(_: Option<Pass<T, C>>) {}
/// ```
pub struct Pass<T: Timer + Clone, C: Clock + Clone> {
    gate: Gate<T, C>,
    request: (KeyHash, u64),
    place: Option<(Arc<Seat>, Ticket)>,
    sleep: Option<(Mono, Pin<Box<T::Sleep>>)>,
}

impl<T: Timer + Clone + Unpin, C: Clock + Clone + Unpin> Future for Pass<T, C> {
    type Output = Result<Duration, Refused<()>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.place.is_none() {
            match this.gate.enter(this.request) {
                Ok(place) => this.place = Some(place),
                Err(refused) => return Poll::Ready(Err(refused)),
            }
        }
        loop {
            if let Some(told) = this.told(cx) {
                return Poll::Ready(told);
            }
            if this.is_asleep(cx) {
                return Poll::Pending;
            }
        }
    }
}

impl<T: Timer + Clone, C: Clock + Clone> Pass<T, C> {
    /// What the task is told, if anything.
    fn told(&mut self, cx: &Context<'_>) -> Option<Fate> {
        let (seat, _) = self.place.as_ref()?;
        let Poll::Ready(fate) = seat.poll(cx) else {
            return None;
        };
        self.place = None;
        Some(fate)
    }

    /// Looks after the gate, and sleeps until it has to look again; false if that is now.
    fn is_asleep(&mut self, cx: &mut Context<'_>) -> bool {
        let again = self.gate.look(self.place.as_ref().map(|(seat, _)| seat));
        if self.sleep.as_ref().is_none_or(|(until, _)| *until > again) {
            let time = again - self.gate.clock.mono();
            self.sleep = Some((again, Box::pin(self.gate.timer.sleep(time))));
        }
        let slept = self
            .sleep
            .as_mut()
            .map(|(_, sleep)| sleep.as_mut().poll(cx));
        let is_asleep = slept.is_some_and(|slept| slept.is_pending());
        if !is_asleep {
            self.sleep = None;
        }
        is_asleep
    }
}

impl<T: Timer + Clone, C: Clock + Clone> Drop for Pass<T, C> {
    fn drop(&mut self) {
        let Some((_, ticket)) = self.place.take() else {
            return;
        };
        let left = self.gate.queue().cancel(ticket);
        if left.is_some() {
            self.gate.look(None); // another may be next now
        }
    }
}

impl<T: Timer + Clone, C: Clock + Clone> fmt::Debug for Pass<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass")
            .field("request", &self.request)
            .field("waits", &self.place.is_some())
            .finish_non_exhaustive()
    }
}
