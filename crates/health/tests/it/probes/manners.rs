//! What origins can do to a probe, by kind of probe: what each cell of the table comes to.
//!
//! Where a deadline must end it, the deadline is short and everything else has all the time there is; everywhere else
//! the deadline is far away, so that whoever needs it is seen.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use eaves_health::probe::{
    Check, DatagramQuestion, DnsQuestion, DnsTransport, GrpcQuestion, HttpQuestion, HttpVersion,
    Pattern, Payload, Question, Reason, TlsQuestion, Verdict,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{PATIENCE, ask, datagram::Toy, nobody, origin::origin, patient, tls::Authority};

/// What an origin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Nobody listens.
    Refuse,
    /// It takes the connection and says nothing.
    Hang,
    /// It goes on a byte at a time, in good order and for ever.
    Drip,
    /// Its head has no end.
    EndlessHead,
    /// Its body has no end.
    EndlessBody,
    /// It says half a body and then closes its half.
    HalfClose,
    /// It resets the connection before it has said anything.
    Reset,
    /// It resets the connection within its head.
    ResetInHead,
    /// It resets the connection within its body.
    ResetInBody,
    /// It says what belongs to no protocol.
    Garbage,
}

use Manner::{
    Drip, EndlessBody, EndlessHead, Garbage, HalfClose, Hang, Refuse, Reset, ResetInBody,
    ResetInHead,
};

/// What an origin of one protocol says.
#[derive(Clone, Debug)]
struct Script {
    /// Says whether what was read holds a request.
    is_asked: fn(&[u8]) -> bool,
    /// Begins a head.
    head: Vec<u8>,
    /// Goes on with it.
    more_head: Vec<u8>,
    /// Ends it, and begins a body.
    head_end: Vec<u8>,
    /// Goes on with the body, a byte of it.
    bit: Vec<u8>,
    /// Goes on with the body.
    more_body: Vec<u8>,
}

/// The deadline of probes that nothing else ends.
const SHORT: Duration = Duration::from_millis(300);

/// Plays each manner and compares what it comes to; names are separated by `|` where the network decides.
async fn check_cells(
    kind: &str,
    question: impl Into<Question>,
    script: Script,
    acceptor: Option<TlsAcceptor>,
    cells: &[(Manner, &'static str)],
) {
    let question = question.into();
    let mut probes = JoinSet::new();
    for &(manner, expected) in cells {
        let addr = match manner {
            Refuse => nobody().await,
            _ => listen(manner, script.clone(), acceptor.clone()).await,
        };
        let check = deadline_for(patient(question.clone()), expected);
        probes.spawn(async move { (manner, expected, ask(check, addr).await) });
    }
    let mut wrong = Vec::new();
    for (manner, expected, verdict) in probes.join_all().await {
        if !fits(&verdict, expected) {
            wrong.push(format!("{manner:?}: {verdict}, expected was {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{kind}: {wrong:#?}");
}

fn deadline_for(mut check: Check, expected: &str) -> Check {
    if expected == "timeout" {
        check = check.timeout(SHORT);
        check.phases.silence = Some(PATIENCE);
    }
    check
}

fn fits(verdict: &Verdict, expected: &str) -> bool {
    let Verdict::Fail(reason) = verdict else {
        return false;
    };
    let told = match reason {
        Reason::Body { .. } => "body",
        Reason::Certificate { .. } => "certificate",
        Reason::Connect { .. } => "connect",
        Reason::Dns { .. } => "dns",
        Reason::Exit { .. } => "exit",
        Reason::Io { .. } => "io",
        Reason::Protocol { .. } => "protocol",
        Reason::Text { .. } => "text",
        Reason::Timeout { deadline } if *deadline == SHORT => "timeout",
        Reason::Tls { .. } => "tls",
        _ => "something else",
    };
    expected.split('|').any(|one| one == told)
}

/// A connection that can be reset.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {
    fn reset_on_drop(&self);
}

impl Wire for TcpStream {
    fn reset_on_drop(&self) {
        let _ = self.set_zero_linger();
    }
}

impl Wire for TlsStream<TcpStream> {
    fn reset_on_drop(&self) {
        let _ = self.get_ref().0.set_zero_linger();
    }
}

async fn listen(manner: Manner, script: Script, acceptor: Option<TlsAcceptor>) -> SocketAddr {
    let script = Arc::new(script);
    origin(move |stream| {
        let (script, acceptor) = (Arc::clone(&script), acceptor.clone());
        async move {
            let wire: Box<dyn Wire> = match acceptor {
                None => Box::new(stream),
                Some(acceptor) => match acceptor.accept(stream).await {
                    Ok(stream) => Box::new(stream),
                    Err(_) => return,
                },
            };
            let _ = behave(wire, manner, &script).await;
        }
    })
    .await
}

async fn behave(mut wire: Box<dyn Wire>, manner: Manner, script: &Script) -> std::io::Result<()> {
    if manner == Reset {
        wire.reset_on_drop();
        return Ok(());
    }
    let mut asked = Vec::new();
    while !(script.is_asked)(&asked) {
        if wire.read_buf(&mut asked).await? == 0 {
            return Ok(());
        }
    }
    match manner {
        Refuse | Reset | Hang => {}
        Garbage => wire.write_all(&[0xff; 4096]).await?,
        EndlessHead => {
            wire.write_all(&script.head).await?;
            loop {
                wire.write_all(&script.more_head).await?;
            }
        }
        ResetInHead => wire.write_all(&script.head).await?,
        Drip | EndlessBody | HalfClose | ResetInBody => {
            let begun = [&script.head[..], &script.head_end, &script.bit].concat();
            wire.write_all(&begun).await?;
        }
    }
    wire.flush().await?;
    match manner {
        Drip => loop {
            wire.write_all(&script.bit).await?;
            wire.flush().await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        },
        EndlessBody => loop {
            wire.write_all(&script.more_body).await?;
        },
        HalfClose => wire.shutdown().await?,
        ResetInHead | ResetInBody => {
            wire.reset_on_drop();
            return Ok(());
        }
        _ => {}
    }
    // Its own half of the connection stays open until the prober has closed the other.
    wire.read_to_end(&mut asked).await.map(drop)
}

fn words() -> Script {
    Script {
        is_asked: |_| true,
        head: b"2".to_vec(),
        more_head: Vec::new(),
        head_end: b"20 ".to_vec(),
        bit: b"x".to_vec(),
        more_body: vec![b'x'; 4096],
    }
}

fn http1() -> Script {
    Script {
        is_asked: |read| read.ends_with(b"\r\n\r\n"),
        head: b"HTTP/1.1 200 OK\r\n".to_vec(),
        more_head: b"x-more: and more\r\n".to_vec(),
        head_end: b"content-length: 1000000000\r\n\r\n".to_vec(),
        bit: b"x".to_vec(),
        more_body: vec![b'x'; 4096],
    }
}

/// Frames by hand (RFC 9113 section 4.1): a server that keeps to the protocol could not do all this.
fn http2(body: &[u8]) -> Script {
    const STATUS_200: u8 = 0x88;
    let field = [&[0, 1, b'x', 100][..], &[b'y'; 100]].concat();
    Script {
        is_asked: holds_headers,
        head: [
            frame(SETTINGS, 0, 0, &[]),
            frame(HEADERS, 0, 1, &[STATUS_200]),
        ]
        .concat(),
        more_head: frame(CONTINUATION, 0, 1, &field),
        head_end: [
            frame(CONTINUATION, END_HEADERS, 1, &[]),
            frame(DATA, 0, 1, body),
        ]
        .concat(),
        bit: frame(DATA, 0, 1, b"x"),
        more_body: frame(DATA, 0, 1, &[b'x'; 4096]),
    }
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let head = [
        length[1], length[2], length[3], kind, flags, 0, 0, 0, stream,
    ];
    [&head[..], payload].concat()
}

/// Says whether a request's head is in: the preface of 24 bytes, then frames up to one of fields.
fn holds_headers(read: &[u8]) -> bool {
    let mut rest = read.get(24..).unwrap_or_default();
    while let [_, high, low, kind, ..] = *rest {
        let length = usize::from(high) << 8 | usize::from(low);
        let Some(after) = rest.get(9 + length..) else {
            return false;
        };
        if kind == HEADERS {
            return true;
        }
        rest = after;
    }
    false
}

fn page(version: HttpVersion) -> HttpQuestion {
    let mut question = HttpQuestion::new("/");
    question.version = version;
    question.body = Some(Pattern::text("never"));
    question
}

#[tokio::test]
async fn tcp() {
    let question = Payload::default().expect(Pattern::text("never"));
    let cells = [
        (Refuse, "connect"),
        (Hang, "timeout"),
        (Drip, "timeout"),
        (EndlessBody, "text"),
        (HalfClose, "text"),
        (Reset, "connect|io"),
        (ResetInBody, "io"),
        (Garbage, "timeout"),
    ];
    check_cells("tcp", question, words(), None, &cells).await;
}

#[tokio::test]
async fn http_1() {
    let cells = [
        (Refuse, "connect"),
        (Hang, "timeout"),
        (Drip, "timeout"),
        (EndlessHead, "protocol"),
        (EndlessBody, "body"),
        (HalfClose, "protocol"),
        (Reset, "connect|io"),
        (ResetInHead, "io|protocol"),
        (ResetInBody, "io|protocol"),
        (Garbage, "protocol"),
    ];
    let question = page(HttpVersion::Http1);
    check_cells("http1", question, http1(), None, &cells).await;
}

#[tokio::test]
async fn http_1_over_tls() {
    let ours = Authority::new("ours");
    let acceptor = ours.acceptor("127.0.0.1", 2150, &["http/1.1"]);
    let mut question = page(HttpVersion::Http1);
    question.tls = Some(TlsQuestion::new().trust(ours.trust()));
    let cells = [
        (Refuse, "connect"),
        (Hang, "timeout"),
        (Drip, "timeout"),
        (EndlessHead, "protocol"),
        (EndlessBody, "body"),
        (HalfClose, "protocol"),
        (Reset, "connect|io|tls"),
        (ResetInHead, "io|protocol"),
        (ResetInBody, "io|protocol"),
        (Garbage, "protocol"),
    ];
    check_cells("https", question, http1(), Some(acceptor), &cells).await;
}

#[tokio::test]
async fn http_2() {
    let cells = [
        (Refuse, "connect"),
        (Hang, "timeout"),
        (Drip, "timeout"),
        (EndlessHead, "io"),
        (EndlessBody, "io"), // it heeds no window
        (HalfClose, "io"),
        (Reset, "connect|io"),
        (ResetInHead, "io"),
        (ResetInBody, "io"),
        (Garbage, "io"),
    ];
    let question = page(HttpVersion::Http2);
    check_cells("http2", question, http2(b"x"), None, &cells).await;
}

#[tokio::test]
async fn grpc() {
    let cells = [
        (Refuse, "connect"),
        (Hang, "timeout"),
        (Drip, "timeout"),
        (EndlessHead, "io"),
        (HalfClose, "io"),
        (Reset, "connect|io"),
        (ResetInHead, "io"),
        (ResetInBody, "io"),
        (Garbage, "io"),
    ];
    // A message of a thousand bytes.
    let patient = http2(&[0, 0, 0, 3, 232]);
    check_cells("grpc", GrpcQuestion::new(""), patient, None, &cells).await;
    // One of four gigabytes.
    let endless = http2(&[0, 0xff, 0xff, 0xff, 0xff]);
    let cells = [(EndlessBody, "protocol")];
    check_cells("grpc", GrpcQuestion::new(""), endless, None, &cells).await;
}

#[tokio::test]
async fn tls() {
    // A handshake message of 16 MiB, in records as long as they may be.
    let record = [&[0x16, 3, 3, 0x40, 0][..], &[0; 0x4000]].concat();
    let script = Script {
        is_asked: |read| !read.is_empty(),
        head: vec![0x16, 3, 3, 0x40, 0, 2, 0xff, 0xff],
        more_head: record.clone(),
        head_end: Vec::new(),
        bit: vec![0],
        more_body: record,
    };
    let cells = [
        (Refuse, "connect"),
        (Hang, "timeout"),
        (Drip, "timeout"),
        (EndlessHead, "tls"),
        (HalfClose, "tls"),
        (Reset, "connect|tls"),
        (ResetInHead, "tls"),
        (Garbage, "tls"),
    ];
    check_cells("tls", TlsQuestion::new(), script, None, &cells).await;
}

/// Wrong in name, in who vouches, and in time, for all that goes over TLS.
#[tokio::test]
async fn certificates() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let over = |tls: TlsQuestion| {
        let mut pages = [HttpVersion::Http1, HttpVersion::Http2].map(page);
        pages
            .iter_mut()
            .for_each(|page| page.tls = Some(tls.clone()));
        let mut grpc = GrpcQuestion::new("");
        grpc.tls = Some(tls.clone());
        let [old, new] = pages;
        [Question::from(tls), old.into(), new.into(), grpc.into()]
    };
    for (name, until, authority) in [
        ("www.example", 2150, &ours),
        ("127.0.0.1", 2150, &theirs),
        ("127.0.0.1", 2001, &ours),
    ] {
        let acceptor = authority.acceptor(name, until, &["h2", "http/1.1"]);
        for question in over(TlsQuestion::new().trust(ours.trust())) {
            let addr = listen(Hang, words(), Some(acceptor.clone())).await;
            let verdict = ask(patient(question), addr).await;
            assert!(fits(&verdict, "certificate"), "{name} {until}: {verdict}");
        }
    }
}

#[tokio::test]
async fn dns_over_tcp() {
    let script = Script {
        is_asked: |read| read.len() >= 14,
        head: vec![0xff],
        more_head: Vec::new(),
        head_end: vec![0xff],
        bit: b"x".to_vec(),
        more_body: vec![b'x'; 4096],
    };
    let cells = [
        (Refuse, "connect"),
        (Hang, "timeout"),
        (Drip, "timeout"),
        (EndlessBody, "dns"),
        (HalfClose, "io"),
        (Reset, "connect|io"),
        (ResetInHead, "io"),
        (ResetInBody, "io"),
        (Garbage, "timeout"),
    ];
    let question = DnsQuestion::new(Toy).transport(DnsTransport::Tcp);
    check_cells("dns", question, script, None, &cells).await;
}

/// Nobody, silence, and answers without end to what nobody has asked.
#[tokio::test]
async fn datagrams() {
    let closed = {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.local_addr().unwrap()
    };
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let flooding = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let flood = flooding.local_addr().unwrap();
    tokio::spawn(async move {
        let (length, peer) = flooding.recv_from(&mut [0; 64]).await.unwrap();
        assert_eq!(length, 12);
        while flooding.send_to(&[0; 2], peer).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let words = || Question::from(DatagramQuestion::new("ping"));
    let names = || Question::from(DnsQuestion::new(Toy));
    for (question, addr, expected) in [
        (words(), closed, "connect"),
        (names(), closed, "connect"),
        (words(), silent.local_addr().unwrap(), "timeout"),
        (names(), silent.local_addr().unwrap(), "timeout"),
        (names(), flood, "protocol"),
    ] {
        let verdict = ask(deadline_for(patient(question), expected), addr).await;
        assert!(
            fits(&verdict, expected),
            "{addr}: {verdict}, expected was {expected}"
        );
    }
}

#[cfg(all(feature = "command", unix))]
#[tokio::test]
async fn commands() {
    use eaves_health::probe::CommandQuestion;
    let addr = "192.0.2.7:8080".parse().unwrap();
    for (script, expected) in [
        ("exec sleep 600", "timeout"),
        ("while :; do echo x; sleep 0.02; done", "timeout"),
        ("exec yes", "timeout"),
        ("exec >&-; exec sleep 600", "timeout"),
        ("kill -9 $$", "exit"),
    ] {
        let question = CommandQuestion::new("sh").arg("-c").arg(script);
        let question = question.output(Pattern::text("never"));
        let verdict = ask(deadline_for(patient(question), expected), addr).await;
        assert!(fits(&verdict, expected), "{script}: {verdict}");
    }
}
