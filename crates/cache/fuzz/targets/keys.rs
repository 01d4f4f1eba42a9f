#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| eaves_cache_fuzz::keys(octets));
