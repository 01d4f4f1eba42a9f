//! Units read what they print, agree with well-known crates, and survive any text.

use std::{
    fmt::{Debug, Display},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
    time::Duration,
};

use eaves_common::units::{ByteSize, IpPrefix, Rate, Ratio, TimeSpan, UnitError};
use proptest::prelude::*;

fn reads_what_it_prints<T>(value: T)
where
    T: FromStr<Err = UnitError> + Display + Debug + PartialEq,
{
    let text = value.to_string();
    assert_eq!(text.parse().as_ref(), Ok(&value), "{text}");
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (any::<u64>(), 0..1_000_000_000_u32).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
        (0..10_000_000_u64).prop_map(Duration::from_millis),
        Just(Duration::MAX),
    ]
}

fn bytes() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64_u32).prop_map(|(n, shift)| n >> shift << (shift / 2))
}

fn ip() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).into()),
        any::<u128>().prop_map(|bits| Ipv6Addr::from_bits(bits).into()),
        any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).to_ipv6_mapped().into()),
    ]
}

fn rate() -> impl Strategy<Value = Rate> {
    let nanos = 1..=u128::from(u64::MAX);
    (1..=u64::MAX, nanos, 1..=u64::MAX).prop_map(|(count, nanos, burst)| {
        let period = Duration::from_nanos(u64::try_from(nanos).unwrap());
        Rate::per(count, period).unwrap().with_burst(burst).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn sizes_read_what_they_print(bytes in bytes()) {
        reads_what_it_prints(ByteSize::from_bytes(bytes));
    }

    #[test]
    fn spans_read_what_they_print(duration in duration()) {
        reads_what_it_prints(TimeSpan::new(duration));
    }

    #[test]
    fn ratios_read_what_they_print(billionths in 0..=1_000_000_000_u32) {
        reads_what_it_prints(Ratio::from_billionths(billionths));
    }

    #[test]
    fn rates_read_what_they_print(rate in rate()) {
        reads_what_it_prints(rate);
    }

    #[test]
    fn prefixes_read_what_they_print(addr in ip(), len in 0..=128_u8) {
        if let Ok(prefix) = IpPrefix::of(addr, len) {
            reads_what_it_prints(prefix);
        }
        reads_what_it_prints(IpPrefix::from(addr));
    }

    #[test]
    fn a_prefix_contains_its_ends_and_the_address_it_was_made_of(addr in ip(), v4 in 0..=40_u8, v6 in 0..=140_u8) {
        let prefix = IpPrefix::aggregate(addr, v4, v6);
        prop_assert!(prefix.contains(addr));
        prop_assert!(prefix.contains(prefix.network()) && prefix.contains(prefix.last()));
        prop_assert_eq!(IpPrefix::aggregate(prefix.last(), v4, v6), prefix);
    }

    #[test]
    fn spans_agree_with_humantime(duration in duration()) {
        prop_assert_eq!(humantime::parse_duration(&TimeSpan::new(duration).to_string()), Ok(duration));
    }

    #[test]
    fn sizes_agree_with_bytesize_where_floats_are_exact(n in 0..1_000_u64, unit in prop::sample::select(vec![
        "B", "KiB", "MiB", "GiB", "TiB", "kB", "MB", "GB", "TB",
    ])) {
        let text = format!("{n}{unit}");
        let theirs: bytesize::ByteSize = text.parse().unwrap();
        prop_assert_eq!(text.parse(), Ok(ByteSize::from_bytes(theirs.as_u64())));
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_inside_it(text in "[ -~µ]{0,40}|[0-9./%a-zB]{0,24}( burst [0-9]{0,3})?") {
        let places = [
            text.parse::<ByteSize>().err(),
            text.parse::<TimeSpan>().err(),
            text.parse::<Ratio>().err(),
            text.parse::<Rate>().err(),
            text.parse::<IpPrefix>().err(),
        ];
        for error in places.into_iter().flatten() {
            prop_assert!(text.is_char_boundary(error.at()), "{:?}: {error:?}", text);
        }
    }
}

#[test]
fn a_unit_error_is_an_invalid_input_with_its_cause() {
    let error: eaves_common::Error = "5".parse::<Ratio>().unwrap_err().into();
    assert_eq!(error.kind(), eaves_common::ErrorKind::Invalid);
    assert_eq!(
        error.chain().to_string(),
        "not a quantity: 5 is out of range, use 0% to 100%"
    );
}

#[cfg(feature = "serde")]
mod through_serde {
    use serde::{Deserialize, de::Visitor};

    use super::*;

    #[test]
    fn units_are_text_in_json() {
        let rate: Rate = "100/1m burst 20".parse().unwrap();
        assert_eq!(serde_json::to_string(&rate).unwrap(), "\"100/1m burst 20\"");
        assert_eq!(
            serde_json::from_str::<Rate>("\"100/1m burst 20\"").unwrap(),
            rate
        );
        let size: ByteSize = serde_json::from_str("\"64MiB\"").unwrap();
        assert_eq!(serde_json::to_string(&size).unwrap(), "\"64MiB\"");
        assert_eq!(
            serde_json::from_str::<ByteSize>("1024").unwrap(),
            ByteSize::from_kib(1)
        );
        assert!(serde_json::from_str::<ByteSize>("-1").is_err());
    }

    /// A format that cannot say what comes next, as compact binary ones cannot.
    struct Binary<'a>(&'a str);

    impl<'de> serde::Deserializer<'de> for Binary<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom("it does not say what it holds"))
        }

        fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            visitor.visit_str(self.0)
        }

        fn is_human_readable(&self) -> bool {
            false
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
        }
    }

    #[test]
    fn units_are_read_from_formats_that_do_not_describe_themselves() {
        let size = ByteSize::deserialize(Binary("64MiB"));
        assert_eq!(size, Ok(ByteSize::from_mib(64)));
        let ratio = Ratio::deserialize(Binary("5%"));
        assert_eq!(ratio, Ok(Ratio::from_percent(5)));
    }

    #[test]
    fn a_mistake_reaches_the_reader_through_serde() {
        let error = serde_json::from_str::<TimeSpan>("\"5min\"").unwrap_err();
        let expected =
            "`min` is not a unit of time, use d, h, m, s, ms, us or ns at line 1 column 6";
        assert_eq!(error.to_string(), expected);
    }
}
