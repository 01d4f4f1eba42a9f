//! linkerd: seven errors in a row put an endpoint out for 1 s, then for 2, 4, ... up to 60 s; after
//! each, one request on probation decides.

use std::time::Duration;

use eaves_common::time::Mono;
use eaves_health::Outcome;

use super::Rules;

pub(super) struct Linkerd {
    endpoints: Vec<Endpoint>,
}

#[derive(Clone, Copy, Default)]
struct Endpoint {
    state: State,
    errors: u32,
    backoffs: i32,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    #[default]
    Open,
    Shut {
        until: Mono,
    },
    Probation {
        sent: bool,
    },
}

const FAILURES: u32 = 7;
const LONGEST: f64 = 60.0;

impl Linkerd {
    pub(super) fn new(origins: usize) -> Self {
        Self {
            endpoints: vec![Endpoint::default(); origins],
        }
    }
}

impl Endpoint {
    fn shut(&mut self, now: Mono) {
        let seconds = 2_f64.powi(self.backoffs).min(LONGEST);
        self.state = State::Shut {
            until: now + Duration::from_secs_f64(seconds),
        };
        self.backoffs += 1;
        self.errors = 0;
    }
}

impl Rules for Linkerd {
    fn weight(&self, origin: usize) -> f64 {
        let open = matches!(
            self.endpoints[origin].state,
            State::Open | State::Probation { sent: false }
        );
        f64::from(u8::from(open))
    }

    fn picked(&mut self, origin: usize) {
        if let State::Probation { sent } = &mut self.endpoints[origin].state {
            *sent = true;
        }
    }

    fn result(&mut self, origin: usize, outcome: Outcome, now: Mono) {
        let endpoint = &mut self.endpoints[origin];
        let good = matches!(outcome, Outcome::Success { .. });
        match endpoint.state {
            State::Probation { sent: true } if good => *endpoint = Endpoint::default(),
            State::Probation { sent: true } => endpoint.shut(now),
            State::Open if good => endpoint.errors = 0,
            State::Open => {
                endpoint.errors += 1;
                if endpoint.errors >= FAILURES {
                    endpoint.shut(now);
                }
            }
            State::Shut { .. } | State::Probation { sent: false } => {}
        }
    }

    fn due(&self) -> Mono {
        let until = |endpoint: &Endpoint| match endpoint.state {
            State::Shut { until } => Some(until),
            _ => None,
        };
        self.endpoints
            .iter()
            .filter_map(until)
            .min()
            .unwrap_or(Mono::MAX)
    }

    fn sweep(&mut self, now: Mono) {
        for endpoint in &mut self.endpoints {
            if matches!(endpoint.state, State::Shut { until } if until <= now) {
                endpoint.state = State::Probation { sent: false };
            }
        }
    }
}
