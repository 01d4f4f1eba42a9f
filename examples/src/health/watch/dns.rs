//! [`Lookup`]: the bytes of DNS probes, by `eaves-dns`.

use eaves_common::{Error, ErrorKind};
use eaves_dns::{Builder, Flags, Header, NameBuf, Question, Rcode, Rtype, View, WireError};
use eaves_health::probe::{DnsJudgement, DnsQuery};

/// A question to a name server; any answer to it passes that is no error.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    name: NameBuf,
    rtype: Rtype,
}

impl Lookup {
    /// Reads `name?type`; without a type, it is that of the start of authority, without a name, the root.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let (name, rtype) = text.split_once('?').unwrap_or((text, "SOA"));
        let name = if name.is_empty() { "." } else { name };
        let refused = |detail: String| Error::new(ErrorKind::Invalid, detail);
        Ok(Self {
            name: name
                .parse()
                .map_err(|error| refused(format!("{name}: {error}")))?,
            rtype: rtype
                .parse()
                .map_err(|error| refused(format!("{rtype}: {error}")))?,
        })
    }

    fn read(&self, id: u16, answer: &[u8]) -> Result<DnsJudgement, WireError> {
        let view = View::parse(answer)?;
        let header = view.header();
        let asked = view.question()?;
        let same = asked.is_some_and(|asked| {
            let name = asked.name.to_string();
            asked.rtype == self.rtype && name.eq_ignore_ascii_case(&self.name.to_string())
        });
        Ok(match header.rcode {
            _ if !header.is_response() || header.id != id || !same => DnsJudgement::Stray,
            _ if header.flags.contains(Flags::TC) => DnsJudgement::Truncated,
            Rcode::NOERROR | Rcode::NXDOMAIN => DnsJudgement::Pass,
            other => DnsJudgement::Fail(other.to_string()),
        })
    }
}

impl DnsQuery for Lookup {
    fn query(&self, id: u16) -> Vec<u8> {
        let mut buffer = [0; 300];
        let header = Header {
            id,
            flags: Flags::RD,
            ..Header::default()
        };
        let mut builder = Builder::new(&mut buffer, header).expect("a header has room");
        let question = Question::new(&self.name, self.rtype);
        builder
            .question(&question)
            .expect("a name has at most 255 bytes");
        builder.finish().to_vec()
    }

    fn judge(&self, id: u16, answer: &[u8]) -> DnsJudgement {
        let judgement = self.read(id, answer);
        judgement.unwrap_or_else(|error| DnsJudgement::Fail(error.to_string()))
    }
}
