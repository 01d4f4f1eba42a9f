//! [`Prober`]: who asks, and what comes back.

use std::{net::SocketAddr, pin::Pin, sync::Arc};

use eaves_common::time::{Now, Wall};

use crate::{
    OriginId,
    monitor::Probe,
    probe::{Question, Verdict},
};

/// Asks an origin what a probe asks. [`Sockets`](super::Sockets) does, and a prober of one's own may
/// wrap it, answer some questions otherwise, or ask from elsewhere.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::{driver::{Finding, Probing, Prober}, monitor::Probe, probe::Verdict};
///
/// #[derive(Debug)]
/// struct Optimist;
///
/// impl Prober for Optimist {
///     fn probe(&self, _: Probe) -> Probing {
///         Box::pin(async { Finding::from(Verdict::Pass { latency: Duration::ZERO }) })
///     }
/// }
/// ```
pub trait Prober: Send + Sync {
    /// Asks, and judges within the check's one deadline. The future is dropped when the pool is
    /// stopped, and given up half a second after the deadline; a panic in it counts as a prober
    /// that broke and says nothing about the origin.
    fn probe(&self, probe: Probe) -> Probing;

    /// Returns the feature that is missing to ask this, if one is; a pool that needs it is not started.
    fn lacks(&self, question: &Question) -> Option<&'static str> {
        let _ = question;
        None
    }
}

/// A probe on its way.
pub type Probing = Pin<Box<dyn Future<Output = Finding> + Send>>;

/// What a probe found.
///
/// ```
/// use eaves_health::{driver::Finding, probe::{Reason, Verdict}};
///
/// let finding = Finding::from(Verdict::Fail(Reason::Status { status: 500 }));
/// assert_eq!(finding.expires, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The judgement.
    pub verdict: Verdict,
    /// When the certificate that was shown ends.
    pub expires: Option<Wall>,
}

impl Finding {
    /// Adds when the certificate ends.
    #[must_use]
    pub fn expires(mut self, expires: Option<Wall>) -> Self {
        self.expires = expires;
        self
    }
}

impl From<Verdict> for Finding {
    fn from(verdict: Verdict) -> Self {
        Self {
            verdict,
            expires: None,
        }
    }
}

/// A probe that has come back, as [`Handle::findings`](super::Handle::findings) tells it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Probed {
    /// When it came back.
    pub at: Now,
    /// Whom it concerned.
    pub origin: OriginId,
    /// The name of that origin.
    pub name: Arc<str>,
    /// Where it went.
    pub addr: SocketAddr,
    /// What it found.
    pub finding: Finding,
}
