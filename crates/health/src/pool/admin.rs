//! [`Admin`]: what an operator wants of an origin, whatever its health.

/// What an operator wants of an origin. It is kept apart from health: an origin in maintenance
/// may well be healthy.
///
/// ```
/// use eaves_health::pool::Admin;
///
/// assert!(Admin::Serving.takes_requests());
/// assert!(!Admin::Draining.takes_requests());
/// assert!(!Admin::Maintenance.is_probed());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Admin {
    /// Takes requests while it is healthy.
    #[default]
    Serving,
    /// Finishes what it has and takes nothing more; it is still probed.
    Draining,
    /// Takes nothing and is not probed.
    Maintenance,
}

impl Admin {
    /// Says whether requests may go there.
    #[must_use]
    pub const fn takes_requests(self) -> bool {
        matches!(self, Self::Serving)
    }

    /// Says whether it is probed.
    #[must_use]
    pub const fn is_probed(self) -> bool {
        !matches!(self, Self::Maintenance)
    }
}
