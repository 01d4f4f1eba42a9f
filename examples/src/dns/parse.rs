//! `dns-parse`: whole messages, from hexadecimal to JSON.

use eaves_dns::{Builder, Question, Record, Rtype, Section, View, WireError, edns::Edns};
use serde::Serialize;

use super::hex;

#[derive(Serialize)]
struct Parsed {
    ok: bool,
    id: u16,
    opcode: String,
    rcode: String,
    flags: Vec<&'static str>,
    question: Vec<Asked>,
    answer: Vec<Shown>,
    authority: Vec<Shown>,
    additional: Vec<Shown>,
    edns: Option<ShownEdns>,
    reencoded: String,
}

#[derive(Serialize)]
struct Asked {
    name: String,
    class: String,
    #[serde(rename = "type")]
    rtype: String,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    ttl: u32,
    class: String,
    #[serde(rename = "type")]
    rtype: String,
    text: String,
}

#[derive(Serialize)]
struct ShownEdns {
    version: u8,
    udp: u16,
    #[serde(rename = "do")]
    dnssec_ok: bool,
    options: Vec<ShownOption>,
}

#[derive(Serialize)]
struct ShownOption {
    code: u16,
    hex: String,
}

#[derive(Serialize)]
struct Refused {
    ok: bool,
    error: String,
    at: usize,
}

/// Answers one line of hexadecimal digits.
#[must_use]
pub fn parse(line: &str) -> String {
    let answer = match hex::decode(line) {
        None => to_json(&Refused {
            ok: false,
            error: "not hexadecimal".to_owned(),
            at: 0,
        }),
        Some(bytes) => match read(&bytes) {
            Ok(parsed) => to_json(&parsed),
            Err(error) => to_json(&Refused {
                ok: false,
                error: error.to_string(),
                at: error.at(),
            }),
        },
    };
    answer.unwrap_or_else(|error| error.to_string())
}

fn to_json(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value)
}

fn read(bytes: &[u8]) -> Result<Parsed, WireError> {
    let view = View::parse(bytes)?;
    view.check()?;
    let edns = view.edns()?;
    let header = view.header();
    let rcode = edns.map_or(header.rcode, |edns| edns.rcode(header.rcode));
    let questions: Vec<Question<'_>> = view.questions().collect::<Result<_, _>>()?;
    Ok(Parsed {
        ok: true,
        id: header.id,
        opcode: header.opcode.to_string(),
        rcode: rcode.to_string(),
        flags: header.flags.names().collect(),
        question: questions.iter().map(asked).collect(),
        answer: section(&view, Section::Answer)?,
        authority: section(&view, Section::Authority)?,
        additional: section(&view, Section::Additional)?,
        edns: edns.map(|edns| shown_edns(&edns)),
        reencoded: hex::encode(&reencode(&view)?),
    })
}

fn asked(question: &Question<'_>) -> Asked {
    Asked {
        name: question.name.to_string(),
        class: question.class.to_string(),
        rtype: question.rtype.to_string(),
    }
}

/// The records of a section; OPT is shown apart.
fn section(view: &View<'_>, section: Section) -> Result<Vec<Shown>, WireError> {
    let is_shown = |record: &Record<'_>| record.rtype() != Rtype::OPT;
    let records = view.section(section)?;
    records
        .filter(|record| record.as_ref().map_or(true, is_shown))
        .map(|record| shown(&record?))
        .collect()
}

fn shown(record: &Record<'_>) -> Result<Shown, WireError> {
    let text = match record.rdata_len() {
        0 => record
            .to_rdata_buf()
            .map(|rdata| rdata.to_string())
            .unwrap_or_default(),
        _ => record.to_rdata_buf()?.to_string(),
    };
    Ok(Shown {
        name: record.name().to_string(),
        ttl: record.ttl().as_secs(),
        class: record.class().to_string(),
        rtype: record.rtype().to_string(),
        text,
    })
}

fn shown_edns(edns: &Edns<'_>) -> ShownEdns {
    let options = edns.options.map(|(code, octets)| ShownOption {
        code: code.0,
        hex: hex::encode(octets),
    });
    ShownEdns {
        version: edns.version,
        udp: edns.udp_size,
        dnssec_ok: edns.dnssec_ok,
        options: options.collect(),
    }
}

/// Writes the message again, names compressed.
fn reencode(view: &View<'_>) -> Result<Vec<u8>, WireError> {
    let full = |_| WireError::Invalid {
        at: 0,
        what: "message does not fit into 65535 octets when written again",
    };
    let mut buf = vec![0; 65_535];
    let mut builder = Builder::new(&mut buf, view.header()).map_err(full)?;
    for question in view.questions() {
        builder.question(&question?).map_err(full)?;
    }
    for section in [Section::Answer, Section::Authority, Section::Additional] {
        for record in view.section(section)? {
            builder.push_record(section, &record?).map_err(full)?;
        }
    }
    Ok(builder.finish().to_vec())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_message_is_shown_and_written_again() {
        let line = "0007840000010001000000010377777700000100010377777700000100010000003c0004c000020100002904d000008000000c000a0008\
                    0102030405060708";
        let shown = parse(line);
        assert_eq!(
            shown,
            r#"{"ok":true,"id":7,"opcode":"QUERY","rcode":"NOERROR","flags":["QR","AA"],"question":[{"name":"www.","class":"IN","type":"A"}],"answer":[{"name":"www.","ttl":60,"class":"IN","type":"A","text":"192.0.2.1"}],"authority":[],"additional":[],"edns":{"version":0,"udp":1232,"do":true,"options":[{"code":10,"hex":"0102030405060708"}]},"reencoded":"000784000001000100000001037777770000010001c00c000100010000003c0004c000020100002904d000008000000c000a00080102030405060708"}"#
        );
    }

    #[test]
    fn what_is_malformed_is_refused_with_its_offset() {
        assert_eq!(
            parse("000784"),
            r#"{"ok":false,"error":"bytes ended at 3 while reading header","at":3}"#
        );
        assert_eq!(
            parse("xyz"),
            r#"{"ok":false,"error":"not hexadecimal","at":0}"#
        );
    }
}
