//! [`ReportConfig`]: how unusual is unusual.

use crate::incident::IncidentConfigError;

/// When user reports are unusually many.
///
/// By default 6 times the usual deviation, 1.6 times the usual number and 8 reports more than usual,
/// all at once; before the profile of a week is known, 5 times the busiest time seen.
///
/// ```
/// use eaves_health::incident::ReportConfig;
///
/// let config = ReportConfig::default().deviations(8.0).least(20);
/// assert_ne!(config, ReportConfig::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct ReportConfig {
    pub(super) deviations: f32,
    pub(super) times: f32,
    pub(super) least: u32,
    pub(super) cold_times: f32,
    pub(super) clear_minutes: u32,
}

impl ReportConfig {
    /// Sets how many times the usual deviation the reports must exceed what is usual.
    #[must_use]
    pub const fn deviations(mut self, deviations: f32) -> Self {
        self.deviations = deviations;
        self
    }

    /// Sets how many times the usual number there must be.
    #[must_use]
    pub const fn times(mut self, times: f32) -> Self {
        self.times = times;
        self
    }

    /// Sets how many reports more than usual there must be.
    #[must_use]
    pub const fn least(mut self, reports: u32) -> Self {
        self.least = reports;
        self
    }

    /// Sets how many times the busiest time seen there must be while a part of the week is unknown.
    #[must_use]
    pub const fn cold_times(mut self, times: f32) -> Self {
        self.cold_times = times;
        self
    }

    /// Sets how many quiet minutes in a row end an alarm.
    #[must_use]
    pub const fn clear_minutes(mut self, minutes: u32) -> Self {
        self.clear_minutes = minutes;
        self
    }

    pub(in crate::incident) fn check(&self) -> Result<(), IncidentConfigError> {
        for (key, value) in [
            ("reports.deviations", self.deviations),
            ("reports.times", self.times),
            ("reports.cold_times", self.cold_times),
        ] {
            if !(value.is_finite() && value >= 1.0) {
                let range = "1 or more";
                return Err(IncidentConfigError::Range { key, range });
            }
        }
        Ok(())
    }
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self {
            deviations: 6.0,
            times: 1.6,
            least: 8,
            cold_times: 5.0,
            clear_minutes: 5,
        }
    }
}
