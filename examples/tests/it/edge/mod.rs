//! The edge as its users meet it: started as a program, asked by real clients.

mod caching;
mod commands;
mod config;
pub(crate) mod dns;
mod downloads;
mod failover;
mod herd;
mod hostile;
mod http;
mod limits;
mod names;
mod proxy;
mod purge;
mod setup;
mod shutdown;
mod uploads;
