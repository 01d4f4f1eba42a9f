//! Values that are replaced while they are read: [`Live`].
//!
//! ```text
//! propose --check--> staged --trial--> some keys --commit--> running --revert--> the version before
//!            |           \-------------withdraw------/
//!            rejected: the running value stays, the reason is in the history
//! ```
//!
//! Readers call [`Live::load`] or [`Live::load_for`]: one atomic snapshot, no lock, no allocation.
//! Writers are serialized by a lock that readers never touch. Whoever wants to know of changes
//! holds a [`Subscription`], which works with any async runtime and with plain threads.

mod bell;
mod control;
mod error;
mod event;
mod snapshot;
mod subscription;
mod value;

pub use error::LiveError;
pub use event::{Event, Step};
pub use snapshot::{Ref, Version};
pub use subscription::Subscription;
pub use value::{Builder, Live};
