//! Finding the octets of presentation format that mean something, sixteen at a time.
//!
//! Each function returns a mask with bit `n` set where octet `n` is of the class asked for.

use wide::u8x16;

/// Octets looked at together.
pub(crate) type Block = [u8; LEN];

/// How many octets a block has.
pub(crate) const LEN: usize = 16;

/// Marks what may end a word: blanks, `"`, `(`, `)`, `;` and `\`; also control octets and `!`, which do
/// not, so that two comparisons are spared.
#[inline]
pub(crate) fn word_ends(block: &Block) -> u32 {
    ends(load(block))
}

/// Marks what may end a word, and dots.
#[inline]
pub(crate) fn word_ends_and_dots(block: &Block) -> (u32, u32) {
    let octets = load(block);
    (ends(octets), mask(octets.cmp_eq(every(b'.'))))
}

/// Marks what may end a quoted string: `"`, `\` and line ends.
#[inline]
pub(crate) fn string_ends(block: &Block) -> u32 {
    let octets = load(block);
    let quote = octets.cmp_eq(every(b'"'));
    mask(quote | octets.cmp_eq(every(b'\\')) | octets.cmp_eq(every(b'\n')))
}

/// Marks decimal digits, and dots.
#[inline]
pub(crate) fn digits_and_dots(block: &Block) -> (u32, u32) {
    let octets = load(block);
    let value = octets - every(b'0');
    let digits = value.min(every(9)).cmp_eq(value);
    (mask(digits), mask(octets.cmp_eq(every(b'.'))))
}

#[inline]
fn ends(octets: u8x16) -> u32 {
    let low = octets.min(every(b'"')).cmp_eq(octets);
    let parenthesis = (octets & every(!1)).cmp_eq(every(b'('));
    let comment = octets.cmp_eq(every(b';'));
    mask(low | parenthesis | comment | octets.cmp_eq(every(b'\\')))
}

#[inline]
fn load(block: &Block) -> u8x16 {
    u8x16::new(*block)
}

#[inline]
fn every(octet: u8) -> u8x16 {
    u8x16::splat(octet)
}

#[inline]
fn mask(lanes: u8x16) -> u32 {
    lanes.move_mask() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each octet in each place, among others.
    fn blocks() -> impl Iterator<Item = Block> {
        (0..=255_u8).flat_map(|octet| {
            (0..LEN).flat_map(move |place| {
                [b'a', 0x80, b' ', b'!', octet ^ 1].map(|other| {
                    let mut block = [other; LEN];
                    block[place] = octet;
                    block
                })
            })
        })
    }

    fn expected(block: &Block, is_of: impl Fn(u8) -> bool) -> u32 {
        let marked = block.iter().enumerate().filter(|(_, octet)| is_of(**octet));
        marked.map(|(place, _)| 1 << place).sum()
    }

    #[test]
    fn masks_mark_their_class_and_nothing_else() {
        for block in blocks() {
            let ends = expected(&block, |octet| octet <= b'"' || b"();\\".contains(&octet));
            let dots = expected(&block, |octet| octet == b'.');
            assert_eq!(word_ends(&block), ends);
            assert_eq!(word_ends_and_dots(&block), (ends, dots));
            let digits = expected(&block, |octet| octet.is_ascii_digit());
            assert_eq!(digits_and_dots(&block), (digits, dots));
            let strings = expected(&block, |octet| b"\"\\\n".contains(&octet));
            assert_eq!(string_ends(&block), strings);
        }
    }
}
