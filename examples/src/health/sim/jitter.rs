//! Other worlds: every constant off by some share, so that no detector can have been made for them.

use eaves_common::units::TimeSpan;

use super::{
    Scenario,
    draw::{For, unit},
    fault::Value,
};

impl Scenario {
    /// Multiplies every constant of the world and every number of its faults by a factor drawn from
    /// `1 - share` to `1 + share`; the scenario's seed decides which. Shares stay below 1.
    #[must_use]
    pub fn jittered(mut self, share: f64) -> Self {
        let mut dice = Dice {
            seed: self.seed,
            share: share.clamp(0.0, 0.99),
            thrown: 0,
        };
        self.jitter_world(&mut dice);
        self.jitter_judgement(&mut dice);
        // One after the other stays so: the whole timeline is stretched.
        let (begin, last) = (dice.factor(), dice.factor());
        for fault in &mut self.faults {
            let from = fault.from.as_duration();
            let length = fault.to.map(|to| to.as_duration().saturating_sub(from));
            let from = from.mul_f64(begin);
            fault.from = TimeSpan::from(from);
            fault.to = length.map(|length| TimeSpan::from(from + length.mul_f64(last)));
            match &mut fault.value {
                Some(Value::Number(number)) if *number <= 1.0 => dice.share(number),
                Some(Value::Number(number)) => dice.number(number),
                Some(Value::Span(span)) => dice.time(span),
                None => {}
            }
        }
        self
    }

    fn jitter_world(&mut self, dice: &mut Dice) {
        for number in [
            &mut self.rate,
            &mut self.capacity,
            &mut self.capacity_depth,
            &mut self.restart_slow,
        ] {
            dice.number(number);
        }
        for share in [
            &mut self.latency_floor,
            &mut self.errors,
            &mut self.probe_errors,
            &mut self.restart_capacity,
            &mut self.retry_budget,
        ] {
            dice.share(share);
        }
        for time in [
            &mut self.latency,
            &mut self.timeout,
            &mut self.refused_after,
            &mut self.overload_after,
            &mut self.probe_latency,
            &mut self.restart_warmup,
        ] {
            dice.time(time);
        }
    }

    /// What is bad, slow or out is a matter of taste, too.
    fn jitter_judgement(&mut self, dice: &mut Dice) {
        dice.share(&mut self.out_weight);
        dice.share(&mut self.oracle_errors);
        dice.number(&mut self.oracle_slow);
        dice.time(&mut self.slow_over);
        dice.time(&mut self.bad_within);
    }
}

struct Dice {
    seed: u64,
    share: f64,
    thrown: u64,
}

impl Dice {
    fn factor(&mut self) -> f64 {
        self.thrown += 1;
        1.0 + self.share * (2.0 * unit(self.seed, For::Jitter, self.thrown, 0) - 1.0)
    }

    fn number(&mut self, number: &mut f64) {
        *number *= self.factor();
    }

    fn share(&mut self, share: &mut f64) {
        *share = (*share * self.factor()).min(1.0);
    }

    fn time(&mut self, time: &mut TimeSpan) {
        *time = TimeSpan::from(time.as_duration().mul_f64(self.factor()));
    }
}
