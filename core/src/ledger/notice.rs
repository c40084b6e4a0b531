//! Lines of the operator's log that are about anything but a request.
//!
//! Every line that the gateway writes, on whatever target, has this shape: `time`, `level` and `event`
//! first, and then what there is to say. A store that fails, a setting that is missing:
//!
//! ```json
//! {"time":"2026-11-21T08:05:09.250Z","level":"error","event":"ledger_unreachable","reason":"no such table"}
//! ```
//!
//! As text it is the same, as `name=value`.

use std::borrow::Cow;

use super::{
    columns::clip,
    json::{self, Object, push_number},
    time::push_time,
};
use crate::{config::LogFormat, ports::Micros};

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Nothing is wrong.
    Info,
    /// Something is done without, or done less well.
    Warn,
    /// Something that should work does not.
    Error,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Begins a line of JSON with what every line has.
pub(super) fn open<'a>(now: Micros, level: Level, event: &str, out: &'a mut String) -> Object<'a> {
    let mut object = Object::open(out);
    push_time(now, object.quoted("time"));
    object.end_quoted();
    object.text("level", level.name());
    object.text("event", event);
    object
}

/// A line in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    level: Level,
    event: Cow<'static, str>,
    fields: Vec<(&'static str, Said)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Text(String),
    Number(u64),
    List(Vec<String>),
}

impl Notice {
    /// Something that should work does not. `event` is a word in lower case, such as `ledger_unreachable`.
    pub fn error(event: impl Into<Cow<'static, str>>) -> Self {
        Self { level: Level::Error, event: event.into(), fields: Vec::new() }
    }

    /// Something is done without, or done less well.
    pub fn warning(event: impl Into<Cow<'static, str>>) -> Self {
        Self { level: Level::Warn, event: event.into(), fields: Vec::new() }
    }

    /// Why. Of a long text the first 256 bytes are kept.
    #[must_use]
    pub fn reason(self, reason: &str) -> Self {
        self.text("reason", reason)
    }

    /// A text, under a name that needs no escapes; the first 256 bytes of it.
    #[must_use]
    pub fn text(self, name: &'static str, text: &str) -> Self {
        self.with(name, Said::Text(clip(text).to_owned()))
    }

    /// A number.
    #[must_use]
    pub fn number(self, name: &'static str, number: u64) -> Self {
        self.with(name, Said::Number(number))
    }

    /// Some texts, whole.
    #[must_use]
    pub fn list<T: ToString>(self, name: &'static str, texts: impl IntoIterator<Item = T>) -> Self {
        self.with(name, Said::List(texts.into_iter().map(|text| text.to_string()).collect()))
    }

    fn with(mut self, name: &'static str, said: Said) -> Self {
        self.fields.push((name, said));
        self
    }

    /// The line, without a newline.
    pub fn line(&self, now: Micros, format: LogFormat) -> String {
        let mut out = String::with_capacity(256);
        match format {
            LogFormat::Json => self.push_json(now, &mut out),
            LogFormat::Text => self.push_words(now, &mut out),
        }
        out
    }

    fn push_json(&self, now: Micros, out: &mut String) {
        let mut object = open(now, self.level, &self.event, out);
        for (name, said) in &self.fields {
            match said {
                Said::Text(text) => object.text(name, text),
                Said::Number(number) => object.number(name, *number),
                Said::List(texts) => {
                    json::array(object.raw(name), texts, |text, out| json::push_text(text, out));
                }
            }
        }
        object.close();
    }

    fn push_words(&self, now: Micros, out: &mut String) {
        push_time(now, out);
        out.push(' ');
        out.push_str(&self.event);
        out.push_str(" level=");
        out.push_str(self.level.name());
        for (name, said) in &self.fields {
            out.push(' ');
            out.push_str(name);
            out.push('=');
            match said {
                Said::Text(text) => push_word(text, out),
                Said::Number(number) => push_number(*number, out),
                Said::List(texts) => json::array(out, texts, |text, out| json::push_text(text, out)),
            }
        }
    }
}

/// Writes a text bare where it is one plain word, else as JSON does.
pub(super) fn push_word(text: &str, out: &mut String) {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\' && b != b'=';
    if !text.is_empty() && text.bytes().all(plain) {
        out.push_str(text);
    } else {
        json::push_text(text, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_one_line_of_one_shape() {
        let notice = Notice::error("stores_failed")
            .reason("it said \"no\"\nand no more")
            .number("failures", 3)
            .list("stores", ["a", "b c"]);
        let at = 1_795_248_309_250_000;
        assert_eq!(
            notice.line(at, LogFormat::Json),
            r#"{"time":"2026-11-21T08:05:09.250Z","level":"error","event":"stores_failed","reason":"it said \"no\"\nand no more","failures":3,"stores":["a","b c"]}"#
        );
        assert_eq!(
            notice.line(at, LogFormat::Text),
            r#"2026-11-21T08:05:09.250Z stores_failed level=error reason="it said \"no\"\nand no more" failures=3 stores=["a","b c"]"#
        );
        assert!(Notice::warning("a").reason(&"é".repeat(10_000)).line(at, LogFormat::Json).len() < 400);
    }
}
