#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| eaves_dns_fuzz::query(octets));
