//! Who is in the pool, and what a reader may know of their health.
//!
//! Membership ([`Members`]) changes rarely and is shared by all snapshots; health changes often and
//! is a bitmap beside it. A [`Snapshot`] holds both and never changes: readers keep one for as long as they like.

mod admin;
mod alias;
mod bitmap;
mod groups;
pub(crate) mod id;
mod keyed;
mod members;
mod origin;
mod rotation;
mod scope;
mod snapshot;
mod targets;
mod tiers;
mod view;

pub use admin::Admin;
pub(crate) use alias::Alias;
pub(crate) use bitmap::Bitmap;
pub(crate) use id::OriginId;
pub use id::Slot;
pub(crate) use keyed::{Table, Tables, Willing};
pub use members::Members;
pub use origin::{Origin, OriginConfig};
pub use scope::Scope;
pub(crate) use snapshot::Draft;
pub use snapshot::{Mode, Snapshot};
pub(crate) use targets::Target;
pub(crate) use tiers::{Spill, capacity};
pub(crate) use view::{FULL, View};
