//! [`Line`]: those of one class who wait, in the order of arrival.

use std::{collections::VecDeque, time::Duration};

use eaves_common::time::Mono;

use super::{Load, load::Detector};

/// A double-ended queue whose members may leave from the middle.
///
/// Who leaves from the middle leaves a gap; gaps are closed when they are more than the members, so
/// leaving costs a search and, averaged over many, constant time.
#[derive(Clone, Debug)]
pub(super) struct Line<T> {
    deadline: Duration,
    detector: Detector,
    /// First and last are never gaps.
    places: VecDeque<Waiting<T>>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Waiting<T> {
    number: u64,
    since: Mono,
    item: Option<T>,
}

impl<T> Line<T> {
    pub(super) const fn new(deadline: Duration, detector: Detector) -> Self {
        Self {
            deadline,
            detector,
            places: VecDeque::new(),
            len: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, item: T, number: u64, now: Mono) {
        // A clock that goes back must not put a younger one before an older.
        let since = self.places.back().map_or(now, |last| last.since.max(now));
        self.places.push_back(Waiting {
            number,
            since,
            item: Some(item),
        });
        self.len += 1;
    }

    /// Returns since when the oldest waits.
    pub(super) fn oldest(&self) -> Option<Mono> {
        self.places.front().map(|oldest| oldest.since)
    }

    /// Takes note of how long the oldest has waited by now.
    pub(super) fn look(&mut self, now: Mono) {
        self.detector.look(self.oldest(), now);
    }

    pub(super) const fn load(&self) -> Load {
        self.detector.load()
    }

    /// Returns how long anyone may wait: under overload no longer than the target, unless the
    /// service would run dry for it.
    pub(super) fn patience(&self, is_last: bool) -> Duration {
        match self.load() {
            Load::Overloaded if !is_last => self.deadline.min(self.detector.target()),
            Load::Calm | Load::Overloaded => self.deadline,
        }
    }

    /// Says whether a wait is over because of the class's deadline.
    pub(super) fn is_due(&self, waited: Duration) -> bool {
        waited >= self.deadline
    }

    /// Returns when something changes here if nobody comes or goes.
    pub(super) fn poll_timeout(&self, is_last: bool) -> Option<Mono> {
        let oldest = self.oldest()?;
        let end = oldest + self.patience(is_last);
        Some(self.detector.due(oldest).map_or(end, |due| due.min(end)))
    }

    /// Takes out whose turn it is: the oldest, or under overload the newest.
    pub(super) fn pop_next(&mut self, now: Mono) -> Option<(T, Duration)> {
        let gone = match self.load() {
            Load::Calm => self.places.pop_front(),
            Load::Overloaded => self.places.pop_back(),
        };
        self.left(gone, now)
    }

    pub(super) fn pop_oldest(&mut self, now: Mono) -> Option<(T, Duration)> {
        let gone = self.places.pop_front();
        self.left(gone, now)
    }

    /// Takes out whoever has this number.
    pub(super) fn leave(&mut self, number: u64) -> Option<T> {
        let at = self
            .places
            .binary_search_by_key(&number, |place| place.number);
        let item = self.places.get_mut(at.ok()?)?.item.take()?;
        self.len -= 1;
        self.close_gaps();
        Some(item)
    }

    fn left(&mut self, gone: Option<Waiting<T>>, now: Mono) -> Option<(T, Duration)> {
        let Waiting { since, item, .. } = gone?;
        let item = item?; // no gap, being first or last
        self.len -= 1;
        self.close_gaps();
        Some((item, now - since))
    }

    fn close_gaps(&mut self) {
        if self.places.len() > 2 * self.len {
            self.places.retain(|place| place.item.is_some());
        }
        while self
            .places
            .front()
            .is_some_and(|place| place.item.is_none())
        {
            self.places.pop_front();
        }
        while self.places.back().is_some_and(|place| place.item.is_none()) {
            self.places.pop_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<T>() -> Line<T> {
        let second = Duration::from_secs(1);
        Line::new(second, Detector::new(second, second))
    }

    #[test]
    fn who_leaves_leaves_the_order_of_the_others() {
        let mut line = line();
        (0..100).for_each(|number| line.push(number, number, Mono::from_nanos(number)));
        for number in (0..100).filter(|number| number % 3 != 1) {
            assert_eq!(line.leave(number), Some(number));
            assert_eq!(line.leave(number), None);
            assert!(line.places.len() <= 2 * line.len());
        }
        assert_eq!(line.len(), 33);
        let now = Mono::from_nanos(100);
        assert_eq!(line.pop_oldest(now), Some((1, Duration::from_nanos(99))));
        let rest: Vec<_> = std::iter::from_fn(|| line.pop_oldest(now))
            .map(|(item, _)| item)
            .collect();
        let expected: Vec<_> = (1..100).filter(|number| number % 3 == 1).skip(1).collect();
        assert_eq!((rest, line.len()), (expected, 0));
    }

    #[test]
    fn a_clock_that_goes_back_keeps_the_order() {
        let mut line = line();
        line.push('a', 0, Mono::from_nanos(9));
        line.push('b', 1, Mono::from_nanos(2));
        assert_eq!(
            line.pop_oldest(Mono::from_nanos(10)),
            Some(('a', Duration::from_nanos(1)))
        );
        assert_eq!(line.oldest(), Some(Mono::from_nanos(9)));
    }
}
