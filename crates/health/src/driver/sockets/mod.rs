//! [`Sockets`]: the prober that opens connections, one protocol a file.

mod asking;
#[cfg(all(feature = "command", unix))]
mod command;
mod connection;
mod datagram;
mod dns;
mod http;
#[cfg(feature = "http2")]
mod http2;
mod idle;
#[cfg(feature = "tls")]
mod tls;

use std::sync::Arc;

use eaves_common::time::Clock;

use self::{
    asking::Asking,
    idle::{Idle, Link},
};
use super::{
    Finding,
    prober::{Prober, Probing},
    resolve::Resolve,
};
use crate::{monitor::Probe, probe::Question};

/// Asks by sockets, and on Unix by programs with the feature `command`.
///
/// # Cancel safety
///
/// Dropping a probe closes its connection and kills its program; nothing else is left behind.
///
/// ```
/// use std::sync::Arc;
/// use eaves_common::time::SystemClock;
/// use eaves_health::driver::{Sockets, SystemResolver};
///
/// let prober = Sockets::new(Arc::new(SystemClock), Arc::new(SystemResolver));
/// # let _ = prober;
/// ```
#[derive(Clone, Debug)]
pub struct Sockets(Arc<Shared>);

struct Shared {
    /// For the validity of certificates; deadlines follow tokio's time.
    #[cfg_attr(
        not(feature = "tls"),
        allow(dead_code, reason = "only TLS looks at dates")
    )]
    clock: Arc<dyn Clock>,
    /// For redirects to other hosts.
    resolver: Arc<dyn Resolve>,
    idle: Idle<Link>,
    #[cfg(feature = "http2")]
    talks: Idle<http2::Talk>,
    #[cfg(feature = "tls")]
    tls: tls::Configs,
}

impl Sockets {
    /// Makes a prober without connections.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, resolver: Arc<dyn Resolve>) -> Self {
        Self(Arc::new(Shared {
            #[cfg(feature = "tls")]
            tls: tls::Configs::new(Arc::clone(&clock)),
            clock,
            resolver,
            idle: Idle::default(),
            #[cfg(feature = "http2")]
            talks: Idle::default(),
        }))
    }
}

impl Prober for Sockets {
    fn probe(&self, probe: Probe) -> Probing {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { Asking::new(&shared, &probe).judge().await })
    }

    fn lacks(&self, question: &Question) -> Option<&'static str> {
        let there = [
            ("command", cfg!(all(feature = "command", unix))),
            ("http2", cfg!(feature = "http2")),
            ("tls", cfg!(feature = "tls")),
        ];
        let needed = question.needs().iter().copied();
        needed
            .into_iter()
            .find(|&name| !there.contains(&(name, true)))
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sockets")
            .field("idle", &self.idle)
            .finish_non_exhaustive()
    }
}
