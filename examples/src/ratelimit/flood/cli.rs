//! The command line.

use clap::Parser;
use eaves_common::units::Rate;

/// Floods a limiter with keys that come once, and prints each second what that did to whom.
#[derive(Clone, Debug, Parser)]
#[command(name = "limit-flood")]
pub struct Cli {
    /// Cells of the table, of 8 bytes each.
    #[arg(long, default_value_t = 65_536)]
    pub cells: usize,
    /// The limit of every key.
    #[arg(long, default_value = "10/1s burst 20")]
    pub limit: Rate,
    /// Keys that come once, per second.
    #[arg(long, default_value_t = 1_000_000)]
    pub flood: u32,
    /// Clients that send at five times the limit.
    #[arg(long, default_value_t = 200)]
    pub offenders: u32,
    /// Clients that send once a second.
    #[arg(long, default_value_t = 20_000)]
    pub clients: u32,
    /// Simulated seconds.
    #[arg(long, default_value_t = 30)]
    pub seconds: u32,
    /// What the random numbers come from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}
