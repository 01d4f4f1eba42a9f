//! Tags of keys (RFC 4034 appendix B).

use crate::rdata::{Cdnskey, Dnskey, Key};

/// Gives the types of keys their tag.
macro_rules! tags {
    ($($key:ident)*) => {$(
        impl $key<'_> {
            /// Returns the tag by which DS, RRSIG and SIG name the key (RFC 4034 appendix B); several keys
            /// may have the same.
            #[must_use]
            pub fn key_tag(&self) -> u16 {
                tag(self.flags, [self.protocol, self.algorithm], self.public_key)
            }
        }
    )*};
}

tags! { Dnskey Cdnskey Key }

/// The algorithm whose tags are part of the modulus (appendix B.1).
const RSA_MD5: u8 = 1;

fn tag(flags: u16, [protocol, algorithm]: [u8; 2], key: &[u8]) -> u16 {
    if algorithm == RSA_MD5 {
        return match key {
            [.., high, low, _] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        };
    }
    // The key begins at an even octet of the rdata; of half a word the low octet is 0.
    let (words, last) = key.as_chunks::<2>();
    let head = u32::from(flags) + u32::from(u16::from_be_bytes([protocol, algorithm]));
    let sum = words
        .iter()
        .fold(head, |sum, word| sum + u32::from(u16::from_be_bytes(*word)));
    let sum = last
        .iter()
        .fold(sum, |sum, octet| sum + (u32::from(*octet) << 8));
    (sum + (sum >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use crate::{Rdata, RdataBuf, Rtype};

    fn tag(text: &str) -> u16 {
        let rdata = RdataBuf::parse(Rtype::DNSKEY, text).unwrap();
        match rdata.view().unwrap() {
            Rdata::Dnskey(key) => key.key_tag(),
            other => panic!("{other:?}"),
        }
    }

    /// The keys of RFC 4034 section 5.4, RFC 6605 section 6.1 and RFC 8080 section 6.1, and one of MD5.
    #[test]
    fn tags_are_those_of_the_rfcs() {
        let table = [
            (
                "256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvx\
                 egXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==",
                60485,
            ),
            (
                "257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
                55648,
            ),
            (
                "257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
                3613,
            ),
            ("256 3 1 AQIDBAUG", 0x0405),
        ];
        for (text, expected) in table {
            assert_eq!(tag(text), expected, "{text}");
        }
    }
}
