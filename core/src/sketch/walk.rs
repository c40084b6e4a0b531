//! The JSON grammar, walked without recursion and without building anything.

use super::Kind;
use super::error::{Flaw, Stop};
use super::string::string;

/// serde_json's limit: the 128th array or object inside another is refused.
const MAX_DEPTH: u32 = 127;

/// The arrays and objects around a place, innermost last: a bit each, set for an object.
struct Nesting {
    objects: u128,
    depth: u32,
    max: u32,
}

impl Nesting {
    #[inline]
    fn open(&mut self, object: bool, at: usize) -> Result<(), Stop> {
        if self.depth == self.max {
            return Err(Stop::new(Flaw::TooDeep, at));
        }
        self.objects = self.objects << 1 | u128::from(object);
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        self.objects >>= 1;
        self.depth -= 1;
    }

    #[inline]
    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }
}

/// Checks the value that stands at `at`, below `outer` arrays and objects; returns where it ends.
pub(super) fn value(bytes: &[u8], at: usize, outer: u32) -> Result<usize, Stop> {
    let mut at = at;
    let mut nesting = Nesting { objects: 0, depth: 0, max: MAX_DEPTH - outer };
    'value: loop {
        match bytes.get(at) {
            Some(b'"') => at = string(bytes, at + 1)?,
            Some(b'{') => {
                nesting.open(true, at)?;
                at = white(bytes, at + 1);
                if bytes.get(at) != Some(&b'}') {
                    at = key(bytes, at)?;
                    continue 'value;
                }
                nesting.close();
                at += 1;
            }
            Some(b'[') => {
                nesting.open(false, at)?;
                at = white(bytes, at + 1);
                if bytes.get(at) != Some(&b']') {
                    continue 'value;
                }
                nesting.close();
                at += 1;
            }
            Some(b'-' | b'0'..=b'9') => at = number(bytes, at)?,
            Some(b't') => at = literal(bytes, at, b"true")?,
            Some(b'f') => at = literal(bytes, at, b"false")?,
            Some(b'n') => at = literal(bytes, at, b"null")?,
            Some(_) => return Err(Stop::new(Flaw::ExpectedValue, at)),
            None => return Err(Stop::new(Flaw::UnexpectedEnd, at)),
        }
        while nesting.depth > 0 {
            at = white(bytes, at);
            match (bytes.get(at), nesting.in_object()) {
                (Some(b','), true) => {
                    at = key(bytes, white(bytes, at + 1))?;
                    continue 'value;
                }
                (Some(b','), false) => {
                    at = white(bytes, at + 1);
                    continue 'value;
                }
                (Some(b'}'), true) | (Some(b']'), false) => nesting.close(),
                (Some(_), true) => return Err(Stop::new(Flaw::ExpectedCommaOrBrace, at)),
                (Some(_), false) => return Err(Stop::new(Flaw::ExpectedCommaOrBracket, at)),
                (None, _) => return Err(Stop::new(Flaw::UnexpectedEnd, at)),
            }
            at += 1;
        }
        return Ok(at);
    }
}

/// What the value at `at` is, by its first byte.
#[inline]
pub(super) fn kind(bytes: &[u8], at: usize) -> Result<Kind, Stop> {
    match bytes.get(at) {
        Some(b'"') => Ok(Kind::String),
        Some(b'{') => Ok(Kind::Object),
        Some(b'[') => Ok(Kind::Array),
        Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
        Some(b't') => Ok(Kind::True),
        Some(b'f') => Ok(Kind::False),
        Some(b'n') => Ok(Kind::Null),
        Some(_) => Err(Stop::new(Flaw::ExpectedValue, at)),
        None => Err(Stop::new(Flaw::UnexpectedEnd, at)),
    }
}

/// Checks the key at `at`, the colon after it and white space; returns where the member's value begins.
#[inline(always)]
fn key(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    let end = quoted(bytes, at)?;
    colon(bytes, end)
}

/// Checks the key at `at`; returns the place after its closing quote.
#[inline(always)]
pub(super) fn quoted(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    match bytes.get(at) {
        Some(b'"') => string(bytes, at + 1),
        Some(_) => Err(Stop::new(Flaw::ExpectedKey, at)),
        None => Err(Stop::new(Flaw::UnexpectedEnd, at)),
    }
}

/// Checks the colon that follows a key which ends at `at`; returns where the member's value begins.
#[inline(always)]
pub(super) fn colon(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    let at = white(bytes, at);
    match bytes.get(at) {
        Some(b':') => Ok(white(bytes, at + 1)),
        Some(_) => Err(Stop::new(Flaw::ExpectedColon, at)),
        None => Err(Stop::new(Flaw::UnexpectedEnd, at)),
    }
}

/// The first place from `at` on that is not white space.
#[inline(always)]
pub(super) fn white(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

#[inline(always)]
fn literal(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, Stop> {
    let rest = bytes.get(at..).unwrap_or(&[]);
    if rest.starts_with(word) {
        return Ok(at + word.len());
    }
    let same = rest.iter().zip(word).take_while(|(a, b)| a == b).count();
    Err(Stop::new(if same == rest.len() { Flaw::UnexpectedEnd } else { Flaw::InvalidLiteral }, at + same))
}

/// Checks the number at `at`; returns where it ends.
#[inline]
fn number(bytes: &[u8], start: usize) -> Result<usize, Stop> {
    let first = start + usize::from(bytes.get(start) == Some(&b'-'));
    let mut at = digits(bytes, first)?;
    if bytes.get(first) == Some(&b'0') && at > first + 1 {
        return Err(Stop::new(Flaw::InvalidNumber, first + 1));
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1)?;
    }
    let mut exponent = 0;
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let end = digits(bytes, at + 1 + sign)?;
        exponent = end - at;
        at = end;
    }
    // 200 digits and e99 are within a float's range. More is rare, and left to serde_json, so that both
    // draw the line at the same number.
    if at - start > 200 || exponent > 3 {
        let text = bytes.get(start..at).unwrap_or(&[]);
        serde_json::from_slice::<f64>(text).map_err(|_| Stop::new(Flaw::NumberOutOfRange, start))?;
    }
    Ok(at)
}

/// Passes over one digit at least.
#[inline(always)]
fn digits(bytes: &[u8], start: usize) -> Result<usize, Stop> {
    let mut at = start;
    while let Some(b'0'..=b'9') = bytes.get(at) {
        at += 1;
    }
    if at > start {
        return Ok(at);
    }
    Err(Stop::new(if at < bytes.len() { Flaw::InvalidNumber } else { Flaw::UnexpectedEnd }, at))
}
