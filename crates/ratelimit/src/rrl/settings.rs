//! [`Settings`] of a response limiter.

use std::time::Duration;

use eaves_common::units::{IpPrefix, Rate};

use crate::{error::BuildError, rule::Mode, table::Capacity};

/// How much of what goes out to whom.
///
/// The default is for a server of ordinary zones: per /24 or /56 and second 20 answers of a name, and
/// 10 each of names a zone lacks and of errors; every second answer over the limit slips.
///
/// ```
/// use eaves_ratelimit::{rrl::{ResponseLimiter, Settings}, key::KeyHasher};
///
/// let settings = Settings::default().slip(1).exempt(["192.0.2.53/32".parse()?]);
/// let limiter = ResponseLimiter::new(settings, KeyHasher::random())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub(super) answers: Rate,
    pub(super) missing: Rate,
    pub(super) errors: Rate,
    pub(super) slip: u8,
    pub(super) v4: u8,
    pub(super) v6: u8,
    pub(super) capacity: Capacity,
    pub(super) mode: Mode,
    pub(super) exempt: Vec<IpPrefix>,
}

impl Settings {
    /// Limits answers and referrals of one name.
    #[must_use]
    pub fn answers(self, answers: Rate) -> Self {
        Self { answers, ..self }
    }

    /// Limits answers that a name of one zone does not exist.
    #[must_use]
    pub fn missing(self, missing: Rate) -> Self {
        Self { missing, ..self }
    }

    /// Limits errors of all sorts.
    #[must_use]
    pub fn errors(self, errors: Rate) -> Self {
        Self { errors, ..self }
    }

    /// Lets every so many-th answer over a limit slip out truncated: 1 all, 0 none.
    #[must_use]
    pub fn slip(self, slip: u8) -> Self {
        Self { slip, ..self }
    }

    /// Counts addresses together that share so many bits.
    #[must_use]
    pub fn prefixes(self, v4: u8, v6: u8) -> Self {
        Self { v4, v6, ..self }
    }

    /// Tells so many pairs of block and name apart at once, of each kind.
    ///
    /// # Errors
    ///
    /// [`BuildError::Capacity`] if it is out of range.
    pub fn capacity(self, cells: usize) -> Result<Self, BuildError> {
        let capacity = Capacity::new(cells)?;
        Ok(Self { capacity, ..self })
    }

    /// Drops, or only says what it would drop.
    #[must_use]
    pub fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// Never limits what goes to these.
    #[must_use]
    pub fn exempt(self, exempt: impl IntoIterator<Item = IpPrefix>) -> Self {
        let exempt = exempt.into_iter().collect();
        Self { exempt, ..self }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            answers: per_second(20),
            missing: per_second(10),
            errors: per_second(10),
            slip: 2,
            v4: 24,
            v6: 56,
            capacity: Capacity::new(65_536).unwrap_or(Capacity::MIN),
            mode: Mode::Enforce,
            exempt: Vec::new(),
        }
    }
}

fn per_second(count: u64) -> Rate {
    let rate = Rate::per(count, Duration::from_secs(1));
    rate.unwrap_or_else(|_| unreachable!("neither the count nor a second is zero"))
}
