//! Octets for each kind of field.

use super::Entropy;
use crate::rdata::table::Field;

/// Appends a field; what stands before it may decide what it holds.
pub(super) fn make(field: Field, entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    match field {
        Field::Algorithm | Field::Protocol | Field::Scheme | Field::U8 => out.push(entropy.octet()),
        Field::CertType | Field::Octal | Field::Type | Field::U16 => out.extend(entropy.exactly(2)),
        Field::Ipv4 | Field::Period | Field::Time | Field::U32 => out.extend(entropy.exactly(4)),
        Field::Eui48 | Field::U48 => out.extend(entropy.exactly(6)),
        Field::Eui64 | Field::Groups | Field::Ipn => out.extend(entropy.exactly(8)),
        Field::Ipv6 => out.extend(entropy.exactly(16)),
        Field::FlatName | Field::Name => out.extend_from_slice(entropy.name().as_wire()),
        Field::Names => {
            for _ in 0..entropy.below(3) {
                out.extend_from_slice(entropy.name().as_wire());
            }
        }
        Field::Str => string(&entropy.some(20), out),
        Field::Salt => string(&entropy.some(8), out),
        Field::Strs => {
            for _ in 0..1 + entropy.below(3) {
                string(&entropy.some(30), out);
            }
        }
        Field::OptStr if entropy.octet() < 128 => string(&entropy.some(9), out),
        Field::OptStr => {}
        Field::Tag => string(&from(entropy, b"abcXYZ019issue"), out),
        Field::Hash => {
            let len = 1 + entropy.below(24);
            string(&entropy.exactly(len), out);
        }
        Field::Latitude | Field::Longitude | Field::Degrees => decimal(entropy, out),
        Field::Blob | Field::BlobRest | Field::Mac | Field::Other => {
            let octets = entropy.some(20);
            out.extend_from_slice(&(octets.len() as u16).to_be_bytes());
            out.extend_from_slice(&octets);
        }
        _ => make_special(field, entropy, out),
    }
}

fn make_special(field: Field, entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    match field {
        Field::Types => types(entropy, out),
        Field::OldTypes => {
            let len = entropy.below(16);
            out.push(entropy.octet() & 0x7f);
            out.extend(entropy.exactly(len));
        }
        Field::DsDigest | Field::CdsDigest | Field::SshDigest | Field::TlsData => {
            digest(field, entropy, out);
        }
        Field::ZoneDigest => {
            let algorithm = 1 + entropy.octet() % 4;
            out.extend([1 + entropy.octet() % 9, algorithm]);
            let len = [48, 64, 12, 30][usize::from(algorithm - 1)];
            out.extend(entropy.exactly(len));
        }
        Field::Gateway => {
            let at = out.len() - 2;
            out[at] %= 4;
            gateway(out[at], entropy, out);
        }
        Field::RelayType => out.push(entropy.octet() & 0x83),
        Field::Relay => {
            let how = out.last().map_or(0, |octet| octet & 0x7f);
            gateway(how, entropy, out);
        }
        Field::HipKey => {
            let (tag, key) = (entropy.some(16), entropy.some(20));
            out.extend([tag.len() as u8, entropy.octet(), 0, key.len() as u8]);
            out.extend(tag);
            out.extend(key);
        }
        Field::Atma => {
            out.push(entropy.octet() % 3);
            out.extend(from(entropy, b"0123456789"));
        }
        Field::A6Prefix => address_part(entropy, out),
        Field::Place => place(entropy, out),
        Field::Prefixes => prefixes(entropy, out),
        Field::Params => params(entropy, out),
        Field::Target => {
            let len = 1 + entropy.below(30);
            out.extend(entropy.exactly(len));
        }
        _ => out.extend(entropy.some(40)),
    }
}

fn string(octets: &[u8], out: &mut Vec<u8>) {
    out.push(octets.len() as u8);
    out.extend_from_slice(octets);
}

/// A few letters of an alphabet.
fn from(entropy: &mut Entropy<'_>, alphabet: &[u8]) -> Vec<u8> {
    let len = 1 + entropy.below(10);
    (0..len)
        .map(|_| alphabet[entropy.below(alphabet.len())])
        .collect()
}

fn decimal(entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    let sign = ["", "-", "+"][entropy.below(3)];
    let text = format!("{sign}{}.{}", entropy.below(90), entropy.below(1000));
    string(text.as_bytes(), out);
}

fn types(entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    let mut window = 0_u8;
    for _ in 0..entropy.below(4) {
        let len = 1 + entropy.below(6);
        let mut bits = entropy.exactly(len);
        bits[len - 1] |= 1;
        if window == 0 {
            bits[0] &= 0x7f;
        }
        out.push(window);
        string(&bits, out);
        let Some(next) = window.checked_add(1 + entropy.octet() % 60) else {
            return;
        };
        window = next;
    }
}

fn digest(field: Field, entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    let Some(how) = out.last_mut() else { return };
    *how %= 7;
    let len = match (field, *how) {
        (Field::CdsDigest, 0) => 1,
        (Field::TlsData, 1)
        | (Field::DsDigest | Field::CdsDigest, 2 | 3)
        | (Field::SshDigest, 2) => 32,
        (Field::TlsData, 2) => 64,
        (Field::DsDigest | Field::CdsDigest | Field::SshDigest, 1) => 20,
        (Field::DsDigest | Field::CdsDigest, 4) => 48,
        _ => entropy.below(40),
    };
    out.extend(entropy.exactly(len));
}

fn gateway(how: u8, entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    match how {
        1 => out.extend(entropy.exactly(4)),
        2 => out.extend(entropy.exactly(16)),
        3 => out.extend_from_slice(entropy.name().as_wire()),
        _ => {}
    }
}

fn address_part(entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    let bits = entropy.octet() % 129;
    let mut suffix = entropy.exactly(usize::from(128 - bits).div_ceil(8));
    if let Some(first) = suffix.first_mut()
        && !bits.is_multiple_of(8)
    {
        *first &= 0xff >> (bits % 8);
    }
    out.push(bits);
    out.extend(suffix);
    if bits > 0 {
        out.extend_from_slice(entropy.name().as_wire());
    }
}

fn place(entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    out.push(0);
    for _ in 0..3 {
        let (mantissa, exponent) = (1 + entropy.octet() % 9, entropy.octet() % 10);
        out.push((mantissa << 4) | exponent);
    }
    for limit in [90_u64, 180] {
        let range = 2 * limit * 3_600_000 + 1;
        let value = entropy
            .exactly(4)
            .into_iter()
            .fold(0_u64, |all, octet| all << 8 | u64::from(octet));
        let angle = (1 << 31) - limit * 3_600_000 + value % range;
        out.extend_from_slice(&(angle as u32).to_be_bytes());
    }
    // Whole metres: in some implementations cents do not survive floating point.
    let metres = entropy.below(60_000) as u32;
    out.extend_from_slice(&(metres * 100).to_be_bytes());
}

fn prefixes(entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    for _ in 0..entropy.below(4) {
        let family = 1 + entropy.octet() % 3;
        let (octets, bits) = [(4, 32), (16, 128), (20, 255)][usize::from(family - 1)];
        let mut address = entropy.some(octets);
        if let Some(last) = address.last_mut() {
            *last |= 1;
        }
        let negated = entropy.octet() & 0x80;
        let prefix = entropy.below(bits + 1) as u8;
        out.extend([0, family, prefix, negated | address.len() as u8]);
        out.extend(address);
    }
}

fn params(entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    let mut put = |key: u16, value: &[u8]| {
        out.extend_from_slice(&key.to_be_bytes());
        out.extend_from_slice(&(value.len() as u16).to_be_bytes());
        out.extend_from_slice(value);
    };
    let chosen = entropy.octet();
    let has_alpn = chosen & 1 != 0;
    if has_alpn && chosen & 2 != 0 {
        put(0, &[0, 1]);
    }
    if has_alpn {
        let mut ids = Vec::new();
        for _ in 0..1 + entropy.below(3) {
            let len = 1 + entropy.below(6);
            string(&entropy.exactly(len), &mut ids);
        }
        put(1, &ids);
        if chosen & 4 != 0 {
            put(2, &[]);
        }
    }
    if chosen & 8 != 0 {
        put(3, &entropy.exactly(2));
    }
    if chosen & 16 != 0 {
        let count = 1 + entropy.below(3);
        put(4, &entropy.exactly(4 * count));
    }
    if chosen & 32 != 0 {
        put(5, &[0, 4, 1, 2, 3, entropy.octet()]);
        put(6, &entropy.exactly(16));
    }
    if chosen & 64 != 0 {
        put(8, &[]);
        put(10, b"\x01a\x02b,");
    }
    put(600 + u16::from(chosen), &entropy.some(20));
}
