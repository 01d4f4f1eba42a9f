//! Values are read as they are printed, whatever layer they stand in.

use std::{fmt::Debug, fs, net::IpAddr, time::Duration};

use eaves_common::{
    config::{Format, Reader, Scalar, Value},
    units::{ByteSize, Ratio},
};
use proptest::prelude::*;

use super::edge::Edge;

fn reads_what_it_prints<T: Scalar + Debug + PartialEq>(value: &T) {
    let text = value.print();
    assert_eq!(T::read(&Value::Plain(&text)).as_ref(), Ok(value), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn scalars_read_what_they_print(
        whole: u64,
        signed: i64,
        float in -1e300..1e300_f64,
        flag: bool,
        text: String,
        address: IpAddr,
        port: u16,
        millis: u32,
        billionths in 0..=1_000_000_000_u32,
    ) {
        reads_what_it_prints(&whole);
        reads_what_it_prints(&signed);
        reads_what_it_prints(&float);
        reads_what_it_prints(&flag);
        reads_what_it_prints(&text);
        reads_what_it_prints(&address);
        reads_what_it_prints(&std::net::SocketAddr::new(address, port));
        reads_what_it_prints(&Duration::from_millis(millis.into()));
        reads_what_it_prints(&ByteSize::from_bytes(whole));
        reads_what_it_prints(&Ratio::from_billionths(billionths));
    }
}

/// What `effective` lists is a whole configuration: as variables it gives the same value.
#[test]
fn effective_values_are_the_configuration() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/config/edge.toml");
    let text = fs::read_to_string(path).unwrap();
    let (text, zones) = text.split_at(text.find("[zones").unwrap()); // names with dots are no variables
    let file = Reader::new()
        .text("edge.toml", Format::Toml, text)
        .read::<Edge>()
        .unwrap();
    let variable = |path: &str| {
        let path = path.replace('[', ".").replace(']', "").replace('.', "__");
        format!("EAVES_{}", path.to_uppercase())
    };
    let variables = file.effective().iter().filter_map(|setting| {
        let value = setting
            .value()?
            .trim_start_matches('[')
            .trim_end_matches(']');
        Some((variable(setting.path()), value.to_owned()))
    });
    let again = Reader::new()
        .env("EAVES_", variables)
        .read::<Edge>()
        .unwrap();
    assert_eq!(again.value(), file.value());
    assert!(zones.contains("example.org"));
}
