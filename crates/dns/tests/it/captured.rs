//! Messages that NSD, Knot DNS and unbound sent: each is read, and written again in no more octets.

use eaves_dns::{Builder, Class, Message, Rtype, Section, View};

use crate::name;

const CAPTURED: &str = include_str!("../data/captured.txt");
const SECTIONS: [Section; 3] = [Section::Answer, Section::Authority, Section::Additional];

/// One line of the file: who sent it, what was asked, what came.
struct Capture<'a> {
    line: &'a str,
    name: &'a str,
    class: Class,
    rtype: Rtype,
    message: Vec<u8>,
}

fn captures() -> impl Iterator<Item = Capture<'static>> {
    let lines = CAPTURED.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let [_server, _carrier, name, class, rtype, hex] = words[..] else {
            panic!("{line}");
        };
        let digits = |place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap();
        Capture {
            line,
            name,
            class: Class(class.parse().unwrap()),
            rtype: Rtype(rtype.parse().unwrap()),
            message: (0..hex.len()).step_by(2).map(digits).collect(),
        }
    })
}

fn rewrite(view: View<'_>) -> Vec<u8> {
    let mut buf = vec![0; 65_535];
    let mut builder = Builder::new(&mut buf, view.header()).unwrap();
    for question in view.questions() {
        builder.question(&question.unwrap()).unwrap();
    }
    for section in SECTIONS {
        for record in view.section(section).unwrap() {
            builder.push_record(section, &record.unwrap()).unwrap();
        }
    }
    builder.finish().to_vec()
}

fn shown(message: &Message) -> Vec<String> {
    let records = SECTIONS.map(|section| message.section(section));
    let records = records.into_iter().flatten();
    records.map(|record| record.to_string()).collect()
}

#[test]
fn what_other_servers_send_is_read_and_written_again() {
    let mut count = 0;
    for Capture {
        line,
        name: asked,
        class,
        rtype,
        message: bytes,
    } in captures()
    {
        let message =
            Message::parse(bytes.clone()).unwrap_or_else(|error| panic!("{error}: {line}"));
        let question = message.question().unwrap();
        assert_eq!(question.name.to_name_buf(), name(asked), "{line}");
        assert_eq!((question.class, question.rtype), (class, rtype), "{line}");
        let written = rewrite(View::parse(&bytes).unwrap());
        assert!(written.len() <= bytes.len(), "{line}");
        let again = Message::parse(written).unwrap();
        assert_eq!(shown(&message), shown(&again), "{line}");
        count += 1;
    }
    assert!(count > 100, "{count}");
}

#[test]
fn records_of_every_type_came() {
    let is_answered = |capture: &Capture<'_>| {
        let view = View::parse(&capture.message).unwrap();
        let mut records = view.answers().unwrap();
        records.any(|record| record.unwrap().rtype() == capture.rtype)
    };
    let mut types: Vec<Rtype> = captures().filter(is_answered).map(|it| it.rtype).collect();
    types.sort();
    types.dedup();
    // NSEC3 comes as a proof only, and OPT and TSIG are not asked for.
    for number in (1..=67).chain([99, 104, 105, 106, 107, 108, 109, 256, 257, 258, 260, 32769]) {
        // NULL's samples are octets without text; 54 and others were never assigned.
        let has_sample = !matches!(number, 6 | 10 | 41 | 50 | 54);
        assert_eq!(
            types.contains(&Rtype(number)),
            has_sample,
            "{}",
            Rtype(number)
        );
    }
}
