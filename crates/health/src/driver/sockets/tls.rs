//! TLS: handshakes by rustls, certificates verified as of the driver's clock.

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use eaves_common::time::{Clock, Wall};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct,
        RootCertStore, SignatureScheme,
        client::{
            Resumption,
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        },
        crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
        time_provider::TimeProvider,
    },
};
use x509_cert::{Certificate, der::Decode as _};

use super::{asking::Asking, connection::Connection, idle::Link};
use crate::probe::{Handshake, Phase, Reason, TlsQuestion, Trust};

impl Asking<'_> {
    pub(super) async fn ask_tls(&mut self, question: &TlsQuestion) -> Result<(), Reason> {
        let connection = self.connect(self.probe.addr).await?;
        let host = self.probe.addr.ip().to_string();
        let link = self.handshake(connection, question, &host).await?;
        self.judge_handshake(question, link.handshake.as_ref())
    }

    /// Agrees on TLS for `protocol`, unless the question offers protocols of its own.
    pub(super) async fn secure(
        &mut self,
        connection: Connection,
        mut question: TlsQuestion,
        host: &str,
        protocol: &str,
    ) -> Result<Link, Reason> {
        let optional = protocol == "http/1.1";
        if question.alpn.is_empty() {
            question.alpn.push(protocol.to_owned());
        }
        let link = self.handshake(connection, &question, host).await?;
        // HTTP/1.1 is also what is spoken when nothing was agreed on (RFC 7301 section 3.2).
        let chosen = link
            .handshake
            .as_ref()
            .and_then(|shake| shake.alpn.as_ref());
        if optional && chosen.is_none() {
            question.alpn.clear();
        }
        self.judge_handshake(&question, link.handshake.as_ref())?;
        Ok(link)
    }

    /// Takes note of what a connection's handshake showed, also if that was for an earlier probe.
    pub(super) fn note_handshake(
        &mut self,
        question: Option<&TlsQuestion>,
        handshake: Option<&Handshake>,
    ) -> Result<(), Reason> {
        let Some(mut question) = question.cloned() else {
            return Ok(());
        };
        question.alpn.clear();
        self.judge_handshake(&question, handshake)
    }

    pub(super) fn judge_handshake(
        &mut self,
        question: &TlsQuestion,
        handshake: Option<&Handshake>,
    ) -> Result<(), Reason> {
        let Some(handshake) = handshake else {
            return Ok(());
        };
        self.expires = handshake.expires.or(self.expires);
        let concern = question.judge(handshake, self.shared.clock.now().wall)?;
        self.concern = concern.or_else(|| self.concern.take());
        Ok(())
    }

    async fn handshake(
        &self,
        connection: Connection,
        question: &TlsQuestion,
        host: &str,
    ) -> Result<Link, Reason> {
        let host = question.server_name.as_deref().unwrap_or(host);
        let plain = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(plain.to_owned()).map_err(|error| Reason::Tls {
            detail: format!("{plain:?}: {error}"),
        })?;
        let config = self.shared.tls.of(question)?;
        let agreed = TlsConnector::from(config).connect(name, connection);
        let agreed = self.within(Phase::Handshake, agreed).await?;
        let stream = agreed.map_err(|error| explain(&error, question))?;
        let (_, session) = stream.get_ref();
        let alpn = session.alpn_protocol();
        let shown = session.peer_certificates().and_then(<[_]>::first);
        let handshake = Handshake {
            alpn: alpn.map(|name| String::from_utf8_lossy(name).into_owned()),
            expires: shown.and_then(|certificate| end_of(certificate)),
        };
        Ok(Link {
            connection: Box::new(stream),
            handshake: Some(handshake),
        })
    }
}

/// What clients are made from, made once for each kind of question.
pub(super) struct Configs {
    clock: Arc<dyn Clock>,
    provider: Arc<CryptoProvider>,
    made: Mutex<Vec<Made>>,
}

struct Made {
    trust: Trust,
    alpn: Vec<String>,
    config: Arc<ClientConfig>,
}

/// Kinds of questions that are remembered; above that, each handshake makes its own.
const MAX_MADE: usize = 64;

impl Configs {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            provider: Arc::new(ring::default_provider()),
            made: Mutex::default(),
        }
    }

    fn of(&self, question: &TlsQuestion) -> Result<Arc<ClientConfig>, Reason> {
        let mut all = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |made: &&Made| made.trust == question.trust && made.alpn == question.alpn;
        if let Some(made) = all.iter().find(fits) {
            return Ok(Arc::clone(&made.config));
        }
        let made = self.make(question).map_err(|error| Reason::Tls {
            detail: error.to_string(),
        })?;
        let config = Arc::new(made);
        if all.len() < MAX_MADE {
            all.push(Made {
                trust: question.trust.clone(),
                alpn: question.alpn.clone(),
                config: Arc::clone(&config),
            });
        }
        Ok(config)
    }

    fn make(&self, question: &TlsQuestion) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::clone(&self.provider);
        let time = Arc::new(ClockTime(Arc::clone(&self.clock)));
        let builder = ClientConfig::builder_with_details(provider, time)
            .with_safe_default_protocol_versions()?;
        let mut roots = RootCertStore::empty();
        let builder = match &question.trust {
            Trust::Anything => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anybody(Arc::clone(&self.provider)))),
            Trust::Public => {
                roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
                builder.with_root_certificates(roots)
            }
            Trust::Roots(given) => {
                for der in given.iter() {
                    roots.add(CertificateDer::from(der.to_vec()))?;
                }
                builder.with_root_certificates(roots)
            }
        };
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = question
            .alpn
            .iter()
            .map(|name| name.clone().into())
            .collect();
        // Each probe asks for the certificate: a resumed session would not show it.
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

fn explain(error: &io::Error, question: &TlsQuestion) -> Reason {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(fault)) => Reason::Certificate {
            detail: describe(fault),
        },
        Some(rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)) => {
            Reason::Alpn {
                wanted: question.alpn.join(","),
                chosen: None,
            }
        }
        _ => Reason::Tls {
            detail: error.to_string(),
        },
    }
}

fn describe(fault: &CertificateError) -> String {
    match fault {
        CertificateError::UnknownIssuer => "nobody who is trusted vouches for it".into(),
        fault => fault.to_string(),
    }
}

fn end_of(certificate: &CertificateDer<'_>) -> Option<Wall> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let end = certificate.tbs_certificate().validity().not_after;
    Some(Wall::from_secs(end.to_unix_duration().as_secs()))
}

struct ClockTime(Arc<dyn Clock>);

impl TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = self.0.now().wall.as_secs();
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClockTime")
    }
}

/// Takes every certificate, if only its owner has the key.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
