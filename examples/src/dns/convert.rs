//! `dns-convert`: rdata and names between their forms, as JSON lines.

use eaves_dns::{NameBuf, RdataBuf, Rtype};
use serde::{Deserialize, Serialize};

use super::hex;

/// A line asked.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Ask {
    Text {
        #[serde(rename = "type")]
        rtype: String,
        text: String,
    },
    Wire {
        #[serde(rename = "type")]
        rtype: String,
        wire: String,
    },
    Name {
        name: String,
    },
}

/// A line answered.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Rdata {
        ok: bool,
        #[serde(rename = "type")]
        rtype: String,
        text: String,
        generic: String,
        wire: String,
        canonical: String,
    },
    Name {
        ok: bool,
        name: String,
        wire: String,
        canonical: String,
    },
    Error {
        ok: bool,
        error: String,
    },
}

/// Answers one line; what is wrong is an answer too.
#[must_use]
pub fn convert(line: &str) -> String {
    let answer = answer(line).unwrap_or_else(|error| Answer::Error { ok: false, error });
    serde_json::to_string(&answer).unwrap_or_else(|error| error.to_string())
}

fn answer(line: &str) -> Result<Answer, String> {
    let ask = serde_json::from_str(line)
        .map_err(|_| "not a JSON object with type and text, type and wire, or name".to_owned())?;
    let rdata = match ask {
        Ask::Name { name } => return name_forms(&name),
        Ask::Text { rtype, text } => {
            let rdata = RdataBuf::parse(parse_type(&rtype)?, &text);
            rdata.map_err(|error| format!("at {}: {error}", error.at()))?
        }
        Ask::Wire { rtype, wire } => {
            let wire = hex::decode(&wire).ok_or("wire is not hexadecimal")?;
            let rdata = RdataBuf::from_wire(parse_type(&rtype)?, &wire);
            rdata.map_err(|error| error.to_string())?
        }
    };
    Ok(Answer::Rdata {
        ok: true,
        rtype: rdata.rtype().to_string(),
        text: rdata.to_string(),
        generic: rdata.to_generic(),
        wire: hex::encode(rdata.as_wire()),
        canonical: hex::encode(rdata.canonical().as_wire()),
    })
}

fn parse_type(text: &str) -> Result<Rtype, String> {
    text.parse()
        .map_err(|error: eaves_dns::TextError| format!("{text}: {error}"))
}

fn name_forms(text: &str) -> Result<Answer, String> {
    let name: NameBuf = text
        .parse()
        .map_err(|error: eaves_dns::NameError| error.to_string())?;
    Ok(Answer::Name {
        ok: true,
        name: name.to_string(),
        wire: hex::encode(name.as_wire()),
        canonical: hex::encode(name.to_lowercase().as_wire()),
    })
}

#[cfg(test)]
mod tests {
    use super::convert;

    #[test]
    fn lines_are_answered_in_all_forms() {
        let mx = r#"{"ok":true,"type":"MX","text":"10 Mail.example.","generic":"\\# 16 000a044d61696c076578616d706c6500","wire":"000a044d61696c076578616d706c6500","canonical":"000a046d61696c076578616d706c6500"}"#;
        let table = [
            (r#"{"type":"MX","text":"10 Mail.example."}"#, mx),
            (
                r#"{"type":"TYPE15","wire":"000a044D61696c076578616d706c6500"}"#,
                mx,
            ),
            (
                r#"{"name":"A.b"}"#,
                r#"{"ok":true,"name":"A.b.","wire":"0141016200","canonical":"0161016200"}"#,
            ),
            (
                r#"{"type":"A","text":"1.2.3"}"#,
                r#"{"ok":false,"error":"at 0: not an IPv4 address"}"#,
            ),
            (
                "junk",
                r#"{"ok":false,"error":"not a JSON object with type and text, type and wire, or name"}"#,
            ),
        ];
        for (line, expected) in table {
            assert_eq!(convert(line), expected);
        }
    }
}
