//! Quotas per hour, day or month of a time zone, which survive a restart.

mod quota;
mod state;
mod zone;

pub use quota::{Calendar, Period};
pub use state::{CalendarState, Snapshot};
pub use zone::Zone;
