//! From single events and user reports to incidents that people can read.
//!
//! [`Signal`]s say which origin or pool went up, down or in between; report counts say how many
//! users complain each minute; traffic counts say how many requests failed. The [`Tracker`] groups
//! them into [`Incident`]s with a life cycle ([`Stage`]: detected, identified, monitoring, resolved)
//! and a [`Severity`], and keeps the uptime of each pool over 90 days. What happens comes out as
//! [`Change`]s, each of which renders as a [`Webhook`] payload; the whole as a status [`Page`].
//! With the `serde` feature both are JSON, and a [`Snapshot`] carries everything over a restart.
//!
//! ```
//! use std::time::Duration;
//! use eaves_common::time::{Mono, Now, Wall};
//! use eaves_health::incident::{IncidentConfig, Severity, Signal, Stage, State, Tracker};
//!
//! let mut tracker = Tracker::new(IncidentConfig::default())?;
//! let now = Now { mono: Mono::from_secs(1), wall: Wall::from_secs(1_655_879_520) };
//! tracker.handle_signal(&Signal::pool("web", State::Down).because("no origin answers"), now);
//!
//! let incident = tracker.open().next().unwrap();
//! assert_eq!(incident.title, "web is down");
//! assert_eq!((incident.stage, incident.severity), (Stage::Detected, Severity::Critical));
//! # Ok::<(), eaves_health::incident::IncidentConfigError>(())
//! ```
//!
//! Everything is bounded ([`Limits`]); at each limit something still happens, and can be seen:
//! incidents merge, entries are counted instead of listed, signals are counted as ignored.

mod change;
mod config;
mod name;
mod page;
mod record;
mod report;
mod signal;
mod snapshot;
#[cfg(feature = "serde")]
mod timestamp;
mod tracker;
mod uptime;
mod webhook;

pub use change::{Change, What};
pub use config::{IncidentConfig, IncidentConfigError, Limits};
pub use name::Name;
pub use page::{Component, Page};
pub use record::{Affected, Entry, Incident, IncidentId, Severity, Stage};
pub use report::{Alarm, Reading, ReportConfig, ReportStream};
pub use signal::{Signal, State};
pub use snapshot::{PoolSnapshot, RestoreError, Snapshot};
pub use tracker::{OperatorError, Tracker};
pub use uptime::{Day, Figures, Uptime};
pub use webhook::Webhook;
