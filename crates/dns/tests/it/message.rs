//! Messages: reading, building, truncation, EDNS.

use eaves_dns::{
    BuildError, Builder, Class, Flags, Header, Message, Name, NameRef, Opcode, Question, Rcode,
    Rdata, Rtype, Section, Ttl, View, WireError,
    edns::{Edns, Options},
    rdata::{A, Mx, Ns},
    wire::{Reader, Sink as _, Writer},
};
use proptest::prelude::*;

use crate::name;

fn referral(buf: &mut [u8]) -> &[u8] {
    let (zone, mut builder) = (
        name("Example.com."),
        Builder::new(buf, Header::default()).unwrap(),
    );
    builder
        .question(&Question::new(&name("www.example.COM."), Rtype::A))
        .unwrap();
    for server in ["ns1.example.com.", "ns2.EXAMPLE.com."] {
        let server = name(server);
        let rdata = Ns {
            server: (&server).into(),
        }
        .into();
        let ttl = Ttl::from_secs(60);
        builder
            .push(Section::Authority, &zone, Class::IN, ttl, &rdata)
            .unwrap();
    }
    builder.finish()
}

#[test]
fn names_are_compressed_whatever_their_case() {
    let mut buf = [0; 512];
    let message = referral(&mut buf);
    // Question, then twice a pointer, ten octets of head, and a label with a pointer.
    assert_eq!(message.len(), 12 + 17 + 4 + 2 * (2 + 10 + 4 + 2));
    let servers: Vec<String> = View::parse(message)
        .unwrap()
        .section(Section::Authority)
        .unwrap()
        .map(|record| record.unwrap().to_string())
        .collect();
    assert_eq!(servers[1], "example.COM. 60 IN NS ns2.example.COM.");
}

#[test]
fn what_does_not_fit_is_taken_back_whole() {
    let mut buf = [0; 60];
    let owner = name("host.example.");
    let mut builder = Builder::new(&mut buf, Header::default()).unwrap();
    builder.question(&Question::new(&owner, Rtype::A)).unwrap();
    let rdata: Rdata<'_> = A {
        address: [192, 0, 2, 1].into(),
    }
    .into();
    let push = |builder: &mut Builder<'_>| {
        builder.push(Section::Answer, &owner, Class::IN, Ttl::ZERO, &rdata)
    };
    assert_eq!(push(&mut builder), Ok(()));
    assert_eq!(push(&mut builder), Err(BuildError::Full { limit: 60 }));
    let view = View::parse(builder.finish()).unwrap();
    assert_eq!(view.counts(), [1, 1, 0, 0]);
    assert_eq!(view.check(), Ok(()));
}

#[test]
fn a_name_taken_back_is_not_pointed_to() {
    let mut buf = [0; 200];
    let mut builder = Builder::new(&mut buf, Header::default()).unwrap();
    let mark = builder.mark();
    builder
        .question(&Question::new(&name("gone.example."), Rtype::A))
        .unwrap();
    builder.rewind(mark);
    builder
        .question(&Question::new(&name("a.example."), Rtype::A))
        .unwrap();
    let gone = name("gone.example.");
    let rdata = Mx {
        preference: 1,
        exchange: (&gone).into(),
    }
    .into();
    builder
        .push(Section::Answer, Name::ROOT, Class::IN, Ttl::ZERO, &rdata)
        .unwrap();
    let message = Message::parse(builder.finish().to_vec()).unwrap();
    let record = message.section(Section::Answer).next().unwrap();
    assert_eq!(record.to_string(), ". 0 IN MX 1 gone.example.");
}

/// A pointer has fourteen bits: names that begin behind those are written, and none leads there.
#[test]
fn names_beyond_the_reach_of_pointers_are_not_pointed_to() {
    let names = [
        "a.first.example.",
        "b.first.example.",
        "x.y.second.test.",
        "z.y.second.test.",
    ];
    let names = names.map(name);
    let mut buf = vec![0; 0x4200];
    for start in 0x3fd0..0x4010 {
        let mut writer = Writer::new(&mut buf);
        writer.put(&vec![0; start]).unwrap();
        // Once more right behind the first, and once more behind all.
        let all = names.iter().flat_map(|name| [name, name]).chain(&names);
        for name in all.clone() {
            writer.compressed(name.into()).unwrap();
        }
        let mut reader = Reader::at(writer.written(), start);
        for name in all {
            assert_eq!(reader.name().unwrap(), NameRef::from(name), "{start:#x}");
        }
        assert!(reader.is_empty());
    }
}

#[test]
fn sections_are_written_in_order() {
    let mut buf = [0; 200];
    let mut builder = Builder::new(&mut buf, Header::default()).unwrap();
    let rdata = A {
        address: [192, 0, 2, 1].into(),
    }
    .into();
    builder
        .push(
            Section::Additional,
            Name::ROOT,
            Class::IN,
            Ttl::ZERO,
            &rdata,
        )
        .unwrap();
    let late = builder.push(Section::Answer, Name::ROOT, Class::IN, Ttl::ZERO, &rdata);
    assert_eq!(late, Err(BuildError::Order));
}

#[test]
fn edns_carries_size_flags_and_the_upper_bits_of_the_rcode() {
    let mut buf = [0; 100];
    let header = Header {
        rcode: Rcode::BADVERS,
        flags: Flags::QR,
        ..Header::default()
    };
    let mut builder = Builder::new(&mut buf, header).unwrap();
    builder.reserve(100 - 12).unwrap();
    assert!(
        builder
            .question(&Question::new(Name::ROOT, Rtype::NS))
            .is_err()
    );
    let options = Options::from_wire(b"\0\x0a\0\x08abcdefgh").unwrap();
    builder
        .edns(&Edns {
            dnssec_ok: true,
            options,
            ..Edns::default()
        })
        .unwrap();
    let view = View::parse(builder.finish()).unwrap();
    let edns = view.edns().unwrap().unwrap();
    assert_eq!(edns.rcode(view.header().rcode), Rcode::BADVERS);
    assert!(edns.dnssec_ok);
    assert_eq!((edns.udp_size, edns.options), (1232, options));
}

#[test]
fn a_second_opt_and_an_opt_with_an_owner_are_refused() {
    let opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\0";
    let mut twice = b"\0\x01\0\0\0\0\0\0\0\0\0\x02".to_vec();
    twice.extend_from_slice(opt);
    twice.extend_from_slice(opt);
    let owned = b"\0\x01\0\0\0\0\0\0\0\0\0\x01\x01a\0\0\x29\x04\xd0\0\0\0\0\0\0";
    let table = [
        (&twice[..], 23, "second OPT record"),
        (owned, 12, "OPT record has an owner"),
    ];
    for (bytes, at, what) in table {
        let view = View::parse(bytes).unwrap();
        let error = WireError::Invalid { at, what };
        assert_eq!(view.edns().unwrap_err(), error);
        assert_eq!(view.check().unwrap_err(), error);
    }
}

/// A message of one record, in the section of that number.
fn message_of(section: usize, record: &[u8], behind: &[u8]) -> Vec<u8> {
    let mut message = vec![0; 12];
    message[5 + 2 * section] = 1 + u8::from(!behind.is_empty());
    [&message, record, behind].concat()
}

#[test]
fn opt_and_tsig_stand_where_they_must() {
    let opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\0";
    let a = b"\0\0\x01\0\x01\0\0\0\0\0\x04\xc0\0\x02\x01";
    let rdata = b"\x01h\0\0\0\0\0\0\0\x01\x2c\0\0\0\x07\0\0\0\0";
    let mut tsig = b"\0\0\xfa\0\xff\0\0\0\0\0\x13".to_vec();
    tsig.extend_from_slice(rdata);
    let check = |bytes: Vec<u8>| View::parse(&bytes).unwrap().check();
    assert_eq!(check(message_of(3, opt, a)), Ok(()));
    assert_eq!(check(message_of(3, a, &tsig)), Ok(()));
    let misplaced = |at| {
        let what = "OPT or TSIG record out of its place";
        Err(WireError::Invalid { at, what })
    };
    for section in [1, 2] {
        assert_eq!(check(message_of(section, opt, b"")), misplaced(12));
        assert_eq!(check(message_of(section, &tsig, b"")), misplaced(12));
    }
    assert_eq!(check(message_of(3, &tsig, a)), misplaced(12));
    tsig[4] = 1;
    assert_eq!(check(message_of(3, &tsig, b"")), misplaced(12));
}

#[test]
fn options_that_deserve_it_are_checked_with_the_message() {
    let message = |option: &[u8]| {
        let mut opt = b"\0\0\x29\x04\xd0\0\0\0\0\0".to_vec();
        opt.push(option.len() as u8);
        message_of(3, &[&opt, option].concat(), b"")
    };
    let table: [(&[u8], Option<usize>); 7] = [
        (b"\0\x0a\0\x0812345678", None),
        (b"\0\x0a\0\x09123456789", Some(27)),
        (b"\0\x08\0\x05\0\x01\x08\0\x7f", None),
        (b"\0\x08\0\x05\0\x01\x07\0\x7f", Some(31)),
        (b"\0\x0f\0\x04\0\x12ab", None),
        (b"\0\x0f\0\x04\0\x12a\xff", Some(30)),
        // What is malformed of any other code is for those who read it.
        (b"\0\x09\0\x03abc", None),
    ];
    for (option, at) in table {
        let bytes = message(option);
        let checked = View::parse(&bytes).unwrap().check();
        assert_eq!(checked.err().map(|error| error.at()), at, "{option:?}");
    }
}

#[test]
fn counts_that_lie_are_errors() {
    let view = b"\0\x01\0\0\0\x01\xff\xff\0\0\0\0\0\0\x01\0\x01";
    let view = View::parse(view).unwrap();
    assert_eq!(view.counts()[1], 65535);
    assert_eq!(view.answers().unwrap().count(), 1);
    assert!(view.answers().unwrap().next().unwrap().is_err());
    assert!(Message::parse(view.as_bytes().to_vec()).is_err());
}

#[test]
fn every_bit_of_the_header_is_read_and_written() {
    for bits in 0..=u16::MAX {
        let mut bytes = [0; 12];
        bytes[..2].copy_from_slice(&(!bits).to_be_bytes());
        bytes[2..4].copy_from_slice(&bits.to_be_bytes());
        let header = View::parse(&bytes).unwrap().header();
        assert_eq!(header.id, !bits);
        assert_eq!(u16::from(header.opcode.0), bits >> 11 & 15);
        assert_eq!(header.rcode.0, bits & 15);
        assert_eq!(header.is_response(), bits >> 15 == 1);
        let mut buf = [0; 12];
        assert_eq!(Builder::new(&mut buf, header).unwrap().finish(), bytes);
    }
}

#[test]
fn nothing_follows_the_last_record() {
    let mut bytes = b"\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\x01\0\x01".to_vec();
    assert!(Message::parse(bytes.clone()).is_ok());
    bytes.push(0);
    let error = Message::parse(bytes).unwrap_err();
    assert_eq!(error, WireError::Trailing { at: 17 });
}

#[test]
fn a_ttl_with_its_top_bit_set_is_zero() {
    let bytes = b"\0\x07\x84\0\0\0\0\x01\0\0\0\0\0\0\x01\0\x01\xff\0\0\x3c\0\x04\xc0\0\x02\x01";
    let record = View::parse(bytes)
        .unwrap()
        .answers()
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(record.ttl(), Ttl::ZERO);
}

#[test]
fn a_ttl_in_text_has_31_bits() {
    assert_eq!("2147483647".parse(), Ok(Ttl::MAX));
    assert_eq!("3550w5d3h14m7s".parse(), Ok(Ttl::MAX));
    for text in [
        "2147483648",
        "3550w5d3h14m8s",
        "4294967296",
        "99999999w",
        "-1",
        "",
    ] {
        assert!(text.parse::<Ttl>().is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), counts in any::<[u8; 4]>()) {
        // Small counts, so that more than the first record is looked at.
        for (place, count) in counts.into_iter().enumerate() {
            if let Some(slot) = bytes.get_mut(4 + 2 * place..6 + 2 * place) {
                slot.copy_from_slice(&[0, count % 4]);
            }
        }
        let Ok(view) = View::parse(&bytes) else { return Ok(()) };
        let is_whole = view.check().is_ok();
        prop_assert_eq!(Message::parse(bytes.clone()).is_ok(), is_whole);
        if is_whole {
            let mut buf = [0; 2000];
            let copy = copy(view, &mut buf);
            prop_assert_eq!(View::parse(copy).unwrap().check(), Ok(()));
        }
    }
}

fn copy<'b>(view: View<'_>, buf: &'b mut [u8]) -> &'b [u8] {
    let mut builder = Builder::new(buf, view.header()).unwrap();
    for question in view.questions() {
        builder.question(&question.unwrap()).unwrap();
    }
    for section in [Section::Answer, Section::Authority, Section::Additional] {
        for record in view.section(section).unwrap() {
            builder.push_record(section, &record.unwrap()).unwrap();
        }
    }
    builder.finish()
}

#[test]
fn codes_are_read_as_they_are_printed() {
    for number in 0..=40 {
        let code = Rcode(number);
        assert_eq!(code.to_string().parse(), Ok(code));
        assert_eq!(code.to_string().to_lowercase().parse(), Ok(code));
    }
    for number in 0..=15 {
        let opcode = Opcode(number);
        assert_eq!(opcode.to_string().parse(), Ok(opcode));
        assert_eq!(opcode.to_string().to_lowercase().parse(), Ok(opcode));
    }
    for wrong in ["", "RCODE", "RCODE65536", "RCODE-1", "NX", "3"] {
        assert!(wrong.parse::<Rcode>().is_err(), "{wrong}");
    }
    for wrong in ["", "OPCODE16", "OPCODE", "OPCODE1x", "0"] {
        assert!(wrong.parse::<Opcode>().is_err(), "{wrong}");
    }
}
