//! [`Check`]: what is asked, how often, and how many answers make a verdict.

use std::time::Duration;

use super::HttpQuestion;
use crate::config::Problems;

/// What is asked of an origin, how often, and how many answers in a row make a verdict.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::probe::Check;
///
/// let check = Check::http("/healthz")
///     .interval(Duration::from_secs(2))
///     .timeout(Duration::from_millis(500))
///     .rise(2)
///     .fall(3);
/// assert_eq!(check.fall, 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Check {
    /// What is asked.
    pub question: Question,
    /// From one answer to the next question while nothing changes.
    pub interval: Duration,
    /// The same while the origin is down.
    pub down_interval: Duration,
    /// The same while answers contradict the verdict, or there is none yet.
    pub pending_interval: Duration,
    /// From the first packet to the judgement, whatever the phases take.
    pub timeout: Duration,
    /// The share by which intervals vary at random, so that probes do not march in step.
    pub jitter: f64,
    /// Good answers in a row that make a down origin up.
    pub rise: u32,
    /// Bad answers in a row that make an up origin down.
    pub fall: u32,
}

/// What a probe asks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Question {
    /// An HTTP/1.1 request, judged by its answer.
    Http(Box<HttpQuestion>),
    /// Whether a TCP connection can be made.
    Tcp,
}

impl Check {
    /// Asks with the default timing: every second, every 100 ms while a verdict is pending, 1 s patience,
    /// two answers in a row for either verdict.
    #[must_use]
    pub fn new(question: Question) -> Self {
        Self {
            question,
            interval: Duration::from_secs(1),
            down_interval: Duration::from_secs(1),
            pending_interval: Duration::from_millis(100),
            timeout: Duration::from_secs(1),
            jitter: 0.1,
            rise: 2,
            fall: 2,
        }
    }

    /// Asks whether a TCP connection can be made.
    #[must_use]
    pub fn tcp() -> Self {
        Self::new(Question::Tcp)
    }

    /// Asks `GET path` over HTTP/1.1 and expects a status from 200 to 299.
    #[must_use]
    pub fn http(path: impl Into<String>) -> Self {
        Self::new(Question::Http(Box::new(HttpQuestion::new(path))))
    }

    /// Sets the interval for origins up and down alike.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self.down_interval = interval;
        self.pending_interval = self.pending_interval.min(interval);
        self
    }

    /// Sets the interval while answers contradict the verdict.
    #[must_use]
    pub fn pending_interval(mut self, interval: Duration) -> Self {
        self.pending_interval = interval;
        self
    }

    /// Sets the interval while the origin is down.
    #[must_use]
    pub fn down_interval(mut self, interval: Duration) -> Self {
        self.down_interval = interval;
        self
    }

    /// Sets the deadline of the whole exchange.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the share by which intervals vary at random.
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = share;
        self
    }

    /// Sets how many good answers in a row make a down origin up.
    #[must_use]
    pub fn rise(mut self, answers: u32) -> Self {
        self.rise = answers;
        self
    }

    /// Sets how many bad answers in a row make an up origin down.
    #[must_use]
    pub fn fall(mut self, answers: u32) -> Self {
        self.fall = answers;
        self
    }

    pub(crate) fn check(&self, path: &str, problems: &mut Problems) {
        let shortest = Duration::from_millis(10);
        let longest = Duration::from_secs(86_400);
        for (key, value) in [
            ("interval", self.interval),
            ("down_interval", self.down_interval),
            ("pending_interval", self.pending_interval),
            ("timeout", self.timeout),
        ] {
            if !(shortest..=longest).contains(&value) {
                problems.add(
                    format!("{path}.{key}"),
                    format!("{value:?} is out of range, use 10ms to 1d"),
                );
            }
        }
        for (key, value) in [("rise", self.rise), ("fall", self.fall)] {
            if !(1..=1000).contains(&value) {
                problems.add(
                    format!("{path}.{key}"),
                    format!("{value} is out of range, use 1 to 1000"),
                );
            }
        }
        if !(0.0..=0.5).contains(&self.jitter) {
            problems.add(
                format!("{path}.jitter"),
                format!("{} is out of range, use 0 to 0.5", self.jitter),
            );
        }
        if let Question::Http(question) = &self.question {
            question.check(path, problems);
        }
    }
}

impl Default for Check {
    /// Asks whether a TCP connection can be made: right for every origin.
    fn default() -> Self {
        Self::tcp()
    }
}
