//! [`Uptime`]: how much of the last hour, day or quarter was good.

use std::{collections::VecDeque, time::Duration};

use eaves_common::time::Wall;

/// When something was down, for figures over the last hour to the last 90 days.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Wall;
/// use eaves_health::incident::{Span, Uptime};
///
/// let day = |number: u64| Wall::from_secs(number * 86_400);
/// let mut uptime = Uptime::new(day(0));
/// uptime.down(day(5));
/// uptime.up(day(5) + Duration::from_secs(864));
/// assert_eq!(uptime.share(Span::Day, day(6)), 0.99);
/// assert_eq!(uptime.share(Span::Day, day(7)), 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Uptime {
    /// What was before is not known.
    since: Wall,
    outages: VecDeque<(Wall, Wall)>,
    down_since: Option<Wall>,
}

/// The time that a figure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// The last hour.
    Hour,
    /// The last 24 hours.
    Day,
    /// The last 7 days.
    Week,
    /// The last 30 days.
    Month,
    /// The last 90 days.
    Quarter,
}

/// Outages kept; beyond, the two oldest become one with the time between them.
const MAX_OUTAGES: usize = 4096;

impl Span {
    /// Every span, from the shortest.
    pub const ALL: [Self; 5] = [
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
    ];

    /// Returns how long it is.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
            Self::Month => 30 * 86_400,
            Self::Quarter => 90 * 86_400,
        })
    }
}

impl Uptime {
    /// Begins to keep times, with something that is up.
    #[must_use]
    pub fn new(now: Wall) -> Self {
        Self {
            since: now,
            outages: VecDeque::new(),
            down_since: None,
        }
    }

    /// Notes that it went down, unless it was.
    pub fn down(&mut self, now: Wall) {
        self.down_since.get_or_insert(now);
    }

    /// Notes that it came back, unless it was up.
    pub fn up(&mut self, now: Wall) {
        let Some(began) = self.down_since.take() else {
            return;
        };
        self.outages.push_back((began, now.max(began)));
        let oldest = now - Span::Quarter.duration();
        while self.outages.front().is_some_and(|outage| outage.1 < oldest) {
            self.outages.pop_front();
        }
        if self.outages.len() > MAX_OUTAGES {
            let first = self.outages.pop_front();
            if let (Some(first), Some(second)) = (first, self.outages.front_mut()) {
                second.0 = first.0;
            }
        }
    }

    /// Returns the share of the span, as far as it is known, in which it was up.
    #[must_use]
    pub fn share(&self, span: Span, now: Wall) -> f64 {
        let start = (now - span.duration()).max(self.since);
        let whole = (now - start).as_secs_f64();
        if whole <= 0.0 {
            return if self.down_since.is_some() { 0.0 } else { 1.0 };
        }
        let current = self.down_since.map(|began| (began, now));
        let outages = self.outages.iter().copied().chain(current);
        let down: f64 = outages
            .map(|(from, to)| (to.min(now) - from.max(start)).as_secs_f64())
            .sum();
        (1.0 - down / whole).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_count_what_lies_inside_the_span() {
        let hour = |number: u64| Wall::from_secs(number * 3_600);
        let mut uptime = Uptime::new(hour(0));
        uptime.down(hour(90));
        uptime.down(hour(91));
        uptime.up(hour(100));
        uptime.up(hour(101));
        let now = hour(100) + Duration::from_secs(1_800);
        assert_eq!(uptime.share(Span::Hour, now), 0.5);
        assert!((uptime.share(Span::Week, now) - (1.0 - 10.0 / 100.5)).abs() < 1e-9);
        uptime.down(now);
        assert_eq!(uptime.share(Span::Hour, now + Span::Hour.duration()), 0.0);
    }

    #[test]
    fn many_outages_are_merged_and_never_forgotten() {
        let mut uptime = Uptime::new(Wall::ZERO);
        for second in 0..10_000 {
            uptime.down(Wall::from_secs(second * 2));
            uptime.up(Wall::from_secs(second * 2 + 1));
        }
        assert!(uptime.outages.len() <= MAX_OUTAGES);
        assert!(uptime.share(Span::Day, Wall::from_secs(20_000)) <= 0.5);
    }
}
