//! The sketch of a request body: one pass that checks all of it and remembers little.
//!
//! A gateway that relays must know a body's model, whether it streams, and few things more; it must not
//! pay for a tree of the rest. But what it reads and what the upstream reads may never differ, or a
//! caller could name one model to us and another to the provider. So the pass is a *complete* check: it
//! accepts exactly the objects that `serde_json` parses into a `Value` (UTF-8, escapes, surrogates, number
//! grammar and range, depth), except those that have a top-level key twice, however it is spelt.
//!
//! Data flows so: [`sketch`] walks the body (`walk` is the grammar, `string` and `block` the part that
//! sees most of the bytes) and notes where each top-level member lies. [`Sketch`] answers questions about
//! members by name, each a typed fact: absent, right, or [`WrongType`]. [`Edits`] turns wishes (set,
//! rename, remove a member) into pieces of the same [`Bytes`] with little new ones in between, so that a
//! rewritten body is never copied.
//!
//! What it refuses: bodies over 4 GiB, anything but an object, and to interpret. `null` counts as absent,
//! as it does to the providers.

mod block;
mod edit;
mod error;
mod string;
mod walk;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;

pub use edit::{Edits, Json};
pub use error::{Flaw, Place, SketchError, WrongType};

use error::Stop;

/// Requests have some twenty members; one allocation takes them all.
const USUAL_MEMBERS: usize = 24;
/// Up to here a suspected duplicate is looked for among all keys before it; beyond, they are sorted once.
const FEW_MEMBERS: usize = 64;

/// A range of bytes in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: u32,
    /// The place after its last byte.
    pub end: u32,
}

impl Span {
    /// `sketch` refuses bodies in which a place would not fit.
    fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The same range for a slice.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `false`
    False,
    /// `true`
    True,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::False => "false",
            Self::True => "true",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// A member of the top-level object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The key with its quotes.
    pub key: Span,
    /// The value, without white space around it.
    pub value: Span,
    /// What the value is.
    pub kind: Kind,
    /// Whether the key is spelt with escapes.
    escaped: bool,
}

/// A checked body and where its top-level members lie.
#[derive(Clone, Debug)]
pub struct Sketch {
    body: Bytes,
    members: Vec<Member>,
    /// The place after the opening brace.
    open: usize,
}

/// Checks `body` and notes its top-level members. Allocates once, whatever the size.
///
/// # Errors
/// [`SketchError`], which says what is wrong and where; each is a 400 (or a 413) to the caller.
pub fn sketch(body: &Bytes) -> Result<Sketch, SketchError> {
    sketch_around(body, &[])
}

/// The sketch of a body of our own making, in which the values at `written` are known to be JSON, and are not
/// walked.
///
/// # Errors
/// As [`sketch`], for the rest of the body.
pub fn sketch_around(body: &Bytes, written: &[Range<usize>]) -> Result<Sketch, SketchError> {
    let bytes: &[u8] = body;
    if u32::try_from(bytes.len()).is_err() {
        return Err(SketchError::TooLarge);
    }
    let start = walk::white(bytes, 0);
    let malformed =
        |stop: Stop| SketchError::Malformed { flaw: stop.flaw, place: Place::new(bytes, stop.at) };
    match bytes.get(start) {
        None => return Err(SketchError::Empty),
        Some(b'{') => {}
        Some(_) => return Err(SketchError::NotAnObject(walk::kind(bytes, start).map_err(malformed)?)),
    }
    let mut members = Members { bytes, list: Vec::with_capacity(USUAL_MEMBERS), seen: 0 };
    let end = object(bytes, start + 1, written, &mut members).map_err(|refusal| match refusal {
        Refusal::Stop(stop) => malformed(stop),
        Refusal::Duplicate(member) => duplicate(bytes, &member),
    })?;
    let trailing = walk::white(bytes, end);
    if trailing < bytes.len() {
        return Err(malformed(Stop::new(Flaw::TrailingCharacters, trailing)));
    }
    members.refuse_duplicates_among_many().map_err(|member| duplicate(bytes, &member))?;
    Ok(Sketch { body: body.clone(), members: members.list, open: start + 1 })
}

enum Refusal {
    Stop(Stop),
    Duplicate(Member),
}

impl From<Stop> for Refusal {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

#[cold]
fn duplicate(bytes: &[u8], member: &Member) -> SketchError {
    let key = decode(bytes, member.key, member.escaped).chars().take(40).collect();
    SketchError::DuplicateKey { key, place: Place::new(bytes, member.key.start as usize) }
}

/// Walks the members of the object whose opening brace stands just before `at`, around the values `written`;
/// returns where it ends.
fn object(
    bytes: &[u8],
    at: usize,
    written: &[Range<usize>],
    members: &mut Members<'_>,
) -> Result<usize, Refusal> {
    let mut at = walk::white(bytes, at);
    if bytes.get(at) == Some(&b'}') {
        return Ok(at + 1);
    }
    loop {
        let key_start = at;
        let key_end = walk::quoted(bytes, at)?;
        let value_start = walk::colon(bytes, key_end)?;
        let kind = walk::kind(bytes, value_start)?;
        let value_end = match written.iter().find(|value| value.start == value_start) {
            Some(written) => written.end,
            None => walk::value(bytes, value_start, 1)?,
        };
        members.add(Span::new(key_start, key_end), Span::new(value_start, value_end), kind)?;
        at = walk::white(bytes, value_end);
        match bytes.get(at) {
            Some(b',') => at = walk::white(bytes, at + 1),
            Some(b'}') => return Ok(at + 1),
            Some(_) => return Err(Stop::new(Flaw::ExpectedCommaOrBrace, at).into()),
            None => return Err(Stop::new(Flaw::UnexpectedEnd, at).into()),
        }
    }
}

struct Members<'a> {
    bytes: &'a [u8],
    list: Vec<Member>,
    /// A bit for each of 64 kinds of key: where none was set, no key before can be the same.
    seen: u64,
}

impl Members<'_> {
    fn add(&mut self, key: Span, value: Span, kind: Kind) -> Result<(), Refusal> {
        let text = inside_quotes(self.bytes, key);
        let escaped = memchr::memchr(b'\\', text).is_some();
        let member = Member { key, value, kind, escaped };
        if self.list.len() < FEW_MEMBERS {
            let name = decode(self.bytes, key, escaped);
            let bit = 1 << fingerprint(name.as_bytes());
            if self.seen & bit != 0 && self.list.iter().any(|earlier| is_named(self.bytes, earlier, &name)) {
                return Err(Refusal::Duplicate(member));
            }
            self.seen |= bit;
        }
        self.list.push(member);
        Ok(())
    }

    /// Sorting keeps the cost of a body of a million keys within bounds.
    fn refuse_duplicates_among_many(&self) -> Result<(), Member> {
        if self.list.len() <= FEW_MEMBERS {
            return Ok(());
        }
        let name = |member: &Member| decode(self.bytes, member.key, member.escaped);
        let mut names: Vec<_> = self.list.iter().map(|member| (name(member), member)).collect();
        names.sort_unstable_by(|(a, one), (b, other)| a.cmp(b).then(one.key.start.cmp(&other.key.start)));
        let repeated = names.windows(2).filter_map(|pair| match pair {
            [(a, _), (b, second)] if a == b => Some(**second),
            _ => None,
        });
        repeated.min_by_key(|member| member.key.start).map_or(Ok(()), Err)
    }
}

/// Six bits of a name that differ for most pairs of the names in use.
fn fingerprint(name: &[u8]) -> u32 {
    let byte = |at: usize| u32::from(name.get(at).copied().unwrap_or(0));
    let mixed = byte(0) | byte(name.len() / 2) << 8 | byte(name.len().wrapping_sub(1)) << 16;
    (mixed ^ (name.len() as u32) << 24).wrapping_mul(0x9E37_79B1) >> 26
}

fn is_named(bytes: &[u8], member: &Member, name: &str) -> bool {
    if member.escaped {
        return decode(bytes, member.key, true) == name;
    }
    inside_quotes(bytes, member.key) == name.as_bytes()
}

fn inside_quotes(bytes: &[u8], span: Span) -> &[u8] {
    bytes.get(span.start as usize + 1..(span.end as usize).saturating_sub(1)).unwrap_or(&[])
}

/// The text of a string that was checked.
fn decode(bytes: &[u8], span: Span, escaped: bool) -> Cow<'_, str> {
    if escaped {
        let quoted = bytes.get(span.range()).unwrap_or(&[]);
        return Cow::Owned(serde_json::from_slice(quoted).unwrap_or_default());
    }
    String::from_utf8_lossy(inside_quotes(bytes, span))
}

impl Sketch {
    /// The body that was sketched.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The top-level members, in their order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member of this name, whatever its value.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| is_named(&self.body, member, name))
    }

    /// The name of a member.
    pub fn name(&self, member: &Member) -> Cow<'_, str> {
        decode(&self.body, member.key, member.escaped)
    }

    /// The raw JSON of a member's value.
    pub fn value(&self, member: &Member) -> &[u8] {
        self.body.get(member.value.range()).unwrap_or(&[])
    }

    /// The member of this name, if it has a value other than `null`.
    fn present(&self, name: &str) -> Option<&Member> {
        self.member(name).filter(|member| member.kind != Kind::Null)
    }

    /// The text of a member.
    ///
    /// # Errors
    /// If it is there, not `null`, and not a string.
    pub fn string(&self, name: &'static str) -> Result<Option<Cow<'_, str>>, WrongType> {
        let Some(member) = self.present(name) else { return Ok(None) };
        if member.kind != Kind::String {
            return Err(WrongType { name, wanted: "a string", found: member.kind });
        }
        let escaped = memchr::memchr(b'\\', self.value(member)).is_some();
        Ok(Some(decode(&self.body, member.value, escaped)))
    }

    /// A member that is true or false.
    ///
    /// # Errors
    /// If it is there, not `null`, and neither `true` nor `false`.
    pub fn boolean(&self, name: &'static str) -> Result<Option<bool>, WrongType> {
        match self.present(name).map(|member| member.kind) {
            None => Ok(None),
            Some(Kind::True) => Ok(Some(true)),
            Some(Kind::False) => Ok(Some(false)),
            Some(found) => Err(WrongType { name, wanted: "a boolean", found }),
        }
    }

    /// A member that is a whole number from 0 on.
    ///
    /// # Errors
    /// If it is there, not `null`, and not a number without sign, fraction and exponent that fits 64 bits.
    pub fn integer(&self, name: &'static str) -> Result<Option<u64>, WrongType> {
        let Some(member) = self.present(name) else { return Ok(None) };
        let digits = std::str::from_utf8(self.value(member)).unwrap_or_default();
        let wrong = WrongType { name, wanted: "a whole number, not negative", found: member.kind };
        digits.parse().map(Some).map_err(|_| wrong)
    }

    /// A member that is an object, as a sketch of its own. It is small, or it should be decoded instead:
    /// its bytes are walked again.
    ///
    /// # Errors
    /// [`WrongType`] if it is there, not `null`, and not an object. The outer error is for a key that this
    /// object has twice.
    pub fn object(&self, name: &'static str) -> Result<Result<Option<Sketch>, WrongType>, SketchError> {
        let Some(member) = self.present(name) else { return Ok(Ok(None)) };
        if member.kind != Kind::Object {
            return Ok(Err(WrongType { name, wanted: "an object", found: member.kind }));
        }
        sketch(&self.body.slice(member.value.range())).map(|inner| Ok(Some(inner)))
    }

    /// The elements of a member that is a list, if it is one. Its bytes are walked again.
    pub fn elements(&self, name: &str) -> Option<Vec<Bytes>> {
        let member = self.member(name).filter(|member| member.kind == Kind::Array)?;
        let end = (member.value.end as usize).checked_sub(1)?;
        let mut at = walk::white(&self.body, member.value.start as usize + 1);
        let mut elements = Vec::new();
        while at < end {
            let stop = walk::value(&self.body, at, 1).ok()?;
            elements.push(self.body.slice(at..stop));
            at = walk::white(&self.body, stop);
            if at < end {
                at = walk::white(&self.body, at + 1);
            }
        }
        Some(elements)
    }

    /// The model asked for: `model`.
    ///
    /// # Errors
    /// If it is not a string.
    pub fn model(&self) -> Result<Option<Cow<'_, str>>, WrongType> {
        self.string("model")
    }

    /// Whether the answer is to be streamed: `stream`.
    ///
    /// # Errors
    /// If it is not a boolean.
    pub fn stream(&self) -> Result<bool, WrongType> {
        Ok(self.boolean("stream")?.unwrap_or(false))
    }

    /// A fresh set of edits to this body.
    pub fn edit(&self) -> Edits<'_> {
        Edits::new(self)
    }
}
