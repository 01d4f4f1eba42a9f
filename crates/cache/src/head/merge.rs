//! [`Merge`]: a stored head under the fields of an answer (RFC 9111 section 3.2), without building either's fields.

use http::HeaderMap;

use super::{
    Head,
    compact::Draft,
    line::{Line, Name, lines},
    storable::is_storable,
    table::{self as codes, bit},
};
use crate::policy::Meta;

/// The fields of a stored response, each replaced by those of its name in an answer. Stored Ages go: they are about the
/// answer that brought them. A Content-Length of the answer is not about the stored body.
pub(crate) struct Merge<'a> {
    stored: &'a Head,
    answer: &'a HeaderMap,
    /// The codes of the answer's names, a bit for each.
    replaced: u64,
    others: Others,
}

/// Whether the answer has names that have no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    None,
    Some,
}

impl<'a> Merge<'a> {
    pub(crate) fn new(stored: &'a Head, answer: &'a HeaderMap) -> Self {
        let (mut replaced, mut others) = (bit(codes::AGE), Others::None);
        for line in update(answer) {
            match line.name {
                Name::Known(code) => replaced |= bit(code),
                Name::Other(_) => others = Others::Some,
            }
        }
        Self {
            stored,
            answer,
            replaced,
            others,
        }
    }

    /// Packs the fields that the updated response has, and shows each to `read`. The numbers follow from them.
    pub(crate) fn pack(&self, mut read: impl FnMut(Line<'a>)) -> Merged {
        // Room for the Age and the member of Cache-Status that a response gets, too.
        let mut draft = Draft::new(self.stored.as_bytes().len() + self.answer.len() * 48 + 128);
        let stays = self.stored.lines().filter(|line| self.stays(line.name));
        for line in stays.chain(update(self.answer)) {
            read(line);
            draft.add(line);
        }
        Merged(draft)
    }

    fn stays(&self, name: Name<'_>) -> bool {
        match name {
            Name::Known(code) => self.replaced & bit(code) == 0,
            Name::Other(_) => {
                self.others == Others::None || !update(self.answer).any(|new| new.name == name)
            }
        }
    }
}

/// An updated head that lacks its numbers.
pub(crate) struct Merged(Draft);

impl Merged {
    pub(crate) fn head(self, meta: Meta) -> Head {
        self.0.seal(meta)
    }
}

/// The fields of an answer that replace stored ones.
fn update(answer: &HeaderMap) -> impl Iterator<Item = Line<'_>> {
    lines(answer)
        .filter(|line| line.name != Name::Known(codes::CONTENT_LENGTH) && is_storable(line.name))
}
