//! UPDATE, NOTIFY and DSO.

use eaves_dns::{
    Builder, Class, Flags, Header, NameRef, Opcode, Question, RdataBuf, Rtype, Ttl, View,
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
fn multicast_bits_are_apart() {
    let bytes = b"\0\0\x84\0\0\x01\0\x01\0\0\0\0\0\0\x01\x80\x01\0\0\x01\x80\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01";
    let view = View::parse(bytes).unwrap();
    assert!(view.question().unwrap().unwrap().wants_unicast());
    let record = view.answers().unwrap().next().unwrap().unwrap();
    assert_eq!(record.multicast_class(), (Class::IN, true));
}
