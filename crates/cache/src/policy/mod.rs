//! What may be kept, what may be served, and what must be asked first: RFC 9111 as pure functions.
//!
//! In come heads, the times of the exchange and `now`; out come values. Nothing here holds state, so that a
//! proxy, a client and a test use the same decisions.

mod asked;
mod conditional;
mod decide;
mod defences;
mod error_stale;
mod explain;
mod freshness;
mod head;
mod invalidate;
mod meta;
mod partial;
mod rules;
mod storage;
mod told;
mod update;
mod vary;
mod wanted;

pub use conditional::{Condition, make_conditional, strip_conditions};
pub use decide::{Bypass, Collapse, Decision, Revalidate, Why};
pub use defences::Defences;
pub use error_stale::OnError;
pub use explain::{Explanation, Step};
pub use freshness::Basis;
pub use head::{RequestHead, ResponseHead, Times};
pub use invalidate::{Invalidation, SameOrigin};
pub use meta::{Meta, Remaining};
pub use partial::Part;
pub(crate) use partial::is_of_same;
pub use rules::{Guard, Kind, Policy};
pub use storage::{NotStored, Storage};
pub use update::Freshened;
pub use vary::{VaryOn, varies_on};
pub use wanted::Wanted;
