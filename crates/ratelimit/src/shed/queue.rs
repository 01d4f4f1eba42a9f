//! [`ShedQueue`]: lets the important and the fresh through, and tells the others early.

use std::time::Duration;

use eaves_common::time::Mono;

use super::{
    Arrival, Class, Load, Policy, Reason, Served, Shed, Ticket, Turn, line::Line, load::Detector,
};

/// A bounded queue in classes, each served by age while calm and by freshness under overload.
///
/// `T` is what the caller needs to go on with a request or to refuse it. All calls take time in
/// proportion to the number of classes, whatever waits. Memory grows with what waits, up to twice
/// the policy's capacity, and is kept.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::shed::{Class, Policy, Reason, ShedQueue, Turn};
///
/// let mut queue = ShedQueue::new(Policy::new(100, [1_000, 50].map(Duration::from_millis))?);
/// let at = |millis: u64| Mono::from_nanos(millis * 1_000_000);
/// let _ = queue.push("page", Class::new(1), at(0));
/// let _ = queue.push("other page", Class::new(1), at(20));
/// let _ = queue.push("payment", Class::new(0), at(30));
///
/// let Some(Turn::Serve(first)) = queue.pop(at(40)) else { panic!() };
/// assert_eq!((first.item, first.waited), ("payment", Duration::from_millis(10)));
/// let Some(Turn::Shed(late)) = queue.pop(at(60)) else { panic!() };
/// assert_eq!((late.item, late.reason), ("page", Reason::Deadline));
/// # Ok::<(), eaves_ratelimit::shed::PolicyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ShedQueue<T> {
    /// The most important first; never empty.
    lines: Vec<Line<T>>,
    capacity: usize,
    next: u64,
}

impl<T> ShedQueue<T> {
    /// Makes an empty queue.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        let detector = Detector::new(policy.target, policy.interval);
        let deadlines = policy.deadlines.into_iter();
        Self {
            lines: deadlines
                .map(|deadline| Line::new(deadline, detector))
                .collect(),
            capacity: policy.capacity,
            next: 0,
        }
    }

    /// Lets a request wait.
    ///
    /// In a full queue one goes that has waited too long; else the oldest of the least important, if
    /// it is less important than this one or, under overload, as important: it would be served
    /// last. Else this one is refused.
    pub fn push(&mut self, item: T, class: Class, now: Mono) -> Arrival<T> {
        self.look(now);
        let class = self.known(class);
        let displaced = if self.len() < self.capacity {
            None
        } else {
            match self.expire(now).or_else(|| self.displace(class, now)) {
                None => return Arrival::Shed(shed(item, class, Duration::ZERO, Reason::Full)),
                displaced => displaced,
            }
        };
        let number = self.next;
        self.next += 1;
        self.lines[usize::from(class.rank())].push(item, number, now);
        Arrival::Waits {
            ticket: Ticket { class, number },
            displaced,
        }
    }

    /// Returns whose turn it is: first those to refuse, one a call, then the one to serve.
    pub fn pop(&mut self, now: Mono) -> Option<Turn<T>> {
        if let Some(shed) = self.expire(now) {
            return Some(Turn::Shed(shed));
        }
        let rank = self.lines.iter().position(|line| line.len() > 0)?;
        let line = &mut self.lines[rank];
        let (item, waited) = line.pop_next(now)?;
        line.look(now);
        Some(Turn::Serve(Served {
            item,
            class: class(rank),
            waited,
        }))
    }

    /// Returns one of those who have waited too long; call it until there is none.
    pub fn expire(&mut self, now: Mono) -> Option<Shed<T>> {
        self.look(now);
        let is_last = self.len() == 1;
        let is_over = |line: &Line<T>| {
            let patience = line.patience(is_last);
            line.oldest().is_some_and(|since| now - since >= patience)
        };
        let rank = self.lines.iter().rposition(is_over)?;
        let line = &mut self.lines[rank];
        let (item, waited) = line.pop_oldest(now)?;
        let reason = match line.is_due(waited) {
            true => Reason::Deadline,
            false => Reason::Overloaded,
        };
        line.look(now);
        Some(shed(item, class(rank), waited, reason))
    }

    /// Gives up a place; `None` if it was served or shed before.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<T> {
        let line = self.lines.get_mut(usize::from(ticket.class.rank()))?;
        line.leave(ticket.number)
    }

    /// Returns when to call [`expire`](Self::expire) next, unless something else happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Mono> {
        let is_last = self.len() == 1;
        let timeouts = self
            .lines
            .iter()
            .filter_map(|line| line.poll_timeout(is_last));
        timeouts.min()
    }

    /// Returns how a class stood at the last call.
    #[must_use]
    pub fn load(&self, class: Class) -> Load {
        let class = self.known(class);
        self.lines[usize::from(class.rank())].load()
    }

    /// Returns how many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.iter().map(Line::len).sum()
    }

    /// Says whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for one of `class`, if one that is less important waits, or one to be served later.
    fn displace(&mut self, arrived: Class, now: Mono) -> Option<Shed<T>> {
        let lowest = self.lines.iter().rposition(|line| line.len() > 0)?;
        let own = usize::from(arrived.rank());
        let line = &mut self.lines[lowest];
        let reason = match line.load() {
            _ if lowest > own => Reason::Displaced,
            Load::Overloaded if lowest == own => Reason::Full,
            _ => return None,
        };
        let (item, waited) = line.pop_oldest(now)?;
        Some(shed(item, class(lowest), waited, reason))
    }

    fn known(&self, wanted: Class) -> Class {
        wanted.min(class(self.lines.len() - 1))
    }

    fn look(&mut self, now: Mono) {
        self.lines.iter_mut().for_each(|line| line.look(now));
    }
}

const fn shed<T>(item: T, class: Class, waited: Duration, reason: Reason) -> Shed<T> {
    Shed {
        item,
        class,
        waited,
        reason,
    }
}

/// Returns the class of a line; there are at most 16.
const fn class(rank: usize) -> Class {
    Class::new(rank as u8)
}
