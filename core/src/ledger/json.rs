//! Flat JSON, straight into a text: a log line is written for every request.

/// A JSON object that is being written. It is whole once it was closed.
pub(super) struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(super) fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    pub(super) fn close(self) {
        self.out.push('}');
    }

    /// Writes a name, for the caller to write its value after. Names here need no escapes.
    pub(super) fn raw(&mut self, name: &str) -> &mut String {
        self.out.push_str(if self.empty { "\"" } else { ",\"" });
        self.empty = false;
        self.out.push_str(name);
        self.out.push_str("\":");
        self.out
    }

    /// Writes a name and a quote, for the caller to write text that needs no escapes after, and
    /// then [`end_quoted`](Self::end_quoted).
    pub(super) fn quoted(&mut self, name: &str) -> &mut String {
        let out = self.raw(name);
        out.push('"');
        out
    }

    pub(super) fn end_quoted(&mut self) {
        self.out.push('"');
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        push_text(text, self.raw(name));
    }

    pub(super) fn number(&mut self, name: &str, number: u64) {
        push_number(number, self.raw(name));
    }

    pub(super) fn flag(&mut self, name: &str, flag: bool) {
        self.raw(name).push_str(if flag { "true" } else { "false" });
    }
}

/// Writes an array, each of its values by `push`.
pub(super) fn array<T>(out: &mut String, values: &[T], mut push: impl FnMut(&T, &mut String)) {
    out.push('[');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push(value, out);
    }
    out.push(']');
}

/// Writes a number.
pub(super) fn push_number(number: u64, out: &mut String) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Writes a text in quotes, escaped where it must be.
pub(super) fn push_text(text: &str, out: &mut String) {
    out.push('"');
    if text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push_str(text);
    } else {
        text.chars().for_each(|c| push_char(c, out));
    }
    out.push('"');
}

fn push_char(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if u32::from(c) < 0x20 => {
            out.push_str("\\u00");
            for shift in [4, 0] {
                out.push(char::from_digit(u32::from(c) >> shift & 0xf, 16).unwrap_or('0'));
            }
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_comes_back(text in ".*|[\u{0}-\u{7f}]*", number in any::<u64>()) {
            let mut out = String::new();
            let mut object = Object::open(&mut out);
            object.text("text", &text);
            object.number("number", number);
            object.flag("flag", true);
            object.close();
            let read: serde_json::Value = serde_json::from_str(&out).unwrap();
            prop_assert_eq!(read, serde_json::json!({"text": text, "number": number, "flag": true}));
            prop_assert!(!out.contains('\n'));
        }
    }
}
