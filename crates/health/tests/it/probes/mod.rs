//! Each kind of probe against origins on loopback, good ones and bad ones.

mod command;
mod datagram;
mod hostile;
mod http;
#[cfg(feature = "http2")]
mod http2;
#[cfg(all(feature = "http2", feature = "tls"))]
mod manners;
mod names;
mod origin;
mod panics;
mod scale;
mod tcp;
#[cfg(feature = "tls")]
mod tls;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use eaves_common::time::{Clock, Now, SystemClock};
use eaves_health::{
    Monitor, PoolConfig,
    driver::{Finding, Prober, Sockets, SystemResolver},
    monitor::Probe,
    pool::OriginConfig,
    probe::{Check, Reason, Verdict},
};

/// Long enough for a loaded machine; no test waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Makes the probe that a monitor would send.
fn probe_of(check: Check, addr: SocketAddr) -> Probe {
    let config = PoolConfig::new("test").origin(OriginConfig::new("o", addr).check(check));
    let mut monitor = Monitor::new(config, 1, Now::default()).unwrap();
    monitor.poll_probe().unwrap()
}

fn sockets() -> Sockets {
    sockets_at(Arc::new(SystemClock))
}

fn sockets_at(clock: Arc<dyn Clock>) -> Sockets {
    Sockets::new(clock, Arc::new(SystemResolver))
}

async fn ask_with(sockets: &Sockets, check: Check, addr: SocketAddr) -> Finding {
    sockets.probe(probe_of(check, addr)).await
}

/// Asks once, with all the patience there is unless the check has less.
async fn ask(check: Check, addr: SocketAddr) -> Verdict {
    ask_with(&sockets(), check, addr).await.verdict
}

fn patient(question: impl Into<eaves_health::probe::Question>) -> Check {
    Check::new(question).timeout(PATIENCE)
}

fn reason(verdict: Verdict) -> Reason {
    match verdict {
        Verdict::Fail(reason) => reason,
        passed => panic!("it {passed}"),
    }
}

/// An address of this machine where nobody listens.
async fn nobody() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
