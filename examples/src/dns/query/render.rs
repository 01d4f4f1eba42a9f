//! An answer as dig shows it.

use eaves_dns::{
    Message, Question, Record, Rtype, Section,
    edns::{Edns, EdnsOption, OptionCode},
};

use super::{Answer, Carrier};
use crate::dns::hex;

/// Shows an answer as text: what begins with `;` is a comment, the rest are records.
#[must_use]
pub fn render(answer: &Answer) -> String {
    let message = &answer.message;
    let mut lines = head(message);
    if let Some(edns) = message.edns() {
        lines.push(";; OPT PSEUDOSECTION:".to_owned());
        lines.extend(edns_lines(&edns));
    }
    let is_update = message.header().opcode == eaves_dns::Opcode::UPDATE;
    let mut questions = message.questions().peekable();
    if questions.peek().is_some() {
        let title = if is_update { "ZONE" } else { "QUESTION" };
        lines.push(format!(";; {title} SECTION:"));
    }
    lines.extend(questions.map(|question: Question<'_>| format!(";{question}")));
    for (title, section) in [
        ("ANSWER", Section::Answer),
        ("AUTHORITY", Section::Authority),
        ("ADDITIONAL", Section::Additional),
    ] {
        let mut records = message.section(section).filter(is_shown).peekable();
        if records.peek().is_some() {
            lines.push(String::new());
            lines.push(format!(";; {title} SECTION:"));
        }
        lines.extend(records.map(|record| record.to_string()));
    }
    let over = match answer.carrier {
        Carrier::Udp => "UDP",
        Carrier::Tcp => "TCP",
        Carrier::Tls => "TLS",
        Carrier::Https => "HTTPS",
    };
    let (ip, port) = (answer.server.ip(), answer.server.port());
    lines.push(String::new());
    lines.push(format!(";; SERVER: {ip}#{port} ({over})"));
    lines.push(format!(";; MSG SIZE  rcvd: {}", message.as_bytes().len()));
    lines.join("\n") + "\n"
}

/// Shows the records of a section, a line each.
pub(super) fn records(message: &Message, section: Section) -> String {
    let records = message.section(section).filter(is_shown);
    records.map(|record| format!("{record}\n")).collect()
}

/// OPT is shown apart.
fn is_shown(record: &Record<'_>) -> bool {
    record.rtype() != Rtype::OPT
}

fn head(message: &Message) -> Vec<String> {
    let header = message.header();
    let edns = message.edns();
    let rcode = edns.map_or(header.rcode, |edns| edns.rcode(header.rcode));
    let count = |section| message.section(section).count();
    let counts = format!(
        "QUERY: {}, ANSWER: {}, AUTHORITY: {}, ADDITIONAL: {}",
        message.questions().count(),
        count(Section::Answer),
        count(Section::Authority),
        count(Section::Additional)
    );
    let flags = header.flags.to_string().to_lowercase();
    vec![
        format!(
            ";; ->>HEADER<<- opcode: {}, status: {rcode}, id: {}",
            header.opcode, header.id
        ),
        format!(";; flags: {flags}; {counts}"),
        String::new(),
    ]
}

fn edns_lines(edns: &Edns<'_>) -> Vec<String> {
    let flags = if edns.dnssec_ok { " do" } else { "" };
    let (version, size) = (edns.version, edns.udp_size);
    let mut lines = vec![format!(
        "; EDNS: version: {version}, flags:{flags}; udp: {size}"
    )];
    for (code, octets) in edns.options {
        lines.push(match EdnsOption::read(code, octets) {
            Ok(option) => option_line(code, &option, octets),
            Err(error) => format!("; OPT={}: {} ({error})", code.0, hex::encode(octets)),
        });
    }
    lines
}

fn option_line(code: OptionCode, option: &EdnsOption<'_>, octets: &[u8]) -> String {
    match option {
        EdnsOption::ExtendedError { code, text: b"" } => {
            format!("; EDE: {} ({code})", code.0)
        }
        EdnsOption::ExtendedError { code, text } => {
            let text = String::from_utf8_lossy(text);
            format!("; EDE: {} ({code}): ({})", code.0, text.escape_debug())
        }
        EdnsOption::Nsid(id) => {
            format!("; NSID: {} (\"{}\")", hex::encode(id), id.escape_ascii())
        }
        EdnsOption::Cookie(cookie) => format!("; COOKIE: {}", hex::encode(cookie.as_wire())),
        EdnsOption::Padding(octets) => format!("; PAD: ({} bytes)", octets.len()),
        EdnsOption::TcpKeepalive(Some(tenths)) => {
            format!("; TCP KEEPALIVE: {}.{} secs", tenths / 10, tenths % 10)
        }
        EdnsOption::Expire(Some(seconds)) => format!("; EXPIRE: {seconds}"),
        EdnsOption::ReportChannel(agent) => format!("; Report-Channel: {agent}"),
        _ => format!("; OPT={}: {}", code.0, hex::encode(octets)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_shown_as_dig_shows_it() {
        let bytes = b"\0\x07\x85\0\0\x01\0\x01\0\0\0\x01\x03www\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01\
                      \0\0\x29\x04\xd0\0\0\x80\0\0\x0e\0\x0f\0\x04\0\x12no\0\x03\0\x02ns";
        let answer = Answer {
            message: Message::parse(&bytes[..]).unwrap(),
            server: "192.0.2.53:53".parse().unwrap(),
            carrier: Carrier::Tls,
        };
        let expected = "\
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7
;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags: do; udp: 1232
; EDE: 18 (Prohibited): (no)
; NSID: 6e73 (\"ns\")
;; QUESTION SECTION:
;www. IN A

;; ANSWER SECTION:
www. 60 IN A 192.0.2.1

;; SERVER: 192.0.2.53#53 (TLS)
;; MSG SIZE  rcvd: 62
";
        assert_eq!(render(&answer), expected);
    }
}
