//! `dns-cost`: hostile inputs of any size, for whoever counts what they cost.
//!
//! Each kind is the worst its maker could think of for one part of the codec. Work must grow as the
//! input does, whatever it says: the tests count instructions at two sizes.

use eaves_dns::{
    Builder, Class, Header, Name, NameBuf, Rtype, Section, Ttl, View, rdata::Ns, zone::Zone,
    zonefile::Scanner,
};

/// What is wrong with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Names that point to names that point on, as far back as pointers reach.
    Chains,
    /// Counts of 65535 in each section, over octets that are records of next to nothing.
    Counts,
    /// Names of 127 labels, written compressed.
    Compress,
    /// A message of names of 127 labels.
    Labels,
    /// One OPT of empty options.
    Options,
    /// A message of nothing but pointers.
    Pointers,
    /// An `RRset` of very many records.
    Rrset,
    /// One TXT of empty strings.
    Strings,
    /// A zone file in which every line is wrong.
    Text,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Chains,
        Self::Compress,
        Self::Counts,
        Self::Labels,
        Self::Options,
        Self::Pointers,
        Self::Rrset,
        Self::Strings,
        Self::Text,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chains => "chains",
            Self::Compress => "compress",
            Self::Counts => "counts",
            Self::Labels => "labels",
            Self::Options => "options",
            Self::Pointers => "pointers",
            Self::Rrset => "rrset",
            Self::Strings => "strings",
            Self::Text => "text",
        }
    }

    /// Makes an input of about `len` octets and has it read; returns what was found.
    #[must_use]
    pub fn run(self, len: usize) -> String {
        match self {
            Self::Chains => read(&chains(len)),
            Self::Compress => compress(len),
            Self::Counts => read(&message([0xff; 8], &vec![0; len])),
            Self::Labels => read(&labels(len)),
            Self::Options => read(&single(Rtype::OPT, [0, 0, 0, 0, 0, 0, 0, 1], len)),
            Self::Pointers => read(&pointers(len)),
            Self::Rrset => load(&rrset(len)),
            Self::Strings => read(&single(Rtype::TXT, [0, 0, 0, 1, 0, 0, 0, 0], len)),
            Self::Text => scan(&text(len)),
        }
    }
}

/// A header with counts, and what follows.
fn message(counts: [u8; 8], body: &[u8]) -> Vec<u8> {
    [&[0, 7, 0x84, 0][..], &counts, body].concat()
}

/// As many records as there is room for, of empty rdata of a type without a format.
fn records(len: usize, mut owner: impl FnMut(usize, &mut Vec<u8>)) -> Vec<u8> {
    let (mut body, mut count) = (Vec::with_capacity(len), 0_u16);
    while body.len() < len {
        owner(Header::LEN + body.len(), &mut body);
        body.extend_from_slice(&[0xff, 0x78, 0, 1, 0, 0, 0, 0, 0, 0]);
        count += 1;
    }
    let [high, low] = count.to_be_bytes();
    message([0, 0, high, low, 0, 0, 0, 0], &body)
}

/// Each owner is a label and a pointer to the owner before.
fn chains(len: usize) -> Vec<u8> {
    let (mut last, mut labels) = (0, 0);
    records(len, |at, body| {
        if labels == 0 {
            body.extend_from_slice(&[1, b'a', 0]);
        } else {
            let [high, low] = (0xc000 | last as u16).to_be_bytes();
            body.extend_from_slice(&[1, b'a', high, low]);
        }
        // Names lead through forty pointers; where none reaches, all lead to the longest.
        if labels < 40 && at < 0x4000 {
            (last, labels) = (at, labels + 1);
        }
    })
}

/// Each owner has as many labels as a name can have.
fn labels(len: usize) -> Vec<u8> {
    records(len, |_, body| {
        body.extend_from_slice(&[1, b'a'].repeat(127));
        body.push(0);
    })
}

/// Each two octets point to the two before.
fn pointers(len: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(len);
    while body.len() < len {
        let target = (Header::LEN + body.len()).saturating_sub(2) & 0x3fff;
        body.extend_from_slice(&(0xc000 | target as u16).to_be_bytes());
    }
    message([0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &body)
}

/// One record of `len` zero octets of rdata: empty strings, or options without octets.
fn single(rtype: Rtype, counts: [u8; 8], len: usize) -> Vec<u8> {
    let len = len.min(65_000) & !3;
    let mut body = vec![0];
    body.extend_from_slice(&rtype.0.to_be_bytes());
    body.extend_from_slice(&[0, 1, 0, 0, 0, 0]);
    body.extend_from_slice(&(len as u16).to_be_bytes());
    body.resize(body.len() + len, 0);
    message(counts, &body)
}

/// Reads all of a message that can be read, in every way there is.
fn read(bytes: &[u8]) -> String {
    let Ok(view) = View::parse(bytes) else {
        return "no header".to_owned();
    };
    let mut octets = 0;
    for section in [Section::Answer, Section::Authority, Section::Additional] {
        let records = view.section(section).into_iter().flatten();
        for record in records.flatten() {
            octets += record.name().to_name_buf().as_wire().len();
            octets += usize::from(record.rdata().is_ok());
        }
    }
    let options = view.edns().ok().flatten();
    let options = options.map_or(0, |edns| edns.options.typed().count());
    match view.check() {
        Ok(()) => format!("valid, {octets} octets, {options} options"),
        Err(error) => format!("{error}, {octets} octets"),
    }
}

/// Writes names of many labels, the first of each its own.
fn compress(len: usize) -> String {
    let mut buf = vec![0; len + 600];
    let Ok(mut builder) = Builder::new(&mut buf, Header::default()) else {
        return "no room".to_owned();
    };
    let (mut count, mut size) = (0_u32, 0);
    while size < len {
        // Labels of one octet each, in an order that no two names share from their start on.
        let mut wire: Vec<u8> = (0..126_u32)
            .flat_map(|place| [1, b'a' + (count.rotate_left(place % 32) % 26) as u8])
            .collect();
        wire.push(0);
        let Ok(name) = NameBuf::from_wire(&wire) else {
            break;
        };
        let view = Ns {
            server: Name::ROOT.into(),
        };
        let (section, rdata) = (Section::Answer, view.into());
        if builder
            .push(section, &name, Class::IN, Ttl::ZERO, &rdata)
            .is_err()
        {
            break;
        }
        count += 1;
        size += wire.len();
    }
    format!("{count} names in {} octets", builder.finish().len())
}

/// Very many records of one name.
fn rrset(len: usize) -> String {
    let mut text = "$TTL 5\n@ SOA a b 1 1 1 1 1\n@ NS a.test.\n".to_owned();
    let mut number = 0_u32;
    while text.len() < len {
        let [_, a, b, c] = number.to_be_bytes();
        text += &format!("a A 10.{a}.{b}.{c}\n");
        number += 1;
    }
    text
}

fn load(text: &str) -> String {
    let origin = NameBuf::from_wire(b"\x07example\0").unwrap_or_default();
    let load = Zone::parse(text, &origin);
    format!(
        "{} problems, loaded: {}",
        load.problems.len(),
        load.zone.is_some()
    )
}

/// Lines that are wrong in different ways, the last of which never ends.
fn text(len: usize) -> String {
    let lines = "a..b A 1\nx TXT \"unclosed\ny A ) 1\nz TYPE65400 \\# 9 00\n$ORIGIN \\256\nw LOC 1 2 3 4 5 6\n";
    let mut text = lines.repeat(len / lines.len() / 2);
    text += "v TXT (";
    text += &" \\097\n".repeat(len.saturating_sub(text.len()) / 6);
    text
}

fn scan(text: &str) -> String {
    let mut scanner = Scanner::new(text.as_bytes(), Name::ROOT);
    let (mut records, mut errors) = (0, 0);
    while let Some(entry) = scanner.next_entry() {
        match entry {
            Ok(_) => records += 1,
            Err(_) => errors += 1,
        }
    }
    format!("{records} records, {errors} errors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_as_hostile_as_they_claim() {
        let found = |kind: Kind| kind.run(60_000);
        let table = [
            (Kind::Chains, "valid, "),
            (Kind::Compress, " names in "),
            (Kind::Counts, "bytes ended at 60012 while reading"),
            (Kind::Labels, "valid, 58112 octets"),
            (Kind::Options, "valid, 2 octets, 15000 options"),
            (
                Kind::Pointers,
                "compression pointer at byte 10 is not allowed",
            ),
            (Kind::Rrset, "0 problems, loaded: true"),
            (Kind::Strings, "valid, 2 octets"),
            (Kind::Text, "0 records, "),
        ];
        assert_eq!(table.len(), Kind::ALL.len());
        for (kind, part) in table {
            let found = found(kind);
            assert!(found.contains(part), "{kind:?}: {found}");
        }
    }
}
