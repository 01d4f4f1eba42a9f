//! IP addresses, read without going through `str`.

use core::net::Ipv6Addr;

use crate::text::{
    Lexer, Token,
    block::{self, Block},
};

impl<'t> Lexer<'t> {
    /// Reads a token as an IPv4 address.
    #[inline]
    pub(crate) fn ipv4(&self, token: &Token<'t>) -> Option<[u8; 4]> {
        ipv4(&self.block(token), token.text.len())
    }

    /// Reads a token as an IPv6 address.
    #[inline]
    pub(crate) fn ipv6(&self, token: &Token<'t>) -> Option<[u8; 16]> {
        ipv6(token.text)
    }
}

/// Reads four decimal numbers without leading zeros from the first `len` octets of a block: each from
/// its last digit back, with weights by how many digits there are, so that nothing depends on their
/// number but the arithmetic.
#[inline]
fn ipv4(block: &Block, len: usize) -> Option<[u8; 4]> {
    const TENS: [u32; 4] = [0, 0, 10, 10];
    const HUNDREDS: [u32; 4] = [0, 0, 0, 100];

    if len > 15 {
        return None;
    }
    let all = (1_u32 << len) - 1;
    let (digits, dots) = block::digits_and_dots(block);
    let mut dots = dots & all;
    if (digits | dots) & all != all || dots.count_ones() != 3 {
        return None;
    }
    dots |= 1 << len;
    let mut octets = [0; 4];
    let mut start = 0;
    for octet in &mut octets {
        let end = dots.trailing_zeros() as usize;
        dots &= dots - 1;
        let width = end - start;
        if !(1..=3).contains(&width) {
            return None;
        }
        let digit = |back: usize| u32::from(block[end.wrapping_sub(back) % block::LEN] & 15);
        let value = digit(1) + TENS[width] * digit(2) + HUNDREDS[width] * digit(3);
        if value > 255 || (width > 1 && digit(width) == 0) {
            return None;
        }
        *octet = value as u8;
        start = end + 1;
    }
    Some(octets)
}

/// Reads groups of hexadecimal digits, `::` for a run of zeros, and perhaps an IPv4 address at the
/// end (RFC 4291 section 2.2).
#[inline]
fn ipv6(text: &[u8]) -> Option<[u8; 16]> {
    groups(text).or_else(|| {
        let text = core::str::from_utf8(text).ok()?;
        text.parse().ok().map(|address: Ipv6Addr| address.octets())
    })
}

/// Reads an address without an IPv4 address in it.
#[inline]
fn groups(text: &[u8]) -> Option<[u8; 16]> {
    let mut groups = [0_u16; 8];
    let (mut count, mut value, mut digits, mut gap) = (0, 0_u32, 0, None);
    let mut rest = text;
    if let [b':', b':', behind @ ..] = text {
        (rest, gap) = (behind, Some(0));
    }
    while let [byte, behind @ ..] = rest {
        rest = behind;
        if *byte != b':' {
            value = value << 4 | u32::from(super::radix::hex_digit(*byte)?);
            digits += 1;
            if digits > 4 {
                return None;
            }
            continue;
        }
        if digits == 0 || rest.is_empty() || count == 7 {
            return None;
        }
        groups[count] = value as u16;
        (count, value, digits) = (count + 1, 0, 0);
        if let [b':', behind @ ..] = rest {
            if gap.is_some() {
                return None;
            }
            (rest, gap) = (behind, Some(count));
        }
    }
    if digits > 0 {
        *groups.get_mut(count)? = value as u16;
        count += 1;
    }
    match gap {
        Some(gap) if count < 8 => {
            groups[gap..].rotate_right(8 - count);
        }
        None if count == 8 => {}
        _ => return None,
    }
    let mut octets = [0; 16];
    for (pair, group) in octets.as_chunks_mut::<2>().0.iter_mut().zip(groups) {
        *pair = group.to_be_bytes();
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn four(text: &str) -> Option<[u8; 4]> {
        let mut block = [b'7'; block::LEN];
        let len = text.len().min(block::LEN);
        block[..len].copy_from_slice(&text.as_bytes()[..len]);
        ipv4(&block, text.len())
    }

    proptest! {
        #[test]
        fn addresses_are_read_as_the_standard_library_does(
            text in r"[0-9]{1,4}(\.[0-9]{0,3}){2,4}|[0-9.]{0,16}|([0-9/:.]|[0-9]){7,15}",
            six in r"[0-9a-fA-F]{0,4}(::?[0-9a-f]{1,4}){0,8}(::?)?|[0-9a-f:.]{0,20}|::ffff:[0-9.]{7}",
        ) {
            prop_assert_eq!(four(&text), text.parse().ok().map(|four: Ipv4Addr| four.octets()));
            let wanted = six.parse().ok().map(|six: Ipv6Addr| six.octets());
            prop_assert_eq!(ipv6(six.as_bytes()), wanted);
            // The fast way alone takes nothing that the standard library does not.
            prop_assert!(groups(six.as_bytes()).is_none_or(|read| Some(read) == wanted));
        }

        #[test]
        fn every_address_is_read(octets: [u8; 16], zeros in 0..16_usize, len in 0..16_usize) {
            let mut octets = octets;
            octets[zeros..(zeros + len).min(16)].fill(0);
            let text = Ipv6Addr::from(octets).to_string();
            prop_assert_eq!(ipv6(text.as_bytes()), Some(octets));
            if !text.contains('.') {
                prop_assert_eq!(groups(text.as_bytes()), Some(octets));
            }
            let first: [u8; 4] = *octets.first_chunk().unwrap();
            prop_assert_eq!(four(&Ipv4Addr::from(first).to_string()), Some(first));
        }
    }
}
