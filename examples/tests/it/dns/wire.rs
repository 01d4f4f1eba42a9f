//! We read what NSD, Knot DNS and unbound send: every type, over UDP, TCP and as a transfer.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use eaves_dns::{
    Builder, Message, NameBuf, RdataBuf, Record, Rtype, Section, View,
    frame::{StreamDecoder, frame},
};

use super::{
    servers::{Kind, Server, question},
    zone::{samples, text},
};
use crate::edge::dns::{datagram, stream};

const SECTIONS: [Section; 3] = [Section::Answer, Section::Authority, Section::Additional];

/// Writes a message again and checks that it says the same in no more octets.
fn rewrite(bytes: &[u8]) -> Message {
    let view = View::parse(bytes).expect("a header");
    let message = Message::parse(bytes.to_vec());
    let message = message.unwrap_or_else(|error| panic!("{error}: {bytes:02x?}"));
    let mut buf = vec![0; 65_535];
    let mut builder = Builder::new(&mut buf, view.header()).expect("room");
    for question in message.questions() {
        builder.question(&question).expect("room");
    }
    for section in SECTIONS {
        for record in message.section(section) {
            builder.push_record(section, &record).expect("room");
        }
    }
    let written = builder.finish();
    assert!(written.len() <= bytes.len(), "{bytes:02x?}");
    let again = Message::parse(written.to_vec()).expect("what is written is valid");
    let shown = |message: &Message| -> Vec<String> {
        let records = SECTIONS.map(|section| message.section(section));
        let records = records.into_iter().flatten();
        records
            .map(|record: Record<'_>| record.to_string())
            .collect()
    };
    assert_eq!(shown(&message), shown(&again));
    message
}

/// Asks for every record of the zone and compares it with what was put there.
fn survey(kind: Kind) {
    let samples = samples();
    let Some(server) = Server::start(kind, &text(&samples)) else {
        return;
    };
    for (place, sample) in samples.iter().enumerate() {
        let rtype = sample.rdata.rtype();
        let query = question(&sample.owner, rtype);
        let exchange = if place % 2 == 0 { datagram } else { stream };
        let bytes = exchange(server.plain, &query).expect("an answer");
        let message = rewrite(&bytes);
        let found = message.section(Section::Answer);
        let mut found = found.filter_map(|record| record.to_rdata_buf().ok());
        // Names that only NSEC3 records have do not exist (RFC 5155 section 7.2.8).
        let is_there = found.any(|rdata| sample.is(&rdata));
        assert!(is_there || rtype == Rtype::NSEC3, "{:?}", sample.rdata);
    }
    for (name, rtype) in [
        ("nobody.example.", Rtype::A),
        ("ns.example.", Rtype::TXT),
        ("www.sub.example.", Rtype::A),
        ("a.wild.example.", Rtype::TXT),
        ("alias.example.", Rtype::A),
        ("elsewhere.test.", Rtype::A),
    ] {
        let name: NameBuf = name.parse().expect("a name");
        rewrite(&datagram(server.plain, &question(&name, rtype)).expect("an answer"));
    }
}

/// Takes a whole zone; it ends with the SOA that it began with.
fn transfer(server: SocketAddr) -> Vec<Message> {
    let mut connection = TcpStream::connect(server).expect("a connection");
    let wait = Some(Duration::from_secs(30));
    connection.set_read_timeout(wait).expect("a timeout");
    let origin: NameBuf = "example.".parse().expect("a name");
    let query = question(&origin, Rtype::AXFR);
    let length = frame(&query).expect("a short message");
    let query = [&length[..], &query].concat();
    connection.write_all(&query).expect("it is sent");
    let (mut decoder, mut buf) = (StreamDecoder::new(), vec![0; 65_536]);
    let (mut messages, mut soas) = (Vec::new(), 0);
    while soas < 2 {
        let len = connection.read(&mut buf).expect("more of the zone");
        assert!(len > 0, "the transfer was cut off after {soas} SOA records");
        decoder.feed(&buf[..len]);
        while let Some(bytes) = decoder.next_message() {
            let message = rewrite(&bytes);
            let answers = message.section(Section::Answer);
            soas += answers
                .filter(|record| record.rtype() == Rtype::SOA)
                .count();
            messages.push(message);
        }
    }
    messages
}

fn survey_transfer(kind: Kind) {
    let samples = samples();
    let Some(server) = Server::start(kind, &text(&samples)) else {
        return;
    };
    let messages = transfer(server.plain);
    let records = messages
        .iter()
        .flat_map(|message| message.section(Section::Answer));
    let there: BTreeMap<NameBuf, RdataBuf> = records
        .map(|record| {
            let rdata = record.to_rdata_buf();
            (record.name().to_name_buf(), rdata.expect("it was checked"))
        })
        .collect();
    for sample in &samples {
        let found = there.get(&sample.owner);
        assert!(
            found.is_some_and(|rdata| sample.is(rdata)),
            "{found:?} is not {:?}",
            sample.rdata
        );
    }
}

#[test]
fn answers_of_nsd_are_read() {
    survey(Kind::Nsd);
}

#[test]
fn answers_of_knot_are_read() {
    survey(Kind::Knot);
}

#[test]
fn answers_of_unbound_are_read() {
    survey(Kind::Unbound);
}

#[test]
fn transfers_of_nsd_are_read() {
    survey_transfer(Kind::Nsd);
}

#[test]
fn transfers_of_knot_are_read() {
    survey_transfer(Kind::Knot);
}
