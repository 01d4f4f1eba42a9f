//! What must hold whatever the octets are; the fuzz targets and the crate's property tests share it.

use eaves_dns::{
    Builder, Message, Name, NameBuf, RdataBuf, Rtype, Section, View,
    zone::{Reply, Transport, Zone},
    zonefile::{Entry, Scanner},
};

/// A message is read or refused; what is read is written again and is the same.
pub fn message(octets: &[u8]) {
    let Ok(message) = Message::parse(octets.to_vec()) else {
        return;
    };
    let view = View::parse(octets).expect("it was parsed before");
    let mut buf = vec![0; 65_535];
    let mut builder = Builder::new(&mut buf, view.header()).expect("there is room");
    for question in message.questions() {
        builder.question(&question).expect("it fits as it did");
    }
    for section in [Section::Answer, Section::Authority, Section::Additional] {
        for record in message.section(section) {
            if builder.push_record(section, &record).is_err() {
                return;
            }
        }
    }
    let written = Message::parse(builder.finish().to_vec()).expect("what is written is valid");
    for section in [Section::Answer, Section::Authority, Section::Additional] {
        let text = |message: &Message| -> Vec<String> {
            message
                .section(section)
                .map(|record| record.to_string())
                .collect()
        };
        assert_eq!(text(&message), text(&written));
    }
}

/// Rdata is read or refused; what is read survives all its forms. The first two octets are the type.
pub fn rdata(octets: &[u8]) {
    let Some((rtype, wire)) = octets.split_first_chunk() else {
        return;
    };
    let rtype = Rtype(u16::from_be_bytes(*rtype));
    if let Ok(rdata) = RdataBuf::from_wire(rtype, wire) {
        assert_eq!(
            RdataBuf::parse(rtype, &rdata.to_string()).as_ref(),
            Ok(&rdata)
        );
        assert_eq!(
            RdataBuf::parse(rtype, &rdata.to_generic()).as_ref(),
            Ok(&rdata)
        );
        assert_eq!(rdata.canonical().canonical(), rdata.canonical());
    }
    if let Ok(text) = core::str::from_utf8(wire)
        && let Ok(rdata) = RdataBuf::parse(rtype, text)
    {
        assert_eq!(RdataBuf::from_wire(rtype, rdata.as_wire()), Ok(rdata));
    }
}

/// A zone file ends, and its records are valid.
pub fn zonefile(octets: &[u8]) {
    let mut scanner = Scanner::new(octets, Name::ROOT);
    let mut left = 100_000;
    while let Some(entry) = scanner.next_entry() {
        if let Ok(Entry::Record(record)) = entry {
            let rdata = RdataBuf::from_wire(record.rtype, record.rdata);
            assert!(rdata.is_ok(), "{record:?}");
        }
        left -= 1;
        if left == 0 {
            return;
        }
    }
}

/// Whatever is asked, the answer is valid and no larger than allowed.
pub fn query(octets: &[u8]) {
    const ZONE: &str =
        "$TTL 5\n@ SOA a b 1 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n*.w TXT x\nc CNAME ns\nd NS ns.d\n";
    let origin: NameBuf = "example.".parse().expect("a name");
    let zone = Zone::parse(ZONE, &origin).into_result().expect("a zone");
    let mut buf = [0; 1232];
    if let Reply::Send(answer) = zone.respond(octets, Transport::DATAGRAM, &mut buf) {
        let message = Message::parse(buf[..answer.len].to_vec()).expect("a valid answer");
        assert!(message.header().is_response());
    }
}
