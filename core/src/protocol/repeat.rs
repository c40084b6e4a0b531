//! What the events of a stream repeat, so that it need not be read each time.
//!
//! Most events of a stream say a few letters more of one text, in hundreds of bytes that are the same in
//! each. Where two in a row differed in that text alone, an event that differs from them in nothing else
//! says more of it too: a decoder that did nothing but hand on the text has come to where it was, and
//! would do the same again. So the bytes around the text are compared, and what stands between them is
//! handed on.
//!
//! Of some wires one more value differs from event to event ([`Varying`]). Whatever does not match to
//! the byte is read in full: an escape in the text, a finish reason, another part.

use std::ops::Range;

use memchr::memmem;
use serde::de::IgnoredAny;

use crate::conversation::{Delta, Event, Text};

/// A value beside the text that no two events have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Varying {
    /// There is none.
    Nothing,
    /// A text that says nothing, under this name (OpenAI's `obfuscation`).
    Padding(&'static str),
    /// An object of counts, under this name; the decoder reads it.
    Counts(&'static str),
}

impl Varying {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Padding(name) | Self::Counts(name) => Some(name),
        }
    }
}

/// The form that the last events had.
#[derive(Debug)]
pub(super) struct Repeat {
    varying: Varying,
    form: Form,
    /// Whether two events in a row had it.
    proved: bool,
}

/// An event without what differs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Form {
    /// The part that more was said of.
    part: u32,
    /// Up to the text; empty where there is no form.
    before: Vec<u8>,
    /// From the text to the value that varies, or to the end.
    between: Vec<u8>,
    /// Behind that value, where there is one.
    after: Option<Vec<u8>>,
}

/// What is new in an event of a known form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct New<'d> {
    pub(super) part: u32,
    pub(super) text: &'d str,
    pub(super) counts: Option<&'d str>,
}

/// What an event that was read in full came to, seen from outside of the decoder.
pub(super) struct Watch<'d> {
    data: &'d [u8],
    counts: bool,
    said: Option<(u32, Range<usize>)>,
    more: bool,
}

impl Watch<'_> {
    /// Takes note of what the decoder tells.
    pub(super) fn see(&mut self, event: &Event<'_>) {
        match event {
            Event::Delta { part, delta: Delta::Text(Text::Borrowed(text)) } if self.said.is_none() => {
                self.said = place(self.data, text).map(|place| (*part, place));
                self.more |= self.said.is_none();
            }
            Event::Usage(_) if self.counts => {}
            _ => self.more = true,
        }
    }
}

/// Where in the data the text stands.
fn place(data: &[u8], text: &str) -> Option<Range<usize>> {
    let start = text.as_ptr().addr().checked_sub(data.as_ptr().addr())?;
    let end = start.checked_add(text.len())?;
    // A text that was mended or put together is somewhere else, and so may be one that is empty.
    (!text.is_empty() && data.get(start..end) == Some(text.as_bytes())).then_some(start..end)
}

impl Repeat {
    pub(super) fn new(varying: Varying) -> Self {
        Self { varying, form: Form::default(), proved: false }
    }

    /// What is new in an event that is of the known form.
    pub(super) fn read<'d>(&self, data: &'d [u8]) -> Option<New<'d>> {
        let Form { part, before, between, after } = &self.form;
        let rest = data.strip_prefix(before.as_slice()).filter(|_| self.proved)?;
        let (text, rest) = rest.split_at_checked(rest.iter().position(|byte| !is_plain(*byte))?)?;
        let rest = rest.strip_prefix(between.as_slice())?;
        let varied = match after {
            None => rest.is_empty().then_some(None)?,
            Some(after) => Some(std::str::from_utf8(rest.strip_suffix(after.as_slice())?).ok()?),
        };
        let counts = match self.varying {
            Varying::Padding(_) if !varied.is_none_or(is_plain_text) => return None,
            Varying::Padding(_) | Varying::Nothing => None,
            Varying::Counts(_) => varied,
        };
        let text = std::str::from_utf8(text).ok().filter(|text| !text.is_empty())?;
        Some(New { part: *part, text, counts })
    }

    /// To watch what an event comes to that is read in full.
    pub(super) fn watch<'d>(&self, data: &'d [u8]) -> Watch<'d> {
        let counts = matches!(self.varying, Varying::Counts(_));
        Watch { data, counts, said: None, more: false }
    }

    /// Keeps the form of an event that only said more of a text.
    pub(super) fn learn(&mut self, watched: Watch<'_>) {
        let Watch { data, said, more, .. } = watched;
        let form = said.filter(|_| !more).and_then(|(part, place)| self.form_of(data, part, place));
        let form = form.unwrap_or_default();
        self.proved = !form.before.is_empty() && form == self.form;
        self.form = form;
    }

    /// Knows nothing any more.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.varying);
    }

    fn form_of(&self, data: &[u8], part: u32, place: Range<usize>) -> Option<Form> {
        let (before, rest) = (data.get(..place.start)?, data.get(place.end..)?);
        let Some(varied) = self.varying.name().and_then(|name| value(rest, name)) else {
            return Some(Form { part, before: before.into(), between: rest.into(), after: None });
        };
        let (between, after) = (rest.get(..varied.start)?, rest.get(varied.end..)?);
        Some(Form { part, before: before.into(), between: between.into(), after: Some(after.into()) })
    }
}

/// Where the value of the first member of this name stands.
fn value(json: &[u8], name: &str) -> Option<Range<usize>> {
    let start = memmem::find(json, name.as_bytes())? + name.len();
    let mut values = serde_json::Deserializer::from_slice(json.get(start..)?).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(start..start + values.byte_offset())
}

/// Whether this is JSON text without escapes.
fn is_plain_text(json: &str) -> bool {
    let inside = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.is_some_and(|text| text.bytes().all(is_plain))
}

/// Whether a byte stands for itself inside JSON text: it neither ends the text, nor begins an escape, nor is
/// forbidden there.
fn is_plain(byte: u8) -> bool {
    !matches!(byte, b'"' | b'\\' | ..0x20)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has a decoder's part in learning: the text is what stands in `"t"`.
    fn learn(repeat: &mut Repeat, data: &str) {
        let mut watch = repeat.watch(data.as_bytes());
        let start = data.find("\"t\":\"").unwrap() + 5;
        let end = start + data[start..].find('"').unwrap();
        watch.see(&Event::Delta { part: 3, delta: Delta::Text(Text::Borrowed(&data[start..end])) });
        repeat.learn(watch);
    }

    fn read<'d>(repeat: &Repeat, data: &'d str) -> Option<(&'d str, Option<&'d str>)> {
        repeat.read(data.as_bytes()).map(|new| (new.text, new.counts))
    }

    #[test]
    fn what_differs_in_its_text_alone_is_known() {
        let mut repeat = Repeat::new(Varying::Nothing);
        assert_eq!(read(&repeat, ""), None);
        learn(&mut repeat, r#"{"t":"a","x":1}"#);
        assert_eq!(read(&repeat, r#"{"t":"b","x":1}"#), None, "once is not enough");
        learn(&mut repeat, r#"{"t":"bc","x":1}"#);
        assert_eq!(read(&repeat, r#"{"t":"é…","x":1}"#), Some(("é…", None)));
        for other in [
            r#"{"t":"","x":1}"#,
            r#"{"t":"a\n","x":1}"#,
            "{\"t\":\"a\nb\",\"x\":1}",
            r#"{"t":"a","x":2}"#,
            r#"{"t":"a","x":1} "#,
            r#"{"t":"a","x":1"#,
            r#"{"t":"a","t":"b","x":1}"#,
            r#"{"t":"a"#,
        ] {
            assert_eq!(read(&repeat, other), None, "{other}");
        }
        assert_eq!(repeat.read(b"{\"t\":\"\xff\",\"x\":1}"), None, "no UTF-8");
        learn(&mut repeat, r#"{"t":"a","x":2}"#);
        assert_eq!(read(&repeat, r#"{"t":"a","x":1}"#), None, "another form came between");
    }

    #[test]
    fn more_than_a_text_is_no_form() {
        let data = br#"{"t":"a"}"#;
        let mut repeat = Repeat::new(Varying::Nothing);
        for _ in 0..2 {
            let mut watch = repeat.watch(data);
            watch.see(&Event::Delta { part: 0, delta: Delta::Text(Text::Borrowed("a")) });
            repeat.learn(watch);
        }
        assert_eq!(repeat.read(data), None, "the text is not the data's");
        let text = std::str::from_utf8(&data[6..7]).unwrap();
        for _ in 0..2 {
            let mut watch = repeat.watch(data);
            watch.see(&Event::Delta { part: 0, delta: Delta::Text(Text::Borrowed(text)) });
            watch.see(&Event::PartEnd { part: 0 });
            repeat.learn(watch);
        }
        assert_eq!(repeat.read(data), None, "a part ended");
    }

    #[test]
    fn padding_may_differ_and_counts_are_given() {
        let mut repeat = Repeat::new(Varying::Padding("\"o\":"));
        learn(&mut repeat, r#"{"t":"a","o":"xyz"}"#);
        learn(&mut repeat, r#"{"t":"a","o":"12"}"#);
        assert_eq!(read(&repeat, r#"{"t":"b","o":""}"#), Some(("b", None)));
        assert_eq!(read(&repeat, r#"{"t":"b","o":"\""}"#), None);
        assert_eq!(read(&repeat, r#"{"t":"b","o":"a","p":"b"}"#), None);
        let mut repeat = Repeat::new(Varying::Counts("\"c\":"));
        learn(&mut repeat, r#"{"t":"a","c":{"n":1},"z":0}"#);
        learn(&mut repeat, r#"{"t":"a","c":{"n":2},"z":0}"#);
        assert_eq!(read(&repeat, r#"{"t":"b","c":{"n":10},"z":0}"#), Some(("b", Some(r#"{"n":10}"#))));
        assert_eq!(read(&repeat, r#"{"t":"b","c":{"n":10},"z":1}"#), None);
    }
}
