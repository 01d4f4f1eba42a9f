//! UDP and DNS.

use std::{net::SocketAddr, time::Duration};

use eaves_health::probe::{
    DatagramQuestion, DnsJudgement, DnsQuery, DnsQuestion, DnsTransport, Pattern, Reason, Silence,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};

use super::{ask, origin::origin, patient, reason};

/// Sends back what `answer` makes of each datagram, one or several.
async fn echo(answer: impl Fn(usize, &[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = socket.local_addr().unwrap();
    tokio::spawn(async move { serve(&socket, answer).await });
    addr
}

async fn serve(socket: &UdpSocket, answer: impl Fn(usize, &[u8]) -> Vec<Vec<u8>>) {
    let mut buffer = [0; 2048];
    let mut count = 0;
    while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
        for answer in answer(count, &buffer[..length]) {
            let _ = socket.send_to(&answer, peer).await;
        }
        count += 1;
    }
}

async fn nobody() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.local_addr().unwrap()
}

#[tokio::test]
async fn what_comes_back_is_judged() {
    let addr = echo(|_, asked| vec![[b"re: ", asked].concat()]).await;
    let question = DatagramQuestion::new("ping");
    assert!(ask(patient(question.clone()), addr).await.is_pass());
    let echoed = question.clone().expect(Pattern::text("re: ping"));
    assert!(ask(patient(echoed), addr).await.is_pass());
    let other = question.expect(Pattern::text("pong"));
    assert_eq!(
        reason(ask(patient(other), addr).await),
        Reason::Text { read: 8 }
    );
}

#[tokio::test]
async fn nobody_is_told_by_icmp_long_before_the_deadline() {
    let question = DatagramQuestion::new("ping").silence(Silence::Passes);
    let refused = reason(ask(patient(question), nobody().await).await);
    assert!(matches!(refused, Reason::Connect { .. }), "{refused}");
}

#[tokio::test]
async fn silence_is_what_the_question_says() {
    let addr = echo(|_, _| Vec::new()).await;
    let check = |silence| {
        let question = DatagramQuestion::new("ping").silence(silence);
        patient(question).timeout(Duration::from_millis(200))
    };
    assert!(ask(check(Silence::Passes), addr).await.is_pass());
    let silent = reason(ask(check(Silence::Fails), addr).await);
    assert!(matches!(silent, Reason::Timeout { .. }), "{silent}");
}

#[tokio::test]
async fn a_lost_datagram_is_sent_again() {
    let addr = echo(|count, asked| match count {
        0 => Vec::new(),
        _ => vec![asked.to_vec()],
    })
    .await;
    let check = patient(DatagramQuestion::new("ping")).timeout(Duration::from_secs(8));
    let verdict = ask(check, addr).await;
    assert!(verdict.is_pass(), "{verdict}");
}

/// A query of 12 bytes; an answer's third byte is its judgement.
#[derive(Debug)]
pub(super) struct Toy;

impl DnsQuery for Toy {
    fn query(&self, id: u16) -> Vec<u8> {
        [&id.to_be_bytes()[..], &[0; 10]].concat()
    }

    fn judge(&self, id: u16, answer: &[u8]) -> DnsJudgement {
        match answer {
            [a, b, ..] if [*a, *b] != id.to_be_bytes() => DnsJudgement::Stray,
            [_, _, 0, ..] => DnsJudgement::Pass,
            [_, _, 1, ..] => DnsJudgement::Truncated,
            [_, _, code, ..] => DnsJudgement::Fail(format!("code {code}")),
            _ => DnsJudgement::Fail("too short".into()),
        }
    }
}

/// Says `code` over UDP, after an answer to another query, and `code_over_tcp` over TCP on the same port.
async fn name_server(code: u8, code_over_tcp: Option<u8>) -> SocketAddr {
    let answering = move |_: usize, asked: &[u8]| {
        let stray = vec![!asked[0], asked[1], 0];
        vec![stray, vec![asked[0], asked[1], code]]
    };
    let Some(code) = code_over_tcp else {
        return echo(answering).await;
    };
    let (listener, socket) = loop {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // The port may be taken for UDP.
        if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()).await {
            break (listener, socket);
        }
    };
    let addr = socket.local_addr().unwrap();
    tokio::spawn(async move { serve(&socket, answering).await });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 14];
            stream.read_exact(&mut asked).await.unwrap();
            assert_eq!(asked[..2], [0, 12]);
            stream
                .write_all(&[0, 3, asked[2], asked[3], code])
                .await
                .unwrap();
        }
    });
    addr
}

#[tokio::test]
async fn dns_answers_are_judged_and_strays_are_not() {
    let question = DnsQuestion::new(Toy);
    let addr = name_server(0, None).await;
    assert!(ask(patient(question.clone()), addr).await.is_pass());
    let refusing = name_server(5, None).await;
    let refused = reason(ask(patient(question.clone()), refusing).await);
    assert_eq!(refused.to_string(), "DNS answer: code 5");
    let cutting = name_server(1, Some(0)).await;
    assert!(ask(patient(question.clone()), cutting).await.is_pass());
    let cutting_always = name_server(1, Some(1)).await;
    let cut = reason(ask(patient(question), cutting_always).await);
    assert!(cut.to_string().contains("over TCP"), "{cut}");
}

#[tokio::test]
async fn dns_over_tcp_does_not_believe_a_length() {
    let addr = origin(|mut stream| async move {
        let _ = stream.read(&mut [0; 14]).await;
        let _ = stream.write_all(&[0xff, 0xff, 1, 2, 3]).await;
    })
    .await;
    let question = DnsQuestion::new(Toy).transport(DnsTransport::Tcp);
    let cut = reason(ask(patient(question), addr).await);
    assert!(matches!(cut, Reason::Io { .. }), "{cut}");
}
