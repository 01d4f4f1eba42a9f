//! Zone files: what entries mean, and how errors are told.

use eaves_dns::{
    Name,
    zonefile::{Entry, Scanner},
};

use crate::name;

fn scan(text: &str) -> Vec<String> {
    let origin = name("example.");
    let mut scanner = Scanner::new(text.as_bytes(), &origin);
    let mut out = Vec::new();
    while let Some(entry) = scanner.next_entry() {
        out.push(match entry {
            Ok(Entry::Record(record)) => {
                let rdata = eaves_dns::RdataBuf::from_wire(record.rtype, record.rdata).unwrap();
                let (owner, ttl, class, rtype) =
                    (record.owner, record.ttl, record.class, record.rtype);
                format!("{owner} {ttl} {class} {rtype} {rdata}")
            }
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("!{error}"),
        });
    }
    out
}

#[test]
fn entries_inherit_what_they_leave_out() {
    let text = "$TTL 1h\n\
                @ IN SOA ns admin (\n  1 ; serial\n  2h 1h 2w\n  5m )\n\
                \tNS ns\n\
                ns 60 IN A 192.0.2.1\r\n   IN 30 AAAA 2001:db8::1\n\
                $ORIGIN sub\n\
                www CNAME @\n\
                ; a comment\n\n\
                txt TXT a \"b;(c\" \\100\\101";
    let expected = [
        "example. 3600 IN SOA ns.example. admin.example. 1 7200 3600 1209600 300",
        "example. 3600 IN NS ns.example.",
        "ns.example. 60 IN A 192.0.2.1",
        "ns.example. 30 IN AAAA 2001:db8::1",
        "www.sub.example. 3600 IN CNAME sub.example.",
        "txt.sub.example. 3600 IN TXT \"a\" \"b;(c\" \"de\"",
    ];
    assert_eq!(scan(text), expected);
}

#[test]
fn the_ttl_comes_from_the_record_before_or_from_the_soa() {
    let text = "@ SOA ns admin 1 2 3 4 77\nb 5 A 192.0.2.1\nc A 192.0.2.2\n";
    let ttls = scan(text);
    assert!(ttls[0].starts_with("example. 77 "), "{}", ttls[0]);
    assert!(ttls[2].starts_with("c.example. 5 "), "{}", ttls[2]);
    assert_eq!(
        scan("a A 192.0.2.1\n"),
        ["!line 1, column 1: a.example. A: no TTL here, in $TTL or before"]
    );
}

#[test]
fn every_error_is_told_and_reading_goes_on() {
    let text = "$TTL 5\n\
                a A 192.0.2\n\
                b NOSUCH x\n\
                \x20 A 192.0.2.1\n\
                c..d A 192.0.2.1\n\
                e A 192.0.2.1 extra\n\
                f\n\
                $NONSENSE\n\
                g TYPE1 \\# 4 c0000201\n\
                h CLASS3 TYPE65280 \\# 0\n\
                i MX ( 10\n";
    let expected = [
        "!line 2, column 5: a.example. A: not an IPv4 address",
        "!line 3, column 3: b.example.: unknown record type",
        "b.example. 5 IN A 192.0.2.1",
        "!line 5, column 1: name has an empty label",
        "!line 6, column 15: e.example. A: unexpected text after the last field",
        "!line 7, column 2: f.example.: record type is missing",
        "!line 8, column 1: f.example.: unknown directive",
        "g.example. 5 IN A 192.0.2.1",
        "h.example. 5 CH TYPE65280 \\# 0",
        "!line 12, column 1: i.example. MX: unclosed parenthesis",
    ];
    assert_eq!(scan(text), expected);
}

#[test]
fn scanning_allocates_nothing_per_record() {
    let line = "host 60 IN A 192.0.2.1\nhost 60 IN MX 10 mail.example.\nhost TXT \"some text\"\n";
    let count = |lines: usize| {
        let text = line.repeat(lines);
        let info = allocation_counter::measure(|| {
            let mut scanner = Scanner::new(text.as_bytes(), Name::ROOT);
            while let Some(entry) = scanner.next_entry() {
                entry.unwrap();
            }
        });
        info.count_total
    };
    assert_eq!(count(10), count(1_000));
}
