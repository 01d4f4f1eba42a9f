//! [`Shaper`]: lets requests pass at a steady rate, in fair order.

use std::time::Duration;

use eaves_common::time::Mono;

use super::{
    Arrival, Passed, Policy, Reason, Refused, Ticket,
    order::{Entry, Order},
    pace::Pace,
};
use crate::key::KeyHash;

/// A bounded queue whose requests pass at a rate, each key getting its share.
///
/// `T` is what the caller needs to go on with a request or to refuse it. All calls take time in
/// proportion to the logarithm of what waits.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::{key::KeyHash, shape::{Policy, Shaper}};
///
/// let mut shaper = Shaper::new(Policy::new("10/1s burst 1".parse()?, 100)?);
/// let (many, few) = (KeyHash::new(1), KeyHash::new(2));
/// for item in ["many 1", "many 2", "many 3"] {
///     let _ = shaper.push(many, 1, item, Mono::ZERO);
/// }
/// let _ = shaper.push(few, 1, "few 1", Mono::ZERO);
///
/// let mut passed = Vec::new();
/// let mut now = Mono::ZERO;
/// while let Some(next) = shaper.poll_timeout() {
///     now = now.max(next);
///     passed.extend(shaper.pop(now).map(|passed| passed.item));
/// }
/// assert_eq!(passed, ["many 1", "few 1", "many 2", "many 3"]);
/// assert_eq!(now, Mono::ZERO + Duration::from_millis(300));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shaper<T> {
    order: Order<T>,
    pace: Pace,
    policy: Policy,
}

impl<T> Shaper<T> {
    /// Makes an empty queue.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            order: Order::new(),
            pace: Pace::new(policy.rate),
            policy,
        }
    }

    /// Lets a request of so many units wait.
    ///
    /// In a full queue the one that would be served last is refused, this one or another.
    pub fn push(&mut self, key: KeyHash, cost: u64, item: T, now: Mono) -> Arrival<T> {
        let since = now;
        let entry = Entry {
            item,
            key,
            cost,
            since,
        };
        if cost > self.pace.burst() {
            return Arrival::Refused(refused(entry, now, Reason::Impossible));
        }
        let mut displaced = None;
        if self.order.len() >= self.policy.capacity {
            if self.order.would_be_last(key) {
                return Arrival::Refused(refused(entry, now, Reason::Full));
            }
            let last = self.order.pop_last();
            displaced = last.map(|last| refused(last, now, Reason::Full));
        }
        let ticket = Ticket(self.order.push(entry));
        Arrival::Waits { ticket, displaced }
    }

    /// Returns the next that may pass now.
    pub fn pop(&mut self, now: Mono) -> Option<Passed<T>> {
        let cost = self.order.first()?.cost;
        let due = self.pace.due(cost);
        if due > now {
            return None;
        }
        let entry = self.order.pop_first()?;
        self.pace.take(cost, due.max(entry.since), now);
        Some(Passed {
            item: entry.item,
            key: entry.key,
            waited: now - entry.since,
        })
    }

    /// Returns the next, whose turn may not have come.
    #[must_use]
    pub fn peek(&self) -> Option<&T> {
        self.order.first().map(|entry| &entry.item)
    }

    /// Returns one that has waited too long; call it until there is none.
    pub fn expire(&mut self, now: Mono) -> Option<Refused<T>> {
        let (place, since) = self.order.oldest()?;
        if now - since < self.policy.longest {
            return None;
        }
        let entry = self.order.take(place)?;
        Some(refused(entry, now, Reason::Deadline))
    }

    /// Gives up a place; `None` if it passed or was refused before.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<T> {
        self.order.take(ticket.0).map(|entry| entry.item)
    }

    /// Returns when to call [`pop`](Self::pop) and [`expire`](Self::expire) next, unless somebody
    /// comes before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Mono> {
        let first = self.order.first()?;
        let (_, since) = self.order.oldest()?;
        let expires = since + self.policy.longest;
        Some(self.pace.due(first.cost).min(expires))
    }

    /// Returns how many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Says whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how long it takes, at this rate, until all that wait have passed.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.pace.time(self.order.backlog())
    }
}

fn refused<T>(entry: Entry<T>, now: Mono, reason: Reason) -> Refused<T> {
    Refused {
        item: entry.item,
        key: entry.key,
        waited: now - entry.since,
        reason,
    }
}
