//! What every record has: a [`Rtype`], a [`Class`] and a [`Ttl`].

mod class;
mod rtype;
mod ttl;

pub use class::Class;
pub use rtype::Rtype;
pub use ttl::Ttl;
