//! Reading entries one after another.

use crate::{
    error::TextError,
    name::{Name, NameBuf},
    rdata::{Format, parse_rdata},
    record::{Class, Rtype, Ttl},
    text::{Lexer, Token},
    zonefile::{ZonefileError, generate::Generate},
};

/// Reads the entries of a zone file. Its buffers are reused, so that no entry costs an
/// allocation; after an error it goes on with the next line.
///
/// ```
/// use eaves_dns::{NameBuf, zonefile::{Entry, Scanner}};
///
/// let origin: NameBuf = "example.".parse()?;
/// let mut scanner = Scanner::new(b"$TTL 1h\nwww IN A 192.0.2.1\n", &origin);
/// let Some(Ok(Entry::Record(record))) = scanner.next_entry() else { unreachable!() };
/// assert_eq!(record.owner.to_string(), "www.example.");
/// assert_eq!(record.ttl.as_secs(), 3600);
/// assert!(scanner.next_entry().is_none());
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Debug)]
pub struct Scanner<'t> {
    text: &'t [u8],
    file: &'t str,
    pos: usize,
    origin: NameBuf,
    class: Class,
    default_ttl: Option<Ttl>,
    last_ttl: Option<Ttl>,
    owner: [u8; 255],
    owner_len: usize,
    rdata: Vec<u8>,
    /// The line of `pos`, from 1.
    line: usize,
    /// The `$GENERATE` being worked off, and the line it makes.
    generate: Option<Generate<'t>>,
    made: Vec<u8>,
}

/// What a zone file holds.
///
/// ```
/// use eaves_dns::{Name, zonefile::{Entry, Scanner}};
///
/// let mut scanner = Scanner::new(b"$INCLUDE hosts.zone lan.example.\n", Name::ROOT);
/// let Some(Ok(Entry::Include { file, origin, .. })) = scanner.next_entry() else { unreachable!() };
/// assert_eq!((file.as_str(), origin.to_string().as_str()), ("hosts.zone", "lan.example."));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry<'s> {
    /// A record.
    Record(Scanned<'s>),
    /// Another file to be read here, as if its records stood in this one.
    Include {
        /// The file's name as it stands.
        file: String,
        /// The origin to read it with.
        origin: NameBuf,
        /// Line, from 1.
        line: usize,
    },
}

/// A record of a zone file; it lives until the next entry is read.
///
/// ```
/// use eaves_dns::{Name, Rtype, zonefile::{Entry, Scanner}};
///
/// let mut scanner = Scanner::new(b"a. 5 MX 10 b.", Name::ROOT);
/// let Some(Ok(Entry::Record(record))) = scanner.next_entry() else { unreachable!() };
/// assert_eq!((record.rtype, record.rdata), (Rtype::MX, b"\0\x0a\x01b\0".as_slice()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned<'s> {
    /// The owner.
    pub owner: &'s Name,
    /// The class.
    pub class: Class,
    /// The time to live.
    pub ttl: Ttl,
    /// The type.
    pub rtype: Rtype,
    /// The rdata in uncompressed wire form.
    pub rdata: &'s [u8],
    /// Line of the entry in the text, from 1.
    pub line: usize,
}

/// What stands before the rdata.
struct Prefix {
    class: Class,
    ttl: Option<Ttl>,
    rtype: Rtype,
}

/// What is wrong, and the type if it was read.
type Failure = (TextError, Option<Rtype>);

enum Line {
    Blank,
    Record(Prefix, Ttl),
    Include(String, NameBuf),
}

impl<'t> Scanner<'t> {
    /// Reads `text`, relative to `origin`.
    #[must_use]
    pub fn new(text: &'t [u8], origin: &Name) -> Self {
        Self {
            text,
            file: "",
            pos: 0,
            origin: origin.to_owned(),
            class: Class::IN,
            default_ttl: None,
            last_ttl: None,
            owner: [0; 255],
            owner_len: 0,
            rdata: Vec::new(),
            line: 1,
            generate: None,
            made: Vec::new(),
        }
    }

    /// Sets the file's name, for errors.
    #[must_use]
    pub fn file(mut self, file: &'t str) -> Self {
        self.file = file;
        self
    }

    /// Sets the TTL of records without one, as `$TTL` does.
    #[must_use]
    pub fn default_ttl(mut self, ttl: Ttl) -> Self {
        self.default_ttl = Some(ttl);
        self
    }

    /// Returns the next record or include, or what is wrong with the entry.
    ///
    /// # Errors
    /// With position, owner and type, as far as they were read.
    pub fn next_entry(&mut self) -> Option<Result<Entry<'_>, ZonefileError>> {
        loop {
            if let Some(mut generate) = self.generate.take() {
                let (at, line) = generate.place;
                match self.generated(&mut generate) {
                    Ok(None) => continue,
                    Ok(Some((prefix, ttl))) => {
                        self.generate = Some(generate);
                        return Some(Ok(self.scanned(&prefix, ttl, line)));
                    }
                    Err((reason, rtype)) => {
                        return Some(Err(self.error_at(reason, rtype, at, (at, line))));
                    }
                }
            }
            if self.pos >= self.text.len() {
                return None;
            }
            let (start, line) = (self.pos, self.line);
            let mut rtype = None;
            let read = self.line(&mut rtype);
            self.line += memchr::memchr_iter(b'\n', &self.text[start..self.pos]).count();
            match read {
                Ok(Line::Blank) => {}
                Ok(Line::Record(prefix, ttl)) => return Some(Ok(self.scanned(&prefix, ttl, line))),
                Ok(Line::Include(file, origin)) => {
                    return Some(Ok(Entry::Include { file, origin, line }));
                }
                Err(reason) => {
                    let at = reason.at();
                    return Some(Err(self.error_at(reason, rtype, at, (start, line))));
                }
            }
        }
    }

    /// Returns the file's name, for errors.
    #[must_use]
    pub fn file_name(&self) -> &'t str {
        self.file
    }

    /// Starts reading an included file with the TTL reached here.
    #[must_use]
    pub fn included<'i>(&self, text: &'i [u8], file: &'i str, origin: &Name) -> Scanner<'i> {
        let mut scanner = Scanner::new(text, origin).file(file);
        scanner.default_ttl = self.default_ttl;
        scanner.last_ttl = self.last_ttl;
        scanner.class = self.class;
        scanner
    }

    #[inline]
    fn scanned(&self, prefix: &Prefix, ttl: Ttl, line: usize) -> Entry<'_> {
        Entry::Record(Scanned {
            owner: Name::cast(&self.owner[..self.owner_len]),
            class: prefix.class,
            ttl,
            rtype: prefix.rtype,
            rdata: &self.rdata,
            line,
        })
    }

    /// Makes the next record of a run; an error ends the run.
    fn generated(&mut self, generate: &mut Generate<'t>) -> Result<Option<(Prefix, Ttl)>, Failure> {
        let mut made = core::mem::take(&mut self.made);
        let next = generate.next_line(&mut made);
        let mut rtype = None;
        let read = match next {
            None => Ok(None),
            Some(Err(reason)) => Err(reason),
            Some(Ok(())) => {
                let origin = self.origin.clone();
                let mut tokens = Lexer::new(&made, Some(&origin));
                self.entry(&mut tokens, &mut rtype)
            }
        };
        self.made = made;
        match read {
            Ok(Some(Line::Record(prefix, ttl))) => Ok(Some((prefix, ttl))),
            Ok(_) => Ok(None),
            Err(reason) => Err((reason, rtype)),
        }
    }

    /// Finds line and column of an error in an entry that starts at `start`.
    #[cold]
    fn error_at(
        &self,
        reason: TextError,
        rtype: Option<Rtype>,
        at: usize,
        (start, line): (usize, usize),
    ) -> ZonefileError {
        let at = at.clamp(start, self.text.len());
        let line = line + memchr::memchr_iter(b'\n', &self.text[start..at]).count();
        let line_start = memchr::memrchr(b'\n', &self.text[..at]).map_or(0, |newline| newline + 1);
        let column = at - line_start + 1;
        let owner = (self.owner_len > 0).then(|| Name::cast(&self.owner[..self.owner_len]));
        ZonefileError {
            file: self.file.to_owned(),
            line,
            column,
            at,
            owner: owner.map(ToOwned::to_owned),
            rtype,
            reason,
        }
    }

    /// Reads one entry and moves behind it, whatever it was.
    #[inline]
    fn line(&mut self, rtype: &mut Option<Rtype>) -> Result<Line, TextError> {
        let origin = self.origin.clone();
        let mut tokens = Lexer::at(self.text, self.pos, Some(&origin));
        let read = self.line_at(&mut tokens, rtype);
        tokens.skip_line();
        self.pos = tokens.position();
        read
    }

    #[inline]
    fn line_at(
        &mut self,
        tokens: &mut Lexer<'_>,
        rtype: &mut Option<Rtype>,
    ) -> Result<Line, TextError> {
        let start = tokens.position();
        if self.text.get(start) == Some(&b'$') {
            let first = tokens.expect("directive")?;
            let line = self.directive(&first, tokens)?;
            tokens.finish()?;
            return Ok(line);
        }
        let read = self.entry(tokens, rtype)?;
        tokens.finish()?;
        Ok(read.unwrap_or(Line::Blank))
    }

    /// Reads a record; `None` where there is none.
    #[inline]
    fn entry(
        &mut self,
        tokens: &mut Lexer<'_>,
        rtype: &mut Option<Rtype>,
    ) -> Result<Option<Line>, TextError> {
        let is_indented = matches!(tokens.peek_byte(), Some(b' ' | b'\t'));
        let Some(first) = tokens.next()? else {
            return Ok(None);
        };
        let prefix = if is_indented {
            if self.owner_len == 0 {
                return Err(first.invalid("no owner to repeat"));
            }
            self.prefix(first, tokens)?
        } else {
            self.owner_len = 0;
            self.owner_len = first.name(tokens.origin(), &mut self.owner)?;
            let next = tokens.expect("record type")?;
            self.prefix(next, tokens)?
        };
        *rtype = Some(prefix.rtype);
        self.rdata.clear();
        let format = Format::of(prefix.class, prefix.rtype);
        parse_rdata(format.spec(prefix.rtype), tokens, &mut self.rdata)?;
        let ttl = self.ttl(&prefix, first.at)?;
        self.last_ttl = Some(ttl);
        self.class = prefix.class;
        Ok(Some(Line::Record(prefix, ttl)))
    }

    /// Reads TTL and class, in any order, and the type.
    #[inline]
    fn prefix<'l>(&self, first: Token<'l>, tokens: &mut Lexer<'l>) -> Result<Prefix, TextError> {
        let mut token = first;
        let (mut ttl, mut class) = (None, None);
        loop {
            if ttl.is_none() && token.text.first().is_some_and(u8::is_ascii_digit) {
                let read = Ttl::from_token(token.text);
                ttl = Some(read.ok_or_else(|| token.invalid("not a TTL"))?);
            } else if class.is_none()
                && let Some(read) = Class::from_token(token.text)
            {
                class = Some(read);
            } else {
                let rtype = Rtype::from_token(token.text);
                return Ok(Prefix {
                    class: class.unwrap_or(self.class),
                    ttl,
                    rtype: rtype.ok_or_else(|| token.invalid("unknown record type"))?,
                });
            }
            token = tokens.expect("record type")?;
        }
    }

    /// The entry's own TTL, else that of `$TTL`, else that of the record before, else an SOA's
    /// minimum (RFC 2308 section 4).
    fn ttl(&self, prefix: &Prefix, at: usize) -> Result<Ttl, TextError> {
        let known = prefix.ttl.or(self.default_ttl).or(self.last_ttl);
        if let Some(ttl) = known {
            return Ok(ttl);
        }
        match self.rdata.last_chunk() {
            Some(minimum) if prefix.rtype == Rtype::SOA => {
                Ok(Ttl::from_secs(u32::from_be_bytes(*minimum)))
            }
            _ => Err(TextError::invalid(at, "no TTL here, in $TTL or before")),
        }
    }

    fn directive(&mut self, first: &Token<'_>, tokens: &mut Lexer<'_>) -> Result<Line, TextError> {
        let mut wire = [0; 255];
        match first.text.to_ascii_uppercase().as_slice() {
            b"$ORIGIN" => {
                let len = tokens.expect("origin")?.name(tokens.origin(), &mut wire)?;
                tokens.finish()?;
                self.origin = NameBuf::from_checked(&wire[..len]);
            }
            b"$TTL" => {
                let token = tokens.expect("TTL")?;
                let ttl = Ttl::from_token(token.text);
                let ttl = ttl.ok_or_else(|| token.invalid("not a TTL"))?;
                tokens.finish()?;
                self.default_ttl = Some(ttl);
            }
            b"$INCLUDE" => return self.include(tokens),
            b"$GENERATE" => {
                // Its own lexer, since the template outlives this line.
                let mut template = Lexer::at(self.text, tokens.position(), None);
                let place = (first.at, self.line);
                self.generate = Some(Generate::parse(&mut template, self.text, place)?);
                tokens.skip_entry();
            }
            _ => return Err(first.invalid("unknown directive")),
        }
        Ok(Line::Blank)
    }

    fn include(&self, tokens: &mut Lexer<'_>) -> Result<Line, TextError> {
        let token = tokens.expect("file name")?;
        let mut file = Vec::new();
        token.unescape(&mut file)?;
        let file = String::from_utf8(file).map_err(|_| token.invalid("not a file name"))?;
        let mut wire = [0; 255];
        let origin = match tokens.next()? {
            Some(token) => {
                let len = token.name(tokens.origin(), &mut wire)?;
                NameBuf::from_checked(&wire[..len])
            }
            None => self.origin.clone(),
        };
        Ok(Line::Include(file, origin))
    }
}
