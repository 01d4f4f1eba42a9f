//! Finding a type by its mnemonic.

use crate::{rdata::table::types::MNEMONICS, record::Rtype};

const COUNT: usize = MNEMONICS.len();

/// Mnemonics as numbers, in order.
static SORTED: [(u128, Rtype); COUNT] = sorted();

/// Finds a mnemonic, in any case.
#[inline]
pub(crate) fn by_mnemonic(text: &[u8]) -> Option<Rtype> {
    let wanted = pack(text)?;
    let place = SORTED
        .binary_search_by(|(known, _)| known.cmp(&wanted))
        .ok()?;
    Some(SORTED[place].1)
}

/// Packs up to sixteen octets into a number, in upper case.
#[inline]
const fn pack(text: &[u8]) -> Option<u128> {
    if text.len() > 16 {
        return None;
    }
    let mut packed = 0;
    let mut at = 0;
    while at < text.len() {
        packed = packed << 8 | text[at].to_ascii_uppercase() as u128;
        at += 1;
    }
    Some(packed)
}

const fn sorted() -> [(u128, Rtype); COUNT] {
    let mut sorted = [(0, Rtype(0)); COUNT];
    let mut count = 0;
    while count < COUNT {
        let Some(packed) = pack(MNEMONICS[count].0.as_bytes()) else {
            panic!("a mnemonic has up to 16 letters");
        };
        let mut place = count;
        while place > 0 && sorted[place - 1].0 > packed {
            sorted[place] = sorted[place - 1];
            place -= 1;
        }
        sorted[place] = (packed, MNEMONICS[count].1);
        count += 1;
    }
    sorted
}
