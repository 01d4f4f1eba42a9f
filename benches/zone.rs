//! Scanning a zone file of mixed records beside domain's scanner, over the same text: in a fixed order of
//! types, and in one that no branch predictor can learn.

mod ratio;

use std::{fmt::Write as _, hint::black_box};

use criterion::Criterion;
use domain::zonefile::inplace::Zonefile;
use eaves_dns::{NameBuf, zonefile::Scanner};
use ratio::{Contender, Table};

/// Ours takes at most this part of domain's time: 2.8 times its throughput.
const BAR: f64 = 1.0 / 2.8;

/// Records in the text; `EAVES_ZONE_RECORDS` asks for another number.
fn count() -> usize {
    let wanted = std::env::var("EAVES_ZONE_RECORDS").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(500_000)
}

/// A record: hosts, delegations, texts, services, CAA and DS, by `kind`.
fn record(kind: usize, number: usize) -> String {
    match kind {
        0..3 => format!("host{number} IN A 192.0.2.{}", number % 256),
        3 => format!("host{number} 300 IN AAAA 2001:db8::{:x}", number % 65_536),
        4..6 => format!(
            "sub{number} IN NS ns{}.provider{}.net.",
            number % 4,
            number % 97
        ),
        6 => format!("txt{number} IN TXT \"v=spf1 include:_spf.example.com ~all {number}\""),
        7 => format!("_sip._tcp{number} IN SRV 10 20 5060 host{number}"),
        8 => format!("caa{number} IN CAA 0 issue \"letsencrypt.org\""),
        _ => format!("sub{number} IN DS {} 13 2 {number:064x}", number % 65_536),
    }
}

/// Records whose kinds follow `order`.
fn zone_text(count: usize, order: impl Fn(usize) -> usize) -> String {
    let mut text = String::from("$ORIGIN example.com.\n$TTL 3600\n");
    for number in 0..count {
        let written = writeln!(text, "{}", record(order(number) % 10, number));
        debug_assert!(written.is_ok(), "strings take all text");
    }
    text
}

/// A number that looks like chance.
fn scrambled(number: usize) -> usize {
    let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as usize
}

fn scan(text: &[u8], origin: &NameBuf) -> usize {
    let mut scanner = Scanner::new(text, origin);
    let mut records = 0;
    while let Some(entry) = scanner.next_entry() {
        black_box(entry.unwrap());
        records += 1;
    }
    records
}

fn scan_domain(mut zonefile: Zonefile) -> usize {
    let mut records = 0;
    while let Some(entry) = zonefile.next_entry().unwrap() {
        black_box(entry);
        records += 1;
    }
    records
}

/// Nothing is allocated for a record, whatever its type: what is, is so once a scan.
fn assert_no_allocation(origin: &NameBuf) {
    let allocations = |count| {
        let text = zone_text(count, |number| number);
        allocation_counter::measure(|| assert_eq!(scan(text.as_bytes(), origin), count)).count_total
    };
    assert_eq!(allocations(100), allocations(10_000));
}

/// Which record stands where.
type Order = fn(usize) -> usize;

fn main() {
    let mut c = Criterion::default().configure_from_args();
    let mut table = Table::default();
    let origin: NameBuf = "example.com.".parse().unwrap();
    assert_no_allocation(&origin);
    let orders: [(&str, Order); 2] = [
        ("dns/zone/scan", |number| number),
        ("dns/zone/scan-drawn", scrambled),
    ];
    for (name, order) in orders {
        let text = zone_text(count(), order);
        let text = text.as_bytes();
        table.octets(text.len());
        let contenders = vec![
            Contender::new("eaves", || scan(black_box(text), &origin)),
            Contender::prepared("domain", || Zonefile::from(text), scan_domain),
        ];
        table.compare(&mut c, name, BAR, contenders);
    }
    c.final_summary();
    table.print();
}
