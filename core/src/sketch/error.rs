//! What can be wrong with a body, and where.

use std::fmt;

use super::Kind;

/// Why a body was refused. Every message is fit for the caller: it names the place and shows no more of
/// the body than the start of a duplicate key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SketchError {
    /// There is nothing but white space.
    #[error("the request body is empty; send a JSON object")]
    Empty,
    /// The body is too large to be addressed; targets refuse far smaller ones.
    #[error("the request body is larger than 4 GiB")]
    TooLarge,
    /// The body begins like another JSON value. What follows was not looked at.
    #[error("the request body must be a JSON object, but it is {0}")]
    NotAnObject(Kind),
    /// The body breaks the JSON grammar or a limit.
    #[error("the request body is not valid JSON: {flaw} at {place}")]
    Malformed {
        /// What is wrong.
        flaw: Flaw,
        /// Where.
        place: Place,
    },
    /// Two top-level members have the same name once escapes are undone. Parsers differ in which of the
    /// two they obey, so neither is.
    #[error("the request body has the member {key:?} twice, the second time at {place}; send it once")]
    DuplicateKey {
        /// The name, cut after 40 characters.
        key: String,
        /// Where the second one begins.
        place: Place,
    },
}

/// A breach of the JSON grammar, or of a limit that serde_json sets too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The body ends inside a value.
    #[error("it ends too early,")]
    UnexpectedEnd,
    /// A value must stand here.
    #[error("expected a value")]
    ExpectedValue,
    /// A member's name, in quotes, must stand here.
    #[error("expected a quoted key")]
    ExpectedKey,
    /// A colon must follow a key.
    #[error("expected ':'")]
    ExpectedColon,
    /// After a member of an object.
    #[error("expected ',' or '}}'")]
    ExpectedCommaOrBrace,
    /// After an element of an array.
    #[error("expected ',' or ']'")]
    ExpectedCommaOrBracket,
    /// Neither `true`, `false` nor `null`.
    #[error("expected true, false or null")]
    InvalidLiteral,
    /// Not a number by JSON's grammar: a leading zero, a bare point or exponent, a lone sign.
    #[error("invalid number")]
    InvalidNumber,
    /// Too large for a 64-bit float.
    #[error("number out of range")]
    NumberOutOfRange,
    /// A line break, tab or other control character that is not escaped.
    #[error("unescaped control character in a string")]
    ControlCharacter,
    /// A backslash before something that cannot be escaped.
    #[error("invalid escape in a string")]
    InvalidEscape,
    /// Half of a surrogate pair.
    #[error("lone surrogate in a string's \\u escape")]
    LoneSurrogate,
    /// Bytes that are not UTF-8.
    #[error("invalid UTF-8 in a string")]
    InvalidUtf8,
    /// 128 or more arrays and objects inside each other.
    #[error("arrays and objects nested more than 127 deep")]
    TooDeep,
    /// Something other than white space follows the object.
    #[error("unexpected characters after the object")]
    TrailingCharacters,
}

/// A place in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Bytes before it.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// In bytes, from 1.
    pub column: usize,
}

impl Place {
    pub(super) fn new(body: &[u8], offset: usize) -> Self {
        let before = body.get(..offset).unwrap_or(body);
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        Self { offset, line, column: 1 + before.len() - line_start }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {} (byte {})", self.line, self.column, self.offset)
    }
}

/// A member has a value of the wrong type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' must be {wanted}, but it is {found}")]
pub struct WrongType {
    /// The member's name.
    pub name: &'static str,
    /// What it must be, as in "a boolean".
    pub wanted: &'static str,
    /// What it is.
    pub found: Kind,
}

/// Where the walk through a body stopped: cheap, so that it can be returned from the innermost loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) flaw: Flaw,
    pub(super) at: usize,
}

impl Stop {
    #[cold]
    pub(super) fn new(flaw: Flaw, at: usize) -> Self {
        Self { flaw, at }
    }
}
