//! `dns-query`: a small dig, over UDP or TCP.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream, UdpSocket},
    time::Duration,
};

use eaves_dns::{
    Builder, Flags, Header, Message, NameBuf, Question, Rtype, Section, View,
    edns::Edns,
    frame::{StreamDecoder, frame},
};

/// How long to wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What carries the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// UDP, and TCP if the answer is truncated.
    Udp,
    /// TCP.
    Tcp,
}

/// What was asked for on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The name.
    pub name: NameBuf,
    /// The type.
    pub rtype: Rtype,
    /// The server.
    pub server: SocketAddr,
    /// What carries the question.
    pub carrier: Carrier,
}

impl Ask {
    /// Reads `NAME TYPE @SERVER [+tcp]`, in any order.
    ///
    /// # Errors
    /// Says what is missing or not understood.
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut name, mut rtype, mut server, mut carrier) = (None, None, None, Carrier::Udp);
        for arg in args {
            if let Some(address) = arg.strip_prefix('@') {
                server = Some(parse_server(address)?);
            } else if arg == "+tcp" {
                carrier = Carrier::Tcp;
            } else if arg.starts_with('+') {
                return Err(format!(
                    "{arg} is not offered: use +tcp, or nothing for UDP"
                ));
            } else if name.is_none() {
                let parsed: Result<NameBuf, _> = arg.parse();
                name = Some(parsed.map_err(|error| format!("{arg}: {error}"))?);
            } else {
                let parsed: Result<Rtype, _> = arg.parse();
                rtype = Some(parsed.map_err(|error| format!("{arg}: {error}"))?);
            }
        }
        Ok(Self {
            name: name.ok_or("a name is missing")?,
            rtype: rtype.unwrap_or(Rtype::A),
            server: server.ok_or("@SERVER is missing")?,
            carrier,
        })
    }
}

/// An address, perhaps with a port.
fn parse_server(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let ip = text.trim_matches(['[', ']']).parse();
    ip.map(|ip| SocketAddr::new(ip, 53))
        .map_err(|_| format!("{text} is not an address, with or without a port"))
}

/// Asks and renders the answer.
///
/// # Errors
/// When the server cannot be reached or its answer cannot be read.
pub fn query(ask: &Ask, id: u16) -> Result<String, eaves_common::Error> {
    let mut buf = [0; 512];
    let header = Header {
        id,
        flags: Flags::RD | Flags::AD,
        ..Header::default()
    };
    let mut builder = Builder::new(&mut buf, header)?;
    builder.question(&Question::new(&ask.name, ask.rtype))?;
    builder.edns(&Edns::default())?;
    let query = builder.finish();
    let unreachable = |error: std::io::Error| {
        let message = format!("asking {}", ask.server);
        eaves_common::Error::with_source(eaves_common::ErrorKind::Unavailable, message, error)
    };
    if ask.carrier == Carrier::Udp {
        let bytes = over_udp(ask.server, query).map_err(unreachable)?;
        if !View::parse(&bytes)?.header().flags.contains(Flags::TC) {
            return Ok(render(&Message::parse(bytes)?));
        }
    }
    let bytes = over_tcp(ask.server, query).map_err(unreachable)?;
    Ok(render(&Message::parse(bytes)?))
}

fn over_udp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let any: SocketAddr = if server.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0_u16; 8], 0).into()
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    socket.send(query)?;
    let mut buf = vec![0; usize::from(Edns::SAFE_UDP_SIZE)];
    loop {
        let len = socket.recv(&mut buf)?;
        // Another question's answer, or a forgery, is passed over.
        if buf[..len].get(..2) == query.get(..2) {
            buf.truncate(len);
            return Ok(buf);
        }
    }
}

fn over_tcp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let len = frame(query).map_err(std::io::Error::other)?;
    stream.write_all(&[&len, query].concat())?;
    let mut decoder = StreamDecoder::new();
    let mut buf = [0; 4096];
    loop {
        if let Some(message) = decoder.next_message() {
            return Ok(message.to_vec());
        }
        match stream.read(&mut buf)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            len => decoder.feed(&buf[..len]),
        }
    }
}

fn render(message: &Message) -> String {
    let header = message.header();
    let rcode = message
        .edns()
        .map_or(header.rcode, |edns| edns.rcode(header.rcode));
    let mut lines = vec![format!(
        ";; {} {rcode}, id {}, {}",
        header.opcode, header.id, header.flags
    )];
    if let Some(edns) = message.edns() {
        lines.push(format!(";; EDNS {}, udp {}", edns.version, edns.udp_size));
    }
    lines.extend(message.questions().map(|question| format!(";{question}")));
    let sections = [
        ("answer", Section::Answer),
        ("authority", Section::Authority),
        ("additional", Section::Additional),
    ];
    for (title, section) in sections {
        let mut records = message
            .section(section)
            .filter(|record| record.rtype() != Rtype::OPT)
            .peekable();
        if records.peek().is_some() {
            lines.push(format!(";; {title}"));
        }
        lines.extend(records.map(|record| record.to_string()));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_in_any_order() {
        let args = ["@127.0.0.1:5300", "www.example", "MX", "+tcp"];
        let ask = Ask::parse(args.into_iter().map(str::to_owned)).unwrap();
        assert_eq!(ask.name.to_string(), "www.example.");
        assert_eq!((ask.rtype, ask.carrier), (Rtype::MX, Carrier::Tcp));
        assert_eq!(ask.server.port(), 5300);
        assert!(Ask::parse(["a".to_owned()].into_iter()).is_err());
    }
}
