//! Who waits, who is served next, and who is told at once that it is no use.
//!
//! A [`ShedQueue`] stands before a service that is full (see [`adaptive`](crate::adaptive)). Requests
//! wait in classes; the most important class is served first. While waiting is short, a class is
//! served in the order of arrival. When its oldest has waited longer than a target for a whole
//! interval (the sign of a standing queue: `CoDel`, RFC 8289), the class is overloaded: its newest is
//! served first, since that client is still there, and what waited longer than the target is shed.
//! So requests fail fast or succeed fast, and no work is done for clients that have given up. A
//! class with no queue of its own is left alone, however the ones below it suffer.
//!
//! Less important classes starve while more important ones fill the service: that is the point of
//! classes. Requests move through four calls: [`push`](ShedQueue::push) when one comes,
//! [`pop`](ShedQueue::pop) when the service is free, [`expire`](ShedQueue::expire) at
//! [`poll_timeout`](ShedQueue::poll_timeout), [`cancel`](ShedQueue::cancel) when a client goes away.

mod line;
mod load;
mod policy;
mod queue;
mod turn;

pub use load::Load;
pub use policy::{Class, Policy, PolicyError};
pub use queue::ShedQueue;
pub use turn::{Arrival, Reason, Served, Shed, Ticket, Turn};
