//! [`Window`]: how far the last minutes stray from what is usual, in units of how far they usually do.

/// The last minutes of one length, and how far they usually stray.
///
/// Counts are compared as square roots, where chance makes the same difference whatever the level
/// (Anscombe 1948): a window strays by 1. What else makes good and bad days, each window learns as a
/// share of the level: it grows with the level and with the window's length, where chance does not.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Distances of the last minutes; once full, the oldest stands at `next`.
    last: Vec<f32>,
    next: usize,
    length: usize,
    /// The square of the share of the level by which it strays, chance aside.
    pub(super) unrest: f32,
}

impl Window {
    pub(super) fn new(length: usize) -> Self {
        Self {
            last: Vec::with_capacity(length),
            next: 0,
            length,
            unrest: UNREST,
        }
    }

    pub(super) const fn length(&self) -> usize {
        self.length
    }

    pub(super) fn push(&mut self, distance: f32) {
        if self.last.len() < self.length {
            self.last.push(distance);
        } else {
            self.last[self.next] = distance;
            self.next = (self.next + 1) % self.length;
        }
    }

    pub(super) fn clear(&mut self) {
        self.last.clear();
        self.next = 0;
    }

    /// How far the window strays, scaled so that chance alone makes it 1.
    pub(super) fn distance(&self) -> f32 {
        if self.last.len() < self.length {
            return 0.0;
        }
        self.last.iter().sum::<f32>() / (self.length as f32).sqrt()
    }

    /// The distance in usual deviations at a level.
    pub(super) fn deviations(&self, level: f32) -> f32 {
        self.distance() / self.deviation(level)
    }

    /// The usual size of the distance at a level: chance, and what is learned beside it.
    pub(super) fn deviation(&self, level: f32) -> f32 {
        (1.0 + self.unrest * self.weight(level)).sqrt()
    }

    /// Learns how far it strays at a level. One window teaches no more than a few deviations, and
    /// little where chance hides the rest.
    pub(super) fn learn(&mut self, level: f32) {
        if self.last.len() < self.length {
            return;
        }
        let weight = self.weight(level).max(0.1);
        let furthest = CUT * self.deviation(level);
        let square = self.distance().abs().min(furthest).powi(2);
        let rate = RATE * weight / (weight + HIDDEN);
        let step = (square - 1.0) / weight - self.unrest;
        self.unrest = (self.unrest + step * rate).clamp(0.0, 1.0);
    }

    /// How much a share of the level counts in the square of the distance.
    fn weight(&self, level: f32) -> f32 {
        level * self.length as f32
    }
}

/// The distance of a count from a level, 1 by chance.
pub(super) fn distance(reports: f32, level: f32) -> f32 {
    2.0 * ((reports + 0.375).sqrt() - (level + 0.375).sqrt())
}

/// A count no further than [`CUT`] from a level.
pub(super) fn limited(reports: f32, level: f32) -> f32 {
    let root = (level + 0.375).sqrt();
    let nearest = (root - CUT / 2.0).max(0.0).powi(2) - 0.375;
    let furthest = (root + CUT / 2.0).powi(2) - 0.375;
    reports.clamp(nearest, furthest)
}

/// What is assumed before anything is learned: good and bad days within 15 %.
const UNREST: f32 = 0.15 * 0.15;
/// Deviations beyond which a minute teaches no more.
const CUT: f32 = 4.0;
/// The unrest is an average over about three days.
const RATE: f32 = 1.0 / 4_320.0;
/// Reports in a window below which chance hides the rest.
const HIDDEN: f32 = 20.0;
