//! [`Merge`]: a stored head under the fields of an answer (RFC 9111 section 3.2), without building either's fields.

use http::HeaderMap;

use super::{
    Head,
    compact::Draft,
    line::{Line, Name, lines},
    storable::{is_storable, lists_fields},
    table::{self as codes, Code, bit},
};
use crate::policy::Meta;

/// The fields of a stored response, each replaced by those of its name in an answer. Stored Ages go: they are about the
/// answer that brought them. A Content-Length of the answer is not about the stored body.
pub(crate) struct Merge<'a> {
    draft: Draft,
    /// The entity tags of both, where the answer has one.
    pub(crate) tags: Validators<'a>,
    /// The times of modification of both, where the answer has one.
    pub(crate) modified: Validators<'a>,
    /// The codes of names that the stored fields are replaced of, a bit for each.
    replaced: u64,
    others: Others,
    lists_fields: bool,
}

/// The first value of a validator in an answer, and the stored one that it replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Validators<'a> {
    pub(crate) new: Option<&'a [u8]>,
    pub(crate) old: Option<&'a [u8]>,
}

/// Whether the answer has names that have no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    None,
    Some,
}

impl<'a> Merge<'a> {
    /// Packs the fields that the updated response has, those of the answer first, and shows each to `read`. The numbers
    /// follow from them.
    pub(crate) fn pack(
        stored: &'a Head,
        answer: &'a HeaderMap,
        mut read: impl FnMut(Line<'a>),
    ) -> Self {
        // Room for the Age and the member of Cache-Status that a response gets, too.
        let room = stored.as_bytes().len() + answer.len() * Draft::FIELD + 128;
        let mut merge = Self {
            draft: Draft::new(room),
            tags: Validators::default(),
            modified: Validators::default(),
            replaced: bit(codes::AGE),
            others: Others::None,
            lists_fields: false,
        };
        for line in lines(answer) {
            if merge.update(line) {
                read(line);
            }
        }
        merge.keep(stored, answer, read);
        merge
    }

    /// Adds a field of the answer; says whether it is one to keep.
    fn update(&mut self, line: Line<'a>) -> bool {
        match line.name {
            Name::Known(codes::CONTENT_LENGTH) => return false,
            Name::Known(code) => {
                self.replaced |= bit(code);
                if let Some(validators) = self.validators(code) {
                    validators.new.get_or_insert(line.value);
                }
            }
            Name::Other(_) if !is_storable(line.name) => {
                self.lists_fields |= lists_fields(line);
                return false;
            }
            Name::Other(_) => self.others = Others::Some,
        }
        self.draft.add(line);
        true
    }

    /// Adds the stored fields that stay: neighbours in one copy.
    fn keep(&mut self, stored: &'a Head, answer: &HeaderMap, mut read: impl FnMut(Line<'a>)) {
        let bytes = stored.as_bytes();
        let mut fields = stored.fields();
        let (mut start, mut count) = (fields.at(), 0);
        loop {
            let end = fields.at();
            let Ok(Some(field)) = fields.next_field() else {
                return self.draft.add_packed(&bytes[start..end], count);
            };
            if self.stays(field.name, answer) {
                count += 1;
                read(field.line(bytes));
                continue;
            }
            self.leave(field.line(bytes));
            self.draft.add_packed(&bytes[start..end], count);
            (start, count) = (fields.at(), 0);
        }
    }

    /// Notes a stored field that does not stay.
    fn leave(&mut self, line: Line<'a>) {
        let Name::Known(code) = line.name else {
            return;
        };
        if let Some(validators) = self.validators(code) {
            validators.old.get_or_insert(line.value);
        }
    }

    fn validators(&mut self, code: Code) -> Option<&mut Validators<'a>> {
        match code {
            codes::ETAG => Some(&mut self.tags),
            codes::LAST_MODIFIED => Some(&mut self.modified),
            _ => None,
        }
    }

    fn stays(&self, name: Name<'_>, answer: &HeaderMap) -> bool {
        match name {
            Name::Known(code) => self.replaced & bit(code) == 0,
            // By the map's own table: an origin may send many names, and has sent many.
            Name::Other(text) => {
                self.others == Others::None
                    || !is_storable(name)
                    || !str::from_utf8(text).is_ok_and(|text| answer.contains_key(text))
            }
        }
    }

    /// Says whether the answer has a Connection that lists other fields, which must not be kept.
    pub(crate) fn lists_fields(&self) -> bool {
        self.lists_fields
    }

    /// The updated head with its numbers.
    pub(crate) fn head(self, meta: Meta) -> Head {
        self.draft.seal(meta)
    }
}
