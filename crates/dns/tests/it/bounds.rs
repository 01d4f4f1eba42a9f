//! What hostile messages cost: allocations, and work linear in their length.

use eaves_dns::{
    Builder, Class, Header, Message, Name, Question, Rtype, Section, Ttl, View, rdata::Ns,
};

use crate::name;

/// 64 KiB of pointers, each to the one before.
fn pointers() -> Vec<u8> {
    let mut bytes = b"\0\x01\x84\0\0\0\xff\xff\0\0\0\0".to_vec();
    while bytes.len() < 65_000 {
        let target = (bytes.len().saturating_sub(2) & 0x3fff) as u16;
        bytes.extend_from_slice(&(0xc000 | target).to_be_bytes());
    }
    bytes
}

#[test]
fn reading_allocates_nothing() {
    let mut buf = [0; 512];
    let mut builder = Builder::new(&mut buf, Header::default()).unwrap();
    let owner = name("a-rather-long-name.for.a.host.example.");
    let info = allocation_counter::measure(|| {
        builder.question(&Question::new(&owner, Rtype::NS)).unwrap();
        let rdata = Ns {
            server: (&owner).into(),
        }
        .into();
        builder
            .push(Section::Answer, &owner, Class::IN, Ttl::ZERO, &rdata)
            .unwrap();
    });
    assert_eq!(info.count_total, 0);
    let message = builder.finish();
    let info = allocation_counter::measure(|| {
        let view = View::parse(message).unwrap();
        view.check().unwrap();
        for record in view.answers().unwrap() {
            let record = record.unwrap();
            assert_eq!(record.name(), owner);
            record.rdata().unwrap();
        }
        let copy = owner.clone();
        assert_eq!(copy, owner);
    });
    assert_eq!(info.count_total, 0);
    let info = allocation_counter::measure(|| drop(Message::parse(message.to_vec()).unwrap()));
    assert!(info.count_total <= 2, "{info:?}");
}

#[test]
fn pointer_floods_and_count_lies_allocate_nothing() {
    let bytes = pointers();
    let info = allocation_counter::measure(|| {
        let view = View::parse(&bytes).unwrap();
        assert!(view.check().is_err());
        assert!(view.edns().unwrap().is_none());
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn compression_of_hostile_names_stays_within_the_buffer() {
    let mut buf = vec![0; 65_535];
    let mut builder = Builder::new(&mut buf, Header::default()).unwrap();
    let mut written = 0;
    for number in 0..2_000 {
        let owner = name(&format!("{number}.{}", "a.".repeat(100)));
        let rdata = Ns {
            server: Name::ROOT.into(),
        }
        .into();
        if builder
            .push(Section::Answer, &owner, Class::IN, Ttl::ZERO, &rdata)
            .is_err()
        {
            break;
        }
        written += 1;
    }
    let view = View::parse(builder.finish()).unwrap();
    assert_eq!(view.check(), Ok(()));
    assert_eq!(view.counts()[1], written);
    assert!(
        written > 1_900,
        "a suffix of 100 labels is written once: {written}"
    );
}
