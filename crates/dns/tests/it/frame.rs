//! Stream framing.

use eaves_dns::frame::{StreamDecoder, check_quic, frame, from_get, to_get};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn messages_come_out_however_the_stream_is_cut(
        messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..6),
        step in 1_usize..50,
    ) {
        let mut stream = Vec::new();
        for message in &messages {
            stream.extend_from_slice(&frame(message).unwrap());
            stream.extend_from_slice(message);
        }
        let mut decoder = StreamDecoder::new();
        let mut out = Vec::new();
        for chunk in stream.chunks(step) {
            decoder.feed(chunk);
            while let Some(message) = decoder.next_message() {
                out.push(message.to_vec());
            }
        }
        prop_assert_eq!(out, messages);
        prop_assert_eq!(decoder.pending(), 0);
    }
}

#[test]
fn a_claimed_length_makes_no_room() {
    let mut decoder = StreamDecoder::new();
    decoder.feed(b"\xff\xff");
    assert_eq!(decoder.next_message(), None);
    assert_eq!((decoder.pending(), decoder.wanted()), (2, 65535));
    assert!(frame(&[0; 65536]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn base64url_reads_back(message in proptest::collection::vec(any::<u8>(), 0..100)) {
        let text = to_get(&message);
        prop_assert!(!text.contains('='));
        prop_assert_eq!(from_get(&text).unwrap(), message);
    }
}

#[test]
fn rfc_8484_section_4_1_1_reads_as_it_says() {
    let message = from_get("AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB").unwrap();
    let view = eaves_dns::View::parse(&message).unwrap();
    assert_eq!(
        view.question().unwrap().unwrap().to_string(),
        "www.example.com. IN A"
    );
    assert_eq!(check_quic(&message), Ok(()));
    for bad in ["A", "AA==", "AB", "a b", &"A".repeat(90_000)] {
        assert!(from_get(bad).is_err());
    }
}
