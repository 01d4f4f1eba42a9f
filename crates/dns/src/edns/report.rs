//! Reports of errors to whoever asked for them (RFC 9567).

use crate::{
    edns::InfoCode,
    name::{Name, NameBuf},
    record::Rtype,
};

/// What a resolver tells an agent by asking it for TXT at a name made of it.
///
/// ```
/// use eaves_dns::{NameBuf, Rtype, edns::{ErrorReport, InfoCode}};
///
/// let report = ErrorReport {
///     name: "broken.test.".parse()?,
///     rtype: Rtype::A,
///     code: InfoCode::SIGNATURE_EXPIRED,
/// };
/// let agent: NameBuf = "a01.agent-domain.example.".parse()?;
/// let asked = report.query_name(&agent).unwrap();
/// assert_eq!(asked.to_string(), "_er.1.broken.test.7._er.a01.agent-domain.example.");
/// assert_eq!(ErrorReport::read(&asked, &agent), Some(report));
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ErrorReport {
    /// The name that was asked for.
    pub name: NameBuf,
    /// The type that was asked for.
    pub rtype: Rtype,
    /// What went wrong.
    pub code: InfoCode,
}

/// The label at both ends of what is reported.
const MARK: &[u8] = b"_er";

impl ErrorReport {
    /// Returns the name to ask the agent for (RFC 9567 section 6.1.1); `None` when there is to be no report,
    /// because the agent is the root or the name would be too long.
    #[must_use]
    pub fn query_name(&self, agent: &Name) -> Option<NameBuf> {
        if agent.is_root() {
            return None;
        }
        let rtype = self.rtype.0.to_string();
        let code = self.code.0.to_string();
        let first = [MARK, rtype.as_bytes()];
        let last = [code.as_bytes(), MARK];
        let labels = first.into_iter().chain(self.name.labels()).chain(last);
        let mut wire = Vec::with_capacity(255);
        for label in labels {
            wire.push(label.len() as u8);
            wire.extend_from_slice(label);
        }
        wire.extend_from_slice(agent.as_wire());
        NameBuf::from_wire(&wire).ok()
    }

    /// Reads a name that an agent was asked for; `None` when it reports nothing, and for several types at
    /// once, which a report may name but resolvers have no use for.
    #[must_use]
    pub fn read(name: &Name, agent: &Name) -> Option<Self> {
        if !name.is_below(agent) {
            return None;
        }
        let own = name.labels().count() - agent.labels().count();
        let labels: Vec<&[u8]> = name.labels().take(own).collect();
        let [first, rtype, reported @ .., code, last] = labels.as_slice() else {
            return None;
        };
        if !first.eq_ignore_ascii_case(MARK) || !last.eq_ignore_ascii_case(MARK) {
            return None;
        }
        let mut wire = Vec::with_capacity(255);
        for label in reported {
            wire.push(label.len() as u8);
            wire.extend_from_slice(label);
        }
        wire.push(0);
        Some(Self {
            name: NameBuf::from_wire(&wire).ok()?,
            rtype: Rtype(number(rtype)?),
            code: InfoCode(number(code)?),
        })
    }
}

/// Reads a number as it is written: digits, and no zero before others.
fn number(label: &[u8]) -> Option<u16> {
    let is_plain = label.iter().all(u8::is_ascii_digit) && (label.len() == 1 || label[0] != b'0');
    let text = core::str::from_utf8(label).ok()?;
    text.parse().ok().filter(|_| is_plain)
}
