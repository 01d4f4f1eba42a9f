//! [`NamedOrigin`]: origins behind a host name.

use std::{net::IpAddr, time::Duration};

use crate::{config::Problems, pool::OriginConfig};

/// Origins behind a host name: one for each of its addresses, called `name@address`.
///
/// The name is looked up again when the interval, or the shorter time that the resolver gives, has
/// passed. An address that appears is probed before it serves, one that disappears leaves the pool, and
/// the others keep what is known of them. While look-ups fail, the latest addresses stay.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::driver::NamedOrigin;
///
/// let name = NamedOrigin::new("api", "api.example", 443)
///     .interval(Duration::from_secs(30))
///     .with(|origin| origin.weight(3));
/// assert_eq!(name.template.weight, 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NamedOrigin {
    /// What each origin has but its name and address.
    pub template: OriginConfig,
    /// What is looked up.
    pub host: String,
    /// The port of all origins.
    pub port: u16,
    /// From one look-up to the next.
    pub interval: Duration,
    /// Addresses that are used; of more, the lowest.
    pub max_addrs: usize,
}

impl NamedOrigin {
    /// Makes serving origins of weight 1, looked up every 30 seconds, 32 at most.
    pub fn new(name: impl Into<String>, host: impl Into<String>, port: u16) -> Self {
        let nowhere = ([0, 0, 0, 0], port).into();
        Self {
            template: OriginConfig::new(name, nowhere),
            host: host.into(),
            port,
            interval: Duration::from_secs(30),
            max_addrs: 32,
        }
    }

    /// Sets the time from one look-up to the next.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets how many addresses are used.
    #[must_use]
    pub fn max_addrs(mut self, count: usize) -> Self {
        self.max_addrs = count;
        self
    }

    /// Changes what all its origins have.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(OriginConfig) -> OriginConfig) -> Self {
        self.template = change(self.template);
        self
    }

    /// Returns the origin at one of its addresses.
    #[must_use]
    pub fn origin(&self, addr: IpAddr) -> OriginConfig {
        let mut origin = self.template.clone();
        origin.name = format!("{}@{addr}", origin.name);
        origin.addr = (addr, self.port).into();
        origin
    }

    pub(super) fn check(&self, path: &str, problems: &mut Problems) {
        let shortest = Duration::from_millis(10);
        let longest = Duration::from_secs(86_400);
        if !(shortest..=longest).contains(&self.interval) {
            problems.add(
                format!("{path}.interval"),
                format!("{:?} is out of range, use 10ms to 1d", self.interval),
            );
        }
        if !(1..=MAX_ADDRS).contains(&self.max_addrs) {
            problems.add(
                format!("{path}.max_addrs"),
                format!("{} is out of range, use 1 to {MAX_ADDRS}", self.max_addrs),
            );
        }
        if self.host.is_empty() || self.host.len() > 253 {
            problems.add(format!("{path}.host"), "use a host name of 1 to 253 bytes");
        }
    }
}

const MAX_ADDRS: usize = 1024;

/// How a name stands, as [`Handle::names`](super::Handle::names) tells it.
///
/// ```
/// use eaves_health::driver::NameStatus;
///
/// fn is_stale(name: &NameStatus) -> bool {
///     name.failures > 0 && !name.addrs.is_empty()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameStatus {
    /// The name of its origins before the `@`.
    pub name: String,
    /// What is looked up.
    pub host: String,
    /// The addresses in use.
    pub addrs: Vec<IpAddr>,
    /// Look-ups that failed since the latest that did not.
    pub failures: u32,
    /// Why the latest look-up failed, or why its answer was not taken.
    pub last_error: Option<String>,
}
