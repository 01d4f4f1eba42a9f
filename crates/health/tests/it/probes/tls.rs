//! TLS: who vouches, until when, and for which protocol.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use eaves_common::time::{Clock, ManualClock, SystemClock, Wall};
use eaves_health::probe::{
    Concern, HttpQuestion, HttpVersion, Reason, Roots, TlsQuestion, Trust, Verdict,
};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::{
    ask_with,
    origin::{origin, saying},
    patient, reason, sockets_at,
};

/// An authority that signs certificates of test origins.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2200, 1, 1);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(super) fn trust(&self) -> Trust {
        Trust::Roots(Roots::der([self.0.der()]))
    }

    /// Starts an origin of this name with a certificate up to this year.
    pub(super) async fn origin(
        &self,
        name: &str,
        until: i32,
        alpn: &'static [&'static str],
    ) -> SocketAddr {
        let acceptor = self.acceptor(name, until, alpn);
        origin(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                    .await;
                let _ = stream.shutdown().await;
            }
        })
        .await
    }

    pub(super) fn acceptor(&self, name: &str, until: i32, alpn: &[&str]) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

async fn ask(question: impl Into<eaves_health::probe::Question>, addr: SocketAddr) -> Verdict {
    let sockets = sockets_at(Arc::new(SystemClock));
    ask_with(&sockets, patient(question), addr).await.verdict
}

#[tokio::test]
async fn a_certificate_must_name_the_origin_and_be_vouched_for() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let addr = ours.origin("www.example", 2150, &[]).await;
    let question = TlsQuestion::new()
        .server_name("www.example")
        .trust(ours.trust());
    assert!(ask(question.clone(), addr).await.is_pass());
    for (question, detail) in [
        (
            question.clone().server_name("other.example"),
            "not valid for name",
        ),
        (
            question.clone().trust(theirs.trust()),
            "nobody who is trusted",
        ),
        (
            question.clone().trust(Trust::Public),
            "nobody who is trusted",
        ),
    ] {
        let refused = reason(ask(question, addr).await);
        assert!(matches!(refused, Reason::Certificate { .. }), "{refused}");
        assert!(refused.to_string().contains(detail), "{refused}");
    }
    let anything = question.server_name("other.example").trust(Trust::Anything);
    assert!(ask(anything, addr).await.is_pass());
}

#[tokio::test]
async fn an_address_is_verified_without_a_name() {
    let ours = Authority::new("ours");
    let addr = ours.origin("127.0.0.1", 2150, &[]).await;
    let question = TlsQuestion::new().trust(ours.trust());
    assert!(ask(question, addr).await.is_pass());
}

#[tokio::test]
async fn an_expired_certificate_fails_and_is_seen_where_anything_is_trusted() {
    let ours = Authority::new("ours");
    let addr = ours.origin("www.example", 2001, &[]).await;
    let question = TlsQuestion::new()
        .server_name("www.example")
        .trust(ours.trust());
    let expired = reason(ask(question.clone(), addr).await);
    assert!(expired.to_string().contains("expired"), "{expired}");
    let verdict = ask(question.trust(Trust::Anything), addr).await;
    let Verdict::Degraded { concern, .. } = verdict else {
        panic!("it {verdict}");
    };
    assert_eq!(concern.to_string(), "its certificate has expired");
}

#[tokio::test]
async fn the_days_that_are_left_are_told_in_time() {
    let ours = Authority::new("ours");
    let addr = ours.origin("www.example", 2030, &[]).await;
    let end = Wall::from_secs(1_893_456_000); // the first of January 2030
    let question = TlsQuestion::new()
        .server_name("www.example")
        .trust(ours.trust());
    for (days, concern) in [
        (20, None),
        (10, Some(Concern::CertificateExpires { days: 10 })),
    ] {
        let clock = ManualClock::at(end - Duration::from_secs(days * 86_400));
        assert_eq!(clock.now().wall + Duration::from_secs(days * 86_400), end);
        let sockets = sockets_at(Arc::new(clock));
        let finding = ask_with(&sockets, patient(question.clone()), addr).await;
        assert_eq!(finding.expires, Some(end));
        let told = match finding.verdict {
            Verdict::Degraded { concern, .. } => Some(concern),
            Verdict::Pass { .. } => None,
            failed => panic!("it {failed}"),
        };
        assert_eq!(told, concern);
    }
}

#[tokio::test]
async fn the_protocol_must_be_one_that_was_offered() {
    let ours = Authority::new("ours");
    let question = TlsQuestion::new()
        .server_name("www.example")
        .trust(ours.trust());
    let silent = ours.origin("www.example", 2150, &[]).await;
    let old = ours.origin("www.example", 2150, &["http/1.1"]).await;
    for (addr, passes) in [(silent, false), (old, false)] {
        let verdict = ask(question.clone().alpn(["h2"]), addr).await;
        assert_eq!(verdict.is_pass(), passes, "{verdict}");
        assert!(matches!(reason(verdict), Reason::Alpn { .. }));
    }
    assert!(ask(question.alpn(["h2", "http/1.1"]), old).await.is_pass());
}

#[tokio::test]
async fn https_is_http_over_tls() {
    let ours = Authority::new("ours");
    for alpn in [&[][..], &["http/1.1"]] {
        let addr = ours.origin("www.example", 2150, alpn).await;
        let mut question = HttpQuestion::new("/");
        question.host = Some("www.example".into());
        question.tls = Some(TlsQuestion::new().trust(ours.trust()));
        let verdict = ask(question.clone(), addr).await;
        assert!(verdict.is_pass(), "{verdict}");
        question.version = HttpVersion::Http2;
        let refused = reason(ask(question, addr).await);
        assert!(matches!(refused, Reason::Alpn { .. }), "{refused}");
    }
}

#[tokio::test]
async fn what_is_no_tls_is_told_from_what_is_badly_certified() {
    let question = || TlsQuestion::new().trust(Trust::Anything);
    let plain = saying("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let garbage = origin(|mut stream| async move {
        let _ = stream.write_all(&[0xff; 4096]).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let closing = origin(|_| async {}).await;
    let endless = origin(|mut stream| async move {
        // Records of unknown type 0x16 that never end a handshake message.
        let record = [&[0x16, 3, 3, 0x40, 0][..], &[0; 0x4000]].concat();
        while stream.write_all(&record).await.is_ok() {}
    })
    .await;
    for addr in [garbage, closing, endless] {
        let refused = reason(ask(question(), addr).await);
        assert!(matches!(refused, Reason::Tls { .. }), "{refused}");
    }
    // It waits for the end of a request head that never comes.
    let limited = patient(question()).timeout(Duration::from_millis(300));
    let silent = ask_with(&sockets_at(Arc::new(SystemClock)), limited, plain).await;
    assert!(matches!(reason(silent.verdict), Reason::Timeout { .. }));
}
