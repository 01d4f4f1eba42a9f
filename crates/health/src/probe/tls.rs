//! [`TlsQuestion`]: which TLS an origin must speak, and as whom.

use core::{fmt, time::Duration};
use std::sync::Arc;

use eaves_common::time::Wall;

use super::{Concern, Reason};
use crate::config::Problems;

/// Which TLS an origin must speak, as whom, and how long its certificate must last.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Wall;
/// use eaves_health::probe::{Concern, Handshake, TlsQuestion};
///
/// let question = TlsQuestion::new().server_name("www.example").alpn(["h2"]);
/// let now = Wall::from_secs(1_700_000_000);
/// let handshake = Handshake { alpn: Some("h2".into()), expires: Some(now + Duration::from_secs(2 * 86_400)) };
/// assert_eq!(question.judge(&handshake, now), Ok(Some(Concern::CertificateExpires { days: 2 })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsQuestion {
    /// Whom the certificate must name, sent as SNI unless it is an address (RFC 6066 section 3);
    /// without it, the host of the question over it, or the origin's address.
    pub server_name: Option<String>,
    /// Protocols offered (RFC 7301); if there are any, the origin must choose one.
    pub alpn: Vec<String>,
    /// Who may vouch for the certificate.
    pub trust: Trust,
    /// A certificate that lasts no longer than this is a [`Concern`].
    pub warn: Duration,
}

/// Who may vouch for an origin's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Nobody has to: any certificate will do, though its end is still watched.
    Anything,
    /// The authorities that browsers trust.
    #[default]
    Public,
    /// These authorities only.
    Roots(Roots),
}

/// Certificates of authorities.
#[derive(Clone, PartialEq, Eq)]
pub struct Roots(Arc<[Box<[u8]>]>);

/// What came of a handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// The protocol that the origin chose.
    pub alpn: Option<String>,
    /// When its certificate ends, if that could be read.
    pub expires: Option<Wall>,
}

impl TlsQuestion {
    /// Asks for a certificate that browsers would take, for any protocol, and wants it to last for two weeks more.
    #[must_use]
    pub fn new() -> Self {
        Self {
            server_name: None,
            alpn: Vec::new(),
            trust: Trust::Public,
            warn: 14 * DAY,
        }
    }

    /// Sets whom the certificate must name.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Sets which protocols are offered.
    #[must_use]
    pub fn alpn<T: Into<String>>(mut self, protocols: impl IntoIterator<Item = T>) -> Self {
        self.alpn = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// Sets who may vouch for the certificate.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Sets how long a certificate must last at least.
    #[must_use]
    pub fn warn(mut self, warn: Duration) -> Self {
        self.warn = warn;
        self
    }

    /// Judges a handshake whose certificate the driver has verified.
    ///
    /// # Errors
    ///
    /// [`Reason::Alpn`] if the origin chose none of the protocols.
    pub fn judge(&self, handshake: &Handshake, now: Wall) -> Result<Option<Concern>, Reason> {
        let chosen = handshake.alpn.as_ref();
        let fits = chosen.is_some_and(|chosen| self.alpn.contains(chosen));
        if !self.alpn.is_empty() && !fits {
            return Err(Reason::Alpn {
                wanted: self.alpn.join(","),
                chosen: chosen.cloned(),
            });
        }
        let expires = handshake
            .expires
            .filter(|&expires| expires <= now + self.warn);
        Ok(expires.map(|expires| Concern::CertificateExpires {
            days: days_between(now, expires),
        }))
    }

    pub(crate) fn check(&self, path: &str, problems: &mut Problems) {
        let fits = |name: &String| {
            (1..=253).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !self.server_name.as_ref().is_none_or(fits) {
            problems.add(
                format!("{path}.server_name"),
                "use a host name or an address",
            );
        }
        let alpn_fits = |name: &String| (1..=255).contains(&name.len());
        if self.alpn.len() > 16 || !self.alpn.iter().all(alpn_fits) {
            problems.add(
                format!("{path}.alpn"),
                "use up to 16 protocols of 1 to 255 bytes (RFC 7301 section 3.1)",
            );
        }
        if matches!(&self.trust, Trust::Roots(roots) if roots.0.is_empty()) {
            problems.add(
                format!("{path}.trust"),
                "without roots no certificate passes, give one",
            );
        }
    }
}

impl Default for TlsQuestion {
    fn default() -> Self {
        Self::new()
    }
}

impl Roots {
    /// Takes certificates in DER.
    pub fn der<T: AsRef<[u8]>>(certificates: impl IntoIterator<Item = T>) -> Self {
        let certificates = certificates.into_iter();
        Self(certificates.map(|der| der.as_ref().into()).collect())
    }

    /// Yields the certificates in DER.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} certificates", self.0.len())
    }
}

const DAY: Duration = Duration::from_secs(86_400);

/// Whole days, rounded down: one that ended an hour ago has -1 left.
fn days_between(now: Wall, then: Wall) -> i64 {
    let seconds = |wall: Wall| i64::try_from(wall.as_secs()).unwrap_or(i64::MAX);
    (seconds(then) - seconds(now)).div_euclid(DAY.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_a_concern_in_time() {
        let now = Wall::from_secs(1_000 * 86_400);
        for (seconds, days) in [
            (15 * 86_400, None),
            (14 * 86_400, Some(14)),
            (86_399, Some(0)),
            (0, Some(0)),
            (-1, Some(-1)),
        ] {
            let expires = Wall::from_secs((1_000 * 86_400_i64 + seconds) as u64);
            let handshake = Handshake {
                alpn: None,
                expires: Some(expires),
            };
            let concern = TlsQuestion::new().judge(&handshake, now).unwrap();
            let expected = days.map(|days| Concern::CertificateExpires { days });
            assert_eq!(concern, expected, "{seconds}");
        }
    }

    #[test]
    fn a_protocol_that_was_not_offered_is_refused() {
        let question = TlsQuestion::new().alpn(["h2"]);
        for alpn in [None, Some("http/1.1".to_owned())] {
            let handshake = Handshake {
                alpn: alpn.clone(),
                expires: None,
            };
            let judged = question.judge(&handshake, Wall::ZERO);
            let expected = Err(Reason::Alpn {
                wanted: "h2".into(),
                chosen: alpn,
            });
            assert_eq!(judged, expected);
        }
        let any = TlsQuestion::new().judge(&Handshake::default(), Wall::ZERO);
        assert_eq!(any, Ok(None));
    }
}
