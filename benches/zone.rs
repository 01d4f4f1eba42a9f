//! Scanning a zone file of mixed records beside domain's scanner, over the same text.

use std::{fmt::Write as _, hint::black_box};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use domain::zonefile::inplace::Zonefile;
use eaves_dns::{NameBuf, zonefile::Scanner};

/// Records in the text; `EAVES_ZONE_RECORDS` asks for another number.
fn count() -> usize {
    let wanted = std::env::var("EAVES_ZONE_RECORDS").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(500_000)
}

/// Hosts, delegations, texts, services, CAA and DS.
fn zone_text(count: usize) -> String {
    let mut text = String::from("$ORIGIN example.com.\n$TTL 3600\n");
    for number in 0..count {
        let record = match number % 10 {
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
            _ => format!("sub{number} IN DS {} 13 2 {:064x}", number % 65_536, number),
        };
        let written = writeln!(text, "{record}");
        debug_assert!(written.is_ok(), "strings take all text");
    }
    text
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

fn bench_scan(c: &mut Criterion) {
    let count = count();
    let text = zone_text(count);
    let origin: NameBuf = "example.com.".parse().unwrap();
    assert_eq!(scan(text.as_bytes(), &origin), count);
    let mut group = c.benchmark_group("dns/zone/scan");
    group
        .sample_size(10)
        .throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("eaves", |b| {
        b.iter(|| scan(black_box(text.as_bytes()), &origin))
    });
    group.bench_function("domain", |b| {
        b.iter_batched(
            || Zonefile::from(text.as_bytes()),
            scan_domain,
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, bench_scan);
criterion_main!(benches);
