//! `health-watch`: a terminal view of probes, verdicts and history of any addresses.

mod dns;
mod options;
mod target;
mod view;

use eaves_common::Error;
use eaves_health::{
    PoolConfig,
    driver::{Handle, NamedOrigin, Options as Driver},
};

pub use options::Options;
pub use target::{Scheme, Target};
pub use view::View;

/// Starts watching.
///
/// # Errors
///
/// When an option does not fit, or a file of certificates cannot be read.
pub fn start(options: &Options) -> Result<Handle, Error> {
    let (mut fixed, mut named) = (Vec::new(), Vec::new());
    for target in &options.targets {
        let check = options.check(target)?;
        match target.address() {
            Some(addr) => fixed.push(target.origin(addr, check)),
            None => {
                let name = NamedOrigin::new(&target.name, &target.host, target.port);
                let name = name.interval(options.resolve.as_duration());
                named.push(name.with(|origin| origin.check(check)));
            }
        }
    }
    let driver = named.into_iter().fold(Driver::new(), Driver::name);
    Ok(driver.spawn(PoolConfig::new("watch").origins(fixed))?)
}
