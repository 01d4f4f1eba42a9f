//! UPDATE, NOTIFY and DSO.

use eaves_dns::{
    Builder, Class, Flags, Head, Header, NameRef, Opcode, Question, RdataBuf, Rtype, Section, Ttl,
    View,
    dso::{Dso, Tlv},
    notify::Notify,
    update::{Edit, Prerequisite, Update},
};
use proptest::prelude::*;

use crate::name;

#[test]
fn updates_read_back() {
    let (zone, host) = (name("example."), name("host.example."));
    let host = NameRef::from(&host);
    let rdata = || RdataBuf::parse(Rtype::A, "192.0.2.1").unwrap();
    let prerequisites = [
        Prerequisite::RrsetExists {
            name: host,
            rtype: Rtype::A,
        },
        Prerequisite::RecordExists {
            name: host,
            rdata: rdata(),
        },
        Prerequisite::RrsetMissing {
            name: host,
            rtype: Rtype::MX,
        },
        Prerequisite::NameInUse { name: host },
        Prerequisite::NameNotInUse { name: host },
    ];
    let edits = [
        Edit::Add {
            name: host,
            ttl: Ttl::from_secs(60),
            rdata: rdata(),
        },
        Edit::DeleteRrset {
            name: host,
            rtype: Rtype::A,
        },
        Edit::DeleteName { name: host },
        Edit::DeleteRecord {
            name: host,
            rdata: rdata(),
        },
    ];
    let mut buf = [0; 1024];
    let header = Header {
        opcode: Opcode::UPDATE,
        ..Header::default()
    };
    let mut builder = Builder::new(&mut buf, header).unwrap();
    builder.question(&Question::new(&zone, Rtype::SOA)).unwrap();
    for prerequisite in &prerequisites {
        prerequisite.push(&mut builder, Class::IN).unwrap();
    }
    for edit in &edits {
        edit.push(&mut builder, Class::IN).unwrap();
    }
    let view = View::parse(builder.finish()).unwrap();
    assert_eq!(view.check(), Ok(()));
    let update = Update::read(view).unwrap();
    assert_eq!(update.zone(), zone);
    let read: Result<Vec<_>, _> = update.prerequisites().unwrap().collect();
    assert_eq!(read.unwrap(), prerequisites);
    let read: Result<Vec<_>, _> = update.edits().unwrap().collect();
    assert_eq!(read.unwrap(), edits);
}

#[test]
fn what_is_no_update_is_refused() {
    let query = b"\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\x06\0\x01";
    assert!(Update::read(View::parse(query).unwrap()).is_err());
    let of_type_a = b"\0\x01\x28\0\0\x01\0\0\0\0\0\0\0\0\x01\0\x01";
    assert!(Update::read(View::parse(of_type_a).unwrap()).is_err());
    assert!(Notify::read(&View::parse(query).unwrap()).is_err());
    // A prerequisite of class CH in a zone of class IN.
    let odd = b"\0\x01\x28\0\0\x01\0\x01\0\0\0\0\0\0\x06\0\x01\0\0\x01\0\x03\0\0\0\0\0\x04\x01\x02\x03\x04";
    let update = Update::read(View::parse(odd).unwrap()).unwrap();
    assert!(update.prerequisites().unwrap().next().unwrap().is_err());
}

/// RFC 2136 sections 3.2 and 3.4.1: what has no record has no TTL either.
#[test]
fn updates_with_a_ttl_where_none_belongs_are_refused() {
    let (zone, host) = (name("example."), name("host.example."));
    let mut buf = [0; 256];
    let mut refused = |section, class, rtype, ttl, rdata: &[u8]| {
        let header = Header {
            opcode: Opcode::UPDATE,
            ..Header::default()
        };
        let mut builder = Builder::new(&mut buf, header).unwrap();
        builder.question(&Question::new(&zone, Rtype::SOA)).unwrap();
        let head = Head {
            name: (&host).into(),
            rtype,
            class,
            ttl: Ttl::from_secs(ttl),
        };
        match rdata {
            [] => builder.push_empty(section, &head).unwrap(),
            _ => builder.push_wire(section, &head, rdata).unwrap(),
        }
        let update = Update::read(View::parse(builder.finish()).unwrap()).unwrap();
        let first = match section {
            Section::Answer => update.prerequisites().unwrap().next().unwrap().map(drop),
            _ => update.edits().unwrap().next().unwrap().map(drop),
        };
        first.is_err()
    };
    let (address, any) = (&[192, 0, 2, 1][..], Rtype::ANY);
    let table = [
        (Section::Answer, Class::ANY, any, &[][..]),
        (Section::Answer, Class::NONE, any, &[]),
        (Section::Answer, Class::ANY, Rtype::A, &[]),
        (Section::Answer, Class::NONE, Rtype::A, &[]),
        (Section::Answer, Class::IN, Rtype::A, address),
        (Section::Authority, Class::ANY, any, &[]),
        (Section::Authority, Class::ANY, Rtype::A, &[]),
        (Section::Authority, Class::NONE, Rtype::A, address),
    ];
    for (section, class, rtype, rdata) in table {
        assert!(
            !refused(section, class, rtype, 0, rdata),
            "{section:?} {class} {rtype}"
        );
        assert!(
            refused(section, class, rtype, 1, rdata),
            "{section:?} {class} {rtype}"
        );
    }
}

#[test]
fn notifications_carry_the_serial() {
    let message =
        b"\0\x07\x24\0\0\x01\0\x01\0\0\0\0\0\0\x06\0\x01\0\0\x06\0\x01\0\0\0\x05\0\x16\0\0\
        \0\0\0\x2a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let view = View::parse(message).unwrap();
    assert!(view.header().flags.contains(Flags::AA));
    let notify = Notify::read(&view).unwrap();
    assert_eq!((notify.serial, notify.is_response), (Some(42), false));
}

/// RFC 9859: a child tells its parent which of its records to look at.
#[test]
fn notifications_name_the_type_that_changed() {
    let mut buf = [0; 512];
    let zone = name("child.example.");
    for rtype in [Rtype::SOA, Rtype::CDS, Rtype::CSYNC] {
        let message = Notify::query_of(&zone, rtype, 7, &mut buf).unwrap();
        let notify = Notify::read(&View::parse(message).unwrap()).unwrap();
        assert_eq!((notify.zone, notify.rtype), ((&zone).into(), rtype));
    }
    for rtype in [Rtype::ANY, Rtype::AXFR, Rtype::OPT] {
        let message = Notify::query_of(&zone, rtype, 7, &mut buf).unwrap();
        assert!(
            Notify::read(&View::parse(message).unwrap()).is_err(),
            "{rtype}"
        );
    }
}

proptest! {
    #[test]
    fn any_stateful_operation_is_read_back_or_refused(octets in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut message = b"\0\x09\x30\0\0\0\0\0\0\0\0\0".to_vec();
        message.extend_from_slice(&octets);
        if let Ok(dso) = Dso::parse(&message) {
            let tlvs: Vec<Tlv<'_>> = dso.tlvs().collect();
            let mut out = Vec::new();
            Dso::encode(dso.header(), &tlvs, &mut out).unwrap();
            prop_assert_eq!(out, message);
        }
    }
}

#[test]
fn tlvs_have_the_length_of_their_type() {
    for (code, len) in [(1, 8), (2, 4)] {
        for claimed in 0..=12_u16 {
            let mut message = b"\0\x09\x30\0\0\0\0\0\0\0\0\0".to_vec();
            message.extend_from_slice(&[0, code]);
            message.extend_from_slice(&claimed.to_be_bytes());
            message.resize(message.len() + usize::from(claimed), 0);
            assert_eq!(
                Dso::parse(&message).is_ok(),
                claimed == len,
                "{code} {claimed}"
            );
        }
    }
}

#[test]
fn multicast_bits_are_apart() {
    let bytes = b"\0\0\x84\0\0\x01\0\x01\0\0\0\0\0\0\x01\x80\x01\0\0\x01\x80\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01";
    let view = View::parse(bytes).unwrap();
    assert!(view.question().unwrap().unwrap().wants_unicast());
    let record = view.answers().unwrap().next().unwrap().unwrap();
    assert_eq!(record.multicast_class(), (Class::IN, true));
}
