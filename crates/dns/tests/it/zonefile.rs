//! Zone files: what entries mean, and how errors are told.

use eaves_dns::{
    Name,
    zone::{Loader, Zone},
    zonefile::{Directory, Entry, Scanner, Writer},
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
        "!line 8, column 1: unknown directive",
        "g.example. 5 IN A 192.0.2.1",
        "h.example. 5 CH TYPE65280 \\# 0",
        "!line 11, column 6: i.example. MX: unclosed parenthesis",
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

#[test]
fn generate_makes_a_run_of_records() {
    let text = "$TTL 5\n$GENERATE 1-5/2 host-${0,2} A 192.0.2.$ ; run\nlast A 192.0.2.9\n";
    let expected = [
        "host-01.example. 5 IN A 192.0.2.1",
        "host-03.example. 5 IN A 192.0.2.3",
        "host-05.example. 5 IN A 192.0.2.5",
        "last.example. 5 IN A 192.0.2.9",
    ];
    assert_eq!(scan(text), expected);
    let errors =
        scan("$TTL 5\n$GENERATE 1-9999999 h$ A 192.0.2.1\n$GENERATE 255-300 h$ A 192.0.2.$\n");
    assert_eq!(
        errors[0],
        "!line 2, column 11: range of more than 65536 records"
    );
    assert_eq!(
        errors[2],
        "!line 3, column 1: h256.example. A: not an IPv4 address"
    );
    assert_eq!(errors.len(), 3);
}

/// BIND takes what follows the type as one token, and its manual quotes what has blanks.
#[test]
fn generate_takes_rdata_in_quotes_and_leaves_the_owner_alone() {
    let text = "$TTL 5\nfirst A 192.0.2.9\n\
                $GENERATE 1-2 h$ 60 IN MX \"${9,2} m$\" ; run\n\
                $GENERATE 1-1 t$ TXT \"a $ \\\"b c\\\"\"\n\
                $GENERATE 1-1 u$ TXT \"a $\" \"b\"\n\
                \x20 AAAA 2001:db8::1\n\
                $GENERATE 1-1 e$ A \"x\n\
                \x20 AAAA 2001:db8::2\n";
    let expected = [
        "first.example. 5 IN A 192.0.2.9",
        "h1.example. 60 IN MX 10 m1.example.",
        "h2.example. 60 IN MX 11 m2.example.",
        "t1.example. 5 IN TXT \"a\" \"1\" \"b c\"",
        "u1.example. 5 IN TXT \"a 1\" \"b\"",
        "first.example. 5 IN AAAA 2001:db8::1",
        "!line 7, column 1: e1.example. A: unclosed quote",
        "first.example. 5 IN AAAA 2001:db8::2",
    ];
    assert_eq!(scan(text), expected);
}

#[test]
fn generate_is_capped_by_line_and_by_file() {
    let count = |text: &str| {
        let mut scanner = Scanner::new(text.as_bytes(), Name::ROOT);
        let mut records = 0;
        while let Some(entry) = scanner.next_entry() {
            entry.unwrap();
            records += 1;
        }
        records
    };
    assert_eq!(count("$TTL 5\n$GENERATE 0-65535 h$ A 192.0.2.1\n"), 65_536);
    let text =
        "$TTL 5\n$GENERATE 1-3 a$ NS .\n$GENERATE 1-3/2 b$ NS .\n$GENERATE 7-7 c$ NS .\nd NS .\n";
    let scan = |limit| {
        let mut scanner = Scanner::new(text.as_bytes(), Name::ROOT).generate_limit(limit);
        let (mut owners, mut errors) = (Vec::new(), Vec::new());
        while let Some(entry) = scanner.next_entry() {
            match entry {
                Ok(Entry::Record(record)) => owners.push(record.owner.to_string()),
                Ok(other) => unreachable!("{other:?}"),
                Err(error) => errors.push(error.to_string()),
            }
        }
        (owners.join(" "), errors)
    };
    let refused =
        |line| format!("line {line}, column 11: more records than $GENERATE may make in a file");
    assert_eq!(scan(6), ("a1. a2. a3. b1. b3. c7. d.".to_owned(), vec![]));
    assert_eq!(
        scan(5),
        ("a1. a2. a3. b1. b3. d.".to_owned(), vec![refused(4)])
    );
    // A line that would make more makes none, and takes nothing from what is left.
    assert_eq!(scan(4), ("a1. a2. a3. c7. d.".to_owned(), vec![refused(3)]));
    assert_eq!(scan(0).1, [refused(2), refused(3), refused(4)]);
}

#[test]
fn includes_are_capped() {
    let text = "$TTL 5\n@ SOA a b 1 1 1 1 1\n@ NS ns.test.\n$INCLUDE bomb\n";
    let origin = name("example.");
    let mut loader = Loader::new(&origin);
    let mut read = 0;
    loader.scan_with(Scanner::new(text.as_bytes(), &origin), &mut |_| {
        read += 1;
        Ok(b"$INCLUDE bomb\n".repeat(6))
    });
    let problems = loader.finish().problems;
    assert_eq!(read, 10_000);
    let told = problems.iter().map(|problem| problem.fault.to_string());
    let told: std::collections::BTreeSet<String> = told.collect();
    let expected = ["more than 10000 files", "more than 8 deep"];
    assert!(
        told.iter()
            .eq(&expected.map(|what| format!("cannot include: {what}")))
    );
}

/// A small file would otherwise make much by being included often.
#[test]
fn what_included_files_hold_and_make_is_capped_for_the_zone() {
    let origin = name("example.");
    let text = "$TTL 5\n@ SOA a b 1 1 1 1 1\n@ NS ns.test.\n$INCLUDE 1\n$INCLUDE 2\n$GENERATE 1-3 m$ NS .\n";
    let load = |generated, octets| {
        let mut loader = Loader::new(&origin).include_limit(octets);
        let scanner = Scanner::new(text.as_bytes(), &origin).generate_limit(generated);
        loader.scan_with(scanner, &mut |file| {
            Ok(format!("$GENERATE 1-3 {file}-$ NS .\n").into_bytes())
        });
        let problems = loader.finish().problems.into_iter();
        problems
            .map(|problem| problem.to_string())
            .collect::<Vec<_>>()
    };
    let made = "more records than $GENERATE may make in a file";
    assert_eq!(load(9, 46), [""; 0]);
    assert_eq!(load(8, 46), [format!(":6:11: {made}")]);
    assert_eq!(
        load(5, 46),
        [format!(":6:11: {made}"), format!("2:1:11: {made}")]
    );
    let held = ":5:1: cannot include: more octets than included files may have together";
    assert_eq!(load(9, 45), [held]);
}

#[test]
fn what_the_writer_writes_reads_back() {
    let text = "$TTL 5\n@ SOA Ns admin 1 1 1 1 1\n@ NS Ns\nNs A 192.0.2.1\nB TXT \"a;b\" c\n\
                a\\.b MX 10 Ns\na\\.b MX 5 @\n*.w 7 TYPE65400 \\# 1 ff\n";
    let origin = name("example.");
    let zone = Zone::parse(text, &origin).into_result().unwrap();
    let mut canonical = String::new();
    Writer::canonical(&mut canonical).zone(&zone).unwrap();
    let mut pretty = String::new();
    Writer::pretty(&mut pretty).zone(&zone).unwrap();
    assert!(
        pretty.starts_with("example.      5       IN SOA        Ns.example."),
        "{pretty}"
    );
    for written in [&canonical, &pretty] {
        let again = Zone::parse(written, &origin).into_result().unwrap();
        let mut third = String::new();
        Writer::canonical(&mut third).zone(&again).unwrap();
        assert_eq!(third, canonical, "{written}");
    }
    let order: Vec<&str> = canonical
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    let expected = [
        "example.",
        "example.",
        "a\\.b.example.",
        "a\\.b.example.",
        "b.example.",
    ];
    assert_eq!(order[..5], expected);
}

#[test]
fn includes_stay_within_their_directory() {
    let root = std::env::temp_dir().join(format!("eaves-dns-include-{}", std::process::id()));
    std::fs::create_dir_all(root.join("zones")).unwrap();
    std::fs::write(
        root.join("zones/hosts"),
        "www A 192.0.2.1\n$INCLUDE hosts\n",
    )
    .unwrap();
    std::fs::write(root.join("secret"), "x A 192.0.2.2\n").unwrap();
    let text = "$TTL 5\n@ SOA a b 1 1 1 1 1\n@ NS ns.test.\n$INCLUDE hosts lan\n$INCLUDE ../secret\nend A 192.0.2.3\n";
    let directory = Directory::new(root.join("zones"));
    let mut loader = Loader::new(&name("example."));
    let origin = name("example.");
    let scanner = Scanner::new(text.as_bytes(), &origin).file("main");
    loader.scan_with(scanner, &mut |file| directory.read(file));
    let load = loader.finish();
    std::fs::remove_dir_all(&root).unwrap();
    let problems: Vec<String> = load.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(problems[0], "hosts:2:1: cannot include: more than 8 deep");
    assert!(problems[1].starts_with("main:5:1: cannot include: ../secret is outside of"));
}
