//! `limit-flood`: what a flood of keys that come once does to a limiter, and what it does not.
//!
//! Offenders send at five times their limit and clients well below it, while an attacker makes up a
//! new key for every request. The table has room for far fewer keys than come. A good limiter goes
//! on holding the offenders to their limit, denies no client, and stays as large as it was.

mod cli;
mod crowd;
mod figures;
mod run;

pub use cli::Cli;
pub use figures::Figures;
pub use run::run;
