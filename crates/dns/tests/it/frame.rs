//! Stream framing.

use eaves_dns::frame::{StreamDecoder, frame};
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
