//! What a scenario may say, and what not.

use super::{
    Scenario, ScenarioError,
    fault::{Fault, Kind, Value},
};

const MAX_ORIGINS: usize = 10_000;
const MAX_REQUESTS: f64 = 1e8;
const MAX_FAULTS: usize = 1_000;
const MAX_RETRIES: u32 = 100;
const MAX_WEIGHT: u32 = 1_000_000;
/// Each origin's weight is kept for each second, for the chart.
const MAX_WEIGHTS_KEPT: f64 = 1e7;

impl Scenario {
    /// Checks everything that the form alone does not say.
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        self.check_size()?;
        self.check_origins()?;
        self.check_numbers()?;
        if self.faults.len() > MAX_FAULTS {
            let found = self.faults.len();
            return refuse(
                "faults",
                format!("{found} are too many, use {MAX_FAULTS} at most"),
            );
        }
        let origins = self.origins.len();
        let mut faults = self.faults.iter().enumerate();
        faults.try_for_each(|(at, fault)| fault.check(at, origins))
    }

    fn check_size(&self) -> Result<(), ScenarioError> {
        let count = self.origins.len();
        if !(1..=MAX_ORIGINS).contains(&count) {
            let problem = format!("{count} is out of range, use 1 to {MAX_ORIGINS}");
            return refuse("origins", problem);
        }
        let seconds = self.duration.as_duration().as_secs_f64();
        if !(self.rate > 0.0 && self.rate * seconds <= MAX_REQUESTS) {
            let problem =
                format!("use more than 0, and with the duration at most {MAX_REQUESTS:e} requests");
            return refuse("rate", problem);
        }
        if seconds * count as f64 > MAX_WEIGHTS_KEPT {
            let problem = format!("use at most {MAX_WEIGHTS_KEPT:e} seconds times origins");
            return refuse("duration", problem);
        }
        if self.retries > MAX_RETRIES {
            let problem = format!("{} is out of range, use 0 to {MAX_RETRIES}", self.retries);
            return refuse("retries", problem);
        }
        Ok(())
    }

    fn check_origins(&self) -> Result<(), ScenarioError> {
        for at in 0..self.origins.len() {
            let Some(spec) = self.origins.spec(at) else {
                return Ok(());
            };
            if let Some(weight) = spec.weight.filter(|weight| *weight > MAX_WEIGHT) {
                let problem = format!("{weight} is out of range, use 0 to {MAX_WEIGHT}");
                return refuse(&format!("origins[{at}].weight"), problem);
            }
            if let Some(capacity) = spec.capacity {
                check_number(&format!("origins[{at}].capacity"), capacity)?;
            }
            let name = self.origins.name(at);
            if name.is_empty() || name.chars().any(char::is_control) {
                let problem = "use a name without control characters".into();
                return refuse(&format!("origins[{at}].name"), problem);
            }
            if (0..at).any(|other| self.origins.name(other) == name) {
                return refuse(&format!("origins[{at}].name"), format!("{name:?} is taken"));
            }
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), ScenarioError> {
        for (key, share) in [
            ("latency_floor", self.latency_floor),
            ("errors", self.errors),
            ("probe_errors", self.probe_errors),
            ("out_weight", self.out_weight),
            ("oracle_errors", self.oracle_errors),
            ("restart_capacity", self.restart_capacity),
            ("retry_budget", self.retry_budget),
        ] {
            check_share(key, share)?;
        }
        for (key, number) in [
            ("capacity", self.capacity),
            ("capacity_depth", self.capacity_depth),
            ("oracle_slow", self.oracle_slow),
            ("restart_slow", self.restart_slow),
        ] {
            check_number(key, number)?;
        }
        Ok(())
    }
}

impl Fault {
    fn check(&self, at: usize, origins: usize) -> Result<(), ScenarioError> {
        let key = |part: &str| format!("faults[{at}].{part}");
        let named = self.origins.iter().flatten();
        if let Some(origin) = named.copied().find(|&origin| origin >= origins) {
            let last = origins - 1;
            return refuse(
                &key("origins"),
                format!("there is no origin {origin}, use 0 to {last}"),
            );
        }
        if self
            .to
            .is_some_and(|to| to.as_duration() < self.from.as_duration())
        {
            return refuse(&key("to"), "it is before `from`".into());
        }
        let Some(value) = self.value else {
            return Ok(());
        };
        match (self.kind, value) {
            (Kind::Errors | Kind::ProbeOnly, Value::Number(share)) => {
                check_share(&key("value"), share)
            }
            (Kind::Slow | Kind::Flap | Kind::Restart, Value::Number(number)) => {
                check_number(&key("value"), number)
            }
            (Kind::Flap | Kind::Restart, Value::Span(_)) => Ok(()),
            (Kind::Errors | Kind::ProbeOnly | Kind::Slow, Value::Span(_)) => {
                refuse(&key("value"), "it is a time, use a number".into())
            }
            // These know no more or less; a number does no harm.
            (Kind::Blackhole | Kind::CheckerCut | Kind::Refuse, _) => Ok(()),
        }
    }
}

fn check_share(key: &str, share: f64) -> Result<(), ScenarioError> {
    if (0.0..=1.0).contains(&share) {
        return Ok(());
    }
    refuse(key, format!("{share} is out of range, use 0 to 1"))
}

fn check_number(key: &str, number: f64) -> Result<(), ScenarioError> {
    if (0.0..=1e9).contains(&number) {
        return Ok(());
    }
    refuse(key, format!("{number} is out of range, use 0 to 1e9"))
}

fn refuse(key: &str, problem: String) -> Result<(), ScenarioError> {
    Err(ScenarioError::Value {
        key: key.into(),
        problem,
    })
}
