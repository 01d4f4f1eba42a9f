//! [`Check`]: what is asked, how often, and how many answers make a verdict.

use std::time::Duration;

use super::{
    CommandQuestion, DatagramQuestion, DnsQuestion, GrpcQuestion, HttpQuestion, Payload, Phases,
    Question, TlsQuestion,
};
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
    /// How long each part of that may take.
    pub phases: Phases,
    /// An answer that takes longer passes, with a [`Concern`](super::Concern).
    pub max_latency: Option<Duration>,
    /// The share by which intervals vary at random, so that probes do not march in step.
    pub jitter: f64,
    /// Good answers in a row that make a down origin up.
    pub rise: u32,
    /// Bad answers in a row that make an up origin down.
    pub fall: u32,
}

impl Check {
    /// Asks with the default timing: every second, every 100 ms while a verdict is pending, 1 s patience,
    /// two answers in a row for either verdict.
    #[must_use]
    pub fn new(question: impl Into<Question>) -> Self {
        Self {
            question: question.into(),
            interval: Duration::from_secs(1),
            down_interval: Duration::from_secs(1),
            pending_interval: Duration::from_millis(100),
            timeout: Duration::from_secs(1),
            phases: Phases::default(),
            max_latency: None,
            jitter: 0.1,
            rise: 2,
            fall: 2,
        }
    }

    /// Asks whether a TCP connection can be made.
    #[must_use]
    pub fn tcp() -> Self {
        Self::new(Payload::default())
    }

    /// Asks `GET path` over HTTP/1.1 and expects a status from 200 to 299.
    #[must_use]
    pub fn http(path: impl Into<String>) -> Self {
        Self::new(HttpQuestion::new(path))
    }

    /// Asks whether TLS can be agreed on, as browsers do, and how long the certificate lasts.
    #[must_use]
    pub fn tls() -> Self {
        Self::new(TlsQuestion::new())
    }

    /// Asks whether a gRPC service serves; the empty name is the whole server.
    #[must_use]
    pub fn grpc(service: impl Into<String>) -> Self {
        Self::new(GrpcQuestion::new(service))
    }

    /// Asks a DNS question.
    #[must_use]
    pub fn dns(question: DnsQuestion) -> Self {
        Self::new(question)
    }

    /// Sends a datagram and expects one back.
    #[must_use]
    pub fn udp(question: DatagramQuestion) -> Self {
        Self::new(question)
    }

    /// Runs a program.
    #[must_use]
    pub fn command(question: CommandQuestion) -> Self {
        Self::new(question)
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

    /// Sets after which time an answer is slow.
    #[must_use]
    pub fn max_latency(mut self, latency: Duration) -> Self {
        self.max_latency = Some(latency);
        self
    }

    /// Sets how long each part of the exchange may take.
    #[must_use]
    pub fn phases(mut self, phases: Phases) -> Self {
        self.phases = phases;
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
        self.question.check(path, problems);
    }
}

impl Default for Check {
    /// Asks whether a TCP connection can be made: right for every origin.
    fn default() -> Self {
        Self::tcp()
    }
}
