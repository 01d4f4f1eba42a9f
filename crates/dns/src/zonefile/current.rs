//! Reading one record, with what it leaves out taken from those before.

use crate::{
    error::TextError,
    name::Name,
    rdata::{Format, parse_rdata, table},
    record::{Class, Rtype, Ttl},
    text::{Lexer, Token, mnemonic},
    zonefile::Scanned,
};

/// The record read last, in buffers that are used again, and what the next may leave out.
#[derive(Debug, Default)]
pub(super) struct Current {
    /// Uncompressed wire form; empty until an owner was read.
    owner: Vec<u8>,
    rdata: Vec<u8>,
    /// The type, once it was read.
    rtype: Option<Rtype>,
    class: Class,
    ttl: Option<Ttl>,
    /// The TTL of `$TTL`.
    pub(super) default_ttl: Option<Ttl>,
}

/// What stands between owner and rdata.
pub(super) struct Head {
    class: Option<Class>,
    ttl: Option<Ttl>,
    rtype: Rtype,
}

impl Current {
    /// Reads an entry to its end, which is not consumed; says whether there was a record.
    #[inline]
    pub(super) fn read(&mut self, tokens: &mut Lexer<'_>) -> Result<bool, TextError> {
        self.rtype = None;
        let start = if tokens.is_at_token() {
            let start = tokens.position();
            self.owner.clear();
            tokens.name("owner", &mut self.owner)?;
            start
        } else {
            match self.begin_oddly(tokens)? {
                Some(start) => start,
                None => return Ok(false),
            }
        };
        let head = Head::read(tokens)?;
        self.rtype = Some(head.rtype);
        self.rdata.clear();
        let class = head.class.unwrap_or(self.class);
        let known = Format::of(class, head.rtype).spec(head.rtype);
        parse_rdata(known, tokens, &mut self.rdata)?;
        self.ttl = Some(self.ttl_of(&head, start)?);
        self.class = class;
        Ok(true)
    }

    /// Begins an entry that does not start with its owner, and returns the offset of its first token.
    fn begin_oddly(&mut self, tokens: &mut Lexer<'_>) -> Result<Option<usize>, TextError> {
        let is_indented = matches!(tokens.peek_byte(), Some(b' ' | b'\t'));
        if tokens.begin()?.is_none() {
            return Ok(None);
        }
        let start = tokens.position();
        if !is_indented {
            self.owner.clear();
            tokens.name("owner", &mut self.owner)?;
        } else if self.owner.is_empty() {
            return Err(TextError::invalid(start, "no owner to repeat"));
        }
        Ok(Some(start))
    }

    /// Returns the record read last.
    #[inline]
    pub(super) fn scanned(&self, line: usize) -> Scanned<'_> {
        Scanned {
            owner: self.owner().unwrap_or(Name::ROOT),
            class: self.class,
            ttl: self.ttl.unwrap_or_default(),
            rtype: self.rtype.unwrap_or(Rtype(0)),
            rdata: &self.rdata,
            line,
        }
    }

    /// Returns the owner, once there was one.
    #[inline]
    pub(super) fn owner(&self) -> Option<&Name> {
        (!self.owner.is_empty()).then(|| Name::cast(&self.owner))
    }

    /// Returns the type of the entry being read, once it was read.
    pub(super) fn rtype(&self) -> Option<Rtype> {
        self.rtype
    }

    /// Exchanges the owner that an entry without one repeats.
    pub(super) fn swap_owner(&mut self, owner: &mut Vec<u8>) {
        core::mem::swap(&mut self.owner, owner);
    }

    /// Starts an entry that has no type.
    pub(super) fn forget_type(&mut self) {
        self.rtype = None;
    }

    /// Starts with the TTLs and the class reached here.
    pub(super) fn inherited(&self) -> Self {
        Self {
            class: self.class,
            ttl: self.ttl,
            default_ttl: self.default_ttl,
            ..Self::default()
        }
    }

    /// The entry's own TTL, else that of `$TTL`, else that of the record before, else an SOA's
    /// minimum (RFC 2308 section 4).
    #[inline]
    fn ttl_of(&self, head: &Head, at: usize) -> Result<Ttl, TextError> {
        let known = head.ttl.or(self.default_ttl).or(self.ttl);
        if let Some(ttl) = known {
            return Ok(ttl);
        }
        match self.rdata.last_chunk() {
            Some(minimum) if head.rtype == Rtype::SOA => {
                Ok(Ttl::from_secs(u32::from_be_bytes(*minimum)))
            }
            _ => Err(TextError::invalid(at, "no TTL here, in $TTL or before")),
        }
    }
}

impl Head {
    /// Reads TTL and class, in any order, and the type.
    #[inline]
    pub(super) fn read(tokens: &mut Lexer<'_>) -> Result<Self, TextError> {
        const IN: u64 = mnemonic::key(b"IN");

        let (mut class, mut ttl) = (None, None);
        loop {
            let (token, key) = tokens.require_key("record type")?;
            if key == IN && class.is_none() {
                class = Some(Class::IN);
                continue;
            }
            if let Some(rtype) = table::by_key(key) {
                return Ok(Self { class, ttl, rtype });
            }
            if ttl.is_none() && token.text.first().is_some_and(u8::is_ascii_digit) {
                let read = Ttl::from_token(token.text);
                ttl = Some(read.ok_or_else(|| token.invalid("not a TTL"))?);
                continue;
            }
            class = match (class, Class::from_token(token.text)) {
                (None, Some(read)) => Some(read),
                _ => {
                    let rtype = rare_type(&token)?;
                    return Ok(Self { class, ttl, rtype });
                }
            };
        }
    }
}

/// Reads a type that has a long mnemonic or none.
#[cold]
fn rare_type(token: &Token<'_>) -> Result<Rtype, TextError> {
    Rtype::from_token(token.text).ok_or_else(|| token.invalid("unknown record type"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdata::table::SAMPLES;

    /// How often reading a record so many times allocates.
    fn allocations(record: &str, count: usize) -> u64 {
        let text = record.repeat(count);
        let info = allocation_counter::measure(|| {
            let mut scanner = crate::zonefile::Scanner::new(text.as_bytes(), Name::ROOT);
            let mut records = 0;
            while let Some(entry) = scanner.next_entry() {
                entry.unwrap();
                records += 1;
            }
            assert_eq!(records, count, "{record}");
        });
        info.count_total
    }

    #[test]
    fn no_type_allocates_per_record() {
        let odd = [
            (Rtype::MX, "\\# 8 000a046d61696c00"),
            (Rtype::NSAP, "0x47.0005.80"),
            (Rtype::HTTPS, "1 . port=443 alpn=h2,h3 mandatory=port,alpn"),
            (Rtype::SVCB, r#"1 . alpn="f\\\\oo\\,bar,h2" key99="a\032b""#),
            (
                Rtype::SVCB,
                "1 . docpath=a,b ech=AAAA key7=x ipv6hint=::1,::2",
            ),
        ];
        for (rtype, text) in SAMPLES.iter().chain(&odd) {
            let record = format!("a-name.example. 60 IN {rtype} {text}\n");
            let (few, many) = (allocations(&record, 5), allocations(&record, 50));
            assert_eq!(few, many, "{record}");
        }
    }
}
