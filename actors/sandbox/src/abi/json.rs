//! JSON from guests: an object that every reader understands the same way (I-JSON, RFC 7493).
//!
//! Refused are: a name that stands twice in one object, a number that not every reader can hold, and nesting deeper
//! than [`limits::JSON_DEPTH_MAX`].
//!
//! The text is read once and no value is built. Only the names of the objects that are open are kept, each as a
//! piece of the text. A name with escapes is copied, into a buffer of just its length, so no allocation is larger
//! than the text.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use hifijson::escape::Lex as _;
use hifijson::num::LexWrite as _;
use hifijson::str::{Error, LexWrite as _};
use hifijson::token::Lex as _;
use hifijson::{Expect, Read as _, SliceLexer};
use icn_core::limits;

/// Why a text is refused, and how far it was read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {why}")]
pub(super) struct Refused {
    /// The byte of the text at which the fault is known.
    at: usize,
    why: Why,
}

/// What is wrong with a text.
#[derive(Debug, PartialEq, Eq)]
enum Why {
    /// It is not JSON.
    Syntax(hifijson::Error),
    /// It is JSON, and not an object.
    NotAnObject,
    /// Objects and lists are nested too deep.
    Depth,
    /// A number that not every reader can hold.
    Number,
    /// A name stands twice in one object.
    DuplicateName,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => error.fmt(f),
            Self::NotAnObject => f.write_str("an object expected"),
            Self::Depth => write!(f, "objects and lists nested deeper than {}", limits::JSON_DEPTH_MAX),
            Self::Number => write!(f, "the number before is beyond {}", limits::JSON_INTEGER_MAX),
            Self::DuplicateName => f.write_str("the name before stands twice in its object"),
        }
    }
}

impl From<Expect> for Why {
    fn from(error: Expect) -> Self {
        Self::Syntax(error.into())
    }
}
impl From<hifijson::num::Error> for Why {
    fn from(error: hifijson::num::Error) -> Self {
        Self::Syntax(error.into())
    }
}
impl From<Error> for Why {
    fn from(error: Error) -> Self {
        Self::Syntax(hifijson::Error::Str(error))
    }
}

/// Checks that the text is such an object. The error says what is wrong, and where.
pub(super) fn check_object(text: &str) -> Result<(), Refused> {
    let mut lexer = SliceLexer::new(text.as_bytes());
    let outermost = |next, lexer: &mut SliceLexer<'_>| match next {
        b'{' => object(lexer, limits::JSON_DEPTH_MAX),
        _ => Err(Why::NotAnObject),
    };
    lexer
        .exactly_one(SliceLexer::ws_peek, outermost)
        .map_err(|why| Refused { at: text.len() - lexer.as_slice().len(), why })
}

/// Reads a value. `next` is its first byte; `depth_left` is how deep objects and lists may still be nested in it.
fn value(next: u8, lexer: &mut SliceLexer<'_>, depth_left: usize) -> Result<(), Why> {
    match next {
        b'{' => object(lexer, depth_left),
        b'[' => list(lexer, depth_left),
        b'"' => string(lexer.discarded()).map(|_| ()),
        b'-' | b'0'..=b'9' => number(lexer),
        _ => lexer.null_or_bool().map(|_| ()).ok_or_else(|| Expect::Value.into()),
    }
}

fn list(lexer: &mut SliceLexer<'_>, depth_left: usize) -> Result<(), Why> {
    let inside = depth_left.checked_sub(1).ok_or(Why::Depth)?;
    lexer.discarded().seq(b']', SliceLexer::ws_peek, |next, lexer| value(next, lexer, inside))
}

fn object(lexer: &mut SliceLexer<'_>, depth_left: usize) -> Result<(), Why> {
    let inside = depth_left.checked_sub(1).ok_or(Why::Depth)?;
    let mut names = BTreeSet::new();
    lexer.discarded().seq(b'}', SliceLexer::ws_peek, |next, lexer| {
        lexer.expect(|_| Some(next), b'"').ok_or(Expect::String)?;
        if !names.insert(string(lexer)?.unescaped()?) {
            return Err(Why::DuplicateName);
        }
        lexer.expect(SliceLexer::ws_peek, b':').ok_or(Expect::Colon)?;
        let next = lexer.ws_peek().ok_or(Expect::Value)?;
        value(next, lexer, inside)
    })
}

/// Refuses an integer beyond the greatest, and any other number as large: from 2^53 on each `f64` is an integer,
/// and so is 1e300.
fn number(lexer: &mut SliceLexer<'_>) -> Result<(), Why> {
    let (digits, parts) = lexer.num_string().validated()?;
    let held = if parts.is_int() {
        digits.trim_start_matches('-').parse().is_ok_and(|number: u64| number <= limits::JSON_INTEGER_MAX)
    } else {
        digits.parse().is_ok_and(|number: f64| number.abs() < 9_007_199_254_740_992.0)
    };
    if held { Ok(()) } else { Err(Why::Number) }
}

/// A string whose escapes are valid.
struct Text<'a> {
    /// The string as it was written, with the quotation mark at its end.
    raw: &'a [u8],
    /// How many bytes it has without escapes. Each escape is longer than the character that it stands for.
    bytes: usize,
}

/// Reads a string, from behind its first quotation mark.
fn string<'a>(lexer: &mut SliceLexer<'a>) -> Result<Text<'a>, Why> {
    let from = lexer.as_slice();
    let mut bytes = 0;
    resolve(lexer, |piece| bytes += piece.len())?;
    Ok(Text { raw: &from[..from.len() - lexer.as_slice().len()], bytes })
}

impl<'a> Text<'a> {
    /// The bytes of the string, without escapes.
    fn unescaped(self) -> Result<Cow<'a, [u8]>, Why> {
        let inside = &self.raw[..self.raw.len() - 1];
        if self.bytes == inside.len() {
            return Ok(Cow::Borrowed(inside));
        }
        let mut text = Vec::with_capacity(self.bytes);
        resolve(&mut SliceLexer::new(self.raw), |piece| text.extend_from_slice(piece))?;
        Ok(Cow::Owned(text))
    }
}

/// Gives a string without escapes, piece by piece, up to its end.
fn resolve<'a>(lexer: &mut SliceLexer<'a>, out: impl FnMut(&[u8])) -> Result<(), Error> {
    lexer.str_fold(
        out,
        |plain, out| {
            out(plain);
            Ok::<_, Error>(())
        },
        |lexer, out| {
            let next = lexer.take_next().ok_or(hifijson::escape::Error::Eof)?;
            let meant = lexer.escape(next)?;
            out(meant.encode_utf8(&mut [0; 4]).as_bytes());
            Ok(())
        },
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
