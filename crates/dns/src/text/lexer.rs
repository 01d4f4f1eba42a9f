//! Cutting text into tokens: words, quoted strings, line ends (RFC 1035 section 5.1).

use crate::{
    error::TextError,
    name::{Name, parse_name},
};

/// A position in presentation format. It is `Copy`, so that looking ahead is keeping a copy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexer<'t> {
    input: &'t [u8],
    pos: usize,
    /// Open parentheses: within them, line ends are blanks.
    depth: u32,
    origin: Option<&'t Name>,
}

/// A word or a quoted string, escapes not yet resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'t> {
    pub(crate) text: &'t [u8],
    pub(crate) at: usize,
    pub(crate) quoted: bool,
}

const WORD: u8 = 0;
const BLANK: u8 = 1;
const SPECIAL: u8 = 2;

/// What an octet does outside of quotes.
static KIND: [u8; 256] = {
    let mut kinds = [WORD; 256];
    kinds[b' ' as usize] = BLANK;
    kinds[b'\t' as usize] = BLANK;
    kinds[b'\r' as usize] = BLANK;
    kinds[b'\n' as usize] = SPECIAL;
    kinds[b';' as usize] = SPECIAL;
    kinds[b'(' as usize] = SPECIAL;
    kinds[b')' as usize] = SPECIAL;
    kinds[b'"' as usize] = SPECIAL;
    kinds[b'\\' as usize] = SPECIAL;
    kinds
};

impl<'t> Lexer<'t> {
    pub(crate) fn new(input: &'t [u8], origin: Option<&'t Name>) -> Self {
        Self::at(input, 0, origin)
    }

    pub(crate) fn at(input: &'t [u8], pos: usize, origin: Option<&'t Name>) -> Self {
        Self {
            input,
            pos,
            depth: 0,
            origin,
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.pos
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
        loop {
            let Some(&byte) = self.input.get(self.pos) else {
                return self.end();
            };
            match byte {
                b' ' | b'\t' | b'\r' => self.pos += 1,
                b'\n' if self.depth == 0 => return Ok(None),
                b'\n' => self.pos += 1,
                b';' => self.skip_comment(),
                b'"' => return self.quoted().map(Some),
                b'(' => {
                    self.depth += 1;
                    self.pos += 1;
                }
                b')' => self.close()?,
                _ => return Ok(Some(self.word())),
            }
        }
    }

    /// Returns the next token.
    pub(crate) fn expect(&mut self, field: &'static str) -> Result<Token<'t>, TextError> {
        let at = self.pos;
        self.next()?.ok_or(TextError::Missing { at, field })
    }

    /// Returns the next token, which must not be quoted.
    pub(crate) fn expect_word(&mut self, field: &'static str) -> Result<Token<'t>, TextError> {
        let token = self.expect(field)?;
        if token.quoted {
            return Err(token.invalid("quoted, which only strings are"));
        }
        Ok(token)
    }

    /// Checks that nothing but the end of the entry is left.
    pub(crate) fn finish(&mut self) -> Result<(), TextError> {
        match self.next()? {
            None => Ok(()),
            Some(token) => Err(TextError::Trailing { at: token.at }),
        }
    }

    /// Moves to behind the next line end that ends an entry; quotes and parentheses still open
    /// are given up at the first one.
    pub(crate) fn skip_line(&mut self) {
        self.depth = 0;
        while let Some(&byte) = self.input.get(self.pos) {
            self.pos += 1;
            if byte == b'\n' {
                return;
            }
        }
    }

    /// Moves to the line's end, which is not consumed.
    pub(crate) fn skip_entry(&mut self) {
        self.skip_comment();
    }

    fn skip_comment(&mut self) {
        let rest = &self.input[self.pos..];
        self.pos += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn close(&mut self) -> Result<(), TextError> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return Err(TextError::invalid(self.pos, "unopened parenthesis"));
        };
        self.depth = depth;
        self.pos += 1;
        Ok(())
    }

    fn end(&self) -> Result<Option<Token<'t>>, TextError> {
        if self.depth > 0 {
            return Err(TextError::invalid(self.pos, "unclosed parenthesis"));
        }
        Ok(None)
    }

    #[inline]
    fn word(&mut self) -> Token<'t> {
        let at = self.pos;
        let mut pos = at;
        while let Some(&byte) = self.input.get(pos) {
            match KIND[usize::from(byte)] {
                WORD => pos += 1,
                SPECIAL if byte == b'\\' => pos += 2,
                _ => break,
            }
        }
        self.pos = pos.min(self.input.len());
        Token {
            text: &self.input[at..self.pos],
            at,
            quoted: false,
        }
    }

    fn quoted(&mut self) -> Result<Token<'t>, TextError> {
        let at = self.pos;
        let mut pos = at + 1;
        loop {
            let rest = self.input.get(pos..).unwrap_or_default();
            let Some(step) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
                return Err(TextError::invalid(at, "unclosed quote"));
            };
            match rest[step] {
                b'"' => {
                    pos += step;
                    break;
                }
                b'\\' => pos += step + 2,
                _ => return Err(TextError::invalid(at, "unclosed quote")),
            }
        }
        self.pos = pos + 1;
        Ok(Token {
            text: &self.input[at + 1..pos],
            at,
            quoted: true,
        })
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
        parse_name(self.text, origin, wire).map_err(|source| TextError::Name {
            at: self.at,
            source,
        })
    }

    /// Appends the octets, with escapes resolved.
    pub(crate) fn unescape(&self, out: &mut Vec<u8>) -> Result<(), TextError> {
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
    pub(crate) fn number(&self, max: u64, what: &'static str) -> Result<u64, TextError> {
        let mut value = 0_u64;
        if self.text.is_empty() || self.text.len() > 20 {
            return Err(self.invalid(what));
        }
        for byte in self.text {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Err(self.invalid(what));
            }
            let next = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(digit.into()));
            value = next.ok_or_else(|| self.invalid(what))?;
        }
        if value > max {
            return Err(self.invalid(what));
        }
        Ok(value)
    }
}
