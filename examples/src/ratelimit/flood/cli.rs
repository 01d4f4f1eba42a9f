//! The command line.

use clap::Parser;
use eaves_common::units::Rate;
use eaves_ratelimit::table::Capacity;

/// Floods a limiter with keys that come once, and prints each second what that did to whom.
#[derive(Clone, Debug, Parser)]
#[command(name = "limit-flood")]
pub struct Cli {
    /// Cells of the table, of 8 bytes each, 8 or more.
    #[arg(long, default_value = "65536")]
    pub cells: Capacity,
    /// The limit of every key.
    #[arg(long, default_value = "10/1s burst 20")]
    pub limit: Rate,
    /// Keys that come once, per second.
    #[arg(long, default_value_t = 1_000_000)]
    pub flood: u32,
    /// Clients that send at five times the limit.
    #[arg(long, default_value_t = 200)]
    pub offenders: u32,
    /// Clients that send once a second, which is to be below the limit.
    #[arg(long, default_value_t = 20_000)]
    pub clients: u32,
    /// Simulated seconds.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: u32,
    /// What the random numbers come from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}
