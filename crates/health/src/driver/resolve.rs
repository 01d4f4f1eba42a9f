//! [`Resolve`]: from a host name to addresses.

use std::{io, net::IpAddr, pin::Pin, time::Duration};

/// Resolves host names. [`SystemResolver`] asks the system; a resolver of one's own knows how long an
/// answer holds.
///
/// ```
/// use eaves_health::driver::{Resolve, Resolved, Resolving};
///
/// #[derive(Debug)]
/// struct Fixed;
///
/// impl Resolve for Fixed {
///     fn resolve(&self, _host: &str) -> Resolving {
///         Box::pin(async { Ok(Resolved::from(vec!["192.0.2.1".parse().unwrap()])) })
///     }
/// }
/// ```
pub trait Resolve: Send + Sync {
    /// Looks up all addresses of a host. The future is given up after five seconds.
    fn resolve(&self, host: &str) -> Resolving;
}

/// A look-up on its way.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Resolved>> + Send>>;

/// The addresses of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolved {
    /// The addresses, in any order.
    pub addrs: Vec<IpAddr>,
    /// For how long they hold, if that is known.
    pub ttl: Option<Duration>,
}

impl Resolved {
    /// Sets for how long they hold.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }
}

impl From<Vec<IpAddr>> for Resolved {
    fn from(addrs: Vec<IpAddr>) -> Self {
        Self { addrs, ttl: None }
    }
}

/// Asks the system's resolver, which does not tell how long its answers hold.
///
/// ```
/// use eaves_health::driver::{Resolve, SystemResolver};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let resolved = SystemResolver.resolve("127.0.0.1").await.unwrap();
/// assert!(resolved.addrs[0].is_loopback());
/// # });
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let host = host.to_owned();
        Box::pin(async move {
            let addrs = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(Resolved::from(
                addrs.map(|addr| addr.ip()).collect::<Vec<_>>(),
            ))
        })
    }
}
