//! An HTTP client for the tests: `curl` where it is installed, a plain socket elsewhere.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::Command,
};

use crate::program::{self, PATIENCE};

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// All lines of a field, joined by `, `; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> String {
        let lines = self
            .headers
            .iter()
            .filter(|(own, _)| own.eq_ignore_ascii_case(name));
        lines
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Gets a page as a user would.
pub(crate) fn get(from: SocketAddr, path: &str, headers: &[&str]) -> Reply {
    if program::has("curl") {
        with_curl(from, path, headers)
    } else {
        with_socket(from, path, headers).expect("an answer")
    }
}

fn with_curl(from: SocketAddr, path: &str, headers: &[&str]) -> Reply {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "-i", "--max-time", "90"]);
    for header in headers {
        curl.args(["-H", header]);
    }
    let output = curl
        .arg(format!("http://{from}{path}"))
        .output()
        .expect("curl runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    parse(&output.stdout).expect("curl prints the response")
}

/// Gets a page through a socket of our own; an error is a connection that broke.
pub(crate) fn with_socket(
    from: SocketAddr,
    path: &str,
    headers: &[&str],
) -> std::io::Result<Reply> {
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: {from}\r\nConnection: close\r\n");
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    let bytes = exchange(from, request.as_bytes())?;
    parse(&bytes).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

/// Sends bytes and reads until the other side closes.
pub(crate) fn exchange(with: SocketAddr, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&with, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(bytes)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

/// Reads a whole response, interim ones before it left out.
fn parse(bytes: &[u8]) -> Option<Reply> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let body = &bytes[end + 4..];
    let mut lines = head.split("\r\n");
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    if (100..200).contains(&status) {
        return parse(body);
    }
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let mut reply = Reply {
        status,
        headers,
        body: body.to_vec(),
    };
    if let Ok(length) = reply.header("content-length").parse::<usize>()
        && reply.body.len() < length
        && !matches!(status, 204 | 304)
    {
        return None; // broken off
    }
    if reply
        .header("transfer-encoding")
        .eq_ignore_ascii_case("chunked")
        && body_is_chunked(body)
    {
        reply.body = dechunk(body)?;
    }
    Some(reply)
}

/// curl takes the chunks apart by itself.
fn body_is_chunked(body: &[u8]) -> bool {
    body.ends_with(b"0\r\n\r\n")
}

fn dechunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&body[..end]).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        body = &body[end + 2..];
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(body.get(..size)?);
        body = body.get(size + 2..)?;
    }
}
