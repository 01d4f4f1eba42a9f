//! [`Subject`]: what an answer is about.

use crate::{
    message::{Rcode, Section, View},
    name::NameBuf,
    record::Rtype,
    zone::Zones,
};

/// What an answer is about, in as far as a limiter of responses counts answers together that say the same.
///
/// Its names are in lower case, and none of them is of the asker's choosing: for what a wildcard makes, and for names
/// that are not there, the zone stands, since there are as many of those as anybody likes. `eaves-ratelimit` has the
/// limiter (`rrl`), whose kinds of answers are these.
///
/// ```
/// use eaves_dns::{Builder, Header, NameBuf, Question, Rtype};
/// use eaves_dns::zone::{Reply, Subject, Transport, Zone, Zones};
///
/// let origin: NameBuf = "example.".parse()?;
/// let text = "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 60\n@ NS ns\nns A 192.0.2.53\n";
/// let zones: Zones = [Zone::parse(text, &origin).into_result()?].into_iter().collect();
///
/// let (mut query, mut response) = ([0; 512], [0; 1232]);
/// let name: NameBuf = "NS.example.".parse()?;
/// let mut builder = Builder::new(&mut query, Header::default())?;
/// builder.question(&Question::new(&name, Rtype::A))?;
/// let Reply::Send(answer) = zones.respond(builder.finish(), Transport::DATAGRAM, &mut response) else {
///     unreachable!()
/// };
/// let subject = zones.subject(&response[..answer.len]);
/// assert_eq!(subject, Subject::Records("ns.example.".parse()?));
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// A failure: FORMERR, SERVFAIL, REFUSED and their like, and what cannot be read.
    Error,
    /// The zone has no such name.
    NoSuchName(NameBuf),
    /// Records of this name, or that it has none of the type asked for; of this zone, if a wildcard or a DNAME made them.
    Records(NameBuf),
    /// A delegation out of this zone.
    Referral(NameBuf),
}

impl Zones {
    /// Says what an answer is about that came from these zones.
    #[must_use]
    pub fn subject(&self, answer: &[u8]) -> Subject {
        self.read_subject(answer).unwrap_or(Subject::Error)
    }

    fn read_subject(&self, answer: &[u8]) -> Option<Subject> {
        let view = View::parse(answer).ok()?;
        let question = view.question().ok()??;
        let name = question.name.to_name_buf();
        let zone = self.closest(&name)?;
        let origin = || zone.origin().to_lowercase();
        Some(match view.header().rcode {
            Rcode::NXDOMAIN => Subject::NoSuchName(origin()),
            Rcode::NOERROR if is_referral(&view) => Subject::Referral(origin()),
            Rcode::NOERROR if zone.node(&name).is_some() => Subject::Records(name.to_lowercase()),
            Rcode::NOERROR => Subject::Records(origin()),
            _ => Subject::Error,
        })
    }
}

/// A delegation has its servers where an answer without records has the zone's SOA.
fn is_referral(view: &View<'_>) -> bool {
    let first = || {
        let mut authority = view.section(Section::Authority).ok()?;
        Some(authority.next()?.ok()?.rtype())
    };
    view.counts()[1] == 0 && first() == Some(Rtype::NS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Builder, Header, Question,
        zone::{Reply, Transport, Zone},
    };

    const ZONE: &str = "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 60\n@ NS ns\nns A 192.0.2.53\n\
        *.wild A 192.0.2.1\nalias CNAME ns\nsub NS ns.sub\nns.sub A 192.0.2.9\n";

    #[test]
    fn no_subject_has_a_name_of_the_askers_choosing() {
        let name = |text: &str| text.parse::<NameBuf>().unwrap();
        let records = |text| Subject::Records(name(text));
        let zone = Zone::parse(ZONE, &name("example.")).into_result().unwrap();
        let zones: Zones = [zone].into_iter().collect();
        for (asked, rtype, subject) in [
            ("NS.Example.", Rtype::A, records("ns.example.")),
            ("ns.example.", Rtype::AAAA, records("ns.example.")),
            ("alias.example.", Rtype::MX, records("alias.example.")),
            ("example.", Rtype::SOA, records("example.")),
            ("x.wild.example.", Rtype::A, records("example.")),
            ("x.wild.example.", Rtype::MX, records("example.")),
            (
                "nope.example.",
                Rtype::A,
                Subject::NoSuchName(name("example.")),
            ),
            (
                "ns.sub.example.",
                Rtype::A,
                Subject::Referral(name("example.")),
            ),
            (
                "www.sub.example.",
                Rtype::A,
                Subject::Referral(name("example.")),
            ),
            ("elsewhere.", Rtype::A, Subject::Error),
        ] {
            let (mut query, mut response) = ([0; 512], [0; 1232]);
            let asked = name(asked);
            let mut builder = Builder::new(&mut query, Header::default()).unwrap();
            builder.question(&Question::new(&asked, rtype)).unwrap();
            let query = builder.finish();
            let Reply::Send(answer) = zones.respond(query, Transport::DATAGRAM, &mut response)
            else {
                panic!("a query is answered");
            };
            // Names are equal whatever the case of their letters; one subject has one form.
            let found = format!("{:?}", zones.subject(&response[..answer.len]));
            assert_eq!(found, format!("{subject:?}"), "{asked} {rtype}");
        }
        assert_eq!(zones.subject(b"junk"), Subject::Error);
    }
}
