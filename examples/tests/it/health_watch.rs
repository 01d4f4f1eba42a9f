//! `health-watch`, `health-balance` and `health-cost`, as their users start them.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, UdpSocket},
    sync::Arc,
    thread,
};

use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::program::{self, Edge};

/// Watches until the page that it prints last, and returns that with what it told of events.
fn watch(args: &[&str]) -> (String, String) {
    // Until all is known: the time is for a machine on which that never comes.
    let timing = "--interval 100ms --timeout 30s --probes 3 --for 100s";
    let timing: Vec<&str> = timing.split(' ').collect();
    let output = program::run("health-watch", &[args, &timing].concat());
    let printed = String::from_utf8(output.stdout).expect("text");
    let events = String::from_utf8(output.stderr).expect("text");
    let last = printed.rfind(" healthy, ").expect(&events);
    let line = printed[..last].rfind('\n').map_or(0, |at| at + 1);
    (printed[line..].to_owned(), events)
}

/// The last page's line of this target.
fn line<'a>(page: &'a str, name: &str) -> &'a str {
    let line = page.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("{name} is not in {page}"))
}

#[test]
fn http_dns_and_tcp_are_watched_side_by_side() {
    let edge = Edge::start(&[]);
    let (proxy, dns) = (edge.address("proxy"), edge.address("dns"));
    let nobody = {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.local_addr().expect("its address")
    };
    let there = format!("dns://{dns}/www.edge.test?A");
    let missing = format!("dns://{dns}/nowhere.edge.test?A");
    let elsewhere = format!("dns://{dns}/www.example?A");
    let (http, tcp) = (format!("http://{proxy}/"), format!("tcp://{proxy}"));
    let udp = format!("udp://{nobody}/ping");
    let (page, events) = watch(&[&there, &missing, &elsewhere, &http, &tcp, &udp]);
    assert!(page.starts_with("4 of 6 healthy"), "{page}{events}");
    for name in [&there, &missing, &http, &tcp] {
        assert!(line(&page, name).contains("+++"), "{page}");
    }
    assert!(
        line(&page, &elsewhere).ends_with("DNS answer: REFUSED"),
        "{page}"
    );
    assert!(line(&page, &udp).contains("connecting: "), "{page}");
    assert!(
        events.contains(&format!("{elsewhere} is down (was unknown)")),
        "{events}"
    );
}

#[test]
fn expectations_and_names_are_heard() {
    let edge = Edge::start(&[]);
    let proxy = edge.address("proxy");
    let http = format!("http://{proxy}/");
    let (page, events) = watch(&[&http, "--expect", "no such (text|words)"]);
    assert!(
        line(&page, &http).contains("lack the expected text"),
        "{page}{events}"
    );
    let (page, events) = watch(&[&http, "--status", "404"]);
    assert!(
        line(&page, &http).ends_with("status 200 is not expected"),
        "{page}{events}"
    );
    let named = format!("localhost:{}", proxy.port());
    let (page, events) = watch(&[&named]);
    assert!(
        page.contains(&format!("{named}@127.0.0.1  healthy")),
        "{page}{events}"
    );
}

#[test]
fn what_speaks_no_tls_and_no_grpc_is_down() {
    let edge = Edge::start(&[]);
    let proxy = edge.address("proxy");
    let (tls, grpc, h2) = (
        format!("tls://{proxy}"),
        format!("grpc://{proxy}/shop"),
        format!("h2://{proxy}"),
    );
    let (page, events) = watch(&[&tls, &grpc, &h2, "--insecure"]);
    assert!(page.starts_with("0 of 3 healthy"), "{page}{events}");
    assert!(line(&page, &tls).contains("TLS: "), "{page}");
    assert!(line(&page, &grpc).contains("HTTP/2: "), "{page}");
}

/// An HTTPS server at 127.0.0.1 that answers every request alike, and its certificate in PEM.
fn secure_server() -> (SocketAddr, String) {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .expect("a configuration");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let session = ServerConnection::new(Arc::clone(&config)).expect("a session");
            let mut stream = StreamOwned::new(session, stream);
            // A client that does not trust the certificate goes away.
            if stream.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            }
        }
    });
    (addr, own.cert.pem())
}

#[test]
fn certificates_are_verified_and_their_days_told() {
    let (addr, pem) = secure_server();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&file, pem).expect("the file is written");
    let file = file.path().to_str().expect("a UTF-8 path");
    let https = format!("https://{addr}/");
    let (page, events) = watch(&[&https]);
    assert!(
        line(&page, &https).contains("nobody who is trusted"),
        "{page}{events}"
    );
    let (page, events) = watch(&[&https, "--ca", file]);
    assert!(page.starts_with("1 of 1 healthy"), "{page}{events}");
    assert!(
        line(&page, &https).ends_with(" days left"),
        "{page}{events}"
    );
    let (page, events) = watch(&[&https, "--insecure", "--days", "4000000"]);
    assert!(line(&page, &https).contains("~~~"), "{page}{events}");
    assert!(
        line(&page, &https).contains("its certificate expires in"),
        "{page}{events}"
    );
}

#[test]
fn mistakes_on_the_command_line_are_told() {
    let up = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = up.local_addr().expect("its address").to_string();
    for (args, part) in [
        (vec!["gopher://x/"], "gopher:// is not spoken here"),
        (vec!["tcp://x"], "there is no port"),
        (
            vec!["tls://127.0.0.1", "--ca", "/there/is/no.pem"],
            "reading /there/is/no.pem",
        ),
        (vec!["dns://127.0.0.1/a..b"], "a..b"),
        (vec![&*addr, "--expect", "("], "no regular expression"),
        (
            vec![&*addr, "--interval", "0s"],
            "interval: 0ns is out of range",
        ),
    ] {
        let output = program::run("health-watch", &args);
        let told = String::from_utf8(output.stderr).expect("text");
        assert!(!output.status.success(), "{args:?}");
        assert!(told.contains(part), "{args:?}: {told}");
    }
}

#[test]
fn the_balance_keeps_answering_over_flaky_servers() {
    let output = program::run("health-balance", &["--seconds", "6", "--rate", "100"]);
    let printed = String::from_utf8(output.stdout).expect("text");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{told}");
    assert_eq!(printed.lines().count(), 7, "{printed}");
    let last = printed.lines().last().expect("seven lines");
    let numbers: Vec<u64> = last
        .split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|word| word.parse().ok())
        .collect();
    let [good, failed, retries, ..] = numbers[..] else {
        panic!("{last}");
    };
    // How many depends on the machine's leisure: a request has two seconds.
    assert!(good > 0 && good + failed > 20, "{printed}");
    assert!(
        retries > 0,
        "two of the servers fail now and then: {printed}"
    );
}

#[test]
fn what_probing_costs_is_told() {
    for kind in ["tcp", "http"] {
        let args = ["--origins", "40", "--interval", "200ms", "--kind", kind];
        let output = program::run("health-cost", &args);
        let printed = String::from_utf8(output.stdout).expect("text");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{printed}{told}");
        let probes = printed
            .split(' ')
            .next()
            .and_then(|count| count.parse().ok());
        // Two rounds at least, and however many fell due since they were over.
        assert!(probes.is_some_and(|count: u64| count >= 80), "{printed}");
        assert!(printed.trim_end().ends_with("healthy"), "{printed}");
    }
}
