//! Tables that send a key to the same member as long as it lives.
//!
//! A table is built from [`Member`]s (a stable hash of the id, a weight) and answers with an index
//! into them. It holds membership and weights only; who lives, who was tried already and who takes
//! only a share comes with each lookup ([`Candidates`]). So a member that goes down, comes back or
//! warms up rebuilds nothing and moves only the keys it must: its own.
//!
//! | table | lookup | memory | use it for |
//! |---|---|---|---|
//! | [`Maglev`] | O(1) | 128 KiB, more above 3276 members | caches, sessions: the even choice |
//! | [`Bounded`] | O(1) | as `Maglev` | the same, when one key can be most of the load |
//! | [`Ketama`] | O(1) expected | 160 to 320 points a member | membership that changes often |
//! | [`Rendezvous`] | O(n) | none | few members, exact weights |
//!
//! All answer in bounded time, allocate nothing, and return `None` only when no candidate is left:
//! nobody with a weight lives that was not tried.
//!
//! ```
//! use eaves_health::hashing::{Candidates, Maglev, Member};
//!
//! let table = Maglev::new(&[Member::new(11, 1), Member::new(22, 1), Member::new(33, 1)])?;
//! let all_live = [0b111_u64];
//! let home = table.pick(42, &Candidates::new(&all_live)).unwrap();
//! // The first attempt failed: the next goes elsewhere.
//! let tried = [home];
//! let next = table.pick(42, &Candidates::new(&all_live).excluding(&tried)).unwrap();
//! assert_ne!(next, home);
//! # Ok::<(), eaves_health::hashing::BuildError>(())
//! ```

mod bounded;
mod candidates;
mod ketama;
mod maglev;
mod member;
mod mix;
mod rendezvous;

pub use bounded::{Bound, Bounded};
pub use candidates::Candidates;
pub use ketama::Ketama;
pub use maglev::Maglev;
pub use member::{BuildError, MAX_MEMBERS, Member};
pub use rendezvous::Rendezvous;
