//! The composed edge: proxy, DNS server and admin listener over all four crates.

pub mod admin;
pub mod cli;
pub mod dns;
pub mod http;
pub mod limits;
pub mod origin;
pub mod upstream;
