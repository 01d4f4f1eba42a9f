//! HTTP/2, and gRPC with tonic as the origin.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use eaves_health::probe::{
    Check, GrpcQuestion, HttpQuestion, HttpVersion, Pattern, Reason, Reuse, ServingStatus,
};
use h2::server;
use http::Response;
use tokio::io::AsyncWriteExt;
use tonic_health::server::health_reporter;

use super::{
    ask, ask_with,
    origin::{origin, saying},
    patient, reason,
};

/// Answers each request over HTTP/2 with this status and body.
async fn http2(status: u16, body: &'static [u8]) -> SocketAddr {
    origin(move |stream| async move {
        let Ok(mut connection) = server::handshake(stream).await else {
            return;
        };
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let head = Response::builder()
                .status(status)
                .header("x-version", "2")
                .body(())
                .unwrap();
            let mut stream = respond.send_response(head, body.is_empty()).unwrap();
            if !body.is_empty() {
                let _ = stream.send_data(body.into(), true);
            }
        }
    })
    .await
}

fn question() -> HttpQuestion {
    let mut question = HttpQuestion::new("/healthz");
    question.version = HttpVersion::Http2;
    question
}

#[tokio::test]
async fn http2_is_judged_like_http1() {
    let good = http2(200, b"all is well").await;
    let mut wanting = question();
    wanting.body = Some(Pattern::text("is well"));
    wanting.expect_fields = vec![("X-Version".into(), Some(Pattern::text("2")))];
    let verdict = ask(patient(wanting.clone()), good).await;
    assert!(verdict.is_pass(), "{verdict}");
    wanting.body = Some(Pattern::text("is lost"));
    assert_eq!(
        reason(ask(patient(wanting), good).await),
        Reason::Body { read: 11 }
    );
    let bad = http2(503, b"").await;
    let refused = reason(ask(patient(question()), bad).await);
    assert_eq!(refused, Reason::Status { status: 503 });
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    static PAGE: [u8; 16_384] = [b'x'; 16_384];
    let addr = origin(|stream| async move {
        let mut connection = server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            tokio::spawn(async move {
                while body.send_data(PAGE[..].into(), false).is_ok() {
                    body.reserve_capacity(PAGE.len());
                    if std::future::poll_fn(|cx| body.poll_capacity(cx))
                        .await
                        .is_none()
                    {
                        return;
                    }
                }
            });
        }
    })
    .await;
    let mut wanting = question();
    wanting.body = Some(Pattern::text("never"));
    wanting.max_body = 200_000;
    let cut = reason(ask(patient(wanting), addr).await);
    assert_eq!(cut, Reason::Body { read: 200_000 });
}

#[tokio::test]
async fn what_is_no_http2_fails() {
    let old = saying("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").await;
    let garbage = origin(|mut stream| async move {
        let _ = stream.write_all(&[0xff; 100]).await;
        std::future::pending::<()>().await;
    })
    .await;
    let closing = origin(|_| async {}).await;
    for addr in [old, garbage, closing] {
        let broken = reason(ask(patient(question()), addr).await);
        assert!(matches!(broken, Reason::Io { .. }), "{broken}");
    }
    let hanging = origin(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let deadline = Duration::from_millis(300);
    let silent = reason(ask(patient(question()).timeout(deadline), hanging).await);
    assert_eq!(silent, Reason::Timeout { deadline });
}

/// A server of the health service by tonic, in which `shop` serves and `cart` does not.
async fn tonic() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (reporter, service) = health_reporter();
    for (name, status) in [
        ("shop", tonic_health::ServingStatus::Serving),
        ("cart", tonic_health::ServingStatus::NotServing),
        ("stock", tonic_health::ServingStatus::Unknown),
    ] {
        reporter.set_service_status(name, status).await;
    }
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );
    addr
}

#[tokio::test]
async fn tonic_is_understood() {
    let addr = tonic().await;
    for (name, expected) in [
        ("", None),
        ("shop", None),
        ("cart", Some(ServingStatus::NotServing)),
        ("stock", Some(ServingStatus::Unknown)),
    ] {
        let verdict = ask(patient(GrpcQuestion::new(name)), addr).await;
        match expected {
            None => assert!(verdict.is_pass(), "{name:?}: {verdict}"),
            Some(status) => assert_eq!(reason(verdict), Reason::Serving { status }, "{name:?}"),
        }
    }
    let unknown = reason(ask(patient(GrpcQuestion::new("other")), addr).await);
    assert!(matches!(unknown, Reason::Grpc { code: 5, .. }), "{unknown}");
}

#[tokio::test]
async fn a_server_without_the_service_fails() {
    let addr = http2(404, b"no such page").await;
    let other = reason(ask(Check::grpc("").timeout(super::PATIENCE), addr).await);
    assert_eq!(other, Reason::Status { status: 404 });
    let page = http2(200, b"<html>").await;
    let other = reason(ask(Check::grpc("").timeout(super::PATIENCE), page).await);
    assert!(matches!(other, Reason::Protocol { .. }), "{other}");
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn grpc_and_http2_go_over_tls() {
    use eaves_health::probe::TlsQuestion;
    let ours = super::tls::Authority::new("ours");
    let acceptor = ours.acceptor("grpc.example", 2150, &["h2"]);
    let addr = origin(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let mut connection = server::handshake(stream).await.unwrap();
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                assert_eq!(
                    request.uri().to_string(),
                    format!("https://grpc.example{}", request.uri().path())
                );
                let mut body = respond.send_response(Response::new(()), false).unwrap();
                body.send_data([0, 0, 0, 0, 2, 8, 1][..].into(), false)
                    .unwrap();
                let mut trailers = http::HeaderMap::new();
                trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
                body.send_trailers(trailers).unwrap();
            }
        }
    })
    .await;
    let tls = TlsQuestion::new().trust(ours.trust());
    let mut grpc = GrpcQuestion::new("shop");
    grpc.authority = Some("grpc.example".into());
    grpc.tls = Some(tls.clone());
    let verdict = ask(patient(grpc), addr).await;
    assert!(verdict.is_pass(), "{verdict}");
    let mut http = question();
    http.host = Some("grpc.example".into());
    http.tls = Some(tls);
    let verdict = ask(patient(http), addr).await;
    assert!(verdict.is_pass(), "{verdict}");
}

/// Answers `/last` and then ends the connection, other paths as often as they are asked; counts the
/// connections, and answers gRPC calls that the shop serves.
async fn counting(connections: Arc<AtomicUsize>) -> SocketAddr {
    origin(move |stream| {
        connections.fetch_add(1, Ordering::SeqCst);
        async move {
            let mut connection = server::handshake(stream).await.unwrap();
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let mut body = respond.send_response(Response::new(()), false).unwrap();
                let bytes: &[u8] = match request.uri().path() {
                    GrpcQuestion::PATH => &[0, 0, 0, 0, 2, 8, 1],
                    _ => b"all is well",
                };
                body.send_data(bytes.into(), false).unwrap();
                let mut trailers = http::HeaderMap::new();
                trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
                body.send_trailers(trailers).unwrap();
                if request.uri().path() == "/last" {
                    connection.graceful_shutdown();
                }
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_connection_serves_several_probes_if_that_is_wanted() {
    let connections = Arc::new(AtomicUsize::new(0));
    let addr = counting(Arc::clone(&connections)).await;
    let sockets = super::sockets();
    for (path, reuse, expected) in [
        ("/", Reuse::Never, 1),
        ("/", Reuse::Never, 2),
        ("/", Reuse::KeepAlive, 3),
        ("/", Reuse::KeepAlive, 3),
        ("/last", Reuse::KeepAlive, 3),
        ("/", Reuse::KeepAlive, 4), // the origin's leave-taking is not held against it
        ("/", Reuse::KeepAlive, 4),
    ] {
        let mut question = question();
        question.path = path.into();
        question.reuse = reuse;
        let verdict = ask_with(&sockets, patient(question), addr).await.verdict;
        assert!(verdict.is_pass(), "{path}: {verdict}");
        assert_eq!(connections.load(Ordering::SeqCst), expected, "{path}");
    }
}

#[tokio::test]
async fn grpc_calls_share_a_connection_if_that_is_wanted() {
    let connections = Arc::new(AtomicUsize::new(0));
    let addr = counting(Arc::clone(&connections)).await;
    let sockets = super::sockets();
    for (reuse, expected) in [
        (Reuse::KeepAlive, 1),
        (Reuse::KeepAlive, 1),
        (Reuse::KeepAlive, 1),
        (Reuse::Never, 2),
    ] {
        let mut question = GrpcQuestion::new("shop");
        question.reuse = reuse;
        let verdict = ask_with(&sockets, patient(question), addr).await.verdict;
        assert!(verdict.is_pass(), "{verdict}");
        assert_eq!(connections.load(Ordering::SeqCst), expected);
    }
    // What tonic says of a service that does not serve leaves its connection in order, too.
    let addr = tonic().await;
    for name in ["cart", "shop", "cart"] {
        let mut question = GrpcQuestion::new(name);
        question.reuse = Reuse::KeepAlive;
        let verdict = ask_with(&sockets, patient(question), addr).await.verdict;
        assert_eq!(verdict.is_pass(), name == "shop", "{verdict}");
    }
}

/// Each connection answers once and is gone.
#[tokio::test]
async fn a_kept_connection_that_was_closed_is_made_anew() {
    let addr = origin(|stream| async move {
        let mut connection = server::handshake(stream).await.unwrap();
        if let Some(Ok((_, mut respond))) = connection.accept().await {
            respond.send_response(Response::new(()), true).unwrap();
            // Until all is written.
            connection.graceful_shutdown();
            let _ = std::future::poll_fn(|cx| connection.poll_closed(cx)).await;
        }
    })
    .await;
    let sockets = super::sockets();
    for _ in 0..5 {
        let mut question = question();
        question.reuse = Reuse::KeepAlive;
        let verdict = ask_with(&sockets, patient(question), addr).await.verdict;
        assert!(verdict.is_pass(), "{verdict}");
    }
}
