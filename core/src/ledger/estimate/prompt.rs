//! What a model reads of a request, found in its JSON.
//!
//! One pass over the bytes, no tree: the walk knows the names of the objects that it is in, and
//! from these what a string is. It reads the bodies of chat completions and messages, and makes
//! no promise about others. Bytes that are no JSON give some number, in linear time.

use super::Estimator;

/// An image, a sound or a document: they cost by their size on screen, their length or their
/// pages, which the bytes do not show. About what a screenshot costs with OpenAI and Anthropic.
const MEDIA: u64 = 1_000;

/// What every message costs besides its text: its role, its beginning and its end.
const MESSAGE: u64 = 4;

/// What every tool costs besides its text.
const TOOL: u64 = 8;

/// What every call of a tool costs besides its text.
const CALL: u64 = 8;

/// What a request costs besides its parts: the beginning of the answer.
const REQUEST: u64 = 3;

/// Members of a request that the model reads.
const READ: [&str; 5] = ["messages", "system", "tools", "functions", "response_format"];

/// Of these, and of what lies in messages: members that it reads as JSON, names included.
const LITERAL: [&str; 5] = ["tools", "functions", "response_format", "input", "schema"];

/// Members of messages and their parts that say what the rest is, and are not read.
const UNREAD: [&str; 11] = [
    "type",
    "role",
    "id",
    "tool_call_id",
    "tool_use_id",
    "media_type",
    "detail",
    "format",
    "signature",
    "cache_control",
    "file_id",
];

/// Where media are: the member, in an object that is itself that member of its parent.
const MEDIA_AT: [(&str, &str); 6] = [
    ("image_url", "url"),
    ("video_url", "url"),
    ("input_audio", "data"),
    ("file", "file_data"),
    ("source", "data"),
    ("source", "url"),
];

/// Objects and arrays that are told apart; what lies deeper counts as part of these.
const DEEPEST: usize = 64;

/// Tokens that a model reads of a request's body, roughly.
pub fn prompt_tokens(body: &[u8]) -> u64 {
    let mut walk = Walk { body, at: 0, levels: Vec::new(), deeper: 0, estimator: Estimator::default() };
    walk.estimator.add_tokens(REQUEST);
    walk.run();
    walk.estimator.tokens()
}

struct Walk<'a> {
    body: &'a [u8],
    at: usize,
    levels: Vec<Level<'a>>,
    /// Levels beyond the deepest.
    deeper: usize,
    estimator: Estimator,
}

/// An object or array that is open.
#[derive(Clone, Copy)]
struct Level<'a> {
    /// The member of its parent that it is, or is in, where its parent is an array.
    name: &'a [u8],
    /// The member that is being read.
    key: &'a [u8],
    reads: Reads,
}

/// What the model sees of an object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// Nothing: it is the request itself, or a setting.
    Nothing,
    /// Its text.
    Text,
    /// All of it, as JSON.
    Json,
}

impl<'a> Walk<'a> {
    fn run(&mut self) {
        while let Some(&byte) = self.body.get(self.at) {
            match byte {
                b'{' | b'[' => self.open(byte == b'{'),
                b'}' | b']' => self.close(),
                b'"' => {
                    self.string();
                    continue;
                }
                b'0'..=b'9' | b't' | b'f' | b'n' => self.scalar(),
                _ => {}
            }
            self.at += 1;
        }
    }

    fn open(&mut self, object: bool) {
        if self.levels.len() >= DEEPEST {
            self.deeper += 1;
            return;
        }
        let Some(parent) = self.levels.last() else {
            self.levels.push(Level { name: b"", key: b"", reads: Reads::Nothing });
            return;
        };
        let inside = self.reads(parent.key);
        if object {
            // The request is the first level, its `messages` the second, one of them the third.
            self.estimator.add_tokens(match (self.levels.len(), parent.name) {
                (2, b"messages") => MESSAGE,
                (2, b"tools" | b"functions") => TOOL,
                (4, b"tool_calls") => CALL,
                _ => 0,
            });
        }
        self.levels.push(Level { name: parent.key, key: parent.key, reads: inside });
    }

    fn close(&mut self) {
        match self.deeper {
            0 => drop(self.levels.pop()),
            _ => self.deeper -= 1,
        }
    }

    /// What the model sees of the member `key` of the innermost object.
    fn reads(&self, key: &[u8]) -> Reads {
        let Some(level) = self.levels.last() else { return Reads::Nothing };
        let is = |names: &[&str]| names.iter().any(|name| name.as_bytes() == key);
        match level.reads {
            Reads::Json => Reads::Json,
            Reads::Nothing if self.levels.len() > 1 || !is(&READ) => Reads::Nothing,
            Reads::Text if is(&UNREAD) => Reads::Nothing,
            _ if is(&LITERAL) => Reads::Json,
            _ => Reads::Text,
        }
    }

    /// Reads a string, whose opening quote is here, and goes behind its end.
    fn string(&mut self) {
        let start = self.at + 1;
        let end = end_of_string(self.body, start);
        let text = self.body.get(start..end).unwrap_or_default();
        self.at = end + 1;
        let rest = self.body.get(self.at..).unwrap_or_default();
        if rest.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b':') {
            self.key(text);
        } else {
            self.value(text);
        }
    }

    fn key(&mut self, key: &'a [u8]) {
        if self.deeper > 0 {
            return;
        }
        let Some(level) = self.levels.last_mut() else { return };
        level.key = key;
        if level.reads == Reads::Json {
            self.text(key);
        }
    }

    fn value(&mut self, text: &'a [u8]) {
        let Some(&Level { name, key, .. }) = self.levels.last() else { return };
        match self.reads(key) {
            Reads::Nothing => {}
            _ if is_media(name, key, text) => self.estimator.add_tokens(MEDIA),
            _ => self.text(text),
        }
    }

    /// A number, `true`, `false` or `null`, whose first character is here.
    fn scalar(&mut self) {
        let rest = self.body.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
        let key = self.levels.last().map_or(&b""[..], |level| level.key);
        if self.reads(key) == Reads::Json {
            self.text(rest.get(..length).unwrap_or_default());
        }
        self.at += length.saturating_sub(1);
    }

    /// Counts the inside of a string.
    fn text(&mut self, text: &[u8]) {
        self.estimator.cut();
        for chunk in text.utf8_chunks() {
            unescape(chunk.valid(), |c| self.estimator.push(c));
        }
    }
}

fn is_media(name: &[u8], key: &[u8], text: &[u8]) -> bool {
    let is = |(parent, member): &(&str, &str)| parent.as_bytes() == name && member.as_bytes() == key;
    // A plain-text document is in the place of an encoded one.
    let encoded = |text: &[u8]| !text.iter().take(64).any(|b| matches!(b, b' ' | b'\\'));
    text.starts_with(b"data:") && text.len() > 64 || MEDIA_AT.iter().any(is) && encoded(text)
}

/// Where the string ends whose inside begins at `from`: at its quote, or at the end of the bytes.
fn end_of_string(body: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        let rest = body.get(at..).unwrap_or_default();
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(n) if rest.get(n) == Some(&b'"') => return at + n,
            Some(n) => at += n + 2,
            None => return body.len(),
        }
    }
}

/// Calls `push` for each character of a JSON string's inside. What is no escape passes as it is.
fn unescape(text: &str, mut push: impl FnMut(char)) {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            push(c);
            continue;
        }
        match rest.next() {
            Some('n') => push('\n'),
            Some('t') => push('\t'),
            Some('r') => push('\r'),
            Some('u') => {
                let mut unit = 0;
                for digit in rest.by_ref().take(4) {
                    unit = unit * 16 + digit.to_digit(16).unwrap_or(0);
                }
                match unit {
                    // Of a pair of surrogates, the second stands for both.
                    0xd800..=0xdbff => {}
                    _ => push(char::from_u32(unit).unwrap_or('\u{1f600}')),
                }
            }
            Some(c) => push(c),
            None => {}
        }
    }
}
