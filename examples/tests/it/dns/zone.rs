//! A zone with records of every type, made from the table of types.

use eaves_dns::{
    NameBuf, RdataBuf, Rtype,
    strategy::{Entropy, make, types},
};

/// How many records of each type.
const SAMPLES: u8 = 2;

/// A record of the zone.
pub(super) struct Sample {
    pub(super) owner: NameBuf,
    pub(super) rdata: RdataBuf,
}

impl Sample {
    /// Says whether `rdata` is this, but for case: NSD and Knot keep names in lower case.
    pub(super) fn is(&self, rdata: &RdataBuf) -> bool {
        let wire = self.rdata.as_wire();
        rdata.rtype() == self.rdata.rtype() && rdata.as_wire().eq_ignore_ascii_case(wire)
    }
}

/// Records of every type that may stand in a zone, each at a name of its own. NS and SOA stand at
/// the apex only, and types of questions nowhere.
pub(super) fn samples() -> Vec<Sample> {
    let in_zones = |rtype: &Rtype| !rtype.is_meta() && !matches!(*rtype, Rtype::NS | Rtype::SOA);
    let mut samples = Vec::new();
    for rtype in types().filter(in_zones) {
        let mut seed = 0;
        for number in 0..SAMPLES {
            let rdata = match usual(rtype) {
                Some(texts) => RdataBuf::parse(rtype, texts[usize::from(number)]).expect("rdata"),
                None => any(rtype, &mut seed),
            };
            let owner = owner(rtype, number);
            samples.push(Sample { owner, rdata });
        }
    }
    samples
}

/// What others read of types of which they take less than the RFC allows, or print what they would
/// not read: BIND wants digits of X25, a substitution of NAPTR, a type in each NSEC, keys of HIP and
/// no flags of RKEY, writes types without a mnemonic as bare numbers in SIG and NXT, and pads hashes
/// of NSEC3 that are not SHA-1's; Knot prints no APL of other address families.
fn usual(rtype: Rtype) -> Option<[&'static str; 2]> {
    Some(match rtype {
        Rtype::X25 => ["311061700956", "\"4321\""],
        Rtype::SIG => [
            "A 5 3 3600 20300101000000 20291201000000 60485 example. AAECAw==",
            "MX 8 0 0 20300101000000 20291201000000 0 . /w==",
        ],
        Rtype::NXT => ["next.example. A MX SIG NXT", ". NS SOA"],
        Rtype::NAPTR => [
            r#"100 10 "u" "sip+E2U" "!^.*$!sip:info@example.com!" ."#,
            r#"65535 0 "" "" "" _sip._tcp.Example."#,
        ],
        Rtype::NSEC => ["next.example. A TYPE65400", r"\000.a. NSEC"],
        Rtype::HIP => [
            "2 200100107b1a74df365639cc39f1d578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cI Rvs.Example. .",
            "1 ff AA==",
        ],
        Rtype::RKEY => ["0 3 8 AAECAw==", "0 255 13 /w=="],
        Rtype::NSEC3 => [
            "1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG",
            "1 0 0 - 35mthgpgcu1qg68fab165klnsnk3dpvl TYPE65400",
        ],
        Rtype::APL => ["1:192.168.32.0/21 !1:192.168.38.0/28", "2:2001:db8::/32"],
        _ => return None,
    })
}

/// A name of a record's own; of NSEC3, it must be a hash.
fn owner(rtype: Rtype, number: u8) -> NameBuf {
    let owner = match rtype {
        Rtype::NSEC3 => format!("{number}p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example."),
        _ => format!("t{}-{number}.example.", rtype.0),
    };
    owner.parse().expect("a name")
}

/// Rdata of any kind.
fn any(rtype: Rtype, seed: &mut u64) -> RdataBuf {
    loop {
        *seed += 1;
        assert!(*seed < 10_000, "{rtype}: too little that is made is valid");
        if let Some(rdata) = make(rtype, &mut Entropy::new(&octets(rtype.0, *seed))) {
            return rdata;
        }
    }
}

/// The zone as text that every server reads: rdata in the `\#` form.
pub(super) fn text(samples: &[Sample]) -> String {
    let mut text = "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 300\n@ NS ns\nns A 127.0.0.1\n\
                    sub NS ns.sub\nns.sub A 192.0.2.53\n*.wild TXT star\nalias CNAME ns\n"
        .replace('@', "example.")
        .replace("ns ", "ns.example. ");
    text = format!("$ORIGIN example.\n{text}");
    for sample in samples {
        let (owner, number) = (&sample.owner, sample.rdata.rtype().0);
        text += &format!("{owner} TYPE{number} {}\n", sample.rdata.to_generic());
    }
    text
}

/// Octets that are always the same (splitmix64).
fn octets(rtype: u16, seed: u64) -> Vec<u8> {
    let mut state = u64::from(rtype) << 32 | seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) as u8
    };
    (0..160).map(|_| next()).collect()
}
