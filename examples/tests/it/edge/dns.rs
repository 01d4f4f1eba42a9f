//! A DNS client for the tests: `dig` where it is installed, a plain socket elsewhere.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream, UdpSocket},
    process::Command,
};

use crate::program::{self, PATIENCE};

/// What came back, in dig's words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// `NOERROR`, `NXDOMAIN`, ...
    pub(crate) status: String,
    /// `qr aa rd` and so on.
    pub(crate) flags: Vec<String>,
    /// Answer records as text, each `owner ttl class type rdata`.
    pub(crate) answer: Vec<String>,
    /// Authority records as text.
    pub(crate) authority: Vec<String>,
}

impl Reply {
    /// The rdata of the answers of a type, in order of text.
    pub(crate) fn data(&self, kind: &str) -> Vec<String> {
        let mut data: Vec<_> = self
            .answer
            .iter()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|words| words.get(3) == Some(&kind))
            .map(|words| words[4..].join(" "))
            .collect();
        data.sort();
        data
    }
}

/// Asks as a user would; `options` are dig's (`+tcp`, `+ignore`, `+bufsize=N`).
pub(crate) fn dig(server: SocketAddr, name: &str, kind: &str, options: &[&str]) -> Reply {
    assert!(program::has("dig"), "without dig, tests ask by `ask`");
    let output = Command::new("dig")
        .arg(format!("@{}", server.ip()))
        .args([
            "-p",
            &server.port().to_string(),
            name,
            kind,
            "+norecurse",
            "+tries=1",
            "+time=60",
        ])
        .args(options)
        .output()
        .expect("dig runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    parse_dig(&text)
}

fn parse_dig(text: &str) -> Reply {
    let mut reply = Reply::default();
    let mut section = "";
    for line in text.lines() {
        if let Some(at) = line.find("status: ") {
            reply.status = line[at + 8..].split(',').next().unwrap_or_default().into();
        } else if let Some(rest) = line.strip_prefix(";; flags: ") {
            let flags = rest.split(';').next().unwrap_or_default();
            reply.flags = flags.split_whitespace().map(str::to_owned).collect();
        } else if line.starts_with(";; ") {
            section = line;
        } else if !line.is_empty() && !line.starts_with(';') {
            let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
            match section {
                ";; ANSWER SECTION:" => reply.answer.push(words),
                ";; AUTHORITY SECTION:" => reply.authority.push(words),
                _ => {}
            }
        }
    }
    reply
}

/// Sends a raw message as a datagram; `None` if no answer comes in a long time.
pub(crate) fn datagram(server: SocketAddr, message: &[u8]) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket.send_to(message, server).expect("it is sent");
    let mut answer = vec![0; 65_535];
    let length = socket.recv(&mut answer).ok()?;
    answer.truncate(length);
    Some(answer)
}

/// Sends a raw message on a connection; `None` if it is closed without an answer.
pub(crate) fn stream(server: SocketAddr, message: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(server).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let length = u16::try_from(message.len()).expect("a message fits its length");
    stream.write_all(&length.to_be_bytes()).ok()?;
    stream.write_all(message).ok()?;
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}
