//! nginx: a connection that fails or times out (`max_fails=1`) puts a server out for 10 s
//! (`fail_timeout`); an answer of 5xx does not. If all are out, all are tried.

use std::time::Duration;

use eaves_common::time::Mono;
use eaves_health::{Failure, Outcome};

use super::Rules;

pub(super) struct Nginx {
    until: Vec<Mono>,
    now: Mono,
}

const FAIL_TIMEOUT: Duration = Duration::from_secs(10);

impl Nginx {
    pub(super) fn new(origins: usize) -> Self {
        Self {
            until: vec![Mono::ZERO; origins],
            now: Mono::ZERO,
        }
    }
}

impl Rules for Nginx {
    fn weight(&self, origin: usize) -> f64 {
        f64::from(u8::from(self.until[origin] <= self.now))
    }

    /// Only without a single live one does the share fall under this.
    fn panic_share(&self) -> f64 {
        1e-9
    }

    fn result(&mut self, origin: usize, outcome: Outcome, now: Mono) {
        if matches!(outcome, Outcome::Error(Failure::Connect | Failure::Timeout)) {
            self.until[origin] = now + FAIL_TIMEOUT;
        }
    }

    fn due(&self) -> Mono {
        let pending = self.until.iter().filter(|&&until| until > self.now);
        pending.min().copied().unwrap_or(Mono::MAX)
    }

    fn sweep(&mut self, now: Mono) {
        self.now = now;
    }
}
