use std::borrow::Cow;

use bytes::BytesMut;
use serde_json::value::RawValue;

use crate::conversation::Extra;

/// A buffer that JSON is written into.
pub(crate) trait Out {
    /// Appends `bytes`.
    fn put(&mut self, bytes: &[u8]);
}

impl Out for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Out for BytesMut {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Writes `text` as a JSON string.
pub(crate) fn string(out: &mut impl Out, text: &str) {
    out.put(b"\"");
    escape_into(out, text);
    out.put(b"\"");
}

/// Writes `text` as the inside of a JSON string: quotes, backslashes and control characters
/// escaped, everything else as it is.
fn escape_into(out: &mut impl Out, text: &str) {
    let bytes = text.as_bytes();
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [b' '; 8];
    last.iter_mut().zip(rest).for_each(|(padded, byte)| *padded = *byte);
    let mut written = 0;
    for (i, word) in words.iter().chain([&last]).enumerate() {
        let mut alarms = alarms(u64::from_le_bytes(*word));
        while alarms != 0 {
            let at = i * 8 + (alarms.trailing_zeros() / 8) as usize;
            alarms &= alarms - 1;
            written = escape_at(out, bytes, written, at);
        }
    }
    out.put(bytes.get(written..).unwrap_or_default());
}

/// The places of eight bytes that may need an escape, by the high bit of each: those below 0x20,
/// quotes and backslashes. (Bytes of 0x80 and above are masked out: they are parts of characters.
/// A borrow can raise a false alarm, but only after a true one.)
fn alarms(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGHS;
    let equal = |letter: u8| below(word ^ (ONES * u64::from(letter)), 1);
    below(word, 0x20) | equal(b'"') | equal(b'\\')
}

/// Writes what stands before the byte at `at` and was not written yet, and the byte's escape, if it
/// needs one. Gives how far all is written.
fn escape_at(out: &mut impl Out, bytes: &[u8], written: usize, at: usize) -> usize {
    let code = |byte: u8| {
        let hex = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        [b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]
    };
    let short = |letter: u8| [b'\\', letter];
    let before = bytes.get(written..at).unwrap_or_default();
    match bytes.get(at) {
        Some(&byte @ (b'"' | b'\\')) => {
            out.put(before);
            out.put(&short(byte));
        }
        Some(&byte @ ..0x20) => {
            out.put(before);
            match byte {
                b'\n' => out.put(&short(b'n')),
                b'\r' => out.put(&short(b'r')),
                b'\t' => out.put(&short(b't')),
                _ => out.put(&code(byte)),
            }
        }
        _ => return written,
    }
    at + 1
}

/// Writes JSON on one line: a frame of a stream ends where a line does. (A line break in JSON can
/// only stand between tokens.)
pub(crate) fn one_line(out: &mut impl Out, json: &str) {
    for (i, line) in json.split(['\n', '\r']).enumerate() {
        if i > 0 {
            out.put(b" ");
        }
        out.put(line.as_bytes());
    }
}

/// JSON without the white space between its tokens, in which some servers set their answers.
pub(crate) fn compact(json: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut written = 0;
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b' ' | b'\t' | b'\n' | b'\r' if !in_string => {
                out.push_str(json.get(written..at).unwrap_or_default());
                written = at + 1;
            }
            _ => {}
        }
    }
    if written == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(json.get(written..).unwrap_or_default());
    Cow::Owned(out)
}

/// Writes a whole number.
pub(crate) fn unsigned(out: &mut impl Out, mut value: u64) {
    let mut digits = [0u8; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        used += 1;
        if value == 0 {
            break;
        }
    }
    out.put(digits.split_at(digits.len() - used).1);
}

/// Writes the members of one object.
pub(crate) struct Object<'o, O: Out> {
    out: &'o mut O,
    first: bool,
}

impl<'o, O: Out> Object<'o, O> {
    /// Opens it.
    pub(crate) fn new(out: &'o mut O) -> Self {
        out.put(b"{");
        Self { out, first: true }
    }

    /// Goes on with an object that has members already and was written by other means.
    pub(crate) fn resume(out: &'o mut O) -> Self {
        Self { out, first: false }
    }

    /// Writes a member's name; its value is to be written to what is returned.
    pub(crate) fn key(&mut self, key: &str) -> &mut O {
        if !self.first {
            self.out.put(b",");
        }
        self.first = false;
        string(self.out, key);
        self.out.put(b":");
        self.out
    }

    /// A member that is text.
    pub(crate) fn string(&mut self, key: &str, value: &str) {
        string(self.key(key), value);
    }

    /// A member that is text, where there is one.
    pub(crate) fn string_or_skip(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.string(key, value);
        }
    }

    /// A member that is text or null.
    pub(crate) fn string_or_null(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) => self.string(key, value),
            None => self.null(key),
        }
    }

    /// A member that is a whole number.
    pub(crate) fn unsigned(&mut self, key: &str, value: u64) {
        unsigned(self.key(key), value);
    }

    /// A member that is a number.
    pub(crate) fn float(&mut self, key: &str, value: f64) {
        self.key(key).put(value.to_string().as_bytes());
    }

    /// A member that is true or false.
    pub(crate) fn bool(&mut self, key: &str, value: bool) {
        self.key(key).put(if value { b"true" } else { b"false" });
    }

    /// A member that is null.
    pub(crate) fn null(&mut self, key: &str) {
        self.key(key).put(b"null");
    }

    /// A member whose value is JSON already.
    pub(crate) fn json(&mut self, key: &str, value: &RawValue) {
        self.key(key).put(value.get().as_bytes());
    }

    /// A member whose value is JSON already, where there is one.
    pub(crate) fn json_or_skip(&mut self, key: &str, value: Option<&RawValue>) {
        if let Some(value) = value {
            self.json(key, value);
        }
    }

    /// Members that were kept raw.
    pub(crate) fn extra(&mut self, extra: &Extra<'_>) {
        for (key, value) in extra {
            self.json(key, value);
        }
    }

    /// A member that is an object, written by `members`.
    pub(crate) fn object<R>(&mut self, key: &str, members: impl FnOnce(&mut Object<'_, O>) -> R) -> R {
        let mut object = Object::new(self.key(key));
        let result = members(&mut object);
        object.end();
        result
    }

    /// A member that is an array, written by `elements`.
    pub(crate) fn array<R>(&mut self, key: &str, elements: impl FnOnce(&mut Array<'_, O>) -> R) -> R {
        let mut array = Array::new(self.key(key));
        let result = elements(&mut array);
        array.end();
        result
    }

    /// Closes it.
    pub(crate) fn end(self) {
        self.out.put(b"}");
    }
}

/// Writes the elements of one array.
pub(crate) struct Array<'o, O: Out> {
    out: &'o mut O,
    first: bool,
}

impl<'o, O: Out> Array<'o, O> {
    /// Opens it.
    pub(crate) fn new(out: &'o mut O) -> Self {
        out.put(b"[");
        Self { out, first: true }
    }

    /// Begins an element, to be written to what is returned.
    pub(crate) fn element(&mut self) -> &mut O {
        if !self.first {
            self.out.put(b",");
        }
        self.first = false;
        self.out
    }

    /// An element that is an object, written by `members`.
    pub(crate) fn object<R>(&mut self, members: impl FnOnce(&mut Object<'_, O>) -> R) -> R {
        let mut object = Object::new(self.element());
        let result = members(&mut object);
        object.end();
        result
    }

    /// Closes it.
    pub(crate) fn end(self) {
        self.out.put(b"]");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{compact, string, unsigned};

    proptest! {
        #[test]
        fn strings_are_read_back(text in r#"(\\PC|[\x00-\x7f]|["\\\\]){0,40}"#) {
            let mut out = Vec::new();
            string(&mut out, &text);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }

        #[test]
        fn compact_json_says_the_same(texts: Vec<String>) {
            let value = serde_json::json!({ "a b": texts, "c": [1, { " ": null }] });
            let wide = serde_json::to_string_pretty(&value).unwrap();
            let narrow = compact(&wide);
            prop_assert_eq!(narrow.as_ref(), value.to_string());
            prop_assert_eq!(compact(&narrow), narrow.clone());
        }

        #[test]
        fn numbers_are_read_back(value: u64) {
            let mut out = Vec::new();
            unsigned(&mut out, value);
            prop_assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }
}
