//! Finding a type by its mnemonic.

use crate::{rdata::table::types::MNEMONICS, record::Rtype, text::mnemonic};

const SLOTS: usize = 256;

/// Mnemonics of up to eight letters as keys, each in the first free slot from its own on; 0 is free.
static SHORT: [(u64, Rtype); SLOTS] = short();

/// Finds a mnemonic, in any case.
#[inline]
pub(crate) fn by_mnemonic(text: &[u8]) -> Option<Rtype> {
    if text.len() <= 8 {
        return by_key(mnemonic::key(text));
    }
    let is_named = |(name, _): &&(&str, Rtype)| text.eq_ignore_ascii_case(name.as_bytes());
    Some(MNEMONICS.iter().find(is_named)?.1)
}

/// Finds a mnemonic by its key, as [`mnemonic::key`] makes it.
#[inline]
pub(crate) fn by_key(key: u64) -> Option<Rtype> {
    let mut place = slot(key);
    loop {
        match SHORT[place] {
            (0, _) => return None,
            (known, rtype) if known == key => return Some(rtype),
            _ => place = (place + 1) % SLOTS,
        }
    }
}

const fn slot(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}

const fn short() -> [(u64, Rtype); SLOTS] {
    assert!(
        MNEMONICS.len() < SLOTS,
        "a slot is free, so that every search ends"
    );
    let mut slots = [(0, Rtype(0)); SLOTS];
    let mut count = 0;
    while count < MNEMONICS.len() {
        let (name, rtype) = MNEMONICS[count];
        count += 1;
        if name.len() > 8 {
            continue;
        }
        let key = mnemonic::key(name.as_bytes());
        let mut place = slot(key);
        while slots[place].0 != 0 {
            place = (place + 1) % SLOTS;
        }
        slots[place] = (key, rtype);
    }
    slots
}
