//! Cutting text into tokens: words, quoted strings, line ends (RFC 1035 section 5.1).

use crate::{
    error::TextError,
    name::{Name, parse_name},
    text::{
        block::{self, Block},
        mnemonic,
    },
};

/// A position in presentation format. It is `Copy`, so that looking ahead is keeping a copy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexer<'t> {
    pub(super) input: &'t [u8],
    pub(super) pos: usize,
    /// Open parentheses: within them, line ends are blanks.
    depth: u32,
    /// Where the outermost of them stands.
    opened: usize,
    /// Line ends passed.
    lines: usize,
    origin: Option<&'t Name>,
}

/// A word or a quoted string, escapes not yet resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'t> {
    pub(crate) text: &'t [u8],
    pub(crate) at: usize,
    pub(crate) quoted: bool,
    /// Whether there may be escapes in it.
    pub(crate) escaped: bool,
}

/// What octets do outside of quotes, as flags: a look-up and a test then find the way without a jump
/// through a table.
static ROLES: [u8; 256] = {
    let mut roles = [WORD | STARTS; 256];
    roles[b'\\' as usize] = STARTS;
    roles[b'"' as usize] = STARTS;
    roles[b' ' as usize] = BLANK | ENDS;
    roles[b'\t' as usize] = BLANK | ENDS;
    roles[b'\r' as usize] = BLANK | ENDS;
    roles[b'\n' as usize] = ENDS;
    roles[b';' as usize] = ENDS;
    roles[b'(' as usize] = ENDS;
    roles[b')' as usize] = ENDS;
    roles
};

/// Part of a word as it is.
const WORD: u8 = 1;
/// Starts a token.
const STARTS: u8 = 2;
/// Between tokens, without a meaning.
const BLANK: u8 = 4;
/// Ends a word and is no token.
const ENDS: u8 = 8;

#[inline]
fn is(byte: u8, role: u8) -> bool {
    ROLES[usize::from(byte)] & role != 0
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(input: &'t [u8], origin: Option<&'t Name>) -> Self {
        Self::at(input, 0, origin)
    }

    pub(crate) fn at(input: &'t [u8], pos: usize, origin: Option<&'t Name>) -> Self {
        Self {
            input,
            pos,
            depth: 0,
            opened: 0,
            lines: 0,
            origin,
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.pos
    }

    /// How many line ends were passed.
    pub(crate) fn lines(&self) -> usize {
        self.lines
    }

    pub(crate) fn origin(&self) -> Option<&'t Name> {
        self.origin
    }

    /// The octet at the position, if any.
    pub(crate) fn peek_byte(&self) -> Option<u8> {
        self.input.get(self.pos).copied()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.pos >= self.input.len()
    }

    /// Returns the next token of the entry, or `None` at its end: a line end outside of
    /// parentheses, which is not consumed, or the end of the text.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Token<'t>>, TextError> {
        match self.plain_word() {
            Some((token, _)) => Ok(Some(token)),
            None => self.any_token(),
        }
    }

    /// Takes a word of less than a block right here or behind one blank, as nearly all tokens are, and
    /// returns it with the block it begins.
    #[inline]
    fn plain_word(&mut self) -> Option<(Token<'t>, &'t Block)> {
        let (at, ahead) = self.behind_blank()?;
        let len = block::word_ends(ahead).trailing_zeros() as usize;
        // A word that starts with its end is none, and one without an end is not plain.
        if !is(*ahead.get(len)?, ENDS) || len == 0 {
            return None;
        }
        self.pos = at + len;
        let token = Token {
            text: &ahead[..len],
            at,
            quoted: false,
            escaped: false,
        };
        Some((token, ahead))
    }

    /// Where the next token starts if there is at most one blank before it, and the block there.
    #[inline]
    pub(super) fn behind_blank(&self) -> Option<(usize, &'t Block)> {
        let blank = usize::from(is(*self.input.get(self.pos)?, BLANK));
        let at = self.pos + blank;
        Some((at, self.ahead(at)?))
    }

    #[inline(never)]
    fn any_token(&mut self) -> Result<Option<Token<'t>>, TextError> {
        match self.begin()? {
            None => Ok(None),
            Some(b'"') => self.quoted().map(Some),
            Some(_) => Ok(Some(self.word())),
        }
    }

    /// Moves to the next token of the entry and returns its first octet, or `None` at the end.
    #[inline]
    pub(crate) fn begin(&mut self) -> Result<Option<u8>, TextError> {
        loop {
            let Some(&byte) = self.input.get(self.pos) else {
                return self.end();
            };
            if is(byte, STARTS) {
                return Ok(Some(byte));
            }
            if is(byte, BLANK) {
                self.pos += 1;
            } else if byte == b'\n' && self.depth == 0 {
                return Ok(None);
            } else {
                self.pass(byte)?;
            }
        }
    }

    /// Says whether an entry starts right here, with a token that is no directive's.
    #[inline]
    pub(crate) fn is_at_token(&self) -> bool {
        self.peek_byte().is_some_and(|byte| is(byte, STARTS))
    }

    /// Says whether the next token is surely no escape, looking behind one blank only.
    #[inline]
    pub(crate) fn is_before_word(&self) -> bool {
        let next = self.behind_blank();
        next.is_some_and(|(_, ahead)| is(ahead[0], WORD) || ahead[0] == b'"')
    }

    /// Returns the next token.
    #[inline]
    pub(crate) fn require(&mut self, field: &'static str) -> Result<Token<'t>, TextError> {
        let at = self.pos;
        if let Some((token, _)) = self.plain_word() {
            return Ok(token);
        }
        match self.any_token()? {
            Some(token) => Ok(token),
            None => Err(TextError::Missing { at, field }),
        }
    }

    /// Returns the next token, which must not be quoted.
    #[inline]
    pub(crate) fn require_word(&mut self, field: &'static str) -> Result<Token<'t>, TextError> {
        let token = self.require(field)?;
        if token.quoted {
            return Err(token.invalid("quoted, which only strings are"));
        }
        Ok(token)
    }

    /// Returns the next token, and its key as [`mnemonic::key`] makes it.
    #[inline]
    pub(crate) fn require_key(
        &mut self,
        field: &'static str,
    ) -> Result<(Token<'t>, u64), TextError> {
        let at = self.pos;
        if let Some((token, ahead)) = self.plain_word() {
            let key = mnemonic::key_within(ahead, token.text.len());
            return Ok((token, key));
        }
        match self.any_token()? {
            Some(token) => Ok((token, mnemonic::key(token.text))),
            None => Err(TextError::Missing { at, field }),
        }
    }

    /// The first octets of a word and whatever is behind them.
    #[inline]
    pub(crate) fn block(&self, token: &Token<'t>) -> Block {
        match self.ahead(token.at) {
            Some(ahead) if !token.quoted => *ahead,
            _ => {
                let mut block = [0; block::LEN];
                let len = token.text.len().min(block::LEN);
                block[..len].copy_from_slice(&token.text[..len]);
                block
            }
        }
    }

    /// Checks that nothing but the end of the entry is left.
    #[inline]
    pub(crate) fn finish(&mut self) -> Result<(), TextError> {
        if self.depth == 0 && self.peek_byte() == Some(b'\n') {
            return Ok(());
        }
        self.finish_slowly()
    }

    #[inline(never)]
    fn finish_slowly(&mut self) -> Result<(), TextError> {
        match self.begin()? {
            None => Ok(()),
            Some(b'"') => {
                let token = self.quoted()?;
                Err(TextError::Trailing { at: token.at })
            }
            Some(_) => Err(TextError::Trailing { at: self.pos }),
        }
    }

    /// Moves to behind the next line end, whatever is open.
    #[inline]
    pub(crate) fn skip_line(&mut self) {
        self.depth = 0;
        if self.peek_byte() != Some(b'\n') {
            self.skip_entry();
        }
        if !self.is_at_end() {
            self.pos += 1;
            self.lines += 1;
        }
    }

    /// Moves to the line's end, which is not consumed.
    pub(crate) fn skip_entry(&mut self) {
        let rest = self.input.get(self.pos..).unwrap_or_default();
        self.pos += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// Moves over an octet between tokens that is no blank.
    #[cold]
    fn pass(&mut self, byte: u8) -> Result<(), TextError> {
        match byte {
            b'\n' => {
                self.pos += 1;
                self.lines += 1;
            }
            b';' => self.skip_entry(),
            b'(' => {
                if self.depth == 0 {
                    self.opened = self.pos;
                }
                self.depth += 1;
                self.pos += 1;
            }
            _ => {
                let Some(depth) = self.depth.checked_sub(1) else {
                    return Err(TextError::invalid(self.pos, "unopened parenthesis"));
                };
                self.depth = depth;
                self.pos += 1;
            }
        }
        Ok(())
    }

    fn end(&self) -> Result<Option<u8>, TextError> {
        if self.depth > 0 {
            return Err(TextError::invalid(self.opened, "unclosed parenthesis"));
        }
        Ok(None)
    }

    #[inline]
    fn word(&mut self) -> Token<'t> {
        let at = self.pos;
        let mut escaped = false;
        self.pos = self.word_end(at);
        if self.peek_byte() == Some(b'\\') {
            self.pos = self.escaped_word_end();
            escaped = true;
        }
        Token {
            text: &self.input[at..self.pos],
            at,
            quoted: false,
            escaped,
        }
    }

    /// Finds the first octet from `pos` on that a word cannot hold, or a backslash.
    #[inline]
    fn word_end(&self, mut pos: usize) -> usize {
        while let Some(ahead) = self.ahead(pos) {
            let ends = block::word_ends(ahead);
            if ends == 0 {
                pos += block::LEN;
                continue;
            }
            pos += ends.trailing_zeros() as usize;
            let end = ahead[ends.trailing_zeros() as usize % block::LEN];
            if !is(end, WORD) {
                return pos;
            }
            pos += 1;
        }
        let rest = self.input.get(pos..).unwrap_or_default();
        let len = rest.iter().position(|byte| !is(*byte, WORD));
        pos + len.unwrap_or(rest.len())
    }

    /// Finds the end of a word that has a backslash at the position.
    #[cold]
    fn escaped_word_end(&mut self) -> usize {
        let mut pos = self.pos;
        while let Some(&byte) = self.input.get(pos)
            && (is(byte, WORD) || byte == b'\\')
        {
            pos += 1;
            if byte == b'\\' {
                self.lines += usize::from(self.input.get(pos) == Some(&b'\n'));
                pos += 1;
            }
        }
        pos.min(self.input.len())
    }

    fn quoted(&mut self) -> Result<Token<'t>, TextError> {
        let at = self.pos;
        let mut pos = at + 1;
        let mut escaped = false;
        loop {
            pos = self.string_end(pos);
            match self.input.get(pos) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    pos += 2;
                }
                _ => return Err(TextError::invalid(at, "unclosed quote")),
            }
        }
        self.pos = pos + 1;
        let text = &self.input[at + 1..pos];
        if escaped {
            self.lines += memchr::memchr_iter(b'\n', text).count();
        }
        Ok(Token {
            text,
            at,
            quoted: true,
            escaped,
        })
    }

    /// Finds the first octet from `pos` on that means something within quotes.
    #[inline]
    fn string_end(&self, mut pos: usize) -> usize {
        while let Some(ahead) = self.ahead(pos) {
            let ends = block::string_ends(ahead);
            if ends != 0 {
                return pos + ends.trailing_zeros() as usize;
            }
            pos += block::LEN;
        }
        let rest = self.input.get(pos..).unwrap_or_default();
        pos + memchr::memchr3(b'"', b'\\', b'\n', rest).unwrap_or(rest.len())
    }

    /// The block at `pos`, unless the text ends within it.
    #[inline]
    pub(super) fn ahead(&self, pos: usize) -> Option<&'t Block> {
        self.input.get(pos..)?.first_chunk()
    }
}

impl Token<'_> {
    /// The token's error.
    pub(crate) fn invalid(&self, what: &'static str) -> TextError {
        TextError::invalid(self.at, what)
    }

    /// Reads a name.
    pub(crate) fn name(
        &self,
        origin: Option<&Name>,
        wire: &mut [u8; 255],
    ) -> Result<usize, TextError> {
        parse_name(self.text, origin, wire).map_err(|reason| TextError::Name {
            at: self.at,
            reason,
        })
    }

    /// Appends the octets, with escapes resolved.
    #[inline]
    pub(crate) fn unescape(&self, out: &mut Vec<u8>) -> Result<(), TextError> {
        if self.escaped {
            return self.resolve(out);
        }
        out.extend_from_slice(self.text);
        Ok(())
    }

    fn resolve(&self, out: &mut Vec<u8>) -> Result<(), TextError> {
        let mut rest = self.text;
        while let Some(step) = memchr::memchr(b'\\', rest) {
            out.extend_from_slice(&rest[..step]);
            rest = &rest[step + 1..];
            let byte = crate::name::unescape(&mut rest);
            out.push(byte.ok_or_else(|| self.invalid("bad escape"))?);
        }
        out.extend_from_slice(rest);
        Ok(())
    }

    /// Reads a decimal number up to `max`.
    #[inline]
    pub(crate) fn number(&self, max: u64, what: &'static str) -> Result<u64, TextError> {
        let mut value = 0_u64;
        if self.text.is_empty() || self.text.len() > 20 {
            return Err(self.invalid(what));
        }
        // Nineteen digits always fit.
        let (head, last) = self.text.split_at(self.text.len().min(19));
        for byte in head {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Err(self.invalid(what));
            }
            value = value * 10 + u64::from(digit);
        }
        for byte in last {
            let digit = Some(byte.wrapping_sub(b'0')).filter(|digit| *digit < 10);
            let next = value.checked_mul(10).zip(digit);
            let next = next.and_then(|(value, digit)| value.checked_add(digit.into()));
            value = next.ok_or_else(|| self.invalid(what))?;
        }
        if value > max {
            return Err(self.invalid(what));
        }
        Ok(value)
    }
}
