//! `health-watch` and `health-balance`, as their users start them.

use std::net::{TcpListener, UdpSocket};

use crate::program::{self, Edge};

/// Watches until the page that it prints last, and returns that with what it told of events.
fn watch(args: &[&str]) -> (String, String) {
    let timing = ["--interval", "100ms", "--timeout", "20s", "--for", "3s"];
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
    let nobody = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let nobody = nobody.local_addr().expect("its address");
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

#[test]
fn mistakes_on_the_command_line_are_told() {
    let up = TcpListener::bind("127.0.0.1:0").expect("a port");
    let up = up.local_addr().expect("its address").to_string();
    for (args, part) in [
        (vec!["gopher://x/"], "gopher:// is not spoken here"),
        (vec!["tcp://x"], "there is no port"),
        (
            vec!["tls://127.0.0.1", "--ca", "/there/is/no.pem"],
            "reading /there/is/no.pem",
        ),
        (vec!["dns://127.0.0.1/a..b"], "a..b"),
        (vec![&*up, "--expect", "("], "no regular expression"),
        (
            vec![&*up, "--interval", "0s"],
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
    assert!(good >= 50 && failed * 20 <= good, "{printed}");
    assert!(
        retries > 0,
        "two of the servers fail now and then: {printed}"
    );
}
