//! pingora: one probe decides, every second (its interval is the user's to choose).

use std::time::Duration;

use eaves_common::time::Mono;

use super::Rules;

pub(super) struct Pingora {
    up: Vec<bool>,
}

impl Pingora {
    pub(super) fn new(origins: usize) -> Self {
        Self {
            up: vec![true; origins],
        }
    }
}

impl Rules for Pingora {
    fn weight(&self, origin: usize) -> f64 {
        f64::from(u8::from(self.up[origin]))
    }

    fn interval(&self, _origin: usize) -> Option<Duration> {
        Some(Duration::from_secs(1))
    }

    fn probed(&mut self, origin: usize, passed: bool, _now: Mono) {
        self.up[origin] = passed;
    }
}
