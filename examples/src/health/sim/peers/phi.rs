//! The phi accrual failure detector (Hayashibara et al., 2004) over probes each second: threshold 8, the
//! last 100 intervals, a standard deviation of at least 0.1 s, no pause granted.

use std::{collections::VecDeque, time::Duration};

use eaves_common::time::Mono;

use super::Rules;

pub(super) struct Phi {
    hearts: Vec<Heart>,
    now: Mono,
}

#[derive(Clone, Default)]
struct Heart {
    last: Option<Mono>,
    gaps: VecDeque<f64>,
    mean: f64,
    deviation: f64,
}

const THRESHOLD: f64 = 8.0;
const WINDOW: usize = 100;
const LEAST_DEVIATION: f64 = 0.1;
const LOOK: Duration = Duration::from_millis(10);

impl Phi {
    pub(super) fn new(origins: usize) -> Self {
        Self {
            hearts: vec![Heart::default(); origins],
            now: Mono::ZERO,
        }
    }
}

impl Heart {
    fn beat(&mut self, now: Mono) {
        if let Some(last) = self.last {
            self.gaps.push_back((now - last).as_secs_f64());
        }
        if self.gaps.len() > WINDOW {
            self.gaps.pop_front();
        }
        self.last = Some(now);
        let count = self.gaps.len().max(1) as f64;
        self.mean = self.gaps.iter().sum::<f64>() / count;
        let variance = self
            .gaps
            .iter()
            .map(|gap| (gap - self.mean).powi(2))
            .sum::<f64>()
            / count;
        self.deviation = variance.sqrt().max(LEAST_DEVIATION);
    }

    /// Minus the logarithm of the chance that a beat comes later than now.
    fn phi(&self, now: Mono) -> f64 {
        let Some(last) = self.last.filter(|_| self.gaps.len() > 1) else {
            return 0.0;
        };
        let distance = ((now - last).as_secs_f64() - self.mean) / self.deviation;
        // The logistic approximation of the normal distribution's tail.
        let tail = (-distance * (1.5976 + 0.070_566 * distance * distance)).exp();
        let chance = if distance > 0.0 {
            tail / (1.0 + tail)
        } else {
            1.0 - 1.0 / (1.0 + tail)
        };
        -chance.max(f64::MIN_POSITIVE).log10()
    }
}

impl Rules for Phi {
    fn weight(&self, origin: usize) -> f64 {
        f64::from(u8::from(self.hearts[origin].phi(self.now) < THRESHOLD))
    }

    fn interval(&self, _origin: usize) -> Option<Duration> {
        Some(Duration::from_secs(1))
    }

    fn probed(&mut self, origin: usize, passed: bool, now: Mono) {
        self.now = now;
        if passed {
            self.hearts[origin].beat(now);
        }
    }

    fn due(&self) -> Mono {
        self.now + LOOK
    }

    fn sweep(&mut self, now: Mono) {
        self.now = now;
    }
}
