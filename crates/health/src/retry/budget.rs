//! [`Budget`]: how many retries the requests of the last seconds pay for.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use eaves_common::{
    time::Mono,
    units::{Ratio, TimeSpan},
};

use super::config::RetryConfigError;

/// A retry budget over a sliding window, shared by reference between threads.
///
/// A retry is granted while the window's retries are fewer than `share` of its requests plus
/// `min_per_second` for each of its seconds; so in the long run a failing pool sees at most that much
/// more traffic, however many clients fail. The window moves in tenths. Requests come in batches ([`Worker`](super::Worker) counts them), so
/// the critical section of a few dozen instructions is entered rarely.
///
/// ```
/// use eaves_common::{time::Mono, units::Ratio};
/// use eaves_health::retry::{Budget, BudgetConfig};
///
/// let config = BudgetConfig::default().share(Ratio::from_percent(20)).min_per_second(0);
/// let budget = Budget::new(config)?;
/// let now = Mono::from_secs(1);
/// budget.deposit(10, now);
/// assert!(budget.spend(now) && budget.spend(now)); // 20 % of 10
/// assert!(!budget.spend(now));
/// assert_eq!(budget.balance(now).refused, 1);
/// # Ok::<(), eaves_health::retry::RetryConfigError>(())
/// ```
#[derive(Debug)]
pub struct Budget {
    config: BudgetConfig,
    /// Nanoseconds of one slot.
    slot: u64,
    /// Retries that the window holds whatever the traffic.
    reserve: u64,
    window: Mutex<Window>,
}

impl Budget {
    /// Makes a budget that has seen nothing yet; it holds its reserve.
    ///
    /// # Errors
    ///
    /// If the window is zero.
    pub fn new(config: BudgetConfig) -> Result<Self, RetryConfigError> {
        let window = nanos(config.window.as_duration());
        if window == 0 {
            return Err(RetryConfigError::Zero {
                key: "budget.window",
            });
        }
        let reserve = u128::from(window) * u128::from(config.min_per_second) / 1_000_000_000;
        Ok(Self {
            slot: window.div_ceil(SLOTS as u64),
            reserve: u64::try_from(reserve).unwrap_or(u64::MAX),
            window: Mutex::new(Window::default()),
            config,
        })
    }

    /// Counts `requests` that were sent for the first time.
    pub fn deposit(&self, requests: u32, now: Mono) {
        let mut window = self.window();
        window.advance(self.number(now));
        window.add(Slot {
            requests,
            retries: 0,
        });
    }

    /// Takes one retry, if the window still has one.
    #[must_use]
    pub fn spend(&self, now: Mono) -> bool {
        let mut window = self.window();
        window.advance(self.number(now));
        if self.left(&window) == 0 {
            window.refused += 1;
            return false;
        }
        window.add(Slot {
            requests: 0,
            retries: 1,
        });
        true
    }

    /// Returns what the window holds at `now`.
    #[must_use]
    pub fn balance(&self, now: Mono) -> Balance {
        let mut window = self.window();
        window.advance(self.number(now));
        Balance {
            requests: window.requests,
            retries: window.retries,
            left: self.left(&window),
            refused: window.refused,
        }
    }

    fn left(&self, window: &Window) -> u64 {
        let earned = self.config.share.of(window.requests);
        earned
            .saturating_add(self.reserve)
            .saturating_sub(window.retries)
    }

    /// The number of the slot that `now` lies in.
    pub(super) fn number(&self, now: Mono) -> u64 {
        now.as_nanos() / self.slot
    }

    fn window(&self) -> std::sync::MutexGuard<'_, Window> {
        // The counts are valid at every step, so a panic elsewhere leaves nothing half done.
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a [`Budget`] allows.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::units::Ratio;
/// use eaves_health::retry::BudgetConfig;
///
/// let config = BudgetConfig::default()
///     .share(Ratio::from_percent(10))
///     .min_per_second(3)
///     .window(Duration::from_secs(5));
/// assert_ne!(config, BudgetConfig::default()); // 20 %, 10 a second, 10 s
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct BudgetConfig {
    share: Ratio,
    min_per_second: u32,
    window: TimeSpan,
}

impl BudgetConfig {
    /// Sets how many retries the requests pay for, as a share of them.
    #[must_use]
    pub const fn share(mut self, share: Ratio) -> Self {
        self.share = share;
        self
    }

    /// Sets how many retries a second are allowed whatever the traffic, for services with little.
    #[must_use]
    pub const fn min_per_second(mut self, retries: u32) -> Self {
        self.min_per_second = retries;
        self
    }

    /// Sets how long a request pays.
    #[must_use]
    pub const fn window(mut self, window: Duration) -> Self {
        self.window = TimeSpan::new(window);
        self
    }
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self {
            share: Ratio::from_percent(20),
            min_per_second: 10,
            window: TimeSpan::new(Duration::from_secs(10)),
        }
    }
}

/// What the window of a [`Budget`] holds.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_health::retry::{Budget, BudgetConfig};
///
/// let budget = Budget::new(BudgetConfig::default())?;
/// assert_eq!(budget.balance(Mono::ZERO).left, 100); // 10 a second over 10 s
/// # Ok::<(), eaves_health::retry::RetryConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Balance {
    /// Requests in the window.
    pub requests: u64,
    /// Retries and hedges in the window.
    pub retries: u64,
    /// Retries that are allowed now.
    pub left: u64,
    /// Retries refused since the start.
    pub refused: u64,
}

const SLOTS: usize = 10;

/// Counts of the last [`SLOTS`] slots; the sums are kept beside them.
#[derive(Debug, Default)]
struct Window {
    slots: [Slot; SLOTS],
    /// Number of the slot that is being filled.
    newest: u64,
    requests: u64,
    retries: u64,
    refused: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    requests: u32,
    retries: u32,
}

impl Window {
    /// Forgets the slots that fell out of the window. A reading of a thread that is late counts in
    /// the newest slot.
    fn advance(&mut self, number: u64) {
        let steps = number.saturating_sub(self.newest).min(SLOTS as u64);
        self.newest = self.newest.max(number);
        for step in 0..steps {
            let slot = &mut self.slots[((self.newest - step) % SLOTS as u64) as usize];
            self.requests -= u64::from(slot.requests);
            self.retries -= u64::from(slot.retries);
            *slot = Slot::default();
        }
    }

    /// Adds to the newest slot; a count that is full stays full.
    fn add(&mut self, more: Slot) {
        let slot = &mut self.slots[(self.newest % SLOTS as u64) as usize];
        let before = *slot;
        slot.requests = before.requests.saturating_add(more.requests);
        slot.retries = before.retries.saturating_add(more.retries);
        self.requests += u64::from(slot.requests - before.requests);
        self.retries += u64::from(slot.retries - before.retries);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(percent: u8, min_per_second: u32) -> Budget {
        let config = BudgetConfig::default()
            .share(Ratio::from_percent(percent))
            .min_per_second(min_per_second);
        Budget::new(config).unwrap()
    }

    fn spend_all(budget: &Budget, now: Mono) -> usize {
        (0..100_000).take_while(|_| budget.spend(now)).count()
    }

    #[test]
    fn requests_stop_paying_when_they_leave_the_window() {
        let budget = budget(20, 0);
        budget.deposit(1_000, Mono::from_secs(100));
        assert_eq!(spend_all(&budget, Mono::from_secs(109)), 200);
        // The requests left the window, the retries at 109 s did not: nothing is left.
        budget.deposit(1_000, Mono::from_secs(110));
        assert_eq!(spend_all(&budget, Mono::from_secs(110)), 0);
        assert_eq!(spend_all(&budget, Mono::from_secs(119)), 200);
    }

    #[test]
    fn the_reserve_serves_those_with_little_traffic() {
        let budget = budget(20, 3);
        assert_eq!(spend_all(&budget, Mono::from_secs(50)), 30);
        assert_eq!(spend_all(&budget, Mono::from_secs(59)), 0);
        assert_eq!(spend_all(&budget, Mono::from_secs(60)), 30);
    }

    #[test]
    fn a_thread_that_is_late_changes_nothing_that_is_past() {
        let budget = budget(50, 0);
        budget.deposit(4, Mono::from_secs(100));
        budget.deposit(4, Mono::from_secs(20));
        assert_eq!(budget.balance(Mono::from_secs(100)).requests, 8);
        assert_eq!(spend_all(&budget, Mono::from_secs(3)), 4);
        assert_eq!(budget.balance(Mono::from_secs(100)).left, 0);
    }

    #[test]
    fn the_end_of_time_and_full_counts_are_survived() {
        let budget = budget(100, u32::MAX);
        budget.deposit(u32::MAX, Mono::MAX);
        budget.deposit(u32::MAX, Mono::MAX);
        assert_eq!(
            budget.balance(Mono::MAX).requests,
            u64::from(u32::MAX),
            "a full slot stays full"
        );
        assert!(budget.spend(Mono::MAX));
    }

    #[test]
    fn a_window_of_nothing_is_refused() {
        let config = BudgetConfig::default().window(Duration::ZERO);
        assert_eq!(
            Budget::new(config).unwrap_err().to_string(),
            "budget.window: zero is out of range, write for example `10s`"
        );
    }
}
